// Signing in and out, and who one is.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/sessions.h"
#include "services/tokens.h"

namespace quanji::services {

enum class Want : std::uint8_t { cookie, token };

struct SignIn {
  std::string account;
  base::Secret password;
  std::optional<std::string> totp;  // or a recovery code
  Want want = Want::cookie;         // cookie: the console; token: the command line
  static const base::FieldList& fields();
};
struct SignedIn {
  UserId user_id;
  std::string account, name;
  DepartmentId department_id;
  SessionId session_id;
  base::Time expires_at;
  Owed owed = Owed::nothing;                // to be done before anything else
  std::optional<base::Time> last_login_at;  // the time before
  std::optional<std::string> csrf_token;    // cookie: to be sent as X-Csrf-Token with every change
  std::optional<std::string> access_token, refresh_token;
  std::optional<std::int64_t> expires_in;
  static const base::FieldList& fields();
};
// A session the caller already has ends: ids are never taken over from before.
Result<WithCookie<SignedIn>> sign_in(Change&, const Prepared<SignIn>&);
Result<WithCookie<base::Nothing>> sign_out(Change&, const base::Nothing&);

struct DepartmentRights {
  DepartmentId department_id;
  std::vector<std::string> permissions;
  static const base::FieldList& fields();
};
struct Me {
  std::string kind;  // "user", "client"
  std::optional<UserId> user_id;
  std::optional<ApiClientId> client_id;
  std::string account;
  std::optional<std::string> name;
  DepartmentId department_id;
  std::vector<std::string> roles;             // names
  std::vector<std::string> permissions;       // held anywhere
  std::vector<DepartmentRights> departments;  // by department, the first 200
  std::optional<SessionId> session_id;
  std::optional<SessionState> session_state;
  std::optional<base::Time> expires_at;
  std::optional<std::string> csrf_token;
  Owed owed = Owed::nothing;
  bool totp = false;
  std::int64_t idle_seconds = 0;
  static const base::FieldList& fields();
};
Result<Me> who_am_i(const View&, const base::Nothing&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::Want, "cookie", "token");
