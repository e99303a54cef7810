// Every kind of tampering with a log of 1 000 rows is found, and the row at fault is named where anything still tells which it is.
#include "services/audit_check.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>

#include "services/audit_seals.h"
#include "services/audit_testing.h"

namespace quanji::services {
namespace {

using testing::Bench;
constexpr int log_rows = 1000, block_rows = 20;

// The log as an attacker with the whole database in his hands can write it.
struct Log {
  std::vector<domain::SealBlock> blocks;
  std::vector<StoredRow> rows;
  std::vector<domain::Checkpoint> checkpoints;  // those he cannot reach
};
CheckSources sources_of(const Log& log) {
  CheckSources sources;
  sources.next_block = [&log, i = std::size_t{0}]() mutable -> Result<std::optional<domain::SealBlock>> {
    if (i == log.blocks.size()) return std::optional<domain::SealBlock>{};
    return std::optional<domain::SealBlock>(log.blocks[i++]);
  };
  sources.next_row = [&log, i = std::size_t{0}]() mutable -> Result<std::optional<StoredRow>> {
    if (i == log.rows.size()) return std::optional<StoredRow>{};
    return std::optional<StoredRow>(log.rows[i++]);
  };
  return sources;
}
CheckReport check(const Log& log, CheckSettings settings = {}) {
  settings.checkpoints = log.checkpoints;
  settings.numbers = CheckSettings::Numbers::without_gaps;
  auto report = check_audit(*audit_keys(), sources_of(log), settings);
  EXPECT_TRUE(report.ok());
  return std::move(report).value();
}
bool names(const CheckReport& report, FaultKind kind, std::int64_t seq) {
  return std::ranges::any_of(report.faults, [&](const Fault& f) { return f.kind == kind && f.seq == seq; });
}
// A copy that is in order again, as a database answers it.
void settle(Log& log) {
  std::stable_sort(log.rows.begin(), log.rows.end(), [](const auto& a, const auto& b) {
    return std::pair{a.place, a.seq} < std::pair{b.place, b.seq};
  });
}

class Tampering : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    bench_ = new Bench;
    SealRules rules;
    rules.rows_a_block = block_rows;
    rules.checkpoint_blocks = 7;
    for (int i = 0; i < log_rows; i += block_rows) {
      ASSERT_TRUE(bench_
                      ->change(
                          [&](Change& c) -> Status {
                            for (int k = 0; k < block_rows; ++k) QUANJI_DO(testing::write_sample(c, i + k));
                            return {};
                          },
                          testing::person(static_cast<std::uint8_t>(i % 7), "zhang.san"))
                      .ok());
      ASSERT_TRUE(bench_
                      ->change([&](Change& c) -> Status {
                        QUANJI_TRY(const auto outcome, seal_audit(c, base::Ulid{{1}}, rules));
                        if (outcome.checkpoint) whole_->checkpoints.push_back(*outcome.checkpoint);
                        return {};
                      })
                      .ok());
    }
    // The last block is pinned too, as an hour later it would be.
    bench_->clock->advance(std::chrono::hours(2));
    ASSERT_TRUE(bench_
                    ->change([&](Change& c) -> Status {
                      QUANJI_TRY(const auto outcome, seal_audit(c, base::Ulid{{1}}, rules));
                      if (outcome.checkpoint) whole_->checkpoints.push_back(*outcome.checkpoint);
                      return {};
                    })
                    .ok());
    ASSERT_TRUE(bench_
                    ->view([&](const View& v) -> Status {
                      auto sources = stored_audit(v, 0, INT64_MAX, INT64_MIN, INT64_MAX);
                      while (true) {
                        QUANJI_TRY(auto block, sources.next_block());
                        if (!block) break;
                        whole_->blocks.push_back(std::move(*block));
                      }
                      while (true) {
                        QUANJI_TRY(auto row, sources.next_row());
                        if (!row) break;
                        whole_->rows.push_back(std::move(*row));
                      }
                      return {};
                    })
                    .ok());
  }
  static void TearDownTestSuite() {
    delete bench_;
    bench_ = nullptr;
  }
  void SetUp() override {
    ASSERT_EQ(whole_->rows.size(), static_cast<std::size_t>(log_rows));
    ASSERT_EQ(whole_->blocks.size(), static_cast<std::size_t>(log_rows / block_rows));
    ASSERT_FALSE(whole_->checkpoints.empty());
    ASSERT_EQ(whole_->checkpoints.back().block, static_cast<std::int64_t>(whole_->blocks.size()));
  }
  // The part around one block: what a change inside of it is checked against, a fiftieth of the work.
  static std::pair<Log, CheckSettings> part(std::size_t block) {
    std::pair<Log, CheckSettings> out;
    out.first.blocks = {whole_->blocks[block]};
    out.first.rows.assign(whole_->rows.begin() + static_cast<std::ptrdiff_t>(block * block_rows),
                          whole_->rows.begin() + static_cast<std::ptrdiff_t>((block + 1) * block_rows));
    if (block > 0) out.second.before = whole_->blocks[block - 1];
    out.second.end = CheckSettings::End::closed;
    return out;
  }
  static inline Bench* bench_ = nullptr;
  static inline std::unique_ptr<Log> whole_ = std::make_unique<Log>();
};

