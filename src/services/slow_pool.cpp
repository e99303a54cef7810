#include "services/slow_pool.h"

#include <utility>

namespace quanji::services {

SlowPool::SlowPool(std::size_t threads, std::size_t limit) : limit_(limit) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}
SlowPool::~SlowPool() { close(); }

bool SlowPool::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || queue_.size() >= limit_) return false;
    queue_.push_back(std::move(work));
  }
  come_.notify_one();
  return true;
}

void SlowPool::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  come_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

std::size_t SlowPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void SlowPool::run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      come_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace quanji::services
