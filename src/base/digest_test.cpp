#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace quanji::base {
namespace {

Secret key_of(std::string_view hex_text) { return Secret(std::span<const std::uint8_t>(from_hex(hex_text).value())); }

// FIPS 180-4 examples.
TEST(Digest, Sha256GivesTheVectorsOfFips180) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// GB/T 32905-2016, A.1 and A.2.
TEST(Digest, Sm3GivesTheVectorsOfGbt32905) {
  EXPECT_EQ(hex(sm3("abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string sixteen_times;
  for (int i = 0; i < 16; ++i) sixteen_times += "abcd";
  EXPECT_EQ(hex(sm3(sixteen_times)), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

TEST(Digest, InPiecesIsTheSameAsAtOnceAndFinishStartsAgain) {
  const std::string text(1000, 'x');
  for (const auto hash : {Hash::sha256, Hash::sm3}) {
    Hasher hasher(hash);
    for (std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{999}})
      EXPECT_EQ(hasher.add(text.substr(0, cut)).add(text.substr(cut)).finish(), digest(hash, bytes_of(text))) << cut;
  }
}

// RFC 4231, 4.2, 4.3, 4.4, 4.7 (a key longer than a block) and 4.8.
TEST(Mac, HmacSha256GivesTheVectorsOfRfc4231) {
  EXPECT_EQ(hex(MacKey(Mac::hmac_sha256, key_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")).sign("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(MacKey(Mac::hmac_sha256, Secret(std::string_view("Jefe"))).sign("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(MacKey(Mac::hmac_sha256, key_of(std::string(40, 'a'))).sign(std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(MacKey(Mac::hmac_sha256, key_of(std::string(262, 'a'))).sign("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(MacKey(Mac::hmac_sha256, key_of(std::string(262, 'a')))
                    .sign("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
                          "before being "
                          "used by the HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// GM/T 0042-2015 D.3 test 1, also built by hand from its definition (RFC 2104) below.
TEST(Mac, HmacSm3IsWhatRfc2104MakesOfSm3) {
  const auto by_hand = [](std::string key, std::string_view message) {
    if (key.size() > 64) key = std::string(text_of(sm3(key)));
    key.resize(64);
    std::string inner = key, outer = key;
    for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
    for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
    const auto first = sm3(inner.append(message));
    return sm3(outer.append(text_of(first)));
  };
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{32}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{5000}}) {
    const std::string key(size, 'k');
    MacKey prepared(Mac::hmac_sm3, Secret(std::string_view(key)));
    for (const auto* message : {"", "a", "券机"}) EXPECT_EQ(prepared.sign(std::string_view(message)), by_hand(key, message)) << size;
  }
}

TEST(Mac, APreparedKeyServesAgainAndItsCloneAgrees) {
  MacKey key(Mac::hmac_sm3, Secret(std::string_view("k")));
  const auto first = key.sign("message");
  EXPECT_EQ(key.sign("message"), first);
  EXPECT_EQ(key.add("mess").add("age").finish(), first);
  auto other = key.clone();
  EXPECT_EQ(other.sign("message"), first);
  EXPECT_TRUE(key.verify("message", first));
  EXPECT_EQ(other.algorithm(), "hmac-sm3");
}

TEST(Mac, AChangedOrShortTagIsRefused) {
  MacKey key(Mac::hmac_sha256, Secret(std::string_view("k")));
  const auto tag = key.sign("message");
  for (std::size_t bit = 0; bit < 256; ++bit) {
    auto wrong = tag;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(key.verify("message", wrong));
  }
  EXPECT_FALSE(key.verify("message", std::span(tag).first(31)));
  EXPECT_FALSE(key.verify("message", {}));
  EXPECT_FALSE(key.verify("massage", tag));
}

TEST(Mac, IdsAreReadStrictly) {
  EXPECT_EQ(mac_from_text("hmac-sm3").value(), Mac::hmac_sm3);
  EXPECT_FALSE(mac_from_text("HMAC-SM3").ok());
  EXPECT_FALSE(mac_from_text("none").ok());
}

// RFC 3720, B.4.
TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  Bytes bytes(32, 0);
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
  bytes.assign(32, 0xFF);
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}
TEST(Crc32c, InPiecesIsTheSameAsAtOnce) {
  SeededRandom random(3);
  Bytes bytes(100);
  random.fill(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
    EXPECT_EQ(crc32c(std::span(bytes).subspan(cut), crc32c(std::span(bytes).first(cut))), crc32c(bytes));
}

// RFC 6962, 2.1, written down as it stands there: from the top, at the largest power of two below n.
Digest tree_of(Hash hash, std::span<const Digest> leaves) {
  Bytes input;
  if (leaves.empty()) return digest(hash, {});
  if (leaves.size() == 1) {
    input.push_back(0);
    input.insert(input.end(), leaves[0].begin(), leaves[0].end());
    return digest(hash, input);
  }
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const auto left = tree_of(hash, leaves.first(split)), right = tree_of(hash, leaves.subspan(split));
  input.push_back(1);
  input.insert(input.end(), left.begin(), left.end());
  input.insert(input.end(), right.begin(), right.end());
  return digest(hash, input);
}
TEST(Merkle, IsTheTreeOfRfc6962AtEverySize) {
  for (const auto hash : {Hash::sha256, Hash::sm3}) {
    std::vector<Digest> leaves;
    for (int n = 0; n < 70; ++n) {
      EXPECT_EQ(merkle_root(hash, leaves), tree_of(hash, leaves)) << n;
      leaves.push_back(sha256(std::to_string(n)));
    }
  }
}
TEST(Merkle, AChangedMissingAddedOrMovedLeafChangesTheRoot) {
  std::vector<Digest> leaves;
  for (int n = 0; n < 9; ++n) leaves.push_back(sha256(std::to_string(n)));
  const auto root = merkle_root(Hash::sm3, leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto other = leaves;
    other[i][31] ^= 1;
    EXPECT_NE(merkle_root(Hash::sm3, other), root);
    other = leaves;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(merkle_root(Hash::sm3, other), root);
    other = leaves;
    std::swap(other[i], other[(i + 1) % leaves.size()]);
    EXPECT_NE(merkle_root(Hash::sm3, other), root);
  }
  auto longer = leaves;
  longer.push_back(leaves.back());
  EXPECT_NE(merkle_root(Hash::sm3, longer), root);
  // A node given as a leaf does not stand for its two leaves.
  const std::vector<Digest> one = {merkle_root(Hash::sm3, std::span(leaves).first(2))};
  EXPECT_NE(merkle_root(Hash::sm3, one), one[0]);
}

}  // namespace
}  // namespace quanji::base
