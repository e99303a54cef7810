#include "flow/package_signature.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "flow/package_archive_testing.h"

namespace quanji::flow {
namespace {

using namespace testing;
using base::KeyKind;

std::vector<base::PublicKey> only(const base::PrivateKey& key) {
  std::vector<base::PublicKey> keys;
  keys.push_back(key.public_key());
  return keys;
}
base::Result<PackageContent> verify(const std::string& bytes, std::span<const base::PublicKey> keys) {
  UnpackRules rules;
  rules.read_name = read_test_name;
  rules.keys = keys;
  return check_archive(ArchiveInMemory(bytes), rules);
}

// A signed package in parts, so that each can be changed and the archive still is one.
struct SignedParts {
  Files files;
  PackageSignature signature;

  std::string with_text(const std::string& signature_json) const {
    LyingArchive archive;
    for (const auto& [path, content] : files) archive.entries.push_back({path, content});
    archive.entries.push_back({"signature.json", signature_json});
    return archive.build();
  }
  std::string build() const { return with_text(to_text(signature)); }
};

class Signature : public ::testing::TestWithParam<KeyKind> {
 protected:
  Signature() {
    const auto plain = package_with({{"resources/清.txt", "some content some content some content", 8}, {"resources/b", "stored"}}).build();
    EXPECT_TRUE(sign_archive(ArchiveInMemory(plain), path_, key_, {}, Existing::keep, random_).ok());
    bytes_ = content_of(path_);
    parts_.files = *read_by_ours(bytes_);
    signature_json_ = parts_.files.at("signature.json");
    parts_.files.erase("signature.json");
    auto parsed = parse_signature(signature_json_);
    EXPECT_TRUE(parsed.ok());
    parts_.signature = *parsed;
  }
  std::string found(const SignedParts& changed) const { return found(changed.build()); }
  std::string found(const std::string& bytes) const {
    const auto verified = verify(bytes, keys_);
    return verified.ok() ? "accepted" : reason_word(verified.error());
  }
  // Signs what the parts now say, by another key.
  void sign_again(SignedParts& parts, const base::PrivateKey& key) {
    const auto text = signed_text(parts.signature);
    parts.signature.signature = *key.sign(base::bytes_of(text), base::sm2_default_id, random_);
  }

