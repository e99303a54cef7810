#include "base/seal_to_key.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"

namespace quanji::base {
namespace {

constexpr std::string_view purpose = "att_1/7/portal/password";
class SealToKey : public ::testing::TestWithParam<Suite> {
 protected:
  PrivateKey make() { return PrivateKey::generate(sealing_kind_of(GetParam()), random); }
  SeededRandom random{11};
};

TEST_P(SealToKey, OnlyTheHolderOfTheKeyReadsItAndOnlyForItsPurpose) {
  const auto mine = make(), other = make();
  for (const auto& text : {std::string(), std::string("x"), std::string("Mango-74-Tree 口令"), std::string(60'000, 'k')}) {
    const Secret plain{std::string_view(text)};
    const auto sealed = seal_to_key(mine.public_key(), plain, purpose, random);
    ASSERT_TRUE(sealed.ok()) << sealed.error().detail();
    EXPECT_TRUE(text.size() < 4 || sealed->find(text.substr(0, 12)) == std::string::npos);
    const auto opened = open_sealed_to_key(mine, *sealed, purpose, random);
    ASSERT_TRUE(opened.ok()) << opened.error().detail();
    EXPECT_EQ(opened->reveal(), text);
    EXPECT_EQ(open_sealed_to_key(other, *sealed, purpose, random).error().code(), Code::bad_signature);
    EXPECT_EQ(open_sealed_to_key(mine, *sealed, "att_1/7/portal/pin", random).error().code(), Code::bad_signature);
  }
}
TEST_P(SealToKey, TheSameSecretNeverLooksTheSameTwice) {
  const auto mine = make();
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) seen.insert(seal_to_key(mine.public_key(), Secret(std::string_view("same")), purpose, random).value());
  EXPECT_EQ(seen.size(), 20U);
}
TEST_P(SealToKey, EveryChangedCharacterIsNoticed) {
  const auto mine = make();
  const auto sealed = seal_to_key(mine.public_key(), Secret(std::string_view("Mango")), purpose, random).value();
  for (std::size_t i = 0; i < sealed.size(); i += 3) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == sealed) continue;
    EXPECT_FALSE(open_sealed_to_key(mine, changed, purpose, random).ok()) << i;
    EXPECT_FALSE(open_sealed_to_key(mine, std::string_view(sealed).substr(0, i), purpose, random).ok()) << i;
  }
  EXPECT_FALSE(open_sealed_to_key(mine, sealed + "AA", purpose, random).ok());
}
TEST_P(SealToKey, AKeyIsNamedWithItsKindAndReadBack) {
  const auto mine = make();
  const auto text = sealing_key_text(mine.public_key());
  const auto read = sealing_key_from_text(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->kind(), mine.kind());
  EXPECT_EQ(read->to_raw(), mine.public_key().to_raw());
  EXPECT_LE(text.size(), 200U);  // what the treaty gives it room for
}
INSTANTIATE_TEST_SUITE_P(BothSuites, SealToKey, ::testing::Values(Suite::intl, Suite::gm),
                         [](const auto& one) { return std::string(to_text(one.param)); });

TEST(SealToKeyText, RefusesWhatIsNoSealingKey) {
  SeededRandom random(3);
  const auto signing = PrivateKey::generate(KeyKind::ed25519, random).public_key();
  for (const std::string& text : {std::string(), std::string("sm2"), std::string("sm2."), std::string("sm2.!!"), std::string("rsa.AAAA"),
                                  sealing_key_text(signing), "ecdsa-p256." + base64url(Bytes(65, 4)), "sm2." + base64url(Bytes(64, 4))})
    EXPECT_EQ(sealing_key_from_text(text).error().code(), Code::invalid_field) << text;
  EXPECT_EQ(seal_to_key(signing, Secret(std::string_view("x")), "p", random).error().code(), Code::bug);
  // A point of the one curve is none of the other.
  const auto p256 = PrivateKey::generate(KeyKind::ecdsa_p256, random).public_key();
  EXPECT_FALSE(sealing_key_from_text("sm2." + base64url(p256.to_raw())).ok());
  EXPECT_EQ(seal_to_key(p256, Secret::of_size(65536), "p", random).error().code(), Code::too_large);
}
TEST(SealToKeyText, WhatWasMadeForTheOtherKindDoesNotOpen) {
  SeededRandom random(4);
  const auto intl = PrivateKey::generate(KeyKind::ecdsa_p256, random), gm = PrivateKey::generate(KeyKind::sm2, random);
  const auto sealed = seal_to_key(intl.public_key(), Secret(std::string_view("x")), "p", random).value();
  EXPECT_EQ(open_sealed_to_key(gm, sealed, "p", random).error().code(), Code::bad_signature);
}

}  // namespace
}  // namespace quanji::base
