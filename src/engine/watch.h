// What the step loop and the thread of pipe and deadlines tell each other. Only atomics: neither ever waits for the other, and the
// watching thread never needs the GIL.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "engine/python.h"

namespace quanji::engine {

class RunWatch {
 public:
  RunWatch(base::Clock& clock, std::chrono::milliseconds expression_limit) : clock_(clock), limit_(expression_limit) {}

  // ---- the step loop ----
  void at_step(std::int64_t index) { step_.store(index, std::memory_order_relaxed); }
  void step_done() { done_.fetch_add(1, std::memory_order_relaxed); }
  void python_begins() { since_.store(clock_.monotonic().count(), std::memory_order_release); }
  void python_ended() { since_.store(idle, std::memory_order_release); }
  bool stop_asked() const { return stop_.load(std::memory_order_acquire); }

  // ---- the watching thread ----
  void ask_stop() { stop_.store(true, std::memory_order_release); }
  std::int64_t step() const { return step_.load(std::memory_order_relaxed); }
  std::int64_t steps_done() const { return done_.load(std::memory_order_relaxed); }
  // Why the expression at work has to leave, if it has to.
  std::optional<Interrupt> due() const {
    const auto since = since_.load(std::memory_order_acquire);
    if (since == idle) return std::nullopt;
    if (stop_asked()) return Interrupt::stop;
    if (clock_.monotonic() - std::chrono::microseconds(since) >= limit_) return Interrupt::time_limit;
    return std::nullopt;
  }
  std::chrono::milliseconds limit() const { return limit_; }

 private:
  static constexpr std::int64_t idle = INT64_MIN;
  base::Clock& clock_;
  const std::chrono::milliseconds limit_;
  std::atomic<std::int64_t> step_{-1}, done_{0}, since_{idle};
  std::atomic<bool> stop_{false};
};

}  // namespace quanji::engine
