#include "services/sign_in.h"

#include <algorithm>

#include "domain/caller.h"
#include "domain/permissions.h"
#include "services/api_clients.h"
#include "services/grants.h"
#include "services/permissions.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;

constexpr std::int64_t password_bytes = 512;
constexpr std::int64_t code_length = 32;
constexpr std::size_t shown_departments = 200;

std::vector<std::string> names_in(const domain::PermissionSet& set) {
  std::vector<std::string> out;
  const auto& names = domain::permission_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (set.test(i)) out.push_back(names[i]);
  return out;
}

}  // namespace

QUANJI_FIELDS(SignIn,  //
              QF(account, "登录名", "Account", .min = 1, .pattern = &base::account_pattern),
              QF(password, "密码", "Password", .max = password_bytes),
              QF(totp, "动态口令或恢复码（启用时）", "One-time or recovery code, when there is a second factor", .min = 1,
                 .max = code_length),
              QF(want, "要 Cookie（浏览器）还是令牌（命令行）", "A cookie (browser) or tokens (command line)", .fallback = "\"cookie\""))
QUANJI_FIELDS(SignedIn,  //
              QF(user_id, "用户标识", "User id"), QF(account, "登录名", "Account"), QF(name, "姓名", "Name"),
              QF(department_id, "所属部门", "Home department"), QF(session_id, "会话标识", "Session id"),
              QF(expires_at, "会话最迟失效时间", "The session ends at the latest"),
              QF(owed, "须先完成的事：修改密码、绑定动态口令", "What must be done before anything else"),
              QF(last_login_at, "上次登录", "Signed in before this"),
              QF(csrf_token, "变更请求须以 X-Csrf-Token 带上", "To be sent as X-Csrf-Token with every change"),
              QF(access_token, "访问令牌", "Access token", .flags = base::secret_once),
              QF(refresh_token, "刷新令牌，只能用一次", "Refresh token, works once", .flags = base::secret_once),
              QF(expires_in, "访问令牌有效秒数", "Seconds the access token lives"))
QUANJI_FIELDS(DepartmentRights, QF(department_id, "部门", "Department"), QF(permissions, "权限", "Permissions"))
QUANJI_FIELDS(Me,  //
              QF(kind, "用户或应用", "user or client"), QF(user_id, "用户", "User"), QF(client_id, "应用", "API client"),
              QF(account, "登录名或应用名", "Account or name of the client"), QF(name, "姓名", "Name"),
              QF(department_id, "所属部门", "Home department"), QF(roles, "角色", "Roles"),
              QF(permissions, "在任一部门拥有的权限", "Permissions held in some department"),
              QF(departments, "各部门的权限（最多 200 个部门）", "Permissions by department, 200 at most"),
              QF(session_id, "会话", "Session"), QF(session_state, "会话状态", "State of the session"),
              QF(expires_at, "会话失效时间", "When the session ends"),
              QF(csrf_token, "变更请求须以 X-Csrf-Token 带上", "To be sent as X-Csrf-Token with every change"),
              QF(owed, "须先完成的事：修改密码、绑定动态口令", "What must be done before anything else"),
              QF(totp, "已启用动态口令", "Has a second factor"),
              QF(idle_seconds, "无操作多少秒后锁定", "Seconds without activity until it locks"))

Result<WithCookie<SignedIn>> sign_in(Change& change, const Prepared<SignIn>& in) {
  if (!in.proof || !in.proof->user || !in.proof->password_right) return Error(Code::bug, "signing in without a proof");
  QUANJI_DO(still_holds(change, *in.proof));
  const auto& user = *in.proof->user;
  const auto& caller = change.caller();
  if (!caller.session.empty()) QUANJI_DO(end_session(change, caller.session, "signed_in_again"));
  QUANJI_TRY(const auto full, change.row(sql::user_by_id, {{"id", user.id}}));
  const auto kind = in.value.want == Want::cookie ? SessionKind::cookie : SessionKind::token;
  QUANJI_TRY(auto begun, begin_session(change, user, kind, in.proof->agent));
  WithCookie<SignedIn> out;
  auto& answer = out.value;
  answer.user_id = user.id;
  answer.account = user.account;
  answer.name = user.name;
  answer.department_id = user.department_id;
  answer.session_id = begun.id;
  answer.expires_at = begun.expires_at;
  QUANJI_TRY(answer.owed, owed_by(change, user.id));
  if (full && !full->is_null("last_login_at")) answer.last_login_at = full->time("last_login_at");
  if (kind == SessionKind::cookie) {
    out.cookie = std::move(begun.cookie);
    answer.csrf_token = std::move(begun.csrf);
  } else {
    answer.access_token = std::move(begun.access);
    answer.refresh_token = std::move(begun.refresh);
    answer.expires_in = access_token_lives_for().count();
  }
  QUANJI_DO(note_login(change, user.id, change.now()));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, {}};
  return out;
}

Result<WithCookie<base::Nothing>> sign_out(Change& change, const base::Nothing&) {
  const auto& caller = change.caller();
  if (caller.session.empty())
    return Error(Code::wrong_state, Text("当前调用没有会话；应用的令牌请用 /auth/revoke 撤销",
                                         "this call has no session; a client's token is revoked by /auth/revoke"));
  QUANJI_DO(end_session(change, caller.session, "signed_out"));
  change.note() = {caller.session.text(), caller.account, caller.department.ulid, {}, {}, {}};
  WithCookie<base::Nothing> out;
  if (caller.channel == domain::Channel::session) out.cookie = "-";
  return out;
}

Result<Me> who_am_i(const View& view, const base::Nothing&) {
  const auto& caller = view.caller();
  Me me;
  me.account = caller.account;
  me.department_id = caller.department;
  if (caller.kind == domain::CallerKind::client) {
    me.kind = "client";
    me.client_id = caller.client;
  } else {
    me.kind = "user";
  }
  if (!caller.user.empty()) {
    me.user_id = caller.user;
    QUANJI_TRY(const auto user, standing(view, caller.user));
    if (!user) return Error(Code::not_signed_in);
    me.name = user->name;
    QUANJI_TRY(const auto grants, grants_of(view, caller.user));
    for (const auto& grant : grants)
      if (std::find(me.roles.begin(), me.roles.end(), grant.role_name) == me.roles.end()) me.roles.push_back(grant.role_name);
    if (caller.kind == domain::CallerKind::user) {
      QUANJI_TRY(me.owed, owed_by(view, caller.user));
    }
    QUANJI_TRY(const auto totp, view.row(sql::totp_of, {{"user_id", caller.user}}));
    me.totp = totp && totp->text("state") == "on";
  }
  if (caller.authority) {
    me.permissions = names_in(caller.authority->anywhere);
    for (const auto& [department, set] : caller.authority->by_department) {
      if (me.departments.size() == shown_departments) break;
      me.departments.push_back({DepartmentId{department}, names_in(set)});
    }
    std::sort(me.departments.begin(), me.departments.end(), [](const auto& a, const auto& b) { return a.department_id < b.department_id; });
  }
  if (!caller.session.empty()) {
    QUANJI_TRY(const auto session, view.maybe<Session>(sql::session_by_id, {{"id", caller.session}}));
    if (!session) return Error(Code::not_signed_in);
    me.session_id = session->id;
    me.session_state = session->state;
    me.expires_at = session->expires_at;
    QUANJI_TRY(const auto cookie, cookie_hash_of(view, session->id));
    if (cookie) me.csrf_token = csrf_of(*cookie);
    if (session->kind == SessionKind::cookie) me.idle_seconds = idle_limit().count();
  }
  return me;
}

}  // namespace quanji::services
