#include "engine/failure.h"

#include <fmt/format.h>

#include <algorithm>

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Text;
using values::Map;
using values::Type;
using values::Value;

Failure business_failure(std::string code, Text message, Value data) {
  Failure failure;
  failure.code = std::move(code);
  failure.kind = flow::ErrorKind::business;
  failure.message = std::move(message);
  failure.data = std::move(data);
  return failure;
}
Failure system_failure(std::string code, Text message, Value data) {
  auto failure = business_failure(std::move(code), std::move(message), std::move(data));
  failure.kind = flow::ErrorKind::system;
  return failure;
}
Failure failure_of(const Error& error) {
  Text message = error.message();
  for (const auto& field : error.fields()) {
    const auto at = field.field.empty() ? std::string() : field.field + ": ";
    message.zh += "；" + at + field.reason.zh;
    message.en += "; " + at + field.reason.en;
  }
  return system_failure(std::string(base::row_of(error.code()).word), std::move(message));
}
Error error_of(const Failure& failure) { return Error(Code::invalid_field, failure.message, failure.code); }

namespace {
bool is_picture(std::string_view path) {
  return path.ends_with(".png") || path.ends_with(".jpg") || path.ends_with(".jpeg") || path.ends_with(".webp");
}
// A failure has one sentence for a flow: both languages, unless they say the same.
std::string both(const Text& text) {
  if (text.zh == text.en || text.en.empty()) return text.zh;
  return text.zh.empty() ? text.en : text.zh + " / " + text.en;
}
}  // namespace

Value value_of(const Failure& failure) {
  Map map;
  map.emplace_back("code", Value::of(failure.code));
  map.emplace_back("kind", Value::of(std::string(flow::word_of(failure.kind))));
  map.emplace_back("message", Value::of(both(failure.message)));
  map.emplace_back("step", Value::of(failure.step));
  map.emplace_back("data", failure.data);
  values::List evidence;
  for (const auto& file : failure.evidence) evidence.push_back(Value::of(file));
  map.emplace_back("evidence", Value::of(std::move(evidence)));
  const auto picture =
      std::find_if(failure.evidence.begin(), failure.evidence.end(), [](const auto& file) { return is_picture(file.path); });
  if (picture != failure.evidence.end()) map.emplace_back("screenshot", Value::of(*picture));
  return Value::of(std::move(map));
}

base::Result<Failure> failure_of_value(const Value& value) {
  const auto refuse = [] {
    return Error(Code::invalid_field, Text("再次失败（fail: =变量）需要 catch 保存的错误：含有 code 的映射",
                                           "failing again (fail: =variable) needs an error that catch saved: a map with a code"));
  };
  const auto text = [&](std::string_view key) -> std::string {
    const auto* found = value.find(key);
    return found && found->is(Type::text) ? found->text() : std::string();
  };
  if (!value.is(Type::map)) return refuse();
  Failure failure;
  failure.code = text("code");
  if (failure.code.empty()) return refuse();
  failure.kind = text("kind") == "business" ? flow::ErrorKind::business : flow::ErrorKind::system;
  failure.message = Text(text("message"), text("message"));
  failure.step = text("step");
  if (const auto* data = value.find("data")) failure.data = *data;
  if (const auto* evidence = value.find("evidence"); evidence && evidence->is(Type::list))
    for (const auto& file : evidence->list())
      if (file.is(Type::file)) failure.evidence.push_back(file.file());
  return failure;
}

}  // namespace quanji::engine
