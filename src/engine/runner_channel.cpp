#include "engine/runner_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace quanji::engine {

RunnerChannel::RunnerChannel(int fd) : fd_(fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); }

void RunnerChannel::send(const wire::RunnerMessage& message) {
  const auto bytes = wire::write_runner_message(message);
  if (!bytes) return;  // only outputs can be that large, and the journal holds at most a quarter of it
  const std::lock_guard lock(writing_);
  std::size_t sent = 0;
  while (sent < bytes->size()) {
    const auto n = ::send(fd_.get(), bytes->data() + sent, bytes->size() - sent, MSG_NOSIGNAL);
    if (n > 0)
      sent += static_cast<std::size_t>(n);
    else if (n < 0 && errno != EINTR)
      return;
  }
}

RunnerChannel::Read RunnerChannel::receive(int milliseconds, wire::RunnerMessage& message) {
  for (;;) {
    auto next = reader_.next();
    if (!next) return Read::gone;
    if (*next) {
      message = std::move(**next);
      return Read::message;
    }
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, milliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return ready == 0 ? Read::nothing : Read::gone;
    char bytes[16 * 1024];
    iovec part{bytes, sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const auto n = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); n >= 0 && c; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
        passed_.emplace_back(fd);
      }
    }
    if (n <= 0) return Read::gone;
    reader_.add({bytes, static_cast<std::size_t>(n)});
  }
}

}  // namespace quanji::engine
