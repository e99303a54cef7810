// Rows: kept, repeated ones dropped, sorted, put together, split.
#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "activities/table/row_expressions.h"
#include "activities/table/table.h"
#include "values/table_filter.h"
#include "values/table_shape.h"
#include "values/table_sort.h"

QUANJI_ENUM(quanji::activities::table::Keep, "first", "last");

namespace quanji::activities {
namespace table {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Value;

QUANJI_FIELDS(Filter::Input, QF(table, "表", "The table"),
              QF(where, "行表达式，如 amount != 0 and code in (\"000001\",)",
                 "A row expression, like amount != 0 and code in (\"000001\",)", .min = 1),
              QF(values, "表达式里可用的名字→值", "Names the expression may use beside the columns → values", .fallback = "{}"))
QUANJI_FIELDS(Distinct::Input, QF(table, "表", "The table"), QF(by, "按哪些列；不写按整行", "By which columns; by the whole row without"),
              QF(keep, "留第一行或最后一行", "Which of them stays", .fallback = "\"first\""))
QUANJI_FIELDS(Sort::Input, QF(table, "表", "The table"), QF(by, "列名；前加 - 为降序", "Columns; a name with - descends", .min = 1),
              QF(nothing, "空值在前或在后", "Where rows without a value stand", .fallback = "\"first\""))
QUANJI_FIELDS(Append::Input, QF(tables, "表（或行的列表），按此顺序", "Tables (or lists of rows), in this order", .min = 1))
QUANJI_FIELDS(Split::Input, QF(table, "表", "The table"), QF(by, "按哪些列", "By which columns", .min = 1))
QUANJI_FIELDS(Split::Output, QF(groups, "{key, table} 的列表", "A list of {key, table}"))

ActivityInfo Filter::info() {
  ActivityInfo info;
  info.id = "table.filter";
  info.title = {"筛选行", "Filter rows"};
  info.sentence = {"保留条件成立的行。", "Keeps the rows for which a condition holds."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"两个条件，一个来自流程", "Two conditions, one of the flow"},
                    R"~(- do: table.filter
  with:
    table:
      - {code: "000001", kind: JY00, amount: 12.50}
      - {code: "600000", kind: JY00, amount: 0}
      - {code: "600036", kind: JY01, amount: 3}
    where: kind == wanted and amount != 0
    values: {wanted: JY00}
  save: trades
- return: {rows: =trades}
)~",
                    R"~({"rows":[{"code":"000001","kind":"JY00","amount":12.50}]})~"}};
  return info;
}
Outcome<Filter::Output> Filter::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto marks, row_marks(*input.table, input.where, input.values, "where"));
  const auto rows = values::rows_where(marks);
  if (rows.size() == input.table->rows()) return Output{input.table};
  return Output{shared(values::rows_at(*input.table, rows))};
}

