// The published permissions, and why somebody may or may not do something.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "domain/ids.h"
#include "domain/role_rules.h"
#include "services/rights.h"

namespace quanji::services {

using domain::ApiClientId;
using domain::DepartmentId;
using domain::GrantId;
using domain::RoleId;
using domain::UserId;

// A permission for people. The operation table knows the sentences: the api room fills this from it.
struct Permission {
  std::string name;
  std::string group;
  domain::Side side = domain::Side::read;
  std::string zh, en;                   // what it lets one do: the summaries of its operations
  std::vector<std::string> operations;  // ids
  static const base::FieldList& fields();
};
struct PermissionList {
  std::vector<Permission> items;
  static const base::FieldList& fields();
};

struct ExplainAsk {
  std::optional<UserId> user_id;  // this or a client
  std::optional<ApiClientId> client_id;
  std::string permission;
  DepartmentId department_id;
  static const base::FieldList& fields();
};
// One grant that was looked at.
struct ExplainedGrant {
  std::optional<GrantId> grant_id;  // absent for a client's scopes
  std::optional<RoleId> role_id;
  std::string role;  // name of the role, or the scope
  DepartmentId granted_in;
  std::string granted_path;
  bool inherit = false;
  bool gives = false;
  std::string why_zh, why_en;
  static const base::FieldList& fields();
};
struct Explanation {
  bool allowed = false;
  std::string zh, en;  // the whole answer in one sentence
  std::vector<ExplainedGrant> grants;
  std::vector<std::string> roles_that_would;  // roles that hold the permission; told when it is missing
  static const base::FieldList& fields();
};
// By who may read grants in the home department of whom it is about; about oneself anybody may ask.
Result<Explanation> explain(const View&, const ExplainAsk&);
// Clients are sign-in's: its scopes, department and whether it may call now. Registered before anything is served.
struct ClientScopes {
  std::vector<std::string> scopes;
  DepartmentId department;
  bool may_call = false;
};
using FindClient = Result<std::optional<ClientScopes>> (*)(const View&, const ApiClientId&);
void set_client_lookup(FindClient find);

struct EffectiveAsk {
  UserId id;
  std::optional<DepartmentId> department_id;
  static const base::FieldList& fields();
};
struct EffectiveInDepartment {
  DepartmentId department_id;
  std::string path;
  std::vector<std::string> permissions;
  static const base::FieldList& fields();
};
struct EffectivePermissions {
  UserId user_id;
  bool may_come_in = false;                        // false: disabled or expired; nothing is in force then
  std::vector<EffectiveInDepartment> departments;  // where he may do anything, by path, at most 1 000
  bool complete = true;                            // false: more departments than that; ask for one by departmentId
  static const base::FieldList& fields();
};
Result<EffectivePermissions> effective_permissions(const View&, const EffectiveAsk&);
// The same for whoever calls: what /auth/me shows.
Result<EffectivePermissions> effective_permissions_of(const View&, const UserId&, std::optional<DepartmentId> only);

}  // namespace quanji::services
