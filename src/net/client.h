// HTTP/1.1 and WebSocket client: blocking calls from any thread, asynchronous ones on a ClientLoop. Never follows redirects.
// Reads foreign bytes: fuzz/http_text.cpp
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/tls.h"
#include "net/websocket.h"

namespace quanji::net {

struct Url {
  enum class Scheme { http, https } scheme = Scheme::http;  // ws and wss are read as these
  std::string host;                                         // without brackets
  std::uint16_t port = 0;
  std::string target = "/";  // path and query
  // Refuses other schemes, user names in the address, fragments, control characters.
  static base::Result<Url> parse(std::string_view text);
  std::string authority() const;  // "host" or "host:port", IPv6 in brackets
};

struct ClientRequest {
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;  // Host, Content-Length and Connection are net's own
  std::string body;
  // When set, the body of an answer 200–299 goes here as it comes, on the calling thread, and the answer's own stays empty; a failure
  // ends the call. Of the blocking call only.
  std::function<base::Status(std::string_view piece)> take;
};
struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::string_view> header(std::string_view name) const;  // case-insensitive
};

struct ClientOptions {
  std::shared_ptr<TlsClient> tls;      // needed for https
  std::string unix_path;               // when set, every connection goes there; the URL still gives Host and target
  std::shared_ptr<base::Clock> clock;  // SystemClock when empty
  std::size_t head_bytes = 64 * 1024;
  std::uint64_t body_bytes = 64ULL * 1024 * 1024;
  std::size_t idle_connections = 8;  // kept per origin
  std::chrono::seconds idle{60};     // kept that long
};

// One thread that runs asynchronous calls and WebSockets. Destroying it ends what still runs with an error.
class ClientLoop {
 public:
  explicit ClientLoop(std::shared_ptr<base::Clock> clock = nullptr);
  ~ClientLoop();
  void post(std::function<void()> work);

  struct Body;  // of this room
  Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

// A pool of connections. Any thread.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  // Blocks at most `most` in all. Failures: robot_unreachable (connect, TLS, peer gone, late), unreadable_body, too_large,
  // invalid_field (the request itself). A request is sent twice only if a kept connection turned out closed before any
  // byte of an answer and the method is idempotent (GET HEAD PUT DELETE OPTIONS).
  base::Result<ClientResponse> call(const ClientRequest& request, std::chrono::milliseconds most);
  // The same on `loop`'s thread; `done` is called there, once.
  void call(ClientLoop& loop, ClientRequest request, std::chrono::milliseconds most,
            std::function<void(base::Result<ClientResponse>)> done);

  struct Body;  // of this room

 private:
  std::shared_ptr<Body> body_;
};

struct WebSocketOpening {
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string protocol;            // asked for; empty: none
  std::shared_ptr<TlsClient> tls;  // needed for https
  std::string unix_path;
  std::chrono::milliseconds most{10'000};  // until open
  WebSocketLimits limits;
};
// Opens a WebSocket on `loop`. on_open once it is open; on_closed(1006, why) if it never opens.
void open_websocket(ClientLoop& loop, WebSocketOpening opening, WebSocketEvents events);

}  // namespace quanji::net
