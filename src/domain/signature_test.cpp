#include "domain/signature.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace quanji::domain {
namespace {

std::string query(std::string_view text) {
  auto made = canonical_query(text);
  return made ? *made : "refused: " + std::string(base::row_of(made.error().code()).word);
}
constexpr std::string_view good_key = "QJAKABCDEFGHIJKLMNOP2345";
const std::string good_tag = "QJ1-HMAC-SHA256 " + std::string(64, 'a');
SignatureHeaders good() { return {good_key, "1700000000", "0123456789abcdef", good_tag, ""}; }

TEST(Signature, QueryIsSortedByNameThenValue) {
  EXPECT_EQ(query("b=2&a=2&a=1&a="), "a=&a=1&a=2&b=2");
  EXPECT_EQ(query(""), "");
  EXPECT_EQ(query("&&a=1&"), "a=1");
}
TEST(Signature, PairWithoutEqualsIsAnEmptyValue) {
  EXPECT_EQ(query("flag"), "flag=");
  EXPECT_EQ(query("=x"), "=x");
  EXPECT_EQ(query("a==b"), "a=%3Db");
}
TEST(Signature, EveryWayToWriteACharacterBecomesOne) {
  EXPECT_EQ(query("q=%7e&r=~"), "q=~&r=~");
  EXPECT_EQ(query("q=a+b"), query("q=a%20b"));
  EXPECT_EQ(query("q=%2b"), "q=%2B");
  EXPECT_EQ(query("q=%e4%b8%ad"), "q=%E4%B8%AD");
  EXPECT_EQ(query("q=中"), "q=%E4%B8%AD");
  EXPECT_EQ(query("q=!*'()"), "q=%21%2A%27%28%29");
}
TEST(Signature, AnAmpersandInsideAValueStaysInside) {
  EXPECT_EQ(query("a=1%26b=2"), "a=1%26b%3D2");
  EXPECT_NE(query("a=1%26b=2"), query("a=1&b=2"));
}
TEST(Signature, SortsByTheEncodedBytes) { EXPECT_EQ(query("z=1&%C3%A9=2&a=3"), "%C3%A9=2&a=3&z=1"); }
TEST(Signature, CanonicalQueryOfACanonicalQueryIsItself) {
  const auto once = query("name=%E5%BC%A0+%E4%B8%89&a=%00&b=%0A&c=%25");
  EXPECT_EQ(query(once), once);
}
TEST(Signature, BrokenEscapesAreRefused) {
  for (const auto* text : {"a=%", "a=%4", "a=%zz", "%=1", "a=%4%41"}) EXPECT_EQ(query(text), "refused: bad_signature") << text;
}
TEST(Signature, AnOverlongQueryIsRefused) { EXPECT_EQ(query(std::string(canonical_query_limit + 1, 'a')), "refused: too_large"); }

TEST(Signature, HeadersOfTheRightFormAreRead) {
  const auto read = parse_signature(good());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->access_key, good_key);
  EXPECT_EQ(read->timestamp, 1'700'000'000);
  EXPECT_EQ(read->algorithm, SignatureAlgorithm::hmac_sha256);
  EXPECT_EQ(read->tag[31], 0xAA);
}
TEST(Signature, HeadersOfAnotherFormAreRefused) {
  const auto refused = [](auto change) {
    auto headers = good();
    change(headers);
    return !parse_signature(headers);
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([](auto& h) { h.access_key = "QJAKabcdefghijklmnop2345"; }));
  EXPECT_TRUE(refused([](auto& h) { h.access_key = "QJAKABCDEFGHIJKLMNOP234"; }));
  for (const auto* time : {"", "-1", "+1700000000", "01700000000", " 1700000000", "1700000000 ", "1.7e9", "17000000000000"})
    EXPECT_TRUE(refused([&](auto& h) { h.timestamp = time; })) << time;
  EXPECT_TRUE(refused([](auto& h) { h.nonce = "0123456789abcde"; }));
  EXPECT_TRUE(refused([](auto& h) { h.nonce = "0123456789abcde\n"; }));
  static const std::string long_nonce(65, 'a');
  EXPECT_TRUE(refused([](auto& h) { h.nonce = long_nonce; }));
  EXPECT_TRUE(refused([](auto& h) { h.on_behalf_of = "10086\nX"; }));
  EXPECT_TRUE(refused([](auto& h) { h.on_behalf_of = "10086 "; }));
  static const std::string upper = "QJ1-HMAC-SHA256 " + std::string(64, 'A'), unknown = "QJ1-HMAC-MD5 " + std::string(64, 'a'),
                           two = "QJ1-HMAC-SHA256  " + std::string(64, 'a'), cut = "QJ1-HMAC-SHA256 " + std::string(62, 'a'),
                           none = std::string(64, 'a');
  for (const auto& signature : {upper, unknown, two, cut, none})
    EXPECT_TRUE(refused([&](auto& h) { h.signature = signature; })) << signature;
}

TEST(Signature, StringToSignIsEightLines) {
  const auto text =
      string_to_sign({SignatureAlgorithm::hmac_sha256, "GET", "/api/v1/users", "b=2&a=1", "1700000000", "0123456789abcdef", "10086", ""});
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "QJ1-HMAC-SHA256\nGET\n/api/v1/users\na=1&b=2\n1700000000\n0123456789abcdef\n10086\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
TEST(Signature, Sm3SignsTheSm3OfTheBody) {
  const auto text = string_to_sign({SignatureAlgorithm::hmac_sm3, "POST", "/x", "", "1", "n", "", "abc"});
  ASSERT_TRUE(text);
  // GB/T 32905, appendix A.1.
  EXPECT_TRUE(text->ends_with("\n66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
  EXPECT_TRUE(text->starts_with("QJ1-HMAC-SM3\n"));
}
TEST(Signature, ThePathIsSignedAsSent) {
  const auto plain = string_to_sign({SignatureAlgorithm::hmac_sha256, "GET", "/files/%E4%B8%AD", "", "1", "n", "", ""});
  const auto other = string_to_sign({SignatureAlgorithm::hmac_sha256, "GET", "/files/%e4%b8%ad", "", "1", "n", "", ""});
  ASSERT_TRUE(plain && other);
  EXPECT_NE(*plain, *other);
  const auto raw = string_to_sign({SignatureAlgorithm::hmac_sha256, "GET", "/files/中", "", "1", "n", "", ""});
  ASSERT_TRUE(raw);
  EXPECT_NE(raw->find("/files/中\n"), std::string::npos);
}
TEST(Signature, APathCannotSmuggleALine) {
  for (const auto* path : {"/a\nb", "/a b", "/a\rb", "/a\tb"})
    EXPECT_FALSE(string_to_sign({SignatureAlgorithm::hmac_sha256, "GET", path, "", "1", "n", "", ""})) << path;
}
TEST(Signature, ATimestampIsGoodForFiveMinutesBothWays) {
  const base::Time now{1'700'000'000'000'000};
  for (const std::int64_t good_time : {1'700'000'000, 1'700'000'300, 1'699'999'700})
    EXPECT_TRUE(check_timestamp(good_time, now)) << good_time;
  for (const std::int64_t bad_time : {1'700'000'301, 1'699'999'699, 0}) EXPECT_FALSE(check_timestamp(bad_time, now)) << bad_time;
}

}  // namespace
}  // namespace quanji::domain
