#include "net/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <latch>

#include "net/connection.h"
#include "net/server_core.h"

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

constexpr std::size_t most_refused_at_once = 256;  // strangers who are told why they were turned away

struct Bound {
  int fd = -1;
  std::uint16_t port = 0;
  std::string unix_path;
};

Error cannot_listen(const std::string& address, const std::string& why) {
  return Error(Code::invalid_field,
               Text("无法监听 " + address + "：" + why + "。请检查地址格式（如 0.0.0.0:7443、[::]:7443、unix:/路径）及端口是否被占用。",
                    "Cannot listen on " + address + ": " + why +
                        ". Check the form (0.0.0.0:7443, [::]:7443, unix:/path) and whether the port is in use."));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string unix_path;
};

Result<SocketAddress> parse_address(const std::string& text) {
  SocketAddress out;
  if (text.rfind("unix:", 0) == 0) {
    out.unix_path = text.substr(5);
    auto* address = reinterpret_cast<sockaddr_un*>(&out.storage);
    if (out.unix_path.empty() || out.unix_path.size() >= sizeof address->sun_path)
      return cannot_listen(text, "the path is empty or too long");
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, out.unix_path.c_str(), out.unix_path.size() + 1);
    out.size = sizeof(sockaddr_un);
    return out;
  }
  const auto colon = text.rfind(':');
  unsigned port = 0;
  if (colon == std::string::npos) return cannot_listen(text, "the port is missing");
  const char* end = text.data() + text.size();
  if (const auto [at, failed] = std::from_chars(text.data() + colon + 1, end, port); failed != std::errc() || at != end || port > 65535)
    return cannot_listen(text, "the port is not a number from 0 to 65535");
  std::string host = text.substr(0, colon);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']' &&
      inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof(sockaddr_in6);
  } else if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof(sockaddr_in);
  } else {
    return cannot_listen(text, "the host is not a numeric address");
  }
  return out;
}

Result<Bound> bind_and_listen(const std::string& text) {
  QUANJI_TRY(SocketAddress address, parse_address(text));
  Bound out;
  out.unix_path = address.unix_path;
  out.fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (out.fd < 0) return cannot_listen(text, std::strerror(errno));
  const int on = 1;
  if (out.unix_path.empty())
    ::setsockopt(out.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  else if (struct stat about{}; ::lstat(out.unix_path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode))
    ::unlink(out.unix_path.c_str());
  if (::bind(out.fd, reinterpret_cast<sockaddr*>(&address.storage), address.size) != 0 || ::listen(out.fd, 4096) != 0) {
    const std::string why = std::strerror(errno);
    ::close(out.fd);
    return cannot_listen(text, why);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(out.fd, reinterpret_cast<sockaddr*>(&bound), &size);
  if (bound.ss_family == AF_INET) out.port = ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  if (bound.ss_family == AF_INET6) out.port = ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
  return out;
}

void describe_peer(const sockaddr_storage& from, Peer& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&from);
    peer.address = inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    peer.port = ntohs(v4->sin_port);
  } else if (from.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&from);
    peer.address = inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    if (peer.address.rfind("::ffff:", 0) == 0) peer.address.erase(0, 7);  // one spelling for one client
    peer.port = ntohs(v6->sin6_port);
  } else {
    peer.address = "unix";
  }
}

// Accepts on one io thread and deals the connections out to all of them in turn.
class Acceptor final : public Tenant, public Watcher, public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(std::shared_ptr<ServerCore> core, IoThread& io, Bound bound, const Listener& listener)
      : core_(std::move(core)), io_(io), bound_(std::move(bound)), tag_(listener.tag), tls_(listener.tls), watch_(io, bound_.fd) {}
  ~Acceptor() override { shut(); }
  void start() {
    io_.table().move_in(shared_from_this());
    watch_.wait_readable(shared_from_this());
  }
  void expired() override {
    if (bound_.fd >= 0) readable();
  }
  void drain() override { cut(); }
  void cut() override {
    shut();
    io_.table().move_out(*this);
  }
  void writable() override {}
  void readable() override {
    for (int i = 0; i < 128 && bound_.fd >= 0; ++i) {
      if (tls_ && core_->admit_handshake(io_.now()) == ServerCore::Admission::later) return io_.deadline(*this, std::chrono::seconds(0));
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const int fd = ::accept4(bound_.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (tls_) --core_->handshakes_this_second;
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) break;
        // Out of descriptors or memory: the queue keeps them until the next tick.
        return io_.deadline(*this, std::chrono::seconds(0));
      }
      admit(fd, from);
    }
    if (bound_.fd >= 0) watch_.wait_readable(shared_from_this());
  }

 private:
  void shut() {
    watch_.forget();
    if (bound_.fd >= 0) ::close(bound_.fd);
    bound_.fd = -1;
    if (!bound_.unix_path.empty()) ::unlink(bound_.unix_path.c_str());
    bound_.unix_path.clear();
  }
  void admit(int fd, const sockaddr_storage& from) {
    ++core_->accepted;
    const int on = 1;
    if (from.ss_family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto peer = std::make_shared<Peer>();
    describe_peer(from, *peer);
    peer->listener = tag_;
    peer->channel = tls_ ? Peer::Channel::tls : Peer::Channel::plain;
    Seat seat;
    const auto refused = Seat::take(core_, peer->address, seat);
    if (refused) {
      const bool tell = !tls_ && core_->open < core_->options.limits.connections + most_refused_at_once;
      if (!tell) {
        core_->note(*refused, *peer);
        ::close(fd);
        return;
      }
      seat = Seat::standing(core_);
    }
    IoThread& home = *core_->threads[next_++ % core_->threads.size()];
    const auto live = tls_ ? tls_->live() : nullptr;
    // The link owns the descriptor from here, even if the other thread has just ended and drops the post.
    auto begin = [core = core_, &home, link = make_server_link(fd, live.get()), live, peer, seat = std::move(seat), refused]() mutable {
      auto connection = std::make_shared<Connection>(core, home, std::move(link), live, peer, std::move(seat));
      if (refused)
        connection->start_refused(*refused, *refused == Refusal::too_many_connections ? 503 : 429);
      else
        connection->start();
    };
    if (home.here())
      begin();
    else
      home.post(std::move(begin));
  }

  const std::shared_ptr<ServerCore> core_;
  IoThread& io_;
  Bound bound_;
  const std::string tag_;
  const std::shared_ptr<TlsServer> tls_;
  Watch watch_;
  std::size_t next_ = 0;
};

}  // namespace