ActivityInfo Distinct::info() {
  ActivityInfo info;
  info.id = "table.distinct";
  info.title = {"去重", "Drop repeated rows"};
  info.sentence = {"去重复行（按列）。", "Drops repeated rows, by all or some columns."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found"});
  info.examples = {{{"每个代码的最后一笔", "The last row of each code"},
                    R"~(- do: table.distinct
  with:
    table: [{code: "000001", n: 1}, {code: "600000", n: 2}, {code: "000001", n: 3}]
    by: [code]
    keep: last
  save: rows
- return: {rows: =rows}
)~",
                    R"~({"rows":[{"code":"600000","n":2},{"code":"000001","n":3}]})~"}};
  return info;
}
Outcome<Distinct::Output> Distinct::run(ActivityContext&, const Input& input) {
  const auto by = input.by.value_or(std::vector<std::string>());
  QUANJI_DO(need_columns(*input.table, by));
  auto made = values::distinct_rows(*input.table, by, input.keep == Keep::first ? values::KeepOf::first : values::KeepOf::last);
  if (!made.ok()) return failure("invalid_argument", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Sort::info() {
  ActivityInfo info;
  info.id = "table.sort";
  info.title = {"排序", "Sort rows"};
  info.sentence = {"排序；列名前加 - 为降序；稳定。", "Sorts, stable; a name with - descends."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value"});
  info.examples = {{{"金额从大到小，再按代码", "By amount, the largest first, then by code"},
                    R"~(- do: table.sort
  with:
    table: [{code: "600000", n: 1}, {code: "000001", n: 1}, {code: "600036", n: 5}]
    by: [-n, code]
  save: rows
- return: {codes: "=[r.code for r in rows]"}
)~",
                    R"~({"codes":["600036","000001","600000"]})~"}};
  return info;
}
Outcome<Sort::Output> Sort::run(ActivityContext&, const Input& input) {
  std::vector<values::SortKey> keys;
  std::vector<std::string> names;
  for (const auto& said : input.by) {
    // A column that is really named "-x" is itself.
    const bool descends = said.size() > 1 && said.front() == '-' && !input.table->find(said);
    names.push_back(descends ? said.substr(1) : said);
    keys.push_back({names.back(), descends ? values::Direction::descending : values::Direction::ascending});
  }
  QUANJI_DO(need_columns(*input.table, names));
  auto made = values::sort_rows(*input.table, keys, input.nothing == Keep::first ? values::NothingAt::start : values::NothingAt::end);
  if (!made.ok()) return failure("bad_value", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Append::info() {
  ActivityInfo info;
  info.id = "table.append";
  info.title = {"上下相接", "Append tables"};
  info.sentence = {"多个表（或行的列表）上下相接，按列名对齐。", "Puts tables (or lists of rows) one below the other, columns by name."};
  info.effect = flow::Effect::none;
  info.examples = {{{"表后面再加一行", "A row behind a table"},
                    R"~(- do: table.from_rows
  with: {rows: [{code: "000001", amount: 1}]}
  save: first
- do: table.append
  with:
    tables: [=first, [{amount: 2.5, code: "600000", note: 补}]]
  save: both
- return: {rows: =both}
)~",
                    R"~({"rows":[{"code":"000001","amount":1,"note":null},{"code":"600000","amount":2.5,"note":"补"}]})~"}};
  return info;
}
Outcome<Append::Output> Append::run(ActivityContext&, const Input& input) {
  std::vector<const values::Table*> tables;
  for (const auto& one : input.tables) tables.push_back(one.get());
  auto made = values::append_rows(tables);
  if (!made.ok()) return failure("invalid_argument", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Split::info() {
  ActivityInfo info;
  info.id = "table.split";
  info.title = {"拆表", "Split a table"};
  info.sentence = {"按列值拆成多个表。", "Splits into tables by the values of columns."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found"});
  info.examples = {{{"每个营业部一个表", "A table for each branch"},
                    R"~(- do: table.split
  with:
    table: [{branch: 上海, n: 1}, {branch: 北京, n: 2}, {branch: 上海, n: 3}]
    by: [branch]
  save: groups
- return: {names: "=[g.key.branch for g in groups]", sizes: "=[len(g.table) for g in groups]"}
)~",
                    R"~({"names":["上海","北京"],"sizes":[2,1]})~"}};
  return info;
}
Outcome<Split::Output> Split::run(ActivityContext&, const Input& input) {
  QUANJI_DO(need_columns(*input.table, input.by));
  auto parts = values::split_rows(*input.table, input.by);
  if (!parts.ok()) return failure("invalid_argument", parts.error());
  Output out;
  for (auto& part : *parts) {
    values::Map one;
    one.emplace_back("key", Value::of(std::move(part.key)));
    one.emplace_back("table", Value::of(shared(std::move(part.table))));
    out.groups.push_back(Value::of(std::move(one)));
  }
  return out;
}

}  // namespace table

void add_table(Activities& to) {
  using namespace table;
  to.insert(to.end(),
            {engine::activity<FromRows>(), engine::activity<ToRows>(),    engine::activity<Filter>(),    engine::activity<Select>(),
             engine::activity<Rename>(),   engine::activity<AddColumn>(), engine::activity<Convert>(),   engine::activity<Fill>(),
             engine::activity<Clean>(),    engine::activity<Distinct>(),  engine::activity<Sort>(),      engine::activity<Append>(),
             engine::activity<Join>(),     engine::activity<LookUp>(),    engine::activity<Group>(),     engine::activity<Split>(),
             engine::activity<Pivot>(),    engine::activity<Unpivot>(),   engine::activity<Transpose>(), engine::activity<Compare>(),
             engine::activity<Total>(),    engine::activity<Check>(),     engine::activity<ToText>()});
}

}  // namespace quanji::activities
