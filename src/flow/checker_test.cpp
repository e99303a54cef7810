// Whole right documents, and what a document stands in: other flows, Python, the catalogue.
#include "flow/checker.h"

#include <gtest/gtest.h>

#include "flow/catalogue_testing.h"

namespace quanji::flow {
namespace {

std::string told(const std::vector<Problem>& problems) {
  std::string out;
  for (const auto& problem : problems) out += to_line(problem, Language::en) + "\n";
  return out;
}

std::string told(std::string_view text, Surroundings surroundings = {}) {
  if (!surroundings.activities) surroundings.activities = &test_catalogue();
  return told(check_source(text, "f.yaml", surroundings).problems);
}

constexpr const char* design_example = R"(quanji: 1
flow: reconcile_settlement
title: 清算核对
inputs:
  trade_date:
    type: date
    title: 业务日期
    default: =calendar.today("SSE")
  inbox: {type: text}
outputs:
  breaks: {type: table}
needs: {credentials: [counter_db], capabilities: [files]}
steps:
  - do: dbf.read_table
    with:
      file: =f"{inbox}/SJSMX1{trade_date:%m%d}.DBF"
      encoding: gb18030
    save: trades
  - for: row
    in: =trades.where("MXYWLB", "JY00")
    steps:
      - if: =row["MXSFJE"] < 0 and row["MXQSSL"] < 0
        then:
          - fail:
              kind: business
              code: sign_mismatch
              message: =f"{row['MXZQDM']} 符号不一致"
  - try:
      - do: browser.click
        with: {target: {role: button, name: 提交}}
        timeout: 30s
        retry: {times: 3, wait: 2s, factor: 2, error: [element_not_found, timeout]}
    catch:
      - error: [popup_unknown]
        save: problem
        steps:
          - do: human.ask
            with:
              form: unknown_popup
              picture: =problem.screenshot
            save: answer
    finally: []
  - return:
      breaks: =trades
)";

TEST(Checker, TheDesignsExampleIsRight) { EXPECT_EQ(told(design_example), ""); }

// Everything the language has, used as it is meant.
constexpr const char* every_word = R"(quanji: 1
flow: every_word
title: 全部的词
description: |
  每个词至少一次。
inputs:
  day: {type: date, default: =calendar.today("SSE")}
  day_before: {type: date, default: =calendar.previous(day)}
  market: {type: text, choices: [sse, szse], default: sse}
  note: {type: text, required: false}
outputs:
  total: {type: decimal}
  rows: {type: table}
needs:
  assets: [mail-host]
  credentials: [counter_db]
  queues: [breaks]
  capabilities: [files, database]
  network: all
steps:
  - id: begin
    title: 初值
    set:
      total: 0.00
      rows: =[]
      names: [a, =market, {day: '=f"{day:%Y%m%d}"'}]
      host: =asset("mail-host")
      text: |
        两行
        文本 ${not_a_variable}
      equals: == 不是表达式
      code: '000001'
  - do: credential.get
    with: {name: counter_db}
    save: {secret: password}
    evidence: none
  - do: browser.open
    with:
      url: https://example.com/?a=b
      password: =secret
    as: page
    steps:
      - do: browser.click
        with: {in: =page, target: {role: button}}
        effect: repeatable
        retry: {times: 3, wait: 1s, factor: 1.5, error: element_not_found}
        timeout: =30
  - do: database.open
    as: db
    steps:
      - do: database.query
        with: {in: =db, sql: 'select * from t where a = 1 -- #'}
        save: rows
  - for: row
    index: i
    in: =rows
    steps:
      - if: =i > 10
        then:
          - break
        elif:
          - if: =row["skip"]
            then: [continue]
        else:
          - set: {total: '=total + row["amount"]'}
      - continue:
        when: =total < 0
  - while: =total > 100
    steps:
      - set: {total: =total / 2}
  - while: true
    steps:
      - set: {result: 1}
      - break
  - set: {seen: =result}
  - try:
      - call: other
        with: {day: =day}
        save: answer
    catch:
      - error: [timeout, business]
        save: problem
        steps:
          - fail: =problem
      - steps:
          - set: {answer: none}
    finally:
      - do: log.write
        with: {message: '=f"{market}: {total:,.2f}"'}
  - set: {again: =answer}
  - parallel:
      - title: 左
        steps:
          - python: |
              return 1
            save: left
      - steps:
          - python: reports.daily:total
            with: {rows: =rows}
            save: right
  - set: {both: =left + right}
  - each_item: breaks
    as: one
    limit: 100
    steps:
      - when: =one.payload is None
        fail: {kind: business, code: empty_item, message: 空, data: {key: =one.key}}
      - do: queue.add_item
        with: {queue: breaks, payload: {n: =both}}
        effect: once
  - checkpoint
  - do: human.ask
    with: {form: sign_off, picture: '=[x for x in names if x]'}
    save: sign
    on_error: continue
  - return: {total: =total, rows: =rows}
    when: =note is None
  - return:
      total: 0
      rows: null
)";

