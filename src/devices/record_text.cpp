#include "devices/record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace quanji::devices {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }

base::Text no_text(base::Charset charset, std::size_t at, bool cut) {
  if (cut)
    return {fmt::format("第 {} 字节起的字符被字段末尾截断（编码 {}）", at, base::to_text(charset)),
            fmt::format("the character at its byte {} is cut by the field's end ({})", at, base::to_text(charset))};
  return {fmt::format("第 {} 字节不是 {} 编码的文本；若文件用别的编码，请指明", at, base::to_text(charset)),
          fmt::format("its byte {} is not {} text; name the encoding if the file has another", at, base::to_text(charset))};
}

// Character by character; only for what is wrong somewhere.
FieldText decode_piecemeal(base::Charset charset, std::string_view bytes) {
  FieldText out;
  for (std::size_t at = 0; at < bytes.size();) {
    auto length = character_length(charset, bytes, at);
    const auto piece = bytes.substr(at, length);
    const bool nul = piece.front() == '\0';
    if (auto good = base::to_utf8(charset, piece); good.ok() && !nul) {
      out.text += *good;
    } else {
      if (!out.bad) {
        out.bad = at;
        if (nul)
          out.reason = {fmt::format("第 {} 字节是 NUL，其后还有内容", at), fmt::format("its byte {} is NUL and more follows", at)};
        else
          out.reason = no_text(charset, at, length == 1 && at + 1 == bytes.size() && byte_at(bytes, at) > 0x80);
      }
      out.text += replacement;
      // A wrong second byte that is ASCII is a character of its own.
      if (length == 2 && byte_at(bytes, at + 1) < 0x80) length = 1;
      if (length == 4) length = 1;
    }
    at += length;
  }
  return out;
}

}  // namespace

bool is_plain_ascii(std::string_view bytes) {
  std::size_t i = 0;
  std::uint64_t high = 0;
  bool nul = false;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + i, 8);
    // A byte of zero borrows into its highest bit; what has a high bit of its own is refused anyway.
    high |= eight | (eight - 0x0101010101010101ULL);
  }
  for (; i < bytes.size(); ++i) {
    nul = nul || bytes[i] == '\0';
    high |= static_cast<std::uint64_t>(byte_at(bytes, i));
  }
  return !nul && (high & 0x8080808080808080ULL) == 0;
}

std::size_t character_length(base::Charset charset, std::string_view bytes, std::size_t at) {
  const auto first = byte_at(bytes, at);
  const auto left = bytes.size() - at;
  if (first < 0x80 || left == 1) return 1;
  if (charset == base::Charset::utf8) {
    const std::size_t length = first >= 0xF0 && first <= 0xF4  ? 4
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xC2 && first < 0xE0 ? 2
                                                               : 1;
    for (std::size_t n = 1; n < length; ++n)
      if (n >= left || (byte_at(bytes, at + n) & 0xC0) != 0x80) return 1;
    return length;
  }
  if (first == 0x80 || first == 0xFF) return 1;
  const auto second = byte_at(bytes, at + 1);
  if (charset == base::Charset::gb18030 && second >= 0x30 && second <= 0x39) {
    const bool four = left >= 4 && byte_at(bytes, at + 2) >= 0x81 && byte_at(bytes, at + 2) <= 0xFE && byte_at(bytes, at + 3) >= 0x30 &&
                      byte_at(bytes, at + 3) <= 0x39;
    return four ? 4 : 1;
  }
  return second >= 0x40 && second != 0x7F && second != 0xFF ? 2 : 1;
}

std::optional<std::size_t> find_at_border(base::Charset charset, std::string_view bytes, char wanted, std::size_t from) {
  for (std::size_t at = from; at < bytes.size(); at += character_length(charset, bytes, at))
    if (bytes[at] == wanted) return at;
  return std::nullopt;
}

FieldText decode_field(base::Charset charset, std::string_view bytes) {
  if (bytes.find('\0') == std::string_view::npos)
    if (auto whole = base::to_utf8(charset, bytes); whole.ok()) return {std::move(whole).value(), std::nullopt, {}};
  return decode_piecemeal(charset, bytes);
}

}  // namespace quanji::devices
