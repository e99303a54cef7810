#include "services/audit.h"

#include "services/audit_testing.h"

namespace quanji::services {
namespace {

using testing::Bench;
using testing::clock_caller;
using testing::person;

const storage::Query count_rows{"t_count_rows", {"select count(*) from audit", {}}, {"select count(*) from audit", {}}};
const storage::Query count_coalesced{"t_count_coalesced",
                                     {"select coalesce(sum(count), 0) from audit where count > 1", {}},
                                     {"select coalesce(sum(count), 0)::bigint from audit where count > 1", {}}};

AuditEntry refusal(std::string_view operation) {
  AuditEntry entry;
  entry.operation = operation;
  entry.audit = "refused";
  entry.result = static_cast<std::int64_t>(base::Code::not_permitted);
  return entry;
}
base::ListQuery newest_first() {
  base::ListQuery query;
  query.page_size = 200;
  return query;
}

TEST(Audit, ARowTellsWhoDidWhatFromWhereAndForWhom) {
  Bench bench;
  auto caller = person(1, "zhang.san");
  caller->on_behalf_of = "li.si";
  ASSERT_TRUE(bench.change([](Change& c) { return testing::write_sample(c, 7); }, caller).ok());
  std::vector<AuditRecord> rows;
  ASSERT_TRUE(bench
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(auto page, list_audit(v, newest_first()));
                    rows = page.items;
                    QUANJI_TRY(const auto one, read_audit(v, {rows.at(0).id}));
                    EXPECT_EQ(one.account, "zhang.san");
                    return {};
                  })
                  .ok());
  ASSERT_EQ(rows.size(), 1U);
  const auto& row = rows[0];
  EXPECT_EQ(row.actor, caller->user.text());
  EXPECT_EQ(row.on_behalf_of, "li.si");
  EXPECT_EQ(row.caller_kind, "user");
  EXPECT_EQ(row.channel, "session");
  EXPECT_EQ(row.address, "127.0.0.1");
  EXPECT_EQ(row.request_id, "req-1");
  EXPECT_EQ(row.target, "usr_7");
  EXPECT_EQ(row.approval, "apr_7");
  EXPECT_EQ(row.before_document.text, R"({"name":"a7"})");
  EXPECT_EQ(row.before_digest, base::hex(base::sha256(R"({"name":"a7"})")));
  EXPECT_EQ(row.algorithm, "hmac-sha256");
  EXPECT_EQ(row.at, bench.clock->now());
}

TEST(Audit, AChangeThatIsRefusedLeavesNoRow) {
  Bench bench;
  EXPECT_FALSE(bench
                   .change([](Change& c) -> Status {
                     QUANJI_DO(testing::write_sample(c, 1));
                     return base::Error(base::Code::wrong_state);
                   })
                   .ok());
  EXPECT_EQ(bench.number(count_rows), 0);
}

TEST(Audit, WithoutKeysNothingIsChanged) {
  Bench bench;
  use_audit_keys(nullptr);
  const auto done = bench.change([](Change& c) { return testing::write_sample(c, 1); });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), base::Code::audit_unavailable);
}

TEST(Audit, LargeDocumentsAreKeptAsTheirDigestOnly) {
  Bench bench;
  AuditEntry entry;
  entry.operation = "x.y";
  entry.audit = "x.yed";
  entry.note.after = "\"" + std::string(audit_document_limit, 'x') + "\"";
  ASSERT_TRUE(bench.change([&](Change& c) { return write_audit(c, entry); }).ok());
  ASSERT_TRUE(bench
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(auto page, list_audit(v, newest_first()));
                    EXPECT_EQ(page.items.at(0).after_document.text, "");
                    EXPECT_EQ(page.items.at(0).after_digest, base::hex(base::sha256(entry.note.after)));
                    return {};
                  })
                  .ok());
}

