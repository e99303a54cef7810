// Numbers as files of records spell them: padded with blanks, NULs or zeros, or a mark where there is no value.
// Reads foreign bytes: fuzz/dbf.cpp, fuzz/fixed_width.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "values/decimal.h"
#include "values/table.h"

namespace quanji::devices {

enum class NumberFound : std::uint8_t {
  units,     // units × 10^-places is the value
  wide,      // a number that does not fit 18 digits with these places: `spelling` is what values::Decimal reads
  nothing,   // blanks, NULs, or nothing but minus signs and points: "-.---", "-"
  overflow,  // asterisks: the writer had no room for the number
  garbage,
};
struct FoundNumber {
  NumberFound found = NumberFound::nothing;
  std::int64_t units = 0;
  std::string_view spelling;  // without padding
};
// `places` between 0 and 18. Blanks and NULs around the number are padding; a plus sign, ".5", "5." and "1E+3" are numbers.
FoundNumber read_number(std::string_view bytes, std::int32_t places);
// 10^n for n in [0, 18].
std::int64_t power_of_ten(std::int32_t n);

// Appends the field's number to a column of integers or of decimals with `places`: exactly as it is spelled, or nothing for a blank or a
// mark. What is neither is not appended; the reason comes back. `bytes` is what read_number did not find plain units in, too.
std::optional<base::Text> add_number(values::ColumnBuilder& column, std::string_view bytes, std::int32_t places);

// The number with exactly `places` digits behind the point, without exponent; rounded only when `rounding` says how. Nothing when it cannot
// be written exactly.
std::optional<std::string> write_number(const values::Decimal& number, std::int32_t places, std::optional<values::Rounding> rounding);

// yyyymmdd; nothing when it is no day of the calendar (years 1 to 9999).
std::optional<base::Date> read_day(std::string_view eight_digits);
// yyyymmdd of a day in the years 1 to 9999; else empty.
std::string write_day(base::Date day);

// The file's bytes without blanks and NULs around them.
std::string_view without_padding(std::string_view bytes);
std::string_view without_padding_behind(std::string_view bytes);  // at the end only

}  // namespace quanji::devices
