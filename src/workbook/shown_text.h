// What a cell shows: its value under its number format, as a spreadsheet program would print it (ECMA-376 part 1, 18.8.31).
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "values/value.h"

namespace quanji::workbook {

// Blanks that only align (_x, *x, ?) are left out at both ends. Nothing where the format has what is not worked out here: exponents,
// fractions, conditions, numbers in words, letters between the digits. `code` empty: General, every digit of the number.
std::optional<std::string> shown_text(const values::Value& value, std::string_view code);

}  // namespace quanji::workbook
