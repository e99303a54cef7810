// A WebSocket on an io thread, whichever side opened it; Beast stays in websocket_session.cpp.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/io_thread.h"
#include "net/link.h"
#include "net/server_core.h"
#include "net/websocket.h"

namespace quanji::net {

// What a server's session carries along: its seat, and how to look at the certificate again.
struct ServerSide {
  std::shared_ptr<ServerCore> core;
  Seat seat;
  std::shared_ptr<const Peer> peer;
  std::shared_ptr<const TlsServer::Live> tls;
};

// Both on the io thread. `read_already`: bytes that came behind the opening request.
void accept_websocket(IoThread& io, std::unique_ptr<Link> link, std::string read_already, const std::string& key,
                      const std::string& protocol, WebSocketEvents events, WebSocketLimits limits, ServerSide side);
void begin_websocket(IoThread& io, std::unique_ptr<Link> link, const std::string& host, const std::string& target,
                     std::vector<std::pair<std::string, std::string>> headers, const std::string& protocol, WebSocketEvents events,
                     WebSocketLimits limits, std::chrono::seconds most);

}  // namespace quanji::net
