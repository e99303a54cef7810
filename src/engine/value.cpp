#include "engine/value.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/fields_json.h"

namespace quanji::engine {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Result;

bool Value::operator==(const Value& other) const {
  if (held_.index() != other.held_.index()) return false;
  switch (type()) {
    case Type::nothing:
      return true;
    case Type::boolean:
      return boolean() == other.boolean();
    case Type::integer:
      return integer() == other.integer();
    case Type::decimal:
      return decimal() == other.decimal();
    case Type::text:
      return text() == other.text();
    case Type::list:
      return list() == other.list();
    case Type::map:
      return map() == other.map();
  }
  return false;
}

namespace {
void append_map(std::string& out, const Map& map) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : map) {
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, key);
    out += ':';
    value.append_json(out);
  }
  out += '}';
}
Error unreadable(std::string_view what) {
  return Error(Code::invalid_field, base::Text(fmt::format("值无法读取：{}", what), fmt::format("unreadable value: {}", what)));
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

Result<Value> read(const json::value& from, int depth) {
  if (depth > max_value_depth) return unreadable(fmt::format("nested deeper than {}", max_value_depth));
  switch (from.kind()) {
    case json::kind::null:
      return Value();
    case json::kind::bool_:
      return Value::of(from.get_bool());
    case json::kind::int64:
      return Value::of(from.get_int64());
    case json::kind::uint64:
      return unreadable("an integer beyond 64 bits");
    case json::kind::double_: {
      const double d = from.get_double();
      if (!std::isfinite(d)) return unreadable("not a number");
      char text[32];
      const auto end = std::to_chars(text, text + sizeof text, d);
      return Value::of(Decimal{std::string(text, end.ptr)});
    }
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
    case json::kind::object: {
      const auto& object = from.get_object();
      if (object.size() == 1 && object.begin()->key() == "$decimal") {
        const auto* text = object.begin()->value().if_string();
        if (!text || text->empty()) return unreadable("$decimal");
        return Value::of(Decimal{std::string(*text)});
      }
      if (object.size() == 1 && object.begin()->key() == "$map") {
        const auto* inner = object.begin()->value().if_object();
        if (!inner) return unreadable("$map");
        QUANJI_TRY(auto map, read_map(*inner, depth));
        return Value::of(std::move(map));
      }
      QUANJI_TRY(auto map, read_map(object, depth));
      return Value::of(std::move(map));
    }
  }
  return unreadable("unknown kind");
}
}  // namespace

void Value::append_json(std::string& out) const {
  switch (type()) {
    case Type::nothing:
      out += "null";
      return;
    case Type::boolean:
      out += boolean() ? "true" : "false";
      return;
    case Type::integer:
      fmt::format_to(std::back_inserter(out), "{}", integer());
      return;
    case Type::decimal:
      out += "{\"$decimal\":";
      base::append_json_string(out, decimal().text);
      out += '}';
      return;
    case Type::text:
      base::append_json_string(out, text());
      return;
    case Type::list: {
      out += '[';
      bool first = true;
      for (const auto& element : list()) {
        if (!first) out += ',';
        first = false;
        element.append_json(out);
      }
      out += ']';
      return;
    }
    case Type::map: {
      bool escaped = false;
      for (const auto& [key, value] : map()) escaped = escaped || key.starts_with('$');
      if (escaped) out += "{\"$map\":";
      append_map(out, map());
      if (escaped) out += '}';
      return;
    }
  }
}

std::string Value::json() const {
  std::string out;
  append_json(out);
  return out;
}

Result<Value> Value::from_json(const json::value& from) { return read(from, 0); }

std::string to_json(const Variables& variables) {
  std::string out = "{";
  for (const auto& [name, value] : variables) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, name);
    out += ':';
    value.append_json(out);
  }
  return out + '}';
}

Result<Variables> variables_from_json(const json::value& from) {
  Variables variables;
  if (from.is_null()) return variables;
  const auto* object = from.if_object();
  if (!object) return unreadable("variables are not an object");
  for (const auto& member : *object) {
    QUANJI_TRY(auto value, Value::from_json(member.value()));
    variables[std::string(member.key())] = std::move(value);
  }
  return variables;
}

}  // namespace quanji::engine
