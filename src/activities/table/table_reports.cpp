// Tables for people: what is wrong in them, and how they look as text.
#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/table/row_expressions.h"
#include "activities/table/table.h"
#include "values/names.h"
#include "values/table_check.h"
#include "values/table_shape.h"
#include "values/table_text.h"
#include "workbook/csv.h"

QUANJI_ENUM(quanji::activities::table::Form, "plain", "markdown", "html", "csv");

namespace quanji::activities::table {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Type;
using values::Value;

QUANJI_FIELDS(Check::Input, QF(table, "表", "The table"),
              QF(columns, "应有的列（列表），或列名→类型", "Columns there must be (a list), or name → type"),
              QF(required, "必须有值的列", "Columns that must have a value", .fallback = "[]"),
              QF(unique, "合起来唯一的列；或这样的列表的列表", "Columns that together are unique; or a list of such lists",
                 .fallback = "[]"),
              QF(rules, "规则名→行表达式，须为真", "Name → row expression that must be true", .fallback = "{}"))
QUANJI_FIELDS(Check::Output, QF(problems, "row（从 1 数）、column、rule、value、sentence；没有问题就没有行",
                                "row (from 1), column, rule, value, sentence; no rows when nothing is wrong"))
QUANJI_FIELDS(ToText::Input, QF(table, "表", "The table"),
              QF(format, "对齐文本、Markdown、HTML 或 CSV", "Aligned text, Markdown, HTML or CSV", .fallback = "\"plain\""),
              QF(limit, "至多几行", "How many rows at most", .min = 0, .max = 1'000'000, .fallback = "1000"))
QUANJI_FIELDS(ToText::Output, QF(text, "文本", "The text"))

ActivityInfo Check::info() {
  ActivityInfo info;
  info.id = "table.check";
  info.title = {"检查表", "Check a table"};
  info.sentence = {"按规则检查：列、类型、必填、唯一、行规则；问题成表。",
                   "Checks columns, types, required, unique and row rules; answers a table of problems."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"交易明细的检查", "Trades looked over"},
                    R"~(- do: table.check
  with:
    table:
      - {code: "000001", day: "20261120", amount: 5}
      - {code: "000001", day: "20261131", amount: -1}
    columns: {code: text, day: {type: date, format: "%Y%m%d"}}
    unique: [code]
    rules: {positive: amount > 0}
  save: problems
- return: {rules: "=[[p.row, p.rule] for p in problems]"}
)~",
                    R"~({"rules":[[2,"type"],[2,"unique"],[2,"positive"]]})~"}};
  return info;
}
Outcome<Check::Output> Check::run(ActivityContext&, const Input& input) {
  const auto& table = *input.table;
  QUANJI_TRY(const auto wishes, column_wishes(input.columns));
  values::Checking what;
  what.present = wishes.names;
  what.typed = casts_of(wishes.typed, values::OnFailure::nothing);
  what.required = input.required;
  std::vector<std::string> together;
  for (const auto& one : input.unique) {
    if (one.is(Type::text)) {
      together.push_back(one.text());
      continue;
    }
    QUANJI_TRY(auto names, name_list(one, "unique"));
    what.unique.push_back(std::move(names));
  }
  if (!together.empty()) what.unique.push_back(std::move(together));
  for (const auto& [name, expression] : input.rules) {
    const auto where = "rules/" + name;
    if (!expression.is(Type::text))
      return wrong_argument(where, "应为行表达式（文本），如 amount > 0", "must be a row expression (a text), like amount > 0");
    QUANJI_TRY(auto marks, row_marks(table, expression.text(), {}, where));
    values::ColumnBuilder holds(values::ColumnType::boolean);
    holds.reserve(marks.size());
    for (const auto mark : marks) holds.add(mark != 0);
    what.rules.push_back({name, std::move(holds).finish()});
  }
  return Output{shared(values::problems_of(table, what))};
}

ActivityInfo ToText::info() {
  ActivityInfo info;
  info.id = "table.to_text";
  info.title = {"表变文本", "Table to text"};
  info.sentence = {"写成文本：对齐、Markdown、HTML、CSV。", "Writes it as text: aligned, Markdown, HTML or CSV."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_value"});
  info.examples = {{{"放进通知的表", "A table in a message"},
                    R"~(- do: table.to_text
  with:
    table: [{代码: "000001", 金额: 12.50}, {代码: "600000", 金额: 3}]
    format: markdown
  save: text
- return: {lines: "=text.splitlines()"}
)~",
                    R"~({"lines":["| 代码 | 金额 |","| --- | ---: |","| 000001 | 12.50 |","| 600000 | 3 |"]})~"}};
  return info;
}
Outcome<ToText::Output> ToText::run(ActivityContext&, const Input& input) {
  const auto limit = static_cast<std::size_t>(input.limit);
  if (input.format != Form::csv) {
    const auto form = input.format == Form::plain      ? values::TextForm::plain
                      : input.format == Form::markdown ? values::TextForm::markdown
                                                       : values::TextForm::html;
    return Output{values::text_of(*input.table, form, limit)};
  }
  // A line about what is left out would be a row of the CSV.
  if (input.table->columns() == 0) return Output{};
  workbook::CsvWriting writing;
  writing.line_end = workbook::LineEnd::lf;
  auto text = workbook::csv_text(values::first_rows(*input.table, limit), writing);
  if (!text.ok()) return failure("bad_value", text.error());
  return Output{std::move(*text)};
}

}  // namespace quanji::activities::table
