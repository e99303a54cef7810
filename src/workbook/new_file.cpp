#include "workbook/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/encodings.h"

namespace quanji::workbook {
namespace {

base::Error taken(const std::string& path) {
  const auto name = base::repair_utf8(name_of(path));
  return base::Error(base::Code::name_taken, base::Text(fmt::format("文件 {} 已经存在；换一个名字，或允许替换。", name),
                                                        fmt::format("The file {} is there already; take another name or allow it to be "
                                                                    "replaced.",
                                                                    name)));
}

}  // namespace

std::string name_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

base::Error file_error(std::string_view act, const std::string& path) {
  const int why = errno;
  auto detail = base::system_detail(act, path);
  const auto name = base::repair_utf8(name_of(path));
  if (why == ENOENT || why == ENOTDIR)
    return base::Error(base::Code::not_found,
                       base::Text(fmt::format("文件 {} 或它所在的文件夹不存在；检查路径。", name),
                                  fmt::format("The file {} or the folder it stands in is not there; check the path.", name)),
                       std::move(detail));
  if (why == EACCES || why == EPERM || why == EROFS)
    return base::Error(base::Code::not_permitted,
                       base::Text(fmt::format("没有权限读写文件 {}；检查它的权限。", name),
                                  fmt::format("The file {} may not be opened here; check its permissions.", name)),
                       std::move(detail));
  if (why == ENOSPC || why == EDQUOT)
    return base::Error(base::Code::store_unavailable,
                       base::Text(fmt::format("写文件 {} 时磁盘已满；腾出空间后再来一次。", name),
                                  fmt::format("The disk is full while writing {}; make room and try again.", name)),
                       std::move(detail));
  return base::Error(base::Code::store_unavailable,
                     base::Text(fmt::format("磁盘拒绝了对文件 {} 的读写；看日志中的原因。", name),
                                fmt::format("The disk refused to read or write {}; the log has the reason.", name)),
                     std::move(detail));
}

base::Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return file_error("write", path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

base::Result<NewFile> NewFile::begin(const std::string& path, Existing existing) {
  NewFile file;
  file.path_ = path;
  file.existing_ = existing;
  struct stat there = {};
  if (::stat(path.c_str(), &there) == 0) {
    if (existing == Existing::refuse) return taken(path);
    if (!S_ISREG(there.st_mode)) {
      errno = S_ISDIR(there.st_mode) ? EISDIR : EPERM;
      return file_error("replace", path);
    }
  }
  const auto part = path + ".part";
  ::unlink(part.c_str());
  file.fd_ = base::Descriptor(::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (file.fd_.get() < 0) return file_error("open", part);
  // What is replaced keeps its permissions.
  if (there.st_mode != 0) ::fchmod(file.fd_.get(), there.st_mode & 07777);
  file.part_ = part;
  return file;
}

NewFile::~NewFile() {
  if (!part_.empty() && fd_.get() >= 0) ::unlink(part_.c_str());
}

base::Status NewFile::write(std::string_view bytes) { return write_all(fd_.get(), bytes, part_); }

base::Status NewFile::place() {
  if (::fsync(fd_.get()) != 0) return file_error("fsync", part_);
  const unsigned flags = existing_ == Existing::refuse ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str(), flags) != 0)
    return errno == EEXIST ? taken(path_) : file_error("rename", path_);
  ::close(fd_.release());
  part_.clear();
  return base::sync_folder(base::folder_of(path_));
}

}  // namespace quanji::workbook
