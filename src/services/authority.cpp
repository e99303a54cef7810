#include "services/authority.h"

#include <atomic>

#include "base/fields_json.h"
#include "domain/permissions.h"
#include "domain/preset_roles.h"
#include "services/roles.h"
#include "services/settings.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;

std::atomic<std::uint64_t>& known_epoch() {
  static std::atomic<std::uint64_t> epoch{0};
  return epoch;
}
void learn(std::uint64_t epoch) {
  auto& known = known_epoch();
  auto now = known.load();
  while (now < epoch && !known.compare_exchange_weak(now, epoch)) {
  }
}

Result<std::uint64_t> stored_epoch(const View& view, std::string_view name) {
  QUANJI_TRY(const auto row, view.row(sql::epoch_now, {{"name", name}}));
  if (!row) return base::Error(base::Code::bug, "the table of epochs is empty");
  return static_cast<std::uint64_t>(row->integer("value"));
}

Result<domain::DepartmentTree> tree(const View& view) {
  QUANJI_TRY(const auto rows, view.rows(sql::department_links));
  domain::DepartmentTree made;
  for (const auto row : rows)
    made.add(row.id<DepartmentId>("id"), row.is_null("parent_id") ? DepartmentId{} : row.id<DepartmentId>("parent_id"));
  return made;
}

// What a role's row gives: a preset by its patterns, an own role by its list.
Result<domain::PermissionSet> permissions_in(const storage::Row& row) {
  if (const auto* preset = domain::preset_of(row.id<domain::RoleId>("role_id")))
    return domain::permission_set(domain::permissions_of(preset->preset));
  std::vector<std::string> names;
  QUANJI_DO(base::from_scalar(base::value_ops<std::vector<std::string>>, &names, row.text("permissions")));
  return domain::permission_set(names);
}

}  // namespace

Result<std::shared_ptr<const domain::Authority>> load_authority(const View& view, const UserId& user) {
  QUANJI_TRY(const auto epoch, stored_epoch(view, "access"));
  QUANJI_TRY(const auto who, standing(view, user));
  auto authority = std::make_shared<domain::Authority>();
  authority->access_epoch = epoch;
  if (!who || !who->may_come_in(view.now())) return std::shared_ptr<const domain::Authority>(std::move(authority));
  QUANJI_TRY(const auto rows, view.rows(sql::grant_rights, {{"user_id", user}}));
  std::vector<domain::Granted> grants;
  for (const auto row : rows) {
    QUANJI_TRY(const auto permissions, permissions_in(row));
    grants.push_back({permissions, row.id<DepartmentId>("department_id"), row.truth("inherit")});
  }
  if (!grants.empty()) {
    QUANJI_TRY(const auto departments, tree(view));
    *authority = departments.resolve(grants, epoch);
  }
  return std::shared_ptr<const domain::Authority>(std::move(authority));
}

Result<std::shared_ptr<const domain::Authority>> load_client_authority(const View& view, const std::vector<std::string>& scopes,
                                                                       const DepartmentId& department) {
  QUANJI_TRY(const auto epoch, stored_epoch(view, "access"));
  QUANJI_TRY(const auto departments, tree(view));
  const auto permissions = domain::permission_set(domain::resolve(scopes, domain::permission_names()));
  return std::shared_ptr<const domain::Authority>(
      std::make_shared<domain::Authority>(departments.resolve({{permissions, department, true}}, epoch)));
}

std::shared_ptr<const domain::Authority> acting_for(const domain::Authority& client, const domain::Authority& person) {
  return std::make_shared<domain::Authority>(domain::intersection(client, person));
}

Result<bool> every_read_audited(const View& view, const UserId& user) {
  QUANJI_TRY(const auto row,
             view.row(sql::grant_held_anywhere, {{"user_id", user}, {"role_id", domain::id_of(domain::Preset::inspection_account)}}));
  return row && row->integer("n") > 0;
}

Status raise_access_epoch(Change& change) {
  QUANJI_TRY(const auto row, change.row(sql::epoch_raise, {{"name", "access"}}));
  if (!row) return base::Error(base::Code::bug, "the table of epochs is empty");
  const auto epoch = static_cast<std::uint64_t>(row->integer("value"));
  change.after_commit([epoch] { learn(epoch); });
  return {};
}

std::uint64_t access_epoch() { return known_epoch().load(); }

Status refresh_epoch(const View& view) {
  QUANJI_TRY(const auto access, stored_epoch(view, "access"));
  QUANJI_TRY(const auto settings_epoch, stored_epoch(view, "settings"));
  learn(access);
  return settings::refresh(view, settings_epoch);
}

void forget_epochs() {
  known_epoch() = 0;
  settings::forget();
}

std::string actor(const View& view) {
  const auto& caller = view.caller();
  if (!caller.account.empty()) return caller.account;
  return caller.kind == domain::CallerKind::setup ? "setup" : "clock";
}

}  // namespace quanji::services
