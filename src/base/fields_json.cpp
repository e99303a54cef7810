#include "base/fields_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/encodings.h"

namespace quanji::base {
namespace json = boost::json;
namespace {

constexpr std::int64_t default_text_limit = 4096;
constexpr std::int64_t default_list_limit = 1000;

std::string pointer(std::string_view at, std::string_view name) { return at.empty() ? std::string(name) : fmt::format("{}/{}", at, name); }

std::int64_t characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Text expected(std::string_view zh, std::string_view en) { return {fmt::format("应为{}", zh), fmt::format("must be {}", en)}; }

std::string joined(std::span<const std::string_view> words, std::string_view mark) {
  std::string all;
  for (const auto word : words) all += all.empty() ? std::string(word) : fmt::format("{}{}", mark, word);
  return all;
}

// Limits of a text, list or integer, by the field they stand on.
void check_count(std::int64_t n, const Limits& limits, std::int64_t standard, std::string_view unit_zh, std::string_view unit_en,
                 Problems& problems, std::string_view at) {
  const auto max = limits.max == INT64_MAX ? standard : limits.max;
  const auto min = limits.min == INT64_MIN ? 0 : limits.min;
  if (n > max)
    problems.add(Code::invalid_field, at,
                 {fmt::format("最多 {} {}，现有 {}", max, unit_zh, n), fmt::format("at most {} {}, found {}", max, unit_en, n)});
  if (n < min)
    problems.add(Code::invalid_field, at, {fmt::format("至少 {} {}", min, unit_zh), fmt::format("at least {} {}", min, unit_en)});
}

void take_text(const ValueOps& ops, void* value, std::string_view text, const Limits& limits, Problems& problems, std::string_view at) {
  switch (ops.kind) {
    case Kind::text:
      check_count(characters(text), limits, default_text_limit, "个字符", "characters", problems, at);
      if (limits.pattern && !text.empty() && !limits.pattern->ok(text))
        problems.add(Code::invalid_field, at, Text(limits.pattern->sentence));
      if (text.find('\0') != std::string_view::npos)
        problems.add(Code::invalid_field, at, {"不能含空字符（U+0000）", "must not contain the character U+0000"});
      *static_cast<std::string*>(value) = text;
      return;
    case Kind::secret:
      check_count(static_cast<std::int64_t>(text.size()), limits, default_text_limit, "字节", "bytes", problems, at);
      ops.take_secret(value, text);
      return;
    case Kind::time:
      if (auto parsed = parse_time(text))
        *static_cast<Time*>(value) = *parsed;
      else
        problems.add(Code::invalid_field, at, parsed.error().message());
      return;
    case Kind::date:
      if (auto parsed = parse_date(text))
        *static_cast<Date*>(value) = *parsed;
      else
        problems.add(Code::invalid_field, at, parsed.error().message());
      return;
    case Kind::id:
      if (auto parsed = parse_id(text, ops.id_prefix, *static_cast<Ulid*>(value)); !parsed)
        problems.add(Code::wrong_id_type, at, parsed.error().message());
      return;
    case Kind::enumeration: {
      const auto found = std::find(ops.spellings.begin(), ops.spellings.end(), text);
      if (found == ops.spellings.end())
        problems.add(Code::invalid_field, at,
                     expected("以下之一：" + joined(ops.spellings, "、"), "one of: " + joined(ops.spellings, ", ")));
      else
        *static_cast<std::uint8_t*>(value) = static_cast<std::uint8_t>(found - ops.spellings.begin());
      return;
    }
    default:
      return;
  }
}

// A number beyond all doubles was read as infinity; written again, no parser takes it.
bool has_infinity(const json::value& value) {
  if (const auto* d = value.if_double()) return !std::isfinite(*d);
  if (const auto* array = value.if_array()) return std::any_of(array->begin(), array->end(), has_infinity);
  if (const auto* object = value.if_object())
    return std::any_of(object->begin(), object->end(), [](const auto& member) { return has_infinity(member.value()); });
  return false;
}

void take_value(const ValueOps& ops, void* value, const json::value& from, const Limits& limits, Problems& problems, Side side,
                Unknown unknown, std::string_view at) {
  switch (ops.kind) {
    case Kind::text:
    case Kind::secret:
    case Kind::time:
    case Kind::date:
    case Kind::id:
    case Kind::enumeration:
      if (const auto* text = from.if_string()) return take_text(ops, value, *text, limits, problems, at);
      return problems.add(Code::invalid_field, at, expected("文本", "text"));
    case Kind::integer: {
      std::int64_t n = 0;
      if (const auto* i = from.if_int64())
        n = *i;
      else if (const auto* d = from.if_double(); d && std::nearbyint(*d) == *d && std::abs(*d) < 9e15)
        n = static_cast<std::int64_t>(*d);
      else
        return problems.add(Code::invalid_field, at, expected("整数", "a whole number"));
      if (n < limits.min || n > limits.max) {
        if (limits.min == INT64_MIN)
          return problems.add(Code::invalid_field, at,
                              expected(fmt::format("不大于 {} 的整数", limits.max), fmt::format("at most {}", limits.max)));
        if (limits.max == INT64_MAX)
          return problems.add(Code::invalid_field, at,
                              expected(fmt::format("不小于 {} 的整数", limits.min), fmt::format("at least {}", limits.min)));
        return problems.add(
            Code::invalid_field, at,
            expected(fmt::format("{} 到 {} 之间的整数", limits.min, limits.max), fmt::format("between {} and {}", limits.min, limits.max)));
      }
      *static_cast<std::int64_t*>(value) = n;
      return;
    }
    case Kind::number:
      // What is too large for a double is read as infinity, which no JSON can say again.
      if (!from.is_number() || !std::isfinite(from.to_number<double>()))
        return problems.add(Code::invalid_field, at, expected("数值", "a number"));
      *static_cast<double*>(value) = from.to_number<double>();
      return;
    case Kind::boolean:
      if (!from.is_bool()) return problems.add(Code::invalid_field, at, expected("true 或 false", "true or false"));
      *static_cast<bool*>(value) = from.get_bool();
      return;
    case Kind::json: {
      if (has_infinity(from)) return problems.add(Code::invalid_field, at, {"其中有过大的数值", "holds a number that is too large"});
      auto text = json::serialize(from);
      check_count(static_cast<std::int64_t>(text.size()), limits, 1 << 20, "字节", "bytes", problems, at);
      static_cast<JsonText*>(value)->text = std::move(text);
      return;
    }
    case Kind::object:
      return decode(ops.object(), value, from, problems, side, unknown, nullptr, false, at);
    case Kind::list: {
      const auto* array = from.if_array();
      if (!array) return problems.add(Code::invalid_field, at, expected("数组", "an array"));
      const auto before = problems.found.size();
      check_count(static_cast<std::int64_t>(array->size()), limits, default_list_limit, "项", "items", problems, at);
      if (problems.found.size() != before) return;
      for (std::size_t i = 0; i < array->size(); ++i)
        take_value(*ops.inner, ops.append(value), (*array)[i], Limits{.pattern = limits.pattern}, problems, side, unknown,
                   pointer(at, std::to_string(i)));
      return;
    }
    case Kind::flow:
      return problems.add(Code::bug, at, {"JSON 中没有这种类型", "JSON has no such type"});
  }
}

void take_field(const Field& field, void* object, const json::value& from, Problems& problems, Side side, Unknown unknown,
                std::string_view at) {
  const auto& ops = *field.ops;
  const auto& limits = field.limits;
  void* value = field.in(object);
  if (!ops.optional) {
    ops.clear(value);
    // Among what is stored an id that is not there stands as null.
    if (from.is_null() && (ops.kind == Kind::json || (ops.kind == Kind::id && side == Side::stored))) return;
    return take_value(ops, value, from, limits, problems, side, unknown, at);
  }
  if (from.is_null()) return ops.clear(value);
  take_value(*ops.inner, ops.engage(value), from, limits, problems, side, unknown, at);
}

}  // namespace

void Problems::add(Code why, std::string_view at, Text reason) {
  if (found.size() >= 50) return;  // enough to mend a body by; a hostile body is not answered with megabytes
  if (found.empty())
    code = why;
  else if (code != why)
    code = Code::invalid_field;
  found.push_back({std::string(at), std::move(reason)});
}

Status Problems::as_status() && {
  if (found.empty()) return {};
  return Error(code).with_fields(std::move(found));
}

void decode(const FieldList& list, void* object, const json::value& from, Problems& problems, Side side, Unknown unknown,
            std::uint64_t* given, bool partial, std::string_view at) {
  const auto* members = from.if_object();
  if (!members) return problems.add(Code::invalid_field, at, expected("对象", "an object"));
  std::uint64_t seen = 0;
  for (const auto& member : *members) {
    const int i = list.find_json(member.key());
    const auto where = pointer(at, utf8_beginning(member.key(), 64));
    if (i < 0 || (side == Side::request && (list.all()[static_cast<std::size_t>(i)].limits.flags & in_path))) {
      if (unknown == Unknown::refuse) problems.add(Code::unknown_field, where, {"没有这个字段", "there is no such field"});
      continue;
    }
    const auto& field = list.all()[static_cast<std::size_t>(i)];
    const auto bit = std::uint64_t{1} << i;
    if (seen & bit) {
      problems.add(Code::invalid_field, where, {"字段重复", "given twice"});
      continue;
    }
    seen |= bit;
    if (side == Side::request && (field.limits.flags & read_only)) {
      problems.add(Code::invalid_field, where, {"只读字段，不能由调用方给出", "is read-only: leave it out"});
      continue;
    }
    if (partial && !field.ops->optional && member.value().is_null() && field.ops->kind != Kind::json) {
      problems.add(Code::invalid_field, where, {"不能清空", "cannot be cleared"});
      continue;
    }
    take_field(field, object, member.value(), problems, side, unknown, where);
  }
  if (given) *given = seen;
  if (partial) return;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& field = list.all()[i];
    if ((seen >> i) & 1U) continue;
    if (!field.limits.fallback.empty()) {
      json::error_code ec;
      take_field(field, object, json::parse(json::string_view(field.limits.fallback.data(), field.limits.fallback.size()), ec), problems,
                 side, unknown, pointer(at, list.json_name(i)));
    } else if (side == Side::request && field.required() && !(field.limits.flags & in_path)) {
      problems.add(Code::invalid_field, pointer(at, list.json_name(i)), {"必填", "is required"});
    }
  }
}

