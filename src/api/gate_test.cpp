#include "api/gate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <thread>

#include "api/proof_work.h"
#include "api/resources/api_clients.h"
#include "api/resources/auth.h"
#include "api/resources/sessions.h"
#include "api/resources/set_up.h"
#include "api/resources/users.h"
#include "api/work.h"
#include "services/audit_reserve.h"
#include "services/sign_in_testing.h"

namespace quanji::api {
namespace {

using base::Code;
using domain::SignatureAlgorithm;
using door::Verb;
using services::testing::Gatehouse;
using std::chrono::seconds;
using Headers = std::map<std::string, std::string>;

class Silence final : public door::Ear {
 public:
  void answered(const door::Call&, int, std::chrono::microseconds) override {}
};

struct Reply {
  int status = 0;
  std::int64_t code = -1;
  boost::json::value data;
  std::string message;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
  std::string cookie() const {
    const auto text = header("Set-Cookie");
    const auto from = text.find('=') + 1;
    return text.substr(from, text.find(';') - from);
  }
};

// How a call is signed.
struct Sign {
  SignatureAlgorithm algorithm = SignatureAlgorithm::hmac_sha256;
  std::string behalf, nonce;
  std::int64_t skew = 0;
};

// The door with everything behind it but sockets.
class Front : public Gatehouse {
 public:
  explicit Front(GateOptions options = generous()) : options_(std::move(options)) {
    auth(table);
    sessions(table);
    api_clients(table);
    users(table);
    set_up(outer);
    reserve = services::AuditReserve::open({.folder = folder.path(), .bytes = 1 << 16, .low_water = 0}, services::real_disk());
    work = std::make_unique<PlatformWork>(*store, table, *reserve);
    proof_work = std::make_unique<ProofWork>(*work, *store, pool, desk);
    open_gate();
  }
  ~Front() { store->close(); }
  static GateOptions generous() {
    GateOptions options;
    options.open_per_second = 100'000;
    return options;
  }
  // As after a start of the process.
  void open_gate() {
    door_.reset();
    gate = std::make_unique<PlatformGate>(*store, *clock, desk->box, std::vector<const door::Table*>{&table, &outer}, options_);
    door_ = std::make_unique<door::Door>(table, *gate, *proof_work, ear, *clock, *random_ids);
  }

  Reply call(Verb verb, std::string target, std::string body = {}, Headers headers = {}, std::string address = "192.0.2.1") {
    door::Ask ask;
    ask.verb = verb;
    const auto mark = target.find('?');
    ask.path = "/api/v1" + target.substr(0, mark);
    if (mark != std::string::npos) ask.query = target.substr(mark + 1);
    ask.body = std::move(body);
    ask.address = std::move(address);
    auto kept = std::make_shared<Headers>(std::move(headers));
    ask.header = [kept](std::string_view name) -> std::string_view {
      const auto found = kept->find(std::string(name));
      return found == kept->end() ? std::string_view{} : std::string_view(found->second);
    };
    std::promise<door::Answer> promise;
    door_->run(std::move(ask), [&](door::Answer answer) { promise.set_value(std::move(answer)); });
    const auto answer = promise.get_future().get();
    Reply reply;
    reply.status = answer.status;
    for (const auto& [name, value] : answer.headers) reply.headers.emplace_back(std::string(name), value);
    const auto json = boost::json::parse(answer.body);
    reply.code = json.at("code").as_int64();
    reply.message = std::string(json.at("message").as_string());
    if (const auto* data = json.as_object().if_contains("data")) reply.data = *data;
    return reply;
  }

  struct Cookie {
    std::string cookie, csrf;
    Headers reading() const { return {{"cookie", "a=b; __Host-quanji=" + cookie + "; c=d"}}; }
    Headers changing() const {
      auto headers = reading();
      headers["x-csrf-token"] = csrf;
      return headers;
    }
  };
  Cookie login(std::string account, std::string_view text = good_password) {
    const auto reply = call(Verb::post, "/auth/login", fmt::format(R"({{"account":"{}","password":"{}"}})", account, text));
    EXPECT_EQ(reply.code, 0) << reply.message;
    if (reply.code != 0) return {};
    return {reply.cookie(), std::string(reply.data.at("csrfToken").as_string())};
  }
  Headers bearer(std::string account) {
    const auto reply =
        call(Verb::post, "/auth/login", fmt::format(R"({{"account":"{}","password":"{}","want":"token"}})", account, good_password));
    EXPECT_EQ(reply.code, 0) << reply.message;
    return {{"authorization", "Bearer " + std::string(reply.data.at("accessToken").as_string())}};
  }

