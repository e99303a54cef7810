// Bytes and their spellings as text. Decoding is strict: one text for one value, nothing skipped, nothing guessed.
// Reads foreign bytes: fuzz/encodings.cpp
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::base {

using Bytes = std::vector<std::uint8_t>;

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(std::span<const std::uint8_t> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Failures are invalid_field with the offset of the first wrong character; the text itself is never quoted (it may be a secret).
std::string hex(std::span<const std::uint8_t> bytes);  // lower case
Result<Bytes> from_hex(std::string_view text);         // either case

// RFC 4648. base32 without padding, upper case only; base64 with padding; base64url without padding.
// Unused bits at the end must be zero.
std::string base32(std::span<const std::uint8_t> bytes);
Result<Bytes> from_base32(std::string_view text);
std::string base64(std::span<const std::uint8_t> bytes);
Result<Bytes> from_base64(std::string_view text);
std::string base64url(std::span<const std::uint8_t> bytes);
Result<Bytes> from_base64url(std::string_view text);

}  // namespace quanji::base
