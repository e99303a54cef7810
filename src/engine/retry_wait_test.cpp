// How long a step waits before it is tried again.
#include <gtest/gtest.h>

#include "engine/testing.h"
#include "engine/testing_activities.h"

namespace quanji::engine {
namespace {

TEST(Retrying, AWaitEndsWhenTheTimeOfTheStepAroundItIsOver) {
  TestWorld world;
  world.catalogue = tests::catalogue();
  tests::deeds.clear();
  tests::deeds.failures["x"] = 9;
  const auto begun = world.clock.now();
  const auto finished = world.run(R"({quanji: 1, flow: f, steps: [
    {for: i, in: [1], timeout: 30s, steps: [{do: test.flaky, with: {name: x}, retry: {times: 5, wait: 1h}}]}]})");
  EXPECT_EQ(finished.error->code, "timed_out");
  EXPECT_EQ(world.clock.now().micros - begun.micros, 30'000'000);
}

}  // namespace
}  // namespace quanji::engine
