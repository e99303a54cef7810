// From an archive to a folder: checked while it is written, seen by nobody before it is whole.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>

#include "flow/package_archive.h"
#include "flow/package_signature.h"

namespace quanji::flow {
namespace {

using base::Result;
using base::Status;
using base::Text;
using enum ArchiveReason;

bool is_name(std::string_view text) {
  constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyz0123456789", more = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !text.empty() && text.size() <= 63 && first.find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(more) == std::string_view::npos;
}
// digits.digits.digits, perhaps -words: what a file name and a comparison of versions can take.
bool is_version(std::string_view text) {
  constexpr std::string_view words = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-";
  auto numbers = text.substr(0, text.find('-'));
  if (numbers.size() != text.size()) {
    const auto rest = text.substr(numbers.size() + 1);
    if (rest.empty() || rest.size() > 40 || rest.find_first_not_of(words) != std::string_view::npos || rest.ends_with('.')) return false;
  }
  for (int i = 0; i < 3; ++i) {
    const auto one = numbers.substr(0, i < 2 ? numbers.find('.') : std::string_view::npos);
    if (one.empty() || one.size() > 9 || one.find_first_not_of("0123456789") != std::string_view::npos) return false;
    if (one.size() > 1 && one[0] == '0') return false;
    if (i < 2 && one.size() == numbers.size()) return false;
    numbers.remove_prefix(std::min(numbers.size(), one.size() + 1));
  }
  return true;
}

Result<PackageName> name_of(std::string_view package_yaml, const ReadPackageName& read) {
  QUANJI_TRY(auto name, read(package_yaml));
  if (!is_name(name.name)) return refuse_archive(package_file_wrong, package_file, {"name", "name"});
  if (!is_version(name.version)) return refuse_archive(package_file_wrong, package_file, {"version", "version"});
  return name;
}

// An archive that is opened, with what was read of it first. These texts are what is checked and written later: the archive's file could be
// another one by then.
struct Opened {
  PackageArchive archive;
  PackageContent content;
  std::string package_yaml, signature_json;
  std::optional<PackageSignature> signature;

