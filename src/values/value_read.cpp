// Values read from the journal form of JSON.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/encodings.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::values {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Result;
using base::Text;

namespace {

Error unreadable(std::string_view zh, std::string_view en) {
  return Error(Code::invalid_field, Text(fmt::format("值无法读取：{}", zh), fmt::format("unreadable value: {}", en)));
}
Error wrong_word(std::string_view word) {
  const auto quoted = base::repair_utf8(base::utf8_beginning(word, 40));
  return unreadable(fmt::format("{} 的内容不对", quoted), fmt::format("what stands under {} is not what belongs there", quoted));
}

Result<Value> read(const json::value& from, int depth);

Result<Map> read_map(const json::object& object, int depth) {
  Map map;
  map.reserve(object.size());
  for (const auto& member : object) {
    QUANJI_TRY(auto value, read(member.value(), depth + 1));
    map.emplace_back(std::string(member.key()), std::move(value));
  }
  return map;
}

Result<Value> read_double(double d) {
  // Boost reads whole numbers beyond 64 bits as doubles: their digits are gone.
  if (!std::isfinite(d) || std::abs(d) >= 9.2e18)
    return unreadable("整数超出 64 位，请写成 {\"$decimal\":\"…\"}", "an integer beyond 64 bits: write it as {\"$decimal\":\"…\"}");
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, d);
  QUANJI_TRY(const auto decimal, Decimal::parse({text, static_cast<std::size_t>(end.ptr - text)}));
  return Value::of(decimal);
}

std::optional<std::string_view> text_in(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(json::string_view(key.data(), key.size()));
  const auto* text = found ? found->if_string() : nullptr;
  if (!text) return {};
  return std::string_view(text->data(), text->size());
}

Result<Value> read_file(const json::value& from) {
  const auto* object = from.if_object();
  const auto path = object ? text_in(*object, "path") : std::nullopt;
  const auto digest = object ? text_in(*object, "digest") : std::nullopt;
  if (!path || object->size() != (digest ? 2U : 1U)) return wrong_word("$file");
  return Value::of(FileRef{std::string(*path), std::string(digest.value_or(""))});
}
Result<Value> read_secret(const json::value& from) {
  const auto* object = from.if_object();
  const auto credential = object ? text_in(*object, "credential") : std::nullopt;
  const auto field = object ? text_in(*object, "field") : std::nullopt;
  const auto* version = object ? object->if_contains("version") : nullptr;
  if (!credential || !field || !version || !version->is_int64() || object->size() != 3) return wrong_word("$secret");
  return Value::of(SecretRef{std::string(*credential), version->get_int64(), std::string(*field)});
}

Result<Value> read_cell(ColumnType type, const json::value& from, int depth) {
  if (from.is_null()) return Value();
  const auto* text = from.if_string();
  const auto view = text ? std::string_view(text->data(), text->size()) : std::string_view{};
  const auto wrap = [](auto parsed) -> Result<Value> {
    if (!parsed.ok()) return std::move(parsed).error();
    return Value::of(*parsed);
  };
  switch (type) {
    case ColumnType::any:
      return read(from, depth + 1);
    case ColumnType::boolean:
      if (from.is_bool()) return Value::of(from.get_bool());
      break;
    case ColumnType::integer:
      if (from.is_int64()) return Value::of(from.get_int64());
      break;
    case ColumnType::text:
      if (text) return Value::of(std::string(view));
      break;
    case ColumnType::decimal:
      if (text) return wrap(Decimal::parse(view));
      break;
    case ColumnType::date:
      if (text) return wrap(parse_date(view));
      break;
    case ColumnType::time:
      if (text) return wrap(parse_time_of_day(view));
      break;
    case ColumnType::datetime:
      if (text) return wrap(parse_datetime(view));
      break;
    case ColumnType::duration:
      if (text) return wrap(parse_duration(view));
      break;
  }
  return wrong_word("$table");
}

