// Connecting to a server: names, addresses, sockets, TLS; driven by poll(2) or by an io thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/client.h"
#include "net/io_thread.h"
#include "net/link.h"

namespace quanji::net {

struct Destination {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;           // when set, host is for TLS only
  std::shared_ptr<TlsClient> tls;  // none: plain
};

// The moment a call must be over, on the injected clock.
struct Deadline {
  base::Clock& clock;
  std::chrono::microseconds at;
  static Deadline in(base::Clock& clock, std::chrono::milliseconds most) { return {clock, clock.monotonic() + most}; }
  std::chrono::microseconds left() const { return at - clock.monotonic(); }
};
base::Error too_late();
base::Error unreachable(const std::string& what, const std::string& why);

// Waits until the descriptor is ready or the deadline has passed.
base::Status wait_until_ready(int fd, Io what, const Deadline& deadline);

base::Result<std::unique_ptr<Link>> dial(const Destination& to, const Deadline& deadline);

// The same on an io thread. `done` is called there, once, unless the returned call is cancelled first.
class Dialling;
std::shared_ptr<Dialling> dial(IoThread& io, Destination to, std::function<void(base::Result<std::unique_ptr<Link>>)> done);
void cancel(Dialling& dialling);

}  // namespace quanji::net
