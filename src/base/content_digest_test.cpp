#include "base/content_digest.h"

#include <gtest/gtest.h>

#include <string>

namespace quanji::base {
namespace {

// FIPS 180-4, RFC 1321 A.5, GB/T 32905 A.1: the message "abc".
TEST(ContentDigest, IsWhatTheStandardsSay) {
  const auto of = [](ContentHash hash) { return hex(content_digest(hash, bytes_of("abc"))); };
  EXPECT_EQ(of(ContentHash::sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      of(ContentHash::sha512),
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(of(ContentHash::sm3), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_EQ(of(ContentHash::md5), "900150983cd24fb0d6963f7d28e17f72");
}
TEST(ContentDigest, InPiecesIsTheSameAndStartsAgain) {
  ContentHasher hasher(ContentHash::sha512);
  hasher.add(bytes_of("a")).add(bytes_of("bc"));
  EXPECT_EQ(hasher.finish(), content_digest(ContentHash::sha512, bytes_of("abc")));
  EXPECT_EQ(hasher.finish(), content_digest(ContentHash::sha512, {}));
}
// RFC 4231, cases 2 and 6 (a key longer than the block).
TEST(ContentMac, IsWhatTheStandardSays) {
  const Secret jefe(std::string_view("Jefe"));
  const auto message = bytes_of("what do ya want for nothing?");
  EXPECT_EQ(hex(content_mac(ContentHash::sha256, jefe, message)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(content_mac(ContentHash::sha512, jefe, message)),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  const Secret longer{std::string_view(std::string(131, '\xaa'))};
  EXPECT_EQ(hex(content_mac(ContentHash::sha256, longer, bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(content_mac(ContentHash::sha256, Secret(std::string_view(std::string(10'000, 'k'))), {})).size(), 64U);
}
TEST(ContentHash, WordsAreTheFour) {
  for (const auto hash : {ContentHash::sha256, ContentHash::sha512, ContentHash::sm3, ContentHash::md5})
    EXPECT_EQ(content_hash_of(to_text(hash)), hash);
  EXPECT_EQ(content_hash_of("SHA256"), ContentHash::sha256);
  EXPECT_EQ(content_hash_of("sha1"), std::nullopt);
  EXPECT_EQ(content_hash_of(""), std::nullopt);
}

}  // namespace
}  // namespace quanji::base
