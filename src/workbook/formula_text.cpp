#include "workbook/formula_text.h"

#include <algorithm>
#include <optional>

#include "workbook/cell.h"

namespace quanji::workbook {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool alike(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Of names and references: everything that is no operator.
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '$' || c == '\\' || c == '?' || (c & 0x80) != 0; }

enum class Kind : std::uint8_t { other, word, quoted, text, brackets };
struct Token {
  Kind kind = Kind::other;
  std::string_view text;  // as it stands
};

class Tokens {
 public:
  explicit Tokens(std::string_view formula) : formula_(formula) {}
  bool next(Token& token) {
    if (at_ >= formula_.size()) return false;
    const auto from = at_;
    const char c = formula_[at_];
    if (c == '"' || c == '\'') {
      token.kind = c == '"' ? Kind::text : Kind::quoted;
      for (++at_; at_ < formula_.size(); ++at_) {
        if (formula_[at_] != c) continue;
        if (at_ + 1 < formula_.size() && formula_[at_ + 1] == c)
          ++at_;
        else
          break;
      }
      at_ = std::min(at_ + 1, formula_.size());
    } else if (c == '[') {
      token.kind = Kind::brackets;
      int depth = 0;
      for (; at_ < formula_.size(); ++at_) {
        if (formula_[at_] == '\'' && at_ + 1 < formula_.size())
          ++at_;
        else if (formula_[at_] == '[')
          ++depth;
        else if (formula_[at_] == ']' && --depth == 0)
          break;
      }
      at_ = std::min(at_ + 1, formula_.size());
    } else if (is_word(c)) {
      token.kind = Kind::word;
      while (at_ < formula_.size() && is_word(formula_[at_])) ++at_;
    } else {
      token.kind = Kind::other;
      ++at_;
    }
    token.text = formula_.substr(from, at_ - from);
    return true;
  }
  char peek() const { return at_ < formula_.size() ? formula_[at_] : '\0'; }
  // "Mar" of Jan:Mar!A1, when that is what comes; the colon is still to come.
  std::string_view second_sheet() const {
    if (peek() != ':') return {};
    auto end = at_ + 1;
    while (end < formula_.size() && is_word(formula_[end])) ++end;
    if (end == at_ + 1 || end >= formula_.size() || formula_[end] != '!') return {};
    return formula_.substr(at_ + 1, end - at_ - 1);
  }

 private:
  std::string_view formula_;
  std::size_t at_ = 0;
};

std::string unquoted(std::string_view quoted) {
  std::string out;
  quoted = quoted.substr(1, quoted.size() > 1 ? quoted.size() - 2 : 0);
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    out += quoted[i];
    if (quoted[i] == '\'' && i + 1 < quoted.size() && quoted[i + 1] == '\'') ++i;
  }
  return out;
}

// Goes through the references to sheets; `seen` answers what a name becomes. Nothing: it stays.
template <class Seen>
std::string with_names(std::string_view formula, Seen seen) {
  std::string out;
  Tokens tokens(formula);
  Token token;
  bool foreign = false;  // behind [1]: a sheet of another workbook
  while (tokens.next(token)) {
    const bool ours = !foreign;
    foreign = token.kind == Kind::brackets;
    if (ours && token.kind == Kind::quoted && tokens.peek() == '!') {
      // One name, two of them with a colon, or another workbook's.
      const auto whole = unquoted(token.text);
      const auto colon = whole.find(':');
      if (whole.find(']') == std::string::npos) {
        std::optional<std::string> first = seen(std::string_view(whole).substr(0, colon)), second;
        if (colon != std::string::npos) second = seen(std::string_view(whole).substr(colon + 1));
        if (first || second) {
          auto name = first.value_or(whole.substr(0, colon));
          if (colon != std::string::npos) name += ":" + second.value_or(whole.substr(colon + 1));
          out += quoted_sheet(name);
          continue;
        }
      }
    } else if (ours && token.kind == Kind::word) {
      const auto second = tokens.second_sheet();
      if (tokens.peek() == '!') {
        if (const auto name = seen(token.text)) {
          out += quoted_sheet(*name);
          continue;
        }
      } else if (!second.empty()) {
        const auto first_name = seen(token.text), second_name = seen(second);
        if (first_name || second_name) {
          out += quoted_sheet(first_name.value_or(std::string(token.text)) + ":" + second_name.value_or(std::string(second)));
          tokens.next(token);  // the colon
          tokens.next(token);  // the second name
          continue;
        }
      }
    }
    out += token.text;
  }
  return out;
}

