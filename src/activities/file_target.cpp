#include "activities/file_target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "activities/failures.h"
#include "base/encodings.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace {

engine::Failure exists(const std::string& path) {
  const auto name = base::repair_utf8(workbook::name_of(path));
  return failure("file_exists",
                 {fmt::format("文件 {} 已存在，内容不同；换一个名字，或用 if_exists: replace", name),
                  fmt::format("the file {} is there with other content; take another name, or say if_exists: replace", name)});
}
engine::Failure system_refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

// Some bytes of a file from where it stands; fewer at its end.
std::ptrdiff_t fill(int fd, std::array<char, 65'536>& room) {
  std::size_t have = 0;
  while (have < room.size()) {
    const auto got = ::read(fd, room.data() + have, room.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return static_cast<std::ptrdiff_t>(have);
}
}  // namespace

bool same_content(const std::string& a, const std::string& b) {
  const base::Descriptor one(::open(a.c_str(), O_RDONLY | O_CLOEXEC)), two(::open(b.c_str(), O_RDONLY | O_CLOEXEC));
  if (one.get() < 0 || two.get() < 0) return false;
  std::array<char, 65'536> x{}, y{};
  for (;;) {
    const auto ours = fill(one.get(), x), theirs = fill(two.get(), y);
    if (ours < 0 || ours != theirs || !std::equal(x.begin(), x.begin() + ours, y.begin())) return false;
    if (ours == 0) return true;
  }
}

engine::Outcome<FileTarget> FileTarget::of(engine::ActivityContext& context, const values::FileRef& to, IfExists if_exists) {
  FileTarget target(context.path_of(to.path), if_exists);
  struct stat there = {};
  const bool found = ::lstat(target.path_.c_str(), &there) == 0;
  if (found && !S_ISREG(there.st_mode)) {
    const auto name = base::repair_utf8(workbook::name_of(target.path_));
    return failure("file_exists", {fmt::format("{} 已存在，但不是普通文件（文件夹、链接或设备），不会替换；换一个名字", name),
                                   fmt::format("{} is there and is no regular file (a folder, a link, a device): it is not replaced; take "
                                               "another name",
                                               name)});
  }
  target.stays_ = found && if_exists == IfExists::skip;
  if (target.stays_) return target;
  const auto slash = target.path_.rfind('/') + 1;
  target.draft_ = fmt::format("{}.{}.{}.draft", target.path_.substr(0, slash), target.path_.substr(slash), ::getpid());
  return target;
}
FileTarget::FileTarget(FileTarget&& other) noexcept
    : path_(std::move(other.path_)), draft_(std::exchange(other.draft_, {})), if_exists_(other.if_exists_), stays_(other.stays_) {}
FileTarget::~FileTarget() {
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

engine::Outcome<values::FileRef> FileTarget::place() && {
  if (if_exists_ == IfExists::replace) {
    if (::rename(draft_.c_str(), path_.c_str()) != 0) return system_refused("rename", path_);
  } else if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno != EEXIST) return system_refused("rename", path_);
    if (if_exists_ == IfExists::fail && !same_content(draft_, path_)) return exists(path_);
    return file();
  }
  draft_.clear();
  if (auto synced = base::sync_folder(base::folder_of(path_)); !synced.ok()) return file_failure(synced.error());
  return file();
}

}  // namespace quanji::activities