  // One file's content, held against the signature.
  Status read(const ArchiveEntry& entry, const PackageArchive::Take& take) const {
    const auto* text = entry.path == package_file ? &package_yaml : entry.path == signature_file ? &signature_json : nullptr;
    const auto* file = signature ? signature->find(entry.path) : nullptr;
    FileDigests digests;
    const PackageArchive::Take both = [&](std::span<const std::uint8_t> piece) -> Status {
      if (file) digests.add(piece);
      return take(piece);
    };
    if (text) {
      QUANJI_DO(both(base::bytes_of(*text)));
    } else {
      QUANJI_DO(archive.read(entry, both));
    }
    return file ? digests.compare(*file) : Status();
  }
};

Result<Opened> open_archive(const ArchiveBytes& bytes, const UnpackRules& rules) {
  QUANJI_TRY(auto archive, PackageArchive::open(bytes, rules.limits));
  Opened opened{std::move(archive), {}, {}, {}, {}};
  const auto& entries = opened.archive.entries();
  QUANJI_TRY(opened.package_yaml, opened.archive.read_whole(*opened.archive.find(package_file), rules.limits.package_file));
  if (entries.back().path == signature_file) {
    QUANJI_TRY(opened.signature_json, opened.archive.read_whole(entries.back(), rules.limits.signature_file));
    QUANJI_TRY(opened.signature, parse_signature(opened.signature_json));
    QUANJI_DO(check_list(*opened.signature, opened.archive));
  } else if (rules.signature == SignatureRule::required) {
    return refuse_archive(not_signed);
  }
  if (rules.signature == SignatureRule::required) {
    QUANJI_DO(check_signer(*opened.signature, rules.keys));
    opened.content.key_id = opened.signature->key_id;
  }
  QUANJI_TRY(opened.content.name, name_of(opened.package_yaml, rules.read_name));
  opened.content.files = entries.size();
  opened.content.bytes = opened.archive.unpacked_size();
  return opened;
}

// The folder that becomes the package; gone with its scope unless it was moved to its place.
class Unpacking {
 public:
  Unpacking(std::string target, const UnpackRules& rules) : target_(std::move(target)), rules_(rules) {
    while (target_.size() > 1 && target_.ends_with('/')) target_.pop_back();
  }
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;
  ~Unpacking() {
    if (draft_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(draft_, ignored);
  }

  Status begin(base::Random& random) {
    struct stat facts {};
    if (::lstat(target_.c_str(), &facts) == 0) return taken();
    std::array<std::uint8_t, 8> chance{};
    random.fill(chance);
    const auto draft = base::folder_of(target_) + "/.unpacking-" + base::hex(chance);
    if (::mkdir(draft.c_str(), 0700) != 0) return disk_refused("create", draft);
    draft_ = draft;
    root_ = base::Descriptor(::open(draft_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (root_.get() < 0) return disk_refused("open", draft_);
    return {};
  }

  Status write_file(const Opened& opened, const ArchiveEntry& entry) {
    QUANJI_TRY(const auto folder, folder_for(entry.path));
    const auto name = entry.path.substr(entry.path.rfind('/') + 1);
    const int at = folder.get() >= 0 ? folder.get() : root_.get();
    const base::Descriptor file(::openat(at, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return disk_refused("create", entry.path);
    QUANJI_DO(opened.read(entry, [&](std::span<const std::uint8_t> piece) -> Status {
      while (!piece.empty()) {
        const auto written = ::write(file.get(), piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return disk_refused("write", entry.path);
        piece = piece.subspan(static_cast<std::size_t>(written));
      }
      return {};
    }));
    if (::fchmod(file.get(), rules_.file_mode & 0666U) != 0 || ::fsync(file.get()) != 0) return disk_refused("sync", entry.path);
    return {};
  }

  Status finish() {
    // The deepest first: a folder's names are on the disk before the folder's own name is.
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) QUANJI_DO(seal_folder(*folder));
    if (::fchmod(root_.get(), rules_.folder_mode & 0777U) != 0 || ::fsync(root_.get()) != 0) return disk_refused("sync", draft_);
    if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST || errno == ENOTEMPTY) return taken();
      return disk_refused("rename", target_);
    }
    draft_.clear();
    return base::sync_folder(base::folder_of(target_));
  }

 private:
  base::Error taken() const {
    return {base::Code::name_taken, Text(target_ + " 已存在，不会覆盖。", target_ + " exists and is not overwritten.")};
  }
  base::Error disk_refused(std::string_view act, std::string_view path) const {
    return {base::Code::store_unavailable, Text("无法写入 " + target_, "Cannot write " + target_), base::system_detail(act, path)};
  }
  // The folder a path stands in, part by part, following no link; made where it is not there. Nothing (-1) for the top.
  Result<base::Descriptor> folder_for(std::string_view path) {
    base::Descriptor here;
    for (std::size_t slash = path.find('/'), from = 0; slash != std::string_view::npos; from = slash + 1, slash = path.find('/', from)) {
      const std::string part(path.substr(from, slash - from));
      const int at = here.get() >= 0 ? here.get() : root_.get();
      if (folders_.emplace(path.substr(0, slash)).second && ::mkdirat(at, part.c_str(), 0700) != 0) return disk_refused("create", path);
      base::Descriptor next(::openat(at, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (next.get() < 0) return disk_refused("open", path);
      here = std::move(next);
    }
    return here;
  }
  Status seal_folder(const std::string& folder) {
    const base::Descriptor fd(::openat(root_.get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd.get() < 0 || ::fchmod(fd.get(), rules_.folder_mode & 0777U) != 0 || ::fsync(fd.get()) != 0) return disk_refused("sync", folder);
    return {};
  }

  std::string target_;
  const UnpackRules& rules_;
  std::string draft_;
  base::Descriptor root_;
  std::set<std::string> folders_;  // made; a parent stands before its children
};

}  // namespace

std::string archive_file_name(const PackageName& name) { return name.name + "-" + name.version + ".rpa.zip"; }

Result<PackageName> package_name_of(const PackageArchive& archive, const ReadPackageName& read, const PackageLimits& limits) {
  const auto* entry = archive.find(package_file);
  if (!entry) return refuse_archive(package_file_missing);
  QUANJI_TRY(const auto text, archive.read_whole(*entry, limits.package_file));
  return name_of(text, read);
}
Result<PackageName> package_name_of(std::string_view package_yaml, const ReadPackageName& read) { return name_of(package_yaml, read); }

Result<PackageContent> check_archive(const ArchiveBytes& bytes, const UnpackRules& rules) {
  QUANJI_TRY(auto opened, open_archive(bytes, rules));
  for (const auto& entry : opened.archive.entries())
    QUANJI_DO(opened.read(entry, [](std::span<const std::uint8_t>) -> Status { return {}; }));
  return std::move(opened.content);
}

Result<PackageContent> unpack_archive(const ArchiveBytes& bytes, const std::string& target, const UnpackRules& rules,
                                      base::Random& random) {
  QUANJI_TRY(auto opened, open_archive(bytes, rules));
  Unpacking unpacking(target, rules);
  QUANJI_DO(unpacking.begin(random));
  for (const auto& entry : opened.archive.entries()) QUANJI_DO(unpacking.write_file(opened, entry));
  QUANJI_DO(unpacking.finish());
  return std::move(opened.content);
}

}  // namespace quanji::flow