TEST_F(Tampering, NothingIsFoundWhereNothingWasDone) {
  const auto started = base::SystemClock().monotonic();
  const auto report = check(*whole_);
  const auto took = base::SystemClock().monotonic() - started;
  EXPECT_TRUE(report.clean()) << report.faults.at(0).detail;
  EXPECT_EQ(report.rows, log_rows);
  std::printf("check: %.0f rows/s\n", log_rows * 1e6 / static_cast<double>(std::max<std::int64_t>(took.count(), 1)));
  for (std::size_t b = 0; b < whole_->blocks.size(); ++b) {
    const auto [log, settings] = part(b);
    EXPECT_TRUE(check(log, settings).clean()) << "block " << b;
  }
}

// Every byte of the canonical form (all columns) of rows over the whole log, and every byte of their MACs.
TEST_F(Tampering, AFlippedByteInAnyColumnIsFoundAndItsRowNamed) {
  std::int64_t mutations = 0, missed = 0, unnamed = 0;
  for (std::size_t b = 0; b < whole_->blocks.size(); ++b) {
    auto [log, settings] = part(b);
    auto& row = log.rows[(b * 7) % block_rows];
    const auto try_it = [&] {
      const auto report = check(log, settings);
      ++mutations;
      missed += report.clean();
      unnamed += !names(report, FaultKind::changed, row.seq);
    };
    for (std::size_t at = 0; at < row.canonical.size(); ++at) {
      const auto was = row.canonical[at];
      row.canonical[at] = static_cast<char>(was ^ (1 << (at % 8)));
      try_it();
      row.canonical[at] = was;
    }
    for (auto& byte : row.mac) {
      byte ^= 0x10;
      try_it();
      byte ^= 0x10;
    }
    for (auto* text : {&row.algorithm, &row.key_id}) {
      const auto was = *text;
      *text += "x";
      try_it();
      *text = was;
    }
  }
  std::printf("mutations %lld missed %lld unnamed %lld\n", static_cast<long long>(mutations), static_cast<long long>(missed),
              static_cast<long long>(unnamed));
  EXPECT_GE(mutations, 20'000);
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(unnamed, 0);
}

TEST_F(Tampering, AChangedColumnOfASealBlockIsFoundAndTheBlockNamed) {
  const auto damage = std::vector<std::function<void(domain::SealBlock&)>>{
      [](auto& b) { ++b.first_place; },    [](auto& b) { --b.end_place; },         [](auto& b) { ++b.count; },
      [](auto& b) { ++b.total; },          [](auto& b) { b.at.micros ^= 1; },      [](auto& b) { b.root[31] ^= 1; },
      [](auto& b) { b.members[0] ^= 1; },  [](auto& b) { b.members.back() ^= 1; }, [](auto& b) { b.members.resize(24); },
      [](auto& b) { b.members.clear(); },  [](auto& b) { b.previous[0] ^= 1; },    [](auto& b) { b.algorithm = "hmac-sm3"; },
      [](auto& b) { b.key_id = "mac-9"; }, [](auto& b) { b.mac[7] ^= 1; }};
  for (const std::size_t at : {std::size_t{0}, whole_->blocks.size() / 2, whole_->blocks.size() - 1})
    for (std::size_t i = 0; i < damage.size(); ++i) {
      auto log = *whole_;
      damage[i](log.blocks[at]);
      const auto report = check(log);
      const auto number = static_cast<std::int64_t>(at) + 1;
      EXPECT_TRUE(
          std::ranges::any_of(report.faults, [&](const Fault& f) { return f.kind == FaultKind::seal_changed && f.block == number; }))
          << "damage " << i << " of block " << number;
    }
}

TEST_F(Tampering, ADeletedRowIsNamed) {
  for (std::size_t i = 0; i < whole_->rows.size(); i += 37) {
    auto log = *whole_;
    const auto seq = log.rows[i].seq;
    log.rows.erase(log.rows.begin() + static_cast<std::ptrdiff_t>(i));
    const auto report = check(log);
    EXPECT_TRUE(names(report, FaultKind::missing, seq)) << seq;
    EXPECT_EQ(report.found, 1);
  }
}

TEST_F(Tampering, TwoRowsThatChangedPlacesAreBothNamedAsMoved) {
  for (std::size_t i = 3; i + 400 < whole_->rows.size(); i += 53) {
    for (const std::size_t far : {std::size_t{1}, std::size_t{400}}) {
      auto log = *whole_;
      auto &a = log.rows[i], &b = log.rows[i + far];
      std::swap(a.place, b.place);
      std::swap(a.seq, b.seq);
      settle(log);
      const auto report = check(log);
      EXPECT_TRUE(names(report, FaultKind::moved, whole_->rows[i].seq) && names(report, FaultKind::moved, whole_->rows[i + far].seq))
          << i << " " << far;
      EXPECT_EQ(report.found, 2);
    }
  }
}

TEST_F(Tampering, RowsThatAreReadOutOfOrderAreFound) {
  auto log = *whole_;
  std::swap(log.rows[100], log.rows[101]);
  EXPECT_FALSE(check(log).clean());
}

TEST_F(Tampering, ACopyOfAGenuineRowIsNamedWhereverItStands) {
  for (const std::size_t from : {std::size_t{0}, std::size_t{511}, std::size_t{999}}) {
    // At the end, where nothing is sealed yet; in the middle of a hole; before the first.
    for (const std::int64_t seq : {std::int64_t{log_rows + 1}, std::int64_t{-4}}) {
      auto log = *whole_;
      auto copy = log.rows[from];
      copy.place = copy.seq = seq;
      log.rows.push_back(copy);
      settle(log);
      const auto report = check(log);
      EXPECT_GE(report.found, 1);
      EXPECT_TRUE(std::ranges::any_of(report.faults, [](const Fault& f) { return f.kind == FaultKind::added; })) << from << " " << seq;
    }
    auto log = *whole_;
    log.rows.insert(log.rows.begin() + 300, log.rows[from]);
    EXPECT_FALSE(check(log).clean());
  }
}

TEST_F(Tampering, AForgedRowIsFound) {
  auto log = *whole_;
  auto forged = log.rows[10];
  forged.place = forged.seq = log_rows + 1;
  forged.canonical.replace(forged.canonical.find("zhang.san"), 9, "wang.wu__");
  log.rows.push_back(forged);
  EXPECT_TRUE(names(check(log), FaultKind::changed, log_rows + 1));
}

TEST_F(Tampering, TruncationIsFoundByTheSealsOrByACheckpoint) {
  for (const int kept : {0, 1, 19, 20, 500, 980, 999}) {
    auto rows_only = *whole_;
    rows_only.rows.resize(static_cast<std::size_t>(kept));
    const auto report = check(rows_only);
    EXPECT_TRUE(names(report, FaultKind::missing, kept + 1)) << kept;
    EXPECT_EQ(report.found, log_rows - kept);
  }
  for (const int blocks : {0, 1, 25, 49}) {
    auto both = *whole_;
    both.rows.resize(static_cast<std::size_t>(blocks * block_rows));
    both.blocks.resize(static_cast<std::size_t>(blocks));
    const auto report = check(both);
    EXPECT_TRUE(std::ranges::any_of(report.faults, [](const Fault& f) { return f.kind == FaultKind::truncated; })) << blocks;
    both.checkpoints.clear();
    EXPECT_TRUE(check(both).clean()) << "only a checkpoint kept elsewhere can tell";
  }
}

TEST_F(Tampering, SplicedBlocksAreFound) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, std::size_t{48}}) {
    auto without_block = *whole_;
    without_block.blocks.erase(without_block.blocks.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_TRUE(std::ranges::any_of(check(without_block).faults, [&](const Fault& f) {
      return f.kind == FaultKind::seal_missing && f.block == static_cast<std::int64_t>(at) + 1;
    }));
    auto cut_out = without_block;
    cut_out.rows.erase(cut_out.rows.begin() + static_cast<std::ptrdiff_t>(at * block_rows),
                       cut_out.rows.begin() + static_cast<std::ptrdiff_t>((at + 1) * block_rows));
    EXPECT_FALSE(check(cut_out).clean());
    auto renumbered = cut_out;
    for (std::size_t i = at; i < renumbered.blocks.size(); ++i) --renumbered.blocks[i].number;
    EXPECT_FALSE(check(renumbered).clean());
    auto swapped = *whole_;
    std::swap(swapped.blocks[at], swapped.blocks[at + 1]);
    EXPECT_FALSE(check(swapped).clean());
    auto doubled = *whole_;
    doubled.blocks.insert(doubled.blocks.begin() + static_cast<std::ptrdiff_t>(at), doubled.blocks[at]);
    EXPECT_FALSE(check(doubled).clean());
  }
}

