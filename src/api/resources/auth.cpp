#include "api/resources/auth.h"

#include "api/bind.h"
#include "services/sign_in.h"
#include "services/tokens.h"
#include "services/totp.h"

namespace quanji::api {

using namespace services;

namespace {

void second_factor(Table& t) {
  t.add({.id = "auth.totp_enrol",
         .verb = Verb::post,
         .path = "/auth/totp",
         .summary = {"开始绑定动态口令", "Begin to set up a second factor"},
         .permission = "-",
         .audit = "auth.totp_begun",
         .failures = {Code::wrong_credentials, Code::locked_out, Code::wrong_state},
         .example = R"({"password":"Correct-Horse-Battery-7"})"},
        change(&enrol_totp));
  t.add({.id = "auth.totp_confirm",
         .verb = Verb::post,
         .path = "/auth/totp/confirm",
         .summary = {"确认动态口令，得到恢复码", "Confirm the second factor and get recovery codes"},
         .permission = "-",
         .audit = "auth.totp_enabled",
         .failures = {Code::wrong_credentials, Code::wrong_state},
         .example = R"({"code":"123456"})"},
        change(&confirm_totp));
  t.add({.id = "auth.totp_recovery",
         .verb = Verb::post,
         .path = "/auth/totp/recovery-codes",
         .summary = {"更换恢复码", "Replace the recovery codes"},
         .permission = "-",
         .audit = "auth.recovery_codes_renewed",
         .failures = {Code::wrong_credentials, Code::locked_out, Code::wrong_state},
         .example = R"({"password":"Correct-Horse-Battery-7","code":"123456"})"},
        change(&renew_recovery_codes));
  t.add({.id = "auth.totp_disable",
         .verb = Verb::post,
         .path = "/auth/totp/disable",
         .summary = {"停用动态口令", "Turn the second factor off"},
         .permission = "-",
         .audit = "auth.totp_disabled",
         .failures = {Code::wrong_credentials, Code::locked_out, Code::wrong_state},
         .example = R"({"password":"Correct-Horse-Battery-7","code":"123456"})"},
        change(&disable_totp));
}

void tokens(Table& t) {
  t.add({.id = "auth.token",
         .verb = Verb::post,
         .path = "/auth/token",
         .summary = {"以签名请求换取访问令牌", "Get an access token by a signed request"},
         .permission = "-",
         .audit = "auth.token_issued",
         .rate = Rate::client,
         .failures = {Code::bad_signature, Code::replayed, Code::address_not_allowed},
         .example = "{}"},
        change(&client_token));
  t.add({.id = "auth.refresh",
         .verb = Verb::post,
         .path = "/auth/refresh",
         .summary = {"用刷新令牌换取新令牌（只能用一次）", "Get new tokens by a refresh token, which works once"},
         .permission = "-",
         .audit = "auth.refreshed",
         .entry = Entry::open,
         .failures = {Code::not_signed_in, Code::replayed},
         .example = R"({"refreshToken":"qjt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"},
        change(&refresh));
  t.add({.id = "auth.revoke",
         .verb = Verb::post,
         .path = "/auth/revoke",
         .summary = {"撤销令牌及其会话", "Revoke a token and its session"},
         .permission = "-",
         .audit = "auth.revoked",
         .example = R"({"token":"qjt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"},
        change(&revoke_token));
  t.add({.id = "auth.introspect",
         .verb = Verb::post,
         .path = "/auth/introspect",
         .summary = {"查验令牌", "Ask what a token is worth"},
         .permission = "-",
         .example = R"({"token":"qjt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"},
        read(&introspect_token));
}

}  // namespace

void auth(Table& t) {
  t.add({.id = "auth.login",
         .verb = Verb::post,
         .path = "/auth/login",
         .summary = {"登录", "Sign in"},
         .permission = "-",
         .audit = "auth.signed_in",
         .entry = Entry::open,
         .failures = {Code::wrong_credentials, Code::locked_out, Code::totp_required},
         .example = R"({"account":"zhang.san","password":"Correct-Horse-Battery-7"})"},
        change(&sign_in));
  t.add({.id = "auth.logout",
         .verb = Verb::post,
         .path = "/auth/logout",
         .summary = {"退出登录", "Sign out"},
         .permission = "-",
         .audit = "auth.signed_out",
         .example = "{}"},
        change(&sign_out));
  t.add({.id = "auth.me",
         .verb = Verb::get,
         .path = "/auth/me",
         .summary = {"当前用户、角色与权限", "Who I am and what I may do"},
         .permission = "-",
         .point = true},
        read(&who_am_i));
  t.add({.id = "auth.password",
         .verb = Verb::post,
         .path = "/auth/password",
         .summary = {"修改密码，或用一次性链接设置密码", "Change the password, or set one by a one-time link"},
         .permission = "-",
         .audit = "auth.password_changed",
         .entry = Entry::open,
         .failures = {Code::wrong_credentials, Code::locked_out},
         .example = R"({"oldPassword":"Correct-Horse-Battery-7","newPassword":"Staple-Garden-Window-8"})"},
        change(&change_password));
  second_factor(t);
  tokens(t);
}

}  // namespace quanji::api
