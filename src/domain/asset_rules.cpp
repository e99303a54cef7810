#include "domain/asset_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/clock.h"
#include "base/fields_json.h"
#include "base/ids.h"

namespace quanji::domain {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

constexpr AssetScope order[] = {AssetScope::task, AssetScope::robot, AssetScope::server, AssetScope::department, AssetScope::global};
constexpr std::size_t decimal_digits = 38;

Error wrong(std::string zh, std::string en) { return Error(Code::invalid_field).with_field("value", Text(std::move(zh), std::move(en))); }

// -?digits[.digits], no zero in front, no plus, no exponent.
bool is_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  const auto part = dot == std::string_view::npos ? std::string_view("0") : text.substr(dot + 1);
  const auto digits = [](std::string_view t) {
    return !t.empty() && std::all_of(t.begin(), t.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(whole) || !digits(part) || (whole.size() > 1 && whole.front() == '0')) return false;
  return whole.size() + (dot == std::string_view::npos ? 0 : part.size()) <= decimal_digits;
}

// {"$decimal":"1.20"}: the text under the one key, or nothing.
const boost::json::string* marked(const boost::json::value& value, std::string_view mark) {
  const auto* object = value.if_object();
  if (!object || object->size() != 1) return nullptr;
  const auto* found = object->if_contains(mark);
  return found ? found->if_string() : nullptr;
}

Result<std::string> spelled(AssetType type, const boost::json::value& value) {
  std::string out;
  switch (type) {
    case AssetType::text:
      if (!value.is_string()) return wrong("应为文本", "is to be a text");
      break;
    case AssetType::integer:
      if (!value.is_int64()) return wrong("应为 64 位以内的整数", "is to be a whole number within 64 bits");
      break;
    case AssetType::decimal: {
      const auto text = value.is_int64() ? fmt::format("{}", value.get_int64()) : value.is_string() ? std::string(value.get_string()) : "";
      if (!is_decimal(text))
        return wrong("应为文本形式的十进制数，最多 38 位，例如 \"1.20\"", "is to be a decimal as a text of at most 38 digits: \"1.20\"");
      base::append_json_string(out, text);
      return out;
    }
    case AssetType::boolean:
      if (!value.is_bool()) return wrong("应为 true 或 false", "is to be true or false");
      break;
    case AssetType::date:
      if (!value.is_string() || !base::parse_date(value.get_string()))
        return wrong("应为日期，例如 \"2026-11-20\"", "is to be a date: \"2026-11-20\"");
      break;
    case AssetType::json:
      break;
    case AssetType::list:
      if (!value.is_array()) return wrong("应为数组", "is to be an array");
      if (value.get_array().size() > asset_list_limit)
        return wrong(fmt::format("最多 {} 个元素", asset_list_limit), fmt::format("at most {} elements", asset_list_limit));
      break;
    case AssetType::secret:
      return wrong("密文资产的值须用 secretValue 给出", "the value of a secret asset is given as secretValue");
  }
  out = boost::json::serialize(value);
  if (out.size() > asset_value_limit)
    return wrong(fmt::format("最多 {} 字节", asset_value_limit), fmt::format("at most {} bytes", asset_value_limit));
  // A number of more digits than a double has would be another each time it is read.
  if (const auto again = base::parse_json(out); !again || boost::json::serialize(*again) != out)
    return wrong("其中有数字的位数太多，请写成文本", "a number in it has more digits than can be kept: write it as a text");
  return out;
}

}  // namespace

std::span<const AssetScope> scopes_in_order() { return order; }

std::string_view prefix_of(AssetScope scope) {
  switch (scope) {
    case AssetScope::task:
      return "tsk";
    case AssetScope::robot:
      return "rob";
    case AssetScope::server:
      return "srv";
    case AssetScope::department:
      return "dep";
    case AssetScope::global:
      break;
  }
  return {};
}

base::Status check_scope(AssetScope scope, std::string_view scope_id) {
  const auto refuse = [](std::string zh, std::string en) {
    return Error(Code::invalid_field).with_field("scopeId", Text(std::move(zh), std::move(en)));
  };
  if (scope == AssetScope::global) {
    if (scope_id.empty()) return {};
    return refuse("全局值没有作用对象", "the global value is nobody's: leave it out");
  }
  base::Ulid ulid;
  const auto prefix = prefix_of(scope);
  if (!base::parse_id(scope_id, prefix, ulid))
    return refuse(fmt::format("应为 {}_ 开头的标识", prefix), fmt::format("is to be an id that begins with {}_", prefix));
  return {};
}

Result<std::string> asset_value(AssetType type, std::string_view json) {
  if (json.size() > asset_value_limit)
    return wrong(fmt::format("最多 {} 字节", asset_value_limit), fmt::format("at most {} bytes", asset_value_limit));
  const auto value = base::parse_json(json.empty() ? "null" : json);
  if (!value) return wrong("不是有效的 JSON", "is no JSON");
  return spelled(type, *value);
}

std::string to_flow(AssetType type, std::string_view value) {
  if (type == AssetType::decimal) return fmt::format(R"({{"$decimal":{}}})", value);
  if (type == AssetType::date) return fmt::format(R"({{"$date":{}}})", value);
  return std::string(value);
}

Result<std::string> from_flow(AssetType type, std::string_view json) {
  if (type != AssetType::decimal && type != AssetType::date) return asset_value(type, json);
  const auto value = base::parse_json(json.empty() ? "null" : json);
  if (!value) return wrong("不是有效的 JSON", "is no JSON");
  if (const auto* text = marked(*value, type == AssetType::decimal ? "$decimal" : "$date")) return spelled(type, boost::json::value(*text));
  // A whole number stands for the decimal; a text of the flow is a text.
  if (type == AssetType::decimal && value->is_int64()) return spelled(type, *value);
  return type == AssetType::decimal ? wrong("应为十进制数", "is to be a decimal") : wrong("应为日期", "is to be a date");
}

}  // namespace quanji::domain
