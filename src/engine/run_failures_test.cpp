// How steps fail, and what a flow makes of it.
#include <gtest/gtest.h>

#include "engine/run.h"
#include "engine/run_testing.h"

namespace quanji::engine {
namespace {

using tests::deeds;
using values::Value;

TEST_F(RunTest, FailIsTheFlowsOwnFailureAndCanBeFailedAgain) {
  const auto business = world.run(R"(
quanji: 1
flow: f
steps:
  - fail:
      kind: business
      code: sign_mismatch
      message: =f'{1+1} 符号不一致'
      data: {row: 3}
)");
  EXPECT_EQ(business.outcome, wire::Outcome::business_failure);
  EXPECT_EQ(error_of(business), "sign_mismatch@steps/0: 2 符号不一致");
  const auto again = world.run(R"(
quanji: 1
flow: f
steps:
  - try:
      - fail: {kind: business, code: first, message: one, data: {row: 3}}
    catch:
      - error: [first]
        save: problem
        steps:
          - if: =problem.data["row"] == 3 and problem.kind == "business" and problem.step == "steps/0/try/0"
            then: [{fail: =problem}]
)");
  EXPECT_EQ(error_of(again), "first@steps/0/try/0: one");
}
TEST_F(RunTest, TheFirstCatchThatMatchesRunsAndFinallyAlways) {
  constexpr std::string_view yaml = R"(
quanji: 1
flow: f
inputs: {code: {type: text}, business: {type: bool, default: false}}
steps:
  - try:
      - do: test.flaky
        with: {name: x, code: =code, business: =business}
    catch:
      - error: [late, early]
        steps: [{do: test.say, with: {text: by_code}}]
      - error: [business]
        steps: [{do: test.say, with: {text: by_kind}}]
    finally:
      - do: test.say
        with: {text: finally}
)";
  const auto run = [&](const char* code, bool business) {
    deeds.clear();
    deeds.failures["x"] = 1;
    const auto finished = world.run(yaml, nullptr, {{"code", Value::of(std::string(code))}, {"business", Value::of(business)}});
    return deeds.text() + " → " + std::string(base::word(finished.outcome));
  };
  EXPECT_EQ(run("early", false), "fail:x say:by_code say:finally → success");
  EXPECT_EQ(run("other", true), "fail:x say:by_kind say:finally → success");
  EXPECT_EQ(run("other", false), "fail:x say:finally → system_failure");
}
TEST_F(RunTest, FinallyMayLeaveByAWayOfItsOwnAndKeepsTheOldOneOtherwise) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - set: {seen: []}
  - for: x
    in: [1, 2, 3]
    steps:
      - try:
          - if: =x == 2
            then: [{continue: }]
          - if: =x == 3
            then: [{return: {seen: =seen, x: =x}}]
        finally:
          - set: {seen: "=seen + [x]"}
)");
  EXPECT_EQ(finished.outputs.text, R"({"seen":[1,2],"x":3})") << "return's outputs are evaluated before finally" << error_of(finished);
}
TEST_F(RunTest, RetriesAsOftenAsSaidAndWaitsLongerEachTime) {
  const auto before = world.clock.monotonic();
  deeds.failures["x"] = 2;
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.flaky
    with: {name: x}
    retry: {times: 3, wait: 2s, factor: 2}
)");
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  EXPECT_EQ(deeds.text(), "fail:x fail:x done:x");
  EXPECT_EQ(world.clock.monotonic() - before, std::chrono::seconds(6));
  deeds.clear();
  deeds.failures["x"] = 9;
  EXPECT_EQ(error_of(world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.flaky
    with: {name: x}
    retry: {times: 2, error: [flaky]}
)")),
            "flaky@steps/0: 不行 / no");
  EXPECT_EQ(deeds.text(), "fail:x fail:x fail:x");
}
TEST_F(RunTest, ABusinessFailureIsNotRetriedUnlessItsCodeIsNamed) {
  deeds.failures["x"] = 1;
  EXPECT_EQ(world.run("{quanji: 1, flow: f, steps: [{do: test.flaky, with: {name: x, business: true}, retry: {times: 2}}]}").outcome,
            wire::Outcome::business_failure);
  deeds.clear();
  deeds.failures["x"] = 1;
  EXPECT_EQ(world.run("{quanji: 1, flow: f, steps: [{do: test.flaky, with: {name: x, business: true}, retry: {times: 2, error: [flaky]}}]}")
                .outcome,
            wire::Outcome::success);
}
TEST_F(RunTest, ATimeoutEndsItsStepFromInsideAndIsAnOrdinaryFailureOutside) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - try:
      - for: x
        in: =range(1000)
        timeout: 30s
        steps:
          - try:
              - {do: test.wait, with: {time: 8s}, on_error: continue, retry: {times: 5}}
            catch:
              - steps: [{do: test.say, with: {text: wrong}}]
            finally:
              - {do: test.say, with: {text: =str(x)}}
    catch:
      - error: [timed_out]
        steps: [{do: test.say, with: {text: caught}}]
)");
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  EXPECT_EQ(deeds.text(), "say:0 say:1 say:2 say:3 say:caught");
}
TEST_F(RunTest, OnErrorContinueLogsAndGoesOn) {
  deeds.failures["x"] = 1;
  const auto finished =
      world.run("{quanji: 1, flow: f, steps: [{do: test.flaky, with: {name: x}, on_error: continue}, {do: test.say, with: {text: on}}]}");
  EXPECT_EQ(finished.outcome, wire::Outcome::success);
  EXPECT_EQ(deeds.text(), "fail:x say:on");
  ASSERT_FALSE(world.outside.lines.empty());
  EXPECT_EQ(world.outside.lines[0], "warn steps/0 flaky: 不行 / no");
}
}  // namespace
}  // namespace quanji::engine
