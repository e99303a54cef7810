// The words of a row expression.
// Reads foreign bytes: fuzz/row_expression.cpp
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/value.h"

namespace quanji::values::rows {

enum class TokenKind : std::uint8_t { number, text, name, keyword, sign, end };
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // name, keyword, sign: as it stands in the source
  Value value;            // number: integer or decimal; text
  std::uint32_t from = 0, to = 0;
};
// Ends with one `end`. Refuses what is no UTF-8, too long, no word at all; full-width signs and other languages' operators with the one
// that is meant.
base::Result<std::vector<Token>> tokens_of(std::string_view source);
// Whether a text can be written as a name without row["…"].
bool is_name(std::string_view text);

}  // namespace quanji::values::rows
