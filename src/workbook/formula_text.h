// Formulas as text: which sheets they name, and what they become when a sheet is called otherwise or they stand in another cell.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace quanji::workbook {

// Whether a reference to the sheet of this name stands in it (in any case, quoted or not, also as an end of Jan:Mar!A1); texts in
// quotation marks and sheets of other workbooks do not count.
bool formula_names_sheet(std::string_view formula, std::string_view sheet);
// The same formula with `name` in the place of `sheet`.
std::string formula_with_sheet(std::string_view formula, std::string_view sheet, std::string_view name);
// What a formula shared with a cell says that lies so many rows and columns further: references without $ move along; those that would
// leave the sheet become #REF!.
std::string shifted_formula(std::string_view formula, std::int64_t rows, std::int64_t columns);
// 'It''s' for whatever needs it, always in apostrophes.
std::string quoted_sheet(std::string_view name);

}  // namespace quanji::workbook
