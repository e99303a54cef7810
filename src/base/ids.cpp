#include "base/ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"

namespace quanji::base {
namespace {
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int value_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto at = alphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}
}  // namespace

std::string to_text(const Ulid& ulid) {
  // 128 bits are 26 digits of 5 bits with two zero bits in front.
  std::string text(26, '0');
  unsigned carry = 0, bits = 2, out = 0;
  for (const auto byte : ulid.bytes) {
    carry = (carry << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[out++] = alphabet[(carry >> bits) & 31];
    }
    carry &= (1U << bits) - 1;
  }
  return text;
}

bool from_text(std::string_view text, Ulid& out) {
  if (text.size() != 26 || value_of(text[0]) > 7) return false;
  Ulid result;
  unsigned carry = 0, bits = 0, at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = value_of(text[i]);
    if (digit < 0) return false;
    carry = (carry << 5) | static_cast<unsigned>(digit);
    bits += i == 0 ? 3 : 5;
    if (bits >= 8) {
      bits -= 8;
      result.bytes[at++] = static_cast<std::uint8_t>(carry >> bits);
      carry &= (1U << bits) - 1;
    }
  }
  out = result;
  return true;
}

Ulid UlidSource::next() {
  const std::scoped_lock lock(mutex_);
  const auto millis = static_cast<std::uint64_t>(clock_.now().micros / 1000);
  Ulid fresh;
  for (int i = 0; i < 6; ++i) fresh.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  constexpr std::size_t drawn = 10;
  if (used_ + drawn > chance_.size()) {
    random_.fill(chance_);
    used_ = 0;
  }
  std::copy_n(chance_.begin() + static_cast<std::ptrdiff_t>(used_), drawn, fresh.bytes.begin() + 6);
  used_ += drawn;
  if (fresh <= last_) {
    fresh = last_;
    for (std::size_t i = 16; i-- > 0;)
      if (++fresh.bytes[i] != 0) break;
  }
  last_ = fresh;
  return fresh;
}

Status parse_id(std::string_view text, std::string_view prefix, Ulid& out) {
  const auto bar = text.find('_');
  Ulid ulid;
  if (bar == std::string_view::npos || !from_text(text.substr(bar + 1), ulid) || ulid.empty()) {
    const auto shown = utf8_beginning(text, 40);
    return Error(Code::wrong_id_type,
                 Text(fmt::format("“{}”不是标识，应形如 {}_01J9ZK3V5T8QW2R4X6Y8Z0A1B2", shown, prefix),
                      fmt::format("\"{}\" is not an id; it should look like {}_01J9ZK3V5T8QW2R4X6Y8Z0A1B2", shown, prefix)));
  }
  if (text.substr(0, bar) != prefix) {
    const auto other = utf8_beginning(text.substr(0, bar), 16);
    return Error(Code::wrong_id_type, Text(fmt::format("这是 {}_ 类的标识，此处需要 {}_ 类的标识", other, prefix),
                                           fmt::format("this is an id of the kind {}_, but {}_ is needed here", other, prefix)));
  }
  out = ulid;
  return {};
}

std::string id_text(std::string_view prefix, const Ulid& ulid) { return fmt::format("{}_{}", prefix, to_text(ulid)); }

}  // namespace quanji::base