// Everything made anew with keys of the attacker's own, under the ids of the true ones.
TEST_F(Tampering, AWholeRewriteWithoutTheKeyIsFound) {
  testing::TemporaryFolder folder;
  base::SeededRandom other(99);
  const auto true_keys = audit_keys();
  auto foreign = AuditKeys::from(testing::test_keyring(folder.path(), base::Suite::intl, other));
  ASSERT_TRUE(foreign.ok());
  ASSERT_EQ(foreign.value()->key_id(), true_keys->key_id());
  Log log = *whole_;
  const domain::SealBlock* before = nullptr;
  for (auto& row : log.rows) {
    const auto mac = foreign.value()->sign(AuditKeys::Purpose::row, base::bytes_of(row.canonical));
    row.mac.assign(mac.begin(), mac.end());
  }
  for (std::size_t b = 0; b < log.blocks.size(); ++b) {
    std::vector<domain::AuditLeaf> leaves;
    for (std::size_t i = b * block_rows; i < (b + 1) * block_rows; ++i) {
      domain::AuditLeaf leaf{log.rows[i].place, log.rows[i].seq, {}};
      std::copy(log.rows[i].mac.begin(), log.rows[i].mac.end(), leaf.mac.begin());
      leaves.push_back(leaf);
    }
    auto block = domain::make_block(before, log.blocks[b].end_place, log.blocks[b].at, leaves, base::Hash::sha256);
    block.algorithm = log.blocks[b].algorithm;
    block.key_id = log.blocks[b].key_id;
    block.mac = foreign.value()->sign(AuditKeys::Purpose::seal, domain::mac_input(block));
    log.blocks[b] = std::move(block);
    before = &log.blocks[b];
  }
  const auto report = check(log);
  EXPECT_GE(report.found, log_rows);
}

