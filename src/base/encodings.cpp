#include "base/encodings.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace quanji::base {
namespace {

// One step through UTF-8: `length` bytes are one character, or, when it is ill-formed, one maximal part of a character.
struct Step {
  std::size_t length = 1;
  bool good = true;
  std::uint32_t point = 0;
};
Step step_at(std::span<const std::uint8_t> b, std::size_t i) {
  const std::uint8_t first = b[i];
  if (first < 0x80) return {1, true, first};
  // Table 3-7 of the Unicode standard: the second byte has a range of its own after some first bytes.
  std::size_t more = 0;
  std::uint8_t low = 0x80, high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    more = 1;
  } else if (first >= 0xE0 && first <= 0xEF) {
    more = 2;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    more = 3;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false, 0};
  }
  std::uint32_t point = first & (0x3FU >> more);
  for (std::size_t n = 1; n <= more; ++n) {
    if (i + n >= b.size() || b[i + n] < low || b[i + n] > high) return {n, false, 0};
    point = (point << 6) | (b[i + n] & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {more + 1, true, point};
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

// ---- where glibc 2.36 and GB 18030-2022 part ----
// glibc has 18 glyphs (vertical forms, and eight ideographs of GBK that Unicode took in later) at their Unicode characters, as the
// edition of 2022 has, but knows neither the private-use characters they had until 2005 nor the four-byte codes the characters had then,
// so it fails on old data. We follow the recommendation of the Unicode committee (L2/23-003), as browsers do: both old forms are read or
// written as the present one.
struct Renamed {
  std::uint16_t two_bytes;
  std::uint32_t four_bytes;
  std::uint16_t old_private;
  std::uint16_t character;
};
constexpr std::array<Renamed, 18> renamed = {{
    {0xA6D9, 0x84318236, 0xE78D, 0xFE10},
    {0xA6DA, 0x84318238, 0xE78E, 0xFE12},
    {0xA6DB, 0x84318237, 0xE78F, 0xFE11},
    {0xA6DC, 0x84318239, 0xE790, 0xFE13},
    {0xA6DD, 0x84318330, 0xE791, 0xFE14},
    {0xA6DE, 0x84318331, 0xE792, 0xFE15},
    {0xA6DF, 0x84318332, 0xE793, 0xFE16},
    {0xA6EC, 0x84318333, 0xE794, 0xFE17},
    {0xA6ED, 0x84318334, 0xE795, 0xFE18},
    {0xA6F3, 0x84318335, 0xE796, 0xFE19},
    {0xFE59, 0x82359037, 0xE81E, 0x9FB4},
    {0xFE61, 0x82359038, 0xE826, 0x9FB5},
    {0xFE66, 0x82359039, 0xE82B, 0x9FB6},
    {0xFE67, 0x82359130, 0xE82C, 0x9FB7},
    {0xFE6D, 0x82359131, 0xE832, 0x9FB8},
    {0xFE7E, 0x82359132, 0xE843, 0x9FB9},
    {0xFE90, 0x82359133, 0xE854, 0x9FBA},
    {0xFEA0, 0x82359134, 0xE864, 0x9FBB},
}};
// Six two-byte codes stay at private-use characters in 2022, and the ideographs of the same glyph have four bytes; glibc merges the two
// and so loses one of them.
struct Apart {
  std::uint16_t two_bytes;
  std::uint16_t private_use;
  std::uint32_t four_bytes;
  std::uint32_t ideograph;
};
constexpr std::array<Apart, 6> apart = {{
    {0xFE51, 0xE816, 0x95329031, 0x20087},
    {0xFE52, 0xE817, 0x95329033, 0x20089},
    {0xFE53, 0xE818, 0x95329730, 0x200CC},
    {0xFE6C, 0xE831, 0x9536B937, 0x215D7},
    {0xFE76, 0xE83B, 0x9630BA35, 0x2298F},
    {0xFE91, 0xE855, 0x9635B630, 0x241FE},
}};

// 0: iconv is right about it.
std::uint32_t own_character(std::uint32_t code) {
  if (code > 0xFFFF) {
    for (const auto& r : renamed)
      if (r.four_bytes == code) return r.character;
  } else if (code >= 0xFE51 && code <= 0xFE91) {
    for (const auto& a : apart)
      if (a.two_bytes == code) return a.private_use;
  }
  return 0;
}
std::uint32_t own_code(std::uint32_t point) {
  if (point >= 0xE78D && point <= 0xE864) {
    for (const auto& r : renamed)
      if (r.old_private == point) return r.two_bytes;
    for (const auto& a : apart)
      if (a.private_use == point) return a.two_bytes;
  } else if (point >= 0x20087 && point <= 0x241FE) {
    for (const auto& a : apart)
      if (a.ideograph == point) return a.four_bytes;
  }
  return 0;
}

// ---- iconv ----
// Opening a converter loads a module the first time and looks it up by name every time: one for each thread and direction.
class Converter {
 public:
  Converter(const char* to, const char* from) : handle_(::iconv_open(to, from)) {}
  ~Converter() {
    if (usable()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool usable() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  // Appends to `out`; the number of bytes taken, which is less than given where one cannot be converted.
  std::size_t run(std::string_view in, std::string& out) {
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    char* from = const_cast<char*>(in.data());  // POSIX forgot the const; iconv does not write
    std::size_t left = in.size();
    while (left > 0) {
      std::array<char, 16384> room;
      char* to = room.data();
      std::size_t space = room.size();
      const auto outcome = ::iconv(handle_, &from, &left, &to, &space);
      out.append(room.data(), room.size() - space);
      if (outcome == static_cast<std::size_t>(-1) && errno != E2BIG) break;
    }
    return in.size() - left;
  }

 private:
  iconv_t handle_;
};
Converter& decoder(Charset from) {
  thread_local Converter gbk("UTF-8", "GBK");
  thread_local Converter gb18030("UTF-8", "GB18030");
  return from == Charset::gbk ? gbk : gb18030;
}
Converter& encoder(Charset to) {
  thread_local Converter gbk("GBK", "UTF-8");
  thread_local Converter gb18030("GB18030", "UTF-8");
  return to == Charset::gbk ? gbk : gb18030;
}
Error no_module(Charset charset) {
  return Error(Code::not_supported, Text(fmt::format("本机缺少 {} 转换模块（glibc gconv）。", to_text(charset)),
                                         fmt::format("This machine has no {} module (glibc gconv).", to_text(charset))));
}
Error unreadable_at(Charset charset, std::size_t offset) {
  return Error(Code::invalid_field, Text(fmt::format("第 {} 字节（从 0 数起）处不是 {} 编码的文本。", offset, to_text(charset)),
                                         fmt::format("Not {} text at byte {} (counted from 0).", to_text(charset), offset)));
}
Error cannot_write(Charset charset, std::size_t offset, std::uint32_t point) {
  return Error(
      Code::invalid_field,
      Text(fmt::format("第 {} 字节（从 0 数起）处的字符 U+{:04X} 无法用 {} 编码表示。", offset, point, to_text(charset)),
           fmt::format("The character U+{:04X} at byte {} (counted from 0) cannot be written in {}.", point, offset, to_text(charset))));
}

}  // namespace

std::optional<std::size_t> utf8_problem(std::string_view text) {
  const auto bytes = bytes_of(text);
  for (std::size_t i = 0; i < bytes.size();) {
    // Most of JSON is ASCII: eight bytes at a time.
    if (std::uint64_t eight = 0; bytes[i] < 0x80 && i + 8 <= bytes.size()) {
      std::memcpy(&eight, bytes.data() + i, 8);
      if ((eight & 0x8080808080808080ULL) == 0) {
        i += 8;
        continue;
      }
    }
    const auto step = step_at(bytes, i);
    if (!step.good) return i;
    i += step.length;
  }
  return std::nullopt;
}
std::string repair_utf8(std::string_view text) {
  const auto bytes = bytes_of(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const auto step = step_at(bytes, i);
    if (step.good)
      out += text.substr(i, step.length);
    else
      out += "\xEF\xBF\xBD";
    i += step.length;
  }
  return out;
}
std::size_t utf8_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80; }));
}

