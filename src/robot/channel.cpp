#include "robot/channel.h"

#include <algorithm>

#include "base/log.h"
#include "wire/frame.h"

namespace quanji::robot {

using std::chrono::microseconds;
using std::chrono::seconds;

microseconds Reconnect::next_pause() {
  const auto base = std::min<std::int64_t>(500'000LL << std::min(step_, 6), 30'000'000);
  ++step_;
  return microseconds(base - base / 3 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(base / 3 * 2 + 1))));
}

struct Channel::Inbox {
  std::mutex mutex;
  std::deque<Event> events;  // guarded by mutex
  net::WebSocketPtr socket;  // guarded by mutex
  std::function<void()> wake;

  void add(Event::What what, std::string text, net::WebSocketPtr opened = nullptr) {
    {
      const std::lock_guard lock(mutex);
      events.push_back({what, std::move(text)});
      if (opened) socket = std::move(opened);
      if (what == Event::What::closed) socket.reset();
    }
    wake();
  }
};

Channel::Channel(net::Url url, std::shared_ptr<net::TlsClient> tls, base::Clock& clock, base::Random& random, std::function<void()> wake)
    : url_(std::move(url)), tls_(std::move(tls)), clock_(clock), reconnect_(random), inbox_(std::make_shared<Inbox>()) {
  inbox_->wake = std::move(wake);
}
Channel::~Channel() { close(); }

void Channel::tick() {
  if (connecting_ || open_ || closed_ || clock_.monotonic() < next_try_) return;
  connecting_ = true;
  net::WebSocketOpening opening;
  opening.url = url_;
  opening.tls = tls_;
  opening.limits.message_bytes = wire::max_frame_bytes;
  net::WebSocketEvents events;
  events.on_open = [inbox = inbox_](const net::WebSocketPtr& socket) { inbox->add(Event::What::opened, "", socket); };
  events.on_message = [inbox = inbox_](const net::WebSocketPtr& socket, net::WebSocket::Kind kind, std::string message) {
    if (kind == net::WebSocket::Kind::text)
      inbox->add(Event::What::text, std::move(message));
    else
      socket->close(1003, "text only");
  };
  events.on_closed = [inbox = inbox_](std::uint16_t code, const std::string& why) {
    inbox->add(Event::What::closed, std::to_string(code) + " " + why);
  };
  net::open_websocket(loop_, std::move(opening), std::move(events));
}

std::deque<Channel::Event> Channel::take() {
  std::deque<Event> events;
  {
    const std::lock_guard lock(inbox_->mutex);
    events.swap(inbox_->events);
    socket_ = inbox_->socket;
  }
  for (const auto& event : events) {
    if (event.what == Event::What::opened) {
      connecting_ = false;
      open_ = true;
      opened_at_ = clock_.monotonic();
      base::log::info("channel_opened", {{"platform", url_.authority()}});
    } else if (event.what == Event::What::closed) {
      if (open_ && clock_.monotonic() - opened_at_ >= seconds(30)) reconnect_.held();
      connecting_ = open_ = false;
      const auto pause = reconnect_.next_pause();
      next_try_ = clock_.monotonic() + pause;
      base::log::warn("channel_closed", {{"platform", url_.authority()}, {"why", event.text}, {"again_in_ms", pause.count() / 1000}});
    }
  }
  return events;
}

void Channel::send(std::string frame) {
  if (socket_) socket_->send(net::WebSocket::Kind::text, std::move(frame));  // a frame lost with its connection is asked again on the next
}

void Channel::close() {
  closed_ = true;
  const std::lock_guard lock(inbox_->mutex);
  if (inbox_->socket) inbox_->socket->close(1001, "the robot stops");
}

}  // namespace quanji::robot
