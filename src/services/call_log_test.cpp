#include "services/call_log.h"

#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

using testing::Bench;

void log_on(Bench& bench) {
  ASSERT_TRUE(bench.store);
  std::vector<LoggedCall> calls;
  const std::string_view odd = "p\"\\\xff\n", nul("a\0b", 3), path = "/api/v1/users", request = "r";
  for (int i = 0; i < 300; ++i)
    calls.push_back({bench.clock->now(), i % 2 ? "usr_A" : "", "acc", i % 3 ? "user.list" : "user.create", "GET", i ? path : odd,
                     "127.0.0.1", i ? request : nul, 200, i % 5 ? 0 : 20001, 100 + i});
  ASSERT_TRUE(bench.change([&](Change& c) { return write_calls(c, calls); }).ok());
  ASSERT_TRUE(bench
                  .view([&](const View& v) -> Status {
                    base::ListQuery query;
                    query.page_size = 200;
                    query.filters = {{"operation", "user.create"}};
                    QUANJI_TRY(auto page, list_calls(v, query));
                    EXPECT_EQ(page.total, 100);
                    for (const auto& call : page.items) EXPECT_EQ(call.operation, "user.create");
                    query.filters = {{"actor", "usr_A"}, {"code", "20001"}};
                    QUANJI_TRY(page, list_calls(v, query));
                    EXPECT_EQ(page.total, 30);
                    return {};
                  })
                  .ok());
}
TEST(CallLog, WritesManyCallsAtOnceAndFindsThem) {
  Bench bench;
  log_on(bench);
}
TEST(CallLogOnPostgres, WritesManyCallsAtOnceAndFindsThem) {
  tests::FreshDatabase database;
  Bench bench(base::Suite::intl, database.url());
  log_on(bench);
}

TEST(CallLog, EveryDeclaredCombinationIsServedByAnIndex) {
  Bench bench;
  ASSERT_TRUE(bench
                  .change([](Change& c) -> Status {
                    QUANJI_TRY(const auto explained, call_listing().explain(c));
                    for (const auto& one : explained) EXPECT_EQ(one.trouble, "") << one.combination << ": " << one.plan;
                    return {};
                  })
                  .ok());
}

MinuteOfCalls minute_of(std::int64_t minute, std::string actor, std::string operation, std::int64_t code, int count, std::uint64_t took) {
  MinuteOfCalls made;
  made.minute = minute;
  made.actor = made.account = std::move(actor);
  made.operation = std::move(operation);
  made.code = code;
  for (int i = 0; i < count; ++i) made.took.add(took);
  return made;
}

TEST(CallStats, AddUpMinutesRunsAndResultsByInterval) {
  Bench bench;
  const base::Ulid first{{1}}, second{{2}};
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> Status {
                    QUANJI_DO(write_minute(c, first, minute_of(100, "usr_A", "user.list", 0, 3, 500)));
                    QUANJI_DO(write_minute(c, first, minute_of(100, "usr_A", "user.list", 0, 5, 500)));  // the same minute again: replaces
                    QUANJI_DO(write_minute(c, second, minute_of(100, "usr_A", "user.list", 0, 7, 500)));
                    QUANJI_DO(write_minute(c, first, minute_of(101, "usr_A", "user.list", 20001, 4, 9000)));
                    return write_minute(c, first, minute_of(101, "usr_B", "user.create", 0, 1, 10));
                  })
                  .ok());
  ASSERT_TRUE(bench
                  .view([&](const View& v) -> Status {
                    CallStatsAsk ask;
                    ask.from = {100 * 60'000'000LL};
                    ask.to = {102 * 60'000'000LL};
                    QUANJI_TRY(auto stats, call_stats(v, ask));
                    EXPECT_EQ(stats.count, 17);
                    EXPECT_EQ(stats.errors, 4);
                    if (stats.items.size() != 2) return base::Error(base::Code::bug, "items");
                    EXPECT_EQ(stats.items[0].client, "usr_A");
                    EXPECT_EQ(stats.items[0].count, 16);
                    EXPECT_DOUBLE_EQ(stats.items[0].error_share, 0.25);
                    EXPECT_NEAR(static_cast<double>(stats.items[0].p50_micros), 500, 16);
                    EXPECT_NEAR(static_cast<double>(stats.items[0].p99_micros), 9000, 288);
                    ask.interval_seconds = 60;
                    QUANJI_TRY(stats, call_stats(v, ask));
                    EXPECT_EQ(stats.items.size(), 3U);
                    ask.client = "usr_B";
                    QUANJI_TRY(stats, call_stats(v, ask));
                    EXPECT_EQ(stats.count, 1);
                    ask.to = ask.from;
                    EXPECT_FALSE(call_stats(v, ask).ok());
                    ask.to = ask.from.plus(std::chrono::hours(24 * 32));
                    EXPECT_FALSE(call_stats(v, ask).ok());
                    return {};
                  })
                  .ok());
}

TEST(CallLog, OldRowsAreSweptInPortions) {
  Bench bench;
  std::vector<LoggedCall> calls(8);
  for (auto& call : calls) call.at = bench.clock->now();
  ASSERT_TRUE(bench.change([&](Change& c) { return write_calls(c, calls); }).ok());
  bench.clock->advance(calls_kept_for + std::chrono::hours(1));
  std::int64_t swept = 0;
  for (const std::int64_t expected : {5, 3, 0}) {
    ASSERT_TRUE(bench
                    .change([&](Change& c) -> Status {
                      QUANJI_TRY(swept, sweep_calls(c, 5));
                      return {};
                    })
                    .ok());
    EXPECT_EQ(swept, expected);
  }
}

}  // namespace
}  // namespace quanji::services