// A reference in its parts: "$B$7", "B", "$7".
struct Reference {
  bool fixed_column = false, fixed_row = false;
  std::uint32_t column = 0, row = 0;  // 0: not said
};
std::optional<Reference> reference_of(std::string_view text) {
  Reference found;
  std::size_t i = 0;
  bool dollar = i < text.size() && text[i] == '$';
  if (dollar) ++i;
  std::size_t letters = 0;
  for (; i < text.size() && is_letter(text[i]) && letters < 4; ++i, ++letters)
    found.column = found.column * 26 + static_cast<std::uint32_t>(lower(text[i]) - 'a' + 1);
  if (letters > 0) {
    found.fixed_column = dollar;
    dollar = i < text.size() && text[i] == '$';
    if (dollar) ++i;
  }
  std::size_t digits = 0;
  for (; i < text.size() && is_digit(text[i]) && digits < 8; ++i, ++digits)
    found.row = found.row * 10 + static_cast<std::uint32_t>(text[i] - '0');
  if (digits > 0) found.fixed_row = dollar;
  if (i != text.size() || (digits == 0 && dollar) || letters + digits == 0) return std::nullopt;
  if ((letters > 0 && (found.column > most_columns || letters > 3)) || (digits > 0 && (found.row == 0 || found.row > most_rows)))
    return std::nullopt;
  return found;
}
std::string moved(const Reference& from, std::int64_t rows, std::int64_t columns) {
  const std::int64_t column = from.column + (from.fixed_column ? 0 : columns), row = from.row + (from.fixed_row ? 0 : rows);
  if ((from.column != 0 && (column < 1 || column > most_columns)) || (from.row != 0 && (row < 1 || row > most_rows))) return "#REF!";
  std::string out;
  if (from.column != 0) out += (from.fixed_column ? "$" : "") + column_letters(static_cast<std::uint32_t>(column));
  if (from.row != 0) out += (from.fixed_row ? "$" : "") + std::to_string(row);
  return out;
}

}  // namespace

std::string quoted_sheet(std::string_view name) {
  std::string out = "'";
  for (const char c : name) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

bool formula_names_sheet(std::string_view formula, std::string_view sheet) {
  bool found = false;
  with_names(formula, [&](std::string_view name) -> std::optional<std::string> {
    found = found || alike(name, sheet);
    return std::nullopt;
  });
  return found;
}
std::string formula_with_sheet(std::string_view formula, std::string_view sheet, std::string_view name) {
  return with_names(formula, [&](std::string_view found) -> std::optional<std::string> {
    if (!alike(found, sheet)) return std::nullopt;
    return std::string(name);
  });
}

std::string shifted_formula(std::string_view formula, std::int64_t rows, std::int64_t columns) {
  std::string out;
  Tokens tokens(formula);
  Token token;
  bool half = false;  // behind "A:" or "1:"
  while (tokens.next(token)) {
    const bool second_half = half;
    half = false;
    if (token.kind == Kind::word && tokens.peek() != '(' && tokens.peek() != '!' && tokens.second_sheet().empty()) {
      if (const auto reference = reference_of(token.text)) {
        const bool cell = reference->column != 0 && reference->row != 0;
        // Letters or digits alone are a column or a row only on both sides of a colon.
        bool pair = second_half;
        if (!cell && !pair && tokens.peek() == ':') {
          auto ahead = tokens;
          Token colon, other;
          if (ahead.next(colon) && ahead.next(other) && other.kind == Kind::word)
            if (const auto end = reference_of(other.text))
              pair = half = (end->column != 0) == (reference->column != 0) && (end->row != 0) == (reference->row != 0);
        }
        if (cell || pair) {
          out += moved(*reference, rows, columns);
          continue;
        }
      }
    }
    if (token.text == ":" && second_half) half = true;
    out += token.text;
  }
  return out;
}

}  // namespace quanji::workbook