void decode_text(const Field& field, void* object, std::string_view text, Problems& problems) {
  const auto& outer = *field.ops;
  void* value = field.in(object);
  const auto& ops = outer.optional ? *outer.inner : outer;
  const auto name = camel_case(field.name);  // a name that is camelCase already stays
  if (outer.optional) value = outer.engage(value);
  switch (ops.kind) {
    case Kind::integer: {
      std::int64_t n = 0;
      const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
      if (ec != std::errc() || end != text.data() + text.size())
        return problems.add(Code::invalid_field, name, expected("整数", "a whole number"));
      return take_value(ops, value, json::value(n), field.limits, problems, Side::request, Unknown::refuse, name);
    }
    case Kind::boolean:
      if (text != "true" && text != "false") return problems.add(Code::invalid_field, name, expected("true 或 false", "true or false"));
      *static_cast<bool*>(value) = text == "true";
      return;
    case Kind::list:
      while (!text.empty()) {
        const auto comma = text.find(',');
        take_text(*ops.inner, ops.append(value), text.substr(0, comma), Limits{.pattern = field.limits.pattern}, problems, name);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
      }
      check_count(static_cast<std::int64_t>(ops.size(value)), field.limits, default_list_limit, "项", "items", problems, name);
      return;
    case Kind::number:
    case Kind::object:
    case Kind::json:
    case Kind::flow:
      return problems.add(Code::invalid_field, name, {"不能作为查询参数", "cannot stand in a query"});
    default:
      return take_text(ops, value, text, field.limits, problems, name);
  }
}

