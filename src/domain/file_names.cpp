#include "domain/file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/encodings.h"

namespace quanji::domain {
namespace {

constexpr std::size_t longest = 255;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
bool is_device(std::string_view name) {
  const auto stem = lower(name.substr(0, name.find('.')));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '1' && stem[3] <= '9';
}
// U+202A to U+202E and U+2066 to U+2069: what follows is shown backwards, so that "exe.txt" may read otherwise.
bool turns_direction(std::string_view name) {
  for (std::size_t at = name.find("\xe2"); at != std::string_view::npos; at = name.find("\xe2", at + 1)) {
    const auto three = name.substr(at, 3);
    if (three.size() == 3 && ((three[1] == '\x80' && three[2] >= '\xaa' && three[2] <= '\xae') ||
                              (three[1] == '\x81' && three[2] >= '\xa6' && three[2] <= '\xa9')))
      return true;
  }
  return false;
}
bool starts_blank(std::string_view t) { return t.starts_with(' ') || t.starts_with("\u00a0") || t.starts_with("\u3000"); }
bool ends_blank(std::string_view t) { return t.ends_with(' ') || t.ends_with("\u00a0") || t.ends_with("\u3000"); }

}  // namespace

bool is_file_name(std::string_view name) {
  if (name.empty() || name.size() > longest || starts_blank(name) || ends_blank(name) || name.back() == '.') return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos)
      return false;
  return !turns_direction(name) && !is_device(name) && base::is_utf8(name);
}
// The published form does not say how many bytes a name may have: the limit stands beside it as maxLength, in characters.
const base::Pattern file_name_pattern{
    "^(?![ \\u00a0\\u3000])(?!(?:[Cc][Oo][Nn]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]|[Cc][Oo][Mm][1-9]|[Ll][Pp][Tt][1-9])(?:\\.|$))"
    "[^/\\\\:*?\"<>|\\u0000-\\u001f\\u007f\\u202a-\\u202e\\u2066-\\u2069]+(?<![ \\u00a0\\u3000.])$",
    is_file_name,
    {"应为一个文件名：不含 / \\ : * ? \" < > | 与控制字符，首尾无空格，不以点结尾，不是系统保留名",
     "a file name: no / \\ : * ? \" < > | or control characters, no blank at either end, no dot at the end, no reserved name"}};

std::string extension(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string() : lower(name.substr(dot + 1));
}

std::vector<std::string> without_repeats(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const auto& name : names) {
    auto wanted = name;
    const auto dot = name.rfind('.');
    const auto stem = name.substr(0, dot == 0 ? std::string::npos : dot);
    for (int i = 2; !taken.insert(lower(wanted)).second; ++i) wanted = fmt::format("{} ({}){}", stem, i, name.substr(stem.size()));
    out.push_back(std::move(wanted));
  }
  return out;
}

}  // namespace quanji::domain
