// Functions of texts, and slices.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/encodings.h"
#include "values/names.h"
#include "values/row_calls.h"
#include "values/row_expression.h"

namespace quanji::values::rows {

using base::Text;

namespace {

bool is_lead(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
std::size_t length_of(std::string_view text) { return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_lead)); }
// Where character `number` begins; the end behind the last.
std::size_t place_of_character(std::string_view text, std::size_t number) {
  if (number >= text.size()) return text.size();
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (is_lead(text[at]) && seen++ == number) return at;
  return text.size();
}
std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks[] = {" ", "\t", "\n", "\r", "\f", "\v", "\xC2\xA0", "\xE3\x80\x80"};
  for (bool more = true; more;) {
    more = false;
    for (const auto blank : blanks) {
      if (text.starts_with(blank)) {
        text.remove_prefix(blank.size());
        more = true;
      }
      if (text.ends_with(blank)) {
        text.remove_suffix(blank.size());
        more = true;
      }
    }
  }
  return text;
}
Text too_long() {
  return {fmt::format("文本超过 {} 字节", longest_made_text), fmt::format("the text becomes longer than {} bytes", longest_made_text)};
}

}  // namespace

// out = one(row, out) for rows where no argument is nothing; `one` answers what is wrong.
template <class One>
Operand Calls::texts(std::initializer_list<std::size_t> wanted_texts, One one) {
  for (const auto i : wanted_texts)
    if (!must_be(i, {ColumnType::text})) return {};
  ColumnBuilder builder(ColumnType::text);
  builder.reserve(rows_);
  std::string out;
  for (std::size_t row = 0; row < rows_; ++row) {
    if (any_nothing(row)) {
      builder.add_nothing();
      continue;
    }
    out.clear();
    one(row, out);
    if (failed()) return {};
    if (out.size() > longest_made_text && bad(0, row, too_long())) return {};
    builder.add_text(out);
  }
  return made(std::move(builder));
}

template <class One>
Operand Calls::tests(One one) {
  if (!must_be(0, {ColumnType::text}) || !must_be(1, {ColumnType::text})) return {};
  Marks marks(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    if (any_nothing(row)) continue;
    const auto text = text_at(0, row), other = text_at(1, row);
    if (failed()) return {};
    marks[row] = text && other && one(*text, *other);
  }
  return evaluation_.flags(std::move(marks), constant_, node_);
}

Operand Calls::len() {
  if (!must_be(0, {ColumnType::text})) return {};
  ColumnBuilder builder(ColumnType::integer);
  builder.reserve(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto text = any_nothing(row) ? std::nullopt : text_at(0, row);
    if (failed()) return {};
    if (text)
      builder.add_integer(static_cast<std::int64_t>(length_of(*text)));
    else
      builder.add_nothing();
  }
  return made(std::move(builder));
}

Operand Calls::upper() {
  return texts({0}, [&](std::size_t row, std::string& out) {
    out = text_at(0, row).value_or("");
    for (auto& c : out)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  });
}
Operand Calls::lower() {
  return texts({0}, [&](std::size_t row, std::string& out) {
    out = text_at(0, row).value_or("");
    for (auto& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  });
}
Operand Calls::strip() {
  return texts({0}, [&](std::size_t row, std::string& out) { out = without_blanks(text_at(0, row).value_or("")); });
}

Operand Calls::startswith() {
  return tests([](std::string_view text, std::string_view with) { return text.starts_with(with); });
}
Operand Calls::endswith() {
  return tests([](std::string_view text, std::string_view with) { return text.ends_with(with); });
}
Operand Calls::contains() {
  return tests([](std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; });
}

Operand Calls::replace() {
  return texts({0, 1, 2}, [&](std::size_t row, std::string& out) {
    const auto text = text_at(0, row).value_or(""), old = text_at(1, row).value_or(""), fresh = text_at(2, row).value_or("");
    if (old.empty()) {
      bad(1, row, {"replace 要替换的文本是空的", "the text that replace looks for is empty"});
      return;
    }
    std::size_t from = 0;
    for (std::size_t found = text.find(old); found != std::string_view::npos && out.size() <= longest_made_text;
         found = text.find(old, from)) {
      out += text.substr(from, found - from);
      out += fresh;
      from = found + old.size();
    }
    out += text.substr(from);
  });
}

Operand Calls::zfill() {
  if (!must_be(1, {ColumnType::integer})) return {};
  return texts({0}, [&](std::size_t row, std::string& out) {
    auto text = text_at(0, row).value_or("");
    const auto width = integer_at(1, row).value_or(0);
    if (width > static_cast<std::int64_t>(longest_made_text)) {
      bad(1, row, too_long());
      return;
    }
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
      out += text[0];
      text.remove_prefix(1);
    }
    const auto length = static_cast<std::int64_t>(length_of(text) + out.size());
    if (length < width) out.append(static_cast<std::size_t>(width - length), '0');
    out += text;
  });
}

Operand Calls::matches() {
  const auto wanted = constant_text(1);
  if (!wanted) return {};
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 pattern(re2::StringPiece(wanted->data(), wanted->size()), options);
  if (!pattern.ok())
    return evaluation_.refuse(
        *at(1).node, {fmt::format("正则表达式有误：{}（{}）", quoted(pattern.error()), quoted(pattern.error_arg())),
                      fmt::format("the regular expression is wrong: {} ({})", quoted(pattern.error()), quoted(pattern.error_arg()))});
  return tests(
      [&](std::string_view text, std::string_view) { return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern); });
}

// Arguments: the text, from, to; bounds as Python's.
Operand Calls::slice() {
  for (const std::size_t i : {1U, 2U})
    if (given(i) && !must_be(i, {ColumnType::integer})) return {};
  return texts({0}, [&](std::size_t row, std::string& out) {
    const auto text = text_at(0, row).value_or("");
    std::int64_t from = given(1) ? integer_at(1, row).value_or(0) : 0;
    std::int64_t to = given(2) ? integer_at(2, row).value_or(0) : INT64_MAX;
    if (from < 0 || to < 0) {
      const auto length = static_cast<std::int64_t>(length_of(text));
      if (from < 0) from = std::max<std::int64_t>(0, from + length);
      if (to < 0) to = std::max<std::int64_t>(0, to + length);
    }
    if (to <= from) return;
    const auto begin = place_of_character(text, static_cast<std::size_t>(from));
    const auto rest = text.substr(begin);
    out = rest.substr(0, place_of_character(rest, static_cast<std::size_t>(to - from)));
  });
}

}  // namespace quanji::values::rows
