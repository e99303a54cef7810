#include "api/ticker.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"

namespace quanji::api {

struct Ticker::Body {
  explicit Body(base::Clock& the_clock) : clock(the_clock) {}
  struct Loop {
    std::string name;
    std::chrono::microseconds every, next;
    std::function<void()> tick;
  };
  base::Clock& clock;
  std::vector<Loop> loops;  // constant after start
  std::mutex mutex;
  std::condition_variable wake;
  bool ending = false;  // guarded by mutex
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (!ending) {
      const auto now = clock.monotonic();
      auto next = now + std::chrono::seconds(1);
      for (auto& loop : loops) {
        if (loop.next <= now) {
          lock.unlock();
          try {
            loop.tick();
          } catch (const std::exception& e) {
            base::log::error("loop_failed", {{"loop", loop.name}, {"what", e.what()}});
          }
          lock.lock();
          loop.next = clock.monotonic() + loop.every;
        }
        next = std::min(next, loop.next);
      }
      const auto wait = next - clock.monotonic();
      if (wait.count() > 0) wake.wait_for(lock, wait, [this] { return ending; });
    }
  }
};

Ticker::Ticker(base::Clock& clock) : body_(std::make_unique<Body>(clock)) {}
Ticker::~Ticker() { stop(); }
void Ticker::add(std::string name, std::chrono::milliseconds every, std::function<void()> tick) {
  body_->loops.push_back({std::move(name), every, std::chrono::microseconds(0), std::move(tick)});
}
void Ticker::start() {
  body_->thread = std::thread([body = body_.get()] { body->run(); });
}
void Ticker::stop() {
  {
    const std::scoped_lock lock(body_->mutex);
    body_->ending = true;
  }
  body_->wake.notify_all();
  if (body_->thread.joinable()) body_->thread.join();
}

}  // namespace quanji::api
