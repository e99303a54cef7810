#include "base/bytes.h"

#include <fmt/format.h>

#include <array>

namespace quanji::base {
namespace {

constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view letters) {
  std::array<std::int8_t, 256> values{};
  for (auto& v : values) v = -1;
  for (std::size_t i = 0; i < letters.size(); ++i) values[static_cast<std::uint8_t>(letters[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto base32_values = reverse(base32_letters);
constexpr auto base64_values = reverse(base64_letters);
constexpr auto base64url_values = reverse(base64url_letters);

Error wrong(std::string_view format, std::size_t offset) {
  return Error(Code::invalid_field, Text(fmt::format("不是正确的 {} 文本：第 {} 个字符处有误。", format, offset + 1),
                                         fmt::format("Not correct {}: character {} is wrong.", format, offset + 1)));
}

template <unsigned bits>
std::string spell(std::span<const std::uint8_t> bytes, std::string_view letters) {
  std::string out;
  out.reserve((bytes.size() * 8 + bits - 1) / bits + 3);
  std::uint32_t pending = 0;
  unsigned held = 0;
  for (const auto byte : bytes) {
    pending = (pending << 8) | byte;
    for (held += 8; held >= bits; held -= bits) out += letters[(pending >> (held - bits)) & ((1U << bits) - 1)];
  }
  if (held > 0) out += letters[(pending << (bits - held)) & ((1U << bits) - 1)];
  return out;
}

template <unsigned bits>
Result<Bytes> read(std::string_view text, const std::array<std::int8_t, 256>& values, std::string_view format) {
  Bytes out;
  out.reserve(text.size() * bits / 8);
  std::uint32_t pending = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::int8_t value = values[static_cast<std::uint8_t>(text[i])];
    if (value < 0) return wrong(format, i);
    pending = (pending << bits) | static_cast<std::uint8_t>(value);
    held += bits;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(pending >> held));
    }
  }
  // A whole letter too many, or bits that stand for nothing: there would be a second spelling of the same bytes.
  if (held >= bits || (pending & ((1U << held) - 1)) != 0) return wrong(format, text.empty() ? 0 : text.size() - 1);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}
Result<Bytes> from_hex(std::string_view text) {
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    if (high < 0) return wrong("hex", i);
    const int low = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    if (low < 0) return wrong("hex", i + 1);
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string base32(std::span<const std::uint8_t> bytes) { return spell<5>(bytes, base32_letters); }
Result<Bytes> from_base32(std::string_view text) { return read<5>(text, base32_values, "base32"); }
std::string base64url(std::span<const std::uint8_t> bytes) { return spell<6>(bytes, base64url_letters); }
Result<Bytes> from_base64url(std::string_view text) { return read<6>(text, base64url_values, "base64url"); }

std::string base64(std::span<const std::uint8_t> bytes) {
  auto out = spell<6>(bytes, base64_letters);
  while (out.size() % 4 != 0) out += '=';
  return out;
}
Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return wrong("base64", text.size());
  auto letters = text;
  for (int pads = 0; pads < 2 && letters.ends_with('='); ++pads) letters.remove_suffix(1);
  return read<6>(letters, base64_values, "base64");
}

}  // namespace quanji::base
