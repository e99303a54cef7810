#include "activities/table/row_expressions.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/column_inputs.h"
#include "activities/failures.h"
#include "values/names.h"
#include "values/row_expression.h"

namespace quanji::activities::table {

using engine::Outcome;
using values::Table;

namespace {

engine::Failure of_expression(const base::Error& error, std::string_view input) {
  if (error.code() == base::Code::not_found) return failure("not_found", error);
  if (values::is_bad_value(error)) return failure("bad_value", error);
  const auto told = failure("invalid_argument", error);
  return wrong_argument(input, told.message.zh, told.message.en);
}
values::Variables variables_of(const values::Map& names) {
  values::Variables variables;
  for (const auto& [name, value] : names) variables.emplace(name, value);
  return variables;
}
Outcome<values::PreparedTotals> prepared(const Table& table, std::span<const values::RowTotal> totals, std::string_view input) {
  auto made = values::prepare_totals(table, totals);
  if (!made.ok()) return of_expression(made.error(), input);
  return std::move(*made);
}

}  // namespace

Outcome<values::ColumnPtr> row_column(const Table& table, std::string_view expression, const values::Map& names, std::string_view input) {
  const auto parsed = values::RowExpression::parse(expression);
  if (!parsed.ok()) return of_expression(parsed.error(), input);
  auto column = parsed->column(table, variables_of(names));
  if (!column.ok()) return of_expression(column.error(), input);
  return std::move(*column);
}
Outcome<std::vector<std::uint8_t>> row_marks(const Table& table, std::string_view condition, const values::Map& names,
                                             std::string_view input) {
  const auto parsed = values::RowExpression::parse(condition);
  if (!parsed.ok()) return of_expression(parsed.error(), input);
  auto marks = parsed->marks(table, variables_of(names));
  if (!marks.ok()) return of_expression(marks.error(), input);
  return std::move(*marks);
}

Outcome<Table> grouped(const Table& table, std::span<const std::string> keys, const values::Map& totals) {
  if (totals.empty())
    return wrong_argument("totals", "至少要一个汇总，如 {rows: count()}", "at least one total is needed, like {rows: count()}");
  std::vector<values::RowTotal> wanted;
  for (const auto& [name, text] : totals) {
    if (!text.is(values::Type::text))
      return wrong_argument("totals/" + name, "应为汇总（文本），如 sum(amount)", "must be a total (a text), like sum(amount)");
    if (std::ranges::find(keys, name) != keys.end())
      return failure("name_taken", {fmt::format("“{}”已是分组的列；换一个名字", values::quoted(name)),
                                    fmt::format("\"{}\" is a column it is grouped by; take another name", values::quoted(name))});
    wanted.push_back({name, text.text()});
  }
  QUANJI_TRY(const auto ready, prepared(table, wanted, "totals"));
  auto made = values::group_by(ready.table, keys, ready.aggregates);
  if (!made.ok()) return failure("bad_value", made.error());
  return std::move(*made);
}
Outcome<Prepared> one_total(const Table& table, std::string_view total) {
  const values::RowTotal wanted[] = {{"total", std::string(total)}};
  QUANJI_TRY(auto ready, prepared(table, wanted, "total"));
  return Prepared{std::move(ready.table), std::move(ready.aggregates.front())};
}

}  // namespace quanji::activities::table
