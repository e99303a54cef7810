#include "values/row_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encodings.h"
#include "values/names.h"
#include "values/row_expression.h"
#include "values/row_syntax.h"

namespace quanji::values::rows {

using base::Error;
using base::Result;
using base::Text;

namespace {

constexpr std::string_view keywords[] = {"and", "or", "not", "in", "is", "if", "else", "None", "True", "False"};
// Python's others: never names, so that what is written here stays Python.
constexpr std::string_view refused_keywords[] = {"as",    "assert",   "async",   "await", "break", "class",  "continue", "def",    "del",
                                                 "elif",  "except",   "finally", "for",   "from",  "global", "import",   "lambda", "pass",
                                                 "raise", "nonlocal", "return",  "try",   "while", "with",   "yield"};
constexpr std::string_view signs[] = {"**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%",
                                      "<",  ">",  "(",  ")",  "[",  "]",  ",", ":", "=", "."};

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

struct Point {
  char32_t code = 0;
  std::size_t size = 1;
};
// Of valid UTF-8.
Point point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {((lead & 0x1FU) << 6) | (byte(1) & 0x3FU), 2};
  if (lead < 0xF0) return {((lead & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU), 3};
  return {((lead & 0x07U) << 18) | ((byte(1) & 0x3FU) << 12) | ((byte(2) & 0x3FU) << 6) | (byte(3) & 0x3FU), 4};
}
// Letters beyond ASCII: everything but the blocks of signs, blanks and full-width forms of ASCII signs.
bool is_wide_letter(char32_t c) {
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7) return false;
  if (c >= 0x2000 && c <= 0x2BFF) return c >= 0x2C00 || (c >= 0x2150 && c <= 0x218F) || (c >= 0x2460 && c <= 0x24FF);
  if (c >= 0x3000 && c <= 0x303F) return c == 0x3005 || c == 0x3006 || c == 0x3007 || (c >= 0x3021 && c <= 0x3029);
  if (c >= 0xE000 && c <= 0xF8FF) return false;
  if (c >= 0xFE00 && c <= 0xFE6F) return false;
  if (c >= 0xFF00 && c <= 0xFFEF)
    return (c >= 0xFF10 && c <= 0xFF19) || (c >= 0xFF21 && c <= 0xFF3A) || c == 0xFF3F || (c >= 0xFF41 && c <= 0xFF5A);
  return c != 0xFEFF && c < 0xE0000;
}
std::size_t name_length(std::string_view text, std::size_t from) {
  std::size_t at = from;
  while (at < text.size()) {
    if (is_ascii_letter(text[at]) || (at > from && is_digit(text[at]))) {
      ++at;
      continue;
    }
    const auto point = point_at(text, at);
    if (point.code < 0x80 || !is_wide_letter(point.code)) break;
    at += point.size;
  }
  return at - from;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view source) : source_(source) {}

  Result<std::vector<Token>> run() {
    while (at_ < source_.size() && !problem_) {
      const char c = source_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        ++at_;
      else if (is_digit(c) || (c == '.' && at_ + 1 < source_.size() && is_digit(source_[at_ + 1])))
        number();
      else if (c == '"' || c == '\'')
        text(false);
      else if ((c == 'r' || c == 'R') && at_ + 1 < source_.size() && (source_[at_ + 1] == '"' || source_[at_ + 1] == '\''))
        text(true);
      else if (const auto length = name_length(source_, at_); length > 0)
        word(length);
      else
        sign();
    }
    if (problem_) return std::move(*problem_);
    push(TokenKind::end, 0);
    return std::move(tokens_);
  }

 private:
  void refuse(std::size_t offset, Text reason) {
    if (!problem_) problem_ = syntax_problem(source_, static_cast<std::uint32_t>(offset), std::move(reason));
  }
  void push(TokenKind kind, std::size_t length, Value value = {}) {
    tokens_.push_back(
        {kind, source_.substr(at_, length), std::move(value), static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(at_ + length)});
    at_ += length;
  }

