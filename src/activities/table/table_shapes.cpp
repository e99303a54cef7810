// Tables of another shape: grouped, pivoted, turned.
#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/table/row_expressions.h"
#include "activities/table/table.h"
#include "values/table_pivot.h"
#include "values/table_shape.h"

namespace quanji::activities::table {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Table;
using values::Value;

QUANJI_FIELDS(Group::Input, QF(table, "表", "The table"), QF(by, "按哪些列；[] 得一行", "By which columns; [] makes one row"),
              QF(totals, "新列→汇总：{金额: sum(amount), 笔数: count()}", "New column → total: {amount: sum(amount), rows: count()}"))
QUANJI_FIELDS(Pivot::Input, QF(table, "表", "The table"), QF(by, "每一行由哪些列决定", "The columns that make the rows"),
              QF(column, "它的值变成列", "Its values become columns", .min = 1),
              QF(total, "每格的汇总，如 sum(amount)", "The total in each cell, like sum(amount)", .min = 1),
              QF(value, "没有数据的格填什么", "What stands in cells without rows"))
QUANJI_FIELDS(Unpivot::Input, QF(table, "表", "The table"), QF(by, "保留的列", "Columns that stay"),
              QF(columns, "变成行的列；不写是其余全部", "Columns that become rows; all others without"),
              QF(name_column, "放列名的新列", "The new column of names", .min = 1, .fallback = "\"name\""),
              QF(value_column, "放值的新列", "The new column of values", .min = 1, .fallback = "\"value\""))
QUANJI_FIELDS(Transpose::Input, QF(table, "表", "The table"),
              QF(column, "它的值作新列名；不写是 1、2、3 …", "Its values name the new columns; 1, 2, 3 … without"))
QUANJI_FIELDS(Total::Input, QF(table, "表", "The table"),
              QF(totals, "名→汇总：{金额: sum(amount), 笔数: count()}", "Name → total: {amount: sum(amount), rows: count()}"))

ActivityInfo Group::info() {
  ActivityInfo info;
  info.id = "table.group";
  info.title = {"分组汇总", "Group and sum up"};
  info.sentence = {"分组汇总：{金额: sum(MXSFJE), 笔数: count()}。", "Groups and sums up: {amount: sum(MXSFJE), rows: count()}."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value", "name_taken"});
  info.examples = {{{"每个代码的金额和笔数", "Amount and rows of each code"},
                    R"~(- do: table.group
  with:
    table: [{code: "000001", amount: 1.10}, {code: "600000", amount: 2}, {code: "000001", amount: 3.20}]
    by: [code]
    totals: {amount: sum(amount), rows: count()}
  save: by_code
- return: {rows: =by_code}
)~",
                    R"~({"rows":[{"code":"000001","amount":4.30,"rows":2},{"code":"600000","amount":2,"rows":1}]})~"}};
  return info;
}
Outcome<Group::Output> Group::run(ActivityContext&, const Input& input) {
  QUANJI_DO(need_columns(*input.table, input.by));
  QUANJI_TRY(auto made, grouped(*input.table, input.by, input.totals));
  return Output{shared(std::move(made))};
}

ActivityInfo Total::info() {
  ActivityInfo info;
  info.id = "table.total";
  info.title = {"合计", "Sum up a table"};
  info.sentence = {"全表合计，得一个映射。", "Sums up the whole table into a map."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"金额、笔数、最大", "Amount, rows and the largest"},
                    R"~(- do: table.total
  with:
    table: [{amount: 1.10}, {amount: 3.20}]
    totals: {amount: sum(amount), rows: count(), most: max(amount)}
  save: totals
- return: {totals: =totals}
)~",
                    R"~({"totals":{"amount":4.30,"rows":2,"most":3.20}})~"}};
  return info;
}
Outcome<Total::Output> Total::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto made, grouped(*input.table, {}, input.totals));
  return Output{made.row(0)};
}

