#include "api/resources/sessions.h"

#include "api/bind.h"
#include "services/sessions.h"
#include "services/totp.h"

namespace quanji::api {

using namespace services;

namespace {

// What an administrator does about another person's way in.
void ways_in(Table& t) {
  t.add({.id = "user.sessions",
         .verb = Verb::get,
         .path = "/users/{id}/sessions",
         .summary = {"查询用户的会话", "List a user's sessions"},
         .permission = "session.read"},
        list(session_list_shape(), &list_user_sessions));
  t.add({.id = "user.sign_out",
         .verb = Verb::post,
         .path = "/users/{id}/sign-out",
         .summary = {"强制用户退出登录", "End all sessions of a user"},
         .audit = "user.signed_out",
         .example = R"({"reason":"离职"})"},
        change(&sign_out_user));
  t.add({.id = "user.reset_password",
         .verb = Verb::post,
         .path = "/users/{id}/reset-password",
         .summary = {"重置密码，得到一次性链接代码", "Reset the password and get a one-time code"},
         .audit = "user.password_reset",
         .example = R"({"reason":"忘记密码"})"},
        change(&reset_password));
  t.add({.id = "user.reset_totp",
         .verb = Verb::post,
         .path = "/users/{id}/reset-totp",
         .summary = {"解除用户的动态口令", "Take a user's second factor away"},
         .audit = "user.totp_reset",
         .example = R"({"reason":"手机遗失"})"},
        change(&reset_totp));
  t.add({.id = "user.unlock",
         .verb = Verb::post,
         .path = "/users/{id}/unlock",
         .summary = {"解除登录失败锁定", "Lift a lock-out after wrong passwords"},
         .audit = "user.unlocked",
         .example = R"({"reason":"本人电话确认"})"},
        change(&unlock_user));
}

}  // namespace

void sessions(Table& t) {
  t.add({.id = "session.list",
         .verb = Verb::get,
         .path = "/sessions",
         .summary = {"查询自己的会话", "List one's own sessions"},
         .permission = "-"},
        list(session_list_shape(), &list_own_sessions));
  t.add({.id = "session.delete",
         .verb = Verb::del,
         .path = "/sessions/{id}",
         .summary = {"结束会话", "End a session"},
         .permission = "-",
         .audit = "session.deleted",
         .failures = {Code::wrong_state}},
        change(&delete_session));
  t.add({.id = "session.unlock",
         .verb = Verb::post,
         .path = "/sessions/{id}/unlock",
         .summary = {"以密码或动态口令解锁当前会话", "Unlock this session by password or code"},
         .permission = "-",
         .audit = "session.unlocked",
         .failures = {Code::wrong_credentials, Code::locked_out},
         .example = R"({"password":"Correct-Horse-Battery-7"})"},
        change(&unlock_session));
  ways_in(t);
}

}  // namespace quanji::api
