#include "services/permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "domain/permissions.h"
#include "domain/preset_roles.h"
#include "services/authority.h"
#include "services/grants.h"
#include "services/roles.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

QUANJI_FIELDS(Permission,  //
              QF(name, "权限名", "Name"), QF(group, "所属组", "Group"),
              QF(side, "职责侧（三员分立）", "Side, for the separation of duties"), QF(zh, "中文说明", "What it lets one do, in Chinese"),
              QF(en, "英文说明", "What it lets one do, in English"), QF(operations, "它所允许的操作", "Operations it allows"))
QUANJI_FIELDS(PermissionList, QF(items, "全部公布的权限，按名称", "Every published permission, by name"))
QUANJI_FIELDS(ExplainAsk,  //
              QF(user_id, "用户；与 clientId 二选一", "User; this or clientId"),
              QF(client_id, "接入方；与 userId 二选一", "Client; this or userId"),
              QF(permission, "权限名", "Name of the permission", .min = 1), QF(department_id, "在哪个部门", "In which department"))
QUANJI_FIELDS(ExplainedGrant,  //
              QF(grant_id, "授权", "Grant"), QF(role_id, "角色", "Role"),
              QF(role, "角色名或接入方的权限范围", "Name of the role, or scope of the client"),
              QF(granted_in, "授权所在部门", "Department of the grant"), QF(granted_path, "授权所在部门路径", "Its path"),
              QF(inherit, "是否含下级部门", "Also in departments below"), QF(gives, "是否由它得到", "Whether it gives the permission"),
              QF(why_zh, "中文说明", "Why, in Chinese"), QF(why_en, "英文说明", "Why, in English"))
QUANJI_FIELDS(Explanation,  //
              QF(allowed, "是否允许", "Whether it is allowed"), QF(zh, "中文结论", "The answer in Chinese"),
              QF(en, "英文结论", "The answer in English"), QF(grants, "看过的每一项授权", "Every grant that was looked at"),
              QF(roles_that_would, "含该权限的角色", "Roles that hold the permission"))
QUANJI_FIELDS(EffectiveAsk,  //
              QF(id, "用户标识", "User id", .flags = base::in_path), QF(department_id, "只看这个部门", "In this department only"))
QUANJI_FIELDS(EffectiveInDepartment,  //
              QF(department_id, "部门", "Department"), QF(path, "部门路径", "Its path"),
              QF(permissions, "在此生效的权限", "Permissions in force there"))
QUANJI_FIELDS(EffectivePermissions,  //
              QF(user_id, "用户", "User"),
              QF(may_come_in, "能否登录；否则没有任何权限生效", "Whether the user may come in; nothing is in force otherwise"),
              QF(departments, "有权限的部门，按路径", "Departments where there are any, by path"),
              QF(complete, "是否列全；否则请用 departmentId 查询", "Whether all are listed; ask by departmentId otherwise"))

namespace {
namespace sql = storage::sql;
constexpr std::size_t most_departments = 1000;

FindClient& client_lookup() {
  static FindClient find = nullptr;
  return find;
}

// Names and parents of all departments.
struct Places {
  struct Place {
    DepartmentId parent;
    std::string path;
  };
  std::unordered_map<base::Ulid, Place, domain::UlidHash> by_id;
  std::vector<DepartmentId> in_order;  // by path

