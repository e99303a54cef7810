// Roles: preset ones (domain/preset_roles.h), which nobody changes, and own ones made of published permissions.
// No role joins sides that clash (domain/role_rules.h), and no change of a role may make a holder's permissions clash.
// Nobody changes a role he holds. Taking permissions away (restrict) lowers risk: one person and a reason.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::RoleId;

struct Role {
  RoleId id;
  std::string name;
  std::string title;
  bool preset = false;
  std::vector<std::string> permissions;  // of a preset: what its patterns take today
  std::optional<std::string> remark;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewRole {
  std::string name;
  std::string title;
  std::vector<std::string> permissions;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct RoleChange {
  RoleId id;
  std::string name;
  std::string title;
  std::vector<std::string> permissions;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct RoleRestriction {
  RoleId id;
  std::vector<std::string> permissions;  // to take away
  std::string reason;
  static const base::FieldList& fields();
};
struct RoleRef {
  RoleId id;
  static const base::FieldList& fields();
};

const base::ListShape& role_list_shape();
const storage::Listing& role_listing();
Result<Page<Role>> list_roles(const View&, const base::ListQuery&);
Result<Role> read_role(const View&, const RoleRef&);
Result<Role> create_role(Change&, const NewRole&);
Result<Role> change_role(Change&, const base::Patch<RoleChange>&);
Result<Role> restrict_role(Change&, const RoleRestriction&);
// Refused while somebody holds it.
Status delete_role(Change&, const RoleRef&);

// ---- for other services ----
// Names that are not published are field problems on `field`/<index>; clashing ones one on `field`.
Status check_permissions(const std::vector<std::string>& permissions, std::string_view field);
// The role whatever the caller's rights.
Result<std::optional<Role>> find_role(const View&, const RoleId&);

}  // namespace quanji::services
