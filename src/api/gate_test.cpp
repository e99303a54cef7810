#include <cstdio>
#include <cstdlib>

#include "api/gate_testing.h"

namespace quanji::api {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): its own bench

// ---- cookies ----

TEST(Gate, WithoutASignInOnlyOpenOperationsAnswer) {
  Front front;
  const auto reply = front.call(Verb::get, "/auth/me");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.code, number(Code::not_signed_in));
}
TEST(Gate, ACookieIsSafeAndReads) {
  Front front;
  front.system_with_password();
  const auto reply = front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Mango-74-Tree"})");
  EXPECT_EQ(reply.header("Set-Cookie").substr(reply.header("Set-Cookie").find(';')), "; Path=/; Secure; HttpOnly; SameSite=Strict");
  const auto cookie = front.login("system");
  const auto me = front.call(Verb::get, "/auth/me", "", cookie.reading());
  ASSERT_EQ(me.code, 0) << me.message;
  EXPECT_EQ(me.data.at("account").as_string(), "system");
  EXPECT_EQ(me.data.at("csrfToken").as_string(), cookie.csrf);
}
TEST(Gate, AChangeByCookieNeedsTheCsrfToken) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system"), other = front.login("system");
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, cookie.reading()).code, number(Code::not_permitted));
  auto crossed = cookie.reading();
  crossed["x-csrf-token"] = other.csrf;
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, crossed).code, number(Code::not_permitted));
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, cookie.changing()).status, 201);
}
TEST(Gate, ACookieIsNoBearerTokenNorTheOtherWayRound) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", cookie.reading()).code, 0);
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", {{"authorization", "Bearer " + cookie.cookie}}).code, number(Code::not_signed_in));
  const auto token = front.bearer("system").at("authorization").substr(7);
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", {{"cookie", "__Host-quanji=" + token}}).code, number(Code::not_signed_in));
}
TEST(Gate, SigningOutTakesTheCookieAwayAtOnce) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  ASSERT_EQ(front.call(Verb::get, "/auth/me", "", cookie.reading()).code, 0);
  const auto out = front.call(Verb::post, "/auth/logout", "", cookie.changing());
  ASSERT_EQ(out.code, 0) << out.message;
  EXPECT_NE(out.header("Set-Cookie").find("__Host-quanji=; "), std::string::npos);
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", cookie.reading()).code, number(Code::not_signed_in));
}
TEST(Gate, AStaleCookieDoesNotBarSigningIn) {
  Front front;
  front.system_with_password();
  EXPECT_EQ(
      front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Mango-74-Tree"})", {{"cookie", "__Host-quanji=old"}}).code,
      0);
}

// ---- idleness ----

TEST(Gate, AnIdleSessionLocksAndIsUnlockedUnderANewCookie) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  front.pass(seconds(900));
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, 0);
  front.pass(seconds(901));
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, number(Code::locked_out));
  const auto me = front.call(Verb::get, "/auth/me", "", cookie.reading());
  ASSERT_EQ(me.code, 0) << me.message;
  const auto path = "/sessions/" + std::string(me.data.at("sessionId").as_string()) + "/unlock";
  EXPECT_EQ(front.call(Verb::post, path, R"({"password":"Wrong-74-Tree"})", cookie.changing()).code, number(Code::wrong_credentials));
  const auto unlocked = front.call(Verb::post, path, R"({"password":"Mango-74-Tree"})", cookie.changing());
  ASSERT_EQ(unlocked.code, 0) << unlocked.message;
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, number(Code::not_signed_in));
  const Front::Cookie fresh{unlocked.cookie(), std::string(unlocked.data.at("csrfToken").as_string())};
  EXPECT_EQ(front.call(Verb::get, "/users", "", fresh.reading()).code, 0);
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, fresh.changing()).status, 201);
}
TEST(Gate, WhatAPageAsksByItselfKeepsNothingAwake) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  auto passive = cookie.reading();
  passive["x-quanji-passive"] = "1";
  for (int minute = 0; minute < 15; ++minute) {
    EXPECT_EQ(front.call(Verb::get, "/users", "", passive).code, 0) << minute;
    front.pass(seconds(60));
  }
  front.pass(seconds(1));
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, number(Code::locked_out));
}
TEST(Gate, ALockedSessionStaysLockedThroughARestart) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  front.pass(seconds(901));
  front.open_gate();
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, number(Code::locked_out));
}
TEST(Gate, ActivityIsWrittenDownAndSurvivesARestart) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  front.pass(seconds(600));
  ASSERT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, 0);
  ASSERT_TRUE(front.gate->flush());
  front.open_gate();
  front.pass(seconds(600));
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, 0);
}

