#include "values/table_pivot.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_keys.h"
#include "values/table_problems.h"
#include "values/table_sort.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;

namespace {

constexpr std::string_view folded_name = "\x01";  // no column of a table a person has is named so

std::string name_of(const Value& value) { return value.is(Type::nothing) ? "nothing" : value.display(); }

// A problem whose field belongs to the aggregate stands under "value" here.
base::Error renamed_fields(const base::Error& error) {
  auto fields = error.fields();
  for (auto& problem : fields) {
    constexpr std::string_view aggregate = "aggregates/0/", keys = "keys/";
    if (problem.field.starts_with(aggregate)) problem.field = "value/" + problem.field.substr(aggregate.size());
    if (problem.field.starts_with(keys)) problem.field = "rows/" + problem.field.substr(keys.size());
  }
  return base::Error(error.code(), error.message()).with_fields(std::move(fields));
}

}  // namespace

Result<Table> pivot(const Table& table, const Pivot& how) {
  Problems problems;
  const auto row_places = need_columns(table, how.rows, "rows", problems);
  need_column(table, how.column, "column", problems);
  if (std::find(how.rows.begin(), how.rows.end(), how.column) != how.rows.end())
    problems.add(Code::invalid_field, "column", {"该列已用于行", "this column makes the rows already"});
  QUANJI_DO(as_status(problems));

  auto keys = how.rows;
  keys.push_back(how.column);
  auto value = how.value;
  value.as = folded_name;
  auto grouped = group_by(table, keys, {&value, 1});
  if (!grouped.ok()) return renamed_fields(grouped.error());
  const auto& cells = *grouped;
  const auto& heads = *cells.column(how.rows.size());

  const auto columns = group_rows(RowKeys({&heads}));
  if (columns.first.size() > most_pivot_columns)
    return table_problem(
        "column", {fmt::format("列“{}”有 {} 个不同的值，透视最多 {} 列", quoted(how.column), columns.first.size(), most_pivot_columns),
                   fmt::format("column \"{}\" has {} different values; a pivot has at most {} columns", quoted(how.column),
                               columns.first.size(), most_pivot_columns)});
  Grouping rows;
  if (how.rows.empty()) {
    rows.of_row.resize(cells.rows());
    if (cells.rows() > 0) rows.first.push_back(0);
  } else {
    std::vector<const Column*> all;
    for (std::size_t i = 0; i < how.rows.size(); ++i) all.push_back(cells.column(i).get());
    rows = group_rows(RowKeys(std::move(all)));
  }

  std::vector<std::uint32_t> order(columns.first.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  if (how.order == PivotOrder::sorted) {
    const auto firsts = gather(heads, columns.first);
    const SortKey by{how.column, Direction::ascending};
    QUANJI_TRY(const auto named, Table::make({how.column}, {firsts}));
    auto sorted = sorted_rows(named, {&by, 1});
    if (!sorted.ok()) return table_problem("column", sorted.error().message());
    order.assign(sorted->begin(), sorted->end());
  }

  std::vector<std::string> names = how.rows;
  std::vector<ColumnPtr> out;
  for (std::size_t i = 0; i < how.rows.size(); ++i) out.push_back(gather(*cells.column(i), rows.first));
  const auto& folded = cells.column(how.rows.size() + 1);
  std::vector<ColumnPtr> with_empty{folded};
  if (!how.empty.is(Type::nothing)) with_empty.push_back(constant_column(how.empty, 1));
  const auto source = concatenated(with_empty);
  const auto empty_at = how.empty.is(Type::nothing) ? no_row : static_cast<RowNumber>(folded->size());
  std::vector<std::vector<RowNumber>> places(order.size(), std::vector<RowNumber>(rows.first.size(), empty_at));
  for (RowNumber cell = 0; cell < cells.rows(); ++cell) places[columns.of_row[cell]][rows.of_row[cell]] = cell;
  for (const auto i : order) {
    auto name = name_of(heads.value(columns.first[i]));
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end())
      return table_problem("column", {fmt::format("新列名“{}”为空或重复", quoted(name)),
                                      fmt::format("a new column would be named \"{}\", which is empty or there already", quoted(name))});
    names.push_back(std::move(name));
    out.push_back(gather(*source, places[i]));
  }
  return Table::make(std::move(names), std::move(out));
}

Result<Table> unpivot(const Table& table, const Unpivot& how) {
  Problems problems;
  const auto kept = need_columns(table, how.keep, "keep", problems);
  auto places = need_columns(table, how.columns, "columns", problems);
  QUANJI_DO(as_status(problems));
  if (how.columns.empty())
    for (std::size_t i = 0; i < table.columns(); ++i)
      if (std::find(kept.begin(), kept.end(), i) == kept.end()) places.push_back(i);
  if (places.empty()) return table_problem("columns", {"没有可转为行的列", "there is no column to turn into rows"});
  if (table.rows() * places.size() > Table::most_rows)
    return table_problem(
        "columns", {fmt::format("结果超过 {} 行", Table::most_rows), fmt::format("the result has more than {} rows", Table::most_rows)});

  std::vector<ColumnPtr> sources;
  ColumnBuilder labels(ColumnType::text);
  for (const auto i : places) {
    sources.push_back(table.column(i));
    labels.add_text(table.name(i));
  }
  std::vector<RowNumber> of_table, of_label, of_value;
  of_table.reserve(table.rows() * places.size());
  for (RowNumber row = 0; row < table.rows(); ++row)
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (how.nothing == NothingCells::skip && sources[i]->is_nothing(row)) continue;
      of_table.push_back(row);
      of_label.push_back(static_cast<RowNumber>(i));
      of_value.push_back(static_cast<RowNumber>(i * table.rows() + row));
    }
  std::vector<std::string> names = how.keep;
  std::vector<ColumnPtr> columns;
  columns.reserve(kept.size() + 2);
  for (const auto i : kept) columns.push_back(gather(*table.column(i), of_table));
  names.push_back(how.names_to);
  columns.push_back(gather(*std::move(labels).finish(), of_label));
  names.push_back(how.values_to);
  columns.push_back(gather(*concatenated(sources), of_value));
  return Table::make(std::move(names), std::move(columns));
}

}  // namespace quanji::values
