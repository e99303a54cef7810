// Inside of the room: jobs that wait, by priority, bounded; and batch calls that gather by operation until a writer has time for them.
#pragma once
#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/store.h"

namespace quanji::storage::detail {

// Answered when a queue is full: 60001 with Retry-After.
Error too_many_waiting();
// Answered when the store is closed or has stopped for a failure of the disk.
Error store_closed();

// One thing for a writer: a job, or up to batch_calls gathered calls of one operation.
struct WriteItem {
  std::optional<ChangeJob> job;
  const BatchOperation* operation = nullptr;
  std::vector<BatchCall*> calls;
  std::size_t changes() const { return job ? 1 : calls.size(); }
};

// Any thread.
class WriteQueue {
 public:
  explicit WriteQueue(std::size_t limit) : limit_(limit) {}
  // On refusal the job or call is answered at once, on this thread.
  void push(ChangeJob job);
  void push(const BatchOperation& operation, BatchCall* call);
  // The most urgent item. wait: blocks until there is one, empty when the queue is closed and drained; take: empty when there is none.
  std::optional<WriteItem> wait();
  std::optional<WriteItem> take();
  // Waits at most `for_how_long` or until the queue is closed.
  void pause(std::chrono::microseconds for_how_long);
  void close();  // nothing more comes in; what waits is still handed out
  bool closed() const;
  std::size_t size() const;
  // Takes everything out and answers it with the error.
  void refuse_all(const Error& error);

 private:
  struct Slot {
    std::optional<ChangeJob> job;
    const BatchOperation* operation = nullptr;  // a turn for one batch of it
  };
  std::optional<WriteItem> take_locked();
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable some_, closing_;
  // guarded by mutex_
  std::array<std::deque<Slot>, priorities> slots_;
  std::array<std::size_t, priorities> waiting_{};
  std::unordered_map<const BatchOperation*, std::deque<BatchCall*>> gathered_;
  std::size_t size_ = 0;
  bool closed_ = false;
};

// Views, and other reading that needs a connection of type C; C is null when the store closed before its turn. What comes after
// Priority::reads is slow: at most half of the readers run it at a time, so that short reads always find one.
template <class C>
class ReadQueue {
 public:
  using Run = std::function<void(C*)>;
  struct Turn {
    Run run;
    bool slow = false;
  };
  ReadQueue(std::size_t limit, int readers)
      : limit_(limit), slow_limit_(std::max<std::size_t>(1, limit / 8)), slow_readers_(std::max(1, readers / 2)) {}
  // False: full or closed; then nothing was taken.
  bool push(Priority priority, Run run) {
    const std::lock_guard lock(mutex_);
    auto& queue = queues_[static_cast<std::size_t>(priority)];
    if (closed_ || queue.size() >= (slow(priority) ? slow_limit_ : limit_)) return false;
    queue.push_back(std::move(run));
    ++size_;
    some_.notify_one();
    return true;
  }
  // The most urgent turn there is a reader for; give it back when it has run.
  std::optional<Turn> wait() {
    std::unique_lock lock(mutex_);
    for (;;) {
      for (std::size_t at = 0; at < priorities; ++at) {
        auto& queue = queues_[at];
        const bool is_slow = slow(static_cast<Priority>(at));
        if (queue.empty() || (is_slow && slow_running_ == slow_readers_)) continue;
        Turn turn{std::move(queue.front()), is_slow};
        queue.pop_front();
        --size_;
        slow_running_ += is_slow;
        return turn;
      }
      if (closed_ && size_ == 0) return std::nullopt;
      some_.wait(lock);
    }
  }
  void give_back(const Turn& turn) {
    if (!turn.slow) return;
    const std::lock_guard lock(mutex_);
    --slow_running_;
    some_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    some_.notify_all();
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return size_;
  }

 private:
  static bool slow(Priority priority) { return priority > Priority::reads; }
  const std::size_t limit_, slow_limit_;
  const int slow_readers_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  // guarded by mutex_
  std::array<std::deque<Run>, priorities> queues_;
  std::size_t size_ = 0;
  int slow_running_ = 0;
  bool closed_ = false;
};

}  // namespace quanji::storage::detail
