#include "api/housekeeping.h"

#include <future>

#include "services/audit_testing.h"
#include "services/events.h"

namespace quanji::api {
namespace {

TEST(Housekeeping, APieceThatFailsHoldsNobodyElseUp) {
  services::testing::Bench bench;
  static int done = 0;
  done = 0;
  constexpr Chore chores[] = {
      {"breaks", storage::Priority::logs, [](storage::Change&) -> base::Status { return base::Error(base::Code::bug, "on purpose"); }},
      {"works", storage::Priority::logs,
       [](storage::Change& change) -> base::Status {
         change.after_commit([] { ++done; });
         return {};
       }},
  };
  do_chores(*bench.store, services::testing::clock_caller(), chores);
  bench.store->close();
  EXPECT_EQ(done, 1);
}

TEST(Housekeeping, EveryPieceDoesItsWorkOnAFreshDatabase) {
  services::testing::Bench bench;
  for (const auto chores : {chores_of_a_second(), chores_of_half_a_minute()})
    for (const auto& chore : chores) {
      const auto done = bench.change(chore.work);
      EXPECT_TRUE(done.ok()) << chore.name << ": " << done.error().detail();
    }
}

}  // namespace
}  // namespace quanji::api
