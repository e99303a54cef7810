// One WebSocket (RFC 6455), the same on the server's and the client's side.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace quanji::net {

struct WebSocketLimits {
  std::size_t message_bytes = 256 * 1024;  // larger ones close with 1009
  std::size_t queue_bytes = 1024 * 1024;   // waiting to be sent; more drops the peer
  std::chrono::seconds ping_every{30};     // 0: never; a peer silent for two periods is dropped
};

// A handle; keep it as long as you want to send. Every method may be called from any thread.
class WebSocket {
 public:
  enum class Kind { text, binary };
  enum class Queued { yes, full, closed };

  virtual ~WebSocket() = default;
  // Queues one message. `full`: the peer does not read; it is dropped and on_closed follows.
  virtual Queued send(Kind kind, std::string message) = 0;
  // Sends a ping now, beside the periodic ones.
  virtual void ping() = 0;
  // Sends what is queued, then the closing handshake; on_closed follows, at the latest after 5 s.
  virtual void close(std::uint16_t code, std::string reason) = 0;
  // Stops and resumes reading, for back-pressure on the peer.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // Bytes queued and not yet taken by the kernel.
  virtual std::size_t queued_bytes() const = 0;
};
using WebSocketPtr = std::shared_ptr<WebSocket>;

// Called on the connection's io thread, one at a time; must not block.
struct WebSocketEvents {
  std::function<void(const WebSocketPtr&)> on_open;
  std::function<void(const WebSocketPtr&, WebSocket::Kind, std::string)> on_message;
  // Once, the last of all. 1000-4999 as the peer sent it, 1006 without a closing handshake; `why` is for the log.
  std::function<void(std::uint16_t code, const std::string& why)> on_closed;
};

}  // namespace quanji::net