// With the key too, only a checkpoint that he cannot reach speaks.
TEST_F(Tampering, AWholeRewriteWithTheKeyIsFoundByACheckpoint) {
  Log log = *whole_;
  const auto keys = audit_keys();
  const domain::SealBlock* before = nullptr;
  for (std::size_t b = 0; b < log.blocks.size(); ++b) {
    std::vector<domain::AuditLeaf> leaves;
    for (std::size_t i = b * block_rows; i < (b + 1) * block_rows; ++i) {
      auto& row = log.rows[i];
      row.canonical.replace(row.canonical.find("zhang.san"), 9, "wang.wu__");
      const auto mac = keys->sign(AuditKeys::Purpose::row, base::bytes_of(row.canonical));
      row.mac.assign(mac.begin(), mac.end());
      leaves.push_back({row.place, row.seq, mac});
    }
    auto block = domain::make_block(before, log.blocks[b].end_place, log.blocks[b].at, leaves, base::Hash::sha256);
    block.algorithm = log.blocks[b].algorithm;
    block.key_id = log.blocks[b].key_id;
    block.mac = keys->sign(AuditKeys::Purpose::seal, domain::mac_input(block));
    log.blocks[b] = std::move(block);
    before = &log.blocks[b];
  }
  EXPECT_TRUE(std::ranges::any_of(check(log).faults, [](const Fault& f) { return f.kind == FaultKind::checkpoint; }));
  log.checkpoints.clear();
  EXPECT_TRUE(check(log).clean()) << "nothing inside of the database can tell";
}

// One block made anew with the key, where no checkpoint stands: the block after it still names the true one.
TEST_F(Tampering, ABlockMadeAnewWithTheKeyBreaksTheChain) {
  Log log = *whole_;
  log.checkpoints.clear();
  auto& block = log.blocks[20];
  block.at = block.at.plus(std::chrono::seconds(1));
  block.mac = audit_keys()->sign(AuditKeys::Purpose::seal, domain::mac_input(block));
  const auto report = check(log);
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].kind, FaultKind::seal_changed);
  EXPECT_EQ(report.faults[0].block, log.blocks[21].number);
}

