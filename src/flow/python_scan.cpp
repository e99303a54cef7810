#include "flow/python_scan.h"

#include <algorithm>
#include <set>

#include "flow/python_names.h"
#include "flow/yaml_mend.h"

namespace quanji::flow {

namespace {

constexpr int deepest_template = 16;

bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_word(char c) { return begins_word(c) || is_digit(c); }

struct Token {
  enum class Kind : std::uint8_t { word, number, text, mark };
  Kind kind = Kind::mark;
  std::string_view text;   // of a text: what is between the quotes
  std::size_t offset = 0;  // bytes into the whole expression
  int depth = 0;           // brackets open around it
  bool is(std::string_view mark) const { return kind == Kind::mark && text == mark; }
  bool is_word(std::string_view word) const { return kind == Kind::word && text == word; }
};

class Scanner {
 public:
  PythonScan scan(std::string_view text) {
    read(text, 0, 0);
    auto& names = out_.names;
    names.erase(std::remove_if(names.begin(), names.end(), [&](const PythonName& n) { return bound_.contains(n.name); }), names.end());
    std::stable_sort(names.begin(), names.end(), [](const PythonName& a, const PythonName& b) { return a.offset < b.offset; });
    return std::move(out_);
  }

 private:
  void foreign(std::size_t offset, std::string_view found, std::string_view python, bool wide = false) {
    if (out_.foreign) return;
    out_.foreign = PythonScan::Foreign{offset, std::string(found), std::string(python)};
    out_.full_width = wide;
  }

  // One stretch of Python: the whole, or what stands in the braces of an f-string.
  void read(std::string_view text, std::size_t base, int level) {
    std::vector<Token> tokens;
    std::string brackets;
    std::size_t i = 0;
    while (i < text.size()) {
      const char c = text[i];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
        ++i;
      } else if (c == '#') {
        while (i < text.size() && text[i] != '\n') ++i;
      } else if (c == '"' || c == '\'') {
        i = quoted(text, i, i, base, level, static_cast<int>(brackets.size()), tokens);
      } else if (begins_word(c)) {
        std::size_t end = i;
        while (end < text.size() && in_word(text[end])) ++end;
        if (const auto wide = full_width_in(text.substr(i, end - i))) {
          foreign(base + i + wide->offset, wide->wide, wide->ascii, true);
          end = i + wide->offset + wide->wide.size();
          if (wide->offset > 0)
            tokens.push_back({Token::Kind::word, text.substr(i, wide->offset), base + i, static_cast<int>(brackets.size())});
          i = end;
          continue;
        }
        if (end < text.size() && (text[end] == '"' || text[end] == '\'') && is_prefix(text.substr(i, end - i))) {
          i = quoted(text, i, end, base, level, static_cast<int>(brackets.size()), tokens);
          continue;
        }
        tokens.push_back({Token::Kind::word, text.substr(i, end - i), base + i, static_cast<int>(brackets.size())});
        i = end;
      } else if (is_digit(c) || (c == '.' && i + 1 < text.size() && is_digit(text[i + 1]))) {
        std::size_t end = i;
        while (end < text.size() && (in_word(text[end]) || text[end] == '.' ||
                                     ((text[end] == '+' || text[end] == '-') && (text[end - 1] == 'e' || text[end - 1] == 'E') &&
                                      !text.substr(i).starts_with("0x"))))
          ++end;
        tokens.push_back({Token::Kind::number, text.substr(i, end - i), base + i, static_cast<int>(brackets.size())});
        i = end;
      } else {
        i = mark(text, i, base, brackets, tokens);
      }
    }
    if (!brackets.empty() && out_.unfinished == PythonScan::Unfinished::no) out_.unfinished = PythonScan::Unfinished::bracket;
    bind(tokens);
    use(tokens, level);
  }

  static bool is_prefix(std::string_view word) {
    if (word.size() > 2) return false;
    return word.find_first_not_of("rRbBuUfF") == std::string_view::npos;
  }

  std::size_t mark(std::string_view text, std::size_t i, std::size_t base, std::string& brackets, std::vector<Token>& tokens) {
    const char c = text[i];
    std::size_t size = 1;
    for (const std::string_view two : {"==", "!=", "<=", ">=", ":=", "**", "//", "->", "<<", ">>", "&&", "||"})
      if (text.substr(i).starts_with(two)) size = 2;
    const auto found = text.substr(i, size);
    if (found == "&&") foreign(base + i, "&&", "and");
    if (found == "||") foreign(base + i, "||", "or");
    if (found == "!") foreign(base + i, "!", "not");
    if (found == "?") foreign(base + i, "?", "a if b else c");
    if (found == "$") foreign(base + i, "$", "");
    if (c == '(' || c == '[' || c == '{') brackets += c;
    const auto depth = static_cast<int>(brackets.size());
    if (c == ')' || c == ']' || c == '}') {
      const char open = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (brackets.empty() || brackets.back() != open) {
        if (!out_.extra_bracket) out_.extra_bracket = base + i;
      } else {
        brackets.pop_back();
      }
    }
    tokens.push_back({Token::Kind::mark, found, base + i, depth});
    return i + size;
  }

