#include <gtest/gtest.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

Bytes of(std::string_view hex_text) { return from_hex(hex_text).value(); }
Secret key_of(std::string_view hex_text) { return Secret(std::span<const std::uint8_t>(of(hex_text))); }
// Gives the same bytes for every draw, so that a standard's nonce or scalar comes out.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> into) override {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = bytes_[i % bytes_.size()];
  }

 private:
  Bytes bytes_;
};

struct SealVector {
  Cipher cipher;
  std::string_view key, nonce, associated, plain, ciphertext;
};
// AES: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 14 and 16. SM4: RFC 8998, appendix A.1.
constexpr SealVector seal_vectors[] = {
    {Cipher::aes_256_gcm, "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {Cipher::aes_256_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {Cipher::sm4_gcm, "0123456789abcdeffedcba9876543210", "00001234567800000000abcd", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
     "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
     "83de3541e4c2b58177e065a9bf7b62ec"},
};

TEST(Seal, GivesTheVectorsOfTheStandards) {
  for (const auto& v : seal_vectors) {
    FixedRandom nonce(of(v.nonce));
    const auto sealed = seal(v.cipher, key_of(v.key), of(v.plain), of(v.associated), nonce);
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(hex(sealed->nonce), v.nonce);
    EXPECT_EQ(hex(sealed->ciphertext), v.ciphertext);
    EXPECT_EQ(hex(open(*sealed, key_of(v.key), of(v.associated)).value().reveal_bytes()), v.plain);
  }
}

class SealOfASuite : public testing::TestWithParam<Suite> {
 protected:
  SealOfASuite() : cipher(cipher_of(GetParam())), key(Secret::random(random, key_size(cipher))) {}
  SystemRandom random;
  Cipher cipher;
  Secret key;
};
INSTANTIATE_TEST_SUITE_P(Suites, SealOfASuite, testing::Values(Suite::intl, Suite::gm),
                         [](const auto& p) { return std::string(to_text(p.param)); });

TEST_P(SealOfASuite, ComesBackWhole) {
  for (const std::size_t size : {0, 1, 15, 16, 17, 1000, 100000}) {
    const Bytes plain(size, 'p');
    const auto sealed = seal(cipher, key, plain, bytes_of("here"), random).value();
    EXPECT_EQ(sealed.ciphertext.size(), size + 16);
    EXPECT_EQ(text_of(open(sealed, key, bytes_of("here")).value().reveal_bytes()), text_of(plain));
    const auto again = parse_sealed(to_text(sealed));
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(open(*again, key, bytes_of("here")).ok());
  }
}
TEST_P(SealOfASuite, EveryChangedBitIsRefused) {
  const auto sealed = seal(cipher, key, bytes_of("plain"), bytes_of("here"), random).value();
  for (std::size_t bit = 0; bit < sealed.ciphertext.size() * 8; ++bit) {
    auto wrong = sealed;
    wrong.ciphertext[bit / 8] = static_cast<std::uint8_t>(wrong.ciphertext[bit / 8] ^ (1U << (bit % 8)));
    const auto opened = open(wrong, key, bytes_of("here"));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::bad_signature);
  }
  for (std::size_t bit = 0; bit < 96; ++bit) {
    auto wrong = sealed;
    wrong.nonce[bit / 8] = static_cast<std::uint8_t>(wrong.nonce[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(open(wrong, key, bytes_of("here")).ok());
  }
}
TEST_P(SealOfASuite, OtherKeyOtherPlaceOrCutIsRefused) {
  const auto sealed = seal(cipher, key, bytes_of("plain"), bytes_of("here"), random).value();
  EXPECT_FALSE(open(sealed, Secret::random(random, key_size(cipher)), bytes_of("here")).ok());
  EXPECT_FALSE(open(sealed, key, bytes_of("there")).ok());
  EXPECT_FALSE(open(sealed, key, {}).ok());
  for (std::size_t size = 0; size < sealed.ciphertext.size(); ++size) {
    auto wrong = sealed;
    wrong.ciphertext.resize(size);
    EXPECT_FALSE(open(wrong, key, bytes_of("here")).ok()) << size;
  }
  auto wrong = sealed;
  wrong.nonce.pop_back();
  EXPECT_FALSE(open(wrong, key, bytes_of("here")).ok());
}
TEST_P(SealOfASuite, TheSameTextIsNeverSealedTheSameTwice) {
  const auto a = seal(cipher, key, bytes_of("plain"), {}, random).value(), b = seal(cipher, key, bytes_of("plain"), {}, random).value();
  EXPECT_NE(a.nonce, b.nonce);
  EXPECT_NE(a.ciphertext, b.ciphertext);
}
TEST_P(SealOfASuite, AKeyOfTheWrongSizeIsABug) {
  EXPECT_EQ(seal(cipher, Secret::random(random, 24), {}, {}, random).error().code(), Code::bug);
  EXPECT_EQ(open(seal(cipher, key, {}, {}, random).value(), Secret(), {}).error().code(), Code::bug);
}
TEST(Seal, ReadsOnlyItsOwnText) {
  for (const auto* wrong :
       {"", "aes-256-gcm", "aes-256-gcm..", "aes-256-gcm.AAAA.AAAA", "des.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", "...", "a.b.c.d"})
    EXPECT_FALSE(parse_sealed(wrong).ok()) << wrong;
}

// RFC 5869, A.1 and A.3; the one for SM3 was computed with OpenSSL's SM3 from the same input.
TEST(Hkdf, GivesTheVectorsOfRfc5869) {
  const auto ikm = key_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const auto salt = of("000102030405060708090a0b0c");
  const std::string info = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
  EXPECT_EQ(hex(hkdf(Mac::hmac_sha256, ikm, salt, info, 42).reveal_bytes()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex(hkdf(Mac::hmac_sha256, ikm, {}, "", 42).reveal_bytes()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  EXPECT_EQ(hex(hkdf(Mac::hmac_sm3, ikm, salt, info, 42).reveal_bytes()),
            "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b");
}

}  // namespace
}  // namespace quanji::base
