// Standards' own examples, and what is told when a key or a cipher is none.
#include "activities/crypto/crypto.h"

#include <gtest/gtest.h>

#include "activities/testing.h"
#include "base/crypto.h"

namespace quanji::activities::crypto {
namespace {

class Crypto : public testing::Test {
 protected:
  ActivityWorld world;
  // What the steps return as `it`, as JSON; or the error's code.
  std::string it(const std::string& steps) {
    const auto finished = world.run_steps(steps + "- return: {it: =it}\n", R"({"it":0})");
    if (finished.error) return finished.error->code + ": " + finished.error->message;
    return std::string(finished.outputs.text);
  }
  void at(base::Time time) { world.manual_clock.jump_wall(std::chrono::microseconds(time.micros - world.manual_clock.now().micros)); }
  void credential(const std::string& name, const std::string& key) {
    // In the place of one the world has.
    auto text = std::string();
    for (const auto& [known, value] : ActivityWorld::keys)
      text += std::string("[") + known + "]\nkey = '''" + (known == name ? key : value) + "'''\n";
    std::ofstream(world.context_folder.path() + "/credentials.toml") << text;
  }
};

std::string wrapped(const std::string& value) { return R"({"it":")" + value + R"("})"; }

TEST_F(Crypto, DigestsAreThoseOfTheStandards) {
  EXPECT_EQ(it("- do: crypto.hash\n  with: {content: abc}\n  save: it\n"),
            wrapped("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(it("- do: crypto.hash\n  with: {content: abc, algorithm: md5, shape: base64}\n  save: it\n"),
            wrapped("kAFQmDzST7DWlj99KOF/cg=="));
  EXPECT_EQ(it("- do: crypto.hash\n  with: {content: \"=b'abc'\", algorithm: sm3}\n  save: it\n"),
            wrapped("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
}
TEST_F(Crypto, TextIsDigestedAsUtf8) {
  EXPECT_EQ(it("- do: crypto.hash\n  with: {content: 券机}\n  save: it\n"),
            wrapped(base::hex(base::sha256(std::string_view("\xe5\x88\xb8\xe6\x9c\xba")))));
}
TEST_F(Crypto, WhatIsNeitherTextNorBytesIsRefused) {
  EXPECT_TRUE(it("- do: crypto.hash\n  with: {content: 5}\n  save: it\n").starts_with("invalid_argument: content 应为文本或字节"));
  EXPECT_TRUE(it("- do: crypto.hash\n  with: {content: '=asset(\"login\")'}\n  save: it\n").starts_with("invalid_argument"));
}
TEST_F(Crypto, KeyedDigestsAreThoseOfRfc4231) {
  EXPECT_EQ(
      it("- do: crypto.hmac\n  with: {content: what do ya want for nothing?, key: '=asset(\"mac_key\")', algorithm: sha512}\n  save: it\n"),
      wrapped("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a"
              "38bce737"));
}
TEST_F(Crypto, AKeyOfBytesIsWrittenWithItsFormInFront) {
  const auto steps = "- do: crypto.hmac\n  with: {content: what do ya want for nothing?, key: '=asset(\"mac_key\")'}\n  save: it\n";
  const auto of_jefe = wrapped("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  for (const auto* key : {"Jefe", "hex:4a656665", "base64:SmVmZQ==", "text:Jefe"}) {
    credential("mac", key);
    EXPECT_EQ(it(steps), of_jefe) << key;
  }
  credential("mac", "hex:4a65666");
  EXPECT_TRUE(it(steps).starts_with("bad_key: 密钥不是有效的 hex"));
  credential("mac", "text:");
  EXPECT_TRUE(it(steps).starts_with("bad_key: 密钥是空的"));
}
TEST_F(Crypto, WhatWasChangedIsNotOpened) {
  const std::string sealed = "- do: crypto.encrypt\n  with: {content: 一, key: '=asset(\"sm4_key\")', bound: a}\n  save: sealed\n";
  const auto open = [&](const std::string& bytes, const std::string& bound) {
    return it(sealed + "- do: crypto.decrypt\n  with: {bytes: '=" + bytes + "', key: '=asset(\"sm4_key\")', bound: " + bound +
              "}\n  save: it\n");
  };
  EXPECT_EQ(open("sealed", "a"), R"({"it":{"$bytes":"5LiA"}})");
  EXPECT_TRUE(open("sealed", "b").starts_with("not_authentic"));
  EXPECT_TRUE(open("sealed[:-1] + bytes([sealed[-1] ^ 1])", "a").starts_with("not_authentic"));
  EXPECT_TRUE(open("bytes([sealed[0] ^ 1]) + sealed[1:]", "a").starts_with("not_authentic"));
  EXPECT_TRUE(open("sealed[:-1]", "a").starts_with("not_authentic"));
  EXPECT_EQ(open("sealed[:27]", "a").substr(0, 13), "not_authentic");
  EXPECT_TRUE(open("bytes()", "a").starts_with("not_authentic: 密文只有 0 字节"));
}
TEST_F(Crypto, TwoCiphersOfOneTextDiffer) {
  const std::string seal = "- do: crypto.encrypt\n  with: {content: 一, key: '=asset(\"aes_key\")', algorithm: aes_gcm}\n  save: ";
  EXPECT_EQ(it(seal + "a\n" + seal + "b\n- set: {it: =a != b and len(a) == 12 + 3 + 16}\n"), R"({"it":true})");
}
TEST_F(Crypto, AKeyOfTheWrongLengthSaysWhichIsWanted) {
  credential("sm4", "0123456789abcdef");
  const auto told = it("- do: crypto.encrypt\n  with: {content: 一, key: '=asset(\"sm4_key\")'}\n  save: it\n");
  EXPECT_TRUE(told.starts_with("bad_key: 密钥应为 16 字节：32 位十六进制数字")) << told;
  EXPECT_EQ(told.find("0123456789abcdef"), std::string::npos);
}
TEST_F(Crypto, BothShapesOfAnSm2SignatureAreVerified) {
  const auto pem = base::PrivateKey::from_raw(base::KeyKind::sm2,
                                              base::Secret(std::span<const std::uint8_t>(*base::from_hex(ActivityWorld::keys[3].second))))
                       .value()
                       .public_key()
                       .to_pem();
  std::string block;
  for (const char c : pem) block += c == '\n' ? std::string("\n      ") : std::string(1, c);
  const auto verified = [&](const std::string& shape, const std::string& content, const std::string& signer) {
    return it("- do: crypto.sign\n  with: {content: 指令 42, key: '=asset(\"sm2_key\")', shape: " + shape +
              "}\n  save: signature\n- do: crypto.verify\n  with:\n    content: " + content +
              "\n    signature: =signature\n    signer_id: \"" + signer + "\"\n    public_key: |\n      " + block + "\n  save: it\n");
  };
  for (const auto* shape : {"raw", "der"}) {
    EXPECT_EQ(verified(shape, "指令 42", "1234567812345678"), R"({"it":true})") << shape;
    EXPECT_EQ(verified(shape, "指令 43", "1234567812345678"), R"({"it":false})") << shape;
    EXPECT_EQ(verified(shape, "指令 42", "ALICE123@YAHOO.COM"), R"({"it":false})") << shape;
  }
}
TEST_F(Crypto, APemKeyOfAnotherAlgorithmIsToldApart) {
  base::SeededRandom random{7};
  credential("sm2", std::string(base::PrivateKey::generate(base::KeyKind::ed25519, random).to_pem().reveal()));
  EXPECT_TRUE(it("- do: crypto.sign\n  with: {content: a, key: '=asset(\"sm2_key\")'}\n  save: it\n")
                  .starts_with("bad_key: 这是 ed25519 的密钥，不是 sm2 的"));
  EXPECT_TRUE(it("- do: crypto.sign\n  with: {content: a, key: '=asset(\"sm2_key\")', algorithm: ed25519}\n  save: it\n")
                  .starts_with(R"({"it":{"$bytes":)"));
  credential("sm2", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  EXPECT_TRUE(it("- do: crypto.sign\n  with: {content: a, key: '=asset(\"sm2_key\")'}\n  save: it\n").starts_with("bad_key: 私钥读不懂"));
}
TEST_F(Crypto, APublicKeyThatIsNoneIsRefused) {
  EXPECT_TRUE(it("- do: crypto.verify\n  with: {content: a, signature: \"=b'x'\", public_key: nonsense}\n  save: it\n")
                  .starts_with("bad_key: 公钥读不懂"));
}
TEST_F(Crypto, OneTimeCodesAreThoseOfRfc6238) {
  at(base::Time{59'000'000});
  EXPECT_EQ(it("- do: crypto.one_time_code\n  with: {key: '=asset(\"totp_key\")', digits: 8}\n  save: it\n"), wrapped("94287082"));
  at(base::Time{1'111'111'109'000'000});
  EXPECT_EQ(it("- do: crypto.one_time_code\n  with: {key: '=asset(\"totp_key\")', digits: 8}\n  save: it\n"), wrapped("07081804"));
}
TEST_F(Crypto, AOneTimeKeyThatIsNoBase32IsABadKey) {
  credential("totp", "not base 32 at all: 0189");
  EXPECT_TRUE(
      it("- do: crypto.one_time_code\n  with: {key: '=asset(\"totp_key\")'}\n  save: it\n").starts_with("bad_key: 密钥不是有效的 Base32"));
  EXPECT_TRUE(
      it("- do: crypto.one_time_code\n  with: {key: '=asset(\"totp_key\")', every: 1.5s}\n  save: it\n").starts_with("invalid_argument"));
}
TEST_F(Crypto, RandomValuesHaveTheirShapeAndDiffer) {
  EXPECT_EQ(it("- do: crypto.random\n  save: a\n- do: crypto.random\n  with: {size: 24, shape: base64}\n  save: b\n- do: crypto.random\n"
               "  with: {size: 40, shape: digits}\n  save: c\n- set: {it: '=[len(a), len(b), len(c), c.isdigit(), a != b[:32]]'}\n"),
            R"({"it":[32,32,40,true,true]})");
  EXPECT_TRUE(it("- do: crypto.random\n  with: {size: =0}\n  save: it\n").starts_with("invalid_argument"));
}

}  // namespace
}  // namespace quanji::activities::crypto
