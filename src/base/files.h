// Small durable files and the folders they stand in.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::base {

// A descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  int release();

 private:
  int fd_ = -1;
};

// What errno says, for Error::detail: "open keys/root.key: Permission denied".
std::string system_detail(std::string_view act, std::string_view path);

// Makes the file with all its content, or nothing: refuses (Code::name_taken) when something stands there already; on the disk when it
// returns. `mode` is exact, whatever the umask. Code::store_unavailable when the disk refuses.
Status create_durable_file(const std::string& path, std::string_view content, unsigned mode);
// Makes names that were added to or taken from the folder durable.
Status sync_folder(const std::string& folder);
std::string folder_of(const std::string& path);
// All bytes of an open file from its start, of a pipe or a terminal what comes until its end; at most `limit` (Code::too_large).
Result<std::string> read_whole(int fd, std::size_t limit);

}  // namespace quanji::base