void check_text(const ValueOps& ops, std::string_view text, std::string_view name, Problems& problems) {
  std::int64_t n = 0;
  bool b = false;
  std::string s;
  Ulid ulid;
  Time t;
  Date d;
  std::uint8_t e = 0;
  switch (ops.kind) {
    case Kind::integer:
      return decode_text(Field{name, 0, &value_ops<std::int64_t>, {}, {}}, &n, text, problems);
    case Kind::boolean:
      return decode_text(Field{name, 0, &value_ops<bool>, {}, {}}, &b, text, problems);
    case Kind::text:
      return take_text(ops, &s, text, Limits{.max = 500}, problems, name);
    case Kind::id:
      return take_text(ops, &ulid, text, {}, problems, name);
    case Kind::time:
      return take_text(ops, &t, text, {}, problems, name);
    case Kind::date:
      return take_text(ops, &d, text, {}, problems, name);
    case Kind::enumeration:
      return take_text(ops, &e, text, {}, problems, name);
    default:
      return problems.add(Code::bug, name, {"不能作为筛选条件", "cannot be a filter"});
  }
}

Result<json::value> parse_json(std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::error_code ec;
  auto value = json::parse(json::string_view(text.data(), text.size()), ec, {}, options);
  if (ec) return Error(Code::unreadable_body, Text("不是有效的 JSON", "is not valid JSON"), ec.message());
  return value;
}