  bool within(const DepartmentId& department, const DepartmentId& above) const {
    auto at = department;
    while (!at.empty()) {
      if (at == above) return true;
      const auto found = by_id.find(at.ulid);
      at = found == by_id.end() ? DepartmentId{} : found->second.parent;
    }
    return false;
  }
  const std::string& path(const DepartmentId& id) const {
    static const std::string none;
    const auto found = by_id.find(id.ulid);
    return found == by_id.end() ? none : found->second.path;
  }
};
Result<Places> places(const View& view) {
  QUANJI_TRY(const auto rows, view.rows(sql::department_paths));
  Places made;
  for (const auto row : rows) {
    const auto id = row.id<DepartmentId>("id");
    made.by_id.emplace(id.ulid, Places::Place{row.is_null("parent_id") ? DepartmentId{} : row.id<DepartmentId>("parent_id"),
                                              std::string(row.text("path"))});
    made.in_order.push_back(id);
  }
  return made;
}

void judge(ExplainedGrant& grant, bool holds, const ExplainAsk& ask, const Places& all) {
  const auto& here = all.path(ask.department_id);
  if (!holds) {
    grant.why_zh = fmt::format("{} 不含权限 {}", grant.role, ask.permission);
    grant.why_en = fmt::format("{} does not hold {}", grant.role, ask.permission);
  } else if (grant.granted_in == ask.department_id) {
    grant.gives = true;
    grant.why_zh = fmt::format("{} 含该权限，且就授予在“{}”", grant.role, here);
    grant.why_en = fmt::format("{} holds it and is granted in \"{}\" itself", grant.role, here);
  } else if (!all.within(ask.department_id, grant.granted_in)) {
    grant.why_zh = fmt::format("{} 含该权限，但授予在“{}”，“{}”不在其下", grant.role, grant.granted_path, here);
    grant.why_en = fmt::format("{} holds it, but is granted in \"{}\", and \"{}\" is not below it", grant.role, grant.granted_path, here);
  } else if (!grant.inherit) {
    grant.why_zh = fmt::format("{} 含该权限，授予在上级“{}”，但不含下级部门", grant.role, grant.granted_path);
    grant.why_en =
        fmt::format("{} holds it and is granted above in \"{}\", but without the departments below", grant.role, grant.granted_path);
  } else {
    grant.gives = true;
    grant.why_zh = fmt::format("{} 含该权限，授予在上级“{}”并含下级部门", grant.role, grant.granted_path);
    grant.why_en = fmt::format("{} holds it and is granted above in \"{}\" with the departments below", grant.role, grant.granted_path);
  }
}

// The whole answer; `barred` says why nothing is in force whatever the grants say.
void conclude(Explanation& answer, std::string_view who, const ExplainAsk& ask, const Places& all, const std::optional<Text>& barred) {
  const auto& here = all.path(ask.department_id);
  const auto giving = std::find_if(answer.grants.begin(), answer.grants.end(), [](const ExplainedGrant& grant) { return grant.gives; });
  answer.allowed = giving != answer.grants.end() && !barred;
  if (barred) {
    answer.zh = fmt::format("不允许：{} {}", who, barred->zh);
    answer.en = fmt::format("Not allowed: {} {}", who, barred->en);
  } else if (answer.allowed) {
    answer.zh = fmt::format("允许：{} 在“{}”拥有 {}；{}", who, here, ask.permission, giving->why_zh);
    answer.en = fmt::format("Allowed: {} has {} in \"{}\"; {}", who, ask.permission, here, giving->why_en);
  } else {
    answer.zh = fmt::format("不允许：{} 在“{}”没有 {}；{}", who, here, ask.permission,
                            answer.grants.empty() ? "没有任何授权" : "没有一项授权给出它");
    answer.en = fmt::format("Not allowed: {} lacks {} in \"{}\"; {}", who, ask.permission, here,
                            answer.grants.empty() ? "there are no grants at all" : "no grant gives it");
  }
}

Result<std::optional<Text>> explain_user(const View& view, const ExplainAsk& ask, const Places& all, const Standing& user,
                                         Explanation& answer) {
  QUANJI_TRY(const auto grants, grants_of(view, user.id));
  for (const auto& grant : grants) {
    QUANJI_TRY(const auto role, find_role(view, grant.role_id));
    const bool holds = role && std::find(role->permissions.begin(), role->permissions.end(), ask.permission) != role->permissions.end();
    ExplainedGrant looked{.grant_id = grant.id, .role_id = grant.role_id, .role = grant.role_name, .granted_in = grant.department_id};
    looked.granted_path = all.path(grant.department_id);
    looked.inherit = grant.inherit;
    judge(looked, holds, ask, all);
    answer.grants.push_back(std::move(looked));
  }
  if (user.state != UserState::enabled) return std::optional<Text>(Text("已停用，任何授权都不生效", "is disabled: no grant is in force"));
  if (!user.may_come_in(view.now())) return std::optional<Text>(Text("已过有效期，任何授权都不生效", "has expired: no grant is in force"));
  return std::optional<Text>{};
}

}  // namespace

