// Rows in and out, and columns: chosen, renamed, added, converted, filled, cleaned.
#include <fmt/format.h>

#include <algorithm>

#include "activities/failures.h"
#include "activities/table/row_expressions.h"
#include "activities/table/table.h"
#include "values/names.h"
#include "values/table_clean.h"
#include "values/table_rows.h"
#include "values/table_shape.h"

QUANJI_ENUM(quanji::activities::table::RowShape, "maps", "lists");
QUANJI_ENUM(quanji::activities::table::IfThere, "fail", "replace");
QUANJI_ENUM(quanji::activities::table::FillFrom, "value", "previous", "next");

namespace quanji::activities::table {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Table;
using values::Value;

QUANJI_FIELDS(TableOut, QF(table, "结果表", "The table made"))
QUANJI_FIELDS(TotalsOut, QF(totals, "名→合计值", "Name → total"))
QUANJI_FIELDS(FromRows::Input, QF(rows, "行：映射的列表，或列表的列表", "Rows: a list of maps, or of lists"),
              QF(columns, "列名的列表（只要这些），或列名→类型；行是列表时必填",
                 "Names (only these), or name → type; needed for rows that are lists"))
QUANJI_FIELDS(ToRows::Input, QF(table, "表", "The table"),
              QF(shape, "每行一个映射或一个列表", "A map or a list for each row", .fallback = "\"maps\""))
QUANJI_FIELDS(ToRows::Output, QF(rows, "行的列表", "The rows"))
QUANJI_FIELDS(Select::Input, QF(table, "表", "The table"), QF(columns, "只留这些列，按此顺序", "Only these columns, in this order"),
              QF(without, "去掉这些列；与 columns 只写一个", "All but these; either this or columns"))
QUANJI_FIELDS(Rename::Input, QF(table, "表", "The table"), QF(names, "旧列名→新列名", "Old name → new name"))
QUANJI_FIELDS(AddColumn::Input, QF(table, "表", "The table"), QF(column, "新列的名字", "The new column's name", .min = 1),
              QF(expression, "行表达式，如 price * amount", "A row expression, like price * amount", .min = 1),
              QF(type, "新列的类型；不写按算出的值", "Its type; without one that of the values"),
              QF(values, "表达式里可用的名字→值", "Names the expression may use beside the columns → values", .fallback = "{}"),
              QF(if_exists, "已有此列时：失败或替换", "When there is such a column: fail or replace", .fallback = "\"fail\""))
QUANJI_FIELDS(Convert::Input, QF(table, "表", "The table"),
              QF(columns, "列名→类型，或列名→{type, format}", "Name → type, or name → {type, format}"),
              QF(format, "日期时间的写法，如 %Y%m%d；给所有未单独写的列",
                 "How dates are spelled, like %Y%m%d; for columns without their own"),
              QF(if_bad, "转不了的值：失败或留空", "Values that cannot be converted: fail, or nothing", .fallback = "\"fail\""))
QUANJI_FIELDS(Fill::Input, QF(table, "表", "The table"), QF(columns, "填哪些列；不写是全部", "Which columns; all without"),
              QF(how, "用给定值、上一行或下一行", "With a value, from the row before or after", .fallback = "\"value\""),
              QF(value, "how 是 value 时填的值", "What is filled in, when how is value"))
QUANJI_FIELDS(Clean::Input, QF(table, "表", "The table"), QF(trim, "去掉文本首尾空白", "Trim texts", .fallback = "true"),
              QF(empty_rows, "去掉空行", "Drop rows without any value", .fallback = "true"),
              QF(trim_names, "去掉列名首尾空白", "Trim names of columns", .fallback = "true"))

ActivityInfo FromRows::info() {
  ActivityInfo info;
  info.id = "table.from_rows";
  info.title = {"由行建表", "Make a table of rows"};
  info.sentence = {"由行（映射或列表）建表；可给列类型，可无行。",
                   "Makes a table of rows (maps or lists), with column types if given; no rows is fine."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_value"});
  info.examples = {{{"给出列类型", "With column types"},
                    R"~(- do: table.from_rows
  with:
    rows: [["000001", "12.50"], ["600000", "0.10"]]
    columns: {code: text, amount: decimal}
  save: trades
- return: {rows: =trades, total: "=sum(r.amount for r in trades)"}
)~",
                    R"~({"rows":[{"code":"000001","amount":12.50},{"code":"600000","amount":0.10}],"total":12.60})~"}};
  return info;
}
Outcome<FromRows::Output> FromRows::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto wishes, column_wishes(input.columns));
  const bool chosen = !wishes.names.empty();
  for (const auto& typed : wishes.typed) wishes.names.push_back(typed.name);
  auto made = values::table_of_rows(input.rows, wishes.names, chosen ? values::OtherKeys::leave : values::OtherKeys::take);
  if (!made.ok()) return failure("bad_value", made.error());
  if (wishes.typed.empty()) return Output{shared(std::move(*made))};
  auto cast = values::cast_columns(*made, casts_of(wishes.typed, values::OnFailure::refuse));
  if (!cast.ok()) return failure("bad_value", cast.error());
  return Output{shared(std::move(*cast))};
}

