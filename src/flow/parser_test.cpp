// Right documents become the model they say.
#include "flow/parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "flow/checker.h"

namespace quanji::flow {
namespace {

using values::Type;
using values::Value;

std::string told(const Reading& reading) {
  std::string out;
  for (const auto& problem : reading.problems) out += to_line(problem, Language::en) + "\n";
  return out;
}
Document read(std::string_view text) {
  auto reading = read_document(text, "f.yaml");
  EXPECT_EQ(told(reading), "") << text;
  return std::move(reading.document);
}
Document read_steps(std::string_view steps) { return read("quanji: 1\nflow: f\nsteps:\n" + std::string(steps)); }
template <class A>
const A& act(const Step& step) {
  return std::get<A>(step.act);
}

TEST(Parser, InputsHaveTheirTypesAndComeFirstAmongTheVariables) {
  const auto document = read(R"(quanji: 1
flow: settle_daily
title: 日终清算
steps:
  - set: {x: 1, inbox: 2}
inputs:
  day: {type: date, title: 日期, default: 2026-11-20}
  inbox: {type: text}
  rate: {type: decimal, default: 3, description: 费率}
  wait: {type: duration, default: 90s}
  market: {type: text, choices: [sse, szse], default: sse}
  note: {type: text, required: false}
  page: {type: browser}
  anything: {default: =calendar.today("SSE")}
outputs:
  total: {type: decimal, title: 合计}
needs: {assets: [mail-host], credentials: [counter_db], queues: [breaks], capabilities: [files], network: all}
)");
  EXPECT_EQ(document.flow.text, "settle_daily");
  EXPECT_EQ(document.flow.at, (Position{2, 7}));
  EXPECT_EQ(document.title, "日终清算");
  EXPECT_EQ(document.variables, (std::vector<std::string>{"day", "inbox", "rate", "wait", "market", "note", "page", "anything", "x"}));
  ASSERT_EQ(document.inputs.size(), 8U);
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(document.inputs[i].variable.slot, i);
  EXPECT_EQ(document.inputs[0].fallback->literal()->date(), *base::parse_date("2026-11-20"));
  EXPECT_FALSE(document.inputs[0].required);
  EXPECT_TRUE(document.inputs[1].required);
  EXPECT_TRUE(document.inputs[2].fallback->literal()->is(Type::decimal));
  EXPECT_EQ(document.inputs[3].fallback->literal()->duration().micros, 90'000'000);
  EXPECT_EQ(document.inputs[4].choices.size(), 2U);
  EXPECT_FALSE(document.inputs[5].required);
  EXPECT_FALSE(document.inputs[5].fallback);
  EXPECT_EQ(document.inputs[6].type.handle, "browser");
  EXPECT_FALSE(document.inputs[7].type.type);
  EXPECT_EQ(document.inputs[7].fallback->expression()->python, "calendar.today(\"SSE\")");
  EXPECT_EQ(document.outputs.at(0).name, "total");
  EXPECT_EQ(document.outputs.at(0).type.type, Type::decimal);
  EXPECT_EQ(document.needs.assets.at(0).text, "mail-host");
  EXPECT_EQ(document.needs.network, Network::all);
  EXPECT_EQ(slot_of(document, "x"), 8U);
  EXPECT_EQ(slot_of(document, "y"), std::nullopt);
}

TEST(Parser, ScalarsAreWhatYamlSaysAndTextElse) {
  const auto document = read_steps(R"(
  - set:
      a: 5
      b: -1.20
      c: true
      d: ~
      e:
      f: 2026-11-20
      g: "5"
      h: 09:30:00
      i: yes
      j: ==a
      k: '=a + 1'
      l: [1, two, {three: 3}]
      m: 1e3
      n: +7
      o: 600000.SH
      p: "==x"
)");
  const auto& set = act<Set>(document.steps[0]);
  const auto literal = [&](std::size_t i) { return set.variables[i].second.literal()->json(); };
  EXPECT_EQ(literal(0), "5");
  EXPECT_EQ(literal(1), "{\"$decimal\":\"-1.20\"}");
  EXPECT_EQ(literal(2), "true");
  EXPECT_EQ(literal(3), "null");
  EXPECT_EQ(literal(4), "null");
  EXPECT_EQ(literal(5), "\"2026-11-20\"");
  EXPECT_EQ(literal(6), "\"5\"");
  EXPECT_EQ(literal(7), "\"09:30:00\"");
  EXPECT_EQ(literal(8), "\"yes\"");
  EXPECT_EQ(literal(9), "\"=a\"");
  EXPECT_EQ(set.variables[10].second.expression()->python, "a + 1");
  EXPECT_EQ(literal(11), "[1,\"two\",{\"three\":3}]");
  EXPECT_EQ(literal(12), "{\"$decimal\":\"1E+3\"}");
  EXPECT_EQ(literal(13), "7");
  EXPECT_EQ(literal(14), "\"600000.SH\"");
  EXPECT_EQ(literal(15), "\"=x\"");
}

TEST(Parser, ExpressionsKnowWhereTheirPythonStands) {
  const auto document = read_steps(
      "  - set:\n"
      "      a: =1\n"
      "      b: =  2\n"
      "      c: \"= 3\"\n"
      "      d: [清, '=4', {e: '=5'}]\n"
      "      f: |\n"
      "        =6 +\n"
      "        7\n");
  const auto& variables = act<Set>(document.steps[0]).variables;
  const auto at = [](const Operand& operand) { return operand.expression()->at; };
  EXPECT_EQ(at(variables[0].second), (Position{5, 11}));
  EXPECT_EQ(at(variables[1].second), (Position{6, 13}));
  EXPECT_EQ(at(variables[2].second), (Position{7, 13}));
  const auto& list = std::get<ListOf>(variables[3].second.form).items;
  EXPECT_EQ(list[0].literal()->text(), "清");
  EXPECT_EQ(at(list[1]), (Position{8, 16}));
  EXPECT_EQ(at(std::get<MapOf>(list[2].form).entries[0].value), (Position{8, 26}));
  EXPECT_EQ(at(variables[4].second), (Position{10, 10}));
  EXPECT_EQ(variables[4].second.expression()->python, "6 +\n7");
  EXPECT_EQ(document.expressions, 6U);
}

TEST(Parser, StepsHavePathsNumbersAndPlaces) {
  const auto document = read_steps(R"(  - if: =1 < 2
    then:
      - set: {a: 1}
    elif:
      - if: =2 < 1
        then:
          - set: {a: 2}
          - set: {a: 3}
    else:
      - set: {a: 4}
  - for: row
    index: i
    in: [1, 2]
    steps:
      - break
  - try:
      - set: {a: 5}
    catch:
      - steps:
          - continue: ~
            when: =1 < 2
    finally:
      - set: {a: 6}
  - parallel:
      - steps: [checkpoint]
      - title: 第二支
        steps: [checkpoint, checkpoint]
  - do: browser.open
    as: page
    steps: [checkpoint]
  - each_item: breaks
    steps: [checkpoint]
  - while: true
    steps: [checkpoint]
)");
  std::vector<std::string> paths;
  const auto walk = [&](const auto& self, const Steps& steps) -> void {
    for (const auto& step : steps) {
      EXPECT_EQ(step.number, paths.size()) << step.path;
      paths.push_back(step.path);
      for (const auto* block : blocks_of(step)) self(self, *block);
    }
  };
  walk(walk, document.steps);
  EXPECT_EQ(paths, (std::vector<std::string>{"steps/0",
                                             "steps/0/then/0",
                                             "steps/0/elif/0/then/0",
                                             "steps/0/elif/0/then/1",
                                             "steps/0/else/0",
                                             "steps/1",
                                             "steps/1/steps/0",
                                             "steps/2",
                                             "steps/2/try/0",
                                             "steps/2/catch/0/steps/0",
                                             "steps/2/finally/0",
                                             "steps/3",
                                             "steps/3/parallel/0/steps/0",
                                             "steps/3/parallel/1/steps/0",
                                             "steps/3/parallel/1/steps/1",
                                             "steps/4",
                                             "steps/4/steps/0",
                                             "steps/5",
                                             "steps/5/steps/0",
                                             "steps/6",
                                             "steps/6/steps/0"}));
  EXPECT_EQ(document.step_count, paths.size());
  EXPECT_EQ(document.steps[0].at, (Position{4, 5}));
  EXPECT_EQ(act<If>(document.steps[0]).branches[1].steps[0].at, (Position{10, 13}));
  EXPECT_EQ(word_of(document.steps[4].act), "with");
  EXPECT_EQ(act<EachItem>(document.steps[5]).item.name, "item");
}

TEST(Parser, OptionsOfAStep) {
  const auto document = read_steps(R"(  - id: click
    title: 提交
    do: browser.click
    with: {target: {role: button}, count: '=n'}
    save: {result: answer, took: time}
    when: =n > 0
    timeout: 1m30s
    retry: {times: 3, wait: 2s, factor: 1.5, error: [element_not_found, business]}
    on_error: continue
    effect: once
    evidence: always
  - do: browser.click
    timeout: =limit
)");
  const auto& step = document.steps[0];
  EXPECT_EQ(step.id, "click");
  EXPECT_EQ(step.title, "提交");
  EXPECT_EQ(step.when->expression()->python, "n > 0");
  EXPECT_EQ(step.timeout->literal()->duration().micros, 90'000'000);
  EXPECT_EQ(step.retry->times, 3);
  EXPECT_EQ(step.retry->wait_micros, 2'000'000);
  EXPECT_EQ(step.retry->factor, 1.5);
  EXPECT_TRUE(step.retry->error.matches(ErrorKind::business, "any"));
  EXPECT_TRUE(step.retry->error.matches(ErrorKind::system, "element_not_found"));
  EXPECT_FALSE(step.retry->error.matches(ErrorKind::system, "timeout"));
  EXPECT_EQ(step.on_error, OnError::go_on);
  EXPECT_EQ(step.effect, Effect::once);
  EXPECT_EQ(step.evidence, Evidence::always);
  const auto& one = act<Do>(step);
  EXPECT_EQ(one.activity.text, "browser.click");
  ASSERT_EQ(one.with.size(), 2U);
  EXPECT_EQ(one.with[0].value.literal()->json(), "{\"role\":\"button\"}");
  EXPECT_EQ(one.with[1].value.expression()->python, "n");
  EXPECT_FALSE(one.save.whole);
  ASSERT_EQ(one.save.outputs.size(), 2U);
  EXPECT_EQ(one.save.outputs[0].first.name, "result");
  EXPECT_EQ(one.save.outputs[0].second.text, "answer");
  EXPECT_EQ(document.steps[1].timeout->expression()->python, "limit");
  EXPECT_FALSE(document.steps[1].effect);
}

TEST(Parser, ActsSayWhatTheySay) {
  const auto document = read_steps(R"(  - fail: {kind: system, code: broken, message: '=f"{n} rows"', data: {rows: =n}}
  - fail: =problem
  - return:
  - return
  - return: {a: 1}
  - call: other
    with: {day: =day}
    save: answer
  - python: reports.daily:total
    with: {rows: =rows}
    save: total
  - python: |
      total = 0
      for row in rows:
        total += row
      return total
    with: {rows: =rows}
  - python: print(1)
  - checkpoint
  - each_item: =queue_name
    as: one
    limit: 10
    steps: [continue]
)");
  EXPECT_EQ(act<Fail>(document.steps[0]).kind, ErrorKind::system);
  EXPECT_EQ(act<Fail>(document.steps[0]).code.text, "broken");
  EXPECT_TRUE(std::holds_alternative<MapOf>(act<Fail>(document.steps[0]).data->form));
  EXPECT_EQ(act<Fail>(document.steps[1]).again->python, "problem");
  EXPECT_TRUE(act<Return>(document.steps[2]).outputs.empty());
  EXPECT_TRUE(act<Return>(document.steps[3]).outputs.empty());
  EXPECT_EQ(act<Return>(document.steps[4]).outputs[0].name, "a");
  EXPECT_EQ(act<Call>(document.steps[5]).flow.text, "other");
  EXPECT_EQ(act<Call>(document.steps[5]).save.whole->name, "answer");
  EXPECT_EQ(act<PythonBlock>(document.steps[6]).module, "reports.daily");
  EXPECT_EQ(act<PythonBlock>(document.steps[6]).function, "total");
  const auto& block = act<PythonBlock>(document.steps[7]);
  EXPECT_EQ(block.code, "total = 0\nfor row in rows:\n  total += row\nreturn total\n");
  EXPECT_EQ(block.code_at, (Position{16, 7}));
  EXPECT_EQ(act<PythonBlock>(document.steps[8]).code, "print(1)");
  EXPECT_TRUE(std::holds_alternative<Checkpoint>(document.steps[9].act));
  const auto& items = act<EachItem>(document.steps[10]);
  EXPECT_EQ(items.queue.expression()->python, "queue_name");
  EXPECT_EQ(items.item.name, "one");
  EXPECT_EQ(items.limit->literal()->integer(), 10);
}

TEST(Parser, ABrokenStepDoesNotBringComplaintsAboutWhatItWouldHaveSet) {
  const auto reading =
      check_source("quanji: 1\nflow: f\nsteps:\n- doo: dbf.read_table\n  save: trades\n- set: {n: =len(trades)}\n", "f.yaml", {});
  ASSERT_EQ(reading.problems.size(), 1U) << told(reading);
  EXPECT_EQ(reading.problems[0].code, ProblemCode::unknown_word);
}

TEST(Parser, WindowsLineEndsAndByteOrderMarksAreRead) {
  const auto document = read("\xEF\xBB\xBFquanji: 1\r\nflow: f\r\nsteps:\r\n  - python: |\r\n      a = 1\r\n      return a\r\n");
  EXPECT_EQ(act<PythonBlock>(document.steps[0]).code, "a = 1\nreturn a\n");
}

TEST(Parser, ColumnsCountCharacters) {
  const auto reading =
      read_document("quanji: 1\nflow: f\ntitle: 清算\nsteps:\n- {do: log.write, with: {message: 清算日报}, 结束: 1}\n", "f.yaml");
  ASSERT_EQ(reading.problems.size(), 1U);
  EXPECT_EQ(reading.problems[0].at, (Position{5, 42}));
}

}  // namespace
}  // namespace quanji::flow
