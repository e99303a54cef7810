#include "services/lock_out.h"

#include <fmt/format.h>

#include <thread>

#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using std::chrono::seconds;
using testing::code_of;
using testing::Gatehouse;

constexpr std::string_view wrong = "Wrong-74-Tree";
constexpr std::string_view right = Gatehouse::good_password;

TEST(LockOut, TheFifthFailureLocksAndFifteenMinutesLaterItIsOver) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(house.try_code("zhang", wrong), Code::wrong_credentials) << i;
  EXPECT_EQ(house.try_code("zhang", right), Code::locked_out);
  house.pass(seconds(899));
  EXPECT_EQ(house.try_code("ZHANG", right), Code::locked_out);
  house.pass(seconds(2));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(LockOut, ALockedCallerIsToldHowLong) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int i = 0; i < 5; ++i) (void)house.try_code("zhang", wrong);
  house.pass(seconds(100));
  const auto refused = house.enter("zhang");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after_seconds(), 801);
}

TEST(LockOut, AnUnknownAccountIsLockedLikeAKnownOne) {
  Gatehouse house;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(house.try_code("nobody", wrong), Code::wrong_credentials);
  EXPECT_EQ(house.try_code("nobody", wrong), Code::locked_out);
}

TEST(LockOut, SuccessForgetsTheFailuresOfThatSource) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(house.try_code("zhang", wrong), Code::wrong_credentials);
    EXPECT_EQ(house.try_code("zhang", right), Code::ok);
  }
}

TEST(LockOut, SurvivesAReopenedStore) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int i = 0; i < 5; ++i) (void)house.try_code("zhang", wrong);
  storage::StoreOptions options;
  options.url = "sqlite:" + house.database();
  options.clock = house.clock;
  house.store->close();
  house.store.reset();
  auto opened = storage::Store::open(std::move(options));
  ASSERT_TRUE(opened);
  house.store = std::move(opened).value();
  EXPECT_EQ(house.try_code("zhang", right), Code::locked_out);
}

TEST(LockOut, OneStrangeSourceCannotShutOutAnotherSource) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int i = 0; i < 30; ++i) (void)house.try_code("zhang", wrong, "203.0.113.9");
  EXPECT_EQ(house.try_code("zhang", right, "198.51.100.5"), Code::ok);
}

TEST(LockOut, FiveHundredSourcesGetTwentyTriesAndCannotShutOutTheUsualDesk) {
  Gatehouse house;
  house.person_with_password("zhang");
  ASSERT_EQ(house.try_code("zhang", right, "192.0.2.1"), Code::ok);
  int looked_at = 0, locked = 0;
  for (int source = 0; source < 500; ++source) {
    const auto code = house.try_code("zhang", wrong, fmt::format("203.0.{}.{}", source / 250, source % 250 + 1));
    looked_at += code == Code::wrong_credentials;
    locked += code == Code::locked_out;
  }
  EXPECT_EQ(looked_at, 20);
  EXPECT_EQ(locked, 480);
  EXPECT_EQ(house.try_code("zhang", right, "192.0.2.1"), Code::ok);
  EXPECT_EQ(house.try_code("zhang", right, "198.51.100.5"), Code::locked_out);
  house.pass(seconds(901));
  EXPECT_EQ(house.try_code("zhang", right, "198.51.100.5"), Code::ok);
}

TEST(LockOut, ASourceIsKnownForThirtyDays) {
  Gatehouse house;
  house.person_with_password("zhang");
  ASSERT_EQ(house.try_code("zhang", right, "192.0.2.1"), Code::ok);
  house.pass(std::chrono::hours(24 * 30) + seconds(1));
  for (int source = 1; source <= 20; ++source) (void)house.try_code("zhang", wrong, fmt::format("203.0.113.{}", source));
  EXPECT_EQ(house.try_code("zhang", right, "192.0.2.1"), Code::locked_out);
}

TEST(LockOut, SprayingOverManyAccountsLocksTheSource) {
  Gatehouse house;
  house.person_with_password("zhang");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(house.try_code(fmt::format("user{}", i), wrong, "203.0.113.9"), Code::wrong_credentials) << i;
  EXPECT_EQ(house.try_code("zhang", right, "203.0.113.9"), Code::locked_out);
  EXPECT_EQ(house.try_code("zhang", right, "203.0.113.10"), Code::ok);
}

TEST(LockOut, GuessesMadeAtTheSameTimeAreCountedBeforeTheyAreLookedAt) {
  Gatehouse house;
  house.person_with_password("zhang");
  // All are charged before any is proved.
  int charged = 0;
  std::vector<Proof> proofs(40);
  for (auto& proof : proofs)
    charged += house.change([&](Change& c) { return open_proof(c, house.login_ask("zhang", wrong, "192.0.2.1"), proof); }).ok();
  EXPECT_EQ(charged, 5);
}

TEST(LockOut, FortyParallelGuessersGetFiveLooks) {
  Gatehouse house;
  house.person_with_password("zhang");
  std::atomic<int> looked_at{0}, entered{0};
  std::vector<std::thread> guessers;
  for (int i = 0; i < 8; ++i)
    guessers.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        auto proof = proved(*house.store, house.login_ask("zhang", wrong, "192.0.2.1"), *house.desk);
        if (proof)
          ++entered;
        else if (proof.error().code() == Code::wrong_credentials)
          ++looked_at;
      }
    });
  for (auto& guesser : guessers) guesser.join();
  EXPECT_EQ(entered, 0);
  EXPECT_EQ(looked_at, 5);
}

TEST(LockOut, ARightPasswordWithoutTheCodeIsNoFailure) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(house.try_code("zhang", right), Code::totp_required);
  house.pass(seconds(60));
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", base::totp(key, house.clock->now()))), Code::ok);
}

TEST(LockOut, GuessingCodesLocksToo) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  house.pass(seconds(60));
  const auto code = base::totp(key, house.clock->now());
  const std::string other = code == "000000" ? "000001" : "000000";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", other)), Code::wrong_credentials);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", code)), Code::locked_out);
}

TEST(LockOut, AnAdministratorLiftsIt) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  for (int i = 0; i < 5; ++i) (void)house.try_code("zhang", wrong);
  ASSERT_TRUE(house.run(house.as(house.system, "user.unlock"), &unlock_user, ActOnUser{id, "phoned"}));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(LockOut, RowsThatSayNothingAreSwept) {
  Gatehouse house;
  for (int i = 0; i < 10; ++i) (void)house.try_code(fmt::format("user{}", i), wrong, fmt::format("203.0.113.{}", i));
  house.pass(seconds(901));
  std::int64_t swept = 0;
  ASSERT_TRUE(house.change([&](Change& c) -> Status {
    QUANJI_TRY(swept, sweep_tries(c, 100));
    return {};
  }));
  EXPECT_EQ(swept, 30);
}

}  // namespace
}  // namespace quanji::services
