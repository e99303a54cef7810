#include <gtest/gtest.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

Bytes of(std::string_view hex_text) { return from_hex(hex_text).value(); }
Secret secret_of(std::string_view hex_text) { return Secret(std::span<const std::uint8_t>(of(hex_text))); }
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> into) override {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = bytes_[i % bytes_.size()];
  }

 private:
  Bytes bytes_;
};

// GB/T 32918.5-2017, annexes A.2 (signature) and C.2 (encryption).
constexpr std::string_view sm2_d = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
constexpr std::string_view sm2_k = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21";
constexpr std::string_view sm2_point =
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
constexpr std::string_view sm2_signature =
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
constexpr std::string_view sm2_ciphertext =
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989ca9c7d58087307ca93092d651efa";

TEST(Sm2, SignsTheVectorOfGbt32918) {
  const auto key = PrivateKey::from_raw(KeyKind::sm2, secret_of(sm2_d)).value();
  EXPECT_EQ(hex(key.public_key().to_raw()), sm2_point);
  FixedRandom k(of(sm2_k));
  EXPECT_EQ(hex(key.sign(bytes_of("message digest"), sm2_default_id, k).value()), sm2_signature);
  const auto public_key = PublicKey::from_raw(KeyKind::sm2, of(sm2_point)).value();
  EXPECT_TRUE(public_key.verify(bytes_of("message digest"), of(sm2_signature), sm2_default_id).ok());
}
TEST(Sm2, TheSignersIdIsPartOfTheSignature) {
  const auto key = PublicKey::from_raw(KeyKind::sm2, of(sm2_point)).value();
  for (const auto* other : {"", "1234567812345679", "ALICE123@YAHOO.COM"})
    EXPECT_FALSE(key.verify(bytes_of("message digest"), of(sm2_signature), other).ok());
  SystemRandom random;
  const auto mine = PrivateKey::generate(KeyKind::sm2, random);
  const auto signature = mine.sign(bytes_of("m"), "", random).value();
  EXPECT_TRUE(mine.public_key().verify(bytes_of("m"), signature, "").ok());
  EXPECT_FALSE(mine.public_key().verify(bytes_of("m"), signature, sm2_default_id).ok());
  EXPECT_EQ(mine.sign(bytes_of("m"), "a,b", random).error().code(), Code::invalid_field);
}
TEST(Sm2, EncryptsAndDecryptsTheVectorOfGbt32918) {
  const auto key = PrivateKey::from_raw(KeyKind::sm2, secret_of(sm2_d)).value();
  FixedRandom k(of(sm2_k));
  EXPECT_EQ(hex(sm2_encrypt(key.public_key(), bytes_of("encryption standard"), k).value()), sm2_ciphertext);
  SystemRandom random;
  EXPECT_EQ(sm2_decrypt(key, of(sm2_ciphertext), random).value().reveal(), "encryption standard");
}
TEST(Sm2, AChangedCiphertextIsRefused) {
  SystemRandom random;
  const auto key = PrivateKey::from_raw(KeyKind::sm2, secret_of(sm2_d)).value();
  const auto whole = of(sm2_ciphertext);
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    auto wrong = whole;
    wrong[byte] ^= 1;
    EXPECT_FALSE(sm2_decrypt(key, wrong, random).ok()) << byte;  // in C1 the point leaves the curve
  }
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{96}, std::size_t{97}, whole.size() - 1})
    EXPECT_FALSE(sm2_decrypt(key, std::span(whole).first(size), random).ok()) << size;
  EXPECT_FALSE(sm2_decrypt(PrivateKey::generate(KeyKind::sm2, random), whole, random).ok());
}
TEST(Sm2, CiphertextsGoToDerAndBack) {
  const auto raw = of(sm2_ciphertext);
  const auto der = sm2_ciphertext_to_der(raw).value();
  EXPECT_EQ(der[0], 0x30);
  EXPECT_EQ(sm2_ciphertext_from_der(der).value(), raw);
  for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(sm2_ciphertext_from_der(std::span(der).first(size)).ok());
}
TEST(Sm2, EncryptsOneByteTo64Kib) {
  SystemRandom random;
  const auto key = PrivateKey::generate(KeyKind::sm2, random);
  for (const std::size_t size : {1, 31, 32, 33, 65536}) {
    const Bytes plain(size, 'x');
    const auto raw = sm2_encrypt(key.public_key(), plain, random).value();
    EXPECT_EQ(raw.size(), 97 + size);
    EXPECT_EQ(sm2_decrypt(key, raw, random).value().reveal(), text_of(plain));
  }
  EXPECT_EQ(sm2_encrypt(key.public_key(), {}, random).error().code(), Code::too_large);
  EXPECT_EQ(sm2_encrypt(key.public_key(), Bytes(65537), random).error().code(), Code::too_large);
}

