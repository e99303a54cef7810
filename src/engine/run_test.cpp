#include "engine/run.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/run_testing.h"
#include "values/table.h"

namespace quanji::engine {
namespace {

using tests::deeds;
using values::List;
using values::Map;
using values::Value;

TEST_F(RunTest, EachStepSeesWhatTheOnesBeforeItSet) {
  const auto finished = world.run(R"(
quanji: 1
flow: adds
inputs:
  n: {type: integer, default: 1}
steps:
  - set: {a: =n + 1}
  - set: {b: =a * 10, text: ==literal, twice: =b * 2}
  - set: {a: =a + b, list: [1, =b]}
  - set:
      rate: =Decimal('1.10')
  - return: {a: =a, b: =b, rate: =rate * 2, text: =text, list: =list, twice: =twice}
)");
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  EXPECT_EQ(finished.outputs.text, R"({"a":22,"b":20,"list":[1,20],"rate":{"$decimal":"2.20"},"text":"=literal","twice":40})");
  EXPECT_EQ(finished.steps_done, 4);
}
TEST_F(RunTest, ASetThatFailsChangesNothing) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - set: {n: 1}
  - try:
      - set: {n: =n + 1, m: =n // 0}
    catch:
      - steps: [{return: {n: =n}}]
)");
  EXPECT_EQ(finished.outputs.text, R"({"n":1})") << error_of(finished);
}
TEST_F(RunTest, BranchesLoopsAndTheirLeaving) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - set: {out: []}
  - for: x
    in: [1, 2, 3, 4, 5, 6]
    index: i
    steps:
      - if: =x == 2
        then: [{continue: }]
        elif:
          - if: =x == 5
            then: [{break: }]
        else:
          - set: {out: "=out + [x * 10 + i]"}
  - set: {n: 0}
  - while: =n < 3
    steps:
      - set: {n: =n + 1}
      - set: {out: "=out + [n]"}
        when: =n != 2
  - for: k
    in: =dict(b=1, a=2)
    steps: [{set: {out: "=out + [k]"}}]
  - for: q
    in: =range(2)
    steps: [{for: r, in: =range(2), steps: [{set: {out: "=out + [q * 2 + r]"}}]}]
  - return: {out: =out, x: =x, i: =i}
)");
  EXPECT_EQ(finished.outputs.text, R"({"i":4,"out":[10,32,43,1,3,"b","a",0,1,2,3],"x":5})") << error_of(finished);
}
TEST_F(RunTest, RowsOfATableAreSeenWithoutCopyingThem) {
  const auto finished = world.run(
      R"(
quanji: 1
flow: f
inputs: {trades: {type: table}}
steps:
  - set: {total: 0}
  - for: row
    in: =trades
    steps:
      - if: =row["QTY"] > 1
        then: [{set: {total: "=total + row.QTY", last: =row}}]
  - return: {total: =total, last: =last}
)",
      nullptr,
      {{"trades", Value::of(List{Value::of(Map{{"QTY", Value::of(std::int64_t{5})}}), Value::of(Map{{"QTY", Value::of(std::int64_t{1})}}),
                                 Value::of(Map{{"QTY", Value::of(std::int64_t{7})}})})}});
  EXPECT_EQ(finished.outputs.text, R"({"last":{"QTY":7},"total":12})") << error_of(finished);
}
TEST_F(RunTest, ActivitiesTakeTypedArgumentsAndSaveTheirOutputs) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.say
    with: {text: =str(1 + 1)}
    save: one
  - do: test.pay
    with: {to: bank, amount: 3}
    save: whole
  - do: test.pay
    with: {to: post}
    save: {r: receipt, n: number}
  - do: test.say
    with: {text: dropped}
  - return: {one: =one, whole: =whole, r: =r, n: =n}
)");
  EXPECT_EQ(finished.outputs.text, R"({"n":7,"one":"2","r":"post 1","whole":{"receipt":"bank 3","number":7}})") << error_of(finished);
  EXPECT_EQ(deeds.text(), "say:2 pay:bank pay:post say:dropped");
  const auto wrong = world.run(R"(
quanji: 1
flow: f
steps:
  - do: test.pay
    with: {amount: much, whom: x}
)");
  EXPECT_EQ(wrong.error->code, "invalid_argument");
  EXPECT_NE(wrong.error->message.find("whom"), std::string::npos) << wrong.error->message;
  EXPECT_NE(wrong.error->message.find("amount"), std::string::npos) << wrong.error->message;
}
TEST_F(RunTest, ACalledFlowHasVariablesOfItsOwn) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: main
steps:
  - set: {n: 1, secret: 5}
  - call: twice
    with: {n: =n + 20}
    save: result
  - call: twice
    with: {n: 4}
    save: {deep: double}
  - return: {n: =n, result: =result, deep: =deep}
)"));
  flows.add(document_of(R"(
quanji: 1
flow: twice
inputs: {n: {type: integer}, plus: {type: integer, default: =n - n}}
outputs: {double: {type: integer}, none: {type: text}}
steps:
  - set: {n: =n * 2 + plus}
  - return: {double: =n}
)",
                        "flows/twice.yaml"));
  const auto finished = world.run(flows);
  EXPECT_EQ(finished.outputs.text, R"({"deep":8,"n":1,"result":{"double":42,"none":null}})") << error_of(finished);
  Flows loop;
  loop.add(document_of("{quanji: 1, flow: a, steps: [{call: a}]}"));
  EXPECT_EQ(world.run(loop).error->code, "too_many_calls");
}
TEST_F(RunTest, PythonBlocksReadVariablesAndReturnValues) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - set: {rate: 3}
  - python: |
      total = 0
      for row in rows:
          total += row * rate
      return {"total": total, "rest": None}
    with: {rows: [1, 2]}
    save: {sum: total}
  - return: {sum: =sum}
)");
  EXPECT_EQ(finished.outputs.text, R"({"sum":9})") << error_of(finished);
}
TEST_F(RunTest, BranchesRunTogetherAndTheirVariablesComeBack) {
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - set: {a: 1, b: 1, c: 1}
  - parallel:
      - steps: [{set: {a: =a + b}}, {set: {a: =a * 2}}]
      - steps:
          - for: x
            in: =range(50)
            steps: [{set: {b: =b + 1}}]
  - return: {a: =a, b: =b, c: =c}
)");
  EXPECT_EQ(finished.outputs.text, R"({"a":4,"b":51,"c":1})") << error_of(finished);
}
TEST_F(RunTest, TheFirstFailureStopsTheOtherBranchesSoftly) {
  deeds.failures["x"] = 1;
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - try:
      - parallel:
          - steps:
              - do: test.open
                with: {name: front}
                as: door
                steps:
                  - while: =True
                    steps: [{set: {n: 1}}]
          - steps: [{do: test.flaky, with: {name: x}}]
    catch:
      - error: [flaky]
        steps: [{do: test.say, with: {text: caught}}]
)");
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  const auto text = deeds.text();
  EXPECT_NE(text.find("say:caught"), std::string::npos) << text;
  // The door was open or never opened; it is not left open.
  EXPECT_EQ(text.find("open:front") == std::string::npos, text.find("closed:front") == std::string::npos) << text;
}
TEST_F(RunTest, EveryItemOfAQueueHasItsOwnEnd) {
  for (int i = 0; i < 4; ++i)
    world.outside.queues["in"].push_back(
        {"qit_" + std::to_string(i), "in", "ref" + std::to_string(i), Map{{"n", Value::of(std::int64_t{i})}}, 1});
  deeds.failures["two"] = 1;
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - each_item: in
    as: it
    steps:
      - if: =it.data["n"] == 1
        then: [{fail: {kind: business, code: bad_item, message: no}}]
      - if: =it.data.n == 2
        then: [{do: test.flaky, with: {name: two}}]
      - {do: test.say, with: {text: =it.reference}}
  - return: {last: "=it.id"}
)");
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  EXPECT_EQ(deeds.text(), "say:ref0 fail:two say:ref3");
  EXPECT_EQ(world.outside.item_ends["qit_0"], "succeeded");
  EXPECT_EQ(world.outside.item_ends["qit_1"], "failed business bad_item");
  EXPECT_EQ(world.outside.item_ends["qit_2"], "failed system flaky");
  EXPECT_EQ(finished.outputs.text, R"({"last":"qit_3"})");
}
TEST_F(RunTest, ThreeSystemFailuresInARowEndEachItem) {
  for (int i = 0; i < 5; ++i) world.outside.queues["in"].push_back({"qit_" + std::to_string(i), "in", "", {}, 1});
  deeds.failures["x"] = 9;
  const auto finished = world.run("{quanji: 1, flow: f, steps: [{each_item: in, steps: [{do: test.flaky, with: {name: x}}]}]}");
  EXPECT_EQ(finished.error->code, "flaky");
  EXPECT_EQ(world.outside.queues["in"].size(), 2U);
}
TEST_F(RunTest, InputsAreCheckedAndReadAsTheirTypes) {
  constexpr std::string_view yaml = R"(
quanji: 1
flow: f
inputs: {day: {type: date}, kind: {type: text, default: a, choices: [a, b]}}
steps: [{return: {d: =day, k: =kind}}]
)";
  EXPECT_EQ(world.run(yaml).error->code, "input_missing");
  EXPECT_EQ(world.run(yaml, nullptr, {{"day", Value()}, {"dya", Value()}}).error->code, "unknown_input");
  EXPECT_EQ(world.run(yaml, nullptr, {{"day", Value::of(std::string("tomorrow"))}}).error->code, "invalid_input");
  EXPECT_EQ(world.run(yaml, nullptr, {{"day", Value::of(std::string("2026-11-20"))}, {"kind", Value::of(std::string("c"))}}).error->code,
            "invalid_input");
  EXPECT_EQ(world.run(yaml, nullptr, {{"day", Value::of(std::string("2026-11-20"))}}).outputs.text,
            R"({"d":{"$date":"2026-11-20"},"k":"a"})");
}
TEST_F(RunTest, ExpressionsSeeCalendarAssetsAndTheTask) {
  world.outside.assets["limit"] = Value::of(std::int64_t{500});
  const auto finished = world.run(R"(
quanji: 1
flow: f
steps:
  - return:
      today: =calendar.today("SSE")
      next: =calendar.next_open(datetime.date(2025, 9, 30), "sse")
      open: =calendar.is_open(datetime.date(2025, 10, 1))
      limit: =asset("limit") + 1
      task: =task.id
)");
  EXPECT_EQ(finished.outputs.text,
            R"({"limit":501,"next":{"$date":"2025-10-09"},"open":false,"task":"tsk_1","today":{"$date":"2023-11-15"}})")
      << error_of(finished);
  EXPECT_EQ(world.run("{quanji: 1, flow: f, steps: [{set: {x: '=asset(\"none\")'}}]}").error->code, "expression_failed");
}
TEST_F(RunTest, AnObserverSeesStepsVariablesAndRetries) {
  struct Watcher final : RunObserver {
    std::string seen;
    void step_begun(const StepPlace& place, base::Time) override { seen += "+" + place.at + " "; }
    void step_ended(const StepPlace& place, base::Time, StepEnd end, const Failure* failure) override {
      seen += "-" + place.at + (end == StepEnd::passed_over ? " passed" : failure ? " " + failure->code : "") + " ";
    }
    void step_retried(const StepPlace&, base::Time, const Failure&, int n) override { seen += "again" + std::to_string(n) + " "; }
    void variable_set(const StepPlace&, std::string_view name, const Value& value) override {
      seen += std::string(name) + "=" + value.json() + " ";
    }
  } watcher;
  world.observer = &watcher;
  deeds.failures["x"] = 1;
  world.run(R"(
quanji: 1
flow: f
steps:
  - {set: {a: 1}, when: =1 > 2}
  - for: i
    in: [7]
    steps: [{set: {a: =i}}]
  - {do: test.flaky, with: {name: x}, retry: {times: 1}}
)");
  EXPECT_EQ(watcher.seen, "-steps/0 passed +steps/1 +steps/1[0]/steps/0 a=7 -steps/1[0]/steps/0 -steps/1 +steps/2 again1 -steps/2 ");
}

