#include "services/roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/fields_json.h"
#include "domain/permissions.h"
#include "domain/preset_roles.h"
#include "domain/role_rules.h"
#include "services/authority.h"
#include "services/given_fields.h"
#include "services/grants.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t title_length = 63;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t most_permissions = 512;

}  // namespace

QUANJI_FIELDS(Role,  //
              QF(id, "角色标识", "Role id", .flags = base::read_only),
              QF(name, "角色名", "Name of the role", .min = 1, .pattern = &base::name_pattern),
              QF(title, "显示名", "Title", .min = 1, .max = title_length, .pattern = &base::printable_pattern),
              QF(preset, "是否预置（预置角色不可更改）", "Whether it is a preset one, which nobody changes", .flags = base::read_only),
              QF(permissions, "权限名", "Names of permissions", .max = most_permissions),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(created_at, "创建时间", "When it was made", .flags = base::read_only),
              QF(created_by, "创建人", "Who made it", .flags = base::read_only),
              QF(updated_at, "更新时间", "When it last changed", .flags = base::read_only),
              QF(updated_by, "更新人", "Who changed it last", .flags = base::read_only),
              QF(revision, "版本号", "Revision", .flags = base::read_only))
QUANJI_FIELDS(NewRole,  //
              QF(name, "角色名", "Name of the role", .min = 1, .pattern = &base::name_pattern),
              QF(title, "显示名", "Title", .min = 1, .max = title_length, .pattern = &base::printable_pattern),
              QF(permissions, "权限名，见 GET /permissions", "Names of permissions, see GET /permissions", .min = 1,
                 .max = most_permissions),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(RoleChange,  //
              QF(id, "角色标识", "Role id", .flags = base::in_path),
              QF(name, "角色名", "Name of the role", .min = 1, .pattern = &base::name_pattern),
              QF(title, "显示名", "Title", .min = 1, .max = title_length, .pattern = &base::printable_pattern),
              QF(permissions, "权限名，见 GET /permissions", "Names of permissions, see GET /permissions", .min = 1,
                 .max = most_permissions),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(RoleRestriction,  //
              QF(id, "角色标识", "Role id", .flags = base::in_path),
              QF(permissions, "要去掉的权限名", "Names of the permissions to take away", .min = 1, .max = most_permissions),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(RoleRef, QF(id, "角色标识", "Role id", .flags = base::in_path))

namespace {

// What the row of a preset does not hold.
Role completed(const View& view, Role role) {
  if (const auto* preset = domain::preset_of(role.id)) {
    role.permissions = domain::permissions_of(preset->preset);
    const bool english = view.caller().english;
    role.title = english ? preset->title.en : preset->title.zh;
    role.remark = english ? preset->purpose.en : preset->purpose.zh;
  }
  return role;
}

Result<Role> role_for_act(const View& view, const RoleId& id) {
  QUANJI_DO(allow(view, domain::root_department));
  QUANJI_TRY(auto found, find_role(view, id));
  if (!found) return Error(Code::not_found);
  return std::move(*found);
}

Status check_name(const View& view, const std::string& name, const RoleId& self) {
  QUANJI_TRY(const auto row, view.row(sql::role_named, {{"name", name}}));
  if (row && row->id<RoleId>("id") != self)
    return Error(Code::name_taken, Text(fmt::format("已有名为 {} 的角色，请换一个", name),
                                        fmt::format("there is a role named {} already: take another name", name)))
        .with_field("name", Text("角色名重复", "taken"));
  return {};
}

Status only_own(const Role& role) {
  if (!role.preset) return {};
  return Error(Code::wrong_state, Text(fmt::format("预置角色 {} 不能更改或删除；请新建自有角色", role.name),
                                       fmt::format("the preset role {} cannot be changed or deleted: make a role of your own", role.name)));
}

// Nobody raises himself through a role he holds; and no holder may come to hold what clashes.
Status check_holders(const View& view, const Role& changed) {
  QUANJI_TRY(const auto holders, view.rows(sql::role_holders, {{"role_id", changed.id}}));
  for (const auto row : holders) {
    const auto user = row.id<domain::UserId>("user_id");
    if (view.caller().user == user)
      return Error(Code::not_permitted, Text("您持有该角色，不能由您更改；请由另一位安全管理员执行",
                                             "you hold this role: another security administrator must change it"));
    QUANJI_TRY(const auto grants, grants_of(view, user));
    std::vector<std::string> held;
    for (const auto& grant : grants) {
      if (grant.role_id == changed.id) continue;
      QUANJI_TRY(const auto role, find_role(view, grant.role_id));
      if (role) held.insert(held.end(), role->permissions.begin(), role->permissions.end());
    }
    if (const auto clash = domain::find_clash(held, changed.permissions)) {
      const auto sentence = domain::say(*clash);
      return Error(Code::wrong_state, Text(fmt::format("持有人 {}：{}", row.text("account"), sentence.zh),
                                           fmt::format("its holder {}: {}", row.text("account"), sentence.en)));
    }
  }
  return {};
}

void sort_once(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

void tell(Change& change, const Role& role, std::string before, std::string after, std::string reason = {}) {
  change.note() = {role.id.text(), role.name, domain::root_department.ulid, std::move(before), std::move(after), std::move(reason)};
}
std::string stored(const Role& role) { return base::to_json(role, base::Side::stored); }

Result<Role> write(Change& change, Role role, const std::string& before, std::string reason) {
  role.updated_at = change.now();
  role.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::role_update, role));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++role.revision;
  QUANJI_DO(raise_access_epoch(change));
  tell(change, role, before, stored(role), std::move(reason));
  return role;
}

using storage::ColumnType;
using storage::FilterOp;
const ResourceList& roles() {
  static const ResourceList list(
      {.name = "roles",
       .from = "roles",
       .columns = {"id", "name", "title", "preset", "permissions", "remark", "created_at", "created_by", "updated_at", "updated_by",
                   "revision"},
       .filters = {{"name", "name", FilterOp::eq, ColumnType::text, "roles_by_name_id"},
                   {"preset", "preset", FilterOp::eq, ColumnType::integer, ""},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "roles_by_created"}},
       .sorts = {{"name", "name", ColumnType::text, "roles_by_name_id"},
                 {"created_at", "created_at", ColumnType::integer, "roles_by_created"}},
       .keyword_columns = {"name", "title"},
       .size = storage::ListPlan::Size::small},
      {{"name", &base::value_ops<std::string>, {"角色名", "Name"}}, {"preset", &base::value_ops<bool>, {"是否预置", "Preset"}}});
  return list;
}

}  // namespace

const base::ListShape& role_list_shape() { return roles().shape(); }
const storage::Listing& role_listing() { return roles().listing(); }
// Whoever grants in a department must see what there is to grant: reading asks for role.read anywhere, changing for the root.
Result<Page<Role>> list_roles(const View& view, const base::ListQuery& query) {
  QUANJI_TRY(auto page, roles().read<Role>(view, query));
  for (auto& role : page.items) role = completed(view, std::move(role));
  return page;
}

Result<std::optional<Role>> find_role(const View& view, const RoleId& id) {
  QUANJI_TRY(auto found, view.maybe<Role>(sql::role_by_id, {{"id", id}}));
  if (found) found = completed(view, std::move(*found));
  return found;
}

Result<Role> read_role(const View& view, const RoleRef& ref) {
  QUANJI_TRY(auto found, find_role(view, ref.id));
  if (!found) return Error(Code::not_found);
  return std::move(*found);
}

Status check_permissions(const std::vector<std::string>& permissions, std::string_view field) {
  std::vector<base::FieldProblem> problems;
  for (std::size_t i = 0; i < permissions.size(); ++i)
    if (!domain::permission_number(permissions[i]))
      problems.push_back({fmt::format("{}/{}", field, i),
                          Text("没有公布这个权限，见 GET /permissions", "is not a published permission, see GET /permissions")});
  if (!problems.empty()) return Error(Code::invalid_field).with_fields(std::move(problems));
  if (const auto clash = domain::find_clash(permissions))
    return Error(Code::invalid_field, domain::say(*clash)).with_field(std::string(field), domain::say(*clash));
  return {};
}

Result<Role> create_role(Change& change, const NewRole& in) {
  QUANJI_DO(allow(change, domain::root_department));
  QUANJI_DO(check_name(change, in.name, {}));
  QUANJI_DO(check_permissions(in.permissions, "permissions"));
  Role made;
  made.id = change.new_id<RoleId>();
  made.name = in.name;
  made.title = in.title;
  made.permissions = in.permissions;
  sort_once(made.permissions);
  made.remark = in.remark;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::role_insert, made));
  tell(change, made, {}, stored(made));
  return made;
}