TEST_F(Tampering, ACheckpointThatWasTamperedWithIsNotBelieved) {
  auto log = *whole_;
  log.checkpoints[0].rows += 1;
  EXPECT_TRUE(std::ranges::any_of(check(log).faults, [](const Fault& f) { return f.kind == FaultKind::checkpoint; }));
}

TEST_F(Tampering, EveryFlippedByteOfAnExportIsFound) {
  // The first block with its rows, as the export writes them.
  std::string text = export_line(whole_->blocks[0]);
  for (int i = 0; i < block_rows; ++i) text += export_line(whole_->rows[static_cast<std::size_t>(i)]);
  const auto check_text = [&](const std::string& what) {
    auto stream = std::make_shared<std::istringstream>(what);
    CheckSettings settings;
    auto report = check_audit(
        *audit_keys(), exported_audit([stream](std::string& line) { return static_cast<bool>(std::getline(*stream, line)); }, nullptr),
        settings);
    EXPECT_TRUE(report.ok());
    return std::move(report).value();
  };
  const auto clean = check_text(text);
  ASSERT_TRUE(clean.clean()) << clean.faults.at(0).detail;
  ASSERT_EQ(clean.rows, block_rows);
  std::int64_t mutations = 0;
  std::vector<std::size_t> missed;
  // The last line feed says nothing.
  for (std::size_t at = 0; at + 1 < text.size(); at += 3) {
    text[at] = static_cast<char>(text[at] ^ (1 << (at % 7)));
    if (check_text(text).clean()) missed.push_back(at);
    text[at] = static_cast<char>(text[at] ^ (1 << (at % 7)));
    ++mutations;
  }
  std::printf("export mutations %lld missed %zu\n", static_cast<long long>(mutations), missed.size());
  EXPECT_TRUE(missed.empty()) << "first at byte " << missed.at(0) << ": " << text.substr(missed.at(0) > 20 ? missed.at(0) - 20 : 0, 40);
}

// The same through the database: SQL of an attacker against each column.
TEST_F(Tampering, AChangeOfAnyColumnInTheDatabaseIsFound) {
  static const char* const texts[] = {"operation",   "audit",         "caller_kind",  "channel",         "actor",
                                      "account",     "on_behalf_of",  "address",      "request_id",      "target",
                                      "target_name", "before_digest", "after_digest", "before_document", "after_document",
                                      "reason",      "approval",      "algorithm",    "key_id"};
  std::vector<std::pair<std::string, std::string>> attacks;
  for (const char* column : texts) attacks.emplace_back(column, std::string(column) + " || 'x'");
  for (const char* column : {"at", "result", "count"}) attacks.emplace_back(column, std::string(column) + " + 1");
  attacks.emplace_back("department", "null");
  attacks.emplace_back("department", "zeroblob(16)");
  attacks.emplace_back("mac", "zeroblob(32)");
  attacks.emplace_back("mac", "x''");
  attacks.emplace_back("id", "randomblob(16)");
  static std::vector<std::unique_ptr<storage::Query>> queries;
  static std::vector<std::unique_ptr<std::string>> words;
  const auto say = [&](const std::string& sql) {
    words.push_back(std::make_unique<std::string>(sql));
    queries.push_back(std::make_unique<storage::Query>(storage::Query{"t_attack", {*words.back(), {}}, {*words.back(), {}}}));
    bench_->sql(*queries.back());
  };
  static const storage::Query save{"t_save", {"create table kept as select * from audit where seq = 321", {}}, {"select 1", {}}};
  bench_->sql(save);
  for (const auto& [column, value] : attacks) {
    say("update audit set " + column + " = " + value + " where seq = 321");
    AuditVerified answer;
    ASSERT_TRUE(bench_
                    ->view([&](const View& v) -> Status {
                      QUANJI_TRY(answer, verify_audit_range(v, {}));
                      return {};
                    })
                    .ok());
    EXPECT_FALSE(answer.clean) << column << " = " << value;
    EXPECT_TRUE(std::ranges::any_of(answer.faults, [](const Fault& f) { return f.kind == FaultKind::changed && f.seq == 321; }))
        << column << " = " << value;
    say("update audit set " + column + " = (select " + column + " from kept) where seq = 321");
  }
  AuditVerified answer;
  ASSERT_TRUE(bench_
                  ->view([&](const View& v) -> Status {
                    QUANJI_TRY(answer, verify_audit_range(v, AuditVerifyAsk{10, 20}));
                    return {};
                  })
                  .ok());
  EXPECT_TRUE(answer.clean);
  EXPECT_EQ(answer.rows, 11 * block_rows);
}

}  // namespace
}  // namespace quanji::services