// ---- what is owed ----

TEST(Gate, WhoMustChangeThePasswordDoesNothingElseFirst) {
  Front front;
  front.password(front.system, Gatehouse::good_password, services::NextSignIn::must_change);
  const auto cookie = front.login("system");
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, number(Code::not_permitted));
  const auto changed =
      front.call(Verb::post, "/auth/password", R"({"oldPassword":"Mango-74-Tree","newPassword":"Window-58-Garden"})", cookie.changing());
  ASSERT_EQ(changed.code, 0) << changed.message;
  EXPECT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, 0);
}

// ---- sign-in through the door ----

TEST(Gate, FailuresAreCountedAndAuditedAlthoughTheCallerIsRefused) {
  Front front;
  front.system_with_password();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Wrong-74-Tree"})").code,
              number(Code::wrong_credentials));
  const auto locked = front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Mango-74-Tree"})");
  EXPECT_EQ(locked.code, number(Code::locked_out));
  EXPECT_EQ(locked.header("Retry-After"), "901");
  static const storage::Query::Form form{"select count(*) from audit where operation = 'auth.login' and result <> 0", {}};
  static const storage::Query refusals{"refusals_of_login", form, form};
  EXPECT_GE(front.number(refusals), 6);
}
TEST(Gate, AnUnknownAccountIsAnsweredInTheSameWords) {
  Front front;
  front.system_with_password();
  const auto known = front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Wrong-74-Tree"})");
  const auto unknown = front.call(Verb::post, "/auth/login", R"({"account":"nobody","password":"Wrong-74-Tree"})");
  EXPECT_EQ(known.status, unknown.status);
  EXPECT_EQ(known.message, unknown.message);
}
TEST(Gate, AReusedRefreshTokenEndsTheSession) {
  Front front;
  front.system_with_password();
  const auto login = front.call(Verb::post, "/auth/login", R"({"account":"system","password":"Mango-74-Tree","want":"token"})");
  ASSERT_EQ(login.code, 0);
  EXPECT_TRUE(login.header("Set-Cookie").empty());
  const auto body = fmt::format(R"({{"refreshToken":"{}"}})", std::string_view(login.data.at("refreshToken").as_string()));
  const auto refreshed = front.call(Verb::post, "/auth/refresh", body);
  ASSERT_EQ(refreshed.code, 0) << refreshed.message;
  const Headers bearer = {{"authorization", "Bearer " + std::string(refreshed.data.at("accessToken").as_string())}};
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", bearer).code, 0);
  EXPECT_EQ(front.call(Verb::post, "/auth/refresh", body).code, number(Code::replayed));
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", bearer).code, number(Code::not_signed_in));
}

// ---- rights ----

