// Text of fields that are counted in bytes: a field may cut a character, and a byte of a character may look like a separator.
// Reads foreign bytes: fuzz/dbf.cpp, fuzz/fixed_width.cpp
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/encodings.h"
#include "base/result.h"

namespace quanji::devices {

// What becomes of bytes that are no text in the file's encoding: the reading is refused, or they become U+FFFD and are counted.
enum class BadText : std::uint8_t { refuse, replace };

bool is_plain_ascii(std::string_view bytes);  // no NUL, nothing above 0x7E but DEL

// How many bytes the character at `at` takes, judged by its bytes alone (1 when they begin no character); never beyond the end.
std::size_t character_length(base::Charset charset, std::string_view bytes, std::size_t at);
// Where a byte stands as a character of its own, from `from` on.
std::optional<std::size_t> find_at_border(base::Charset charset, std::string_view bytes, char wanted, std::size_t from = 0);

struct FieldText {
  std::string text;                // UTF-8, with U+FFFD where the bytes are no text
  std::optional<std::size_t> bad;  // the first byte that is none
  base::Text reason;               // why
};
// NUL is no text.
FieldText decode_field(base::Charset charset, std::string_view bytes);

}  // namespace quanji::devices
