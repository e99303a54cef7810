#include "services/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/given_fields.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t value_bytes = 16 << 10;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t element_length = 200;

constexpr auto boolean = SettingType::boolean;
constexpr auto integer = SettingType::integer;
constexpr auto list = SettingType::list;

// Sorted by name.
constexpr SettingRow rows[] = {
    {"approvals.after_check_hours",
     integer,
     "24",
     1,
     168,
     {"应急操作后多少小时内须补做复核", "Hours within which an emergency act is to be checked afterwards"}},
    {"approvals.emergency_minutes",
     integer,
     "30",
     1,
     30,
     {"同一事件的应急操作从第一次起最长多少分钟", "Minutes the emergency acts of one incident may last from the first"}},
    {"approvals.emergency_operations",
     list,
     "[]",
     0,
     100,
     {"可由值班人员单人应急执行的操作；空为没有", "Operations the duty officer may do alone in an emergency; empty: none"}},
    {"approvals.emergency_wait_minutes",
     integer,
     "15",
     0,
     240,
     {"等不到复核人多少分钟后才可应急", "Minutes without a checker before an emergency act"}},
    {"approvals.expiry_hours", integer, "24", 1, 720, {"待复核事项多少小时后失效", "Hours after which a held operation expires"}},
    {"approvals.operations",
     list,
     "[]",
     0,
     200,
     {"须双人复核的操作；空为全部声明须复核者", "Operations that wait for a second person; empty: all that are declared so"}},
    {"approvals.required", boolean, "true", 0, 0, {"提高风险的操作是否须双人复核", "Whether what raises risk waits for a second person"}},
    {"files.days", integer, "0", 0, 36'500, {"文件默认保留天数；0 为不限", "Days a file is kept unless it says otherwise; 0: without end"}},
    {"files.max_mb", integer, "200", 1, 1'048'576, {"单个文件上限（MB）", "Largest file, MB"}},
    {"files.refused_types",
     list,
     R"(["bat","cmd","com","exe","hta","jar","js","jse","lnk","msi","ps1","scr","vbe","vbs","wsf"])",
     0,
     200,
     {"不接受的文件扩展名，小写", "File name extensions that are refused, lower case"}},
    {"files.ticket_minutes", integer, "15", 1, 1440, {"一次性下载票据的有效分钟数", "Minutes a one-time download ticket lasts"}},
    {"files.types",
     list,
     "[]",
     0,
     200,
     {"只接受的文件扩展名，小写；空为不限", "The only file name extensions taken, lower case; empty: any"}},
    {"limits.client_per_second",
     integer,
     "1000",
     0,
     1'000'000,
     {"每个接入方每秒调用数；0 为不限", "Calls a second of one client; 0: no limit"}},
    {"limits.person_per_second",
     integer,
     "100",
     0,
     1'000'000,
     {"每个用户每秒调用数；0 为不限", "Calls a second of one person; 0: no limit"}},
    {"limits.report_per_second",
     integer,
     "10",
     0,
     1'000'000,
     {"每个调用方每秒报表与导出数；0 为不限", "Reports and exports a second of one caller; 0: no limit"}},
    {"limits.robot_per_second",
     integer,
     "1000",
     0,
     1'000'000,
     {"每台机器人每秒调用数；0 为不限", "Calls a second of one robot; 0: no limit"}},
    {"security.idle_minutes", integer, "15", 1, 480, {"会话空闲多少分钟后锁定", "Minutes of idleness after which a session locks"}},
    {"security.lockout_minutes", integer, "15", 1, 1440, {"登录失败过多后锁定多少分钟", "Minutes of lock-out after too many failures"}},
    {"security.max_failures", integer, "5", 1, 20, {"连续登录失败多少次后锁定", "Failures in a row that lock out"}},
    {"security.one_time_link_minutes", integer, "60", 5, 1440, {"一次性链接的有效分钟数", "Minutes a one-time link lasts"}},
    {"security.password_classes",
     integer,
     "3",
     1,
     4,
     {"密码至少含几类字符（大写、小写、数字、符号）", "Kinds of characters a password needs (upper, lower, digit, sign)"}},
    {"security.password_days",
     integer,
     "90",
     0,
     365,
     {"密码多少天后须更换；0 为不须", "Days after which a password must be changed; 0: never"}},
    {"security.password_history", integer, "5", 0, 24, {"不得重复最近几次的密码", "Former passwords that may not be used again"}},
    {"security.password_length", integer, "10", 8, 64, {"密码最短长度", "Shortest password"}},
    {"security.session_hours", integer, "8", 1, 16, {"会话最长多少小时", "Hours a session lasts at most"}},
    {"security.strict_replay",
     boolean,
     "false",
     0,
     0,
     {"查询请求的随机数是否也持久防重放", "Whether nonces of reads are kept durably too"}},
    {"security.token_seconds", integer, "7200", 60, 86'400, {"访问令牌的有效秒数", "Seconds an access token lasts"}},
    {"security.totp_required", boolean, "false", 0, 0, {"是否人人须用动态口令登录", "Whether everybody signs in with a one-time password"}},
};

const SettingRow* find_row(std::string_view name) {
  const auto found = std::lower_bound(std::begin(rows), std::end(rows), name,
                                      [](const SettingRow& row, std::string_view wanted) { return row.name < wanted; });
  return found != std::end(rows) && found->name == name ? found : nullptr;
}

// A value in memory.
struct Known {
  std::int64_t number = 0;
  std::string text;
  std::vector<std::string> elements;
};

// Every problem of a JSON text as a value of the setting, and the value.
Result<Known> parse(const SettingRow& row, std::string_view json) {
  const auto refuse = [](std::string zh, std::string en) {
    return Error(Code::invalid_field).with_field("value", Text(std::move(zh), std::move(en)));
  };
  QUANJI_TRY(const auto value, base::parse_json(json));
  Known known;
  switch (row.type) {
    case SettingType::boolean:
      if (!value.is_bool()) return refuse("应为 true 或 false", "must be true or false");
      known.number = value.get_bool() ? 1 : 0;
      return known;
    case SettingType::integer:
      if (!value.is_int64() || value.get_int64() < row.min || value.get_int64() > row.max)
        return refuse(fmt::format("应为 {} 到 {} 之间的整数", row.min, row.max),
                      fmt::format("must be a whole number between {} and {}", row.min, row.max));
      known.number = value.get_int64();
      return known;
    case SettingType::text: {
      if (!value.is_string()) return refuse("应为文本", "must be text");
      known.text = value.get_string().c_str();
      if (!row.choices.empty() && std::find(row.choices.begin(), row.choices.end(), known.text) == row.choices.end())
        return refuse("不是可选值", "is not one of the choices");
      if (static_cast<std::int64_t>(known.text.size()) > row.max)
        return refuse(fmt::format("最多 {} 字节", row.max), fmt::format("at most {} bytes", row.max));
      return known;
    }
    case SettingType::list: {
      if (!value.is_array()) return refuse("应为文本数组", "must be an array of texts");
      const auto& array = value.get_array();
      if (static_cast<std::int64_t>(array.size()) > row.max)
        return refuse(fmt::format("最多 {} 项", row.max), fmt::format("at most {} items", row.max));
      for (const auto& element : array) {
        if (!element.is_string() || element.get_string().empty() || static_cast<std::int64_t>(element.get_string().size()) > element_length)
          return refuse("每项应为不空的文本", "every item must be a text that is not empty");
        known.elements.emplace_back(element.get_string().c_str());
      }
      return known;
    }
  }
  return Error(Code::bug, "a setting of no type");
}

struct Snapshot {
  std::uint64_t epoch = 0;
  std::vector<Known> values;  // in the order of rows
};
std::vector<Known> defaults() {
  std::vector<Known> values;
  for (const auto& row : rows) values.push_back(parse(row, row.fallback).value());
  return values;
}

// What this process knows. After a change of its own it has the new value at once and is stale: readings that must be exact go to the table
// until refresh() has read all of it.
class Memory {
 public:
  static Memory& only() {
    static Memory memory;
    return memory;
  }
  std::shared_ptr<const Snapshot> last() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }
  std::shared_ptr<const Snapshot> fresh() const {
    const std::scoped_lock lock(mutex_);
    return stale_ ? nullptr : last_;
  }
  void keep(std::shared_ptr<const Snapshot> snapshot) {
    const std::scoped_lock lock(mutex_);
    last_ = std::move(snapshot);
    stale_ = false;
  }
  void put(std::size_t at, const Known& value) {
    const std::scoped_lock lock(mutex_);
    auto next = std::make_shared<Snapshot>(last_ ? *last_ : Snapshot{0, defaults()});
    next->values[at] = value;
    last_ = std::move(next);
    stale_ = true;
  }
  void forget() {
    const std::scoped_lock lock(mutex_);
    last_.reset();
    stale_ = true;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> last_;  // guarded by mutex_
  bool stale_ = true;                     // guarded by mutex_
};

Result<std::shared_ptr<const Snapshot>> read_all(const View& view, std::uint64_t epoch) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->epoch = epoch;
  snapshot->values = defaults();
  QUANJI_TRY(const auto found, view.rows(sql::setting_all));
  for (const auto stored : found) {
    const auto* row = find_row(stored.text("name"));
    if (!row) continue;  // of a newer or older version
    // A value that its limits no longer allow counts as its default.
    if (auto value = parse(*row, stored.text("value"))) snapshot->values[static_cast<std::size_t>(row - rows)] = std::move(*value);
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}
Result<Known> value_of(const View& view, std::string_view name, SettingType type) {
  const auto* row = find_row(name);
  if (!row || row->type != type) return Error(Code::bug, fmt::format("no setting {} of that type is declared", name));
  auto snapshot = Memory::only().fresh();
  if (!snapshot) {
    // Not kept: `view` may be a change that is rolled back. refresh() is for keeping.
    QUANJI_TRY(snapshot, read_all(view, 0));
  }
  return snapshot->values[static_cast<std::size_t>(row - rows)];
}

Setting described(const SettingRow& row) {
  Setting setting;
  setting.name = row.name;
  setting.type = row.type;
  setting.value.text = setting.default_value.text = row.fallback;
  if (row.type != SettingType::boolean) {
    setting.min = row.min;
    setting.max = row.max;
  }
  for (const auto choice : row.choices) setting.choices.emplace_back(choice);
  setting.title_zh = row.title.zh;
  setting.title_en = row.title.en;
  setting.created_by = setting.updated_by = "default";
  return setting;
}
void take_row(Setting& setting, const storage::Row& stored) {
  setting.value.text = stored.text("value");
  setting.is_default = setting.value.text == setting.default_value.text;
  setting.created_at = stored.time("created_at");
  setting.created_by = stored.text("created_by");
  setting.updated_at = stored.time("updated_at");
  setting.updated_by = stored.text("updated_by");
  setting.revision = stored.integer("revision");
}

Result<Setting> find(const View& view, const std::string& name) {
  const auto* row = find_row(name);
  if (!row)
    return Error(Code::not_found, Text(fmt::format("没有名为 {} 的设置，见 GET /settings", name),
                                       fmt::format("there is no setting {}: see GET /settings", name)));
  auto setting = described(*row);
  QUANJI_TRY(const auto stored, view.row(sql::setting_by_name, {{"name", name}}));
  if (stored) take_row(setting, *stored);
  return setting;
}

Status write(Change& change, const SettingRow& row, std::string_view json) {
  QUANJI_TRY(auto value, parse(row, json));
  QUANJI_DO(change.run(sql::setting_put, {{"name", row.name}, {"value", json}, {"now", change.now()}, {"actor", actor(change)}}));
  QUANJI_TRY(const auto raised, change.row(sql::epoch_raise, {{"name", "settings"}}));
  if (!raised) return Error(Code::bug, "the table of epochs is empty");
  change.after_commit([at = static_cast<std::size_t>(&row - rows), value = std::move(value)] { Memory::only().put(at, value); });
  return {};
}

}  // namespace

QUANJI_FIELDS(Setting,  //
              QF(name, "设置名", "Name of the setting"), QF(type, "类型", "Type"), QF(value, "现值", "Its value now"),
              QF(default_value, "默认值", "Its default"), QF(is_default, "是否为默认值", "Whether it is the default"),
              QF(min, "下限（文本、列表为长度）", "Lower limit (of a length for texts and lists)"),
              QF(max, "上限（文本、列表为长度）", "Upper limit (of a length for texts and lists)"),
              QF(choices, "可选值；空为任意", "Choices; empty: any"), QF(title_zh, "中文说明", "What it is, in Chinese"),
              QF(title_en, "英文说明", "What it is, in English"), QF(created_at, "首次更改时间", "When it was first changed"),
              QF(created_by, "首次更改人", "Who first changed it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号，0 为从未更改", "Revision, 0: never changed"))
QUANJI_FIELDS(SettingList, QF(items, "全部设置，按名称", "All settings, by name"))
QUANJI_FIELDS(SettingRef, QF(name, "设置名", "Name of the setting", .flags = base::in_path))
QUANJI_FIELDS(SettingChange,  //
              QF(name, "设置名", "Name of the setting", .flags = base::in_path),
              QF(value, "新值；null 恢复默认", "The new value; null: back to the default", .max = value_bytes),
              QF(reason, "原因", "Why", .max = reason_length, .pattern = &base::printable_pattern, .fallback = "\"\""))

Result<SettingList> list_settings(const View& view, const base::Nothing&) {
  QUANJI_DO(allow(view, domain::root_department));
  SettingList answer;
  for (const auto& row : rows) answer.items.push_back(described(row));
  QUANJI_TRY(const auto found, view.rows(sql::setting_all));
  for (const auto stored : found)
    if (const auto* row = find_row(stored.text("name"))) take_row(answer.items[static_cast<std::size_t>(row - rows)], stored);
  return answer;
}

Result<Setting> read_setting(const View& view, const SettingRef& ref) {
  QUANJI_DO(allow(view, domain::root_department));
  return find(view, ref.name);
}

Result<Setting> change_setting(Change& change, const base::Patch<SettingChange>& patch) {
  QUANJI_DO(allow(change, domain::root_department));
  QUANJI_TRY(const auto before, find(change, patch.value.name));
  QUANJI_DO(expect_revision(change, before.revision));
  if (!was_given(patch, "value")) return Error(Code::invalid_field).with_field("value", Text("必填", "is required"));
  const auto& row = *find_row(patch.value.name);
  const std::string json = patch.value.value ? patch.value.value->text : std::string(row.fallback);
  QUANJI_DO(write(change, row, json));
  QUANJI_TRY(auto after, find(change, patch.value.name));
  change.note() = {after.name, after.name, domain::root_department.ulid, before.value.text, after.value.text, patch.value.reason};
  return after;
}

namespace settings {

std::span<const SettingRow> declared() { return rows; }
Result<std::int64_t> integer(const View& view, std::string_view name) {
  QUANJI_TRY(const auto value, value_of(view, name, SettingType::integer));
  return value.number;
}
Result<bool> truth(const View& view, std::string_view name) {
  QUANJI_TRY(const auto value, value_of(view, name, SettingType::boolean));
  return value.number != 0;
}
Result<std::string> text(const View& view, std::string_view name) {
  QUANJI_TRY(auto value, value_of(view, name, SettingType::text));
  return std::move(value.text);
}
Result<std::vector<std::string>> list(const View& view, std::string_view name) {
  QUANJI_TRY(auto value, value_of(view, name, SettingType::list));
  return std::move(value.elements);
}

namespace {
std::int64_t known_number(std::string_view name) {
  const auto* row = find_row(name);
  if (!row) throw std::logic_error(fmt::format("no setting {} is declared", name));
  const auto snapshot = Memory::only().last();
  if (snapshot) return snapshot->values[static_cast<std::size_t>(row - rows)].number;
  static const auto at_start = defaults();
  return at_start[static_cast<std::size_t>(row - rows)].number;
}
}  // namespace
std::int64_t known_integer(std::string_view name) { return known_number(name); }
bool known_truth(std::string_view name) { return known_number(name) != 0; }

Status put(Change& change, std::string_view name, std::string_view json) {
  const auto* row = find_row(name);
  if (!row) return Error(Code::bug, fmt::format("no setting {} is declared", name));
  return write(change, *row, json);
}

Status refresh(const View& view, std::uint64_t epoch) {
  if (const auto known = Memory::only().fresh(); known && known->epoch == epoch) return {};
  QUANJI_TRY(auto snapshot, read_all(view, epoch));
  Memory::only().keep(std::move(snapshot));
  return {};
}
void forget() { Memory::only().forget(); }

}  // namespace settings

}  // namespace quanji::services
