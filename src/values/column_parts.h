// Whole columns at once: what the table operations are made of. Columns stay packed; no Value is made on the way.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "values/table.h"

namespace quanji::values {

// A row of a table: below Table::most_rows.
using RowNumber = std::uint32_t;
// In a list of rows: no row; the place becomes nothing.
inline constexpr RowNumber no_row = std::numeric_limits<RowNumber>::max();

// The inside of a column that is being built; after that nobody writes to it.
struct ColumnParts {
  static std::shared_ptr<Column> fresh(ColumnType type, std::size_t size, std::int32_t places = 0);
  static std::vector<std::uint64_t>& present(Column& c) { return c.present_; }
  static std::span<const std::uint64_t> present(const Column& c) { return c.present_; }  // empty: all
  static std::vector<std::int64_t>& numbers(Column& c) { return c.numbers_; }
  static std::vector<std::int32_t>& days(Column& c) { return c.days_; }
  static std::vector<std::uint8_t>& flags(Column& c) { return c.flags_; }
  static std::vector<Decimal>& wide(Column& c) { return c.wide_; }
  static std::vector<std::uint64_t>& ends(Column& c) { return c.ends_; }
  static std::string& text(Column& c) { return c.text_; }
  static std::vector<Value>& values(Column& c) { return c.values_; }
  // Takes the marks of which rows are there: none when all are.
  static void settle(Column& c, std::vector<std::uint64_t> present);

  // Rows taken in no order of memory wait for it at each step; asked for some rows ahead they wait together. `near` first, then, for texts,
  // `far` (which reads what `near` asked for).
  static void prefetch_near(const Column& c, std::size_t row) {
    if (!c.ends_.empty())
      __builtin_prefetch(&c.ends_[row]);
    else if (!c.numbers_.empty())
      __builtin_prefetch(&c.numbers_[row]);
    else if (!c.wide_.empty())
      __builtin_prefetch(&c.wide_[row]);
    else if (!c.days_.empty())
      __builtin_prefetch(&c.days_[row]);
  }
  static void prefetch_far(const Column& c, std::size_t row) {
    if (!c.ends_.empty()) __builtin_prefetch(c.text_.data() + (row == 0 ? 0 : c.ends_[row - 1]));
  }
};
inline constexpr std::size_t rows_ahead = 24;

// The rows of `from` in this order; no_row gives nothing.
ColumnPtr gather(const Column& from, std::span<const RowNumber> rows);
// The column itself when these are all its rows in order.
ColumnPtr gather(const ColumnPtr& from, std::span<const RowNumber> rows);
// One after another. Integers among decimals become decimals; different types become `any`; what is all nothing takes any type.
ColumnPtr concatenated(std::span<const ColumnPtr> columns);
ColumnPtr blank_column(std::size_t rows);  // all nothing
ColumnPtr constant_column(const Value& value, std::size_t rows);
ColumnPtr integer_column(std::vector<std::int64_t> numbers);
// No value in it says what type it is.
bool is_blank(const Column& column);
// integer or decimal
inline bool is_numeric(const Column& column) { return column.type() == ColumnType::integer || column.type() == ColumnType::decimal; }
// The number at a row of a numeric column.
inline Decimal number_at(const Column& column, std::size_t row) {
  return column.type() == ColumnType::integer ? Decimal::of(column.numbers()[row]) : column.decimal(row);
}

}  // namespace quanji::values
