// How the flow's own types are taken from values and given to them.
#include <fmt/format.h>

#include "values/field_values.h"
#include "values/table_problems.h"

namespace quanji::values {

using base::Text;

namespace {

const Value& value_at(const void* value) { return *static_cast<const Value*>(value); }
template <class T>
T& at(void* to) {
  return *static_cast<T*>(to);
}
template <class T>
void give(const void* from, void* value) {
  *static_cast<Value*>(value) = Value::of(*static_cast<const T*>(from));
}
bool expected(Text& why, std::string_view zh, std::string_view en, const Value& found) {
  why = {fmt::format("应为{}，现为 {} {}", zh, word_of(found.type()), told(found)),
         fmt::format("must be {}, but is {} {}", en, word_of(found.type()), told(found))};
  return false;
}
template <class T>
bool parsed(base::Result<T> result, void* to, Text& why) {
  if (!result.ok()) {
    why = result.error().message();
    return false;
  }
  at<T>(to) = *std::move(result);
  return true;
}

bool take_decimal(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::decimal))
    at<Decimal>(to) = value.decimal();
  else if (value.is(Type::integer))
    at<Decimal>(to) = Decimal::of(value.integer());
  else if (value.is(Type::text))
    return expected(why, "数值（不加引号，或用 =Decimal(\"…\")）", "a number (without quotes, or =Decimal(\"…\"))", value);
  else
    return expected(why, "数值", "a number", value);
  return true;
}
bool take_anything(void* to, const void* from, Text&) {
  at<Value>(to) = value_at(from);
  return true;
}
void give_anything(const void* from, void* value) { *static_cast<Value*>(value) = *static_cast<const Value*>(from); }

bool take_table(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::table)) {
    at<TablePtr>(to) = value.shared_table();
    return true;
  }
  if (!value.is(Type::list)) return expected(why, "表（或由映射组成的列表）", "a table (or a list of maps)", value);
  auto table = Table::of_rows(value.list());
  if (!table.ok()) {
    why = table.error().message();
    return false;
  }
  at<TablePtr>(to) = std::make_shared<const Table>(*std::move(table));
  return true;
}
void give_table(const void* from, void* value) {
  const auto& table = *static_cast<const TablePtr*>(from);
  *static_cast<Value*>(value) = table ? Value::of(table) : Value();
}

bool take_datetime(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::text)) return parsed(parse_datetime(value.text()), to, why);
  if (value.is(Type::datetime))
    at<DateTime>(to) = value.datetime();
  else if (value.is(Type::date))
    at<DateTime>(to) = DateTime{value.date().days * std::int64_t{86'400'000'000}};
  else
    return expected(why, "日期时间（如 2026-11-20T09:30:00）", "a date and time (like 2026-11-20T09:30:00)", value);
  return true;
}
bool take_time(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::text)) return parsed(parse_time_of_day(value.text()), to, why);
  if (!value.is(Type::time)) return expected(why, "时刻（如 09:30:00）", "a time of day (like 09:30:00)", value);
  at<TimeOfDay>(to) = value.time();
  return true;
}
bool take_duration(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::text)) return parsed(parse_duration(value.text()), to, why);
  if (value.is(Type::integer) || value.is(Type::decimal)) {
    const auto number = value.display();
    why = {fmt::format("时长要带单位：{0}s、{0}m 还是 {0}h？", number), fmt::format("a duration has a unit: {0}s, {0}m or {0}h?", number)};
    return false;
  }
  if (!value.is(Type::duration)) return expected(why, "时长（如 30s、1m30s）", "a duration (like 30s, 1m30s)", value);
  at<Duration>(to) = value.duration();
  return true;
}
bool take_file(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (value.is(Type::text) && !value.text().empty() && value.text().find('\0') == std::string::npos)
    at<FileRef>(to) = FileRef{value.text(), {}};
  else if (value.is(Type::file))
    at<FileRef>(to) = value.file();
  else
    return expected(why, "文件（或文件路径）", "a file (or its path)", value);
  return true;
}
bool take_secret(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (!value.is(Type::secret)) {
    // What stands here may be a password: it is not repeated.
    why = {fmt::format("应为凭据中的机密，现为 {}；密码不能写在流程里", word_of(value.type())),
           fmt::format("must be a secret of a credential, but is {}; a flow holds no passwords", word_of(value.type()))};
    return false;
  }
  at<SecretRef>(to) = value.secret();
  return true;
}
bool take_handle(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (!value.is(Type::handle))
    return expected(why, "已打开的资源（由 with 打开的浏览器、数据库连接等）",
                    "an open resource (a browser, a database …, opened by `with`)", value);
  at<Handle>(to) = value.handle();
  return true;
}
bool take_map(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (!value.is(Type::map)) return expected(why, "映射（名称到值）", "a map of names to values", value);
  at<Map>(to) = value.map();
  return true;
}
bool take_bytes(void* to, const void* from, Text& why) {
  const auto& value = value_at(from);
  if (!value.is(Type::bytes)) return expected(why, "字节串", "bytes", value);
  at<base::Bytes>(to) = value.bytes();
  return true;
}

}  // namespace

const base::FlowType decimal_field{"decimal", take_decimal, give<Decimal>};
const base::FlowType anything_field{"any", take_anything, give_anything};
const base::FlowType table_field{"table", take_table, give_table};
const base::FlowType datetime_field{"datetime", take_datetime, give<DateTime>};
const base::FlowType time_field{"time", take_time, give<TimeOfDay>};
const base::FlowType duration_field{"duration", take_duration, give<Duration>};
const base::FlowType file_field{"file", take_file, give<FileRef>};
const base::FlowType secret_field{"secret", take_secret, give<SecretRef>};
const base::FlowType handle_field{"handle", take_handle, give<Handle>};
const base::FlowType map_field{"map", take_map, give<Map>};
const base::FlowType bytes_field{"bytes", take_bytes, give<base::Bytes>};

}  // namespace quanji::values
