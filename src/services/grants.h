// Grants: a role for a user in a department, with or without the departments below.
//
// Rules: nobody grants to himself or takes from himself; a user's permissions over all departments together never clash
// (domain/role_rules.h), and he is at most one of the three administrators; who grants may do so in that department.
// Giving raises risk (two persons when the setting says so); taking away lowers it: one person and a reason. The last holder of an
// administrator's role in the root department keeps it.
#pragma once
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "domain/preset_roles.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::DepartmentId;
using domain::GrantId;
using domain::RoleId;
using domain::UserId;

struct Grant {
  GrantId id;
  UserId user_id;
  RoleId role_id;
  std::string role_name;
  DepartmentId department_id;
  bool inherit = false;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewGrant {
  UserId id;  // the user, in the path
  RoleId role_id;
  DepartmentId department_id;
  bool inherit = false;
  static const base::FieldList& fields();
};
struct GrantRemoval {
  UserId id;  // the user, in the path
  GrantId grant_id;
  std::string reason;
  static const base::FieldList& fields();
};

// Of the user in the path.
const base::ListShape& grant_list_shape();
const storage::Listing& grant_listing();
Result<Page<Grant>> list_grants(const View&, const base::ListQuery&);
Result<Grant> create_grant(Change&, const NewGrant&);
Status delete_grant(Change&, const GrantRemoval&);

// ---- for other services ----
Result<std::vector<Grant>> grants_of(const View&, const UserId&);
// wrong_state when `user` is the only one left who may come in and is this administrator in the root department.
Status not_the_last(const View&, const UserId& user);
// Set-up only: gives a preset role in the root department without asking for rights.
Status grant_at_setup(Change&, const UserId&, domain::Preset);

}  // namespace quanji::services
