#include "base/keyring.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace quanji::base {
namespace {

class KeyringTest : public testing::Test {
 protected:
  KeyringTest() {
    char pattern[] = "/tmp/quanji-keyring-XXXXXX";
    folder = ::mkdtemp(pattern);
    path = folder + "/root.key";
  }
  ~KeyringTest() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<RootKey> root() {
    if (!std::filesystem::exists(path)) return create_root_key_file(path, random).value();
    return load_root_key_file(path).value();
  }
  std::string content() const {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  void overwrite(const std::string& text, mode_t mode = 0400) {
    ::unlink(path.c_str());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  SystemRandom random;
  std::string folder, path;
  const SecretPlace place{"credentials", "crd_1", "secret", 3};
};
Secret secret(std::string_view text) { return Secret(text); }

TEST_F(KeyringTest, ARootKeyFileIsReadableByItsOwnerOnlyWhateverTheUmask) {
  const auto before = ::umask(0);
  const auto made = create_root_key_file(path, random);
  ::umask(before);
  ASSERT_TRUE(made.ok());
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0400U);
  EXPECT_EQ(load_root_key_file(path).value()->id(), (*made)->id());
  const auto text = content();
  EXPECT_TRUE(text.starts_with("quanji-root-key 1\nid root-")) << text.substr(0, 30);
  EXPECT_EQ(std::ranges::count(text, '\n'), 4);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "no draft stays behind";
}
TEST_F(KeyringTest, ARootKeyFileIsNeverOverwritten) {
  root();
  const auto before = content();
  EXPECT_EQ(create_root_key_file(path, random).error().code(), Code::name_taken);
  EXPECT_EQ(content(), before);
}
TEST_F(KeyringTest, ARootKeyFileOfAnyWiderModeIsRefused) {
  root();
  for (unsigned mode = 0; mode < 01000; ++mode) {
    if ((mode & 0400) == 0) continue;  // not readable at all: refused by the kernel unless root asks
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(load_root_key_file(path).ok(), mode == 0400) << std::oct << mode;
  }
}
TEST_F(KeyringTest, ARootKeyFileWithAnyChangedByteIsRefused) {
  root();
  const auto whole = content();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto wrong = whole;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    overwrite(wrong);
    EXPECT_FALSE(load_root_key_file(path).ok()) << i;
    overwrite(whole.substr(0, i));
    EXPECT_FALSE(load_root_key_file(path).ok()) << i;
  }
  overwrite(whole + "\n");
  EXPECT_FALSE(load_root_key_file(path).ok());
  overwrite(whole);
  EXPECT_TRUE(load_root_key_file(path).ok());
}
TEST_F(KeyringTest, ALinkAFolderOrNothingIsNoRootKeyFile) {
  EXPECT_EQ(load_root_key_file(path).error().code(), Code::store_unavailable);
  root();
  std::filesystem::create_symlink(path, folder + "/link");
  EXPECT_FALSE(load_root_key_file(folder + "/link").ok());
  EXPECT_FALSE(load_root_key_file(folder).ok());
}

class KeyringOfASuite : public KeyringTest, public testing::WithParamInterface<Suite> {};
INSTANTIATE_TEST_SUITE_P(Suites, KeyringOfASuite, testing::Values(Suite::intl, Suite::gm),
                         [](const auto& p) { return std::string(to_text(p.param)); });

TEST_P(KeyringOfASuite, WhatIsSealedOpensAgainAlsoAfterARestart) {
  const auto ring = Keyring::create(root(), GetParam(), random).value();
  const auto envelope = ring.seal(place, secret("交易口令")).value();
  EXPECT_TRUE(envelope.starts_with(GetParam() == Suite::intl ? "qj1.aes-256-gcm.kek-1." : "qj1.sm4-gcm.kek-1.")) << envelope;
  EXPECT_EQ(ring.open(place, envelope).value().reveal(), "交易口令");
  const auto later = Keyring::load(root(), ring.document(), random).value();
  EXPECT_EQ(later.open(place, envelope).value().reveal(), "交易口令");
  EXPECT_EQ(later.suite(), GetParam());
  EXPECT_EQ(later.document(), ring.document());
}
TEST_P(KeyringOfASuite, AnEnvelopeOpensOnlyWhereItStands) {
  const auto ring = Keyring::create(root(), GetParam(), random).value();
  const auto envelope = ring.seal({"credentials", "crd_1", "secret", 3}, secret("x")).value();
  for (const auto& other : {SecretPlace{"assets", "crd_1", "secret", 3}, SecretPlace{"credentials", "crd_2", "secret", 3},
                            SecretPlace{"credentials", "crd_1", "totp", 3}, SecretPlace{"credentials", "crd_1", "secret", 4},
                            // The same letters cut elsewhere.
                            SecretPlace{"credentialsc", "rd_1", "secret", 3}, SecretPlace{"credentials", "crd_1s", "ecret", 3}}) {
    const auto opened = ring.open(other, envelope);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::bad_signature);
  }
}
TEST_P(KeyringOfASuite, EveryChangedLetterIsRefused) {
  const auto ring = Keyring::create(root(), GetParam(), random).value();
  const auto envelope = ring.seal(place, secret("x")).value();
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    for (const char letter : {'A', 'B', '.', '1', '2', '\0'}) {
      if (envelope[i] == letter) continue;
      auto wrong = envelope;
      wrong[i] = letter;
      EXPECT_FALSE(ring.open(place, wrong).ok()) << i << letter;
    }
    EXPECT_FALSE(ring.open(place, envelope.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(ring.open(place, envelope + "A").ok());
  EXPECT_FALSE(ring.open(place, envelope + ".").ok());
}
TEST_P(KeyringOfASuite, RotationKeepsOldEnvelopesAndMovesThem) {
  auto ring = Keyring::create(root(), GetParam(), random).value();
  const auto old_envelope = ring.seal(place, secret("x")).value();
  EXPECT_EQ(ring.new_kek(GetParam()).value(), "kek-2");
  EXPECT_EQ(ring.open(place, old_envelope).value().reveal(), "x");
  EXPECT_EQ(kek_of(ring.seal(place, secret("y")).value()).value(), "kek-2");
  const auto moved = ring.rewrap(old_envelope).value();
  EXPECT_EQ(kek_of(old_envelope).value(), "kek-1");
  EXPECT_EQ(kek_of(moved).value(), "kek-2");
  EXPECT_EQ(ring.open(place, moved).value().reveal(), "x");
  EXPECT_EQ(ring.rewrap(moved).value(), moved);
  // Rewrapping does not loosen the place.
  EXPECT_FALSE(ring.open({"credentials", "crd_2", "secret", 3}, moved).ok());
  // The old one goes; what was moved stays readable, what was not says which key is gone.
  EXPECT_EQ(ring.drop_kek("kek-2").error().code(), Code::still_referenced);
  ASSERT_TRUE(ring.drop_kek("kek-1").ok());
  auto later = Keyring::load(root(), ring.document(), random).value();
  EXPECT_EQ(later.open(place, moved).value().reveal(), "x");
  EXPECT_EQ(later.open(place, old_envelope).error().code(), Code::not_found);
  EXPECT_EQ(later.rewrap(old_envelope).error().code(), Code::not_found);
  // An id is never given twice, also when its key was dropped and the keyring loaded again.
  EXPECT_EQ(later.new_kek(GetParam()).value(), "kek-3");
}
TEST_F(KeyringTest, RotationMayChangeTheSuite) {
  auto ring = Keyring::create(root(), Suite::intl, random).value();
  const auto envelope = ring.seal(place, secret("x")).value();
  ASSERT_TRUE(ring.new_kek(Suite::gm).ok());
  EXPECT_TRUE(ring.seal(place, secret("y")).value().starts_with("qj1.sm4-gcm."));
  const auto moved = ring.rewrap(envelope).value();
  EXPECT_EQ(ring.open(place, moved).value().reveal(), "x");
  EXPECT_EQ(Keyring::load(root(), ring.document(), random).value().open(place, moved).value().reveal(), "x");
}
TEST_F(KeyringTest, AnotherRootKeyOrAChangedDocumentIsRefused) {
  const auto ring = Keyring::create(root(), Suite::intl, random).value();
  const auto document = ring.document();
  const auto other = Keyring::load(create_root_key_file(folder + "/other.key", random).value(), document, random);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), Code::store_unavailable);
  for (const auto* wrong : {"", "{}", "[]", "null", R"({"v":1})"})
    EXPECT_EQ(Keyring::load(root(), wrong, random).error().code(), Code::bug) << wrong;
  // Wrapped keys exchanged between their ids: each is bound to its own.
  auto two = Keyring::create(root(), Suite::intl, random).value();
  ASSERT_TRUE(two.new_kek(Suite::intl).ok());
  auto swapped = two.document();
  const auto first = swapped.find("\"id\":\"kek-1\""), second = swapped.find("\"id\":\"kek-2\"");
  ASSERT_NE(second, std::string::npos);
  swapped[first + 10] = '2';
  swapped[second + 10] = '1';
  EXPECT_FALSE(Keyring::load(root(), swapped, random).ok());
}
TEST_P(KeyringOfASuite, MacKeysAreTheSameForEverAndDifferByPurpose) {
  auto ring = Keyring::create(root(), GetParam(), random).value();
  const auto audit = ring.mac_key("audit");
  EXPECT_EQ(audit.id, "mac-1");
  EXPECT_EQ(audit.mac, mac_of(GetParam()));
  EXPECT_FALSE(audit.key == ring.mac_key("cursor").key);
  ASSERT_TRUE(ring.new_mac_master().ok());
  EXPECT_EQ(ring.mac_key("audit").id, "mac-2");
  EXPECT_FALSE(ring.mac_key("audit").key == audit.key);
  const auto later = Keyring::load(root(), ring.document(), random).value();
  EXPECT_TRUE(later.mac_key("audit", "mac-1").value().key == audit.key);
  EXPECT_EQ(later.mac_key("audit", "mac-9").error().code(), Code::not_found);
  auto prepared = audit.prepare();
  EXPECT_EQ(prepared.sign("row"), MacKey(audit.mac, audit.key).sign("row"));
}
TEST_F(KeyringTest, TheDocumentHoldsNoKeyInPlain) {
  const auto ring = Keyring::create(root(), Suite::intl, random).value();
  const auto key_line = content().substr(content().find("key ", 20) + 4, 64);
  const auto root_bytes = from_hex(key_line).value();
  for (const auto& spelled : {key_line, base64(root_bytes), base64url(root_bytes)})
    EXPECT_EQ(ring.document().find(spelled), std::string::npos);
}
TEST_F(KeyringTest, ServesThreadsWhileItRotates) {
  auto ring = Keyring::create(root(), Suite::intl, random).value();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto envelope = ring.seal(place, secret("x"));
        if (!envelope.ok() || !ring.open(place, ring.rewrap(*envelope).value()).ok()) ++wrong;
      }
    });
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ring.new_kek(i % 2 == 0 ? Suite::gm : Suite::intl).ok());
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace quanji::base