  // From the prefix on; `quote` is where the quote stands. Answers where it goes on.
  std::size_t quoted(std::string_view text, std::size_t start, std::size_t quote, std::size_t base, int level, int depth,
                     std::vector<Token>& tokens) {
    const auto prefix = text.substr(start, quote - start);
    const bool is_template = prefix.find_first_of("fF") != std::string_view::npos;
    const char mark = text[quote];
    const bool triple = text.substr(quote).starts_with(std::string(3, mark));
    const std::size_t begin = quote + (triple ? 3 : 1);
    std::size_t i = begin;
    while (true) {
      if (i >= text.size() || (!triple && text[i] == '\n')) {
        out_.unfinished = PythonScan::Unfinished::text;
        return text.size();
      }
      if (text[i] == '\\') {
        i = std::min(i + 2, text.size());
        continue;
      }
      if (text[i] == mark && (!triple || text.substr(i).starts_with(std::string(3, mark)))) break;
      ++i;
    }
    const auto inside = text.substr(begin, i - begin);
    tokens.push_back({Token::Kind::text, is_template ? std::string_view() : inside, base + start, depth});
    if (is_template && level < deepest_template) braces(inside, base + begin, level);
    return i + (triple ? 3 : 1);
  }

  // What stands in the braces of an f-string, and in those of its format.
  void braces(std::string_view text, std::size_t base, int level) {
    for (std::size_t i = 0; i < text.size();) {
      if (text[i] != '{') {
        ++i;
        continue;
      }
      if (text.substr(i).starts_with("{{")) {
        i += 2;
        continue;
      }
      std::size_t end = i + 1;
      std::string open;
      std::optional<std::size_t> expression_end, format;
      char quote = 0;
      for (; end < text.size(); ++end) {
        const char c = text[end];
        if (quote) {
          if (c == quote) quote = 0;
          continue;
        }
        if (format) {  // braces inside a format are expressions again
          if (c == '{') open += c;
          if (c == '}') {
            if (open.empty()) break;
            open.pop_back();
          }
          continue;
        }
        if (c == '"' || c == '\'') quote = c;
        if (c == '(' || c == '[' || c == '{') open += c;
        if (c == '}' && open.empty()) break;
        if ((c == ')' || c == ']' || c == '}') && !open.empty()) open.pop_back();
        if (!open.empty()) continue;
        if (c == '!' && text.substr(end + 1, 1) != "=" && !expression_end) expression_end = end;
        if (c == ':') {
          if (!expression_end) expression_end = end;
          format = end + 1;
        }
      }
      if (end >= text.size()) {
        if (out_.unfinished == PythonScan::Unfinished::no) out_.unfinished = PythonScan::Unfinished::bracket;
        return;
      }
      auto expression = text.substr(i + 1, expression_end.value_or(end) - i - 1);
      // f"{x=}" shows the name too.
      while (expression.ends_with(' ')) expression.remove_suffix(1);
      if (expression.ends_with('=') && !expression.ends_with("==")) expression.remove_suffix(1);
      read(expression, base + i + 1, level + 1);
      if (format && level + 1 < deepest_template) braces(text.substr(*format, end - *format), base + *format, level + 1);
      i = end + 1;
    }
  }

  // Names bound inside the expression: they hide variables in all of it, which is more than Python does and never complains wrongly.
  void bind(const std::vector<Token>& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].is_word("for")) {
        for (++i; i < tokens.size() && !tokens[i].is_word("in"); ++i)
          if (tokens[i].kind == Token::Kind::word) bound_.emplace(tokens[i].text);
      } else if (tokens[i].is_word("lambda")) {
        bool name = true;
        for (++i; i < tokens.size() && !tokens[i].is(":"); ++i) {
          if (tokens[i].kind == Token::Kind::word && name) bound_.emplace(tokens[i].text);
          if (!tokens[i].is("*") && !tokens[i].is("**")) name = tokens[i].is(",");
        }
      } else if (tokens[i].is(":=") && i > 0 && tokens[i - 1].kind == Token::Kind::word) {
        bound_.emplace(tokens[i - 1].text);
      }
    }
  }

  void use(const std::vector<Token>& tokens, int level) {
    bool lambda = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto& token = tokens[i];
      const bool after_dot = i > 0 && tokens[i - 1].is(".");
      if (token.is_word("lambda")) lambda = true;
      if (token.is("=") && token.depth == 0 && !lambda && level == 0 && !out_.single_equals) out_.single_equals = token.offset;
      if (token.kind != Token::Kind::word || after_dot || is_python_keyword(token.text)) continue;
      const bool keyword_argument = token.depth > 0 && i + 1 < tokens.size() && tokens[i + 1].is("=");
      if (keyword_argument) continue;
      out_.names.push_back({std::string(token.text), token.offset});
      if (i + 2 < tokens.size() && tokens[i + 1].is("(") && tokens[i + 2].kind == Token::Kind::text && !tokens[i + 2].text.empty() &&
          (i + 3 >= tokens.size() || tokens[i + 3].is(")") || tokens[i + 3].is(",")))
        out_.calls.push_back({std::string(token.text), std::string(tokens[i + 2].text), tokens[i + 2].offset});
    }
  }

  PythonScan out_;
  std::set<std::string, std::less<>> bound_;
};

}  // namespace

PythonScan read_expression(std::string_view python) { return Scanner().scan(python); }

}  // namespace quanji::flow
