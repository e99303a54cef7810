#include "devices/http_head.h"

#include <algorithm>
#include <charconv>

#include "base/encodings.h"

namespace quanji::devices {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}
std::string as_text(std::string_view bytes) {
  if (base::is_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const auto name = trimmed(line.substr(0, colon));
  if (name.empty()) return {};
  return std::pair(as_text(lower(name)), as_text(trimmed(line.substr(colon + 1))));
}

bool ContentType::is_json() const { return media == "application/json" || media == "text/json" || media.ends_with("+json"); }
bool ContentType::is_text() const {
  return media.starts_with("text/") || media.ends_with("+xml") || media == "application/xml" || media == "application/javascript" ||
         media == "application/x-www-form-urlencoded" || media == "application/x-ndjson" || media == "application/yaml";
}
ContentType parse_content_type(std::string_view value) {
  ContentType type;
  auto end = std::min(value.find(';'), value.size());
  type.media = as_text(lower(trimmed(value.substr(0, end))));
  while (end < value.size()) {
    value.remove_prefix(end + 1);
    end = std::min(value.find(';'), value.size());
    const auto parameter = value.substr(0, end);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || lower(trimmed(parameter.substr(0, equals))) != "charset") continue;
    auto charset = trimmed(parameter.substr(equals + 1));
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') charset = charset.substr(1, charset.size() - 2);
    if (type.charset.empty()) type.charset = as_text(lower(charset));
  }
  return type;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trimmed(value);
  if (lower(value.substr(0, 6)) != "bytes ") return {};
  value.remove_prefix(6);
  ContentRange range;
  if (!take_number(value, range.first) || !take(value, '-') || !take_number(value, range.last) || !take(value, '/')) return {};
  if (value != "*") {
    std::uint64_t whole = 0;
    if (!take_number(value, whole) || !value.empty() || whole <= range.last) return {};
    range.whole = whole;
  }
  if (range.last < range.first) return {};
  return range;
}

}  // namespace quanji::devices
