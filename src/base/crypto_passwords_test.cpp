#include <gtest/gtest.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

constexpr PasswordCost cheap{.argon2_memory_kib = 64, .argon2_passes = 1, .pbkdf2_rounds = 10};
Secret secret(std::string_view text) { return Secret(text); }

// The first is of the Argon2 reference implementation's tests; the second was computed with OpenSSL's PBKDF2 and SM3.
constexpr std::string_view argon2_vector = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
constexpr std::string_view pbkdf2_vector = "$pbkdf2-hmac-sm3$i=1000$AAECAwQFBgcICQoLDA0ODw$8oPJhkq/vHm3l1AB+wFAzAkKf3Gu2krEPrxFUSoMgjY";

TEST(Passwords, HashesOfOtherProgramsAreChecked) {
  EXPECT_EQ(check_password(argon2_vector, secret("password")).value(), Verdict::right);
  EXPECT_EQ(check_password(argon2_vector, secret("passwore")).value(), Verdict::wrong);
  EXPECT_EQ(check_password(pbkdf2_vector, secret("correct horse")).value(), Verdict::right);
  EXPECT_EQ(check_password(pbkdf2_vector, secret("correct Horse")).value(), Verdict::wrong);
}

TEST(Passwords, BothSuitesComeBackAndSaltsDiffer) {
  SystemRandom random;
  for (const auto suite : {Suite::intl, Suite::gm}) {
    const auto a = hash_password(suite, secret("口令 with spaces"), random, cheap),
               b = hash_password(suite, secret("口令 with spaces"), random, cheap);
    EXPECT_NE(a, b);
    EXPECT_TRUE(a.starts_with(suite == Suite::intl ? "$argon2id$v=19$m=64,t=1,p=1$" : "$pbkdf2-hmac-sm3$i=10$")) << a;
    EXPECT_EQ(check_password(a, secret("口令 with spaces")).value(), Verdict::right);
    EXPECT_EQ(check_password(a, secret("口令 with space")).value(), Verdict::wrong);
    EXPECT_EQ(check_password(a, secret("")).value(), Verdict::wrong);
  }
}

TEST(Passwords, TheDefaultCostIsTheDecidedOne) {
  SystemRandom random;
  EXPECT_TRUE(hash_password(Suite::intl, secret("x"), random).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(Passwords, CheaperOrOfTheOtherSuiteIsHashedAgain) {
  SystemRandom random;
  const auto stored = hash_password(Suite::intl, secret("x"), random, cheap);
  EXPECT_FALSE(needs_rehash(stored, Suite::intl, cheap));
  EXPECT_TRUE(needs_rehash(stored, Suite::gm, cheap));
  EXPECT_TRUE(needs_rehash(stored, Suite::intl));
  const auto gm = hash_password(Suite::gm, secret("x"), random, cheap);
  EXPECT_FALSE(needs_rehash(gm, Suite::gm, cheap));
  EXPECT_TRUE(needs_rehash(gm, Suite::gm, {.pbkdf2_rounds = 11}));
  EXPECT_TRUE(needs_rehash("garbage", Suite::intl));
}

TEST(Passwords, AStoredTextThatCannotBeReadOrAsksTooMuchIsABug) {
  for (const auto* wrong :
       {"", "$", "plain", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=4000000000,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "$argon2id$v=19$m=256,t=2,p=1$$",
        "$argon2id$v=19$m=256,t=2,p=1,x=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=99999,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$pbkdf2-hmac-sm3$i=0$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw"}) {
    const auto verdict = check_password(wrong, secret("password"));
    ASSERT_FALSE(verdict.ok()) << wrong;
    EXPECT_EQ(verdict.error().code(), Code::bug);
  }
}

}  // namespace
}  // namespace quanji::base
