#include "flow/schema_parts.h"

#include <fmt/format.h>

namespace quanji::flow::schema {

namespace json = boost::json;
using values::Type;

namespace {

void write(const json::value& value, std::size_t indent, std::string& out) {
  const std::string pad(indent + 2, ' ');
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += "{";
    const char* mark = "\n";
    for (const auto& member : *object) {
      out += mark + pad + json::serialize(json::string(member.key())) + ": ";
      write(member.value(), indent + 2, out);
      mark = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (const auto* array = value.if_array(); array && !array->empty() && (array->front().is_object() || array->front().is_array())) {
    out += "[";
    const char* mark = "\n";
    for (const auto& item : *array) {
      out += mark + pad;
      write(item, indent + 2, out);
      mark = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    out += json::serialize(value);
  }
}

json::object text_like(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

}  // namespace

json::object said(json::object schema, std::string_view zh, std::string_view en) {
  schema["description"] = fmt::format("{} · {}", zh, en);
  schema["markdownDescription"] = fmt::format("{}\n\n{}", zh, en);
  return schema;
}
json::object ref(std::string_view definition) { return {{"$ref", fmt::format("#/definitions/{}", definition)}}; }
json::object words(std::initializer_list<std::string_view> words) { return {{"enum", names(words)}}; }
json::object list_of(json::object item) { return {{"type", "array"}, {"items", std::move(item)}}; }
json::array names(std::initializer_list<std::string_view> names) {
  json::array out;
  for (const auto name : names) out.emplace_back(json::string(name));
  return out;
}
json::object any_of(std::initializer_list<json::object> schemas) {
  json::array out;
  for (const auto& schema : schemas) out.emplace_back(schema);
  return {{"anyOf", std::move(out)}};
}
json::object closed(json::object properties, std::initializer_list<std::string_view> required) {
  json::object out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (required.size() > 0) out["required"] = names(required);
  return out;
}

json::object of_type(const TypeWord& type) {
  if (!type.type) return {};
  const auto or_expression = [](json::object schema) { return any_of({std::move(schema), ref("expression")}); };
  switch (*type.type) {
    case Type::boolean:
      return or_expression({{"type", "boolean"}});
    case Type::integer:
      return or_expression({{"type", "integer"}});
    case Type::decimal:
      return or_expression({{"type", "number"}});
    case Type::date:
      return or_expression(text_like("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));
    case Type::time:
      return or_expression(text_like("^[0-9]{2}:[0-9]{2}"));
    case Type::datetime:
      return or_expression(text_like("^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"));
    case Type::duration:
      return ref("duration");
    case Type::list:
      return or_expression({{"type", "array"}});
    case Type::map:
      return or_expression({{"type", "object"}});
    case Type::table:
      return or_expression(list_of({{"type", "object"}}));
    case Type::text:
    case Type::file:
      return {{"type", "string"}};
    default:
      return ref("expression");
  }
}

json::object needs() {
  const auto list = [](std::string_view zh, std::string_view en) { return said(list_of(ref("resourceName")), zh, en); };
  return closed({{"assets", list("用到的资产", "Assets it uses")},
                 {"credentials", list("用到的凭据", "Credentials it uses")},
                 {"queues", list("用到的队列", "Queues it uses")},
                 {"capabilities", list("需要机器人具备的能力", "What a robot has to be able to do")},
                 {"network", said(words({"none", "all"}), "网络：none 不用，all 使用", "The network: none, or all")}});
}

json::object definitions() {
  return {{"expression", said(text_like("^=[^=]"), "以 = 开头的 Python 表达式", "A Python expression, beginning with =")},
          {"documentName", text_like("^[a-z_][a-z0-9_]{0,62}$")},
          {"resourceName", text_like("^[a-z0-9][a-z0-9_-]{0,62}$")},
          {"duration",
           said(text_like("^(=|[0-9]|P)"), "时长，如 30s、1m30s、2h；或表达式", "A duration like 30s, 1m30s, 2h; or an expression")}};
}

std::string pretty(const json::value& value) {
  std::string out;
  write(value, 0, out);
  return out + "\n";
}

}  // namespace quanji::flow::schema
