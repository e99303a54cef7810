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

TEST(CheckerTest, TheDesignsExampleIsRight) { EXPECT_EQ(told(design_example), ""); }

}  // namespace
}  // namespace quanji::flow
