// Numbers, days and times as workbooks store them: everything is a double written in decimal, and a format says what it means.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "values/value.h"

namespace quanji::workbook {

// How the stored digits are read.
enum class Digits : std::uint8_t {
  shortest,  // as they stand; of the 16 or 17 digits of a double, the shortest decimal that is the same double
  fifteen    // rounded half up to the 15 digits a spreadsheet shows: 0.30000000000000004 is 0.3
};
enum class DateSystem : std::uint8_t { from_1900, from_1904 };
// What a number format makes of a number.
enum class FormKind : std::uint8_t { number, date, time, datetime, duration };

// The kind of a format code, "yyyy-mm-dd;@", "[h]:mm", "#,##0.00". Any text; what is not understood is a number.
FormKind parse_format_code(std::string_view code);
// Of a format that has only a number (ECMA-376 part 1, 18.8.30; those of Chinese Windows where languages differ).
FormKind kind_of_builtin_format(std::uint32_t id);
// "000000" shows 1 as 000001: how many digits; 0 for other formats.
std::uint32_t parse_zero_padding(std::string_view code);

// The number a <v> holds: an integer where it is whole and fits 64 bits, else a decimal. Digits are kept as they stand, but where a text
// has 16 or 17 of them and a point or an exponent, it is the shortest decimal of the same double. Nothing when the text is no number or
// beyond what a decimal holds.
std::optional<values::Value> parse_stored_number(std::string_view text, Digits digits);

// The day, time, datetime or duration a serial number stands for; to the millisecond, which is what spreadsheets keep. A date with a time
// of day becomes a datetime, a time beyond 24 hours too. 60 in the system of 1900 is 29 February 1900, which never was: nothing, as for
// numbers below 0 or after the year 9999.
std::optional<values::Value> value_of_serial(double serial, FormKind kind, DateSystem system);

// The other way: nothing when a workbook cannot hold the value exactly: more than 15 digits; a date before 1900-01-01 or a time finer
// than a millisecond.
std::optional<std::string> stored_number(const values::Decimal& number);
std::optional<std::string> stored_number(std::int64_t number);
std::optional<std::string> serial_of(base::Date date, DateSystem system);
std::optional<std::string> serial_of(values::DateTime at, DateSystem system);
std::optional<std::string> serial_of(values::TimeOfDay time);
std::optional<std::string> serial_of(values::Duration duration);

}  // namespace quanji::workbook
