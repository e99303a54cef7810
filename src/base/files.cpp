#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace quanji::base {
namespace {

Error disk_refused(std::string detail) {
  return Error(Code::store_unavailable, Text("磁盘拒绝了读写，请检查空间与权限。", "The disk refused: look at its space and the rights."),
               std::move(detail));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
int Descriptor::release() { return std::exchange(fd_, -1); }

std::string system_detail(std::string_view act, std::string_view path) { return fmt::format("{} {}: {}", act, path, std::strerror(errno)); }

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return disk_refused(system_detail("sync", folder));
  return {};
}

Status create_durable_file(const std::string& path, std::string_view content, unsigned mode) {
  // Written under another name and linked: a crash leaves the whole file or none.
  const auto draft = path + ".new";
  ::unlink(draft.c_str());
  const Descriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) return disk_refused(system_detail("create", draft));
  const auto give_up = [&](std::string_view act) {
    auto error = disk_refused(system_detail(act, draft));
    ::unlink(draft.c_str());
    return error;
  };
  while (!content.empty()) {
    const auto written = ::write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return give_up("write");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fchmod(fd.get(), mode) != 0) return give_up("chmod");
  if (::fsync(fd.get()) != 0) return give_up("sync");
  if (::link(draft.c_str(), path.c_str()) != 0) {
    if (errno != EEXIST) return give_up("link");
    ::unlink(draft.c_str());
    return Error(Code::name_taken,
                 Text(fmt::format("文件 {} 已存在，不会覆盖。", path), fmt::format("The file {} exists and is not overwritten.", path)));
  }
  ::unlink(draft.c_str());
  return sync_folder(folder_of(path));
}

Result<std::string> read_whole(int fd, std::size_t limit) {
  std::string content;
  bool stream = false;
  for (;;) {
    const auto before = content.size();
    content.resize(before + 65536);
    const auto got =
        stream ? ::read(fd, content.data() + before, 65536) : ::pread(fd, content.data() + before, 65536, static_cast<off_t>(before));
    if (got < 0 && (errno == EINTR || (errno == ESPIPE && !stream))) {
      stream = stream || errno == ESPIPE;
      content.resize(before);
      continue;
    }
    if (got < 0) return disk_refused(system_detail("read", "file"));
    content.resize(before + static_cast<std::size_t>(got));
    if (content.size() > limit) return Error(Code::too_large, fmt::format("a file of more than {} bytes", limit));
    if (got == 0) return content;
  }
}

}  // namespace quanji::base