std::string_view utf8_beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<std::uint8_t>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string_view to_text(Charset charset) {
  switch (charset) {
    case Charset::utf8:
      return "utf-8";
    case Charset::gbk:
      return "gbk";
    case Charset::gb18030:
      return "gb18030";
  }
  return {};
}
Result<Charset> charset_from_text(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "utf-8" || lower == "utf8") return Charset::utf8;
  if (lower == "gbk" || lower == "cp936" || lower == "gb2312") return Charset::gbk;
  if (lower == "gb18030") return Charset::gb18030;
  return Error(Code::invalid_field, Text("文本编码应为 utf-8、gbk 或 gb18030。", "The encoding is utf-8, gbk or gb18030."),
               lower.substr(0, 64));
}

Result<std::string> to_utf8(Charset from, std::string_view bytes) {
  if (from == Charset::utf8) {
    if (const auto problem = utf8_problem(bytes)) return unreadable_at(from, *problem);
    return std::string(bytes);
  }
  auto& converter = decoder(from);
  if (!converter.usable()) return no_module(from);
  std::string out;
  out.reserve(bytes.size() * 3 / 2);
  std::size_t converted = 0;  // everything before it is in `out`
  const auto flush = [&](std::size_t end) -> Status {
    const auto taken = converter.run(bytes.substr(converted, end - converted), out);
    if (taken < end - converted) return unreadable_at(from, converted + taken);
    converted = end;
    return {};
  };
  if (from == Charset::gb18030) {
    const auto raw = bytes_of(bytes);
    for (std::size_t i = 0; i < raw.size();) {
      std::size_t length = 1;
      if (raw[i] >= 0x81 && i + 1 < raw.size()) length = raw[i + 1] >= 0x30 && raw[i + 1] <= 0x39 ? 4 : 2;
      if (length == 1) {
        ++i;
        continue;
      }
      if (i + length > raw.size()) break;  // iconv names the place
      std::uint32_t code = 0;
      for (std::size_t n = 0; n < length; ++n) code = (code << 8) | raw[i + n];
      if (const auto point = own_character(code); point != 0) {
        QUANJI_DO(flush(i));
        append_utf8(out, point);
        converted = i + length;
      }
      i += length;
    }
  }
  QUANJI_DO(flush(bytes.size()));
  return out;
}

Result<std::string> from_utf8(Charset to, std::string_view text) {
  const auto raw = bytes_of(text);
  if (const auto problem = utf8_problem(text)) return unreadable_at(Charset::utf8, *problem);
  if (to == Charset::utf8) return std::string(text);
  auto& converter = encoder(to);
  if (!converter.usable()) return no_module(to);
  std::string out;
  out.reserve(text.size());
  std::size_t converted = 0;
  const auto flush = [&](std::size_t end) -> Status {
    const auto taken = converter.run(text.substr(converted, end - converted), out);
    if (taken < end - converted) return cannot_write(to, converted + taken, step_at(raw, converted + taken).point);
    converted = end;
    return {};
  };
  if (to == Charset::gb18030) {
    for (std::size_t i = 0; i < raw.size();) {
      const auto step = step_at(raw, i);
      if (const auto code = own_code(step.point); code != 0) {
        QUANJI_DO(flush(i));
        for (int shift = code > 0xFFFF ? 24 : 8; shift >= 0; shift -= 8) out += static_cast<char>((code >> shift) & 0xFF);
        converted = i + step.length;
      }
      i += step.length;
    }
  }
  QUANJI_DO(flush(text.size()));
  return out;
}

}  // namespace quanji::base