  void number() {
    std::size_t end = at_;
    bool whole = true;
    std::string digits;
    const auto run = [&] {
      while (end < source_.size() && (is_digit(source_[end]) || (source_[end] == '_' && end > at_ && is_digit(source_[end - 1]) &&
                                                                 end + 1 < source_.size() && is_digit(source_[end + 1])))) {
        if (source_[end] != '_') digits += source_[end];
        ++end;
      }
    };
    run();
    if (end < source_.size() && source_[end] == '.') {
      whole = false;
      digits += source_[end++];
      run();
    }
    if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
      auto after = end + 1;
      if (after < source_.size() && (source_[after] == '+' || source_[after] == '-')) ++after;
      if (after < source_.size() && is_digit(source_[after])) {
        whole = false;
        digits += source_.substr(end, after - end);
        end = after;
        run();
      }
    }
    if (end < source_.size() && name_length(source_, end) > 0)
      return refuse(at_, {"数字后面紧接着字母；不以字母开头的列名请写 row[\"…\"]",
                          "a letter follows the number at once; write row[\"…\"] for a column whose name begins with a digit"});
    if (whole && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
      return refuse(at_, {"整数不能以 0 开头；代码是文本，请加引号", "an integer cannot begin with 0; a code is a text, in quotes"});
    if (whole) {
      std::int64_t value = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (read.ec == std::errc()) return push(TokenKind::number, end - at_, Value::of(value));
    }
    const auto value = Decimal::parse(digits);
    if (!value.ok()) return refuse(at_, value.error().message());
    push(TokenKind::number, end - at_, Value::of(*value));
  }

  void text(bool raw) {
    const auto from = at_;
    auto at = at_ + (raw ? 1 : 0);
    const char quote = source_[at++];
    if (source_.substr(at, 2) == std::string(2, quote)) return refuse(from, {"没有三引号的文本", "there are no texts in triple quotes"});
    std::string out;
    for (;; ++at) {
      if (at >= source_.size() || source_[at] == '\n') return refuse(from, {"文本没有结束的引号", "the text has no closing quote"});
      if (source_[at] == quote) break;
      if (source_[at] != '\\') {
        out += source_[at];
        continue;
      }
      if (at + 1 >= source_.size()) return refuse(from, {"文本没有结束的引号", "the text has no closing quote"});
      ++at;
      if (raw) {
        out += '\\';
        out += source_[at];
      } else if (!escape(at, out)) {
        return;
      }
    }
    push(TokenKind::text, at + 1 - from, Value::of(std::move(out)));
  }
  // Reads the escape whose letter stands at `at`; leaves `at` on its last character.
  bool escape(std::size_t& at, std::string& out) {
    constexpr std::pair<char, char> plain[] = {{'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'\\', '\\'}, {'\'', '\''}, {'"', '"'}, {'0', '\0'}};
    for (const auto& [letter, means] : plain)
      if (source_[at] == letter) {
        out += means;
        return true;
      }
    if (source_[at] == 'u') {
      unsigned code = 0;
      const auto digits = source_.substr(at + 1, 4);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (digits.size() == 4 && read.ec == std::errc() && read.ptr == digits.data() + 4 && (code < 0xD800 || code > 0xDFFF)) {
        if (code < 0x80) {
          out += static_cast<char>(code);
        } else if (code < 0x800) {
          out += static_cast<char>(0xC0U | (code >> 6));
          out += static_cast<char>(0x80U | (code & 0x3FU));
        } else {
          out += static_cast<char>(0xE0U | (code >> 12));
          out += static_cast<char>(0x80U | ((code >> 6) & 0x3FU));
          out += static_cast<char>(0x80U | (code & 0x3FU));
        }
        at += 4;
        return true;
      }
    }
    refuse(at - 1, {"不认识的转义；可用 \\n \\t \\r \\\\ \\' \\\" \\uXXXX，正则表达式请写 r\"…\"",
                    "an escape that is not known; there are \\n \\t \\r \\\\ \\' \\\" \\uXXXX, and r\"…\" for regular expressions"});
    return false;
  }

