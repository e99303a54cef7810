#include "services/passwords.h"

#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Secret;
using testing::code_of;
using testing::Gatehouse;
using Need = ProofAsk::Need;

constexpr std::string_view right = Gatehouse::good_password;

Result<PasswordChanged> change_own(Gatehouse& house, const UserId& id, std::string_view old_one, std::string_view new_one,
                                   SessionId session = {}) {
  auto ask = house.own_ask(id, Need::password, old_one);
  ask.new_is_own = true;
  ask.new_passwords.push_back({std::make_shared<const Secret>(new_one), "", "", "newPassword"});
  QUANJI_TRY(auto proof, proved(*house.store, ask, *house.desk));
  Prepared<PasswordChange> in;
  in.value.old_password = Secret(old_one);
  in.proof = std::move(proof);
  return house.run(house.in_session(id, session), &change_password, in);
}
Result<PasswordChanged> change_by_link(Gatehouse& house, std::string_view code, std::string_view new_one) {
  ProofAsk ask;
  QUANJI_DO(house.view([&](const View& v) -> Status {
    QUANJI_TRY(const auto owner, owner_of_link(v, Secret(code)));
    ask.user = owner.id;
    return {};
  }));
  ask.new_is_own = true;
  ask.new_passwords.push_back({std::make_shared<const Secret>(new_one), "", "", "newPassword"});
  QUANJI_TRY(auto proof, proved(*house.store, ask, *house.desk));
  Prepared<PasswordChange> in;
  in.value.one_time_code = Secret(code);
  in.proof = std::move(proof);
  return house.run(house.stranger(), &change_password, in);
}

TEST(Passwords, AreChangedByWhoKnowsThePresentOne) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  ASSERT_TRUE(change_own(house, id, right, "Window-58-Garden"));
  EXPECT_EQ(house.try_code("zhang", right), Code::wrong_credentials);
  EXPECT_EQ(house.try_code("zhang", "Window-58-Garden"), Code::ok);
  EXPECT_EQ(code_of(change_own(house, id, right, "Staple-58-Garden")), Code::wrong_credentials);
}

TEST(Passwords, EndAllOtherSessionsWhenChanged) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto one = house.enter("zhang"), two = house.enter("zhang"), three = house.enter("zhang");
  ASSERT_TRUE(one && two && three);
  const auto changed = change_own(house, id, right, "Window-58-Garden", two->value.session_id);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->ended_sessions, 2);
}

TEST(Passwords, OfThePastFiveDoNotComeAgain) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const std::vector<std::string> all = {std::string(right), "Window-51-Garden", "Window-52-Garden",
                                        "Window-53-Garden", "Window-54-Garden", "Window-55-Garden"};
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    house.pass(std::chrono::seconds(1));
    ASSERT_TRUE(change_own(house, id, all[i], all[i + 1])) << i;
    if (i < 4) EXPECT_EQ(code_of(change_own(house, id, all[i + 1], right)), Code::invalid_field) << i;
    EXPECT_EQ(code_of(change_own(house, id, all[i + 1], all[i + 1])), Code::invalid_field) << i;
  }
  EXPECT_TRUE(change_own(house, id, all.back(), right));
}

TEST(Passwords, KeepThePolicyWithTheOwnAccountAndName) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto refused = change_own(house, id, right, "The-Zhang-Tree-7");
  ASSERT_EQ(code_of(refused), Code::invalid_field);
  EXPECT_EQ(refused.error().fields()[0].field, "newPassword");
}

TEST(Passwords, ARefusedNewPasswordIsNoFailedTry) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  for (int i = 0; i < 12; ++i) EXPECT_EQ(code_of(change_own(house, id, right, "short")), Code::invalid_field);
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(Passwords, AProofOfAnOlderPasswordIsWorthNothing) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  auto proof = proved(*house.store, house.login_ask("zhang", right, "192.0.2.1"), *house.desk);
  ASSERT_TRUE(proof);
  house.password(id, "Window-58-Garden");
  Prepared<SignIn> in;
  in.proof = *proof;
  EXPECT_EQ(code_of(house.run(house.stranger(), &sign_in, in)), Code::wrong_credentials);
}

TEST(Passwords, AnOutdatedHashIsReplacedWhenItIsRight) {
  Gatehouse house;
  const auto id = house.user("zhang");
  const auto old = base::hash_password(base::Suite::gm, Secret(right), *house.desk->random, testing::cheap());
  ASSERT_TRUE(house.change([&](Change& c) { return set_password(c, id, old, NextSignIn::free); }));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
  Proof proof;
  ASSERT_TRUE(house.change([&](Change& c) { return open_proof(c, house.own_ask(id, Need::password, right), proof); }));
  EXPECT_TRUE(proof.stored.starts_with("$argon2id$"));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(Passwords, ADisabledPersonLooksLikeAnUnknownOne) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  ASSERT_TRUE(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{id, "left"}));
  EXPECT_EQ(house.try_code("zhang", right), Code::wrong_credentials);
}

