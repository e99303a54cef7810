#include "net/http_text.h"

#include <algorithm>
#include <charconv>

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}
bool is_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}
std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
// The part before `mark`, which is taken off `rest` together with the mark.
std::string_view cut(std::string_view& rest, char mark) {
  const auto piece = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
  return piece;
}
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::string percent_encode(std::string_view bytes) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return Error(Code::unreadable_body, Text("网址中的百分号编码有误：% 之后应为两位十六进制数。",
                                                 "The address has a broken percent escape: % must be followed by two hex digits."));
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

Result<std::vector<QueryPair>> parse_query(std::string_view query, std::size_t most) {
  std::vector<QueryPair> out;
  while (!query.empty()) {
    auto piece = cut(query, '&');
    if (piece.empty()) continue;
    if (out.size() == most)
      return Error(Code::unreadable_body, Text("查询参数过多，最多 " + std::to_string(most) + " 个。",
                                               "Too many query parameters: at most " + std::to_string(most) + "."));
    const auto name = cut(piece, '=');
    QUANJI_TRY(auto decoded_name, percent_decode(name, Plus::is_space));
    QUANJI_TRY(auto value, percent_decode(piece, Plus::is_space));
    out.push_back({std::move(decoded_name), std::move(value)});
  }
  return out;
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
  const auto refuse = [] {
    return Error(Code::unreadable_body, Text("路径有误：不应含有空段、“.”、“..”、空字符或编码后的斜杠。",
                                             "The path is malformed: no empty pieces, no \".\" or \"..\", no NUL, no encoded slashes."));
  };
  if (path.empty() || path.front() != '/') return refuse();
  path.remove_prefix(1);
  std::vector<std::string> out;
  if (path.empty()) return out;
  for (bool more = true; more;) {
    more = path.find('/') != std::string_view::npos;
    QUANJI_TRY(auto piece, percent_decode(cut(path, '/')));
    if (piece.empty() || piece == "." || piece == ".." || piece.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
      return refuse();
    out.push_back(std::move(piece));
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string content_disposition(std::string_view file_name) {
  std::string ascii;
  for (const char c : file_name) {
    const auto byte = static_cast<unsigned char>(c);
    ascii += byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '/' || c == '%' ? '_' : c;
  }
  std::string out = "attachment; filename=" + quote(ascii);
  if (ascii != file_name) out += "; filename*=UTF-8''" + percent_encode(file_name);
  return out;
}

RangeChoice choose_range(std::string_view header, std::uint64_t size) {
  header = trim(header);
  if (lower(header.substr(0, 6)) != "bytes=") return {};
  header.remove_prefix(6);
  if (header.find(',') != std::string_view::npos) return {};
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = number(trim(header.substr(0, dash)));
  const auto last_text = trim(header.substr(dash + 1));
  const auto last = number(last_text);
  if (!first) {  // the last n bytes
    if (!last || !trim(header.substr(0, dash)).empty()) return {};
    if (*last == 0 || size == 0) return {RangeAnswer::unsatisfiable, {}};
    return {RangeAnswer::part, {size - std::min(*last, size), size - 1}};
  }
  if (!last && !last_text.empty()) return {};
  if (last && *last < *first) return {};
  if (*first >= size) return {RangeAnswer::unsatisfiable, {}};
  return {RangeAnswer::part, {*first, std::min(last.value_or(size - 1), size - 1)}};
}

std::string_view choose_language(std::string_view header, const std::vector<std::string_view>& offered) {
  if (offered.empty()) return {};
  std::string_view best = offered.front();
  int best_weight = 0;
  for (int pieces = 0; !header.empty() && pieces < 32; ++pieces) {
    auto piece = cut(header, ',');
    const std::string range = lower(trim(cut(piece, ';')));
    int weight = 1000;
    if (piece = trim(piece); lower(piece.substr(0, 2)) == "q=") {
      weight = 0;
      int scale = 1000;
      for (const char c : piece.substr(2)) {
        if (c == '.') continue;
        if (c < '0' || c > '9' || scale == 0) break;
        weight += (c - '0') * scale;
        scale /= 10;
      }
      weight = std::min(weight, 1000);
    }
    if (weight <= best_weight) continue;
    for (const auto candidate : offered) {
      const std::string tag = lower(candidate);
      const auto primary = std::string_view(tag).substr(0, tag.find('-'));
      const auto asked = std::string_view(range).substr(0, range.find('-'));
      if (range == tag || range == "*" || asked == primary) {
        best = candidate;
        best_weight = weight;
        break;
      }
    }
  }
  return best;
}

std::optional<std::string_view> cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto piece = trim(cut(header, ';'));
    if (const auto key = cut(piece, '='); key == name) {
      if (piece.size() >= 2 && piece.front() == '"' && piece.back() == '"') return piece.substr(1, piece.size() - 2);
      return piece;
    }
  }
  return {};
}

std::optional<std::string_view> HeaderWord::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return {};
}

Result<HeaderWord> parse_word(std::string_view value) {
  const auto refuse = [] {
    return Error(Code::unreadable_body,
                 Text("请求头的参数格式有误，应为 名称; 参数=值。", "The header's parameters are malformed: write word; name=value."));
  };
  HeaderWord out;
  std::size_t i = 0;
  const auto spaces = [&] {
    while (i < value.size() && (value[i] == ' ' || value[i] == '\t')) ++i;
  };
  spaces();
  const std::size_t begin = i;
  while (i < value.size() && (is_token(value[i]) || value[i] == '/')) ++i;
  out.word = lower(value.substr(begin, i - begin));
  if (out.word.empty()) return refuse();
  for (;;) {
    spaces();
    if (i == value.size()) return out;
    if (value[i++] != ';') return refuse();
    spaces();
    if (i == value.size()) return out;  // a closing semicolon is common and harmless
    const std::size_t name_begin = i;
    while (i < value.size() && is_token(value[i])) ++i;
    std::string name = lower(value.substr(name_begin, i - name_begin));
    if (name.empty() || i == value.size() || value[i++] != '=') return refuse();
    std::string text;
    if (i < value.size() && value[i] == '"') {
      for (++i;; ++i) {
        if (i >= value.size()) return refuse();
        if (value[i] == '"') break;
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
      }
      ++i;
    } else {
      while (i < value.size() && is_token(value[i])) text += value[i++];
      if (text.empty()) return refuse();
    }
    if (out.parameters.size() >= 32) return refuse();
    out.parameters.emplace_back(std::move(name), std::move(text));
  }
}

}  // namespace quanji::net