ActivityInfo ToRows::info() {
  ActivityInfo info;
  info.id = "table.to_rows";
  info.title = {"取出行", "Rows of a table"};
  info.sentence = {"把表变成行的列表。", "Turns a table into a list of rows."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"too_large"});
  info.examples = {{{"每行一个列表", "A list for each row"},
                    R"~(- do: table.to_rows
  with:
    table: [{code: "000001", amount: 1}, {code: "600000", amount: 2}]
    shape: lists
  save: rows
- return: {rows: =rows}
)~",
                    R"~({"rows":[["000001",1],["600000",2]]})~"}};
  return info;
}
Outcome<ToRows::Output> ToRows::run(ActivityContext&, const Input& input) {
  constexpr std::size_t most_cells = 1'000'000;
  const auto cells = input.table->rows() * input.table->columns();
  if (cells > most_cells)
    return failure("too_large",
                   {fmt::format("表有 {} 格，超过 {}；用 table.filter、table.select 取需要的部分，或直接用表", cells, most_cells),
                    fmt::format("the table has {} cells, more than {}; take the part you need with table.filter and "
                                "table.select, or use the table itself",
                                cells, most_cells)});
  return Output{input.shape == RowShape::maps ? values::rows_as_maps(*input.table) : values::rows_as_lists(*input.table)};
}

