#include "values/field_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/encodings.h"
#include "values/names.h"
#include "values/table_problems.h"

namespace quanji::values {

using base::Code;
using base::FieldList;
using base::Kind;
using base::Limits;
using base::Problems;
using base::Text;
using base::ValueOps;

namespace {

std::string pointer(std::string_view at, std::string_view name) { return at.empty() ? std::string(name) : fmt::format("{}/{}", at, name); }

// One value into one field.
class Taking {
 public:
  Taking(const Limits& limits, Problems& problems, std::string_view at) : limits_(limits), problems_(problems), at_(at) {}

  void take(const ValueOps& ops, void* to, const Value& from) {
    switch (ops.kind) {
      case Kind::text:
        if (!from.is(Type::text)) return no_text(from);
        check_count(static_cast<std::int64_t>(base::utf8_length(from.text())), "个字符", "characters");
        if (limits_.pattern && !from.text().empty() && !limits_.pattern->ok(from.text())) refuse(Text(limits_.pattern->sentence));
        *static_cast<std::string*>(to) = from.text();
        return;
      case Kind::integer:
        return integer(to, from);
      case Kind::number:
        if (from.is(Type::decimal))
          *static_cast<double*>(to) = from.decimal().approximate();
        else if (from.is(Type::integer))
          *static_cast<double*>(to) = static_cast<double>(from.integer());
        else
          no_number("数值", "a number", from);
        return;
      case Kind::boolean:
        if (!from.is(Type::boolean)) return expected("true 或 false", "true or false", from);
        *static_cast<bool*>(to) = from.boolean();
        return;
      case Kind::date:
        return date(to, from);
      case Kind::time:
        return time(to, from);
      case Kind::id:
        if (!from.is(Type::text)) return expected("标识（文本）", "an id (a text)", from);
        if (const auto parsed = base::parse_id(from.text(), ops.id_prefix, *static_cast<base::Ulid*>(to)); !parsed.ok())
          refuse(parsed.error().message());
        return;
      case Kind::enumeration:
        return enumeration(ops, to, from);
      case Kind::object:
        if (!from.is(Type::map)) return expected("映射（名称到值）", "a map of names to values", from);
        return decode(ops.object(), to, from.map(), problems_, at_);
      case Kind::list:
        return list(ops, to, from);
      case Kind::json: {
        auto& text = static_cast<base::JsonText*>(to)->text;
        text.clear();
        from.append_plain_json(text);
        return;
      }
      case Kind::secret:
        return problems_.add(Code::bug, at_, {"活动的机密字段应为 SecretRef", "a secret field of an activity is a SecretRef"});
      case Kind::flow: {
        Text why;
        if (!ops.flow->take(to, &from, why)) return refuse(std::move(why));
        if (ops.flow == &decimal_field) check_range(*static_cast<const Decimal*>(to));
        return;
      }
    }
  }

