// Text encodings of the trade: strict UTF-8, GBK and GB18030 (2022).
// Reads foreign bytes: fuzz/encodings.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::base {

// Offset of the first byte that is not UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
std::optional<std::size_t> utf8_problem(std::string_view text);
inline bool is_utf8(std::string_view text) { return !utf8_problem(text); }
// Each maximal ill-formed part becomes one U+FFFD (Unicode 3.9, "substitution of maximal subparts").
std::string repair_utf8(std::string_view text);
// Characters (code points) in valid UTF-8.
std::size_t utf8_length(std::string_view text);
// The longest beginning of at most `most` bytes that cuts no character: for quoting what somebody sent.
std::string_view utf8_beginning(std::string_view text, std::size_t most);

enum class Charset : std::uint8_t { utf8, gbk, gb18030 };
std::string_view to_text(Charset charset);                 // "utf-8", "gbk", "gb18030"
Result<Charset> charset_from_text(std::string_view text);  // those, in any case, and "utf8", "cp936", "gb2312"

// Failures are invalid_field and name the byte offset in the input (and the code point, when encoding).
Result<std::string> to_utf8(Charset from, std::string_view bytes);
Result<std::string> from_utf8(Charset to, std::string_view text);

}  // namespace quanji::base
