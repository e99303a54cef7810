#include "domain/form_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/clock.h"
#include "base/encodings.h"

namespace quanji::domain {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Problems;
using base::Result;
using base::Text;

namespace {
bool is_variable(std::string_view t) {
  return !t.empty() && t.size() <= 63 && (t[0] == '_' || (t[0] >= 'a' && t[0] <= 'z')) &&
         std::all_of(t.begin(), t.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}
constexpr base::Pattern variable_pattern{
    "^[a-z_][a-z0-9_]{0,62}$",
    is_variable,
    {"小写字母、数字和下划线，不以数字开头", "lower-case letters, digits and underscores, no digit first"}};
constexpr std::int64_t answer_length = 4096;
}  // namespace

QUANJI_FIELDS(FormField, QF(name, "字段名", "Name", .pattern = &variable_pattern),
              QF(title, "显示名", "What people read", .max = 256, .pattern = &base::printable_pattern, .fallback = "\"\""),
              QF(type, "类型", "Type", .fallback = "\"text\""), QF(required, "是否必填", "Whether it must be answered", .fallback = "true"),
              QF(choices, "可选的值；空为任意", "The values allowed; empty: any", .max = 200, .fallback = "[]"))

namespace {

bool digits(std::string_view t) {
  return !t.empty() && std::all_of(t.begin(), t.end(), [](char c) { return c >= '0' && c <= '9'; });
}
// [-]digits[.digits], at most 38 digits: what a decimal of a flow holds.
bool is_decimal(std::string_view t) {
  if (t.starts_with('-')) t.remove_prefix(1);
  const auto dot = t.find('.');
  const auto whole = t.substr(0, dot);
  if (t.size() > 39 || !digits(whole)) return false;
  return dot == std::string_view::npos || digits(t.substr(dot + 1));
}
bool is_time(std::string_view t) {
  return t.size() >= 5 && base::parse_time("2000-01-01T" + std::string(t) + (t.size() == 5 ? ":00" : "") + "Z").ok();
}
bool is_datetime(std::string_view t) {
  return t.size() >= 16 && (t[10] == ' ' || t[10] == 'T') && base::parse_date(t.substr(0, 10)).ok() && is_time(t.substr(11));
}

// Why the value is not of the type; empty when it is.
Text trouble(FormType type, const json::value& v) {
  const auto text = v.is_string() ? std::string_view(v.get_string().data(), v.get_string().size()) : std::string_view();
  switch (type) {
    case FormType::text:
      if (v.is_string() && base::utf8_length(text) <= answer_length) return {};
      return {fmt::format("应为文本，最长 {} 字", answer_length), fmt::format("should be a text of {} characters at most", answer_length)};
    case FormType::integer:
      if (v.is_int64()) return {};
      return {"应为整数", "should be a whole number"};
    case FormType::decimal:
      if (v.is_int64() || (v.is_string() && is_decimal(text))) return {};
      return {"应为小数，写成文本，如 \"12.30\"", "should be a decimal written as text, as \"12.30\""};
    case FormType::boolean:
      if (v.is_bool()) return {};
      return {"应为 true 或 false", "should be true or false"};
    case FormType::date:
      if (v.is_string() && base::parse_date(text).ok()) return {};
      return {"应为日期，如 2026-11-20", "should be a date, as 2026-11-20"};
    case FormType::time:
      if (v.is_string() && text.find_first_of("Z+-") == std::string_view::npos && is_time(text)) return {};
      return {"应为时间，如 15:30:00", "should be a time, as 15:30:00"};
    case FormType::datetime:
      if (v.is_string() && text.find_first_of("Z+", 0) == std::string_view::npos && text.find('-', 10) == std::string_view::npos &&
          is_datetime(text))
        return {};
      return {"应为日期时间，如 2026-11-20 15:30:00", "should be a date and time, as 2026-11-20 15:30:00"};
  }
  return {"类型未知", "of no known type"};
}
bool not_given(const json::value* v) { return !v || v->is_null() || (v->is_string() && v->get_string().empty()); }

}  // namespace

Result<std::vector<FormField>> read_form(std::string_view text, std::string_view at) {
  std::vector<FormField> form;
  if (text.empty() || text == "null") return form;
  QUANJI_TRY(const auto parsed, base::parse_json(text));
  Problems problems;
  if (!parsed.is_array() || parsed.get_array().size() > form_fields_most) {
    problems.add(Code::invalid_field, at,
                 Text(fmt::format("表单应为字段的数组，最多 {} 个", form_fields_most),
                      fmt::format("a form is an array of {} fields at most", form_fields_most)));
    return std::move(std::move(problems).as_status()).error();
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < parsed.get_array().size(); ++i) {
    const auto place = fmt::format("{}/{}", at, i);
    auto& field = form.emplace_back();
    base::decode(FormField::fields(), &field, parsed.get_array()[i], problems, base::Side::request, base::Unknown::refuse, nullptr, false,
                 place);
    if (!names.insert(field.name).second) problems.add(Code::invalid_field, place + "/name", Text("字段名重复", "the name stands twice"));
    if (field.title.empty()) field.title = field.name;
    for (std::size_t k = 0; k < field.choices.size(); ++k) {
      const auto choice = base::parse_json(field.choices[k].text);
      auto why = choice ? trouble(field.type, *choice) : Text("不是 JSON", "no JSON");
      if (!why.en.empty()) problems.add(Code::invalid_field, fmt::format("{}/choices/{}", place, k), std::move(why));
    }
  }
  QUANJI_DO(std::move(problems).as_status());
  return form;
}

Result<std::string> check_answers(const std::vector<FormField>& form, std::string_view answers, std::string_view at) {
  QUANJI_TRY(const auto parsed, base::parse_json(answers.empty() ? std::string_view("{}") : answers));
  Problems problems;
  if (!parsed.is_object()) {
    problems.add(Code::invalid_field, at, Text("应为字段到值的对象", "an object of fields and their values is expected"));
    return std::move(std::move(problems).as_status()).error();
  }
  const auto& given = parsed.get_object();
  std::string kept = "{";
  for (const auto& field : form) {
    const auto place = fmt::format("{}/{}", at, field.name);
    const auto* value = given.if_contains(field.name);
    if (not_given(value)) {
      if (field.required) problems.add(Code::invalid_field, place, Text("必填", "is required"));
      continue;
    }
    if (auto why = trouble(field.type, *value); !why.en.empty()) {
      problems.add(Code::invalid_field, place, std::move(why));
      continue;
    }
    const auto text = json::serialize(*value);
    if (!field.choices.empty() &&
        std::none_of(field.choices.begin(), field.choices.end(), [&](const base::JsonText& choice) { return choice.text == text; })) {
      problems.add(Code::invalid_field, place, Text("不在可选的值里", "is none of the choices"));
      continue;
    }
    if (kept.size() > 1) kept += ',';
    base::append_json_string(kept, field.name);
    kept += ':' + text;
  }
  for (const auto& pair : given) {
    const std::string_view name(pair.key().data(), pair.key().size());
    if (std::none_of(form.begin(), form.end(), [&](const FormField& field) { return field.name == name; }))
      problems.add(Code::invalid_field, fmt::format("{}/{}", at, base::utf8_beginning(name, 64)),
                   Text("表单里没有这个字段", "is no field of the form"));
  }
  QUANJI_DO(std::move(problems).as_status());
  return kept + "}";
}

}  // namespace quanji::domain