  Headers signed_by(const services::NewApiKey& key, Verb verb, std::string target, std::string body, Sign how) {
    const auto mark = target.find('?');
    const auto time = std::to_string(clock->now().micros / 1'000'000 + how.skew);
    if (how.nonce.empty()) how.nonce = fmt::format("nonce-{:016}", ++nonce_);
    const auto path = "/api/v1" + target.substr(0, mark);
    const auto query = mark == std::string::npos ? std::string() : target.substr(mark + 1);
    const auto text = domain::string_to_sign({how.algorithm, door::word(verb), path, query, time, how.nonce, how.behalf, body});
    EXPECT_TRUE(text.ok());
    base::MacKey mac(domain::mac_of(how.algorithm), base::Secret(std::string_view(key.secret)));
    Headers headers = {{"x-access-key", key.access_key},
                       {"x-timestamp", time},
                       {"x-nonce", how.nonce},
                       {"x-signature", fmt::format("{} {}", domain::to_text(how.algorithm), base::hex(mac.sign(*text)))}};
    if (!how.behalf.empty()) headers["x-on-behalf-of"] = how.behalf;
    return headers;
  }
  Reply signed_call(const services::NewApiKey& key, Verb verb, std::string target, std::string body = {}, Sign how = {}) {
    auto headers = signed_by(key, verb, target, body, std::move(how));
    return call(verb, std::move(target), std::move(body), std::move(headers));
  }
  services::NewApiKey made(std::string name, std::vector<std::string> scopes, std::function<void(services::NewApiClient&)> more = {}) {
    auto key = client(std::move(name), std::move(scopes), std::move(more));
    EXPECT_TRUE(key.ok());
    return key.ok() ? std::move(*key) : services::NewApiKey{};
  }
  domain::UserId system_with_password() {
    password(system);
    return system;
  }

  door::Table table{"/api/v1"};
  door::Table outer{""};
  services::SlowPool pool;
  std::unique_ptr<services::AuditReserve> reserve;
  std::unique_ptr<PlatformWork> work;
  std::unique_ptr<ProofWork> proof_work;
  std::unique_ptr<PlatformGate> gate;
  Silence ear;