TEST(Gate, RightsAreAskedBeforeTheBodyIsRead) {
  Front front;
  front.password(front.auditor);
  const auto bearer = front.bearer("auditor");
  EXPECT_EQ(front.call(Verb::post, "/users", "not json", bearer).code, number(Code::not_permitted));
}
TEST(Gate, EveryReadOfTheInspectionAccountIsAudited) {
  Front front;
  const auto inspector = front.person_with_password("inspector");
  front.give(inspector, domain::Preset::inspection_account);
  const auto bearer = front.bearer("inspector");
  static const storage::Query::Form all{"select count(*) from audit where account = 'inspector' and operation <> 'auth.login'", {}},
      list{"select count(*) from audit where operation = 'user.list' and result = 0 and target_name = '/api/v1/users?keyword=a'", {}},
      one{"select count(*) from audit where operation = 'user.read' and result = 0 and target like 'usr_%'", {}},
      refused{"select count(*) from audit where account = 'inspector' and result <> 0", {}};
  static const storage::Query all_rows{"all_rows", all, all}, list_rows{"list_rows", list, list}, one_rows{"one_rows", one, one},
      refused_rows{"refused_rows", refused, refused};
  ASSERT_EQ(front.call(Verb::get, "/users?keyword=a", "", bearer).code, 0);
  EXPECT_EQ(front.number(list_rows), 1);
  ASSERT_EQ(front.call(Verb::get, "/users/" + front.auditor.text(), "", bearer).code, 0);
  EXPECT_EQ(front.number(one_rows), 1);
  ASSERT_EQ(front.call(Verb::get, "/auth/me", "", bearer).code, 0);
  EXPECT_EQ(front.number(all_rows), 3);
  EXPECT_EQ(front.call(Verb::get, "/users/usr_01ARYZ6S41TSV4RRFFQ69G5FAV", "", bearer).code, number(Code::not_found));
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, bearer).code, number(Code::not_permitted));
  EXPECT_EQ(front.number(refused_rows), 2);
  // Others read without a row.
  front.system_with_password();
  const auto before = front.number(all_rows);
  ASSERT_EQ(front.call(Verb::get, "/users?keyword=a", "", front.bearer("system")).code, 0);
  EXPECT_EQ(front.number(list_rows), 1);
  EXPECT_EQ(front.number(all_rows), before);
}
TEST(Gate, AGrantIsInForceWithTheNextCall) {
  Front front;
  const auto zhang = front.person_with_password("zhang");
  const auto bearer = front.bearer("zhang");
  EXPECT_EQ(front.call(Verb::get, "/users", "", bearer).code, number(Code::not_permitted));
  front.give(zhang, domain::Preset::system_administrator);
  EXPECT_EQ(front.call(Verb::get, "/users", "", bearer).code, 0);
}
TEST(Gate, AnotherNodesSignOutIsLearntWithinATick) {
  Front front;
  front.system_with_password();
  const auto cookie = front.login("system");
  front.gate->tick();
  ASSERT_EQ(front.call(Verb::get, "/users", "", cookie.reading()).code, 0);
  // Behind this gate's back, as another process does it.
  static const storage::Query::Form gone{"update sessions set state = 'ended'", {}},
      raised{"update epochs set value = value + 1 where name = 'sign_in'", {}};
  static const storage::Query end_all{"end_all", gone, gone}, raise{"raise", raised, raised};
  front.sql(end_all);
  front.sql(raise);
  front.gate->tick();
  // The tick reads on a thread of the store; each look here waits for one more of its jobs.
  auto code = front.call(Verb::get, "/users", "", cookie.reading()).code;
  for (int looks = 0; looks < 500 && code == 0; ++looks) {
    ASSERT_TRUE(front.view([](const storage::View&) -> base::Status { return {}; }));
    code = front.call(Verb::get, "/users", "", cookie.reading()).code;
  }
  EXPECT_EQ(code, number(Code::not_signed_in));
}

// A measurement, worth its time in an optimised build.
TEST(Gate, KnowsACallerFromMemory) {
  if (!std::getenv("QUANJI_LONG")) GTEST_SKIP() << "long: a measurement";
  Front front;
  front.password(front.system);
  ASSERT_TRUE(front.change([](storage::Change& c) { return services::settings::put(c, "limits.person_per_second", "0"); }));
  ASSERT_TRUE(front.view([](const storage::View& v) { return services::refresh_epoch(v); }));
  front.open_gate();
  const auto headers = front.bearer("system");
  ASSERT_EQ(front.call(Verb::get, "/users", "", headers).code, 0);
  auto call = std::make_shared<door::Call>();
  call->operation = front.table.by_id("user.read");
  call->ask.address = "192.0.2.1";
  call->request_id = "req_01ARYZ6S41TSV4RRFFQ69G5FAV";
  const auto token = headers.at("authorization");
  call->ask.header = [&](std::string_view name) { return name == "authorization" ? std::string_view(token) : std::string_view{}; };
  constexpr int rounds = 1'000'000;
  int good = 0;
  base::SystemClock clock;
  const auto begin = clock.monotonic();
  for (int i = 0; i < rounds; ++i)
    front.gate->authenticate(call, [&](const base::Status& status) { good += status.ok() && front.gate->permit(*call).ok(); });
  const auto took = clock.monotonic() - begin;
  EXPECT_EQ(good, rounds);
  std::printf("authenticate + permit by bearer token: %.0f ns\n", std::chrono::duration<double, std::nano>(took).count() / rounds);
}

}  // namespace
}  // namespace quanji::api