TEST_F(RunTest, FunctionsOfThePackagesModulesAreCalledByName) {
  std::filesystem::create_directory(world.work.path() + "/python");
  std::ofstream(world.work.path() + "/python/quanji_test_module.py")
      << "from quanji import Fail\n\ndef total(rows, factor=1):\n    if not rows:\n        raise Fail('no_rows', 'none')\n    return "
         "sum(rows) * factor\n";
  python_of_tests().add_package_path(world.work.path() + "/python");
  constexpr std::string_view yaml = R"(
quanji: 1
flow: f
inputs: {rows: {type: list}}
steps:
  - python: quanji_test_module:total
    with: {rows: =rows, factor: 10}
    save: sum
  - return: {sum: =sum}
)";
  EXPECT_EQ(world.run(yaml, nullptr, {{"rows", Value::of(List{Value::of(std::int64_t{4})})}}).outputs.text, R"({"sum":40})");
  const auto none = world.run(yaml, nullptr, {{"rows", Value::of(List{})}});
  EXPECT_EQ(error_of(none), "no_rows@steps/0: none");
  EXPECT_EQ(none.outcome, wire::Outcome::business_failure);
}
TEST_F(RunTest, ADebuggerHoldsAtBordersReadsAndSetsVariables) {
  struct Holder final : Debugger {
    std::string seen;
    Order at_border(Pause& pause) override {
      seen += pause.place.at + "/" + std::to_string(pause.frames.size()) + " ";
      if (pause.place.at == "steps/1") {
        seen += pause.evaluate("n * 100")->json() + " ";
        pause.variables.set(*flow::slot_of(pause.place.document, "n"), Value::of(std::int64_t{5}));
      }
      return pause.place.at == "steps/2" ? Order::stop : Order::go_on;
    }
    Order at_failure(Pause& pause, const Failure& failure) override {
      seen += "!" + pause.place.at + " " + failure.code + " ";
      return Order::go_on;
    }
  } holder;
  world.debugger = &holder;
  const auto finished = world.run("{quanji: 1, flow: f, steps: [{set: {n: 1}}, {set: {m: =n + 1}}, {set: {o: =m}}]}");
  EXPECT_EQ(finished.outcome, wire::Outcome::stopped);
  EXPECT_EQ(holder.seen, "steps/0/1 steps/1/1 100 steps/2/1 ");
  holder.seen.clear();
  world.run("{quanji: 1, flow: f, steps: [{fail: {code: no, message: no}}]}");
  EXPECT_EQ(holder.seen, "steps/0/1 !steps/0 no ");
}
TEST_F(RunTest, ARunFromAStepBeginsThereWithTheVariablesItIsGiven) {
  Flows flows;
  flows.add(
      document_of("{quanji: 1, flow: f, steps: [{do: test.say, with: {text: a}, save: n}, {if: =n > 1, then: [{set: {n: =n + 1}}, {set: "
                  "{n: =n * 2}}]}, {return: {n: =n}}]}"));
  base::SystemRandom random;
  Surroundings around{world.clock, random, world.waiting, python_of_tests(), world.outside, world.catalogue, world.work.path(), "", {}};
  RunRequest request{flows,
                     "f",
                     "att_1",
                     "digest",
                     {},
                     {},
                     {},
                     RunRequest::After::stay,
                     RunRequest::From{"steps/1/then/1", {{"n", Value::of(std::int64_t{21})}}}};
  RunControl control;
  const auto finished = run(request, around, control, nullptr);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->outputs.text, R"({"n":42})");
  EXPECT_EQ(deeds.text(), "");
}

}  // namespace
}  // namespace quanji::engine