ActivityInfo Pivot::info() {
  ActivityInfo info;
  info.id = "table.pivot";
  info.title = {"透视", "Pivot"};
  info.sentence = {"一列的值变成列。", "Turns a column's values into columns."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value", "too_large"});
  info.examples = {{{"每个代码一行，买卖各一列", "A row for each code, a column for each side"},
                    R"~(- do: table.pivot
  with:
    table:
      - {code: "000001", side: 买, amount: 1}
      - {code: "600000", side: 卖, amount: 2}
      - {code: "000001", side: 卖, amount: 3}
    by: [code]
    column: side
    total: sum(amount)
    value: 0
  save: sides
- return: {rows: =sides}
)~",
                    R"~({"rows":[{"code":"000001","买":1,"卖":3},{"code":"600000","买":0,"卖":2}]})~"}};
  return info;
}
Outcome<Pivot::Output> Pivot::run(ActivityContext&, const Input& input) {
  auto needed = input.by;
  needed.push_back(input.column);
  QUANJI_DO(need_columns(*input.table, needed));
  QUANJI_TRY(const auto prepared, one_total(*input.table, input.total));
  values::Pivot how;
  how.rows = input.by;
  how.column = input.column;
  how.value = prepared.total;
  how.empty = input.value.value_or(Value());
  constexpr std::size_t most_columns = 1'000;
  auto made = values::pivot(prepared.table, how);
  if (!made.ok()) {
    const bool many = made.error().detail() == "too_large";
    return failure(many ? "too_large" : "bad_value", made.error());
  }
  if (made->columns() > most_columns + input.by.size())
    return failure("too_large",
                   {fmt::format("列“{}”有 {} 个不同的值，透视最多 {} 列", input.column, made->columns() - input.by.size(), most_columns),
                    fmt::format("column \"{}\" has {} different values; a pivot has at most {} columns", input.column,
                                made->columns() - input.by.size(), most_columns)});
  return Output{shared(std::move(*made))};
}

ActivityInfo Unpivot::info() {
  ActivityInfo info;
  info.id = "table.unpivot";
  info.title = {"逆透视", "Unpivot"};
  info.sentence = {"多列变成名与值两列。", "Turns columns into two: name and value."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "name_taken"});
  info.examples = {{{"每月一列变成每月一行", "A column for each month becomes a row for each"},
                    R"~(- do: table.unpivot
  with:
    table: [{code: "000001", 一月: 1, 二月: 2}]
    by: [code]
    name_column: month
    value_column: amount
  save: months
- return: {rows: =months}
)~",
                    R"~({"rows":[{"code":"000001","month":"一月","amount":1},{"code":"000001","month":"二月","amount":2}]})~"}};
  return info;
}
Outcome<Unpivot::Output> Unpivot::run(ActivityContext&, const Input& input) {
  values::Unpivot how;
  how.keep = input.by;
  if (input.columns && !input.columns->is(values::Type::nothing)) {
    QUANJI_TRY(how.columns, name_list(*input.columns, "columns"));
  }
  how.names_to = input.name_column;
  how.values_to = input.value_column;
  QUANJI_DO(need_columns(*input.table, how.keep));
  QUANJI_DO(need_columns(*input.table, how.columns));
  for (const auto* name : {&how.names_to, &how.values_to}) {
    const bool taken = std::ranges::find(how.keep, *name) != how.keep.end() || how.names_to == how.values_to;
    if (taken)
      return failure("name_taken", {fmt::format("新列“{}”与保留的列或另一新列重名；用 name_column、value_column 换名", *name),
                                    fmt::format("the new column \"{}\" has the name of another; say name_column or value_column", *name)});
  }
  auto made = values::unpivot(*input.table, how);
  if (!made.ok()) return failure("invalid_argument", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Transpose::info() {
  ActivityInfo info;
  info.id = "table.transpose";
  info.title = {"转置", "Transpose"};
  info.sentence = {"行列互换。", "Turns rows into columns."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "name_taken", "too_large"});
  info.examples = {{{"项目在第一列的表", "A table whose first column holds the names"},
                    R"~(- do: table.transpose
  with:
    table: [{item: 收入, 一月: 1, 二月: 2}, {item: 支出, 一月: 3, 二月: 4}]
    column: item
  save: turned
- return: {rows: =turned}
)~",
                    R"~({"rows":[{"column":"一月","收入":1,"支出":3},{"column":"二月","收入":2,"支出":4}]})~"}};
  return info;
}
Outcome<Transpose::Output> Transpose::run(ActivityContext&, const Input& input) {
  constexpr std::size_t most_cells = 1'000'000;
  const auto& table = *input.table;
  if (input.column) {
    const std::string names[] = {*input.column};
    QUANJI_DO(need_columns(table, names));
  }
  if (table.rows() * table.columns() > most_cells || table.rows() > values::most_transposed_rows)
    return failure("too_large", {fmt::format("转置的表最多 {} 行、{} 格，现有 {} 行 {} 列", values::most_transposed_rows, most_cells,
                                             table.rows(), table.columns()),
                                 fmt::format("a table of at most {} rows and {} cells is transposed; this one has {} rows and {} columns",
                                             values::most_transposed_rows, most_cells, table.rows(), table.columns())});
  auto made = values::transpose(table, {input.column.value_or(""), "column"});
  if (!made.ok()) return failure("name_taken", made.error());
  return Output{shared(std::move(*made))};
}

}  // namespace quanji::activities::table
