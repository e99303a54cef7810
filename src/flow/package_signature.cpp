#include "flow/package_signature.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "flow/package_archive_names.h"
#include "flow/package_archive_writer.h"

namespace quanji::flow {
namespace {

using base::Result;
using base::Status;
using base::Text;
using enum ArchiveReason;

constexpr std::size_t signature_bytes = 64, key_file_limit = 16 * 1024;
constexpr std::size_t any_depth = 1024;  // the archive's own limit is held elsewhere

// Takes the one form of signature.json apart; after the first surprise nothing more is taken.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }
  bool looks_at(std::string_view literal) const { return good_ && rest_.starts_with(literal); }
  void literal(std::string_view expected) {
    if (!looks_at(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  // In quotes; nothing that is written here needs an escape.
  std::string_view quoted() {
    literal("\"");
    const auto end = good_ ? rest_.find_first_of("\"\\\n") : std::string_view::npos;
    if (end == std::string_view::npos || rest_[end] != '"') return fail(), std::string_view();
    const auto text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const auto* begin = rest_.data();
    const auto [end, problem] = std::from_chars(begin, begin + (good_ ? rest_.size() : 0), value);
    const auto length = static_cast<std::size_t>(end - begin);
    if (problem != std::errc() || (length > 1 && *begin == '0')) return fail(), 0;
    rest_.remove_prefix(length);
    return value;
  }
  base::Digest digest() {
    base::Digest value{};
    const auto text = quoted();
    const auto bytes = base::from_hex(text);
    if (!bytes.ok() || bytes->size() != value.size() || base::hex(*bytes) != text) return fail(), value;
    std::copy(bytes->begin(), bytes->end(), value.begin());
    return value;
  }
  void fail() { good_ = false; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void scan_files(Scanner& scanner, std::vector<SignedFile>& files) {
  if (scanner.looks_at("]")) return;
  for (;;) {
    SignedFile file;
    scanner.literal("[");
    file.path = scanner.quoted();
    scanner.literal(",");
    file.size = scanner.number();
    scanner.literal(",");
    file.sha256 = scanner.digest();
    scanner.literal(",");
    file.sm3 = scanner.digest();
    scanner.literal("]");
    if (check_text_of_path(file.path, any_depth) || (!files.empty() && !(files.back().path < file.path))) scanner.fail();
    if (!scanner.good()) return;
    files.push_back(std::move(file));
    if (!scanner.looks_at(",")) break;
    scanner.literal(",\n");
  }
  scanner.literal("\n");
}

Text both(const std::string& text) { return {text, text}; }

}  // namespace

const SignedFile* PackageSignature::find(std::string_view path) const {
  const auto at = std::lower_bound(files.begin(), files.end(), path, [](const SignedFile& f, std::string_view p) { return f.path < p; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

Result<PackageSignature> parse_signature(std::string_view text) {
  Scanner scanner(text);
  PackageSignature read;
  scanner.literal(R"({"alg":)");
  const auto algorithm = scanner.quoted();
  scanner.literal(R"(,"keyId":)");
  read.key_id = base::hex(scanner.digest());
  scanner.literal(",\"files\":[\n");
  scan_files(scanner, read.files);
  scanner.literal(R"(],"signature":)");
  const auto signature = base::from_base64(scanner.quoted());
  scanner.literal("}\n");
  if (!scanner.at_end() || !signature.ok() || signature->size() != signature_bytes)
    return refuse_archive(signature_unreadable, signature_file);
  const auto kind = base::key_kind_from_text(algorithm);
  if (!kind.ok() || *kind == base::KeyKind::ecdsa_p256) return refuse_archive(signature_unreadable, signature_file, both("alg"));
  read.algorithm = *kind;
  read.signature = *signature;
  return read;
}

std::string to_text(const PackageSignature& signature) {
  auto out = fmt::format("{{\"alg\":\"{}\",\"keyId\":\"{}\",\"files\":[\n", to_text(signature.algorithm), signature.key_id);
  for (const auto& file : signature.files)
    out += fmt::format("[\"{}\",{},\"{}\",\"{}\"]{}\n", file.path, file.size, base::hex(file.sha256), base::hex(file.sm3),
                       &file == &signature.files.back() ? "" : ",");
  return out + fmt::format("],\"signature\":\"{}\"}}\n", base::base64(signature.signature));
}

std::string signed_text(const PackageSignature& signature) {
  auto out = fmt::format("quanji-package-signature-1\n{}\n{}\n", to_text(signature.algorithm), signature.key_id);
  for (const auto& file : signature.files)
    out += fmt::format("{} {} {} {}\n", base::hex(file.sha256), base::hex(file.sm3), file.size, file.path);
  return out;
}

std::string key_id_of(const base::PublicKey& key) { return base::hex(key.spki_digest()); }

Status check_list(const PackageSignature& signature, const PackageArchive& archive) {
  std::size_t known = 0;
  for (const auto& entry : archive.entries()) {
    if (entry.path == signature_file) continue;
    const auto* file = signature.find(entry.path);
    if (!file) return refuse_archive(file_not_signed, entry.path);
    if (file->size != entry.size) return refuse_archive(file_changed, entry.path, both(fmt::format("{} → {}", file->size, entry.size)));
    ++known;
  }
  if (known == signature.files.size()) return {};
  for (const auto& file : signature.files)
    if (file.path == signature_file || !archive.find(file.path)) return refuse_archive(file_missing, file.path);
  return refuse_archive(file_missing);
}

Status check_signer(const PackageSignature& signature, std::span<const base::PublicKey> keys) {
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return key_id_of(one) == signature.key_id; });
  if (key == keys.end()) return refuse_archive(unknown_key, {}, both(signature.key_id));
  if (key->kind() != signature.algorithm) return refuse_archive(wrong_algorithm, {}, both(std::string(to_text(signature.algorithm))));
  const auto text = signed_text(signature);
  if (!key->verify(base::bytes_of(text), signature.signature, base::sm2_default_id).ok()) return refuse_archive(wrong_signature);
  return {};
}

void FileDigests::add(std::span<const std::uint8_t> piece) {
  sha256_.add(piece);
  sm3_.add(piece);
  size_ += piece.size();
}
SignedFile FileDigests::finish(std::string_view path) {
  return {std::string(path), std::exchange(size_, 0), sha256_.finish(), sm3_.finish()};
}
Status FileDigests::compare(const SignedFile& file) {
  const auto real = finish(file.path);
  if (real.size != file.size) return refuse_archive(file_changed, file.path, both(fmt::format("{} → {}", file.size, real.size)));
  if (real.sha256 != file.sha256) return refuse_archive(file_changed, file.path, both("SHA-256"));
  if (real.sm3 != file.sm3) return refuse_archive(file_changed, file.path, both("SM3"));
  return {};
}

Result<std::string> sign_archive(const ArchiveBytes& bytes, const std::string& path, const base::PrivateKey& key,
                                 const PackageLimits& limits, Existing existing, base::Random& random) {
  if (key.kind() == base::KeyKind::ecdsa_p256)
    return base::Error(base::Code::invalid_field, Text("流程包用 Ed25519 或 SM2 密钥签名", "Packages are signed by Ed25519 or SM2 keys"));
  QUANJI_TRY(const auto archive, PackageArchive::open(bytes, limits));
  PackageSignature signature;
  signature.algorithm = key.kind();
  signature.key_id = key_id_of(key.public_key());
  QUANJI_TRY(auto writer, ArchiveWriter::create(path, random));
  FileDigests digests;
  for (const auto& entry : archive.entries()) {
    if (entry.path == signature_file) continue;
    QUANJI_DO(archive.read(entry, [&](std::span<const std::uint8_t> piece) -> Status {
      digests.add(piece);
      return {};
    }));
    signature.files.push_back(digests.finish(entry.path));
    QUANJI_DO(writer.add_packed(archive, entry));
  }
  const auto text = signed_text(signature);
  QUANJI_TRY(signature.signature, key.sign(base::bytes_of(text), base::sm2_default_id, random));
  QUANJI_DO(writer.add_text(signature_file, to_text(signature), limits));
  QUANJI_DO(writer.finish(existing, limits));
  return signature.key_id;
}

Result<base::PrivateKey> load_signing_key(const std::string& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0)
    return base::Error(errno == EACCES ? base::Code::not_permitted : base::Code::not_found,
                       Text("无法读取私钥文件 " + path, "Cannot read the key file " + path), base::system_detail("open", path));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode) || (facts.st_mode & 077) != 0)
    return base::Error(base::Code::invalid_field,
                       Text("私钥文件 " + path + " 须为普通文件且他人不可读：chmod 600 " + path,
                            "The key file " + path + " must be a plain file that nobody else may read: chmod 600 " + path));
  QUANJI_TRY(auto text, base::read_whole(file.get(), key_file_limit));
  const auto pem = base::Secret::take(text);
  auto key = base::PrivateKey::from_pem(pem);
  if (!key)
    return base::Error(base::Code::invalid_field,
                       Text(path + " 不是可用的私钥：须为未加密的 PKCS#8 PEM（Ed25519 或 SM2）",
                            path + " holds no key that can be used: an unencrypted PKCS#8 key in PEM, Ed25519 or SM2"),
                       key.error().detail());
  return key;
}

Result<base::PublicKey> load_trusted_key(const std::string& path) {
  QUANJI_TRY(const auto file, ArchiveFile::open(path));
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), key_file_limit)), '\0');
  QUANJI_DO(file.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  auto key = base::PublicKey::from_pem(text);
  if (!key)
    return base::Error(base::Code::invalid_field,
                       Text(path + " 不是 PEM 公钥（BEGIN PUBLIC KEY）", path + " holds no public key in PEM (BEGIN PUBLIC KEY)"),
                       key.error().detail());
  return key;
}

}  // namespace quanji::flow
