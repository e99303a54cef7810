#include "devices/record_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace quanji::devices {
namespace {

base::Error name_taken(const std::string& path) {
  return base::Error(base::Code::name_taken, base::Text(fmt::format("文件 {} 已存在；要替换它，请说明 existing: replace。", path),
                                                        fmt::format("The file {} exists; to replace it, say existing: replace.", path)));
}

}  // namespace

base::Error file_error(std::string_view act, const std::string& path) {
  const int number = errno;
  auto detail = base::system_detail(act, path);
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return base::Error(base::Code::not_found, base::Text(fmt::format("没有文件 {}。", path), fmt::format("There is no file {}.", path)),
                         std::move(detail));
    case EACCES:
    case EPERM:
    case EROFS:
      return base::Error(base::Code::not_permitted,
                         base::Text(fmt::format("系统不允许打开或写入文件 {}，请检查权限。", path),
                                    fmt::format("The system does not let us open or write {}: look at its rights.", path)),
                         std::move(detail));
    case EISDIR:
      return base::Error(base::Code::invalid_field,
                         base::Text(fmt::format("{} 是文件夹，不是文件。", path), fmt::format("{} is a folder, no file.", path)),
                         std::move(detail));
    default:
      return base::Error(base::Code::store_unavailable,
                         base::Text(fmt::format("系统读写文件 {} 失败：{}。", path, std::strerror(number)),
                                    fmt::format("The system failed on {}: {}.", path, std::strerror(number))),
                         std::move(detail));
  }
}

base::Status write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

base::Result<RecordFile> RecordFile::open(const std::string& path) {
  base::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return file_error("open", path);
  struct stat seen {};
  if (::fstat(fd.get(), &seen) != 0) return file_error("stat", path);
  if (S_ISDIR(seen.st_mode)) {
    errno = EISDIR;
    return file_error("open", path);
  }
  if (!S_ISREG(seen.st_mode))
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("{} 不是普通文件。", path), fmt::format("{} is no regular file.", path)));
  return of_descriptor(path, std::move(fd));
}
RecordFile RecordFile::of_bytes(std::string name, std::string bytes) { return RecordFile(std::move(name), std::move(bytes)); }
RecordFile RecordFile::of_descriptor(std::string name, base::Descriptor descriptor) {
  return RecordFile(std::move(name), std::move(descriptor));
}

base::Result<FileState> RecordFile::state() const {
  if (const auto* bytes = std::get_if<std::string>(&content_)) return FileState{bytes->size(), 0, 0, 0};
  struct stat seen {};
  if (::fstat(std::get<base::Descriptor>(content_).get(), &seen) != 0) return file_error("stat", name_);
  return FileState{static_cast<std::uint64_t>(seen.st_size), seen.st_mtim.tv_sec * 1'000'000'000 + seen.st_mtim.tv_nsec, seen.st_dev,
                   seen.st_ino};
}

base::Result<std::size_t> RecordFile::read(std::uint64_t offset, std::span<char> room) const {
  if (const auto* bytes = std::get_if<std::string>(&content_)) {
    if (offset >= bytes->size()) return std::size_t{0};
    const auto count = std::min(room.size(), bytes->size() - static_cast<std::size_t>(offset));
    std::memcpy(room.data(), bytes->data() + offset, count);
    return count;
  }
  std::size_t have = 0;
  while (have < room.size()) {
    const auto got =
        ::pread(std::get<base::Descriptor>(content_).get(), room.data() + have, room.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", name_);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

base::Result<NewFile> NewFile::begin(std::string path, Existing existing) {
  struct stat seen {};
  const bool there = ::lstat(path.c_str(), &seen) == 0;
  if (there && existing == Existing::refuse) return name_taken(path);
  if (there && !S_ISREG(seen.st_mode))
    return base::Error(base::Code::invalid_field, base::Text(fmt::format("{} 不是普通文件，不会替换。", path),
                                                             fmt::format("{} is no regular file and is not replaced.", path)));
  // A name of this process's own, which a crash leaves behind at most once.
  auto draft = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(draft.c_str());
  base::Descriptor fd(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (fd.get() < 0) return file_error("create", path);
  if (there) (void)::fchmod(fd.get(), seen.st_mode & 0777);
  return NewFile(std::move(path), std::move(draft), std::move(fd), existing);
}
NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      draft_(std::exchange(other.draft_, {})),
      fd_(std::move(other.fd_)),
      existing_(other.existing_),
      size_(other.size_) {}
NewFile::~NewFile() {
  if (!draft_.empty()) ::unlink(draft_.c_str());
}
base::Status NewFile::append(std::string_view bytes) {
  QUANJI_DO(write_at(fd_.get(), draft_, size_, bytes));
  size_ += bytes.size();
  return {};
}
base::Status NewFile::overwrite(std::uint64_t offset, std::string_view bytes) { return write_at(fd_.get(), draft_, offset, bytes); }
base::Status NewFile::finish() && {
  if (::fsync(fd_.get()) != 0) return file_error("sync", draft_);
  if (existing_ == Existing::refuse) {
    // Somebody may have put a file there meanwhile: a link does not replace it.
    if (::link(draft_.c_str(), path_.c_str()) != 0) {
      if (errno == EEXIST) return name_taken(path_);
      return file_error("link", path_);
    }
    ::unlink(draft_.c_str());
  } else if (::rename(draft_.c_str(), path_.c_str()) != 0) {
    return file_error("rename", path_);
  }
  draft_.clear();
  return base::sync_folder(base::folder_of(path_));
}

}  // namespace quanji::devices
