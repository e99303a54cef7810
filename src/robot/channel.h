// The robot's one connection to the platform: a WebSocket over mutual TLS, opened again with growing, jittered pauses when it breaks.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "net/client.h"

namespace quanji::robot {

// Pauses of 0.5 s doubling to 30 s, each ± a third; back to the start after a connection that held 30 s.
class Reconnect {
 public:
  explicit Reconnect(base::Random& random) : random_(random) {}
  std::chrono::microseconds next_pause();
  void held() { step_ = 0; }

 private:
  base::Random& random_;
  int step_ = 0;
};

// Events of the connection, handed from net's thread to the robot's. `wake` is called on net's thread after each.
class Channel {
 public:
  struct Event {
    enum class What : std::uint8_t { opened, closed, text } what;
    std::string text;  // the frame, or why it closed
  };
  Channel(net::Url url, std::shared_ptr<net::TlsClient> tls, base::Clock& clock, base::Random& random, std::function<void()> wake);
  ~Channel();
  // Opens the connection when it is due. The robot's thread, like all below.
  void tick();
  void send(std::string frame);
  std::deque<Event> take();
  void close();  // for good

 private:
  struct Inbox;
  net::Url url_;
  std::shared_ptr<net::TlsClient> tls_;
  base::Clock& clock_;
  Reconnect reconnect_;
  std::shared_ptr<Inbox> inbox_;
  bool connecting_ = false, open_ = false, closed_ = false;
  std::chrono::microseconds opened_at_{0}, next_try_{0};
  net::WebSocketPtr socket_;
  net::ClientLoop loop_;  // last: its thread uses the inbox only
};

}  // namespace quanji::robot