 private:
  GateOptions options_;
  std::shared_ptr<base::SystemRandom> random_ids = std::make_shared<base::SystemRandom>();
  std::unique_ptr<door::Door> door_;
  int nonce_ = 0;
};

std::int64_t number(Code code) { return static_cast<std::int64_t>(code); }
const std::string new_user = R"({"account":"wang","name":"王五","departmentId":"dep_00000000000000000000000001"})";

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

// ---- signatures ----

TEST(Gate, ASignedCallIsTheClientsInBothFamilies) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  for (const auto algorithm : {SignatureAlgorithm::hmac_sha256, SignatureAlgorithm::hmac_sm3}) {
    const auto reply = front.signed_call(key, Verb::get, "/users?sort=name&keyword=%E5%BC%A0+x", "", {.algorithm = algorithm});
    EXPECT_EQ(reply.code, 0) << reply.message;
  }
  const auto me = front.signed_call(key, Verb::get, "/auth/me");
  EXPECT_EQ(me.data.at("kind").as_string(), "client");
  EXPECT_EQ(me.data.at("account").as_string(), "portal");
}
TEST(Gate, WhateverIsChangedAfterSigningIsRefused) {
  Front front;
  const auto key = front.made("bus", {"user.read", "user.create", "department.read"});
  const auto refused = [&](auto edit) {
    std::string target = "/users?name=a&account=b", body, address = "192.0.2.1";
    Verb verb = Verb::get;
    auto headers = front.signed_by(key, verb, target, body, {});
    edit(verb, target, body, headers);
    return front.call(verb, target, body, headers).code;
  };
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto&) {}), 0);
  EXPECT_EQ(refused([](auto&, auto& t, auto&, auto&) { t = "/users?account=b&name=a"; }), 0);    // the order is not signed
  EXPECT_EQ(refused([](auto&, auto& t, auto&, auto&) { t = "/users?name=%61&account=b"; }), 0);  // nor the spelling
  EXPECT_EQ(refused([](auto&, auto& t, auto&, auto&) { t = "/users?name=a&account=c"; }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto& t, auto&, auto&) { t = "/users?name=a%26account=b"; }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto& t, auto&, auto&) { t = "/users"; }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto& v, auto&, auto&, auto&) { v = Verb::post; }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto& b, auto&) { b = "{}"; }), number(Code::bad_signature));
  EXPECT_EQ(refused([&](auto&, auto&, auto&, auto& h) { h["x-timestamp"] = std::to_string(front.clock->now().micros / 1'000'000 + 1); }),
            number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h["x-nonce"] = "another-nonce-0123"; }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h["x-on-behalf-of"] = "10086"; }), number(Code::not_permitted));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h["x-signature"].replace(4, 11, "HMAC-SM3"); }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h["x-signature"].back() = h["x-signature"].back() == '0' ? '1' : '0'; }),
            number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h.erase("x-nonce"); }), number(Code::bad_signature));
  EXPECT_EQ(refused([](auto&, auto&, auto&, auto& h) { h["x-access-key"] = "QJAKAAAAAAAAAAAAAAAAAAAA"; }), number(Code::bad_signature));
}
TEST(Gate, ASignatureIsGoodForFiveMinutes) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  front.pass(seconds(1000));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.skew = -300}).code, 0);
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.skew = 300}).code, 0);
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.skew = -301}).code, number(Code::bad_signature));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.skew = 301}).code, number(Code::bad_signature));
}
TEST(Gate, AReadIsNotRepeated) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  const auto headers = front.signed_by(key, Verb::get, "/users", "", {});
  EXPECT_EQ(front.call(Verb::get, "/users", "", headers).code, 0);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(front.call(Verb::get, "/users", "", headers).code, number(Code::replayed)) << i;
    front.pass(seconds(50));
  }
}
TEST(Gate, AReadFromBeforeTheStartIsRefusedAfterIt) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  const auto headers = front.signed_by(key, Verb::get, "/users", "", {});
  ASSERT_EQ(front.call(Verb::get, "/users", "", headers).code, 0);
  front.pass(seconds(1));
  front.open_gate();
  EXPECT_EQ(front.call(Verb::get, "/users", "", headers).code, number(Code::replayed));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, 0);
}
TEST(Gate, AChangeIsNotRepeatedNotEvenAfterARestart) {
  Front front;
  const auto key = front.made("hr", {"user.create", "user.read"});
  const auto headers = front.signed_by(key, Verb::post, "/users", new_user, {});
  ASSERT_EQ(front.call(Verb::post, "/users", new_user, headers).status, 201);
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::replayed));
  front.open_gate();
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::replayed));
}
TEST(Gate, AHundredParallelRepeatsOfAChangeHaveOneEffect) {
  Front front;
  const auto key = front.made("hr", {"user.create", "user.read"});
  const auto headers = front.signed_by(key, Verb::post, "/users", new_user, {});
  std::atomic<int> made{0}, replayed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 10; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const auto reply = front.call(Verb::post, "/users", new_user, headers);
        made += reply.status == 201;
        replayed += reply.code == number(Code::replayed);
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(replayed, 99);
}
TEST(Gate, AWrongSignatureSpendsNoNonce) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  auto headers = front.signed_by(key, Verb::get, "/users", "", {});
  auto forged = headers;
  forged["x-signature"].back() = forged["x-signature"].back() == '0' ? '1' : '0';
  EXPECT_EQ(front.call(Verb::get, "/users", "", forged).code, number(Code::bad_signature));
  EXPECT_EQ(front.call(Verb::get, "/users", "", headers).code, 0);
}

// ---- clients ----

