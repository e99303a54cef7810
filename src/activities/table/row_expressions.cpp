// Worked row by row by the engine's Python for now: nothing in a comparison is an error there, and a million rows take their time.
#include "activities/table/row_expressions.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/column_inputs.h"
#include "activities/failures.h"
#include "values/names.h"
#include "values/table_clean.h"
#include "values/table_shape.h"

namespace quanji::activities::table {

using engine::ActivityContext;
using engine::Outcome;
using values::Table;

namespace {

// "sum(price * volume)": the word and what stands in its brackets.
struct Written {
  values::Fold fold = values::Fold::count;
  std::string of;  // empty: rows
};
Outcome<Written> read_total(std::string_view text, std::string_view input) {
  const auto total = values::without_blanks(text);
  const auto open = total.find('(');
  if (open == std::string_view::npos || !total.ends_with(')'))
    return wrong_argument(input, fmt::format("“{}”不是汇总；应如 sum(amount)、count()", values::quoted(text)),
                          fmt::format("\"{}\" is no total; it is written like sum(amount) or count()", values::quoted(text)));
  const auto word = values::without_blanks(total.substr(0, open));
  const auto fold = values::fold_of(word);
  if (!fold) {
    const std::vector<std::string> words = {"sum", "count", "min", "max", "mean", "first", "last", "count_distinct", "list"};
    const auto reason = values::no_such_name({"汇总", "total"}, word, words);
    return wrong_argument(input, reason.zh, reason.en);
  }
  Written written{*fold, std::string(values::without_blanks(total.substr(open + 1, total.size() - open - 2)))};
  if (written.of.empty() && *fold != values::Fold::count)
    return wrong_argument(input, fmt::format("{} 的括号里要有列名或表达式", word), fmt::format("{} needs a column or an expression", word));
  return written;
}

// The total of a column that the table has, made where the total is of an expression.
Outcome<Prepared> prepare(ActivityContext& context, Prepared so_far, std::string_view text, std::string_view input) {
  QUANJI_TRY(auto written, read_total(text, input));
  so_far.total = {};
  so_far.total.fold = written.fold;
  if (written.of.empty()) return so_far;
  if (!so_far.table.find(written.of)) {
    QUANJI_TRY(auto column, row_column(context, so_far.table, written.of, {}, input));
    const auto name = fmt::format("\x01{}", so_far.table.columns());
    auto made = values::add_column(so_far.table, name, std::move(column));
    if (!made.ok()) return failure("invalid_argument", made.error());
    so_far.table = std::move(*made);
    written.of = name;
  }
  so_far.total.column = std::move(written.of);
  return so_far;
}

}  // namespace

Outcome<values::ColumnPtr> row_column(ActivityContext& context, const Table& table, std::string_view expression, const values::Map& names,
                                      std::string_view input) {
  auto known = table;
  for (const auto& [name, value] : names) {
    auto more = values::add_column(known, name, values::constant_column(value, table.rows()));
    if (!more.ok())
      return wrong_argument(input, fmt::format("values 中的“{}”也是列名；换一个名字", values::quoted(name)),
                            fmt::format("\"{}\" of values is a column too; take another name", values::quoted(name)));
    known = std::move(*more);
  }
  return context.evaluate_rows(std::string(expression), std::make_shared<const Table>(std::move(known)), values::ColumnType::any);
}
Outcome<std::vector<std::uint8_t>> row_marks(ActivityContext& context, const Table& table, std::string_view condition,
                                             const values::Map& names, std::string_view input) {
  QUANJI_TRY(const auto column, row_column(context, table, condition, names, input));
  std::vector<std::uint8_t> marks(column->size());
  for (std::size_t row = 0; row < marks.size(); ++row) {
    const auto value = column->value(row);
    if (value.is(values::Type::nothing)) continue;
    if (!value.is(values::Type::boolean))
      return wrong_argument(input, fmt::format("条件应得真假，第 {} 行得到 {}", row + 1, value.display()),
                            fmt::format("a condition is true or false, but row {} gives {}", row + 1, value.display()));
    marks[row] = value.boolean() ? 1 : 0;
  }
  return marks;
}

Outcome<Table> grouped(ActivityContext& context, const Table& table, std::span<const std::string> keys, const values::Map& totals) {
  if (totals.empty())
    return wrong_argument("totals", "至少要一个汇总，如 {rows: count()}", "at least one total is needed, like {rows: count()}");
  Prepared so_far{table, {}};
  std::vector<values::Aggregate> aggregates;
  for (const auto& [name, text] : totals) {
    const auto input = "totals/" + name;
    if (!text.is(values::Type::text))
      return wrong_argument(input, "应为汇总（文本），如 sum(amount)", "must be a total (a text), like sum(amount)");
    if (std::ranges::find(keys, name) != keys.end())
      return failure("name_taken", {fmt::format("“{}”已是分组的列；换一个名字", values::quoted(name)),
                                    fmt::format("\"{}\" is a column it is grouped by; take another name", values::quoted(name))});
    QUANJI_TRY(so_far, prepare(context, std::move(so_far), text.text(), input));
    so_far.total.as = name;
    aggregates.push_back(so_far.total);
  }
  auto made = values::group_by(so_far.table, keys, aggregates);
  if (!made.ok()) return failure("bad_value", made.error());
  return std::move(*made);
}
Outcome<Prepared> one_total(ActivityContext& context, const Table& table, std::string_view total) {
  return prepare(context, {table, {}}, total, "total");
}

}  // namespace quanji::activities::table
