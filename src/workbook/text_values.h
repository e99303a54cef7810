// Values of a type out of texts, as CSV files and text cells of workbooks hold them.
// Reads foreign bytes: fuzz/csv.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "values/table.h"
#include "workbook/day_pattern.h"

namespace quanji::workbook {

// Adds texts to a column of one type. One thread.
class ValueReader {
 public:
  // `format`: of date, time and datetime (day_pattern.h); empty: ISO 8601, for a date also yyyyMMdd. invalid_field when the format does
  // not fit the type. `guesses`: a text column of which guessed_column is asked at the end.
  static base::Result<ValueReader> make(values::ColumnType type, std::string_view format, bool guesses);
  // False when the text is not of the type; an empty text is nothing unless the column is of text. The builder is of the same type.
  bool add(std::string_view text, values::ColumnBuilder& to) const;
  bool guesses() const { return guesses_; }
  // "a whole number", to be put after "is not".
  base::Text expectation() const;

 private:
  bool add_day_or_time(std::string_view text, values::ColumnBuilder& to) const;
  values::ColumnType type_ = values::ColumnType::text;
  std::optional<DayPattern> pattern_;
  bool guesses_ = false;
};

// "-12", "0.50": digits without needless zeros in front; no sign of plus, no exponent. Such a text is what Decimal::plain gives back.
// Nothing for everything else, also where it has more than 18 digits.
struct PlainNumber {
  std::int64_t units = 0;
  std::int32_t places = 0;
};
std::optional<PlainNumber> parse_plain_number(std::string_view text);

// A text column as integer, decimal, date or datetime, when every value in it is spelled in the one way that is written back the same;
// else `column` itself. A column of nothings stays text.
values::ColumnPtr guessed_column(const values::Column& texts, const values::ColumnPtr& column);

}  // namespace quanji::workbook
