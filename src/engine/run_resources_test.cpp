// What is open between steps, and how a run is ended from outside.
#include <gtest/gtest.h>

#include "engine/run.h"
#include "engine/run_testing.h"

namespace quanji::engine {
namespace {

using tests::deeds;

TEST_F(RunTest, AResourceIsClosedOnEveryWayOut) {
  const auto run = [&](const std::string& inner) {
    deeds.clear();
    const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - for: x
    in: [1]
    steps:
      - do: test.open
        with: {name: front}
        as: door
        steps:
          - do: test.knock
            with: {door: =door}
          - )" + inner + "\n");
    return deeds.text() + " → " + std::string(base::word(finished.outcome)) + (finished.error ? " " + finished.error->code : "");
  };
  EXPECT_EQ(run("{do: test.say, with: {text: a}}"), "open:front knock:front say:a closed:front → success");
  EXPECT_EQ(run("{fail: {code: no, message: no}}"), "open:front knock:front closed:front → business_failure no");
  EXPECT_EQ(run("{break: }"), "open:front knock:front closed:front → success");
  EXPECT_EQ(run("{return: {}}"), "open:front knock:front closed:front → success");
}
TEST_F(RunTest, AResourceThatIsClosedOrOfAnotherKindIsNamed) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.open
    with: {name: front}
    as: door
    steps: [{set: {kept: =door}}]
  - do: test.knock
    with: {door: =kept}
)");
  EXPECT_EQ(finished.error->code, "resource_closed");
}
TEST_F(RunTest, AStopIsSeenAtStepBordersAndInWaitsAndLeavesNothingOpen) {
  RunControl control;
  tests::at_effect = [&](const std::string& what) {
    if (what == "say:now") control.halt.ask();
  };
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - do: test.open
    with: {name: front}
    as: door
    steps:
      - try:
          - {do: test.say, with: {text: now}}
          - {do: test.say, with: {text: never}}
        catch:
          - steps: [{do: test.say, with: {text: never}}]
        finally:
          - {do: test.wait, with: {time: 5s}}
          - {do: test.say, with: {text: =str(1 + 1)}}
)"));
  const auto finished = world.run(flows, nullptr, {}, {}, RunRequest::After::stay, &control);
  EXPECT_EQ(finished.outcome, wire::Outcome::stopped);
  EXPECT_EQ(deeds.text(), "open:front say:now say:2 closed:front");
}
TEST_F(RunTest, WhatWasOpenedWithoutAWithIsClosedAtTheEndOfTheRun) {
  RunControl control;
  tests::at_effect = [&](const std::string&) { control.halt.ask(); };
  Flows flows;
  flows.add(document_of(
      "{quanji: 1, flow: f, steps: [{do: test.open, with: {name: back}, save: door}, {do: test.say, with: {text: now}}, {set: {x: 1}}]}"));
  EXPECT_EQ(world.run(flows, nullptr, {}, {}, RunRequest::After::stay, &control).outcome, wire::Outcome::stopped);
  EXPECT_EQ(deeds.text(), "open:back say:now closed:back");
}
TEST_F(RunTest, TheTasksTimeIsNobodysToCatch) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - try:
      - {do: test.wait, with: {time: 1h}}
    catch:
      - steps: [{do: test.say, with: {text: never}}]
    finally:
      - {do: test.say, with: {text: finally}}
)"));
  const auto finished = world.run(flows, nullptr, {}, {}, RunRequest::After::stay, nullptr, std::chrono::seconds(60));
  EXPECT_EQ(finished.outcome, wire::Outcome::timed_out);
  EXPECT_EQ(deeds.text(), "say:finally");
}
TEST_F(RunTest, AFailureOfAStepWithAResourceLeavesAPicture) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.open
    with: {name: stuck}
    as: door
    steps:
      - try: [{do: test.knock, with: {door: =door}}]
        catch:
          - save: problem
            steps: [{return: {n: =len(problem.evidence), name: =problem.screenshot.name}}]
)");
  EXPECT_EQ(finished.outputs.text, R"({"n":1,"name":"0001-door.png"})") << error_of(finished);
  EXPECT_EQ(deeds.text(), "open:stuck knock:stuck shown:stuck closed:stuck");
}
}  // namespace
}  // namespace quanji::engine