  void word(std::size_t length) {
    const auto word = source_.substr(at_, length);
    if (holds(refused_keywords, word))
      return refuse(at_, {fmt::format("行表达式里没有 {}；列名如此请写 row[\"{}\"]", word, word),
                          fmt::format("row expressions have no {}; write row[\"{}\"] for a column of that name", word, word)});
    const auto after = at_ + length;
    if (after < source_.size() && (source_[after] == '"' || source_[after] == '\'') && length <= 2 && is_ascii_letter(word[0]))
      return refuse(at_, {"文本前只能有 r", "only r can stand before a text"});
    push(holds(keywords, word) ? TokenKind::keyword : TokenKind::name, length);
  }

  void sign() {
    struct Meant {
      std::string_view written, meant;
    };
    constexpr Meant others[] = {{"<>", "!="}, {"&&", "and"}, {"||", "or"}, {"&", "and"}, {"|", "or"}, {"（", "("}, {"）", ")"},
                                {"，", ","},  {"。", "."},   {"＝", "=="}, {"“", "\""},  {"”", "\""}, {"‘", "'"},  {"’", "'"},
                                {"＞", ">"},  {"＜", "<"},   {"≥", ">="},  {"≤", "<="},  {"≠", "!="}, {"×", "*"},  {"÷", "/"},
                                {"：", ":"},  {"【", "["},   {"】", "]"},  {"＋", "+"},  {"－", "-"}, {"＊", "*"}, {"／", "/"},
                                {"％", "%"},  {"！", "not"}, {"、", ","},  {"；", ","},  {"^", "**"}, {"［", "["}, {"］", "]"}};
    const auto rest = source_.substr(at_);
    for (const auto& [written, meant] : others)
      if (rest.starts_with(written))
        return refuse(at_, {fmt::format("请写“{}”，不是“{}”", meant, written), fmt::format("write \"{}\", not \"{}\"", meant, written)});
    for (const auto word : signs) {
      if (!rest.starts_with(word)) continue;
      const bool argument = tokens_.size() > 1 && tokens_.back().kind == TokenKind::name &&
                            (tokens_[tokens_.size() - 2].text == "," || tokens_[tokens_.size() - 2].text == "(");
      if (word == "=" && !argument) return refuse(at_, {"比较请写 ==", "write == to compare"});
      return push(TokenKind::sign, word.size());
    }
    if (rest[0] == '!') return refuse(at_, {"请写 not 或 !=", "write not or !="});
    const auto point = point_at(source_, at_);
    const auto shown = point.code < 0x20 || point.code == 0x7F ? fmt::format("U+{:04X}", static_cast<unsigned>(point.code))
                                                               : std::string(rest.substr(0, point.size));
    refuse(at_, {fmt::format("不认识的符号“{}”", shown), fmt::format("an unknown sign \"{}\"", shown)});
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::optional<Error> problem_;
};

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && base::is_utf8(text) && name_length(text, 0) == text.size() && !holds(keywords, text) &&
         !holds(refused_keywords, text);
}

Result<std::vector<Token>> tokens_of(std::string_view source) {
  if (source.size() > longest_row_expression)
    return syntax_problem({}, 0,
                          {fmt::format("长 {} 字节，最多 {}", source.size(), longest_row_expression),
                           fmt::format("it is {} bytes long, {} at most", source.size(), longest_row_expression)});
  if (const auto bad = base::utf8_problem(source))
    return syntax_problem({}, 0, {fmt::format("第 {} 字节不是 UTF-8", *bad + 1), fmt::format("byte {} is not UTF-8", *bad + 1)});
  return Tokenizer(source).run();
}

}  // namespace quanji::values::rows
