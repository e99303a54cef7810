#include "domain/password_policy.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

bool good(std::string_view text) { return check_new_password(base::Secret(text), "zhang.san", "张三丰").ok(); }

TEST(PasswordPolicy, AsksForLengthAndKinds) {
  EXPECT_TRUE(good("Mango-74-Tree"));
  EXPECT_FALSE(good("Mango-74T"));
  EXPECT_FALSE(good("mangotreesix"));
  EXPECT_FALSE(good("mango74trees"));
  EXPECT_TRUE(good("mango tree garden window"));
  EXPECT_TRUE(good("芒果树花园窗户Mt7"));
}
TEST(PasswordPolicy, CountsCharactersNotBytes) { EXPECT_FALSE(good("芒果树Mt7")); }
TEST(PasswordPolicy, RefusesTheAccountAndTheNameInIt) {
  EXPECT_FALSE(good("my-Zhang.San-74"));
  EXPECT_FALSE(good("我叫张三丰-Mango74"));
}
TEST(PasswordPolicy, RefusesWhatEverybodyTries) {
  for (const auto* text :
       {"Quanji-2027-ok", "PassWord-2719", "Mango-1111-Tree", "Mango-12345-Te", "Mango-edcba-71", "Qwerty-Mango-7", "Mango-09876-T"})
    EXPECT_FALSE(good(text)) << text;
}
TEST(PasswordPolicy, RefusesControlCharactersAndWhatIsNotUtf8) {
  EXPECT_FALSE(good("Mango-74-Tree\n"));
  EXPECT_FALSE(good("Mango-74-Tree\xff"));
}
TEST(PasswordPolicy, RefusesMoreThan128Characters) { EXPECT_FALSE(good(std::string(30, 'x') + std::string(100, 'y'))); }
TEST(PasswordPolicy, NeverQuotesThePassword) {
  const auto status = check_new_password(base::Secret(std::string_view("short-S1")), "a", "b", "persons/1/password");
  ASSERT_FALSE(status);
  ASSERT_EQ(status.error().fields().size(), 1U);
  EXPECT_EQ(status.error().fields()[0].field, "persons/1/password");
  EXPECT_EQ(status.error().fields()[0].reason.en.find("short-S1"), std::string::npos);
}

}  // namespace
}  // namespace quanji::domain
