#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace quanji::base {
namespace {

// RFC 4648, 10.
TEST(Bytes, SpellTheVectorsOfRfc4648) {
  const struct {
    std::string_view plain, base64_text, base32_text, hex_text;
  } rows[] = {{"", "", "", ""},
              {"f", "Zg==", "MY", "66"},
              {"fo", "Zm8=", "MZXQ", "666f"},
              {"foo", "Zm9v", "MZXW6", "666f6f"},
              {"foob", "Zm9vYg==", "MZXW6YQ", "666f6f62"},
              {"fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"},
              {"foobar", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"}};
  for (const auto& row : rows) {
    const auto bytes = bytes_of(row.plain);
    EXPECT_EQ(base64(bytes), row.base64_text);
    EXPECT_EQ(base32(bytes), row.base32_text);
    EXPECT_EQ(hex(bytes), row.hex_text);
    EXPECT_EQ(text_of(from_base64(row.base64_text).value()), row.plain);
    EXPECT_EQ(text_of(from_base32(row.base32_text).value()), row.plain);
    EXPECT_EQ(text_of(from_hex(row.hex_text).value()), row.plain);
  }
}

TEST(Bytes, Base64urlHasItsOwnLettersAndNoPadding) {
  const Bytes bytes = {0xfb, 0xff, 0xbf, 0xff};
  EXPECT_EQ(base64url(bytes), "-_-__w");
  EXPECT_EQ(base64(bytes), "+/+//w==");
  EXPECT_EQ(from_base64url("-_-__w").value(), bytes);
  EXPECT_FALSE(from_base64url("+/+//w").ok());
  EXPECT_FALSE(from_base64("-_-__w==").ok());
}

TEST(Bytes, OneValueHasOneSpelling) {
  // A changed last letter whose spare bits are not zero would decode to the same bytes.
  for (const auto* wrong : {"Zh==", "Zm9=", "Zg=", "Zg", "Zg===", "====", "Z===", "Zg==\n", " Zg==", "Zg==Zg==", "Z", "ZZZZZ"})
    EXPECT_FALSE(from_base64(wrong).ok()) << wrong;
  for (const auto* wrong : {"Zh", "Z", "Zg==", "Zm9vY", "Zm 9v"}) EXPECT_FALSE(from_base64url(wrong).ok()) << wrong;
  for (const auto* wrong : {"MZ", "M", "MZX", "MY======", "my", "M1", "MZXW6Y", "MZXW6YT1"}) EXPECT_FALSE(from_base32(wrong).ok()) << wrong;
  for (const auto* wrong : {"6", "6g", "0x66", "66 ", "666"}) EXPECT_FALSE(from_hex(wrong).ok()) << wrong;
}

TEST(Bytes, EveryAcceptedTextIsTheTextItsBytesGive) {
  // All short texts over a small alphabet: whatever is accepted must come back letter for letter.
  constexpr std::string_view letters = "AQgwZ_-+/=7\0";
  for (std::size_t n = 0; n < letters.size() * letters.size() * letters.size() * letters.size(); ++n) {
    std::string text;
    for (auto rest = n; text.size() < 4; rest /= letters.size()) text += letters[rest % letters.size()];
    if (const auto bytes = from_base64(text); bytes.ok()) {
      EXPECT_EQ(base64(*bytes), text);
    }
    if (const auto bytes = from_base64url(text); bytes.ok()) {
      EXPECT_EQ(base64url(*bytes), text);
    }
    if (const auto bytes = from_base32(text); bytes.ok()) {
      EXPECT_EQ(base32(*bytes), text);
    }
  }
}

TEST(Bytes, RandomBytesComeBackFromEverySpelling) {
  SeededRandom random(7);
  for (std::size_t size = 0; size < 100; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    EXPECT_EQ(from_hex(hex(bytes)).value(), bytes);
    EXPECT_EQ(from_base32(base32(bytes)).value(), bytes);
    EXPECT_EQ(from_base64(base64(bytes)).value(), bytes);
    EXPECT_EQ(from_base64url(base64url(bytes)).value(), bytes);
  }
}

TEST(Bytes, ARefusalNamesThePlaceAndNotTheText) {
  const auto refused = from_base64url("c2VjcmV0!xyz");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().en.find("character 9"), std::string::npos);
  EXPECT_EQ(refused.error().message().en.find("c2Vj"), std::string::npos);
}

}  // namespace
}  // namespace quanji::base
