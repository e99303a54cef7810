#include "activities/column_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/failures.h"
#include "values/names.h"
#include "values/table_problems.h"

namespace quanji::activities {

using engine::Outcome;
using values::ColumnType;
using values::Type;
using values::Value;

namespace {

struct TypeWord {
  std::string_view word;
  ColumnType type;
};
constexpr TypeWord type_words[] = {{"text", ColumnType::text},    {"integer", ColumnType::integer},  {"decimal", ColumnType::decimal},
                                   {"bool", ColumnType::boolean}, {"date", ColumnType::date},        {"datetime", ColumnType::datetime},
                                   {"time", ColumnType::time},    {"duration", ColumnType::duration}};

Outcome<ColumnWishes::Typed> typed_of(const std::string& name, const Value& said) {
  ColumnWishes::Typed typed{name, ColumnType::text, {}};
  const auto where = fmt::format("columns/{}", name);
  if (said.is(Type::text)) {
    QUANJI_TRY(typed.type, column_type(said.text(), where));
    return typed;
  }
  if (!said.is(Type::map) || !said.find("type") || !said.find("type")->is(Type::text))
    return wrong_argument(where, "应为类型名（如 decimal），或 {type: date, format: \"%Y%m%d\"}",
                          "must be a type (like decimal), or {type: date, format: \"%Y%m%d\"}");
  for (const auto& [key, value] : said.map()) {
    if (key == "type") continue;
    if (key != "format" || !value.is(Type::text))
      return wrong_argument(where, fmt::format("不认识 {}；可写 type 和 format（文本）", values::quoted(key)),
                            fmt::format("{} is not known; there are type and format (a text)", values::quoted(key)));
    if (const auto problem = values::format_problem(value.text())) return wrong_argument(where + "/format", problem->zh, problem->en);
    typed.format = value.text();
  }
  QUANJI_TRY(typed.type, column_type(said.find("type")->text(), where + "/type"));
  return typed;
}

}  // namespace

engine::Failure wrong_argument(std::string_view input, std::string zh, std::string en) {
  return failure("invalid_argument", {fmt::format("参数 {}：{}", input, zh), fmt::format("argument {}: {}", input, en)});
}

Outcome<ColumnType> column_type(std::string_view word, std::string_view where) {
  const auto* found = std::ranges::find(type_words, word, &TypeWord::word);
  if (found != std::end(type_words)) return found->type;
  std::vector<std::string> words;
  for (const auto& known : type_words) words.emplace_back(known.word);
  const auto reason = values::no_such_name({"类型", "type"}, word, words);
  return wrong_argument(where, reason.zh, reason.en);
}
std::string_view type_word(ColumnType type) {
  const auto* found = std::ranges::find(type_words, type, &TypeWord::type);
  return found == std::end(type_words) ? "any" : found->word;
}

Outcome<std::vector<std::string>> name_list(const Value& list, std::string_view what) {
  std::vector<std::string> names;
  if (!list.is(Type::list)) return wrong_argument(what, "应为列名的列表，如 [代码, 金额]", "must be a list of names, like [code, amount]");
  for (const auto& name : list.list()) {
    if (!name.is(Type::text) || name.text().empty())
      return wrong_argument(what, fmt::format("列名应为文本，现为 {}", values::told(name)),
                            fmt::format("names are texts, but one is {}", values::told(name)));
    if (std::ranges::find(names, name.text()) != names.end())
      return wrong_argument(what, fmt::format("列“{}”写了两次", values::quoted(name.text())),
                            fmt::format("column \"{}\" is named twice", values::quoted(name.text())));
    names.push_back(name.text());
  }
  return names;
}

Outcome<ColumnWishes> column_wishes(const std::optional<Value>& columns) {
  ColumnWishes wishes;
  if (!columns || columns->is(Type::nothing)) return wishes;
  if (columns->is(Type::map)) {
    for (const auto& [name, said] : columns->map()) {
      QUANJI_TRY(auto typed, typed_of(name, said));
      wishes.typed.push_back(std::move(typed));
    }
    return wishes;
  }
  if (!columns->is(Type::list))
    return wrong_argument("columns", "应为列名的列表，或“列名: 类型”的映射", "must be a list of names, or a map of name: type");
  QUANJI_TRY(wishes.names, name_list(*columns, "columns"));
  if (wishes.names.empty())
    return wrong_argument("columns", "列表是空的；不写 columns 就是全部列", "the list is empty; without columns all are taken");
  return wishes;
}

Outcome<std::vector<std::pair<std::string, std::string>>> key_pairs(const Value& keys) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (keys.is(Type::map)) {
    for (const auto& [ours, theirs] : keys.map()) {
      if (!theirs.is(Type::text))
        return wrong_argument("keys", fmt::format("“{}”后面应是另一表的列名", values::quoted(ours)),
                              fmt::format("\"{}\" is followed by the other table's column", values::quoted(ours)));
      pairs.emplace_back(ours, theirs.text());
    }
  } else {
    QUANJI_TRY(const auto names, name_list(keys, "keys"));
    for (const auto& name : names) pairs.emplace_back(name, name);
  }
  if (pairs.empty()) return wrong_argument("keys", "至少要一个键", "at least one key is needed");
  return pairs;
}

std::vector<values::Cast> casts_of(const std::vector<ColumnWishes::Typed>& typed, values::OnFailure on_failure) {
  std::vector<values::Cast> casts;
  for (const auto& one : typed) {
    values::Cast cast;
    cast.column = one.name;
    cast.to = one.type;
    cast.format = one.format;
    cast.on_failure = on_failure;
    casts.push_back(std::move(cast));
  }
  return casts;
}

Outcome<void> need_columns(const values::Table& table, std::span<const std::string> names, base::Sentence which) {
  for (const auto& name : names) {
    const auto found = table.need(name);
    if (found.ok()) continue;
    const auto& message = found.error().message();
    return failure("not_found", {std::string(which.zh) + message.zh, std::string(which.en) + message.en});
  }
  return {};
}

base::Charset charset_of(TextEncoding encoding) {
  return encoding == TextEncoding::gbk       ? base::Charset::gbk
         : encoding == TextEncoding::gb18030 ? base::Charset::gb18030
                                             : base::Charset::utf8;
}
std::optional<base::Charset> charset_of(ReadEncoding encoding) {
  switch (encoding) {
    case ReadEncoding::automatic:
      return std::nullopt;
    case ReadEncoding::gbk:
      return base::Charset::gbk;
    case ReadEncoding::gb18030:
      return base::Charset::gb18030;
    default:
      return base::Charset::utf8;
  }
}

}  // namespace quanji::activities
