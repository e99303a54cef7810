// The two threads for what is slow on purpose or by nature (Argon2id, LDAP, digests of files), with a bounded queue.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace quanji::services {

class SlowPool {
 public:
  explicit SlowPool(std::size_t threads = 2, std::size_t limit = 256);
  ~SlowPool();  // finishes what waits
  SlowPool(const SlowPool&) = delete;
  SlowPool& operator=(const SlowPool&) = delete;
  // False when the queue is full or closing: answer too_many_calls. `work` does not throw.
  bool submit(std::function<void()> work);
  void close();
  std::size_t waiting() const;

 private:
  void run();
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable come_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  bool closing_ = false;                     // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace quanji::services
