#include "engine/control.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace quanji::engine {

Halt::Halt(Halt* above) : above_(above), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!above_) return;
  bool late = false;
  {
    const std::lock_guard lock(above_->mutex_);
    above_->below_.push_back(this);
    late = above_->asked();
  }
  if (late) ask();
}
Halt::~Halt() {
  if (!above_) return;
  const std::lock_guard lock(above_->mutex_);
  std::erase(above_->below_, this);
}
void Halt::ask() {
  const std::lock_guard lock(mutex_);
  if (asked_.exchange(true)) return;
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
  for (auto* below : below_) below->ask();
}

short SystemWaiting::poll(Halt& halt, int fd, short events, std::chrono::microseconds until) {
  for (;;) {
    const auto now = clock_.monotonic();
    const auto left = until == for_ever ? for_ever : until - now;
    // Rounded up: who comes back a moment early would ask again and again.
    const int milliseconds = left == for_ever ? -1
                             : left <= std::chrono::microseconds(0)
                                 ? 0
                                 : static_cast<int>(std::min<std::int64_t>((left.count() + 999) / 1000, 3'600'000));
    pollfd fds[2] = {{halt.descriptor(), POLLIN, 0}, {fd, events, 0}};
    const int ready = ::poll(fds, fd < 0 ? 1 : 2, milliseconds);
    if (ready < 0) continue;  // a signal
    if (halt.asked()) return 0;
    if (fd >= 0 && fds[1].revents != 0) return fds[1].revents;
    if (until != for_ever && clock_.monotonic() >= until) return 0;
  }
}

void ManualWaiting::sleep(Halt& halt, std::chrono::microseconds until) {
  if (halt.asked()) return;
  if (until == for_ever) {  // somebody else has to ask
    pollfd one{halt.descriptor(), POLLIN, 0};
    while (::poll(&one, 1, -1) < 0) {
    }
    return;
  }
  const std::lock_guard lock(mutex_);
  if (const auto now = clock_.monotonic(); until > now) clock_.advance(until - now);
}
short ManualWaiting::poll(Halt& halt, int fd, short events, std::chrono::microseconds until) {
  pollfd fds[2] = {{halt.descriptor(), POLLIN, 0}, {fd, events, 0}};
  const int ready = ::poll(fds, 2, until == for_ever ? -1 : 0);
  if (halt.asked()) return 0;
  if (ready > 0 && fds[1].revents != 0) return fds[1].revents;
  sleep(halt, until);
  return 0;
}

}  // namespace quanji::engine
