#include "values/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "values/names.h"

namespace quanji::values {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

namespace {

// Rows of one type, compared in packed form.
bool same_packed(const Column& a, const Column& b) {
  const auto same = [](const auto& x, const auto& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
  for (std::size_t row = 0; row < a.size(); ++row)
    if (a.is_nothing(row) != b.is_nothing(row)) return false;
  switch (a.type()) {
    case ColumnType::boolean:
      return same(a.flags(), b.flags());
    case ColumnType::date:
      return same(a.days(), b.days());
    case ColumnType::text:
      for (std::size_t row = 0; row < a.size(); ++row)
        if (a.text(row) != b.text(row)) return false;
      return true;
    case ColumnType::decimal:
      if (a.is_narrow() && b.is_narrow() && a.places() == b.places()) return same(a.numbers(), b.numbers());
      for (std::size_t row = 0; row < a.size(); ++row)
        if (a.decimal(row) != b.decimal(row)) return false;
      return true;
    case ColumnType::any:
      return same(a.values(), b.values());
    default:
      return same(a.numbers(), b.numbers());
  }
}

bool same_columns(const Column& a, const Column& b) {
  if (&a == &b) return true;
  if (a.size() != b.size()) return false;
  if (a.type() == b.type()) return same_packed(a, b);
  for (std::size_t row = 0; row < a.size(); ++row)
    if (a.value(row) != b.value(row)) return false;
  return true;
}

}  // namespace

Result<Table> Table::make(std::vector<std::string> names, std::vector<ColumnPtr> columns) {
  const auto refuse = [](std::size_t at, std::string_view zh, std::string_view en) {
    return Error(Code::invalid_field, Text(fmt::format("第 {} 列：{}", at + 1, zh), fmt::format("column {}: {}", at + 1, en)));
  };
  if (names.size() != columns.size())
    return Error(Code::invalid_field, Text(fmt::format("有 {} 个列名、{} 列", names.size(), columns.size()),
                                           fmt::format("{} names for {} columns", names.size(), columns.size())));
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) return refuse(i, "列名为空", "its name is empty");
    if (!seen.insert(names[i]).second)
      return refuse(i, fmt::format("列名“{}”重复", quoted(names[i])), fmt::format("the name \"{}\" stands twice", quoted(names[i])));
    if (columns[i]->size() != columns[0]->size())
      return refuse(i, fmt::format("有 {} 行，第 1 列有 {} 行", columns[i]->size(), columns[0]->size()),
                    fmt::format("has {} rows, the first column has {}", columns[i]->size(), columns[0]->size()));
  }
  if (!columns.empty() && columns[0]->size() > most_rows)
    return Error(Code::too_large, Text(fmt::format("表最多 {} 行", most_rows), fmt::format("a table has at most {} rows", most_rows)));
  Table table;
  table.rows_ = columns.empty() ? 0 : columns[0]->size();
  table.names_ = std::move(names);
  table.columns_ = std::move(columns);
  return table;
}

Result<Table> Table::of_rows(const List& rows) {
  std::vector<std::string> names;
  std::vector<ColumnBuilder> builders;
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows[row].is(Type::map)) {
      const auto type = word_of(rows[row].type());
      return Error(Code::invalid_field, Text(fmt::format("第 {} 行应是映射（列名到值），现为 {}", row + 1, type),
                                             fmt::format("row {} must be a map of column names to values, but is {}", row + 1, type)));
    }
    std::size_t guess = 0;  // rows mostly have their keys in one order
    for (const auto& [key, value] : rows[row].map()) {
      std::size_t at = guess;
      if (at >= names.size() || names[at] != key) {
        const auto [found, fresh] = index.try_emplace(key, names.size());
        at = found->second;
        if (fresh) {
          names.push_back(key);
          builders.emplace_back(ColumnType::any);
        }
      }
      while (builders[at].size() < row) builders[at].add_nothing();
      builders[at].add(value);
      guess = at + 1;
    }
  }
  std::vector<ColumnPtr> columns;
  columns.reserve(builders.size());
  for (auto& builder : builders) {
    while (builder.size() < rows.size()) builder.add_nothing();
    columns.push_back(std::move(builder).finish());
  }
  return make(std::move(names), std::move(columns));
}

std::optional<std::size_t> Table::find(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) return i;
  return {};
}

Result<std::size_t> Table::need(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  return Error(Code::not_found, no_such_name({"列", "column"}, name, names_));
}

Map Table::row(std::size_t row) const {
  Map map;
  map.reserve(columns());
  for (std::size_t i = 0; i < columns(); ++i) map.emplace_back(names_[i], at(row, i));
  return map;
}

bool Table::operator==(const Table& other) const {
  if (rows_ != other.rows_ || names_ != other.names_) return false;
  for (std::size_t i = 0; i < columns(); ++i)
    if (!same_columns(*columns_[i], *other.columns_[i])) return false;
  return true;
}

std::size_t Table::bytes_used() const {
  std::size_t sum = sizeof(Table);
  for (const auto& name : names_) sum += sizeof(std::string) + name.capacity();
  for (const auto& column : columns_) sum += column->bytes_used();
  return sum;
}

}  // namespace quanji::values
