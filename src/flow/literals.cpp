#include "flow/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "values/table.h"

namespace quanji::flow {

using base::Code;
using base::Error;
using base::Result;
using base::Text;
using values::Type;
using values::Value;

namespace {

constexpr std::array<std::string_view, 16> declared_types{"text", "integer", "decimal", "bool",  "date", "time",   "datetime", "duration",
                                                          "list", "map",     "table",   "bytes", "file", "secret", "any",      "handle"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What the core schema takes for a number: [-+]? digits, with point and exponent.
bool looks_like_number(std::string_view text, bool& whole) {
  std::size_t i = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t digits = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  std::size_t count = i - digits;
  whole = count > 0 && i == text.size();
  if (whole) return true;
  if (i < text.size() && text[i] == '.') {
    const std::size_t places = ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
    count += i - places;
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    const std::size_t exponent = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == exponent) return false;
  }
  return i == text.size();
}

bool looks_like_other_number(std::string_view text) {
  const auto bare = text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  for (const std::string_view word : {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"})
    if (bare == word) return true;
  const auto all = [&](std::string_view allowed) {
    return text.size() > 2 && text.find_first_not_of(allowed, 2) == std::string_view::npos;
  };
  return (text.starts_with("0x") && all("0123456789abcdefABCDEF")) || (text.starts_with("0o") && all("01234567"));
}

void ambiguous(const YamlNode& scalar, Text message, Problems& problems) {
  problems.add(
      ProblemCode::ambiguous_number, scalar.at, std::move(message),
      {fmt::format("是代码或编号就加引号：'{}'", scalar.text), fmt::format("A code or an identifier goes in quotes: '{}'", scalar.text)});
}

Error wrong(std::string zh, std::string en) { return Error(Code::invalid_field, {std::move(zh), std::move(en)}); }

Error refused(const TypeWord& type, const Value& literal) {
  const auto how = how_to_write(type);
  return wrong(fmt::format("应为 {}（{}），这里是 {}", word_of(type), how.zh, values::word_of(literal.type())),
               fmt::format("{} ({}) is expected, this is {}", word_of(type), how.en, values::word_of(literal.type())));
}

template <class T>
Result<Value> from_text(Result<T> read, const TypeWord& type, const std::string& text) {
  if (read.ok()) return Value::of(*read);
  const auto how = how_to_write(type);
  return wrong(fmt::format("“{}”不是 {}（{}）", text, word_of(type), how.zh),
               fmt::format("“{}” is no {} ({})", text, word_of(type), how.en));
}

}  // namespace

std::span<const std::string_view> type_words() { return std::span(declared_types).first(declared_types.size() - 1); }

TypeWord type_word(std::string_view word) {
  if (word == "any" || word.empty()) return {};
  if (word != "handle" && word != "nothing")
    if (const auto type = values::type_of(word)) return {type, {}};
  return {Type::handle, std::string(word == "handle" ? "" : word)};
}
std::string word_of(const TypeWord& type) {
  if (!type.type) return "any";
  if (*type.type == Type::handle && !type.handle.empty()) return type.handle;
  return std::string(values::word_of(*type.type));
}

Value scalar_value(const YamlNode& scalar, Problems& problems) {
  const auto& text = scalar.text;
  if (scalar.style != YamlNode::Style::plain) return Value::of(text);
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return Value::of(true);
  if (text == "false" || text == "False" || text == "FALSE") return Value::of(false);
  bool whole = false;
  if (!looks_like_number(text, whole)) {
    if (looks_like_other_number(text))
      ambiguous(scalar, {fmt::format("{} 不是流程语言的数字", text), fmt::format("{} is no number of the flow language", text)}, problems);
    return Value::of(text);
  }
  const auto digits = std::string_view(text).substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) {
    ambiguous(
        scalar,
        {fmt::format("{} 以 0 开头：作为数字会丢掉前面的 0", text), fmt::format("{} begins with a zero, which a number would lose", text)},
        problems);
    return Value::of(text);
  }
  const auto unsigned_plus = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  if (whole) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(unsigned_plus.data(), unsigned_plus.data() + unsigned_plus.size(), number);
    if (error == std::errc() && end == unsigned_plus.data() + unsigned_plus.size()) return Value::of(number);
    ambiguous(scalar, {fmt::format("{} 超出 64 位整数", text), fmt::format("{} is beyond integers of 64 bits", text)}, problems);
    return Value::of(text);
  }
  const auto decimal = values::Decimal::parse(unsigned_plus);
  if (decimal.ok()) return Value::of(*decimal);
  ambiguous(scalar, {fmt::format("{} 超出 38 位十进制数", text), fmt::format("{} needs more than the 38 digits of a decimal", text)},
            problems);
  return Value::of(text);
}

Text how_to_write(const TypeWord& type) {
  if (!type.type) return {"任意值", "any value"};
  switch (*type.type) {
    case Type::boolean:
      return {"true 或 false", "true or false"};
    case Type::integer:
      return {"如 5，不加引号", "like 5, without quotes"};
    case Type::decimal:
      return {"如 1.20，不加引号", "like 1.20, without quotes"};
    case Type::text:
      return {"文本；数字要加引号", "text; numbers in quotes"};
    case Type::date:
      return {"如 2026-11-20", "like 2026-11-20"};
    case Type::time:
      return {"如 09:30:00", "like 09:30:00"};
    case Type::datetime:
      return {"如 2026-11-20T09:30:00", "like 2026-11-20T09:30:00"};
    case Type::duration:
      return {"如 30s、1m30s、2h", "like 30s, 1m30s, 2h"};
    case Type::list:
      return {"如 [1, 2]", "like [1, 2]"};
    case Type::map:
      return {"如 {name: 值}", "like {name: value}"};
    case Type::table:
      return {"表达式，或由键值表组成的列表", "an expression, or a list of maps"};
    case Type::bytes:
      return {"表达式", "an expression"};
    case Type::file:
      return {"路径文本", "a path as text"};
    case Type::secret:
      return {"表达式，值来自 credential.get 等活动", "an expression, from an activity such as credential.get"};
    default:
      return {"表达式，如 =page", "an expression like =page"};
  }
}

Result<Value> literal_as(const Value& literal, const TypeWord& type) {
  if (!type.type || literal.is(Type::nothing) || literal.is(*type.type)) return literal;
  if (literal.is(Type::text)) {
    const auto& text = literal.text();
    switch (*type.type) {
      case Type::date:
        return from_text(base::parse_date(text), type, text);
      case Type::time:
        return from_text(values::parse_time_of_day(text), type, text);
      case Type::datetime:
        return from_text(values::parse_datetime(text), type, text);
      case Type::duration:
        return from_text(values::parse_duration(text), type, text);
      case Type::file:
        return literal;
      default:
        return refused(type, literal);
    }
  }
  if (literal.is(Type::integer) && *type.type == Type::decimal) return Value::of(values::Decimal::of(literal.integer()));
  if (literal.is(Type::list) && *type.type == Type::table) {
    const auto& rows = literal.list();
    if (!std::all_of(rows.begin(), rows.end(), [](const Value& row) { return row.is(Type::map); })) return refused(type, literal);
    QUANJI_TRY(auto table, values::Table::of_rows(rows));
    return Value::of(std::make_shared<const values::Table>(std::move(table)));
  }
  return refused(type, literal);
}

}  // namespace quanji::flow
