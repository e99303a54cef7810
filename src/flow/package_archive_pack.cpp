// From a folder to an archive, the same bytes for the same files.
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "flow/package_archive_names.h"
#include "flow/package_archive_writer.h"

namespace quanji::flow {
namespace {

using base::Result;
using base::Status;
using base::Text;
using enum ArchiveReason;

constexpr std::array<std::string_view, 17> left_out = {
    ".git",      ".gitignore", ".gitattributes", ".hg", ".svn",   ".idea", ".vscode", ".editorconfig", "__pycache__", "*.pyc",
    ".DS_Store", "Thumbs.db",  "desktop.ini",    "*~",  ".*.sw?", ".#*",   "#*#"};

bool is_left_out(const std::string& name, bool top) {
  if (top && (name == signature_file || ::fnmatch("*.rpa.zip", name.c_str(), 0) == 0 || name.starts_with(".packing-"))) return true;
  return std::any_of(left_out.begin(), left_out.end(),
                     [&](std::string_view pattern) { return ::fnmatch(std::string(pattern).c_str(), name.c_str(), 0) == 0; });
}

base::Error cannot_read(const std::string& path, std::string_view act) {
  const auto code = errno == EACCES                       ? base::Code::not_permitted
                    : errno == ENOENT || errno == ENOTDIR ? base::Code::not_found
                                                          : base::Code::store_unavailable;
  return {code, Text("无法读取 " + path, "Cannot read " + path), base::system_detail(act, path)};
}

struct Found {
  std::string path;
  std::uint64_t size = 0;
};

class FolderWalk {
 public:
  FolderWalk(std::string root, const PackageLimits& limits) : root_(std::move(root)), limits_(limits) {}
  Status walk(int folder, const std::string& at, std::size_t depth) {
    QUANJI_TRY(const auto names, names_in(folder, at));
    for (const auto& name : names) {
      if (is_left_out(name, at.empty())) continue;
      auto path = at;
      path.append(at.empty() ? "" : "/").append(name);
      struct stat facts {};
      if (::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read(root_ + "/" + path, "stat");
      if (S_ISDIR(facts.st_mode)) {
        if (depth >= limits_.depth) return refuse_archive(too_deep, path);
        const base::Descriptor next(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (next.get() < 0) return cannot_read(root_ + "/" + path, "open");
        QUANJI_DO(walk(next.get(), path, depth + 1));
        continue;
      }
      if (!S_ISREG(facts.st_mode)) return refuse_archive(special_file, path);
      if (const auto broken = check_text_of_path(path, limits_.depth)) return refuse_archive(*broken, path);
      if (const auto broken = paths_.add(path)) return refuse_archive(*broken, path);
      bytes_ += static_cast<std::uint64_t>(facts.st_size);
      if (bytes_ > limits_.unpacked) return refuse_archive(unpacked_too_large, path);
      if (found.size() == limits_.files) return refuse_archive(too_many_files, path);
      found.push_back({path, static_cast<std::uint64_t>(facts.st_size)});
    }
    return {};
  }
  std::vector<Found> found;
  std::uint64_t bytes() const { return bytes_; }

 private:
  // Sorted, so that the first file that is refused is always the same one.
  Result<std::vector<std::string>> names_in(int folder, const std::string& at) const {
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(own < 0 ? nullptr : ::fdopendir(own), &::closedir);
    if (!listing) return cannot_read(root_ + "/" + at, "list");
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const auto* one = ::readdir(listing.get());
      if (!one) break;
      const std::string name = one->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return cannot_read(root_ + "/" + at, "list");
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::string root_;
  const PackageLimits& limits_;
  PathSet paths_;
  std::uint64_t bytes_ = 0;
};

Result<base::Descriptor> open_plain(int root, const Found& file) {
  base::Descriptor fd(::openat(root, file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return cannot_read(file.path, "open");
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return cannot_read(file.path, "stat");
  if (!S_ISREG(facts.st_mode) || static_cast<std::uint64_t>(facts.st_size) != file.size)
    return refuse_archive(changed_meanwhile, file.path);
  return fd;
}

}  // namespace

std::span<const std::string_view> left_out_of_packages() { return left_out; }

Result<PackedPackage> pack_folder(const std::string& folder, const std::string& into, const PackRules& rules, base::Random& random) {
  const base::Descriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return cannot_read(folder, "open");
  FolderWalk walk(folder, rules.limits);
  QUANJI_DO(walk.walk(root.get(), "", 1));
  auto& files = walk.found;
  std::sort(files.begin(), files.end(), [](const Found& a, const Found& b) { return a.path < b.path; });

  PackedPackage packed;
  const auto package = std::find_if(files.begin(), files.end(), [](const Found& file) { return file.path == package_file; });
  if (package == files.end()) return refuse_archive(package_file_missing);
  if (package->size > rules.limits.package_file) return refuse_archive(file_too_large, package_file);
  QUANJI_TRY(const auto package_fd, open_plain(root.get(), *package));
  QUANJI_TRY(const auto package_yaml, base::read_whole(package_fd.get(), rules.limits.package_file));
  QUANJI_TRY(packed.name, package_name_of(package_yaml, rules.read_name));

  packed.path = into + "/" + archive_file_name(packed.name);
  QUANJI_TRY(auto writer, ArchiveWriter::create(packed.path, random));
  for (const auto& file : files) {
    if (file.path == package_file) {
      QUANJI_DO(writer.add_text(file.path, package_yaml, rules.limits));
      continue;
    }
    QUANJI_TRY(const auto fd, open_plain(root.get(), file));
    QUANJI_DO(writer.add_file(file.path, fd.get(), file.size, rules.limits));
  }
  QUANJI_TRY(packed.packed, writer.finish(rules.existing, rules.limits));
  packed.files = files.size();
  packed.bytes = walk.bytes();
  return packed;
}

}  // namespace quanji::flow
