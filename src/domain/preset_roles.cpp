#include "domain/preset_roles.h"

#include <algorithm>

#include "domain/permissions.h"

namespace quanji::domain {
namespace {
using Patterns = std::string_view[];

constexpr Patterns system_administrator{
    "department.*", "user.*",          "session.*",  "setting.*",     "robot.*",         "robot_group.*",  "server.*",
    "enrolment.*",  "node.*",          "license.*",  "backup.*",      "federation.*",    "channel.*",      "webhook.*",
    "system.*",     "change_window.*", "calendar.*", "shift.*",       "role.read",       "grant.read",     "api_call.read",
    "event.read",   "alert.read",      "log.read",   "approval.read", "approval.decide", "permission.read"};
constexpr Patterns security_administrator{"role.*",
                                          "grant.*",
                                          "api_client.*",
                                          "credential.read",
                                          "credential.create",
                                          "credential.change",
                                          "credential.delete",
                                          "credential.rotate",
                                          "credential.grant",
                                          "credential.test",
                                          "credential.disable",
                                          "credential.enable",
                                          "credential.reset_breaker",
                                          "credential.transfer",
                                          "access_review.*",
                                          "legal_hold.*",
                                          "user.reset_password",
                                          "user.reset_totp",
                                          "department.read",
                                          "user.read",
                                          "setting.read",
                                          "api_call.read",
                                          "approval.read",
                                          "approval.decide",
                                          "permission.read",
                                          "asset.read",
                                          "asset.grant"};
constexpr Patterns auditor{"audit.*"};
constexpr Patterns operator_role{"task.*",           "flow.read",         "flow.run",
                                 "flow.enable",      "flow.disable",      "schedule.*",
                                 "chain.*",          "chain_run.*",       "queue.*",
                                 "human_task.*",     "alert.*",           "alert_rule.read",
                                 "file.*",           "folder.*",          "log.*",
                                 "robot.read",       "robot.enable",      "robot.disable",
                                 "robot.restart",    "robot.maintenance", "robot_group.read",
                                 "server.read",      "resource.*",        "system.read",
                                 "calendar.read",    "business_date.*",   "file_list.*",
                                 "arrival.*",        "package.read",      "asset.read",
                                 "asset.create",     "asset.change",      "asset.set_value",
                                 "asset.delete",     "asset.transfer",    "credential.read",
                                 "credential.test",  "credential.use",    "credential.disable",
                                 "emergency_stop.*", "shift.*",           "change_window.read",
                                 "change.read",      "report.read",       "department.read",
                                 "event.read",       "approval.read",     "approval.act_alone",
                                 "robot.try",        "api_call.read"};
constexpr Patterns flow_developer{
    "package.*",     "flow.*",        "asset.read",      "asset.create",    "asset.change",    "queue.read",       "queue.create",
    "queue.change",  "queue.add",     "task.*",          "file.read",       "file.create",     "folder.read",      "demand.*",
    "log.read",      "schedule.read", "schedule.create", "schedule.change", "robot.read",      "robot_group.read", "server.read",
    "resource.read", "system.read",   "calendar.read",   "credential.read", "department.read", "robot.try",        "approval.read"};
constexpr Patterns department_head{"department.read",
                                   "user.read",
                                   "grant.read",
                                   "package.read",
                                   "flow.read",
                                   "schedule.read",
                                   "chain.read",
                                   "chain_run.read",
                                   "task.read",
                                   "task.stop",
                                   "queue.read",
                                   "robot.read",
                                   "server.read",
                                   "log.read",
                                   "credential.read",
                                   "asset.read",
                                   "file.read",
                                   "file.download",
                                   "folder.read",
                                   "calendar.read",
                                   "resource.read",
                                   "system.read",
                                   "report.*",
                                   "alert.read",
                                   "alert.acknowledge",
                                   "demand.*",
                                   "access_review.read",
                                   "human_task.read",
                                   "human_task.complete",
                                   "human_task.reassign",
                                   "change.read",
                                   "approval.read"};
constexpr Patterns business_user{"flow.read",           "flow.run",   "task.read",   "task.create",   "task.stop",       "human_task.read",
                                 "human_task.complete", "queue.read", "queue.add",   "file.read",     "file.create",     "file.download",
                                 "folder.read",         "log.read",   "report.read", "calendar.read", "department.read", "approval.read"};
constexpr Patterns checker{"approval.read",  "approval.decide", "package.read",       "package.approve",
                           "package.reject", "flow.read",       "schedule.read",      "chain.read",
                           "task.read",      "calendar.read",   "business_date.read", "resource.read",
                           "log.read",       "department.read", "human_task.read",    "human_task.complete"};
constexpr Patterns inspection_account{"*.read"};

constexpr PresetRole rows[] = {
    {Preset::system_administrator,
     "system_administrator",
     {"系统管理员", "System administrator"},
     {"管理部门、用户、设置与机器人；不能授权", "Departments, users, settings, robots; cannot grant"},
     system_administrator},
    {Preset::security_administrator,
     "security_administrator",
     {"安全管理员", "Security administrator"},
     {"管理角色、授权、访问密钥与凭据库；不能运行业务", "Roles, grants, access keys, vault; cannot run anything"},
     security_administrator},
    {Preset::auditor,
     "auditor",
     {"审计员", "Auditor"},
     {"只查看、校验、导出审计日志", "Reads, verifies and exports the audit log, nothing else"},
     auditor},
    {Preset::operator_,
     "operator",
     {"运维人员", "Operator"},
     {"运行与看护流程、调度、队列和机器人", "Runs and watches flows, schedules, queues, robots"},
     operator_role},
    {Preset::flow_developer,
     "flow_developer",
     {"流程开发人员", "Flow developer"},
     {"开发与发布流程包", "Makes packages and flows"},
     flow_developer},
    {Preset::department_head, "department_head", {"部门负责人", "Department head"}, {"查看本部门", "Sees the department"}, department_head},
    {Preset::business_user,
     "business_user",
     {"业务人员", "Business user"},
     {"发起流程、处理人工任务", "Starts flows and does human tasks"},
     business_user},
    {Preset::checker, "checker", {"复核员", "Checker"}, {"复核他人的经办", "Checks what others made"}, checker},
    {Preset::inspection_account,
     "inspection_account",
     {"检查账号", "Inspection account"},
     {"只读，限范围与期限，每次查看均记审计", "Read-only, within a scope and days; every read is audited"},
     inspection_account},
};
constexpr Preset exclusive[] = {Preset::system_administrator, Preset::security_administrator, Preset::auditor};

bool takes(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with(".*")) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  if (pattern.starts_with("*.")) return name.ends_with(pattern.substr(1));
  return pattern == name;
}
template <class List>
std::vector<std::string> taken(const List& patterns, const std::vector<std::string>& published) {
  std::vector<std::string> names;
  for (const auto& name : published)
    if (std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) { return takes(pattern, name); }))
      names.push_back(name);
  return names;
}

}  // namespace

std::span<const PresetRole> preset_roles() { return rows; }
const PresetRole& row_of(Preset preset) { return rows[static_cast<std::size_t>(preset) - 1]; }
RoleId id_of(Preset preset) {
  RoleId id;
  id.ulid.bytes[15] = static_cast<std::uint8_t>(preset);
  return id;
}
const PresetRole* preset_of(const RoleId& id) {
  for (const auto& row : rows)
    if (id_of(row.preset) == id) return &row;
  return nullptr;
}
std::span<const Preset> exclusive_presets() { return exclusive; }

std::vector<std::string> resolve(std::span<const std::string_view> patterns, const std::vector<std::string>& published) {
  return taken(patterns, published);
}
std::vector<std::string> resolve(const std::vector<std::string>& patterns, const std::vector<std::string>& published) {
  return taken(patterns, published);
}
std::vector<std::string> permissions_of(Preset preset) { return resolve(row_of(preset).permissions, permission_names()); }

}  // namespace quanji::domain
