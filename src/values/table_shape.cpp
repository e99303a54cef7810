#include "values/table_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "values/names.h"
#include "values/table_keys.h"
#include "values/table_problems.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;

namespace {

// Of parts that are known to fit together.
Table made(std::vector<std::string> names, std::vector<ColumnPtr> columns) {
  return Table::make(std::move(names), std::move(columns)).value();
}

std::vector<ColumnPtr> all_columns(const Table& table) {
  std::vector<ColumnPtr> columns;
  columns.reserve(table.columns());
  for (std::size_t i = 0; i < table.columns(); ++i) columns.push_back(table.column(i));
  return columns;
}

Table with_columns(const Table& table, std::span<const std::size_t> places) {
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  for (const auto i : places) {
    names.push_back(table.name(i));
    columns.push_back(table.column(i));
  }
  return made(std::move(names), std::move(columns));
}

}  // namespace

Table rows_at(const Table& table, std::span<const RowNumber> rows) {
  std::vector<ColumnPtr> columns;
  columns.reserve(table.columns());
  for (std::size_t i = 0; i < table.columns(); ++i) columns.push_back(gather(table.column(i), rows));
  return made(table.names(), std::move(columns));
}

Table slice_rows(const Table& table, std::size_t from, std::size_t count) {
  from = std::min(from, table.rows());
  count = std::min(count, table.rows() - from);
  if (count == table.rows()) return table;
  std::vector<RowNumber> rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<RowNumber>(from));
  return rows_at(table, rows);
}
Table first_rows(const Table& table, std::size_t count) { return slice_rows(table, 0, count); }
Table last_rows(const Table& table, std::size_t count) {
  count = std::min(count, table.rows());
  return slice_rows(table, table.rows() - count, count);
}

Result<Table> select_columns(const Table& table, std::span<const std::string> columns) {
  Problems problems;
  const auto places = need_columns(table, columns, "columns", problems);
  QUANJI_DO(as_status(problems));
  return with_columns(table, places);
}

Result<Table> drop_columns(const Table& table, std::span<const std::string> columns) {
  Problems problems;
  const auto dropped = need_columns(table, columns, "columns", problems);
  QUANJI_DO(as_status(problems));
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < table.columns(); ++i)
    if (std::find(dropped.begin(), dropped.end(), i) == dropped.end()) places.push_back(i);
  return with_columns(table, places);
}

Result<Table> reorder_columns(const Table& table, std::span<const std::string> columns) {
  Problems problems;
  auto places = need_columns(table, columns, "columns", problems);
  QUANJI_DO(as_status(problems));
  const auto named = places.size();
  for (std::size_t i = 0; i < table.columns(); ++i)
    if (std::find(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(named), i) ==
        places.begin() + static_cast<std::ptrdiff_t>(named))
      places.push_back(i);
  return with_columns(table, places);
}

Result<Table> rename_columns(const Table& table, std::span<const NewName> names) {
  Problems problems;
  auto all = table.names();
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = fmt::format("names/{}/from", i);
    const auto place = need_column(table, names[i].from, at, problems);
    if (std::find(places.begin(), places.end(), place) != places.end() && table.find(names[i].from))
      problems.add(
          Code::invalid_field, at,
          {fmt::format("列“{}”写了两次", quoted(names[i].from)), fmt::format("column \"{}\" is named twice", quoted(names[i].from))});
    if (names[i].to.empty()) problems.add(Code::invalid_field, fmt::format("names/{}/to", i), {"新列名为空", "the new name is empty"});
    places.push_back(place);
    all[place] = names[i].to;
  }
  if (problems.found.empty())
    for (std::size_t i = 0; i < names.size(); ++i)
      if (std::count(all.begin(), all.end(), names[i].to) > 1)
        problems.add(
            Code::invalid_field, fmt::format("names/{}/to", i),
            {fmt::format("已有列“{}”", quoted(names[i].to)), fmt::format("there is a column \"{}\" already", quoted(names[i].to))});
  QUANJI_DO(as_status(problems));
  return made(std::move(all), all_columns(table));
}

