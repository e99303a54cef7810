// What contracts say of a field: its word, its JSON Schema, its entry in activities.json.
#include <fmt/format.h>

#include <iterator>

#include "values/field_values.h"

namespace quanji::values {

using base::append_json_string;
using base::Kind;
using base::Limits;
using base::ValueOps;

namespace {

const ValueOps& inside(const ValueOps& ops) { return ops.optional ? *ops.inner : ops; }

void append_range(const Limits& limits, std::string_view least, std::string_view most, std::string& out) {
  if (limits.min != INT64_MIN) fmt::format_to(std::back_inserter(out), ",\"{}\":{}", least, limits.min);
  if (limits.max != INT64_MAX) fmt::format_to(std::back_inserter(out), ",\"{}\":{}", most, limits.max);
}
void append_words(std::span<const std::string_view> words, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, words[i]);
  }
  out += ']';
}
// A text of which every expression is one too.
void append_text(std::string_view more, std::string& out) {
  out += "{\"type\":\"string\"";
  out += more;
  out += '}';
}
// A schema that an expression does not satisfy by itself.
template <class Append>
void append_or_expression(Expressions expressions, std::string& out, Append append) {
  if (expressions == Expressions::allowed) out += "{\"anyOf\":[";
  append();
  if (expressions == Expressions::allowed) out += R"(,{"type":"string","pattern":"^="}]})";
}

void append_object(const base::FieldList& list, Expressions expressions, std::string& out) {
  out += R"({"type":"object","properties":{)";
  std::string required;
  bool first = true;
  for (const auto& field : list.all()) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, field.name);
    out += ':';
    append_schema(*field.ops, field.limits, expressions, out);
    if (!field.required()) continue;
    if (!required.empty()) required += ',';
    append_json_string(required, field.name);
  }
  out += '}';
  if (!required.empty()) out += ",\"required\":[" + required + "]";
  out += ",\"additionalProperties\":false}";
}

void append_flow(const base::FlowType& type, const Limits& limits, Expressions expressions, std::string& out) {
  const auto plain = [&](std::string_view schema) { append_or_expression(expressions, out, [&] { out += schema; }); };
  if (&type == &anything_field)
    out += "{}";
  else if (&type == &decimal_field)
    append_or_expression(expressions, out, [&] {
      out += "{\"type\":\"number\"";
      append_range(limits, "minimum", "maximum", out);
      out += '}';
    });
  else if (&type == &table_field)
    plain(R"({"type":"array","items":{"type":"object"}})");
  else if (&type == &map_field)
    plain(R"({"type":"object"})");
  else if (&type == &datetime_field)
    plain(R"({"type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?$"})");
  else if (&type == &time_field)
    plain(R"({"type":"string","pattern":"^\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?$"})");
  else if (&type == &duration_field)
    plain(R"({"type":"string","pattern":"^-?(P|\\d)[0-9.A-Za-z]*$"})");
  else if (&type == &file_field)
    append_text(",\"minLength\":1", out);
  else
    append_text(R"(,"pattern":"^=")", out);  // secrets, handles, bytes: only an expression makes one
}

}  // namespace

std::string_view type_word(const ValueOps& ops) {
  switch (ops.kind) {
    case Kind::text:
    case Kind::enumeration:
    case Kind::id:
    case Kind::time:
      return "text";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "decimal";
    case Kind::boolean:
      return "bool";
    case Kind::date:
      return "date";
    case Kind::object:
      return "map";
    case Kind::list:
      return "list";
    case Kind::json:
      return "any";
    case Kind::secret:
      return "secret";
    case Kind::flow:
      return ops.flow->word;
  }
  return "any";
}

void append_schema(const ValueOps& outer, const Limits& limits, Expressions expressions, std::string& out) {
  const auto& ops = inside(outer);
  switch (ops.kind) {
    case Kind::text:
      // Limits are of the text an expression makes, not of the expression.
      if (limits.min == INT64_MIN && limits.max == INT64_MAX && !limits.pattern) return append_text({}, out);
      return append_or_expression(expressions, out, [&] {
        out += "{\"type\":\"string\"";
        append_range(limits, "minLength", "maxLength", out);
        if (limits.pattern) {
          out += ",\"pattern\":";
          append_json_string(out, limits.pattern->regex);
        }
        out += '}';
      });
    case Kind::time:
    case Kind::id:
      return append_text({}, out);
    case Kind::enumeration:
      return append_or_expression(expressions, out, [&] {
        out += "{\"type\":\"string\",\"enum\":";
        append_words(ops.spellings, out);
        out += '}';
      });
    case Kind::integer:
    case Kind::number:
      return append_or_expression(expressions, out, [&] {
        out += ops.kind == Kind::integer ? "{\"type\":\"integer\"" : "{\"type\":\"number\"";
        append_range(limits, "minimum", "maximum", out);
        out += '}';
      });
    case Kind::boolean:
      return append_or_expression(expressions, out, [&] { out += "{\"type\":\"boolean\"}"; });
    case Kind::date:
      return append_or_expression(expressions, out, [&] { out += R"({"type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}$"})"; });
    case Kind::object:
      return append_or_expression(expressions, out, [&] { append_object(ops.object(), expressions, out); });
    case Kind::list:
      return append_or_expression(expressions, out, [&] {
        out += "{\"type\":\"array\"";
        append_range(limits, "minItems", "maxItems", out);
        out += ",\"items\":";
        append_schema(*ops.inner, Limits{.pattern = limits.pattern}, expressions, out);
        out += '}';
      });
    case Kind::json:
      out += "{}";
      return;
    case Kind::secret:
      return append_text(R"(,"pattern":"^=")", out);
    case Kind::flow:
      return append_flow(*ops.flow, limits, expressions, out);
  }
}

void append_field(const base::Field& field, std::string& out) {
  const auto& ops = inside(*field.ops);
  const auto put = [&](std::string_view key, std::string_view text) {
    out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, text);
  };
  out += "{\"name\":";
  append_json_string(out, field.name);
  out += ",\"title\":{\"zh\":";
  append_json_string(out, field.sentence.zh);
  put("en", field.sentence.en);
  out += '}';
  put("type", type_word(ops));
  out += field.required() ? ",\"required\":true" : ",\"required\":false";
  if (!field.limits.fallback.empty()) {
    out += ",\"fallback\":";
    out += field.limits.fallback;
  }
  if (ops.kind == Kind::enumeration) {
    out += ",\"choices\":";
    append_words(ops.spellings, out);
  }
  if (ops.kind == Kind::list) put("elements", type_word(inside(*ops.inner)));
  const auto& shape = ops.kind == Kind::list ? inside(*ops.inner) : ops;
  if (shape.kind == Kind::object) {
    out += ",\"fields\":";
    append_fields(shape.object(), out);
  }
  out += ",\"schema\":";
  append_schema(*field.ops, field.limits, Expressions::allowed, out);
  out += '}';
}

void append_fields(const base::FieldList& list, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    append_field(list.all()[i], out);
  }
  out += ']';
}

}  // namespace quanji::values