  TestFolder folder_;
  const std::string path_ = folder_ / "signed.rpa.zip";
  base::SeededRandom random_{42};
  const base::PrivateKey key_ = base::PrivateKey::generate(GetParam(), random_);
  const base::PrivateKey other_ = base::PrivateKey::generate(GetParam(), random_);
  const std::vector<base::PublicKey> keys_ = only(key_);
  std::string bytes_, signature_json_;
  SignedParts parts_;
};

TEST_P(Signature, IsAccepted) {
  const auto verified = verify(bytes_, keys_);
  ASSERT_TRUE(verified.ok()) << verified.error().message().en;
  EXPECT_EQ(verified->key_id, key_id_of(keys_[0]));
  EXPECT_EQ(verified->files, 5U);
  EXPECT_EQ(found(parts_), "accepted");
  EXPECT_EQ(read_by_libarchive(bytes_, Way::by_stream)->size(), 5U);
  auto several = only(other_);
  several.push_back(key_.public_key());
  EXPECT_TRUE(verify(bytes_, several).ok());
}

TEST_P(Signature, EachSingleChangeIsFoundAndNamed) {
  auto changed = parts_;
  changed.files["resources/b"] = "storeD";
  EXPECT_EQ(found(changed), "file_changed");
  EXPECT_NE(verify(changed.build(), keys_).error().message().en.find("\"resources/b\""), std::string::npos);

  changed = parts_;
  changed.files["resources/b"] = "stored ";
  EXPECT_EQ(found(changed), "file_changed");

  changed = parts_;
  changed.files["resources/c"] = changed.files["resources/b"];
  changed.files.erase("resources/b");
  EXPECT_EQ(found(changed), "file_not_signed");

  changed = parts_;
  changed.files["resources/added"] = "";
  EXPECT_EQ(found(changed), "file_not_signed");
  EXPECT_NE(verify(changed.build(), keys_).error().message().en.find("\"resources/added\""), std::string::npos);

  changed = parts_;
  changed.files.erase("resources/b");
  EXPECT_EQ(found(changed), "file_missing");
  EXPECT_NE(verify(changed.build(), keys_).error().message().en.find("\"resources/b\""), std::string::npos);

  changed = parts_;
  std::swap(changed.files["resources/b"], changed.files["flows/main.yaml"]);
  EXPECT_EQ(found(changed), "file_changed");

  // A file and its line in the list are changed alike: the signature no longer holds.
  changed = parts_;
  changed.files["resources/b"] = "storeD";
  for (auto& file : changed.signature.files)
    if (file.path == "resources/b") file.sha256 = base::sha256("storeD"), file.sm3 = base::sm3("storeD");
  EXPECT_EQ(found(changed), "wrong_signature");

  // Only one of the two digests is right: either alone is enough to find it.
  for (const bool first : {true, false}) {
    changed = parts_;
    changed.files["resources/b"] = "storeD";
    for (auto& file : changed.signature.files)
      if (file.path == "resources/b") (first ? file.sha256 : file.sm3) = first ? base::sha256("storeD") : base::sm3("storeD");
    sign_again(changed, key_);
    EXPECT_EQ(found(changed), "file_changed");
  }

  changed = parts_;
  changed.signature.signature[10] ^= 1;
  EXPECT_EQ(found(changed), "wrong_signature");
}

TEST_P(Signature, AnotherKeyIsFound) {
  // Signed by somebody else under his own name.
  auto changed = parts_;
  changed.signature.key_id = key_id_of(other_.public_key());
  sign_again(changed, other_);
  EXPECT_EQ(found(changed), "unknown_key");
  // … and under the name of the trusted one.
  changed = parts_;
  sign_again(changed, other_);
  EXPECT_EQ(found(changed), "wrong_signature");
  // Both are trusted, but the name is exchanged.
  auto both = only(key_);
  both.push_back(other_.public_key());
  changed = parts_;
  changed.signature.key_id = key_id_of(other_.public_key());
  EXPECT_EQ(reason_word(verify(changed.build(), both).error()), "wrong_signature");
  EXPECT_EQ(reason_word(verify(bytes_, {}).error()), "unknown_key");
}

TEST_P(Signature, AnotherAlgorithmIsFound) {
  auto changed = parts_;
  changed.signature.algorithm = GetParam() == KeyKind::sm2 ? KeyKind::ed25519 : KeyKind::sm2;
  EXPECT_EQ(found(changed), "wrong_algorithm");
  auto text = signature_json_;
  text.replace(text.find(to_text(GetParam())), to_text(GetParam()).size(), "ecdsa-p256");
  EXPECT_EQ(found(parts_.with_text(text)), "signature_unreadable");
}

TEST_P(Signature, TheOrderOfListAndArchiveIsFound) {
  auto changed = parts_;
  std::swap(changed.signature.files[0], changed.signature.files[1]);
  EXPECT_EQ(found(changed), "signature_unreadable");
  changed = parts_;
  changed.signature.files.push_back(changed.signature.files.back());
  EXPECT_EQ(found(changed), "signature_unreadable");

  LyingArchive archive;
  for (const auto& [path, content] : parts_.files) archive.entries.push_back({path, content});
  std::swap(archive.entries[0], archive.entries[1]);
  archive.entries.push_back({"signature.json", signature_json_});
  EXPECT_EQ(found(archive.build()), "wrong_order");
  std::swap(archive.entries[0], archive.entries[1]);
  std::swap(archive.entries[3], archive.entries[4]);
  EXPECT_EQ(found(archive.build()), "signature_not_last");
}

TEST_P(Signature, EachByteOfTheListCounts) {
  for (std::size_t at = 0; at < signature_json_.size(); ++at) {
    auto text = signature_json_;
    text[at] = static_cast<char>(text[at] ^ 1);
    ASSERT_NE(found(parts_.with_text(text)), "accepted") << at;
    ASSERT_NE(found(parts_.with_text(signature_json_.substr(0, at))), "accepted") << at;
    // A blank more is another text.
    text = signature_json_;
    text.insert(at, " ");
    ASSERT_NE(found(parts_.with_text(text)), "accepted") << at;
  }
  EXPECT_EQ(found(parts_.with_text(signature_json_ + "\n")), "signature_unreadable");
}

TEST_P(Signature, EachByteOfTheArchiveCountsOrIsNotUsed) {
  for (std::size_t at = 0; at < bytes_.size(); ++at)
    for (const int bit : {1, 16, 128}) {
      auto changed = bytes_;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      if (found(changed) != "accepted") continue;
      auto files = *read_by_ours(changed);
      files.erase("signature.json");
      ASSERT_EQ(files, parts_.files) << at;
    }
}

TEST_P(Signature, AFileThatChangedIsNotUnpacked) {
  auto changed = parts_;
  changed.files["resources/清.txt"][5] = 'X';
  TestFolder folder;
  for (const auto rule : {SignatureRule::required, SignatureRule::not_asked}) {
    UnpackRules rules;
    rules.read_name = read_test_name;
    rules.keys = keys_;
    rules.signature = rule;
    const auto refused = unpack_archive(ArchiveInMemory(changed.build()), folder / "here", rules, random_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(reason_word(refused.error()), "file_changed");
    EXPECT_TRUE(folder.empty());
  }
}

TEST_P(Signature, SigningAgainReplacesTheSignature) {
  const auto signed_again = folder_ / "again.rpa.zip";
  const auto id = sign_archive(ArchiveInMemory(bytes_), signed_again, other_, {}, Existing::keep, random_);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, key_id_of(other_.public_key()));
  const auto bytes = content_of(signed_again);
  EXPECT_EQ(found(bytes), "unknown_key");
  EXPECT_TRUE(verify(bytes, only(other_)).ok());
  EXPECT_EQ(read_by_ours(bytes)->size(), 5U);
}

TEST_P(Signature, IsWrittenInPlaceOnlyWhenAsked) {
  EXPECT_EQ(sign_archive(ArchiveInMemory(bytes_), path_, other_, {}, Existing::keep, random_).error().code(), base::Code::name_taken);
  EXPECT_EQ(content_of(path_), bytes_);
  const auto file = ArchiveFile::open(path_);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(sign_archive(*file, path_, other_, {}, Existing::replace, random_).ok());
  EXPECT_TRUE(verify(content_of(path_), only(other_)).ok());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Signature, ::testing::Values(KeyKind::ed25519, KeyKind::sm2),
                         [](const ::testing::TestParamInfo<KeyKind>& one) { return std::string(to_text(one.param)); });

TEST(PackageSignature, TheFormIsTheOneOfTheHeader) {
  PackageSignature signature;
  signature.key_id = std::string(64, 'a');
  signature.files = {{"flows/清.yaml", 3, base::sha256("abc"), base::sm3("abc")}, {"package.yaml", 0, base::sha256(""), base::sm3("")}};
  signature.signature = base::Bytes(64, 0xFF);
  const std::string abc256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    abc3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
                    none256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                    none3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b";
  EXPECT_EQ(to_text(signature), "{\"alg\":\"ed25519\",\"keyId\":\"" + std::string(64, 'a') + "\",\"files\":[\n[\"flows/清.yaml\",3,\"" +
                                    abc256 + "\",\"" + abc3 + "\"],\n[\"package.yaml\",0,\"" + none256 + "\",\"" + none3 +
                                    "\"]\n],\"signature\":\"" + base::base64(signature.signature) + "\"}\n");
  EXPECT_EQ(signed_text(signature), "quanji-package-signature-1\ned25519\n" + std::string(64, 'a') + "\n" + abc256 + " " + abc3 +
                                        " 3 flows/清.yaml\n" + none256 + " " + none3 + " 0 package.yaml\n");
  const auto again = parse_signature(to_text(signature));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_text(*again), to_text(signature));
}

TEST(PackageSignature, OtherWritingsOfTheSameAreRefused) {
  PackageSignature signature;
  signature.key_id = std::string(64, 'a');
  signature.files = {{"package.yaml", 10, base::sha256("abc"), base::sm3("abc")}};
  signature.signature = base::Bytes(64, 1);
  const auto good = to_text(signature);
  ASSERT_TRUE(parse_signature(good).ok());
  const auto refused = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    const auto read = parse_signature(text);
    EXPECT_FALSE(read.ok()) << text;
    if (read.ok()) return;
    EXPECT_EQ(reason_word(read.error()), "signature_unreadable");
  };
  refused(",10,", ",010,");
  refused(",10,", ",1e1,");
  refused(",10,", ",-10,");
  refused(",10,", ",99999999999999999999,");
  refused("package.yaml", "../evil");
  refused("package.yaml", "package\\u002eyaml");
  refused("package.yaml", "a\nb");
  refused("ba78", "BA78");
  refused("ba78", "ba7");
  refused("ed25519", "rsa");
  refused("ed25519", "ecdsa-p256");
  refused("\"files\"", "\"keyId\":\"x\",\"files\"");
  refused("==", "=");
  EXPECT_FALSE(parse_signature("").ok());
  EXPECT_FALSE(parse_signature("\xEF\xBB\xBF" + good).ok());
}

