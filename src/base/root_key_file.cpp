#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "base/files.h"
#include "base/keyring.h"

namespace quanji::base {
namespace {

constexpr std::size_t root_key_size = 32;

class FileRootKey final : public RootKey {
 public:
  FileRootKey(std::string id, Secret key) : id_(std::move(id)), key_(std::move(key)) {}
  std::string id() const override { return id_; }
  Result<std::string> wrap(const Secret& key, std::string_view what, Suite suite, Random& random) const override {
    const auto cipher = cipher_of(suite);
    QUANJI_TRY(const auto sealed, seal(cipher, wrapping_key(cipher), key.reveal_bytes(), bytes_of(bound_to(what)), random));
    return to_text(sealed);
  }
  Result<Secret> unwrap(std::string_view wrapped, std::string_view what) const override {
    QUANJI_TRY(const auto sealed, parse_sealed(wrapped));
    return open(sealed, wrapping_key(sealed.cipher), bytes_of(bound_to(what)));
  }

 private:
  // One root serves both suites, each with a key of its own.
  Secret wrapping_key(Cipher cipher) const {
    return hkdf(Mac::hmac_sha256, key_, bytes_of("quanji root key"), to_text(cipher), key_size(cipher));
  }
  std::string bound_to(std::string_view what) const { return fmt::format("quanji root wrap\n{}\n{}", id_, what); }

  const std::string id_;
  const Secret key_;
};

Error refuse(const std::string& path, Text why, std::string detail = {}) {
  return Error(Code::store_unavailable,
               Text(fmt::format("根密钥文件 {}：{}", path, why.zh), fmt::format("Root key file {}: {}", path, why.en)), std::move(detail));
}
std::string sum_of(std::string_view text) { return hex(sha256(text)).substr(0, 16); }
// The rest of the line after `name`, which must begin `text`; takes the line away.
std::string_view take_line(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name)) return {};
  const auto value = text.substr(name.size(), end - name.size());
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

Result<std::unique_ptr<RootKey>> create_root_key_file(const std::string& path, Random& random) {
  std::array<std::uint8_t, 8> id_bytes;
  random.fill(id_bytes);
  const auto id = "root-" + hex(id_bytes);
  auto key = Secret::random(random, root_key_size);
  auto key_text = hex(key.reveal_bytes());
  auto text = fmt::format("quanji-root-key 1\nid {}\nkey {}\n", id, key_text);
  wipe(key_text);
  auto whole = fmt::format("{}sum {}\n", text, sum_of(text));
  wipe(text);
  const auto created = create_durable_file(path, whole, 0400);
  wipe(whole);
  if (!created.ok()) return created.error().clone();
  return std::unique_ptr<RootKey>(std::make_unique<FileRootKey>(id, std::move(key)));
}

Result<std::unique_ptr<RootKey>> load_root_key_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno == ENOENT)
      return refuse(path, {"不存在。请从备份恢复；没有它，已存的密文无法解开。",
                           "does not exist. Restore it from its backup: without it nothing stored opens."});
    return refuse(path, {"无法打开，请检查权限。", "cannot be opened: look at its rights."}, system_detail("open", path));
  }
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return refuse(path, {"无法读取。", "cannot be read."}, system_detail("stat", path));
  if (!S_ISREG(facts.st_mode)) return refuse(path, {"不是普通文件。", "is not a plain file."});
  if ((facts.st_mode & 07777U & ~0400U) != 0)
    return refuse(path, Text(fmt::format("权限为 {:04o}，过宽。请执行 chmod 0400，并确认他人未曾读取。", facts.st_mode & 07777U),
                             fmt::format("has mode {:04o}, which is too wide. Run chmod 0400, and make sure nobody has read it.",
                                         facts.st_mode & 07777U)));
  QUANJI_TRY(auto content, read_whole(fd.get(), 4096));
  const auto whole = Secret::take(content);
  auto rest = whole.reveal();
  const auto summed = rest.substr(0, rest.rfind("sum ") == std::string_view::npos ? 0 : rest.rfind("sum "));
  const auto version = take_line(rest, "quanji-root-key ");
  const auto id = take_line(rest, "id ");
  const auto key_text = take_line(rest, "key ");
  const auto sum = take_line(rest, "sum ");
  auto key = from_hex(key_text);
  if (version != "1" || !id.starts_with("root-") || id.size() != 21 || !rest.empty() || !key.ok() || key->size() != root_key_size ||
      sum != sum_of(summed)) {
    return refuse(path, {"内容损坏。请从备份恢复。", "is damaged. Restore it from its backup."});
  }
  Secret plain{std::span<const std::uint8_t>(*key)};
  wipe(std::span(*key));
  return std::unique_ptr<RootKey>(std::make_unique<FileRootKey>(std::string(id), std::move(plain)));
}

}  // namespace quanji::base
