// HTTP/1.1 server: TCP, TLS and Unix listeners, n io threads, keep-alive, streams, events, WebSocket, limits, drain.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/message.h"
#include "net/tls.h"
#include "net/websocket.h"

namespace quanji::net {

// Every bound on what a stranger may cost us. Times are kept by a tick a second: exact to one second, never early.
struct Limits {
  std::size_t header_bytes = 16 * 1024;               // 431
  std::size_t header_count = 100;                     // 431
  std::uint64_t body_bytes = 10ULL * 1024 * 1024;     // 413, bodies held in memory
  std::uint64_t upload_bytes = 200ULL * 1024 * 1024;  // 413, streamed bodies
  std::chrono::seconds handshake{10};                 // TLS
  std::chrono::seconds arrival{30};                   // 408, head and whole body from the first byte
  std::size_t upload_pace_bytes = 64 * 1024;          // 408, a streamed body brings this much in each `arrival` we wait for it
  std::chrono::seconds idle{75};                      // keep-alive without a request, closed silently
  std::chrono::seconds write_stall{20};               // an answer moves on by write_pace_bytes in this time, or is cut
  std::size_t write_pace_bytes = 4 * 1024;
  std::size_t stream_buffer_bytes = 256 * 1024;  // waiting for one slow reader
  std::chrono::seconds event_comment{15};        // keep-alive comments of event streams
  std::size_t connections = 20'000;              // 503
  std::size_t connections_per_address = 4'096;   // 429
  std::size_t handshakes_per_second = 500;       // later ones wait in the kernel's queue
};

// Why net answered or closed by itself.
enum class Refusal {
  bad_request,
  header_too_large,
  body_too_large,
  too_slow,
  too_many_connections,
  too_many_from_address,
  slow_reader,
  idle,
  handshake_failed,
  certificate_refused,
  draining,
  unanswered,
  expectation_failed,
  method_unknown,
  version_unknown,
  count_
};
std::string_view to_word(Refusal reason);

struct Counters {
  std::uint64_t accepted = 0, open = 0, handshakes = 0, resumed = 0, requests = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t websockets_open = 0, event_streams_open = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Refusal::count_)> refused{};
};

// What the owner of the server may want to log.
struct Notice {
  Refusal reason;
  std::string peer;  // address
  std::string listener;
  std::string detail;
};

// Body of a request taken piece by piece. Any thread; one call of next() at a time.
class Upload {
 public:
  virtual ~Upload() = default;
  // Calls `then` once, on the io thread: the next piece (at most 64 KiB), an empty string at the end, or why it broke off.
  // Nothing is read from the peer between two calls: that is the back-pressure.
  virtual void next(std::function<void(base::Result<std::string>)> then) = 0;
  // The length the peer announced, none when chunked.
  virtual std::optional<std::uint64_t> announced() const = 0;
};

// An answer sent piece by piece. Any thread. Dropping the last handle without finish() cuts the connection.
class ResponseStream {
 public:
  enum class Room { yes, full, gone };
  virtual ~ResponseStream() = default;
  // Queues a piece. `full`: queued, but wait for on_drain before the next. `gone`: the peer left, nothing was queued.
  virtual Room write(std::string piece) = 0;
  // Called on the io thread each time the queue has run empty after `full`.
  virtual void on_drain(std::function<void()> drained) = 0;
  // Called once when the peer leaves before finish().
  virtual void on_gone(std::function<void()> gone) = 0;
  virtual void finish() = 0;
};

// Server-sent events (text/event-stream). Any thread. A reader too slow for Limits::stream_buffer_bytes is dropped.
class EventStream {
 public:
  enum class Sent { yes, gone };
  virtual ~EventStream() = default;
  // `event` and `id` may be empty; line breaks in `data` become several data lines.
  virtual Sent send(std::string_view event, std::string_view id, std::string_view data) = 0;
  // Called once when the peer, a limit or a drain ended it, not after close(); at once if that has happened already.
  virtual void on_closed(std::function<void()> closed) = 0;
  virtual void close() = 0;
};

class Exchange;  // of this room

// The right to answer one request, once, from any thread. Unanswered when it goes: 500 and a Notice.
class Responder {
 public:
  Responder(std::shared_ptr<Exchange> exchange, std::uint64_t serial) : exchange_(std::move(exchange)), serial_(serial) {}
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  void send(Response response);
  // Head now, body later; with `length` exactly that many bytes, without it chunked (closing for HTTP/1.0).
  std::shared_ptr<ResponseStream> stream(Response head, std::optional<std::uint64_t> length);
  std::shared_ptr<EventStream> events(std::vector<std::pair<std::string, std::string>> headers = {});
  // Answers 400 and calls on_closed(1006) if the request is not a WebSocket opening. `protocol`: what we choose, or empty.
  void websocket(WebSocketEvents events, WebSocketLimits limits = {}, std::string protocol = {});
  // Runs `work` on this connection's io thread: at once when this is it. Not at all when the answer was sent.
  void go_home(std::function<void()> work) const;
  bool answered() const { return !exchange_; }

 private:
  std::shared_ptr<Exchange> exchange_;
  std::uint64_t serial_ = 0;
};

// How the body of a request is to be taken, decided from its head.
struct BodyPlan {
  enum class Take { whole, stream, refuse } take = Take::whole;
  std::optional<std::uint64_t> limit;  // instead of Limits::body_bytes or upload_bytes
  Response answer;                     // for `refuse`; the body is not read
};

struct Listener {
  std::string tag;                 // unique; Request::peer->listener
  std::string address;             // "127.0.0.1:0", "0.0.0.0:7443", "[::]:7443", "unix:/path/to.sock"
  std::shared_ptr<TlsServer> tls;  // none: plain
};

enum class Ticking { by_timer, by_hand };

struct ServerOptions {
  std::vector<Listener> listeners;
  std::size_t threads = 1;
  Limits limits;
  std::shared_ptr<base::Clock> clock;   // SystemClock when empty
  Ticking ticking = Ticking::by_timer;  // by_hand: time passes in Server::tick() only
  // All of these are called on io threads and must not block.
  std::function<void(RequestPtr, Responder)> serve;
  std::function<BodyPlan(const Request&)> plan_body;                    // default: whole
  std::function<Response(Refusal, int status, const Request*)> refuse;  // body of net's own answers; Request may be null
  std::function<void(const Notice&)> notice;
};

class Server {
 public:
  // Binds and starts; wrong addresses and ports in use are failures with a sentence that names them.
  static base::Result<std::unique_ptr<Server>> start(ServerOptions options);
  ~Server();  // closes everything at once

  // The bound port of a TCP listener; 0 for Unix sockets and unknown tags.
  std::uint16_t port(std::string_view tag) const;
  // Stops accepting, ends idle connections, sends close frames, lets requests in flight finish; does not wait.
  void begin_drain(std::chrono::seconds most);
  // begin_drain, then waits until nothing is open; what is still open after `most` is cut. Not on an io thread.
  void drain(std::chrono::seconds most);
  Counters counters() const;
  // Runs Listener::tls's check over every open connection with a certificate and closes those it refuses.
  void recheck_certificates();
  std::size_t threads() const;
  // Runs `work` on io thread `thread` (modulo threads()), in the order of the calls.
  void post_to_io(std::size_t thread, std::function<void()> work);
  // One tick of every io thread, done when it returns. Only with Ticking::by_hand, not on an io thread.
  void tick();
  // The index of the io thread this is called on, if it is one of any Server.
  static std::optional<std::size_t> on_io_thread();

 private:
  Server();
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace quanji::net