Result<Table> add_column(const Table& table, std::string name, ColumnPtr column, IfThere if_there) {
  if (name.empty()) return table_problem("name", {"列名为空", "the column's name is empty"});
  if (table.columns() > 0 && column->size() != table.rows())
    return table_problem("column",
                         {fmt::format("列“{}”有 {} 个值，表有 {} 行", quoted(name), column->size(), table.rows()),
                          fmt::format("column \"{}\" has {} values, the table has {} rows", quoted(name), column->size(), table.rows())});
  const auto there = table.find(name);
  if (there && if_there == IfThere::refuse)
    return table_problem("name", {fmt::format("已有列“{}”", quoted(name)), fmt::format("there is a column \"{}\" already", quoted(name))});
  auto names = table.names();
  auto columns = all_columns(table);
  if (there) {
    columns[*there] = std::move(column);
  } else {
    names.push_back(std::move(name));
    columns.push_back(std::move(column));
  }
  return made(std::move(names), std::move(columns));
}

Result<Table> append_rows(std::span<const Table* const> tables, Missing missing) {
  std::vector<std::string> names;
  std::unordered_map<std::string_view, std::size_t> index;
  for (const auto* table : tables)
    for (const auto& name : table->names())
      if (index.emplace(name, names.size()).second) names.push_back(name);
  if (missing == Missing::refuse) {
    Problems problems;
    for (std::size_t i = 0; i < tables.size(); ++i)
      for (const auto& name : names)
        if (!tables[i]->find(name))
          problems.add(Code::invalid_field, fmt::format("tables/{}", i),
                       {fmt::format("第 {} 个表{}", i + 1, no_such_name({"列", "column"}, name, tables[i]->names()).zh),
                        fmt::format("in table {} {}", i + 1, no_such_name({"列", "column"}, name, tables[i]->names()).en)});
    QUANJI_DO(as_status(problems));
  }
  std::vector<ColumnPtr> columns;
  for (const auto& name : names) {
    std::vector<ColumnPtr> parts;
    for (const auto* table : tables) {
      const auto place = table->find(name);
      parts.push_back(place ? table->column(*place) : blank_column(table->rows()));
    }
    columns.push_back(concatenated(parts));
  }
  return Table::make(std::move(names), std::move(columns));
}

Result<Table> distinct_rows(const Table& table, std::span<const std::string> columns, KeepOf keep) {
  Problems problems;
  auto places = need_columns(table, columns, "columns", problems);
  QUANJI_DO(as_status(problems));
  if (columns.empty()) {
    places.resize(table.columns());
    std::iota(places.begin(), places.end(), 0);
  }
  std::vector<const Column*> keys;
  keys.reserve(places.size());
  for (const auto i : places) keys.push_back(table.column(i).get());
  const auto groups = group_rows(RowKeys(std::move(keys)));
  if (groups.first.size() == table.rows()) return table;
  if (keep == KeepOf::first) return rows_at(table, groups.first);
  std::vector<RowNumber> last(groups.first.size());
  for (RowNumber row = 0; row < groups.of_row.size(); ++row) last[groups.of_row[row]] = row;
  std::ranges::sort(last);
  return rows_at(table, last);
}

Result<std::vector<TablePart>> split_rows(const Table& table, std::span<const std::string> columns) {
  Problems problems;
  const auto places = need_columns(table, columns, "columns", problems);
  if (columns.empty()) problems.add(Code::invalid_field, "columns", {"至少要一列", "at least one column is needed"});
  QUANJI_DO(as_status(problems));
  std::vector<const Column*> keys;
  for (const auto i : places) keys.push_back(table.column(i).get());
  const auto groups = group_rows(RowKeys(std::move(keys)));
  std::vector<std::vector<RowNumber>> rows(groups.first.size());
  for (RowNumber row = 0; row < groups.of_row.size(); ++row) rows[groups.of_row[row]].push_back(row);
  std::vector<TablePart> parts;
  parts.reserve(rows.size());
  for (std::size_t group = 0; group < rows.size(); ++group) {
    TablePart part;
    for (const auto i : places) part.key.emplace_back(table.name(i), table.at(groups.first[group], i));
    part.table = rows.size() == 1 ? table : rows_at(table, rows[group]);
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<Table> transpose(const Table& table, const Transpose& how) {
  if (table.rows() > most_transposed_rows)
    return table_problem(
        "table", {fmt::format("转置的表最多 {} 行，现有 {} 行", most_transposed_rows, table.rows()),
                  fmt::format("a table of at most {} rows can be transposed; this one has {}", most_transposed_rows, table.rows())});
  Problems problems;
  std::optional<std::size_t> header;
  if (!how.names_from.empty()) header = need_column(table, how.names_from, "names_from", problems);
  QUANJI_DO(as_status(problems));
  std::vector<std::string> names{how.names_to};
  ColumnBuilder old_names(ColumnType::text);
  for (std::size_t i = 0; i < table.columns(); ++i)
    if (i != header) old_names.add_text(table.name(i));
  std::vector<ColumnPtr> columns{std::move(old_names).finish()};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto name = header ? table.at(row, *header).display() : std::to_string(row + 1);
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end())
      return table_problem(header ? "names_from" : "names_to",
                           {fmt::format("第 {} 行的新列名“{}”为空或重复", row + 1, quoted(name)),
                            fmt::format("row {} would become a column \"{}\", which is empty or there already", row + 1, quoted(name))});
    names.push_back(std::move(name));
    ColumnBuilder builder(ColumnType::any);
    for (std::size_t i = 0; i < table.columns(); ++i)
      if (i != header) builder.add(table.at(row, i));
    columns.push_back(std::move(builder).finish());
  }
  return Table::make(std::move(names), std::move(columns));
}