Result<Value> read_table(const json::value& from, int depth) {
  const auto* list = from.if_array();
  if (!list) return wrong_word("$table");
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto name = object ? text_in(*object, "name") : std::nullopt;
    const auto word = object ? text_in(*object, "type") : std::nullopt;
    const auto known = word ? column_type_of(*word) : std::nullopt;
    const auto* found = object ? object->if_contains("values") : nullptr;
    const auto* values = found ? found->if_array() : nullptr;
    if (!name || !known || !values || object->size() != 3) return wrong_word("$table");
    const auto type = known.value_or(ColumnType::any);
    ColumnBuilder builder(type);
    builder.reserve(values->size());
    for (const auto& cell : *values) {
      QUANJI_TRY(const auto value, read_cell(type, cell, depth));
      if (!builder.add(value)) return wrong_word("$table");
    }
    names.emplace_back(*name);
    columns.push_back(std::move(builder).finish());
  }
  QUANJI_TRY(auto table, Table::make(std::move(names), std::move(columns)));
  return Value::of(std::make_shared<const Table>(std::move(table)));
}

Result<Value> read_text_word(std::string_view word, std::string_view text) {
  const auto wrap = [](auto parsed) -> Result<Value> {
    if (!parsed.ok()) return std::move(parsed).error();
    return Value::of(*std::move(parsed));
  };
  if (word == "$decimal") return wrap(Decimal::parse(text));
  if (word == "$date") return wrap(parse_date(text));
  if (word == "$time") return wrap(parse_time_of_day(text));
  if (word == "$datetime") return wrap(parse_datetime(text));
  if (word == "$duration") return wrap(parse_duration(text));
  if (word == "$bytes") return wrap(base::from_base64(text));
  if (word == "$handle") return Value::of(Handle{std::string(text), 0});
  return wrong_word(word);
}

Result<Value> read_object(const json::object& object, int depth) {
  for (const auto& member : object) {
    const std::string_view word(member.key().data(), member.key().size());
    if (!word.starts_with('$')) continue;
    if (object.size() != 1) return unreadable("以 $ 开头的键须单独成一个对象", "a key that begins with $ stands alone in its object");
    const auto& inner = member.value();
    if (word == "$map") {
      const auto* map = inner.if_object();
      if (!map) return wrong_word(word);
      QUANJI_TRY(auto members, read_map(*map, depth));
      return Value::of(std::move(members));
    }
    if (word == "$table") return read_table(inner, depth);
    if (word == "$file") return read_file(inner);
    if (word == "$secret") return read_secret(inner);
    for (const std::string_view known : {"$decimal", "$date", "$time", "$datetime", "$duration", "$bytes", "$handle"}) {
      if (word != known) continue;
      const auto* text = inner.if_string();
      if (!text) return wrong_word(word);
      return read_text_word(word, {text->data(), text->size()});
    }
    const auto quoted = base::repair_utf8(base::utf8_beginning(word, 40));
    return unreadable(fmt::format("不认识 {}", quoted), fmt::format("{} is not known", quoted));
  }
  QUANJI_TRY(auto map, read_map(object, depth));
  return Value::of(std::move(map));
}

Result<Value> read(const json::value& from, int depth) {
  if (depth > max_value_depth)
    return unreadable(fmt::format("嵌套超过 {} 层", max_value_depth), fmt::format("nested deeper than {}", max_value_depth));
  switch (from.kind()) {
    case json::kind::null:
      return Value();
    case json::kind::bool_:
      return Value::of(from.get_bool());
    case json::kind::int64:
      return Value::of(from.get_int64());
    case json::kind::uint64:
      return read_double(1e300);
    case json::kind::double_:
      return read_double(from.get_double());
    case json::kind::string:
      return Value::of(std::string(from.get_string()));
    case json::kind::array: {
      List list;
      list.reserve(from.get_array().size());
      for (const auto& element : from.get_array()) {
        QUANJI_TRY(auto value, read(element, depth + 1));
        list.push_back(std::move(value));
      }
      return Value::of(std::move(list));
    }
    case json::kind::object:
      return read_object(from.get_object(), depth);
  }
  return wrong_word("$");
}

}  // namespace

Result<Value> Value::from_json(const json::value& from) { return read(from, 0); }

Result<Variables> variables_from_json(const json::value& from) {
  Variables variables;
  if (from.is_null()) return variables;
  const auto* object = from.if_object();
  if (!object) return unreadable("变量应是一个对象", "variables are an object");
  for (const auto& member : *object) {
    QUANJI_TRY(auto value, Value::from_json(member.value()));
    variables[std::string(member.key())] = std::move(value);
  }
  return variables;
}

}  // namespace quanji::values