Result<Role> change_role(Change& change, const base::Patch<RoleChange>& patch) {
  QUANJI_TRY(auto role, role_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, role.revision));
  QUANJI_DO(only_own(role));
  const auto before = stored(role);
  take_given(patch, role);
  if (was_given(patch, "name")) QUANJI_DO(check_name(change, role.name, role.id));
  if (was_given(patch, "permissions")) {
    QUANJI_DO(check_permissions(role.permissions, "permissions"));
    sort_once(role.permissions);
    QUANJI_DO(check_holders(change, role));
  }
  return write(change, std::move(role), before, {});
}

Result<Role> restrict_role(Change& change, const RoleRestriction& in) {
  QUANJI_TRY(auto role, role_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, role.revision));
  QUANJI_DO(only_own(role));
  const auto before = stored(role);
  const std::set<std::string> away(in.permissions.begin(), in.permissions.end());
  const auto had = role.permissions.size();
  std::erase_if(role.permissions, [&](const std::string& name) { return away.contains(name); });
  if (role.permissions.size() == had)
    return Error(Code::invalid_field).with_field("permissions", Text("该角色没有这些权限", "the role has none of these"));
  return write(change, std::move(role), before, in.reason);
}

Status delete_role(Change& change, const RoleRef& in) {
  QUANJI_TRY(const auto role, role_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, role.revision));
  QUANJI_DO(only_own(role));
  QUANJI_TRY(const auto holders, change.rows(sql::role_holders, {{"role_id", role.id}}));
  if (!holders.empty()) {
    constexpr std::size_t shown = 5;
    std::string names;
    for (std::size_t i = 0; i < std::min(holders.size(), shown); ++i)
      names += fmt::format("{}{}", i ? ", " : "", holders[i].text("account"));
    if (holders.size() > shown) names += " …";
    return Error(Code::still_referenced,
                 Text(fmt::format("角色 {} 仍授予 {} 人（{}）；请先撤销", role.name, holders.size(), names),
                      fmt::format("the role {} is held by {} ({}): revoke it first", role.name, holders.size(), names)));
  }
  QUANJI_TRY(const auto n, change.run_with(sql::role_delete, role));
  if (n != 1) return Error(Code::changed_meanwhile);
  tell(change, role, stored(role), {});
  return {};
}

}  // namespace quanji::services
