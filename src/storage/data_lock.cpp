#include "storage/data_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace quanji::storage::detail {

base::Result<DataLock> DataLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return base::Error(base::Code::store_unavailable,
                       base::Text(fmt::format("无法写入数据目录 {}：{}", folder, std::strerror(errno)),
                                  fmt::format("The data directory {} cannot be written: {}", folder, std::strerror(errno))),
                       "open lock");
  char text[64] = {};
  const auto size = ::pread(fd, text, sizeof text - 1, 0);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return base::Error(base::Code::store_unavailable,
                       base::Text(fmt::format("数据目录 {} 正被另一个平台进程使用（{}）；请先停止它", folder,
                                              std::string_view(text, size > 0 ? static_cast<std::size_t>(size) : 0)),
                                  fmt::format("The data directory {} is in use by another platform process ({}); stop it first", folder,
                                              std::string_view(text, size > 0 ? static_cast<std::size_t>(size) : 0))),
                       "flock");
  }
  // Read again: the owner may have closed in between. An empty file: nothing was ever opened here.
  char now[64] = {};
  const auto length = ::pread(fd, now, sizeof now - 1, 0);
  DataLock lock(fd, length <= 0 || std::string_view(now, static_cast<std::size_t>(length)) == "closed");
  lock.write_word(fmt::format("pid {}", ::getpid()).c_str());
  return lock;
}

void DataLock::write_word(const char* word) {
  // Best effort: a wrong word costs one check of the database at most.
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, word, std::strlen(word), 0) > 0) ::fdatasync(fd_);
}
void DataLock::mark_clean() { write_word("closed"); }
DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace quanji::storage::detail
