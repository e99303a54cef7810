// For tests of this room: a store with people in it, and operations called in their name with the rights they have at that moment.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "domain/preset_roles.h"
#include "services/audit_testing.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/grants.h"
#include "services/roles.h"
#include "services/settings.h"
#include "services/users.h"

namespace quanji::services::testing {

inline std::vector<std::string> tested_permissions() {
  std::vector<std::string> names;
  for (const auto* group :
       {"api_client", "asset", "audit", "department", "flow", "grant", "human_task", "queue", "robot", "role", "setting", "task", "user"})
    for (const auto* verb : {"change", "create", "delete", "read"}) names.push_back(std::string(group) + "." + verb);
  for (const auto* name :
       {"approval.act_alone", "approval.decide", "approval.read",       "department.disable",  "department.enable",   "department.move",
        "flow.publish",       "flow.run",        "human_task.complete", "human_task.reassign", "human_task.withdraw", "queue.add",
        "queue.delete_item",  "queue.drain",     "queue.hold",          "queue.pause",         "queue.resume",        "queue.retry",
        "queue.take",         "role.restrict",   "task.stop",           "user.disable",        "user.enable",         "user.move"})
    names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

class House : public Bench {
 public:
  explicit House(std::string url = {}, const Tune& tune = {}) : Bench(base::Suite::intl, std::move(url), tune) {
    domain::publish_permissions(tested_permissions());
    forget_epochs();
    system = user("system");
    security = user("security");
    auditor = user("auditor");
    give(system, domain::Preset::system_administrator);
    give(security, domain::Preset::security_administrator);
    give(auditor, domain::Preset::auditor);
  }
  ~House() { forget_epochs(); }

  static std::shared_ptr<domain::Caller> setup() {
    auto caller = std::make_shared<domain::Caller>();
    caller->kind = domain::CallerKind::setup;
    caller->account = "setup";
    return caller;
  }
  // Who calls one operation, with the authority of now.
  std::shared_ptr<domain::Caller> as(const UserId& id, std::string_view permission) {
    auto caller = std::make_shared<domain::Caller>();
    caller->kind = domain::CallerKind::user;
    caller->channel = domain::Channel::session;
    caller->user = id;
    EXPECT_TRUE(view([&](const View& v) -> Status {
                  QUANJI_TRY(caller->authority, load_authority(v, id));
                  QUANJI_TRY(const auto who, standing(v, id));
                  caller->account = who ? who->account : "gone";
                  return {};
                }).ok());
    aim(*caller, permission);
    return caller;
  }
  static void aim(domain::Caller& caller, std::string_view permission) {
    caller.permission = domain::permission_number(permission).value_or(SIZE_MAX);
    caller.read_permission =
        domain::permission_number(std::string(permission.substr(0, permission.find('.'))) + ".read").value_or(SIZE_MAX);
    caller.operation = permission;
  }

  template <class In, class Out>
  Result<Out> run(std::shared_ptr<const domain::Caller> caller, Result<Out> (*f)(Change&, const In&), const In& in) {
    std::optional<Result<Out>> result;
    const auto done = change(
        [&](Change& c) -> Status {
          result.emplace(f(c, in));
          last_note = c.note();
          if (!result->ok()) return result->error().clone();
          return {};
        },
        std::move(caller));
    if (!done) return done.error().clone();
    return std::move(*result);
  }
  template <class In, class Out>
  Result<Out> ask(std::shared_ptr<const domain::Caller> caller, Result<Out> (*f)(const View&, const In&), const In& in) {
    std::optional<Result<Out>> result;
    const auto done = view(
        [&](const View& v) -> Status {
          result.emplace(f(v, in));
          if (!result->ok()) return result->error().clone();
          return {};
        },
        std::move(caller));
    if (!done) return done.error().clone();
    return std::move(*result);
  }

  UserId user(std::string account, DepartmentId department = domain::root_department) {
    NewUser made;
    made.name = account;
    made.account = std::move(account);
    made.department_id = department;
    const auto done = run(setup(), &create_user, made);
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message().en);
    return done.ok() ? done->id : UserId{};
  }
  DepartmentId department(std::string name, DepartmentId parent = domain::root_department) {
    const auto done = run(setup(), &create_department, NewDepartment{.parent_id = parent, .name = std::move(name)});
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message().en);
    return done.ok() ? done->id : DepartmentId{};
  }
  Result<Grant> grant(const UserId& id, const RoleId& role, DepartmentId department = domain::root_department, bool inherit = true) {
    return run(setup(), &create_grant, NewGrant{id, role, department, inherit});
  }
  GrantId give(const UserId& id, domain::Preset preset, DepartmentId department = domain::root_department, bool inherit = true) {
    const auto done = grant(id, domain::id_of(preset), department, inherit);
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message().en);
    return done.ok() ? done->id : GrantId{};
  }
  RoleId role(std::string name, std::vector<std::string> permissions) {
    const auto done = run(setup(), &create_role, NewRole{.name = name, .title = name, .permissions = std::move(permissions)});
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message().en);
    return done.ok() ? done->id : RoleId{};
  }
  std::shared_ptr<const domain::Authority> authority(const UserId& id) {
    std::shared_ptr<const domain::Authority> found;
    EXPECT_TRUE(view([&](const View& v) -> Status {
                  QUANJI_TRY(found, load_authority(v, id));
                  return {};
                }).ok());
    return found;
  }
  bool may(const UserId& id, std::string_view permission, const DepartmentId& department) {
    return authority(id)->may(*domain::permission_number(permission), department);
  }

  UserId system, security, auditor;
  domain::AuditNote last_note;  // of the last change
};

template <class T>
base::Code code_of(const Result<T>& result) {
  return result.ok() ? base::Code::ok : result.error().code();
}
inline std::string en(const base::Error& error) { return error.message().en; }

}  // namespace quanji::services::testing