TEST(Checker, EveryWordUsedAsItIsMeantIsRight) {
  const auto other =
      read_document("quanji: 1\nflow: other\ninputs: {day: {type: date}}\noutputs: {n: {type: integer}}\nsteps:\n- return: {n: 1}\n", "o");
  EXPECT_EQ(told(every_word, {.flows = {{&other.document}}, .python_modules = {{"reports.daily"}}}), "");
}

TEST(Checker, WhatIsNotGivenIsNotChecked) {
  const std::string text = "quanji: 1\nflow: f\nsteps:\n- do: excel.read_cell\n- call: nowhere\n- python: no.module:here\n";
  EXPECT_EQ(told(check_source(text, "f.yaml", {}).problems), "");
  EXPECT_EQ(told(check_source("quanji: 1\nflow: f\nsteps:\n- set: {a: =host_name}\n", "f.yaml", {.names = {"host_name"}}).problems), "");
}

TEST(Checker, TheMendIsSaid) {
  const auto mend = [](std::string_view steps) {
    const auto reading = check_source("quanji: 1\nflow: f\nsteps:\n" + std::string(steps), "f.yaml", {.activities = &test_catalogue()});
    EXPECT_EQ(reading.problems.size(), 1U) << told(reading.problems);
    return reading.problems.empty() ? std::string() : reading.problems[0].mend.en;
  };
  EXPECT_EQ(mend("- do: dbf.read\n"), "Did you mean “dbf.read_table”?");
  EXPECT_EQ(mend("- set:\n    a: =f\"{1}: {2}\"\n"), "Write '=f\"{1}: {2}\"'");
  EXPECT_EQ(mend("- set:\n    a: =f'{1}: {2}'\n"), "Write '=f''{1}: {2}'''");
  EXPECT_EQ(mend("- set: {a: ={}[\"k\"], b: 1}\n"), "Write '={}[\"k\"]'");
  EXPECT_EQ(mend("- do: log.write\n  with: {message: x}\n  timeout: 30\n"), "Write 30s (seconds) or 30m (minutes)");
  EXPECT_EQ(mend("- do: log.write\n  with: {message: 000001}\n"), "A code or an identifier goes in quotes: '000001'");
  EXPECT_EQ(mend("- set: {a: 1}\n- if: a > 0\n  then: [checkpoint]\n"), "Write =a > 0");
  EXPECT_EQ(mend("- set: {rows: 1}\n- do: table.group\n  with: {table: rows, by: []}\n"), "Write =rows for the value of the variable");
  EXPECT_EQ(mend("- set:\n    a: =null\n"), "Did you mean “None”?");
  EXPECT_EQ(mend("- log.write\n"), "Write do: log.write");
}

}  // namespace
}  // namespace quanji::flow
