// For tests: stands between libpq and PostgreSQL on a Unix socket, counts the client's messages and breaks the connection at the n-th.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace quanji::storage::conformance {

// before: the server never sees the n-th message; after: it does, and its answer is lost.
enum class Cut : std::uint8_t { before, after };

class SocketCutter {
 public:
  // Listens below a new temporary folder for a server whose socket is in `server_folder`.
  explicit SocketCutter(const std::string& server_folder);
  ~SocketCutter();
  const std::string& folder() const { return folder_; }
  // The n-th message from now (all connections counted together, n from 1) ends its connection, once.
  void arm(std::int64_t n, Cut cut);
  void disarm() { left_ = 0; }
  bool fired() const { return fired_; }

 private:
  struct Line;
  void loop();
  std::string folder_, server_;
  int listener_ = -1, wake_[2] = {-1, -1};
  std::atomic<std::int64_t> left_{0};  // 0: not armed
  std::atomic<Cut> cut_{Cut::before};
  std::atomic<bool> fired_{false};
  std::thread thread_;
};

}  // namespace quanji::storage::conformance
