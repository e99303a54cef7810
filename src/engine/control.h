// Stopping and waiting: how a run, or one branch of it, is asked to leave, and how it waits without missing that.
#pragma once
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/files.h"

namespace quanji::engine {

// Asked once, by any thread. What hangs below is asked too, also when it is made later.
class Halt {
 public:
  explicit Halt(Halt* above = nullptr);  // which must outlive it
  ~Halt();
  Halt(const Halt&) = delete;
  Halt& operator=(const Halt&) = delete;
  void ask();
  bool asked() const { return asked_.load(std::memory_order_acquire); }
  // Readable once it was asked.
  int descriptor() const { return event_.get(); }

 private:
  Halt* above_;
  base::Descriptor event_;
  std::atomic<bool> asked_{false};
  std::mutex mutex_;
  std::vector<Halt*> below_;  // guarded by mutex_
};

inline constexpr std::chrono::microseconds for_ever = std::chrono::microseconds::max();

// The one place where a run waits. Both come back early when `halt` is asked.
class Waiting {
 public:
  virtual ~Waiting() = default;
  // Until the clock's monotonic time is `until`.
  virtual void sleep(Halt& halt, std::chrono::microseconds until) = 0;
  // Until the descriptor has one of `events`; what it has, 0 when the time has come or it was halted.
  virtual short poll(Halt& halt, int fd, short events, std::chrono::microseconds until) = 0;
};
class SystemWaiting final : public Waiting {
 public:
  explicit SystemWaiting(base::Clock& clock) : clock_(clock) {}
  void sleep(Halt& halt, std::chrono::microseconds until) override { poll(halt, -1, 0, until); }
  short poll(Halt& halt, int fd, short events, std::chrono::microseconds until) override;

 private:
  base::Clock& clock_;
};
// Time that passes because somebody waits: moves the clock instead. For tests and simulations.
class ManualWaiting final : public Waiting {
 public:
  explicit ManualWaiting(base::ManualClock& clock) : clock_(clock) {}
  void sleep(Halt& halt, std::chrono::microseconds until) override;
  short poll(Halt& halt, int fd, short events, std::chrono::microseconds until) override;

 private:
  base::ManualClock& clock_;
  std::mutex mutex_;
};

}  // namespace quanji::engine