TEST(Audit, RefusalsPastTheTenthOfAMinuteShareOneRowWithTheirNumber) {
  Bench bench;
  const auto caller = person(9, "scanner");
  for (int i = 0; i < 35; ++i) ASSERT_TRUE(bench.change([](Change& c) { return write_refusal(c, refusal("user.create")); }, caller).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(bench.change([](Change& c) { return write_refusal(c, refusal("user.delete")); }, caller).ok());
  EXPECT_EQ(bench.number(count_rows), 10 + 4);
  ASSERT_TRUE(bench.change([](Change& c) { return flush_refusals(c); }).ok());
  EXPECT_EQ(bench.number(count_rows), 14) << "the minute is not over";
  bench.clock->advance(std::chrono::minutes(2));
  ASSERT_TRUE(bench.change([](Change& c) { return flush_refusals(c); }).ok());
  ASSERT_TRUE(bench.change([](Change& c) { return flush_refusals(c); }).ok());
  EXPECT_EQ(bench.number(count_rows), 15);
  EXPECT_EQ(bench.number(count_coalesced), 25);
  // A new minute has rows of its own again.
  ASSERT_TRUE(bench.change([](Change& c) { return write_refusal(c, refusal("user.create")); }, caller).ok());
  EXPECT_EQ(bench.number(count_rows), 16);
}

TEST(Audit, ACountThatDidNotBecomeDurableIsCountedAgain) {
  Bench bench;
  const auto caller = person(10, "unlucky");
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(bench.change([](Change& c) { return write_refusal(c, refusal("a.b")); }, caller).ok());
  EXPECT_FALSE(bench
                   .change([](Change& c) -> Status {
                     QUANJI_DO(flush_refusals(c));
                     return base::Error(base::Code::store_unavailable);
                   })
                   .ok());
  bench.clock->advance(std::chrono::minutes(2));
  ASSERT_TRUE(bench.change([](Change& c) { return flush_refusals(c); }).ok());
  EXPECT_EQ(bench.number(count_coalesced), 2);
}

TEST(Audit, UnknownCallersLeaveARowOnlyForTheAccountTheyTried) {
  Bench bench;
  auto nobody = std::make_shared<domain::Caller>();
  nobody->address = "127.0.0.9";
  ASSERT_TRUE(bench.change([](Change& c) { return write_refusal(c, refusal("user.create")); }, nobody).ok());
  EXPECT_EQ(bench.number(count_rows), 0);
  auto attempt = refusal("auth.login");
  attempt.note.target = "usr_00000000000000000000000009";
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(bench.change([&](Change& c) { return write_refusal(c, attempt); }, nobody).ok());
  EXPECT_EQ(bench.number(count_rows), 10);
}

TEST(Audit, TheListShowsOnlyDepartmentsWhereTheCallerMayReadIt) {
  Bench bench;
  domain::publish_permissions({"audit.read"});
  const domain::DepartmentId mine{base::Ulid{{1, 1}}}, other{base::Ulid{{2, 2}}};
  for (const auto& department : {mine, other, mine}) {
    AuditEntry entry;
    entry.operation = entry.audit = "a.b";
    entry.note.department = department.ulid;
    ASSERT_TRUE(bench.change([&](Change& c) { return write_audit(c, entry); }).ok());
  }
  auto caller = person(3, "auditor");
  auto authority = std::make_shared<domain::Authority>();
  authority->by_department[mine.ulid].set(0);
  caller->authority = authority;
  caller->permission = 0;
  caller->read_permission = 0;
  ASSERT_TRUE(bench
                  .view(
                      [&](const View& v) -> Status {
                        QUANJI_TRY(auto page, list_audit(v, newest_first()));
                        EXPECT_EQ(page.items.size(), 2U);
                        return {};
                      },
                      caller)
                  .ok());
  ASSERT_TRUE(bench
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(auto page, list_audit(v, newest_first()));
                    for (const auto& row : page.items)
                      if (row.department_id == other) {
                        const auto hidden = read_audit(v, {row.id});
                        EXPECT_TRUE(hidden.ok()) << "the clock sees everything";
                      }
                    return {};
                  })
                  .ok());
}

TEST(Audit, EveryDeclaredCombinationOfTheListIsServedByAnIndex) {
  Bench bench;
  ASSERT_TRUE(bench
                  .change([](Change& c) -> Status {
                    QUANJI_TRY(const auto explained, audit_listing().explain(c));
                    EXPECT_GE(explained.size(), 4U);
                    for (const auto& one : explained) EXPECT_EQ(one.trouble, "") << one.combination << ": " << one.plan;
                    return {};
                  })
                  .ok());
}

}  // namespace
}  // namespace quanji::services
