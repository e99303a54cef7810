// Columns cast to another type: texts of files to numbers and dates and back, each failure with its row, column and value.
// Reads foreign bytes: fuzz/table_cast.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "values/table.h"

namespace quanji::values {

// Dates and times as text by a format: %Y %m %d %H %M %S %f (microseconds) %y (69 to 99: 19.., else 20..) %%, everything else stands for
// itself: "%Y%m%d", "%Y年%m月%d日". %m, %d, %H, %M, %S are read with one digit or two.
struct DateAndTime {
  std::int32_t days = 0;
  std::int64_t micros = 0;  // of the day
};
// Nothing when the format itself is wrong.
std::optional<base::Text> format_problem(std::string_view format);
std::optional<DateAndTime> parse_by_format(std::string_view text, std::string_view format);
std::string write_by_format(DateAndTime at, std::string_view format);

enum class OnFailure : std::uint8_t { refuse, nothing };
struct Cast {
  std::string column;
  ColumnType to = ColumnType::text;
  std::string format;                  // dates, times, datetimes from and to text (and dates from integers: 20261120 by "%Y%m%d")
  std::string ignore;                  // characters left out before a number is read: ",", "¥ "
  std::optional<std::int32_t> places;  // decimals: exactly so many
  std::optional<Rounding> rounding;    // … and integers: digits beyond are rounded so; without it they are a failure
  OnFailure on_failure = OnFailure::refuse;
};
// What can be cast: text to and from everything; integer to decimal, and boolean (0, 1), date (by format); decimal to integer; boolean to
// integer; date to datetime; datetime to date and time; a column of `any` value by value. Texts are trimmed; a blank text is nothing,
// unless text is what is wanted. Booleans are true/false, 1/0, yes/no, y/n, 是/否 in any case.
// Failures: invalid_field; the first 20 values that cannot be cast are told ("casts/0": row 7, column, value, reason), the rest counted.
base::Result<Table> cast_columns(const Table& table, std::span<const Cast> casts);

}  // namespace quanji::values