TEST(Gate, AClientDoesNotLeaveItsScopesAndAddresses) {
  Front front;
  const auto key = front.made("portal", {"user.read"}, [](auto& c) { c.addresses = {"192.0.2.0/24"}; });
  EXPECT_EQ(front.signed_call(key, Verb::post, "/users", new_user).code, number(Code::not_permitted));
  const auto headers = front.signed_by(key, Verb::get, "/users", "", {});
  EXPECT_EQ(front.call(Verb::get, "/users", "", headers, "198.51.100.1").code, number(Code::address_not_allowed));
  EXPECT_EQ(front.call(Verb::get, "/users", "", headers, "192.0.2.77").code, 0);
}
TEST(Gate, AClientIsCutOffAtOnce) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  const auto token = front.signed_call(key, Verb::post, "/auth/token", "");
  ASSERT_EQ(token.code, 0) << token.message;
  const Headers bearer = {{"authorization", "Bearer " + std::string(token.data.at("accessToken").as_string())}};
  ASSERT_EQ(front.call(Verb::get, "/users", "", bearer).code, 0);
  ASSERT_TRUE(
      front.run(front.as(front.security, "api_client.disable"), &services::disable_api_client, services::ApiClientAct{key.id, "leaked"}));
  EXPECT_EQ(front.call(Verb::get, "/users", "", bearer).code, number(Code::not_signed_in));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, number(Code::bad_signature));
}
TEST(Gate, AKeyExpiresWithItsClientAndWithItsOverlap) {
  Front front;
  const auto key = front.made("portal", {"user.read"}, [&](auto& c) { c.expires_at = front.clock->now().plus(seconds(7200)); });
  services::Prepared<services::KeyRotation> rotation;
  rotation.value.id = key.id;
  rotation.value.overlap_seconds = 3600;
  rotation.proof = front.made_key();
  const auto next = front.run(front.as(front.security, "api_client.rotate"), &services::rotate_api_key, rotation);
  ASSERT_TRUE(next);
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, 0);
  EXPECT_EQ(front.signed_call(*next, Verb::get, "/users").code, 0);
  front.pass(seconds(3600));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, number(Code::not_signed_in));
  EXPECT_EQ(front.signed_call(*next, Verb::get, "/users").code, 0);
  front.pass(seconds(3600));
  EXPECT_EQ(front.signed_call(*next, Verb::get, "/users").code, number(Code::not_signed_in));
}
TEST(Gate, ActingForAPersonIsWhatBothMayAndNamesBoth) {
  Front front;
  const auto zhang = front.user("zhang");
  const auto key = front.made("portal", {"user.read", "user.create"}, [](auto& c) { c.act_for = true; });
  const auto plain = front.made("plain", {"user.read"});
  const auto behalf = zhang.text();
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.behalf = behalf}).code, number(Code::not_permitted));
  front.give(zhang, domain::Preset::system_administrator);
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.behalf = behalf}).code, 0);
  // The person may delete users, the client may not.
  EXPECT_EQ(front.signed_call(key, Verb::del, "/users/" + behalf, "", {.behalf = behalf}).code, number(Code::not_permitted));
  EXPECT_EQ(front.signed_call(plain, Verb::get, "/users", "", {.behalf = behalf}).code, number(Code::not_permitted));
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users", "", {.behalf = "usr_01ARYZ6S41TSV4RRFFQ69G5FAV"}).code,
            number(Code::not_permitted));
  ASSERT_EQ(front.signed_call(key, Verb::post, "/users", new_user, {.behalf = behalf}).status, 201);
  static const storage::Query::Form form{
      "select count(*) from audit where operation = 'user.create' and account = 'portal' and on_behalf_of = 'zhang'", {}};
  static const storage::Query both{"audit_names_both", form, form};
  EXPECT_EQ(front.number(both), 1);
}
TEST(Gate, ATokenIsBoundToThePersonItWasGotFor) {
  Front front;
  const auto zhang = front.user("zhang"), li = front.user("li");
  front.give(zhang, domain::Preset::system_administrator);
  const auto key = front.made("portal", {"user.read"}, [](auto& c) { c.act_for = true; });
  const auto token = front.signed_call(key, Verb::post, "/auth/token", "", {.behalf = zhang.text()});
  ASSERT_EQ(token.code, 0) << token.message;
  Headers bearer = {{"authorization", "Bearer " + std::string(token.data.at("accessToken").as_string())}};
  const auto me = front.call(Verb::get, "/auth/me", "", bearer);
  ASSERT_EQ(me.code, 0) << me.message;
  EXPECT_EQ(me.data.at("userId").as_string(), zhang.text());
  bearer["x-on-behalf-of"] = li.text();
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", bearer).code, number(Code::not_permitted));
}
TEST(Gate, AnOldGatewayIsAlwaysAnswered200) {
  Front front;
  const auto key = front.made("esb", {"user.read"}, [](auto& c) { c.always_ok = true; });
  const auto reply = front.signed_call(key, Verb::get, "/users/usr_01ARYZ6S41TSV4RRFFQ69G5FAV");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.code, number(Code::not_found));
}
TEST(Gate, LastUseIsWrittenDownOnceASecond) {
  Front front;
  const auto key = front.made("portal", {"user.read"});
  ASSERT_EQ(front.signed_call(key, Verb::get, "/users").code, 0);
  ASSERT_TRUE(front.gate->flush());
  const auto client = front.ask(front.as(front.security, "api_client.read"), &services::read_api_client, services::ApiClientRef{key.id});
  ASSERT_TRUE(client);
  EXPECT_EQ(client->last_used_at, front.clock->now());
}

