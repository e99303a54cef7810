// Users: who there is, where they belong, and whether they may come in. Passwords, sessions and lock-outs are sign-in's.
//
// A user has one home department; what he may do comes from grants (grants.h). Deleted users keep their row, so that history can name
// them, but are not found and their account may be taken again.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "domain/user_states.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::DepartmentId;
using domain::UserId;
using domain::UserState;

enum class UserKind : std::uint8_t { staff, outsourced, application };
enum class UserSource : std::uint8_t { local, ldap, oidc, imported };

struct User {
  UserId id;
  std::string account;  // unique without regard to case; never changes
  std::string name;
  std::optional<std::string> employee_no;
  std::optional<std::string> phone;  // answered masked: 138****5678
  std::optional<std::string> email;
  UserKind kind = UserKind::staff;
  UserSource source = UserSource::local;
  UserState state = UserState::enabled;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> last_login_at;
  DepartmentId department_id;
  std::optional<std::string> remark;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewUser {
  std::string account;
  std::string name;
  DepartmentId department_id;
  std::optional<std::string> employee_no;
  std::optional<std::string> phone;
  std::optional<std::string> email;
  UserKind kind = UserKind::staff;
  std::optional<base::Time> expires_at;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct UserChange {
  UserId id;
  std::string name;
  std::optional<std::string> employee_no;
  std::optional<std::string> phone;
  std::optional<std::string> email;
  UserKind kind = UserKind::staff;
  std::optional<base::Time> expires_at;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct UserRef {
  UserId id;
  static const base::FieldList& fields();
};
struct UserStop {
  UserId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct UserMove {
  UserId id;
  DepartmentId department_id;  // the new home
  static const base::FieldList& fields();
};
struct UserDelete {
  UserId id;
  std::optional<UserId> transfer_to;  // takes over what the user owns; needed when there is anything
  std::optional<std::string> reason;
  static const base::FieldList& fields();
};
struct UserIds {
  std::vector<UserId> ids;  // at most 200
  static const base::FieldList& fields();
};
struct UserItems {
  std::vector<User> items;
  static const base::FieldList& fields();
};

const base::ListShape& user_list_shape();
const storage::Listing& user_listing();
Result<Page<User>> list_users(const View&, const base::ListQuery&);
// Of the department in the path.
const base::ListShape& member_list_shape();
const storage::Listing& member_listing();
Result<Page<User>> list_members(const View&, const base::ListQuery&);
Result<UserItems> read_users(const View&, const UserIds&);
Result<User> read_user(const View&, const UserRef&);
// Without a password: sign-in's reset gives a one-time link.
Result<User> create_user(Change&, const NewUser&);
Result<User> change_user(Change&, const base::Patch<UserChange>&);
// Ends his sessions. Refused for the last system, security or audit administrator, and for oneself.
Result<User> disable_user(Change&, const UserStop&);
Result<User> enable_user(Change&, const UserRef&);
Result<User> move_user(Change&, const UserMove&);
// Takes away his grants and sessions; refused while he owns something and nobody takes it over, for the last administrator, for oneself.
Status delete_user(Change&, const UserDelete&);

// ---- for other services ----
// What sign-in and authority ask about somebody; deleted users are not found.
struct Standing {
  UserId id;
  std::string account;
  std::string name;
  UserKind kind = UserKind::staff;
  UserState state = UserState::enabled;
  std::optional<base::Time> expires_at;
  DepartmentId department_id;
  static const base::FieldList& fields();

  bool may_come_in(base::Time now) const { return state == UserState::enabled && (!expires_at || *expires_at > now); }
};
Result<std::optional<Standing>> standing(const View&, const UserId&);
Result<std::optional<Standing>> standing_of_account(const View&, std::string_view account);
Status note_login(Change&, const UserId&, base::Time at);
// The user under the rights of the operation under way, for acts of other services on him (grants, sessions, passwords): not_found or
// not_permitted.
Result<User> user_for_act(const View&, const UserId&);
std::string masked_phone(std::string_view phone);

// What else a user may own, registered before anything is served; `transfer` hands all of it to another user.
struct Ownership {
  base::Sentence what;
  Result<std::int64_t> (*count)(const View&, const UserId&);
  Status (*transfer)(Change&, const UserId& from, const UserId& to);
};
void register_ownership(Ownership ownership);
// Called in the change that disables or deletes a user: sign-in ends his sessions here. Registered before anything is served.
void on_user_stopped(std::function<Status(Change&, const UserId&)> act);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::UserKind, "staff", "outsourced", "application");
QUANJI_ENUM(quanji::services::UserSource, "local", "ldap", "oidc", "imported");