TEST(Passwords, MustBeChangedWhenAskedForOrTooOld) {
  Gatehouse house;
  const auto id = house.user("zhang");
  house.password(id, right, NextSignIn::must_change);
  auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  EXPECT_EQ(entered->value.owed, Owed::new_password);
  ASSERT_TRUE(change_own(house, id, right, "Window-58-Garden"));
  entered = house.enter("zhang", "Window-58-Garden");
  ASSERT_TRUE(entered);
  EXPECT_EQ(entered->value.owed, Owed::nothing);
  house.pass(std::chrono::hours(24 * 90) + std::chrono::seconds(1));
  entered = house.enter("zhang", "Window-58-Garden");
  ASSERT_TRUE(entered);
  EXPECT_EQ(entered->value.owed, Owed::new_password);
}

TEST(PasswordLinks, WorkOnceAndSetThePassword) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto link = house.run(house.as(house.system, "user.reset_password"), &reset_password, ActOnUser{id, "forgotten"});
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->one_time_code.starts_with("qjl_"));
  EXPECT_EQ(house.try_code("zhang", right), Code::wrong_credentials);
  ASSERT_TRUE(change_by_link(house, link->one_time_code, "Window-58-Garden"));
  EXPECT_EQ(house.try_code("zhang", "Window-58-Garden"), Code::ok);
  EXPECT_EQ(code_of(change_by_link(house, link->one_time_code, "Window-59-Garden")), Code::wrong_credentials);
}

TEST(PasswordLinks, ExpireAndGiveWayToTheNext) {
  Gatehouse house;
  const auto id = house.user("zhang");
  const auto reset = [&] { return house.run(house.as(house.system, "user.reset_password"), &reset_password, ActOnUser{id, "x"}); };
  const auto first = reset(), second = reset();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(code_of(change_by_link(house, first->one_time_code, "Window-58-Garden")), Code::wrong_credentials);
  house.pass(std::chrono::minutes(60));
  EXPECT_EQ(code_of(change_by_link(house, second->one_time_code, "Window-58-Garden")), Code::wrong_credentials);
  EXPECT_EQ(code_of(change_by_link(house, "qjl_nothing", "Window-58-Garden")), Code::wrong_credentials);
}

TEST(PasswordLinks, TheSystemAdministratorCannotTakeOverSecurityOrAudit) {
  Gatehouse house;
  for (const auto& target : {house.security, house.auditor})
    EXPECT_EQ(code_of(house.run(house.as(house.system, "user.reset_password"), &reset_password, ActOnUser{target, "x"})),
              Code::not_permitted);
  EXPECT_EQ(code_of(house.run(house.as(house.security, "user.reset_password"), &reset_password, ActOnUser{house.system, "x"})),
            Code::not_permitted);
  EXPECT_EQ(code_of(house.run(house.as(house.system, "user.reset_totp"), &reset_totp, ActOnUser{house.security, "x"})),
            Code::not_permitted);
  const auto runner = house.user("runner");
  house.give(runner, domain::Preset::operator_);
  EXPECT_EQ(code_of(house.run(house.as(house.security, "user.reset_password"), &reset_password, ActOnUser{runner, "x"})),
            Code::not_permitted);
  EXPECT_TRUE(house.run(house.as(house.system, "user.reset_password"), &reset_password, ActOnUser{runner, "x"}));
}

TEST(Passwords, TheTimeForAnUnknownAccountIsThatOfAKnownOne) {
  Gatehouse house;
  house.person_with_password("zhang");
  // Counted work, not clocks: both hold the password against a hash of the same cost.
  Proof known, unknown;
  ASSERT_TRUE(house.change([&](Change& c) { return open_proof(c, house.login_ask("zhang", "Wrong-74-Tree", "192.0.2.1"), known); }));
  ASSERT_TRUE(house.change([&](Change& c) { return open_proof(c, house.login_ask("nobody", "Wrong-74-Tree", "192.0.2.1"), unknown); }));
  EXPECT_TRUE(unknown.stored.empty());
  const auto cost = [](std::string_view hash) { return hash.substr(0, hash.find("$", hash.find("m="))); };
  EXPECT_EQ(cost(known.stored), cost(house.desk->nobodys_hash));
  prove(house.login_ask("nobody", "Wrong-74-Tree", "192.0.2.1"), unknown, *house.desk);
  prove(house.login_ask("zhang", "Wrong-74-Tree", "192.0.2.1"), known, *house.desk);
  ASSERT_FALSE(unknown.outcome);
  ASSERT_FALSE(known.outcome);
  EXPECT_EQ(unknown.outcome.error().message().zh, known.outcome.error().message().zh);
}

}  // namespace
}  // namespace quanji::services