Status from_scalar(const ValueOps& ops, void* value, const Scalar& scalar) {
  const auto misfit = [&] {
    return Error(Code::bug, fmt::format("a column holds what its field cannot take (kind {})", static_cast<int>(ops.kind)));
  };
  if (std::holds_alternative<std::monostate>(scalar)) {
    if (ops.optional || ops.kind == Kind::id || ops.kind == Kind::json || ops.kind == Kind::text || ops.kind == Kind::list) {
      ops.clear(value);
      return {};
    }
    return misfit();
  }
  if (ops.optional) return from_scalar(*ops.inner, ops.engage(value), scalar);
  if (const auto* n = std::get_if<std::int64_t>(&scalar)) {
    switch (ops.kind) {
      case Kind::integer:
        *static_cast<std::int64_t*>(value) = *n;
        return {};
      case Kind::boolean:
        *static_cast<bool*>(value) = *n != 0;
        return {};
      case Kind::time:
        *static_cast<Time*>(value) = Time{*n};
        return {};
      case Kind::date:
        *static_cast<Date*>(value) = Date{static_cast<std::int32_t>(*n)};
        return {};
      default:
        return misfit();
    }
  }
  if (const auto* bytes = std::get_if<std::span<const std::uint8_t>>(&scalar)) {
    if (ops.kind != Kind::id || bytes->size() != 16) return misfit();
    std::copy(bytes->begin(), bytes->end(), static_cast<Ulid*>(value)->bytes.begin());
    return {};
  }
  const auto text = std::get<std::string_view>(scalar);
  switch (ops.kind) {
    case Kind::text:
      *static_cast<std::string*>(value) = text;
      return {};
    case Kind::json:
      static_cast<JsonText*>(value)->text = text;
      return {};
    case Kind::enumeration: {
      const auto found = std::find(ops.spellings.begin(), ops.spellings.end(), text);
      if (found == ops.spellings.end()) return misfit();
      *static_cast<std::uint8_t*>(value) = static_cast<std::uint8_t>(found - ops.spellings.begin());
      return {};
    }
    case Kind::number:
    case Kind::object:
    case Kind::list: {
      QUANJI_TRY(auto parsed, parse_json(text));
      Problems problems;
      ops.clear(value);
      take_value(ops, value, parsed, Limits{}, problems, Side::stored, Unknown::ignore, {});
      return problems.found.empty() ? Status{} : Status{misfit()};
    }
    default:
      return misfit();
  }
}

}  // namespace quanji::base