void set_client_lookup(FindClient find) { client_lookup() = find; }

Result<Explanation> explain(const View& view, const ExplainAsk& ask) {
  if (ask.user_id.has_value() == ask.client_id.has_value())
    return Error(Code::invalid_field)
        .with_field("userId", Text("userId 与 clientId 须且只须给一个", "give exactly one of userId and clientId"));
  if (!domain::permission_number(ask.permission))
    return Error(Code::invalid_field)
        .with_field("permission", Text("没有公布这个权限，见 GET /permissions", "is not a published permission, see GET /permissions"));
  QUANJI_TRY(const auto all, places(view));
  if (!all.by_id.contains(ask.department_id.ulid))
    return Error(Code::invalid_field).with_field("departmentId", Text("没有这个部门", "there is no such department"));
  Explanation answer;
  std::string who;
  std::optional<Text> barred;
  if (ask.user_id) {
    QUANJI_TRY(const auto user, standing(view, *ask.user_id));
    const bool oneself = view.caller().user == *ask.user_id;
    if (!user || (!oneself && !may(view, "grant.read", user->department_id))) return Error(Code::not_found);
    who = user->account;
    QUANJI_TRY(barred, explain_user(view, ask, all, *user, answer));
  } else {
    if (!client_lookup()) return Error(Code::not_supported);
    QUANJI_TRY(const auto client, client_lookup()(view, *ask.client_id));
    const bool oneself = view.caller().client == *ask.client_id;
    if (!client || (!oneself && !may(view, "grant.read", client->department))) return Error(Code::not_found);
    who = ask.client_id->text();
    for (const auto& scope : client->scopes) {
      const bool holds = !domain::resolve(std::vector<std::string>{scope}, {ask.permission}).empty();
      ExplainedGrant looked{.role = scope, .granted_in = client->department};
      looked.granted_path = all.path(client->department);
      looked.inherit = true;
      judge(looked, holds, ask, all);
      answer.grants.push_back(std::move(looked));
    }
    if (!client->may_call) barred = Text("已停用或过期", "is disabled or has expired");
  }
  conclude(answer, who, ask, all, barred);
  if (!answer.allowed) {
    QUANJI_TRY(const auto rows, view.rows(sql::role_all));
    for (const auto row : rows) {
      QUANJI_TRY(const auto role, find_role(view, row.id<RoleId>("id")));
      if (role && std::find(role->permissions.begin(), role->permissions.end(), ask.permission) != role->permissions.end())
        answer.roles_that_would.push_back(role->name);
    }
  }
  return answer;
}

Result<EffectivePermissions> effective_permissions(const View& view, const EffectiveAsk& ask) {
  QUANJI_DO(user_for_act(view, ask.id));
  return effective_permissions_of(view, ask.id, ask.department_id);
}

Result<EffectivePermissions> effective_permissions_of(const View& view, const UserId& id, std::optional<DepartmentId> only) {
  QUANJI_TRY(const auto user, standing(view, id));
  if (!user) return Error(Code::not_found);
  QUANJI_TRY(const auto authority, load_authority(view, id));
  QUANJI_TRY(const auto all, places(view));
  EffectivePermissions answer;
  answer.user_id = id;
  answer.may_come_in = user->may_come_in(view.now());
  const auto& names = domain::permission_names();
  for (const auto& department : all.in_order) {
    if (only && department != *only) continue;
    const auto found = authority->by_department.find(department.ulid);
    if (found == authority->by_department.end() || found->second.none()) continue;
    if (answer.departments.size() == most_departments) {
      answer.complete = false;
      break;
    }
    EffectiveInDepartment here{department, all.path(department), {}};
    for (std::size_t i = 0; i < names.size(); ++i)
      if (found->second.test(i)) here.permissions.push_back(names[i]);
    answer.departments.push_back(std::move(here));
  }
  return answer;
}

}  // namespace quanji::services
