// Each kind of operation from the decoded call to the database and back, on both databases: what is promised of it holds on either.
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <sstream>

#include "api/platform.h"
#include "api/work.h"
#include "services/audit_check.h"
#include "services/audit_reserve.h"
#include "services/audit_seals.h"
#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::api {
namespace {

using base::Code;
using services::testing::Bench;

// The work behind the door without gate and sockets; calls are the clock's, whose rights are not asked for.
class Kinds : public ::testing::TestWithParam<const char*> {
 protected:
  Kinds() {
    if (std::string_view(GetParam()) == "postgres") database_.emplace();
    bench.emplace(base::Suite::intl, database_ ? database_->url() : std::string());
    reserve = services::AuditReserve::open({.folder = bench->folder.path(), .bytes = 1 << 16, .low_water = 0}, services::real_disk());
    work = std::make_unique<PlatformWork>(*bench->store, platform_table(), *reserve);
  }
  ~Kinds() override { bench->store->close(); }

  door::CallPtr make(const door::Table& table, std::string_view id, std::string query, std::string body = {}) {
    auto call = std::make_shared<door::Call>();
    call->operation = table.by_id(id);
    call->request_id = "req-1";
    call->ask.verb = call->operation->verb;
    call->ask.path = table.base() + std::string(call->operation->path);
    call->ask.query = std::move(query);
    call->ask.body = std::move(body);
    call->ask.header = [](std::string_view) { return std::string_view(); };
    auto caller = services::testing::clock_caller();
    caller->operation = id;
    call->caller = caller;
    door::Match match;
    match.operation = call->operation;
    const auto decoded = door::decode_ask(*call, match);
    EXPECT_TRUE(decoded.ok()) << id << ": " << (decoded.ok() ? "" : decoded.error().message().en);
    call->out = door::Value(*call->operation->binding.out);
    return call;
  }
  std::future<void> start(const door::CallPtr& call) {
    auto told = std::make_shared<std::promise<void>>();
    work->run(call, [told] { told->set_value(); });
    return told->get_future();
  }
  door::CallPtr run(const door::CallPtr& call) {
    start(call).wait();
    return call;
  }
  static base::Result<std::string> next(door::Pieces& pieces) {
    std::promise<base::Result<std::string>> told;
    pieces.next([&](base::Result<std::string> piece) { told.set_value(std::move(piece)); });
    return told.get_future().get();
  }
  static std::string rest(door::Pieces& pieces) {
    std::string all;
    for (;;) {
      auto piece = next(pieces);
      EXPECT_TRUE(piece.ok());
      if (!piece.ok() || piece->empty()) return all;
      all += *piece;
    }
  }
  // So many rows in the log, sealed in blocks of at most a thousand.
  void fill_log(int rows) {
    for (int from = 0; from < rows; from += 500) {
      ASSERT_TRUE(bench
                      ->change([&](storage::Change& change) -> base::Status {
                        for (int i = from; i < std::min(rows, from + 500); ++i) QUANJI_DO(services::testing::write_sample(change, i));
                        return {};
                      })
                      .ok());
      seal();
    }
  }
  void seal() {
    base::Ulid node;
    node.bytes[0] = 1;
    for (bool more = true; more;)
      ASSERT_TRUE(bench
                      ->change([&](storage::Change& change) -> base::Status {
                        QUANJI_TRY(const auto sealed, services::seal_audit(change, node));
                        more = sealed.more;
                        return {};
                      })
                      .ok());
  }

  std::optional<tests::FreshDatabase> database_;
  std::optional<Bench> bench;
  std::unique_ptr<services::AuditReserve> reserve;
  std::unique_ptr<PlatformWork> work;
};
INSTANTIATE_TEST_SUITE_P(Both, Kinds, ::testing::Values("sqlite", "postgres"), [](const auto& tried) { return std::string(tried.param); });

TEST_P(Kinds, AStreamGivesTheWholeSealedLogAndItsLinesVerify) {
  fill_log(2500);
  const auto call = run(make(platform_table(), "audit.export", "afterBlock=0"));
  ASSERT_TRUE(call->result.ok()) << call->result.error().detail();
  ASSERT_TRUE(call->pieces);
  EXPECT_EQ(call->content_type, "application/x-ndjson");
  const auto text = rest(*call->pieces);
  std::istringstream lines(text);
  const auto sources = services::exported_audit([&lines](std::string& line) { return static_cast<bool>(std::getline(lines, line)); },
                                                std::make_shared<std::vector<std::string>>());
  const auto report = services::check_audit(*services::audit_keys(), sources, {});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->clean()) << (report->faults.empty() ? "" : report->faults[0].detail);
  EXPECT_GE(report->rows, 2500);
  // It leaves one row, whatever its length; that row is not in it.
  EXPECT_EQ(text.find("audit.exported"), std::string::npos);
  seal();
  const auto again = run(make(platform_table(), "audit.export", "afterBlock=" + std::to_string(report->blocks)));
  ASSERT_TRUE(again->pieces);
  EXPECT_NE(rest(*again->pieces).find("audit.exported"), std::string::npos);
}