 private:
  void refuse(Text reason) { problems_.add(Code::invalid_field, at_, std::move(reason)); }
  void expected(std::string_view zh, std::string_view en, const Value& found) {
    refuse({fmt::format("应为{}，现为 {} {}", zh, word_of(found.type()), told(found)),
            fmt::format("must be {}, but is {} {}", en, word_of(found.type()), told(found))});
  }
  void no_text(const Value& found) {
    if (found.is(Type::integer) || found.is(Type::decimal))
      return expected("文本（数字代码请加引号，如 \"000001\"）", "text (put digits that are a code in quotes, like \"000001\")", found);
    expected("文本", "text", found);
  }
  void no_number(std::string_view zh, std::string_view en, const Value& found) {
    if (found.is(Type::text)) return expected(fmt::format("{}（不加引号）", zh), fmt::format("{} (without quotes)", en), found);
    expected(zh, en, found);
  }
  void check_count(std::int64_t n, std::string_view unit_zh, std::string_view unit_en) {
    if (n > limits_.max)
      refuse(
          {fmt::format("最多 {} {}，现有 {}", limits_.max, unit_zh, n), fmt::format("at most {} {}, found {}", limits_.max, unit_en, n)});
    if (n < limits_.min)
      refuse(
          {fmt::format("至少 {} {}，现有 {}", limits_.min, unit_zh, n), fmt::format("at least {} {}, found {}", limits_.min, unit_en, n)});
  }
  void check_range(const Decimal& number) {
    if (limits_.max != INT64_MAX && number > Decimal::of(limits_.max))
      refuse({fmt::format("不能大于 {}", limits_.max), fmt::format("must be at most {}", limits_.max)});
    if (limits_.min != INT64_MIN && number < Decimal::of(limits_.min))
      refuse({fmt::format("不能小于 {}", limits_.min), fmt::format("must be at least {}", limits_.min)});
  }
  void integer(void* to, const Value& from) {
    std::optional<std::int64_t> whole;
    if (from.is(Type::integer)) whole = from.integer();
    if (from.is(Type::decimal)) whole = from.decimal().whole();
    if (!whole) return no_number("整数", "a whole number", from);
    check_range(Decimal::of(*whole));
    *static_cast<std::int64_t*>(to) = *whole;
  }
  void date(void* to, const Value& from) {
    if (from.is(Type::date)) {
      *static_cast<base::Date*>(to) = from.date();
    } else if (from.is(Type::text)) {
      const auto parsed = parse_date(from.text());
      if (!parsed.ok()) return refuse(parsed.error().message());
      *static_cast<base::Date*>(to) = *parsed;
    } else if (from.is(Type::datetime)) {
      expected("日期（日期时间请写 .date()）", "a date (of a date and time: .date())", from);
    } else {
      expected("日期（如 2026-11-20）", "a date (like 2026-11-20)", from);
    }
  }
  void time(void* to, const Value& from) {
    if (!from.is(Type::text))
      return expected("带时区的时间（如 2026-11-20T15:30:00+08:00）", "a time with its zone (like 2026-11-20T15:30:00+08:00)", from);
    const auto parsed = base::parse_time(from.text());
    if (!parsed.ok()) return refuse(parsed.error().message());
    *static_cast<base::Time*>(to) = *parsed;
  }
  void enumeration(const ValueOps& ops, void* to, const Value& from) {
    if (!from.is(Type::text)) return expected("文本", "text", from);
    const auto found = std::find(ops.spellings.begin(), ops.spellings.end(), from.text());
    if (found == ops.spellings.end()) {
      const std::vector<std::string> words(ops.spellings.begin(), ops.spellings.end());
      return refuse(no_such_name({"选项", "choice"}, from.text(), words));
    }
    *static_cast<std::uint8_t*>(to) = static_cast<std::uint8_t>(found - ops.spellings.begin());
  }
  void list(const ValueOps& ops, void* to, const Value& from) {
    if (!from.is(Type::list)) return expected("列表", "a list", from);
    check_count(static_cast<std::int64_t>(from.list().size()), "项", "items");
    for (std::size_t i = 0; i < from.list().size(); ++i) {
      const auto at = pointer(at_, std::to_string(i));
      const auto& item = from.list()[i];
      void* element = ops.append(to);
      const auto& inner = *ops.inner;
      if (inner.optional && item.is(Type::nothing)) continue;
      Taking(Limits{.pattern = limits_.pattern}, problems_, at)
          .take(inner.optional ? *inner.inner : inner, inner.optional ? inner.engage(element) : element, item);
    }
  }

