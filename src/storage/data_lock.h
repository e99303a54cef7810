// Inside of the room: the lock of a data directory. One process at a time, and whether the last one closed in order.
#pragma once
#include <string>

#include "base/result.h"

namespace quanji::storage::detail {

class DataLock {
 public:
  // Takes `folder`/lock (made when it is not there) without waiting; refuses when another process holds it.
  static base::Result<DataLock> take(const std::string& folder);
  DataLock(DataLock&& other) noexcept : fd_(other.fd_), clean_(other.clean_) { other.fd_ = -1; }
  DataLock& operator=(DataLock&&) = delete;
  ~DataLock();
  bool last_stop_was_clean() const { return clean_; }
  void mark_clean();  // on an orderly close, when everything is on disk

 private:
  DataLock(int fd, bool clean) : fd_(fd), clean_(clean) {}
  void write_word(const char* word);
  int fd_;
  bool clean_;
};

}  // namespace quanji::storage::detail
