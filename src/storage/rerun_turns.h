// Inside of the room: who may run while PostgreSQL's changes that met others run again. Without it, changes that all write one row (the
// epoch of the rights) spend their re-runs on each other and on what came later.
#pragma once
#include <condition_variable>
#include <mutex>

namespace quanji::storage::detail {

// Any thread. Of one process: what meets changes of other nodes has its jitter.
class RerunTurns {
 public:
  // The first run of a change beside everything, the second and third beside first runs only, later ones alone.
  class Turn {
   public:
    Turn(RerunTurns& turns, int run) : turns_(turns), again_(run > 1), alone_(run > beside_first_runs) {
      std::unique_lock lock(turns_.mutex_);
      turns_.some_.wait(lock, [this] { return !turns_.alone_ && !(again_ && turns_.again_); });
      if (again_) turns_.again_ = true;
      if (alone_) {
        turns_.alone_ = true;  // from here on nothing new begins
        turns_.some_.wait(lock, [this] { return turns_.running_ == 0; });
      }
      ++turns_.running_;
    }
    ~Turn() {
      const std::lock_guard lock(turns_.mutex_);
      --turns_.running_;
      if (again_) turns_.again_ = false;
      if (alone_) turns_.alone_ = false;
      turns_.some_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    static constexpr int beside_first_runs = 3;
    RerunTurns& turns_;
    const bool again_, alone_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  // guarded by mutex_
  int running_ = 0;
  bool again_ = false, alone_ = false;
};

}  // namespace quanji::storage::detail
