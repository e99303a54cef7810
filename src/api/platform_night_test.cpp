#include "api/platform_night.h"

#include "services/audit_testing.h"

namespace quanji::api {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Counts the checks; does nothing else.
class CountingStore final : public storage::Store {
 public:
  void submit(storage::ChangeJob) override {}
  void submit(storage::ViewJob) override {}
  void gather(const storage::BatchOperation&, storage::BatchCall*) override {}
  bool reads_here() const override { return false; }
  base::Status read_here(const std::function<base::Status(const storage::View&)>&, std::shared_ptr<const domain::Caller>) override {
    return {};
  }
  void start_check() override { ++checks; }
  void close() override {}
  storage::Health health() const override { return {}; }
  int checks = 0;
};

TEST(NightlyCheck, IsStartedOnceANightByTheClock) {
  base::ManualClock clock(*base::parse_time("2026-11-24T02:30:00+08:00"));
  CountingStore store;
  NightWatch watch(store, clock);
  for (int minute = 0; minute < 29; ++minute, clock.advance(minutes(1))) watch.tick();
  EXPECT_EQ(store.checks, 0) << "before three o'clock";
  clock.advance(minutes(1));
  watch.tick();
  EXPECT_EQ(store.checks, 1);
  for (int minute = 0; minute < 24 * 60 - 1; ++minute, clock.advance(minutes(1))) watch.tick();
  EXPECT_EQ(store.checks, 1) << "once a night";
  clock.advance(minutes(1));
  watch.tick();
  EXPECT_EQ(store.checks, 2);
  clock.advance(hours(72));
  watch.tick();
  watch.tick();
  EXPECT_EQ(store.checks, 3) << "nights that were slept through are made up for by one";
}

TEST(NightlyCheck, LooksThroughTheDatabaseAndIsToldByHealth) {
  services::testing::Bench bench;
  NightWatch watch(*bench.store, *bench.clock);
  watch.tick();
  EXPECT_EQ(bench.store->health().quick_check, storage::Health::Check::not_needed);
  bench.clock->advance(hours(24));
  watch.tick();
  while (bench.store->health().quick_check == storage::Health::Check::running)
    EXPECT_TRUE(bench.view([](const storage::View&) -> base::Status { return {}; }));
  EXPECT_EQ(bench.store->health().quick_check, storage::Health::Check::clean);
  EXPECT_EQ(bench.store->health().quick_check_percent, 100);
}

}  // namespace
}  // namespace quanji::api
