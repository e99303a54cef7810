// Values of single fixed-width fields: bytes into a column, and a value into bytes.
// Reads foreign bytes: fuzz/fixed_width.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/encodings.h"
#include "base/result.h"
#include "devices/fixed_width.h"
#include "devices/record_text.h"
#include "values/decimal.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::devices {

// An empty column of the type the field's values have.
values::ColumnBuilder fixed_column(const FixedField& field);

// What was wrong with a field. garbage: nothing was appended; repaired: a text was, with U+FFFD in it.
struct FixedOutcome {
  std::optional<base::Text> garbage, repaired;
};
// Appends the value that stands in these bytes to a column made by fixed_column.
FixedOutcome add_fixed_value(values::ColumnBuilder& column, const FixedPlan::Item& item, std::string_view bytes, base::Charset charset,
                             BadText bad_text);

// The bytes of a value without padding, at most as many as the field has; or why it does not fit. Nothing is an empty text.
struct FixedBytes {
  std::string bytes;
  std::optional<base::Text> refusal;
};
FixedBytes fixed_bytes(const FixedPlan::Item& item, const values::Value& value, base::Charset charset,
                       std::optional<values::Rounding> rounding);
// Padded to the field's width, to its side: numbers to the right with the sign in front of zeros, blanks where there is no value.
std::string fixed_padded(const FixedPlan::Item& item, const std::string& bytes);

}  // namespace quanji::devices