Result<Table> fill_nothing(const Table& table, std::span<const std::string> names, const Value& value) {
  Problems problems;
  auto places = need_columns(table, names, "columns", problems);
  if (value.is(Type::nothing)) problems.add(Code::invalid_field, "value", {"填充值不能为空", "the value to fill with is nothing"});
  QUANJI_DO(as_status(problems));
  if (names.empty()) {
    places.resize(table.columns());
    std::iota(places.begin(), places.end(), 0);
  }
  auto columns = all_columns(table);
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& column = columns[places[i]];
    if (!column->has_nothing()) continue;
    const auto type = is_blank(*column) ? ColumnType::any : column->type();
    // A whole column of the value's own type decides whether it fits; integers take decimals by becoming decimals.
    const auto filling = constant_column(value, 1);
    const bool numbers = is_numeric(*column) && is_numeric(*filling);
    if (type != ColumnType::any && filling->type() != type && !numbers) {
      if (names.empty()) continue;
      problems.add(Code::invalid_field, fmt::format("columns/{}", i),
                   {fmt::format("列“{}”是 {}，不能填入 {}", quoted(names[i]), word_of(type), told(value)),
                    fmt::format("column \"{}\" is {} and does not take {}", quoted(names[i]), word_of(type), told(value))});
      continue;
    }
    ColumnBuilder builder(numbers && filling->type() == ColumnType::decimal ? ColumnType::decimal : type);
    for (std::size_t row = 0; row < column->size(); ++row) builder.add(column->is_nothing(row) ? value : column->value(row));
    column = std::move(builder).finish();
  }
  QUANJI_DO(as_status(problems));
  return made(table.names(), std::move(columns));
}

namespace {

// Each place takes what `source` says: a row that has a value there, or no_row.
template <class Source>
Result<Table> filled_from(const Table& table, std::span<const std::string> names, const Source& source) {
  Problems problems;
  const auto places = need_columns(table, names, "columns", problems);
  QUANJI_DO(as_status(problems));
  auto columns = all_columns(table);
  for (const auto place : places) {
    auto& column = columns[place];
    if (column->has_nothing()) column = gather(*column, source(*column));
  }
  return made(table.names(), std::move(columns));
}

}  // namespace

Result<Table> fill_down(const Table& table, std::span<const std::string> names) {
  return filled_from(table, names, [](const Column& column) {
    std::vector<RowNumber> rows(column.size());
    RowNumber last = no_row;
    for (RowNumber row = 0; row < rows.size(); ++row) {
      if (!column.is_nothing(row)) last = row;
      rows[row] = last;
    }
    return rows;
  });
}
Result<Table> fill_up(const Table& table, std::span<const std::string> names) {
  return filled_from(table, names, [](const Column& column) {
    std::vector<RowNumber> rows(column.size());
    RowNumber next = no_row;
    for (auto row = static_cast<RowNumber>(rows.size()); row-- > 0;) {
      if (!column.is_nothing(row)) next = row;
      rows[row] = next;
    }
    return rows;
  });
}

}  // namespace quanji::values
