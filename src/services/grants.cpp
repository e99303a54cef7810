#include "services/grants.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "domain/role_rules.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/lists.h"
#include "services/roles.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;
constexpr std::int64_t reason_length = 500;
}  // namespace

QUANJI_FIELDS(Grant,  //
              QF(id, "授权标识", "Grant id"), QF(user_id, "用户", "User"), QF(role_id, "角色", "Role"),
              QF(role_name, "角色名", "Name of the role"), QF(department_id, "在哪个部门", "In which department"),
              QF(inherit, "是否含全部下级部门", "Also in every department below"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(NewGrant,  //
              QF(id, "用户标识", "User id", .flags = base::in_path), QF(role_id, "角色", "Role"),
              QF(department_id, "在哪个部门", "In which department"),
              QF(inherit, "是否含全部下级部门", "Also in every department below", .fallback = "false"))
QUANJI_FIELDS(GrantRemoval,  //
              QF(id, "用户标识", "User id", .flags = base::in_path), QF(grant_id, "授权标识", "Grant id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))

namespace {

Result<std::int64_t> count(const View& view, const storage::Query& query, storage::Params params) {
  QUANJI_TRY(const auto row, view.row(query, params));
  return row ? row->integer("n") : 0;
}

// What a grant rests on besides its input: a role that grew while the grant waited for a second person is not what was signed.
std::string basis(const Role& role) { return fmt::format(R"({{"role":"{}","roleRevision":{}}})", role.name, role.revision); }

bool is_exclusive(domain::Preset preset) {
  const auto all = domain::exclusive_presets();
  return std::find(all.begin(), all.end(), preset) != all.end();
}

// One person is at most one of the three administrators, in whatever departments.
Status exclusive(const View& view, const UserId& user, const Role& role) {
  const auto* adding = domain::preset_of(role.id);
  if (!adding || !is_exclusive(adding->preset)) return {};
  for (const auto other : domain::exclusive_presets()) {
    if (other == adding->preset) continue;
    QUANJI_TRY(const auto held, count(view, sql::grant_held_anywhere, {{"user_id", user}, {"role_id", domain::id_of(other)}}));
    if (held == 0) continue;
    const auto& row = domain::row_of(other);
    return Error(Code::wrong_state,
                 Text(fmt::format("该用户已是{}，不能再成为{}：三员分立", row.title.zh, adding->title.zh),
                      fmt::format("the user is {} already and cannot become {}: the three are kept apart", row.name, adding->name)));
  }
  return {};
}

Result<std::vector<std::string>> permissions_held(const View& view, const UserId& user) {
  QUANJI_TRY(const auto held, grants_of(view, user));
  std::vector<std::string> names;
  for (const auto& grant : held) {
    QUANJI_TRY(const auto role, find_role(view, grant.role_id));
    if (role) names.insert(names.end(), role->permissions.begin(), role->permissions.end());
  }
  return names;
}

Result<Grant> write(Change& change, const UserId& user, const Role& role, const DepartmentId& department, bool inherit) {
  Grant made;
  made.id = change.new_id<GrantId>();
  made.user_id = user;
  made.role_id = role.id;
  made.role_name = role.name;
  made.department_id = department;
  made.inherit = inherit;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::grant_insert, made));
  QUANJI_DO(raise_access_epoch(change));
  return made;
}

using storage::ColumnType;
using storage::FilterOp;
const ResourceList& grants() {
  static const ResourceList list(
      {.name = "grants",
       .from = "grants join roles on roles.id = grants.role_id",
       .columns = {"grants.id as id", "user_id", "role_id", "roles.name as role_name", "department_id", "inherit",
                   "grants.created_at as created_at", "grants.created_by as created_by", "grants.updated_at as updated_at",
                   "grants.updated_by as updated_by", "grants.revision as revision"},
       .id = "grants.id",
       .filters = {{"user_id", "user_id", FilterOp::eq, ColumnType::bytes, "grants_once"},
                   {"role_id", "role_id", FilterOp::eq, ColumnType::bytes, ""},
                   {"department_id", "department_id", FilterOp::eq, ColumnType::bytes, ""}},
       .sorts = {{"created_at", "grants.created_at", ColumnType::integer, "grants_by_user_created"}}},
      {{"role_id", &base::value_ops<RoleId>, {"角色", "Role"}}, {"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}}});
  return list;
}

// The last administrator of his kind in the root department must stay one.
Status others_remain(const View& view, const UserId& user, domain::Preset preset) {
  const auto role = domain::id_of(preset);
  QUANJI_TRY(const auto others,
             count(view, sql::grant_other_holders,
                   {{"role_id", role}, {"department_id", domain::root_department}, {"user_id", user}, {"now", view.now()}}));
  if (others > 0) return {};
  const auto& row = domain::row_of(preset);
  return Error(Code::wrong_state,
               Text(fmt::format("这是最后一个能登录的{}；请先把该角色授予另一个人", row.title.zh),
                    fmt::format("this is the last {} who may come in: grant the role to somebody else first", row.name)));
}

}  // namespace

const base::ListShape& grant_list_shape() { return grants().shape(); }
const storage::Listing& grant_listing() { return grants().listing(); }
Result<Page<Grant>> list_grants(const View& view, const base::ListQuery& query) {
  const UserId user{query.within.value_or(base::Ulid{})};
  QUANJI_DO(user_for_act(view, user));
  return grants().read<Grant>(view, query, {{"user_id", {user}}});
}

Result<Grant> create_grant(Change& change, const NewGrant& in) {
  QUANJI_TRY(const auto user, standing(change, in.id));
  if (!user || !may(change, "user.read", user->department_id)) return Error(Code::not_found);
  QUANJI_DO(allow(change, in.department_id));
  if (change.caller().user == in.id)
    return Error(Code::not_permitted,
                 Text("不能给自己授权，请由另一位安全管理员授权", "nobody grants to himself: ask another security administrator"));
  QUANJI_DO(takes_new(change, in.department_id, "departmentId"));
  QUANJI_TRY(const auto role, find_role(change, in.role_id));
  if (!role) return Error(Code::invalid_field).with_field("roleId", Text("没有这个角色", "there is no such role"));
  QUANJI_TRY(const auto same,
             change.row(sql::grant_same, {{"user_id", in.id}, {"role_id", in.role_id}, {"department_id", in.department_id}}));
  if (same)
    return Error(
        Code::name_taken,
        Text(fmt::format("用户 {} 在该部门已有角色 {}；要改变是否含下级，请先撤销再授予", user->account, role->name),
             fmt::format("{} holds {} in that department already: to change the inheritance, revoke it first", user->account, role->name)));
  QUANJI_DO(exclusive(change, in.id, *role));
  QUANJI_TRY(const auto held, permissions_held(change, in.id));
  if (const auto found = domain::find_clash(held, role->permissions)) return Error(Code::wrong_state, domain::say(*found));
  QUANJI_TRY(auto made, write(change, in.id, *role, in.department_id, in.inherit));
  change.note() = {made.id.text(), fmt::format("{}: {}", user->account, role->name), in.department_id.ulid,
                   basis(*role),   base::to_json(made, base::Side::stored),          {}};
  return made;
}

Status delete_grant(Change& change, const GrantRemoval& in) {
  QUANJI_TRY(const auto found, change.maybe<Grant>(sql::grant_by_id, {{"id", in.grant_id}}));
  if (!found || found->user_id != in.id) return Error(Code::not_found);
  QUANJI_DO(allow(change, found->department_id));
  QUANJI_DO(expect_revision(change, found->revision));
  if (change.caller().user == in.id)
    return Error(Code::not_permitted,
                 Text("不能撤销自己的授权，请由另一位安全管理员执行", "nobody takes from himself: ask another security administrator"));
  if (const auto* preset = domain::preset_of(found->role_id);
      preset && is_exclusive(preset->preset) && found->department_id == domain::root_department)
    QUANJI_DO(others_remain(change, in.id, preset->preset));
  QUANJI_DO(change.run(sql::grant_delete, {{"id", in.grant_id}}));
  QUANJI_DO(raise_access_epoch(change));
  QUANJI_TRY(const auto user, standing(change, in.id));
  change.note() = {found->id.text(),
                   fmt::format("{}: {}", user ? user->account : "", found->role_name),
                   found->department_id.ulid,
                   base::to_json(*found, base::Side::stored),
                   {},
                   in.reason};
  return {};
}

Result<std::vector<Grant>> grants_of(const View& view, const UserId& user) {
  return view.all<Grant>(sql::grants_of_user, {{"user_id", user}});
}

Status not_the_last(const View& view, const UserId& user) {
  for (const auto preset : domain::exclusive_presets()) {
    QUANJI_TRY(const auto held, count(view, sql::grant_held_in,
                                      {{"user_id", user}, {"role_id", domain::id_of(preset)}, {"department_id", domain::root_department}}));
    if (held > 0) QUANJI_DO(others_remain(view, user, preset));
  }
  return {};
}

Status grant_at_setup(Change& change, const UserId& user, domain::Preset preset) {
  QUANJI_TRY(const auto role, find_role(change, domain::id_of(preset)));
  if (!role) return Error(Code::bug, "a preset role is missing from the table");
  QUANJI_DO(exclusive(change, user, *role));
  QUANJI_DO(write(change, user, *role, domain::root_department, true));
  return {};
}

}  // namespace quanji::services
