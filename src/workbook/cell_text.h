// Cells as the XML of a sheet: what the writer and the editor share.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "values/table.h"
#include "values/value.h"
#include "workbook/cell.h"
#include "workbook/number_forms.h"

namespace quanji::workbook {

// "SUM(B2:B9)", with or without "=". The program that opens the file works it out; no value is stored with it.
struct Formula {
  std::string text;
};
using CellInput = std::variant<values::Value, Formula>;

inline constexpr std::size_t most_cell_characters = 32'767;  // UTF-16 units of a text, the limit of spreadsheets

// How a value is stored in a cell.
enum class StoredAs : std::uint8_t {
  nothing,
  number,
  boolean,
  date,
  time,
  datetime,
  duration,
  text,
  text_for_number,  // a number of more than 15 digits, which no spreadsheet holds
  text_for_day,     // a day before 1900 or a time finer than a millisecond
  formula
};
struct StoredForm {
  StoredAs as = StoredAs::nothing;
  std::string text;  // of <v>, of the text or of the formula, not yet escaped
};
// invalid_field for a text that is too long or no UTF-8, and for a value that is no single value (list, map, table).
base::Result<StoredForm> stored_form(const CellInput& input, DateSystem dates);

// The same questions, without the answer: of a whole table, with row (from 1) and column of the value that does not fit.
base::Status fits_cells(const values::Table& table);

// Appends `text` as XML: & < > and quotation marks escaped, what XML cannot hold as _x000B_, and _x000B_ itself so that it stays text.
void append_escaped(std::string& out, std::string_view text);
// Appends <c …>…</c>; `prefix` is that of the sheet's elements ("x:" or nothing), `form` the number of its format (0: none).
void append_cell(std::string& out, std::string_view prefix, Cell at, std::uint32_t form, const StoredForm& stored);

// How wide a text is shown, in digits: Chinese characters take two.
std::size_t shown_width(std::string_view text);
std::size_t utf16_length(std::string_view text);

}  // namespace quanji::workbook
