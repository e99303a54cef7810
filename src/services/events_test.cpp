#include "services/events.h"

#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

const storage::Query count_events{"t_count_events", {"select count(*) from events", {}}, {"select count(*) from events", {}}};

void events_on(testing::Bench& bench) {
  ASSERT_TRUE(bench.store);
  const auto tell = [](Change& c) -> Status {
    QUANJI_TRY([[maybe_unused]] const auto id, emit(c, "approval.created", "apr_1", "{}"));
    return {};
  };
  ASSERT_TRUE(bench.change(tell).ok());
  EXPECT_FALSE(bench
                   .change([&](Change& c) -> Status {
                     QUANJI_DO(tell(c));
                     return base::Error(base::Code::wrong_state);
                   })
                   .ok());
  EXPECT_EQ(bench.number(count_events), 1) << "what was refused is not told";
  bench.clock->advance(std::chrono::hours(24 * 7 + 1));
  ASSERT_TRUE(bench.change(tell).ok());
  std::int64_t swept = 0;
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> Status {
                    QUANJI_TRY(swept, sweep_events(c));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(swept, 1);
  EXPECT_EQ(bench.number(count_events), 1);
}
TEST(Events, AreKeptWithTheirChangeAndForSevenDays) {
  testing::Bench bench;
  events_on(bench);
}
TEST(EventsOnPostgres, AreKeptWithTheirChangeAndForSevenDays) {
  tests::FreshDatabase database;
  testing::Bench bench(base::Suite::intl, database.url());
  events_on(bench);
}

}  // namespace
}  // namespace quanji::services