ActivityInfo Select::info() {
  ActivityInfo info;
  info.id = "table.select";
  info.title = {"选列", "Select columns"};
  info.sentence = {"只留列出的列（按此顺序），或去掉 without 的列。", "Keeps the columns named, in that order, or all without some."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found"});
  info.examples = {{{"留下的和去掉的", "What stays and what goes"},
                    R"~(- do: table.select
  with: {table: [{a: 1, b: 2, c: 3}], columns: [c, a]}
  save: some
- do: table.select
  with: {table: [{a: 1, b: 2, c: 3}], without: [b]}
  save: others
- return: {some: =some, others: =others}
)~",
                    R"~({"some":[{"c":3,"a":1}],"others":[{"a":1,"c":3}]})~"}};
  return info;
}
Outcome<Select::Output> Select::run(ActivityContext&, const Input& input) {
  if (input.columns.has_value() == input.without.has_value())
    return wrong_argument("columns", "columns 和 without 要写一个，只写一个", "either columns or without is needed, and not both");
  std::vector<std::string> names;
  if (input.columns) {
    QUANJI_TRY(names, name_list(*input.columns, "columns"));
    if (names.empty()) return wrong_argument("columns", "至少要一列", "at least one column is needed");
  } else {
    names = *input.without;
  }
  QUANJI_DO(need_columns(*input.table, names));
  auto made = input.columns ? values::select_columns(*input.table, names) : values::drop_columns(*input.table, names);
  if (!made.ok()) return failure("invalid_argument", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Rename::info() {
  ActivityInfo info;
  info.id = "table.rename";
  info.title = {"列改名", "Rename columns"};
  info.sentence = {"列改名。", "Renames columns."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "name_taken"});
  info.examples = {{{"两列也可以互换名字", "Two columns may exchange their names"},
                    R"~(- do: table.rename
  with:
    table: [{ZQDM: "000001", 买: 1, 卖: 2}]
    names: {ZQDM: code, 买: 卖, 卖: 买}
  save: renamed
- return: {rows: =renamed}
)~",
                    R"~({"rows":[{"code":"000001","卖":1,"买":2}]})~"}};
  return info;
}
Outcome<Rename::Output> Rename::run(ActivityContext&, const Input& input) {
  std::vector<values::NewName> names;
  std::vector<std::string> old;
  for (const auto& [from, to] : input.names) {
    if (!to.is(values::Type::text) || to.text().empty())
      return wrong_argument("names", fmt::format("“{}”的新列名应为文本", values::quoted(from)),
                            fmt::format("the new name of \"{}\" is a text", values::quoted(from)));
    names.push_back({from, to.text()});
    old.push_back(from);
  }
  QUANJI_DO(need_columns(*input.table, old));
  auto made = values::rename_columns(*input.table, names);
  if (!made.ok()) return failure("name_taken", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo AddColumn::info() {
  ActivityInfo info;
  info.id = "table.add_column";
  info.title = {"加一列", "Add a column"};
  info.sentence = {"按行表达式加一列（或替换一列）。", "Adds a column by a row expression, or replaces one."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "name_taken", "bad_value"});
  info.examples = {{{"金额由价和量算出，费率由流程给", "Amounts of price and volume, a rate of the flow"},
                    R"~(- do: table.add_column
  with:
    table:
      - {code: "000001", price: 12.50, volume: 100}
      - {code: "600000", price: 8.01, volume: 300}
    column: fee
    expression: round(price * volume * rate, 2)
    values: {rate: 0.0003}
  save: trades
- return: {fees: "=[r.fee for r in trades]"}
)~",
                    R"~({"fees":[0.38,0.72]})~"}};
  return info;
}
Outcome<AddColumn::Output> AddColumn::run(ActivityContext&, const Input& input) {
  if (input.if_exists == IfThere::fail && input.table->find(input.column))
    return failure("name_taken", {fmt::format("已有列“{}”；换一个名字，或用 if_exists: replace", values::quoted(input.column)),
                                  fmt::format("there is a column \"{}\" already; take another name, or say if_exists: replace",
                                              values::quoted(input.column))});
  std::optional<values::ColumnType> type;
  if (input.type) {
    QUANJI_TRY(type, column_type(*input.type, "type"));
  }
  QUANJI_TRY(auto column, row_column(*input.table, input.expression, input.values, "expression"));
  auto made = values::add_column(*input.table, input.column, std::move(column), values::IfThere::replace);
  if (!made.ok()) return failure("invalid_argument", made.error());
  if (!type) return Output{shared(std::move(*made))};
  values::Cast cast;
  cast.column = input.column;
  cast.to = *type;
  auto typed = values::cast_columns(*made, {&cast, 1});
  if (!typed.ok()) return failure("bad_value", typed.error());
  return Output{shared(std::move(*typed))};
}

