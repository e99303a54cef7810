#include "storage/write_queue.h"

namespace quanji::storage::detail {
namespace {
void refuse(ChangeJob& job, Error error) {
  if (job.done) job.done(std::move(error));
}
void refuse(BatchCall* call, Error error) {
  call->result = std::move(error);
  if (call->done) call->done(*call);
}
}  // namespace

Error too_many_waiting() {
  return Error(base::Code::too_many_calls, base::Text("等待处理的请求已满，请稍后重试", "Too much work is waiting; try again shortly"),
               "a queue of the store is full")
      .with_retry_after(1);
}
Error store_closed() {
  return Error(base::Code::store_unavailable,
               base::Text("数据库已停止服务，请等待平台重新启动", "The store has stopped; wait until the platform has started again"),
               "the store is closed");
}

void WriteQueue::push(ChangeJob job) {
  const auto at = static_cast<std::size_t>(job.priority);
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && waiting_[at] < limit_) {
      slots_[at].push_back({std::move(job), nullptr});
      ++waiting_[at];
      ++size_;
      some_.notify_one();
      return;
    }
  }
  refuse(job, closed() ? store_closed() : too_many_waiting());
}

void WriteQueue::push(const BatchOperation& operation, BatchCall* call) {
  const auto at = static_cast<std::size_t>(operation.priority);
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && waiting_[at] < limit_) {
      auto& calls = gathered_[&operation];
      if (calls.empty()) slots_[at].push_back({std::nullopt, &operation});
      calls.push_back(call);
      ++waiting_[at];
      ++size_;
      some_.notify_one();
      return;
    }
  }
  refuse(call, closed() ? store_closed() : too_many_waiting());
}

std::optional<WriteItem> WriteQueue::take_locked() {
  for (std::size_t at = 0; at < priorities; ++at) {
    auto& slots = slots_[at];
    if (slots.empty()) continue;
    Slot slot = std::move(slots.front());
    slots.pop_front();
    WriteItem item;
    if (slot.job) {
      item.job = std::move(slot.job);
    } else {
      item.operation = slot.operation;
      auto& calls = gathered_[slot.operation];
      std::size_t bytes = 0;
      while (!calls.empty() && item.calls.size() < batch_calls && (item.calls.empty() || bytes + calls.front()->bytes <= batch_bytes)) {
        bytes += calls.front()->bytes;
        item.calls.push_back(calls.front());
        calls.pop_front();
      }
      if (!calls.empty()) {
        slots.push_back({std::nullopt, slot.operation});
        some_.notify_one();
      }
    }
    waiting_[at] -= item.changes();
    size_ -= item.changes();
    return item;
  }
  return std::nullopt;
}

std::optional<WriteItem> WriteQueue::wait() {
  std::unique_lock lock(mutex_);
  some_.wait(lock, [this] { return closed_ || size_ > 0; });
  return take_locked();
}
std::optional<WriteItem> WriteQueue::take() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}
void WriteQueue::pause(std::chrono::microseconds for_how_long) {
  std::unique_lock lock(mutex_);
  closing_.wait_for(lock, for_how_long, [this] { return closed_; });
}
void WriteQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  some_.notify_all();
  closing_.notify_all();
}
bool WriteQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}
std::size_t WriteQueue::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}
void WriteQueue::refuse_all(const Error& error) {
  while (auto item = take()) {
    if (item->job) refuse(*item->job, error.clone());
    for (auto* call : item->calls) refuse(call, error.clone());
  }
}

}  // namespace quanji::storage::detail
