#include <gtest/gtest.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

Time at_second(std::int64_t s) { return {s * 1'000'000}; }

// RFC 6238, appendix B (and RFC 6238 errata: each hash has a key of its own length).
TEST(Totp, GivesTheVectorsOfRfc6238) {
  const std::string digits = "1234567890";
  std::string long_digits;
  while (long_digits.size() < 64) long_digits += digits;
  const Secret sha1_key(long_digits.substr(0, 20)), sha256_key(long_digits.substr(0, 32)), sha512_key(long_digits.substr(0, 64));
  const struct {
    std::int64_t second;
    std::string_view sha1, sha256, sha512;
  } rows[] = {{59, "94287082", "46119246", "90693936"},         {1111111109, "07081804", "68084774", "25091201"},
              {1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
              {2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"}};
  for (const auto& row : rows) {
    EXPECT_EQ(totp(sha1_key, at_second(row.second), {.digits = 8}), row.sha1);
    EXPECT_EQ(totp(sha256_key, at_second(row.second), {.hash = TotpHash::sha256, .digits = 8}), row.sha256);
    EXPECT_EQ(totp(sha512_key, at_second(row.second), {.hash = TotpHash::sha512, .digits = 8}), row.sha512);
  }
  // The same construction over SM3, computed with OpenSSL's SM3.
  EXPECT_EQ(totp(sha256_key, at_second(59), {.hash = TotpHash::sm3, .digits = 8}), "70252643");
}

class TotpCheck : public testing::Test {
 protected:
  Secret key{std::string_view("12345678901234567890")};
  Time now = at_second(30 * 1000 + 7);  // in period 1000
};
TEST_F(TotpCheck, TakesThePeriodBeforeAndAfterAndNoOther) {
  for (std::int64_t period = 995; period <= 1005; ++period) {
    const auto found = check_totp(key, totp(key, at_second(30 * period)), now, -1);
    EXPECT_EQ(found.has_value(), period >= 999 && period <= 1001) << period;
    if (found) {
      EXPECT_EQ(*found, period);
    }
  }
}
TEST_F(TotpCheck, ACodeServesOnce) {
  const auto code = totp(key, now);
  const auto used = check_totp(key, code, now, -1);
  ASSERT_TRUE(used);
  EXPECT_FALSE(check_totp(key, code, now, *used));
  // Nor an older one that is still in the window.
  EXPECT_FALSE(check_totp(key, totp(key, at_second(30 * 999)), now, *used));
  EXPECT_TRUE(check_totp(key, totp(key, at_second(30 * 1001)), now, *used));
}
TEST_F(TotpCheck, OnlyTheExactDigitsCount) {
  const auto code = totp(key, now);
  for (const auto& wrong : {std::string(), code.substr(1), code + "0", " " + code, std::string(6, '0')}) {
    EXPECT_FALSE(check_totp(key, wrong, now, -1)) << wrong;
  }
}
TEST_F(TotpCheck, TheUriIsWhatTelephonesRead) {
  EXPECT_EQ(totp_uri(key, "券机 RPA", "li@house").reveal(),
            "otpauth://totp/%E5%88%B8%E6%9C%BA%20RPA:li%40house?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%88%B8%E6%9C%BA%20RPA"
            "&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace quanji::base