ActivityInfo Convert::info() {
  ActivityInfo info;
  info.id = "table.convert";
  info.title = {"转换列的类型", "Convert columns"};
  info.sentence = {"列转换类型；转不了的按 if_bad。", "Converts columns to types; what cannot be converted goes by if_bad."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"文本到数和日期", "Texts to numbers and dates"},
                    R"~(- do: table.convert
  with:
    table: [{day: "20261120", amount: "12.50"}, {day: "20261121", amount: "-"}]
    columns: {day: {type: date, format: "%Y%m%d"}, amount: decimal}
    if_bad: nothing
  save: made
- return: {days: "=[r.day for r in made]", amounts: "=[r.amount for r in made]"}
)~",
                    R"~({"days":["2026-11-20","2026-11-21"],"amounts":[12.50,null]})~"}};
  return info;
}
Outcome<Convert::Output> Convert::run(ActivityContext&, const Input& input) {
  if (!input.columns.is(values::Type::map))
    return wrong_argument("columns", "应为“列名: 类型”的映射，如 {amount: decimal}", "must be a map of name: type, like {amount: decimal}");
  QUANJI_TRY(auto wishes, column_wishes(input.columns));
  std::vector<std::string> names;
  for (auto& typed : wishes.typed) {
    names.push_back(typed.name);
    const bool timed = typed.type == values::ColumnType::date || typed.type == values::ColumnType::time ||
                       typed.type == values::ColumnType::datetime || typed.type == values::ColumnType::text;
    if (typed.format.empty() && input.format && timed) typed.format = *input.format;
  }
  if (input.format) {
    if (const auto problem = values::format_problem(*input.format)) return wrong_argument("format", problem->zh, problem->en);
  }
  QUANJI_DO(need_columns(*input.table, names));
  auto made = values::cast_columns(
      *input.table, casts_of(wishes.typed, input.if_bad == IfBad::fail ? values::OnFailure::refuse : values::OnFailure::nothing));
  if (!made.ok()) return failure("bad_value", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Fill::info() {
  ActivityInfo info;
  info.id = "table.fill";
  info.title = {"填空值", "Fill cells"};
  info.sentence = {"填空值：给定值、上一行、下一行。", "Fills cells that have nothing: with a value, from the row before or after."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"合并单元格留下的空", "Gaps that merged cells leave"},
                    R"~(- do: table.fill
  with:
    table: [{部门: 一部, 金额: 1}, {部门: null, 金额: null}, {部门: 二部, 金额: 3}]
    columns: [部门]
    how: previous
  save: filled
- do: table.fill
  with: {table: =filled, columns: [金额], value: 0}
  save: filled
- return: {rows: =filled}
)~",
                    R"~({"rows":[{"部门":"一部","金额":1},{"部门":"一部","金额":0},{"部门":"二部","金额":3}]})~"}};
  return info;
}
Outcome<Fill::Output> Fill::run(ActivityContext&, const Input& input) {
  auto names = input.table->names();
  const bool all = !input.columns || input.columns->is(values::Type::nothing);
  if (!all) {
    QUANJI_TRY(names, name_list(*input.columns, "columns"));
  }
  QUANJI_DO(need_columns(*input.table, names));
  const bool with_value = input.value && !input.value->is(values::Type::nothing);
  if (with_value != (input.how == FillFrom::value))
    return with_value
               ? wrong_argument("value", "how 不是 value 时不写 value", "is for how: value only")
               : wrong_argument("value", "要写填什么值，或用 how: previous、next", "say what is filled in, or how: previous or next");
  auto made = input.how == FillFrom::previous ? values::fill_down(*input.table, names)
              : input.how == FillFrom::next   ? values::fill_up(*input.table, names)
                                              : values::fill_nothing(*input.table, all ? std::vector<std::string>() : names, *input.value);
  if (!made.ok()) return failure("bad_value", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Clean::info() {
  ActivityInfo info;
  info.id = "table.clean";
  info.title = {"整理表", "Clean a table"};
  info.sentence = {"去首尾空白、空行、列名空白。", "Trims texts and names, drops empty rows."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"name_taken"});
  info.examples = {{{"手工填的表", "A table filled in by hand"},
                    R"~(- do: table.clean
  with:
    table: [{" 代码 ": " 000001 "}, {" 代码 ": "  "}, {" 代码 ": "600000"}]
  save: cleaned
- return: {rows: =cleaned}
)~",
                    R"~({"rows":[{"代码":"000001"},{"代码":"600000"}]})~"}};
  return info;
}
Outcome<Clean::Output> Clean::run(ActivityContext&, const Input& input) {
  auto made = values::clean(*input.table, {input.trim, input.trim_names, input.empty_rows});
  if (!made.ok()) return failure("name_taken", made.error());
  return Output{shared(std::move(*made))};
}

}  // namespace quanji::activities::table