TEST_P(Kinds, AStreamHoldsNoReaderBetweenItsPiecesAndLittleMemory) {
  fill_log(2500);
  // More streams than readers, each begun and left where it is, as slow clients leave them.
  std::vector<std::shared_ptr<door::Pieces>> streams;
  for (int i = 0; i < 12; ++i) {
    const auto call = run(make(platform_table(), "audit.export", ""));
    ASSERT_TRUE(call->result.ok());
    streams.push_back(call->pieces);
    const auto piece = next(*streams.back());
    ASSERT_TRUE(piece.ok());
    EXPECT_LE(piece->size(), 64u * 1024);
  }
  const auto list = run(make(platform_table(), "department.list", ""));
  EXPECT_TRUE(list->result.ok());
  EXPECT_EQ(bench->store->health().waiting, 0u);
  // Whoever goes on gets the rest; whoever is let go leaves nothing behind.
  const auto length = rest(*streams.back()).size();
  EXPECT_GT(length, 64u * 1024);
  streams.resize(3);
  for (auto& stream : streams) EXPECT_EQ(rest(*stream).size(), length);
}

TEST_P(Kinds, AStreamThatIsRefusedIsRefusedBeforeItsFirstByteAndLeavesARow) {
  fill_log(10);
  const auto call = make(platform_table(), "audit.export", "");
  auto nobody = services::testing::person(7, "nobody");
  nobody->operation = "audit.export";
  nobody->permission = 0;
  call->caller = nobody;
  run(call);
  ASSERT_FALSE(call->result.ok());
  EXPECT_EQ(call->result.error().code(), Code::not_permitted);
  EXPECT_FALSE(call->pieces);
  static const storage::Query refusals{"refusals",
                                       {"select count(*) from audit where audit = 'audit.exported' and result <> 0", {}},
                                       {"select count(*) from audit where audit = 'audit.exported' and result <> 0", {}}};
  EXPECT_EQ(bench->number(refusals), 1);
}

TEST_P(Kinds, AStreamWhoseStoreClosesBreaksOffAndNeverLooksWhole) {
  fill_log(2500);
  const auto call = run(make(platform_table(), "audit.export", ""));
  ASSERT_TRUE(call->pieces);
  ASSERT_TRUE(next(*call->pieces).ok());
  bench->store->close();
  for (int i = 0; i < 100; ++i) {
    const auto piece = next(*call->pieces);
    if (!piece.ok()) {
      EXPECT_EQ(piece.error().code(), Code::store_unavailable);
      return;
    }
    ASSERT_FALSE(piece->empty()) << "the end of a log that was not read to its end";
  }
  FAIL() << "it never broke off";
}

TEST_P(Kinds, AChangeIsReadByAReadAndAMemoryOperationAsksNoDatabase) {
  const auto made =
      run(make(platform_table(), "department.create", "", R"({"parentId":"dep_00000000000000000000000001","name":"清算部"})"));
  ASSERT_TRUE(made->result.ok()) << made->result.error().detail();
  const auto list = run(make(platform_table(), "department.list", "name=%E6%B8%85%E7%AE%97%E9%83%A8"));
  ASSERT_TRUE(list->result.ok());
  EXPECT_NE(list->encoded.find("清算部"), std::string::npos);
  const auto again =
      run(make(platform_table(), "department.create", "", R"({"parentId":"dep_00000000000000000000000001","name":"清算部"})"));
  ASSERT_FALSE(again->result.ok());
  EXPECT_EQ(again->result.error().code(), Code::name_taken);
  bench->store->close();
  const auto* codes = platform_table().by_id("error_code.list");
  ASSERT_NE(codes, nullptr);
  ASSERT_EQ(codes->binding.kind, door::OpKind::memory);
  EXPECT_TRUE(run(make(platform_table(), "error_code.list", ""))->result.ok());
}

TEST_P(Kinds, BatchCallsThatWaitTogetherEachGetTheirOwnAnswer) {
  work = std::make_unique<PlatformWork>(*bench->store, gateway_table(), *reserve);
  const auto report = [this](int seq) {
    return make(gateway_table(), "task.report", "",
                R"({"task":"tsk_01ARYZ6S41TSV4RRFFQ69G5FAV","attempt":"att_01ARYZ6S41TSV4RRFFQ69G5FAV","token":1,"seq":)" +
                    std::to_string(seq) + R"(,"kind":"started","at":"2026-11-20T15:30:00.000+08:00","outputs":null,"unsettled":[]})");
  };
  std::vector<door::CallPtr> calls;
  std::vector<std::future<void>> answered;
  for (int i = 0; i < 120; ++i) {
    calls.push_back(report(i % 60 + 1));
    answered.push_back(start(calls.back()));
  }
  for (auto& one : answered) one.wait();
  int repeated = 0;
  for (const auto& call : calls) {
    ASSERT_TRUE(call->result.ok()) << call->result.error().detail();
    repeated += call->encoded.find("true") != std::string::npos;
  }
  EXPECT_EQ(repeated, 60);
  static const storage::Query rows{"reports", {"select count(*) from robot_reports", {}}, {"select count(*) from robot_reports", {}}};
  EXPECT_EQ(bench->number(rows), 60);
}

}  // namespace
}  // namespace quanji::api
