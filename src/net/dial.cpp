#include "net/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Endpoint> unix_endpoint(const std::string& path) {
  Endpoint out;
  auto* address = reinterpret_cast<sockaddr_un*>(&out.storage);
  if (path.size() >= sizeof address->sun_path) return unreachable("unix:" + path, "the path is too long");
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
  out.size = sizeof(sockaddr_un);
  return out;
}

enum class Lookup { numbers_only, names };
Result<std::vector<Endpoint>> resolve(const Destination& to, Lookup lookup) {
  if (!to.unix_path.empty()) {
    QUANJI_TRY(auto one, unix_endpoint(to.unix_path));
    return std::vector<Endpoint>{one};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (lookup == Lookup::numbers_only ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found); failed != 0)
    return unreachable(to.host, ::gai_strerror(failed));
  std::vector<Endpoint> out;
  for (const auto* one = found; one; one = one->ai_next) {
    Endpoint endpoint;
    std::memcpy(&endpoint.storage, one->ai_addr, one->ai_addrlen);
    endpoint.size = one->ai_addrlen;
    out.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  return out;
}

// A descriptor on its way, or why it cannot even start.
Result<int> begin_connect(const Destination& to, const Endpoint& endpoint) {
  const int fd = ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return unreachable(to.host, std::strerror(errno));
  const int on = 1;
  if (endpoint.storage.ss_family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&endpoint.storage), endpoint.size) == 0 || errno == EINPROGRESS) return fd;
  const std::string why = std::strerror(errno);
  ::close(fd);
  return unreachable(to.host, why);
}
int connect_outcome(int fd) {
  int failed = 0;
  socklen_t size = sizeof failed;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
  return failed;
}

}  // namespace

Error too_late() {
  return Error(Code::robot_unreachable, Text("对方在规定时间内没有应答。", "The peer did not answer in time."), "deadline passed");
}
Error unreachable(const std::string& what, const std::string& why) {
  return Error(Code::robot_unreachable,
               Text("无法连接 " + what + "：" + why + "。请检查地址、网络与证书。",
                    "Cannot connect to " + what + ": " + why + ". Check the address, the network and the certificate."),
               why);
}

Status wait_until_ready(int fd, Io what, const Deadline& deadline) {
  for (;;) {
    const auto left = deadline.left();
    if (left.count() <= 0) return too_late();
    pollfd one{fd, static_cast<short>(what == Io::want_write ? POLLOUT : POLLIN), 0};
    // In slices, so that an injected clock is looked at too.
    const int slice = static_cast<int>(std::min<std::int64_t>(50, left.count() / 1000 + 1));
    const int ready = ::poll(&one, 1, slice);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return unreachable("the peer", std::strerror(errno));
  }
}

Result<std::unique_ptr<Link>> dial(const Destination& to, const Deadline& deadline) {
  QUANJI_TRY(auto endpoints, resolve(to, Lookup::names));
  Error last = unreachable(to.host, "no address");
  for (const auto& endpoint : endpoints) {
    auto fd = begin_connect(to, endpoint);
    if (!fd.ok()) {
      last = std::move(fd).error();
      continue;
    }
    auto link = make_client_link(*fd, to.tls.get(), to.host);
    QUANJI_DO(wait_until_ready(*fd, Io::want_write, deadline));
    if (const int failed = connect_outcome(*fd); failed != 0) {
      last = unreachable(to.host, std::strerror(failed));
      continue;
    }
    for (;;) {
      const auto moved = link->handshake();
      if (moved.io == Io::done) return link;
      if (moved.io == Io::ended || moved.io == Io::failed) return unreachable(to.host, "TLS: " + link->failure());
      QUANJI_DO(wait_until_ready(*fd, moved.io, deadline));
    }
  }
  return last;
}

class Dialling final : public Watcher, public std::enable_shared_from_this<Dialling> {
 public:
  Dialling(IoThread& io, Destination to, std::function<void(Result<std::unique_ptr<Link>>)> done)
      : io_(io), to_(std::move(to)), done_(std::move(done)), resolver_(io.io()) {}

  void start() {
    if (auto numbers = resolve(to_, Lookup::numbers_only); numbers.ok()) {
      endpoints_ = std::move(*numbers);
      return try_next("no address");
    }
    resolver_.async_resolve(
        to_.host, std::to_string(to_.port),
        [self = shared_from_this()](const boost::system::error_code& failed, const boost::asio::ip::tcp::resolver::results_type& found) {
          for (const auto& one : found) {
            Endpoint endpoint;
            std::memcpy(&endpoint.storage, one.endpoint().data(), one.endpoint().size());
            endpoint.size = static_cast<socklen_t>(one.endpoint().size());
            self->endpoints_.push_back(endpoint);
          }
          self->try_next(failed ? failed.message() : "no address");
        });
  }
  void cancel() {
    done_ = nullptr;
    resolver_.cancel();
    if (watch_) watch_->forget();
    link_.reset();
  }
  void readable() override { step(); }
  void writable() override { step(); }

 private:
  void finish(Result<std::unique_ptr<Link>> outcome) {
    if (watch_) watch_->forget();
    if (const auto done = std::move(done_)) {
      done_ = nullptr;
      done(std::move(outcome));
    }
  }
  void try_next(const std::string& why) {
    if (!done_) return;
    if (watch_) watch_->forget();
    link_.reset();
    connected_ = false;
    while (next_ < endpoints_.size()) {
      auto fd = begin_connect(to_, endpoints_[next_++]);
      if (!fd.ok()) continue;
      link_ = make_client_link(*fd, to_.tls.get(), to_.host);
      watch_ = std::make_unique<Watch>(io_, *fd);
      return watch_->wait_writable(shared_from_this());
    }
    finish(unreachable(to_.host, why));
  }
  void step() {
    if (!done_ || !link_) return;
    if (!connected_) {
      if (const int failed = connect_outcome(link_->fd()); failed != 0) return retry_later(std::strerror(failed));
      connected_ = true;
    }
    const auto moved = link_->handshake();
    if (moved.io == Io::want_read) return watch_->wait_readable(shared_from_this());
    if (moved.io == Io::want_write) return watch_->wait_writable(shared_from_this());
    if (moved.io != Io::done) return finish(unreachable(to_.host, "TLS: " + link_->failure()));
    watch_->forget();
    finish(std::move(link_));
  }
  // Posted: the Watch being replaced is the one whose callback we are in.
  void retry_later(std::string why) {
    io_.post([self = shared_from_this(), why = std::move(why)] { self->try_next(why); });
  }

  IoThread& io_;
  const Destination to_;
  std::function<void(Result<std::unique_ptr<Link>>)> done_;
  boost::asio::ip::tcp::resolver resolver_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Watch> watch_;
  bool connected_ = false;
};

std::shared_ptr<Dialling> dial(IoThread& io, Destination to, std::function<void(Result<std::unique_ptr<Link>>)> done) {
  auto made = std::make_shared<Dialling>(io, std::move(to), std::move(done));
  io.post([made] { made->start(); });
  return made;
}
void cancel(Dialling& dialling) { dialling.cancel(); }

}  // namespace quanji::net
