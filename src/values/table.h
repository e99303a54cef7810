// Tables: named, typed columns of equal length; immutable, columns shared between tables. What a row has no value for is `nothing`.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/value.h"

namespace quanji::values {

// A column holds one type: boolean, integer, decimal, text, date, time, datetime, duration, or `any` (nothing said, or several types).
enum class ColumnType : std::uint8_t { any, boolean, integer, decimal, text, date, time, datetime, duration };
std::string_view word_of(ColumnType type);
std::optional<ColumnType> column_type_of(std::string_view word);

// One column's values, packed. Immutable after it was built; any thread.
class Column {
 public:
  ColumnType type() const { return type_; }
  std::size_t size() const { return size_; }
  bool has_nothing() const { return !present_.empty(); }
  bool is_nothing(std::size_t row) const { return !present_.empty() && ((present_[row >> 6] >> (row & 63U)) & 1U) == 0; }
  Value value(std::size_t row) const;  // nothing where there is none

  // Packed forms, by type; places that are nothing hold zero or an empty text.
  std::span<const std::int64_t> numbers() const { return numbers_; }  // integer; time, datetime, duration in micros; decimal while narrow
  std::span<const std::int32_t> days() const { return days_; }        // date
  std::span<const std::uint8_t> flags() const { return flags_; }      // boolean
  // decimal: narrow = every value is numbers()[i] × 10^-places(); else wide().
  bool is_narrow() const { return wide_.empty(); }
  std::int32_t places() const { return places_; }
  std::span<const Decimal> wide() const { return wide_; }
  Decimal decimal(std::size_t row) const;
  // text: the bytes of row i are bytes()[ends()[i-1] .. ends()[i]).
  std::string_view text(std::size_t row) const {
    const std::size_t from = row == 0 ? 0 : ends_[row - 1];
    return std::string_view(text_).substr(from, ends_[row] - from);
  }
  std::span<const Value> values() const { return values_; }  // any
  std::size_t bytes_used() const;

 private:
  friend class ColumnBuilder;
  friend struct ColumnParts;  // column_parts.h: for what builds whole columns at once
  ColumnType type_ = ColumnType::any;
  std::size_t size_ = 0;
  std::int32_t places_ = 0;
  std::vector<std::uint64_t> present_;  // empty: all present; else at least one place is nothing, and bits behind the end are set
  std::vector<std::int64_t> numbers_;
  std::vector<std::int32_t> days_;
  std::vector<std::uint8_t> flags_;
  std::vector<Decimal> wide_;
  std::vector<std::uint64_t> ends_;
  std::string text_;
  std::vector<Value> values_;
};
using ColumnPtr = std::shared_ptr<const Column>;

// Builds one column, value after value. A builder of type `any` keeps packed what turns out to be of one type (integers among decimals
// become decimals). Decimals of one exponent within 64 bits stay narrow; 1.2 and 1.20 in one column make it wide, so that both keep
// their places. One thread.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(ColumnType type, std::int32_t places = 0);  // places: of decimals that come as units
  ColumnType type() const { return column_->type_; }
  std::size_t size() const { return column_->size_; }
  void reserve(std::size_t rows, std::size_t text_bytes = 0);
  // Typed appends: the column must be of that type or `any` (a bug otherwise).
  void add_nothing();
  void add(bool v);
  void add_integer(std::int64_t v);    // integer; also micros of time, datetime, duration
  void add_units(std::int64_t units);  // decimal with the builder's places
  void add(const Decimal& v);          // decimal of any exponent; becomes wide when it must
  void add_text(std::string_view v);
  void add(base::Date v);
  // Any value; false when it does not fit the type (an integer fits decimal; everything fits any).
  bool add(const Value& v);
  ColumnPtr finish() &&;

 private:
  enum class Form : std::uint8_t { unknown, packed, mixed };  // unknown: `any` that has seen nothing but nothing
  void mark(bool present);
  bool become(ColumnType type);  // false: the value must go into values_
  void fill(ColumnType type);
  void widen();
  void mix();
  void put_decimal(const Decimal& v);
  std::shared_ptr<Column> column_;
  std::int32_t unit_places_;
  bool any_asked_;
  bool places_known_ = false;
  Form form_;
};

// Any thread. Copying a table copies pointers to its columns.
class Table {
 public:
  static constexpr std::size_t most_rows = 4'000'000'000;
  Table() = default;
  // Names are unique and not empty, columns of equal length: invalid_field names the one that is not.
  static base::Result<Table> make(std::vector<std::string> names, std::vector<ColumnPtr> columns);
  // Of rows that are maps; columns in order of first appearance.
  static base::Result<Table> of_rows(const List& rows);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const std::string& name(std::size_t i) const { return names_[i]; }
  const ColumnPtr& column(std::size_t i) const { return columns_[i]; }
  std::optional<std::size_t> find(std::string_view name) const;
  // not_found with the names there are, the closest first.
  base::Result<std::size_t> need(std::string_view name) const;
  Value at(std::size_t row, std::size_t column) const { return columns_[column]->value(row); }
  Map row(std::size_t row) const;
  bool operator==(const Table& other) const;  // same names in order, equal values
  std::size_t bytes_used() const;

 private:
  std::vector<std::string> names_;
  std::vector<ColumnPtr> columns_;
  std::size_t rows_ = 0;
};
using TablePtr = std::shared_ptr<const Table>;

}  // namespace quanji::values
