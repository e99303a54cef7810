// The writing half of fields_json.h: values to JSON text and to columns.
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/fields_json.h"

namespace quanji::base {

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += "\\u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void encode_value(const ValueOps& ops, const void* value, std::string& out, Side side) {
  if (ops.optional) {
    if (ops.engaged(value))
      encode_value(*ops.inner, ops.look(value), out, side);
    else
      out += "null";
    return;
  }
  switch (ops.kind) {
    case Kind::text:
      return append_json_string(out, *static_cast<const std::string*>(value));
    case Kind::integer:
      fmt::format_to(std::back_inserter(out), "{}", *static_cast<const std::int64_t*>(value));
      return;
    case Kind::number: {
      const auto d = *static_cast<const double*>(value);
      if (std::isfinite(d))
        fmt::format_to(std::back_inserter(out), "{}", d);
      else
        out += "null";
      return;
    }
    case Kind::boolean:
      out += *static_cast<const bool*>(value) ? "true" : "false";
      return;
    case Kind::time:
      fmt::format_to(std::back_inserter(out), "\"{}\"", to_text(*static_cast<const Time*>(value)));
      return;
    case Kind::date:
      fmt::format_to(std::back_inserter(out), "\"{}\"", to_text(*static_cast<const Date*>(value)));
      return;
    case Kind::id: {
      const auto& ulid = *static_cast<const Ulid*>(value);
      if (ulid.empty())
        out += "null";
      else
        fmt::format_to(std::back_inserter(out), "\"{}_{}\"", ops.id_prefix, to_text(ulid));
      return;
    }
    case Kind::enumeration: {
      const auto i = *static_cast<const std::uint8_t*>(value);
      return append_json_string(out, i < ops.spellings.size() ? ops.spellings[i] : "?");
    }
    case Kind::object:
      return encode(ops.object(), value, out, side);
    case Kind::list: {
      out += '[';
      for (std::size_t i = 0, n = ops.size(value); i < n; ++i) {
        if (i) out += ',';
        encode_value(*ops.inner, ops.at(value, i), out, side);
      }
      out += ']';
      return;
    }
    case Kind::json: {
      const auto& text = static_cast<const JsonText*>(value)->text;
      out += text.empty() ? "null" : text;
      return;
    }
    case Kind::secret:
    case Kind::flow:
      out += "null";
      return;
  }
}

void encode(const FieldList& list, const void* object, std::string& out, Side side) {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& field = list.all()[i];
    const void* value = field.in(object);
    const auto& ops = *field.ops;
    if (ops.kind == Kind::secret || (side == Side::request && (field.limits.flags & write_only))) continue;
    if (ops.optional && !ops.engaged(value)) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, list.json_name(i));
    out += ':';
    encode_value(ops, value, out, side);
  }
  out += '}';
}

Scalar to_scalar(const ValueOps& ops, const void* value, std::string& scratch) {
  if (ops.optional) return ops.engaged(value) ? to_scalar(*ops.inner, ops.look(value), scratch) : Scalar{};
  switch (ops.kind) {
    case Kind::text:
      return std::string_view(*static_cast<const std::string*>(value));
    case Kind::integer:
      return *static_cast<const std::int64_t*>(value);
    case Kind::boolean:
      return std::int64_t{*static_cast<const bool*>(value)};
    case Kind::time:
      return static_cast<const Time*>(value)->micros;
    case Kind::date:
      return std::int64_t{static_cast<const Date*>(value)->days};
    case Kind::id: {
      const auto& ulid = *static_cast<const Ulid*>(value);
      if (ulid.empty()) return {};
      return std::span<const std::uint8_t>(ulid.bytes);
    }
    case Kind::enumeration: {
      const auto i = *static_cast<const std::uint8_t*>(value);
      return i < ops.spellings.size() ? ops.spellings[i] : std::string_view{};
    }
    case Kind::json:
      return std::string_view(static_cast<const JsonText*>(value)->text);
    case Kind::number:
    case Kind::object:
    case Kind::list:
      scratch.clear();
      encode_value(ops, value, scratch, Side::stored);
      return std::string_view(scratch);
    case Kind::secret:
    case Kind::flow:
      return {};
  }
  return {};
}

}  // namespace quanji::base
