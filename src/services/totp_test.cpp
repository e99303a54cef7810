#include "services/totp.h"

#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::Gatehouse;
using Need = ProofAsk::Need;
using std::chrono::seconds;

constexpr std::string_view right = Gatehouse::good_password;

TEST(Totp, ACodeWorksOnce) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  house.pass(seconds(60));
  const auto code = base::totp(key, house.clock->now());
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", code)), Code::ok);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", code)), Code::wrong_credentials);
  house.pass(seconds(30));
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", base::totp(key, house.clock->now()))), Code::ok);
}

TEST(Totp, TheCodeThatConfirmedItDoesNotSignInAgain) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", base::totp(key, house.clock->now()))), Code::wrong_credentials);
}

TEST(Totp, TwoProofsOfTheSameCodeGiveOneSignIn) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  house.pass(seconds(60));
  const auto ask = house.login_ask("zhang", right, "192.0.2.1", base::totp(key, house.clock->now()));
  Prepared<SignIn> one, two;
  one.proof = proved(*house.store, ask, *house.desk).value();
  two.proof = proved(*house.store, ask, *house.desk).value();
  EXPECT_TRUE(house.run(house.stranger(), &sign_in, one));
  EXPECT_EQ(code_of(house.run(house.stranger(), &sign_in, two)), Code::wrong_credentials);
}

TEST(Totp, EachRecoveryCodeWorksOnceHoweverItIsTyped) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  std::vector<std::string> codes;
  (void)house.with_totp(id, &codes);
  ASSERT_EQ(codes.size(), recovery_code_count);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", codes[0])), Code::ok);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", codes[0])), Code::wrong_credentials);
  std::string typed;
  for (const char c : codes[1])
    if (c != '-') typed += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  EXPECT_EQ(code_of(house.enter("zhang", right, "192.0.2.1", typed)), Code::ok);
}

TEST(Totp, IsNotOnBeforeItIsConfirmed) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  auto ask = house.own_ask(id, Need::password, right);
  ask.make_totp_for = id;
  Prepared<TotpEnrol> enrol;
  enrol.proof = proved(*house.store, ask, *house.desk).value();
  ASSERT_TRUE(house.run(house.as(id, "-"), &enrol_totp, enrol));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
  EXPECT_EQ(code_of(proved(*house.store, house.own_ask(id, Need::pending_code, {}, "000000"), *house.desk)), Code::wrong_credentials);
}

TEST(Totp, CannotBeReplacedWhileOn) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  (void)house.with_totp(id);
  auto ask = house.own_ask(id, Need::password, right);
  ask.make_totp_for = id;
  Prepared<TotpEnrol> enrol;
  enrol.proof = proved(*house.store, ask, *house.desk).value();
  EXPECT_EQ(code_of(house.run(house.as(id, "-"), &enrol_totp, enrol)), Code::wrong_state);
}

TEST(Totp, GoesOffWithPasswordAndCodeOnly) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto key = house.with_totp(id);
  house.pass(seconds(60));
  EXPECT_EQ(code_of(proved(*house.store, house.own_ask(id, Need::password_and_code, right, "000000"), *house.desk)),
            Code::wrong_credentials);
  Prepared<TotpProof> off;
  off.proof =
      proved(*house.store, house.own_ask(id, Need::password_and_code, right, base::totp(key, house.clock->now())), *house.desk).value();
  ASSERT_TRUE(house.run(house.as(id, "-"), &disable_totp, off));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(Totp, ALostTelephoneIsHelpedByAnAdministrator) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  (void)house.with_totp(id);
  ASSERT_TRUE(house.run(house.as(house.system, "user.reset_totp"), &reset_totp, ActOnUser{id, "lost"}));
  EXPECT_EQ(house.try_code("zhang", right), Code::ok);
}

TEST(Totp, TheSealedKeyOfAnotherPersonDoesNotOpen) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang"), li = house.person_with_password("li");
  const auto key = house.with_totp(zhang);
  Proof proof;
  ASSERT_TRUE(house.change([&](Change& c) { return open_proof(c, house.own_ask(zhang, Need::password_and_code, right), proof); }));
  proof.user->id = li;
  house.pass(seconds(60));
  check_second_factor(proof, base::totp(key, house.clock->now()), *house.desk);
  EXPECT_FALSE(proof.totp_counter);
}

}  // namespace
}  // namespace quanji::services
