#include "domain/credential_rules.h"

#include <gtest/gtest.h>

#include <array>

namespace quanji::domain {
namespace {

using base::Code;
using Type = CredentialType;
using Field = SecretField;
using Out = SignInOutcome;

constexpr std::array types{Type::password, Type::account, Type::key, Type::certificate, Type::totp, Type::ukey_pin};
constexpr std::array fields{Field::password, Field::private_key, Field::passphrase, Field::seed, Field::pin};

TEST(CredentialRules, EveryTypeTakesItsOwnSecretsAndNoOthers) {
  for (const auto type : types) {
    std::vector<Field> needed, all;
    for (const auto& rule : secret_rules(type)) {
      if (rule.need == SecretRule::Need::required) needed.push_back(rule.field);
      all.push_back(rule.field);
    }
    ASSERT_FALSE(needed.empty());
    EXPECT_TRUE(check_secrets(type, needed).ok());
    EXPECT_TRUE(check_secrets(type, all).ok());
    EXPECT_EQ(check_secrets(type, {}).error().code(), Code::invalid_field);
    for (const auto field : fields) {
      if (std::find(all.begin(), all.end(), field) != all.end()) continue;
      auto more = all;
      more.push_back(field);
      const auto refused = check_secrets(type, more);
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().fields().at(0).field, base::camel_case(base::word(field)));
    }
  }
}

TEST(CredentialRules, TwoRefusedSignInsOpenTheBreakerAndOneOfAPin) {
  for (const auto type : types) {
    const auto allowed = type == Type::ukey_pin ? 1 : 2;
    for (const auto refusal : {Out::bad_secret, Out::account_locked}) {
      Breaker breaker;
      for (int i = 1; i < allowed; ++i) {
        breaker = after_sign_in(breaker, type, refusal);
        EXPECT_FALSE(breaker.open);
      }
      EXPECT_TRUE(after_sign_in(breaker, type, refusal).open);
    }
  }
}
TEST(CredentialRules, ASystemThatIsNotReadyIsNeverCounted) {
  Breaker breaker{1, false};
  for (int i = 0; i < 50; ++i) breaker = after_sign_in(breaker, Type::account, Out::system_not_ready);
  EXPECT_EQ(breaker, (Breaker{1, false}));
}
TEST(CredentialRules, AnAcceptedSignInForgetsRefusalsButClosesNoBreaker) {
  EXPECT_EQ(after_sign_in({1, false}, Type::account, Out::accepted), (Breaker{0, false}));
  EXPECT_EQ(after_sign_in({2, true}, Type::account, Out::accepted), (Breaker{2, true}));
  EXPECT_TRUE(after_sign_in({2, true}, Type::account, Out::bad_secret).open);
}

CheckOut by(std::uint8_t task, std::uint8_t attempt, std::int64_t token) {
  CheckOut made;
  made.task.ulid.bytes[15] = task;
  made.attempt.ulid.bytes[15] = attempt;
  made.token = token;
  return made;
}

TEST(CredentialRules, OneTaskAtATimeHoldsAnExclusiveCredential) {
  using V = CheckOutVerdict;
  const auto live = HolderLease::live, over = HolderLease::over;
  // sharing, who holds it, his lease, who asks → verdict
  EXPECT_EQ(check_out(Sharing::exclusive, std::nullopt, over, by(1, 1, 1)), V::granted);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 1, 1), live, by(2, 2, 1)), V::held_by_another);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 1, 9), live, by(2, 2, 1)), V::held_by_another);  // tokens of two tasks do not compare
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 1, 1), over, by(2, 2, 1)), V::granted);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 1, 3), live, by(1, 1, 3)), V::granted);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 1, 3), live, by(1, 2, 4)), V::granted);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 2, 4), live, by(1, 1, 3)), V::stale);
  EXPECT_EQ(check_out(Sharing::exclusive, by(1, 2, 4), over, by(1, 1, 3)), V::stale);
  for (const auto lease : {live, over}) {
    EXPECT_EQ(check_out(Sharing::shared, by(1, 1, 1), lease, by(2, 2, 1)), V::granted);
    EXPECT_EQ(check_out(Sharing::shared, std::nullopt, lease, by(2, 2, 1)), V::granted);
  }
}

TEST(CredentialRules, SomebodyIsRemindedThirtyDaysBeforeOrOnTheDayChosen) {
  const base::Time expires{1'800'000'000'000'000};
  EXPECT_EQ(reminder_at(std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(reminder_at(expires, std::nullopt), expires.plus(-std::chrono::hours(720)));
  EXPECT_EQ(reminder_at(expires, base::Time{5}), base::Time{5});
  EXPECT_EQ(reminder_at(std::nullopt, base::Time{5}), base::Time{5});
}

}  // namespace
}  // namespace quanji::domain
