#include <atomic>
#include <optional>
#include <thread>

#include "api/gate_testing.h"
#include "tests/postgres.h"

namespace quanji::api {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): its own bench

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
// ---- what was refused stays refused ----

class RefusedChange : public ::testing::TestWithParam<const char*> {
 protected:
  Front::Place place() {
    Front::Place where;
    if (std::string_view(GetParam()) == "postgres") where.url = database.emplace().url();
    return where;
  }
  std::optional<tests::FreshDatabase> database;
  Front front{Front::generous(), place()};
  std::int64_t enable_rows() {
    static const storage::Query::Form form{"select count(*) from audit where operation = 'user.enable' and result <> 0", {}};
    static const storage::Query query{"enable_refusals", form, form};
    return front.number(query);
  }
  std::int64_t create_rows() {
    static const storage::Query::Form form{"select count(*) from audit where operation = 'user.create' and result <> 0", {}};
    static const storage::Query query{"create_refusals", form, form};
    return front.number(query);
  }
};
INSTANTIATE_TEST_SUITE_P(Both, RefusedChange, ::testing::Values("sqlite", "postgres"),
                         [](const auto& tried) { return std::string(tried.param); });

TEST_P(RefusedChange, IsNotSentAgainWhenTheStateHasChanged) {
  // Alone, without a second person.
  ASSERT_TRUE(front.change([](storage::Change& c) { return services::settings::put(c, "approvals.required", "false"); }).ok());
  const auto key = front.made("hr", {"user.enable", "user.read"});
  const auto zhang = front.user("zhang");
  const auto path = "/users/" + zhang.text() + "/enable";
  const auto headers = front.signed_by(key, Verb::post, path, "{}", {});
  ASSERT_EQ(front.call(Verb::post, path, "{}", headers).code, number(Code::wrong_state));
  EXPECT_EQ(enable_rows(), 1);
  ASSERT_TRUE(front.run(Gatehouse::setup(), &services::disable_user, services::UserStop{zhang, "gone"}).ok());
  EXPECT_EQ(front.call(Verb::post, path, "{}", headers).code, number(Code::replayed));
  front.open_gate();  // nor after a restart, when only the row remembers
  EXPECT_EQ(front.call(Verb::post, path, "{}", headers).code, number(Code::replayed));
  EXPECT_EQ(front.signed_call(key, Verb::post, path, "{}").code, 0) << "signed anew it is another call";
}
TEST_P(RefusedChange, IsNotSentAgainWhenTheRightHasComeAndLeavesItsRow) {
  const auto zhang = front.user("zhang");
  const auto key = front.made("portal", {"user.create", "user.read"}, [](services::NewApiClient& client) { client.act_for = true; });
  const auto headers = front.signed_by(key, Verb::post, "/users", new_user, {.behalf = zhang.text()});
  ASSERT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::not_permitted));
  EXPECT_EQ(create_rows(), 1);
  front.give(zhang, domain::Preset::system_administrator);
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::replayed));
  front.open_gate();
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::replayed));
  EXPECT_EQ(front.signed_call(key, Verb::post, "/users", new_user, {.behalf = zhang.text()}).status, 201);
}
TEST_P(RefusedChange, ThatNobodyMayHoldForItLeavesItsRowAndIsNotSentAgain) {
  const auto key = front.made("hr", {"user.enable", "user.read"});
  const auto zhang = front.user("zhang");
  ASSERT_TRUE(front.run(Gatehouse::setup(), &services::disable_user, services::UserStop{zhang, "gone"}).ok());
  const auto path = "/users/" + zhang.text() + "/enable";
  const auto headers = front.signed_by(key, Verb::post, path, "{}", {});
  ASSERT_EQ(front.call(Verb::post, path, "{}", headers).code, number(Code::not_permitted)) << "it waits for a second person, of no first";
  EXPECT_EQ(enable_rows(), 1);
  ASSERT_TRUE(front.change([](storage::Change& c) { return services::settings::put(c, "approvals.required", "false"); }).ok());
  front.open_gate();
  EXPECT_EQ(front.call(Verb::post, path, "{}", headers).code, number(Code::replayed));
  EXPECT_EQ(front.signed_call(key, Verb::post, path, "{}").code, 0);
}
TEST_P(RefusedChange, IsNotSentAgainAfterTooManyCalls) {
  const auto key = front.made("bus", {"user.create", "user.read"}, [](services::NewApiClient& client) { client.rate_per_second = 1; });
  Reply reply;
  Headers headers;
  for (int i = 0; i < 40 && reply.code != number(Code::too_many_calls); ++i) {
    headers = front.signed_by(key, Verb::post, "/users", new_user, {});
    reply = front.call(Verb::post, "/users", new_user, headers);
  }
  ASSERT_EQ(reply.code, number(Code::too_many_calls));
  front.pass(seconds(10));
  EXPECT_EQ(front.call(Verb::post, "/users", new_user, headers).code, number(Code::replayed));
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

}  // namespace
}  // namespace quanji::api