struct Server::Body {
  std::shared_ptr<ServerCore> core;
  std::vector<std::pair<std::string, std::uint16_t>> ports;
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<std::uint32_t> drain_until{0};
};

Server::Server() : body_(std::make_unique<Body>()) {}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  if (!options.clock) options.clock = std::make_shared<base::SystemClock>();
  if (options.threads == 0) options.threads = 1;
  if (!options.serve) return Error(Code::bug, "ServerOptions::serve is empty");
  std::vector<Bound> bounds;
  for (const auto& listener : options.listeners) {
    auto bound = bind_and_listen(listener.address);
    if (!bound.ok()) {
      for (const auto& one : bounds) ::close(one.fd);
      return std::move(bound).error();
    }
    bounds.push_back(std::move(*bound));
  }
  std::unique_ptr<Server> server(new Server);
  Body& body = *server->body_;
  body.core = std::make_shared<ServerCore>(std::move(options));
  auto& core = *body.core;
  const auto period = std::chrono::milliseconds(core.options.ticking == Ticking::by_timer ? 1000 : 0);
  for (std::size_t i = 0; i < core.options.threads; ++i) core.threads.push_back(std::make_shared<IoThread>(i, core.options.clock, period));
  core.on_empty = [&body] {
    std::lock_guard lock(body.mutex);
    body.changed.notify_all();
  };
  core.threads[0]->after_tick = [&body] {
    const auto until = body.drain_until.load();
    if (until == 0 || body.core->threads[0]->now() < until) return;
    body.drain_until = 0;
    for (auto& thread : body.core->threads)
      thread->post([&thread = *thread] {
        for (const auto& one : thread.table().everybody()) one->cut();
      });
  };
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto& listener = core.options.listeners[i];
    body.ports.emplace_back(listener.tag, bounds[i].port);
    auto& io = *core.threads[i % core.threads.size()];
    auto acceptor = std::make_shared<Acceptor>(body.core, io, bounds[i], listener);
    io.post([acceptor] { acceptor->start(); });
  }
  for (auto& thread : core.threads) thread->start();
  return server;
}

Server::~Server() {
  if (!body_->core) return;
  body_->core->draining = true;
  for (auto& thread : body_->core->threads) thread->stop_and_join();
  std::lock_guard lock(body_->core->mutex);
  body_->core->on_empty = nullptr;
}

std::uint16_t Server::port(std::string_view tag) const {
  for (const auto& [name, port] : body_->ports)
    if (name == tag) return port;
  return 0;
}

void Server::begin_drain(std::chrono::seconds most) {
  auto& core = *body_->core;
  core.draining = true;
  const auto now = static_cast<std::uint32_t>(core.options.clock->monotonic().count() / 1'000'000);
  body_->drain_until = now + static_cast<std::uint32_t>(most.count()) + 1;
  for (auto& thread : core.threads)
    thread->post([&thread = *thread] {
      for (const auto& one : thread.table().everybody()) one->drain();
    });
}
void Server::drain(std::chrono::seconds most) {
  begin_drain(most);
  std::unique_lock lock(body_->mutex);
  body_->changed.wait(lock, [this] { return body_->core->open == 0; });
}

Counters Server::counters() const {
  const auto& core = *body_->core;
  Counters out;
  out.accepted = core.accepted;
  out.open = core.open;
  out.handshakes = core.handshakes;
  out.resumed = core.resumed;
  out.requests = core.requests;
  out.bytes_in = core.bytes_in;
  out.bytes_out = core.bytes_out;
  out.websockets_open = core.websockets;
  out.event_streams_open = core.event_streams;
  for (std::size_t i = 0; i < out.refused.size(); ++i) out.refused[i] = core.refused[i];
  return out;
}
void Server::recheck_certificates() {
  for (auto& thread : body_->core->threads)
    thread->post([&thread = *thread] {
      for (const auto& one : thread.table().everybody()) one->recheck_certificate();
    });
}
std::size_t Server::threads() const { return body_->core->threads.size(); }
void Server::post_to_io(std::size_t thread, std::function<void()> work) { body_->core->threads[thread % threads()]->post(std::move(work)); }
void Server::tick() {
  std::latch done(static_cast<std::ptrdiff_t>(threads()));
  for (auto& thread : body_->core->threads)
    thread->post([&thread = *thread, &done] {
      thread.tick();
      done.count_down();
    });
  done.wait();
}
std::optional<std::size_t> Server::on_io_thread() {
  if (const auto* thread = IoThread::current()) return thread->index();
  return {};
}

}  // namespace quanji::net
