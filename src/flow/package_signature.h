// Who vouches for a package: signature.json, the last entry of its archive, lists every other file with size and both digests and is
// signed.
//
// The file, byte for byte (one line a file, in the byte order of the paths, no other blanks; ⏎ is a line feed):
//   {"alg":"ed25519","keyId":"KEYID","files":[⏎
//   ["flows/a.yaml",123,"SHA256","SM3"],⏎
//   ["package.yaml",98,"SHA256","SM3"]⏎
//   ],"signature":"BASE64"}⏎
// alg: ed25519 or sm2. KEYID: SHA-256 of the signer's public key (SubjectPublicKeyInfo, DER). Digests and KEYID in lower hex; sizes in
// bytes, decimal; signature: the 64 bytes of base/crypto.h (SM2: r‖s, signer's id "1234567812345678") in base64 with padding.
//
// What is signed, byte for byte:
//   quanji-package-signature-1⏎
//   ALG⏎
//   KEYID⏎
//   SHA256 SM3 SIZE PATH⏎      … one line a file, in the same order
// No path holds a line feed, so one text means one list. Times, modes and compression of the archive are not signed: nothing of them is
// used. Reads foreign bytes: fuzz/package_archive.cpp
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "flow/package_archive.h"

namespace quanji::flow {

struct SignedFile {
  std::string path;
  std::uint64_t size = 0;
  base::Digest sha256{}, sm3{};
};
struct PackageSignature {
  base::KeyKind algorithm = base::KeyKind::ed25519;
  std::string key_id;
  std::vector<SignedFile> files;  // in the byte order of the paths, each once
  base::Bytes signature;          // 64 bytes

  const SignedFile* find(std::string_view path) const;
};
// signature_unreadable for anything but the one form above.
base::Result<PackageSignature> parse_signature(std::string_view text);
std::string to_text(const PackageSignature& signature);
std::string signed_text(const PackageSignature& signature);
std::string key_id_of(const base::PublicKey& key);

// The archive holds exactly the files of the list, with these sizes: file_not_signed, file_missing, file_changed.
base::Status check_list(const PackageSignature& signature, const PackageArchive& archive);
// One of `keys` made it: unknown_key, wrong_algorithm, wrong_signature.
base::Status check_signer(const PackageSignature& signature, std::span<const base::PublicKey> keys);

// Both digests of a file that comes in pieces. One thread.
class FileDigests {
 public:
  void add(std::span<const std::uint8_t> piece);
  SignedFile finish(std::string_view path);
  // file_changed when what was added is not what was signed.
  base::Status compare(const SignedFile& file);

 private:
  base::Hasher sha256_{base::Hash::sha256}, sm3_{base::Hash::sm3};
  std::uint64_t size_ = 0;
};

// Writes the archive again with a signature by `key` (Ed25519 or SM2) of all its files to `path`; a signature it had is left out. With
// Existing::replace, `path` may be the file the bytes come from. All or nothing. Answers the id of the key.
base::Result<std::string> sign_archive(const ArchiveBytes& bytes, const std::string& path, const base::PrivateKey& key,
                                       const PackageLimits& limits, Existing existing, base::Random& random);

// A PKCS#8 key, not encrypted, in PEM; the file is plain and nobody else may read it (0600).
base::Result<base::PrivateKey> load_signing_key(const std::string& path);
// A public key (SubjectPublicKeyInfo) in PEM.
base::Result<base::PublicKey> load_trusted_key(const std::string& path);

}  // namespace quanji::flow
