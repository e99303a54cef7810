// For this room's tests: raw sockets that block with a limit, certificates made on the spot, a server to talk to.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server.h"

namespace quanji::net::test {

// A client that sends exactly the bytes it is given.
class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port, int receive_buffer = 0);
  RawPeer(RawPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}
  ~RawPeer();
  void send(std::string_view bytes);
  void end();  // half-close
  // Reads until the text appears (included); what was read so far if the peer ends before.
  std::string until(std::string_view text);
  std::string rest();  // until the peer ends
  // One answer with Content-Length or none.
  std::string answer();
  int fd() const { return fd_; }

 private:
  enum class More { yes, no };
  More more();
  int fd_;
  std::string held_;
};

struct Identity {
  std::string certificate, key;
};
Identity make_authority(const std::string& name);
// For the names localhost and 127.0.0.1.
Identity make_leaf(const Identity& authority, const std::string& common_name);

struct Served {
  std::shared_ptr<base::ManualClock> clock = std::make_shared<base::ManualClock>();
  std::unique_ptr<Server> server;
  std::uint16_t port() const { return server->port("main"); }
  void pass(std::chrono::seconds time) {
    clock->advance(time);
    server->tick();
  }
};
// One plain listener "main" on 127.0.0.1, time by hand. `change` may alter the options.
Served serve(std::function<void(RequestPtr, Responder)> with, const std::function<void(ServerOptions&)>& change = {});

// Waits for something another thread does; fails the test after ten seconds of real waiting.
bool eventually(const std::function<bool()>& happened);

std::string status_of(std::string_view answer);  // "200"
std::string body_of(std::string_view answer);

}  // namespace quanji::net::test
