// What a Responder talks to: one request under way on one connection.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/server.h"

namespace quanji::net {

// Any thread; `serial` names the request, so that a late answer meets nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void answer(std::uint64_t serial, Response response) = 0;
  virtual void abandon(std::uint64_t serial) = 0;
  virtual std::shared_ptr<ResponseStream> stream(std::uint64_t serial, Response head, std::optional<std::uint64_t> length) = 0;
  virtual std::shared_ptr<EventStream> events(std::uint64_t serial, Response head) = 0;
  virtual void websocket(std::uint64_t serial, WebSocketEvents events, WebSocketLimits limits, std::string protocol) = 0;
  virtual void go_home(std::function<void()> work) = 0;
};

}  // namespace quanji::net