// ---- rates ----

TEST(Gate, AClientIsHeldToItsRateAndToldSo) {
  Front front;
  const auto key = front.made("portal", {"user.read"}, [](auto& c) { c.rate_per_second = 10; });
  const auto other = front.made("bus", {"user.read"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, 0) << i;
  const auto refused = front.signed_call(key, Verb::get, "/users");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(refused.header("RateLimit-Limit"), "10");
  EXPECT_EQ(refused.header("RateLimit-Remaining"), "0");
  EXPECT_EQ(refused.header("RateLimit-Reset"), "2");
  EXPECT_EQ(front.signed_call(other, Verb::get, "/users").code, 0);
  front.pass(seconds(1));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(front.signed_call(key, Verb::get, "/users").code, 0) << i;
  EXPECT_EQ(front.signed_call(key, Verb::get, "/users").status, 429);
}
TEST(Gate, AnOperationMayHaveARateOfItsOwn) {
  GateOptions options = Front::generous();
  options.operation_per_second["user.list"] = 5;
  Front front(options);
  const auto key = front.made("portal", {"user.read"});
  int answered = 0;
  for (int i = 0; i < 40; ++i) answered += front.signed_call(key, Verb::get, "/users").code == 0;
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(front.signed_call(key, Verb::get, "/auth/me").code, 0);
}
TEST(Gate, GuessingTokensHasABudgetPerAddress) {
  GateOptions options;
  options.open_per_second = 10;
  Front front(options);
  front.system_with_password();
  const auto bearer = front.bearer("system");
  int looked = 0;
  for (int i = 0; i < 100; ++i)
    looked +=
        front.call(Verb::get, "/auth/me", "", {{"authorization", fmt::format("Bearer qjt_{}", i)}}).code == number(Code::not_signed_in);
  EXPECT_EQ(looked, 20);
  // Who is known is not held up by it, not even at the same address.
  EXPECT_EQ(front.call(Verb::get, "/auth/me", "", bearer).code, 0);
}

TEST(NonceMemory, RemembersForAsLongAsASignatureIsGood) {
  NonceMemory memory(3);
  domain::ApiClientId client;
  using Seen = NonceMemory::Seen;
  using std::chrono::microseconds;
  EXPECT_EQ(memory.add(client, "a", seconds(0)), Seen::first);
  EXPECT_EQ(memory.add(client, "a", seconds(599)), Seen::again);
  EXPECT_EQ(memory.add(client, "b", seconds(600)), Seen::first);
  EXPECT_EQ(memory.add(client, "c", seconds(600)), Seen::first);
  EXPECT_EQ(memory.add(client, "d", seconds(600)), Seen::first);
  EXPECT_EQ(memory.add(client, "e", seconds(600)), Seen::full);
  EXPECT_EQ(memory.add(client, "b", seconds(1200)), Seen::again);
}

TEST(RateLimits, ForgetWhatIsFull) {
  RateLimits limits;
  const RateRule rule = RateRule::of(10);
  for (int i = 0; i < 100; ++i) (void)limits.take(RateLimits::key_of(fmt::format("192.0.2.{}", i), 0), rule, seconds(0));
  EXPECT_EQ(limits.size(), 100U);
  for (int i = 0; i < 16; ++i) limits.sweep(seconds(0));
  EXPECT_EQ(limits.size(), 100U);
  for (int i = 0; i < 16; ++i) limits.sweep(seconds(1));
  EXPECT_EQ(limits.size(), 0U);
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