TEST(PackageSignature, OtherKindsOfKeysDoNotSign) {
  TestFolder folder;
  base::SeededRandom random(1);
  const auto key = base::PrivateKey::generate(KeyKind::ecdsa_p256, random);
  const auto refused = sign_archive(ArchiveInMemory(package_with().build()), folder / "a", key, {}, Existing::keep, random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::invalid_field);
  EXPECT_TRUE(folder.empty());
}

TEST(PackageSignature, ABrokenArchiveIsNotSigned) {
  TestFolder folder;
  base::SeededRandom random(1);
  const auto key = base::PrivateKey::generate(KeyKind::ed25519, random);
  auto archive = package_with({{"resources/a", "x"}});
  archive.entries[2].both = [](records::Shared& s) { s.checksum ^= 1; };
  EXPECT_EQ(reason_word(sign_archive(ArchiveInMemory(archive.build()), folder / "a", key, {}, Existing::keep, random).error()),
            "wrong_checksum");
  EXPECT_TRUE(folder.empty());
}

TEST(PackageSignature, KeysAreFilesNobodyElseReads) {
  TestFolder folder;
  base::SeededRandom random(1);
  for (const auto kind : {KeyKind::ed25519, KeyKind::sm2}) {
    const auto key = base::PrivateKey::generate(kind, random);
    const auto path = folder / std::string(to_text(kind));
    folder.write(std::string(to_text(kind)), key.to_pem().reveal());
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(load_signing_key(path).error().code(), base::Code::invalid_field);
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const auto loaded = load_signing_key(path);
    ASSERT_TRUE(loaded.ok());
    folder.write("public", key.public_key().to_pem());
    const auto trusted = load_trusted_key(folder / "public");
    ASSERT_TRUE(trusted.ok());
    EXPECT_EQ(key_id_of(*trusted), key_id_of(loaded->public_key()));
  }
  EXPECT_EQ(load_signing_key(folder / "nothing").error().code(), base::Code::not_found);
  EXPECT_EQ(load_signing_key(folder.path()).error().code(), base::Code::invalid_field);
  EXPECT_EQ(load_trusted_key(folder / "ed25519").error().code(), base::Code::invalid_field);
  folder.write("empty", "");
  EXPECT_EQ(load_trusted_key(folder / "empty").error().code(), base::Code::invalid_field);
}

}  // namespace
}  // namespace quanji::flow