// RFC 8032, 7.1, tests 1 and 2.
TEST(Ed25519, GivesTheVectorsOfRfc8032) {
  const struct {
    std::string_view seed, key, message, signature;
  } rows[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}};
  SystemRandom random;
  for (const auto& row : rows) {
    const auto key = PrivateKey::from_raw(KeyKind::ed25519, secret_of(row.seed)).value();
    EXPECT_EQ(hex(key.public_key().to_raw()), row.key);
    EXPECT_EQ(hex(key.sign(of(row.message), {}, random).value()), row.signature);
    EXPECT_TRUE(PublicKey::from_raw(KeyKind::ed25519, of(row.key)).value().verify(of(row.message), of(row.signature), {}).ok());
  }
}
TEST(Ed25519, ASecondFormOfASignatureIsRefused) {
  // S + L verifies under the same equation; RFC 8032 asks to refuse it.
  const auto key = PublicKey::from_raw(KeyKind::ed25519, of("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).value();
  auto signature = of(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const auto order = of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  ASSERT_TRUE(key.verify({}, signature, {}).ok());
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0U);
  EXPECT_FALSE(key.verify({}, signature, {}).ok());
}

// RFC 6979, A.2.5, SHA-256, "sample".
TEST(EcdsaP256, SignsTheVectorOfRfc6979) {
  SystemRandom random;
  const auto key =
      PrivateKey::from_raw(KeyKind::ecdsa_p256, secret_of("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")).value();
  EXPECT_EQ(
      hex(key.sign(bytes_of("sample"), {}, random).value()),
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
}

class KeyPair : public testing::TestWithParam<KeyKind> {
 protected:
  SystemRandom random;
  PrivateKey key = PrivateKey::generate(GetParam(), random);
};
INSTANTIATE_TEST_SUITE_P(Kinds, KeyPair, testing::Values(KeyKind::ed25519, KeyKind::sm2, KeyKind::ecdsa_p256), [](const auto& p) {
  return p.param == KeyKind::ed25519 ? "ed25519" : p.param == KeyKind::sm2 ? "sm2" : "p256";
});

TEST_P(KeyPair, SurvivesPem) {
  const auto again = PrivateKey::from_pem(key.to_pem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->kind(), GetParam());
  EXPECT_EQ(again->public_key().to_der(), key.public_key().to_der());
  EXPECT_TRUE(key.to_pem().reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
  const auto public_key = PublicKey::from_pem(key.public_key().to_pem());
  ASSERT_TRUE(public_key.ok());
  EXPECT_EQ(public_key->kind(), GetParam());
  EXPECT_EQ(public_key->spki_digest(), key.public_key().spki_digest());
  const auto signature = again->sign(bytes_of("message"), sm2_default_id, random).value();
  EXPECT_TRUE(public_key->verify(bytes_of("message"), signature, sm2_default_id).ok());
}
TEST_P(KeyPair, RefusesEveryChangedBitOfASignature) {
  const auto signature = key.sign(bytes_of("message"), sm2_default_id, random).value();
  ASSERT_EQ(signature.size(), 64U);
  const auto public_key = key.public_key();
  for (std::size_t bit = 0; bit < 512; bit += 5) {
    auto wrong = signature;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const auto verdict = public_key.verify(bytes_of("message"), wrong, sm2_default_id);
    ASSERT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.error().code(), Code::bad_signature);
  }
  EXPECT_FALSE(public_key.verify(bytes_of("massage"), signature, sm2_default_id).ok());
  EXPECT_FALSE(public_key.verify(bytes_of("message"), std::span(signature).first(63), sm2_default_id).ok());
  EXPECT_FALSE(public_key.verify(bytes_of("message"), Bytes(64, 0), sm2_default_id).ok());
  EXPECT_FALSE(public_key.verify(bytes_of("message"), Bytes(64, 0xff), sm2_default_id).ok());
  EXPECT_FALSE(PrivateKey::generate(GetParam(), random).public_key().verify(bytes_of("message"), signature, sm2_default_id).ok());
}
TEST_P(KeyPair, IdsComeBack) { EXPECT_EQ(key_kind_from_text(to_text(GetParam())).value(), GetParam()); }

TEST(Keys, APointOffTheCurveIsRefused) {
  auto point = of(sm2_point);
  point.back() ^= 1;
  EXPECT_FALSE(PublicKey::from_raw(KeyKind::sm2, point).ok());
  EXPECT_FALSE(PublicKey::from_raw(KeyKind::ecdsa_p256, of(sm2_point)).ok());
  EXPECT_FALSE(PublicKey::from_raw(KeyKind::sm2, std::span(point).first(64)).ok());
  EXPECT_FALSE(PublicKey::from_raw(KeyKind::sm2, Bytes{0}).ok());
}
TEST(Keys, AScalarOutOfRangeIsRefused) {
  EXPECT_FALSE(PrivateKey::from_raw(KeyKind::sm2, secret_of(std::string(64, '0'))).ok());
  EXPECT_FALSE(PrivateKey::from_raw(KeyKind::ecdsa_p256, secret_of(std::string(64, 'f'))).ok());
  // n - 1 of SM2: allowed by ECDSA, refused by GB/T 32918.
  EXPECT_FALSE(PrivateKey::from_raw(KeyKind::sm2, secret_of("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122")).ok());
  EXPECT_TRUE(PrivateKey::from_raw(KeyKind::sm2, secret_of("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121")).ok());
}
TEST(Keys, WhatIsNoKeyIsRefusedWithASentence) {
  for (const auto* wrong : {"", "garbage", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
    EXPECT_EQ(PublicKey::from_pem(wrong).error().code(), Code::invalid_field);
    EXPECT_EQ(PrivateKey::from_pem(Secret(std::string_view(wrong))).error().code(), Code::invalid_field);
  }
}
TEST(Signatures, GoToDerAndBackInOneFormOnly) {
  const auto raw = of(sm2_signature);
  const auto der = signature_to_der(raw).value();
  EXPECT_EQ(hex(der),
            "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42"
            "d4840b69c485bbc1aa");
  EXPECT_EQ(signature_from_der(der).value(), raw);
  // Long form of a length, a needless zero, bytes behind, a negative number.
  for (const auto* wrong : {"308006020101020101", "30810602010102010100", "300702020001020101", "30060201010201010000", "30060201ff020101",
                            "3006020101020101ff"})
    EXPECT_FALSE(signature_from_der(of(wrong)).ok()) << wrong;
  EXPECT_EQ(signature_from_der(of("3006020101020102")).value().size(), 64U);
}

}  // namespace
}  // namespace quanji::base