  const Limits& limits_;
  Problems& problems_;
  std::string_view at_;
};

bool takes_nothing(const ValueOps& ops) { return ops.kind == Kind::json || ops.flow == &anything_field; }

void take_field(const base::Field& field, void* object, const Value& value, Problems& problems, std::string_view at) {
  const auto& ops = *field.ops;
  void* to = field.in(object);
  ops.clear(to);
  if (!ops.optional) return Taking(field.limits, problems, at).take(ops, to, value);
  if (!value.is(Type::nothing) || takes_nothing(*ops.inner)) Taking(field.limits, problems, at).take(*ops.inner, ops.engage(to), value);
}

Value value_of(const ValueOps& ops, const void* from) {
  if (ops.optional) return ops.engaged(from) ? value_of(*ops.inner, ops.look(from)) : Value();
  switch (ops.kind) {
    case Kind::text:
      return Value::of(*static_cast<const std::string*>(from));
    case Kind::integer:
      return Value::of(*static_cast<const std::int64_t*>(from));
    case Kind::number: {
      // The shortest digits that mean this double; what has none (infinity, beyond the exponents) is nothing.
      char digits[32];
      const auto end = std::to_chars(digits, digits + sizeof digits, *static_cast<const double*>(from));
      const auto decimal = Decimal::parse({digits, static_cast<std::size_t>(end.ptr - digits)});
      return decimal.ok() ? Value::of(*decimal) : Value();
    }
    case Kind::boolean:
      return Value::of(*static_cast<const bool*>(from));
    case Kind::date:
      return Value::of(*static_cast<const base::Date*>(from));
    case Kind::time:
      return Value::of(base::to_text(*static_cast<const base::Time*>(from)));
    case Kind::id: {
      const auto& ulid = *static_cast<const base::Ulid*>(from);
      return ulid.empty() ? Value() : Value::of(fmt::format("{}_{}", ops.id_prefix, base::to_text(ulid)));
    }
    case Kind::enumeration: {
      const auto i = *static_cast<const std::uint8_t*>(from);
      return i < ops.spellings.size() ? Value::of(std::string(ops.spellings[i])) : Value();
    }
    case Kind::object:
      return Value::of(encode(ops.object(), from));
    case Kind::list: {
      List list;
      list.reserve(ops.size(from));
      for (std::size_t i = 0, n = ops.size(from); i < n; ++i) list.push_back(value_of(*ops.inner, ops.at(from, i)));
      return Value::of(std::move(list));
    }
    case Kind::json: {
      const auto parsed = base::parse_json(static_cast<const base::JsonText*>(from)->text, max_value_json_depth);
      if (!parsed.ok()) return {};
      auto value = Value::from_json(*parsed);
      return value.ok() ? *std::move(value) : Value();
    }
    case Kind::secret:
      return {};
    case Kind::flow: {
      Value value;
      ops.flow->give(from, &value);
      return value;
    }
  }
  return {};
}

}  // namespace

void decode(const FieldList& list, void* object, const Map& from, Problems& problems, std::string_view at) {
  std::uint64_t seen = 0;
  for (const auto& [name, value] : from) {
    const int i = list.find(name);
    const auto where = pointer(at, base::utf8_beginning(name, 64));
    if (i < 0) {
      std::vector<std::string> names;
      for (const auto& field : list.all()) names.emplace_back(field.name);
      problems.add(Code::unknown_field, where, no_such_name({"参数", "parameter"}, name, names));
      continue;
    }
    const auto& field = list.all()[static_cast<std::size_t>(i)];
    // nothing given is as not given, unless the field takes it as a value.
    if (value.is(Type::nothing) && !field.ops->optional && !takes_nothing(*field.ops)) continue;
    seen |= std::uint64_t{1} << i;
    take_field(field, object, value, problems, where);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& field = list.all()[i];
    if ((seen >> i) & 1U) continue;
    const auto where = pointer(at, field.name);
    if (field.limits.fallback.empty()) {
      if (field.required()) problems.add(Code::invalid_field, where, {"必填", "is required"});
      continue;
    }
    const auto parsed = base::parse_json(field.limits.fallback, max_value_json_depth);
    const auto value = parsed.ok() ? Value::from_json(*parsed) : base::Result<Value>(parsed.error().clone());
    if (value.ok())
      take_field(field, object, *value, problems, where);
    else
      problems.add(Code::bug, where, value.error().message());
  }
}

Map encode(const FieldList& list, const void* object) {
  Map map;
  map.reserve(list.size());
  for (const auto& field : list.all()) {
    const void* from = field.in(object);
    if (field.ops->optional && !field.ops->engaged(from)) continue;
    map.emplace_back(std::string(field.name), value_of(*field.ops, from));
  }
  return map;
}

}  // namespace quanji::values
