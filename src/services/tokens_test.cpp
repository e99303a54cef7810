#include "services/tokens.h"

#include <thread>

#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Secret;
using testing::code_of;
using testing::Gatehouse;

constexpr std::string_view right = Gatehouse::good_password;

bool works(Gatehouse& house, std::string_view token) {
  bool found = false;
  EXPECT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(const auto facts, find_token(v, token_hash(token)));
                    found = facts.has_value();
                    return {};
                  })
                  .ok());
  return found;
}
Result<TokenPair> refresh_with(Gatehouse& house, const std::string& token) {
  EXPECT_TRUE(house
                  .change([&](Change& c) -> Status {
                    QUANJI_DO(end_reused_family(c, Secret(std::string_view(token))));
                    return {};
                  })
                  .ok());
  Refresh in;
  in.refresh_token = Secret(std::string_view(token));
  return house.run(house.stranger(), &refresh, in);
}
SignedIn by_token(Gatehouse& house) {
  auto entered = house.enter("zhang", right, "192.0.2.1", "", Want::token);
  EXPECT_TRUE(entered.ok());
  return entered.ok() ? entered->value : SignedIn{};
}

TEST(Tokens, APairLivesTwoHoursAndEight) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = by_token(house);
  EXPECT_TRUE(entered.access_token->starts_with("qjt_"));
  EXPECT_EQ(entered.expires_in, 7200);
  house.pass(std::chrono::seconds(7199));
  EXPECT_TRUE(works(house, *entered.access_token));
  house.pass(std::chrono::seconds(1));
  EXPECT_FALSE(works(house, *entered.access_token));
  const auto again = refresh_with(house, *entered.refresh_token);
  ASSERT_TRUE(again);
  EXPECT_TRUE(works(house, again->access_token));
  house.pass(std::chrono::hours(6));
  EXPECT_EQ(code_of(refresh_with(house, *again->refresh_token)), Code::not_signed_in);
}

TEST(Tokens, ARefreshTokenIsNoAccessToken) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = by_token(house);
  EXPECT_FALSE(works(house, *entered.refresh_token));
  EXPECT_EQ(code_of(refresh_with(house, *entered.access_token)), Code::not_signed_in);
}

TEST(Tokens, ReuseOfARefreshTokenEndsTheFamily) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = by_token(house);
  const auto thief = refresh_with(house, *entered.refresh_token);
  ASSERT_TRUE(thief);
  ASSERT_TRUE(works(house, thief->access_token));
  EXPECT_EQ(code_of(refresh_with(house, *entered.refresh_token)), Code::replayed);
  EXPECT_FALSE(works(house, thief->access_token));
  EXPECT_EQ(code_of(refresh_with(house, *thief->refresh_token)), Code::not_signed_in);
}

TEST(Tokens, ADisabledPersonRefreshesNothing) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto entered = by_token(house);
  ASSERT_TRUE(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{id, "left"}));
  EXPECT_EQ(code_of(refresh_with(house, *entered.refresh_token)), Code::not_signed_in);
}

TEST(Tokens, RevokingEndsTheSessionAndTellsNothingOfUnknownOnes) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto entered = by_token(house);
  TokenRef unknown, known;
  unknown.token = Secret(std::string_view("qjt_unknown"));
  known.token = Secret(std::string_view(*entered.refresh_token));
  EXPECT_TRUE(house.run(house.as(id, "-"), &revoke_token, unknown));
  EXPECT_TRUE(works(house, *entered.access_token));
  EXPECT_TRUE(house.run(house.as(id, "-"), &revoke_token, known));
  EXPECT_FALSE(works(house, *entered.access_token));
}

TEST(Tokens, IntrospectionTellsOnlyWhatIsOnesBusiness) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto stranger = house.user("li");
  const auto entered = by_token(house);
  TokenRef ref;
  ref.token = Secret(std::string_view(*entered.access_token));
  const auto own = house.ask(house.as(id, "-"), &introspect_token, ref);
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->active);
  EXPECT_EQ(own->account, "zhang");
  const auto other = house.ask(house.as(stranger, "-"), &introspect_token, ref);
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->active);
  EXPECT_FALSE(other->account);
  const auto administrator = house.ask(house.as(house.system, "-"), &introspect_token, ref);
  ASSERT_TRUE(administrator);
  EXPECT_TRUE(administrator->active);
}

TEST(Tokens, AreGivenToSignedClientsOnlyAndBoundToThePerson) {
  Gatehouse house;
  const auto zhang = house.user("zhang");
  const auto made = house.client("portal", {"user.read"}, [](auto& c) { c.act_for = true; });
  ASSERT_TRUE(made);
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = domain::CallerKind::client;
  caller->client = made->id;
  caller->channel = domain::Channel::bearer;
  EXPECT_EQ(code_of(house.run(caller, &client_token, base::Nothing{})), Code::not_permitted);
  caller->channel = domain::Channel::signature;
  caller->user = zhang;
  const auto token = house.run(caller, &client_token, base::Nothing{});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->expires_in, 7200);
  EXPECT_FALSE(token->refresh_token);
  std::optional<TokenFacts> facts;
  ASSERT_TRUE(house.view([&](const View& v) -> Status {
    QUANJI_TRY(facts, find_token(v, token_hash(token->access_token)));
    return {};
  }));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->acts_for, zhang);
  EXPECT_EQ(facts->client_id, made->id);
}

// ---- nonces ----

ApiClientId some_client(std::uint8_t number) {
  ApiClientId id;
  id.ulid.bytes[15] = number;
  return id;
}

TEST(Nonces, OneOfAHundredParallelChangesWins) {
  Gatehouse house;
  std::atomic<int> won{0}, replayed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 10; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const auto done = house.change([](Change& c) { return store_nonce(c, some_client(1), "0123456789abcdef"); });
        if (done)
          ++won;
        else if (done.error().code() == Code::replayed)
          ++replayed;
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(replayed, 99);
}

TEST(Nonces, BelongToTheirClient) {
  Gatehouse house;
  EXPECT_TRUE(house.change([](Change& c) { return store_nonce(c, some_client(1), "0123456789abcdef"); }));
  EXPECT_TRUE(house.change([](Change& c) { return store_nonce(c, some_client(2), "0123456789abcdef"); }));
}

TEST(Nonces, OfARolledBackChangeAreFree) {
  Gatehouse house;
  EXPECT_FALSE(house.change([](Change& c) -> Status {
    QUANJI_DO(store_nonce(c, some_client(1), "0123456789abcdef"));
    return base::Error(Code::wrong_state);
  }));
  EXPECT_TRUE(house.change([](Change& c) { return store_nonce(c, some_client(1), "0123456789abcdef"); }));
}

TEST(Nonces, AreSweptWhenTheirSignatureIsTooOld) {
  Gatehouse house;
  ASSERT_TRUE(house.change([](Change& c) { return store_nonce(c, some_client(1), "0123456789abcdef"); }));
  const auto sweep = [&] {
    std::int64_t swept = -1;
    EXPECT_TRUE(house
                    .change([&](Change& c) -> Status {
                      QUANJI_TRY(swept, sweep_nonces(c));
                      return {};
                    })
                    .ok());
    return swept;
  };
  house.pass(std::chrono::seconds(600));
  EXPECT_EQ(sweep(), 0);
  house.pass(std::chrono::seconds(61));
  EXPECT_EQ(sweep(), 1);
}

}  // namespace
}  // namespace quanji::services
