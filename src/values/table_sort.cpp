#include "values/table_sort.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "values/names.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;

namespace {

struct Key {
  const Column* column;
  bool descending;
};

std::strong_ordering order_of(const Column& column, RowNumber a, RowNumber b) {
  switch (column.type()) {
    case ColumnType::any:
      return Value::compare(column.values()[a], column.values()[b]);
    case ColumnType::boolean:
      return column.flags()[a] <=> column.flags()[b];
    case ColumnType::date:
      return column.days()[a] <=> column.days()[b];
    case ColumnType::text:
      return column.text(a).compare(column.text(b)) <=> 0;
    case ColumnType::decimal:
      if (!column.is_narrow()) return column.wide()[a] <=> column.wide()[b];
      [[fallthrough]];
    default:
      return column.numbers()[a] <=> column.numbers()[b];
  }
}

// The beginning of a value as a number of the same order; enough to decide most comparisons without a look at the columns.
std::uint64_t beginning(const Column& column, std::size_t row) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  switch (column.type()) {
    case ColumnType::any:
      return 0;
    case ColumnType::boolean:
      return column.flags()[row];
    case ColumnType::date:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(column.days()[row])) ^ sign;
    case ColumnType::text: {
      const auto text = column.text(row);
      std::uint64_t bytes = 0;
      for (std::size_t i = 0; i < 8; ++i) bytes = (bytes << 8) | (i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U);
      return bytes;
    }
    case ColumnType::decimal:
      if (!column.is_narrow()) return 0;
      [[fallthrough]];
    default:
      return static_cast<std::uint64_t>(column.numbers()[row]) ^ sign;
  }
}
// Whether equal beginnings are equal values.
bool says_all(const Column& column) {
  switch (column.type()) {
    case ColumnType::any:
      return false;
    case ColumnType::decimal:
      return column.is_narrow();
    case ColumnType::text:
      // Codes of at most eight bytes; a zero byte would look like the end of a shorter one.
      for (std::size_t row = 0; row < column.size(); ++row)
        if (column.text(row).size() > 8 || column.text(row).find('\0') != std::string_view::npos) return false;
      return true;
    default:
      return true;
  }
}

struct Item {
  std::uint64_t beginning;
  RowNumber row;
  std::uint32_t rank;  // of nothing against something
};

void check_comparable(const Column& column, std::string_view name, const std::string& field, Problems& problems) {
  if (column.type() != ColumnType::any) return;
  const Value* first = nullptr;
  for (std::size_t row = 0; row < column.size(); ++row) {
    const auto& value = column.values()[row];
    if (value.is(Type::nothing)) continue;
    if (!first) first = &value;
    if (Value::comparable(*first, value)) continue;
    return problems.add(Code::invalid_field, field,
                        {fmt::format("列“{}”不能排序：第 {} 行是 {} {}，与 {} 不能比较", quoted(name), row + 1, word_of(value.type()),
                                     told(value), word_of(first->type())),
                         fmt::format("column \"{}\" cannot be sorted: row {} is {} {}, which does not compare with {}", quoted(name),
                                     row + 1, word_of(value.type()), told(value), word_of(first->type()))});
  }
}

}  // namespace

Result<std::vector<RowNumber>> sorted_rows(const Table& table, std::span<const SortKey> keys, NothingAt nothing) {
  Problems problems;
  std::vector<Key> all;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto at = fmt::format("keys/{}/column", i);
    const auto before = problems.found.size();
    const auto place = need_column(table, keys[i].column, at, problems);
    if (problems.found.size() != before) continue;
    check_comparable(*table.column(place), keys[i].column, at, problems);
    all.push_back({table.column(place).get(), keys[i].direction == Direction::descending});
  }
  QUANJI_DO(as_status(problems));
  std::vector<RowNumber> rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0);
  if (all.empty()) return rows;

  const auto& lead = all.front();
  const bool decided = says_all(*lead.column);
  std::vector<Item> items(table.rows());
  const std::uint32_t rank_of_nothing = nothing == NothingAt::end ? 1 : 0;
  for (RowNumber row = 0; row < items.size(); ++row) {
    const bool none = lead.column->is_nothing(row);
    const auto start = none ? 0 : beginning(*lead.column, row);
    items[row] = {lead.descending && !none ? ~start : start, row, none ? rank_of_nothing : 1 - rank_of_nothing};
  }
  const std::size_t next = decided ? 1 : 0;
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.beginning != b.beginning) return a.beginning < b.beginning;
    for (std::size_t i = next; i < all.size(); ++i) {
      const auto& column = *all[i].column;
      const bool none_a = column.is_nothing(a.row), none_b = column.is_nothing(b.row);
      if (none_a != none_b) return none_a == (nothing == NothingAt::start);
      if (none_a) continue;
      const auto order = order_of(column, a.row, b.row);
      if (order != 0) return all[i].descending ? order > 0 : order < 0;
    }
    return a.row < b.row;
  });
  for (std::size_t i = 0; i < items.size(); ++i) rows[i] = items[i].row;
  return rows;
}

Result<Table> sort_rows(const Table& table, std::span<const SortKey> keys, NothingAt nothing) {
  QUANJI_TRY(const auto rows, sorted_rows(table, keys, nothing));
  return rows_at(table, rows);
}

}  // namespace quanji::values
