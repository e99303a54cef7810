#include "storage/blob_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/files.h"

namespace quanji::storage::detail {

using base::Code;
using base::Text;

Error disk_failed(std::string_view act, std::string_view path) {
  const int why = errno;
  auto detail = base::system_detail(act, path);
  if (why == ENOSPC || why == EDQUOT)
    return Error(Code::store_unavailable,
                 Text("存放文件的磁盘已满，请管理员清理后重试", "the disk for files is full: make room, then try again"),
                 std::move(detail));
  return Error(Code::store_unavailable, Text("存放文件的磁盘读写失败，请联系管理员", "the disk for files failed: tell the administrator"),
               std::move(detail));
}
Error blob_gone() {
  return Error(Code::store_unavailable, Text("文件内容不在其登记的位置，请联系管理员核对存储",
                                             "the content is not where it is registered: have the storage checked"));
}

Status write_whole(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}
Result<std::string> read_at(int file, std::int64_t offset, std::size_t most, const std::string& path) {
  std::string out(most, '\0');
  for (;;) {
    const auto n = ::pread(file, out.data(), most, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_failed("read", path);
    out.resize(static_cast<std::size_t>(n));
    return out;
  }
}
Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return disk_failed("make", path);
  return {};
}

Status remove_left_over(const std::string& folder) {
  DIR* const open = ::opendir(folder.c_str());
  if (!open) return disk_failed("open", folder);
  std::vector<std::string> left;
  while (const auto* entry = ::readdir(open))
    if (std::string_view(entry->d_name).starts_with(staging_prefix)) left.push_back(folder + "/" + entry->d_name);
  ::closedir(open);
  for (const auto& path : left) {
    const base::Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  }
  return {};
}

}  // namespace quanji::storage::detail
