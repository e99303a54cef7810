// The one place that instantiates Beast's WebSocket, over a stream that is TCP or TLS: this unit is heavy and there is one of it.
#include "net/websocket_session.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "net/tls_check.h"

namespace quanji::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using Failed = boost::system::error_code;
using Done = asio::any_completion_handler<void(Failed, std::size_t)>;
// Behind a pointer: in Boost 1.81 the move assignment of an any_completion_handler wraps it in itself without end.
using Waiting = std::shared_ptr<Done>;

// A link whose WebSocket is over: closing it at once would reset the connection and take the close frame from a peer that is
// still sending, so it says the end, throws away what comes and waits a moment.
class Farewell final : public Tenant, public Watcher, public std::enable_shared_from_this<Farewell> {
 public:
  Farewell(IoThread& io, std::unique_ptr<Link> link) : io_(io), link_(std::move(link)), watch_(io, link_->fd()) {}
  void start() {
    io_.table().move_in(shared_from_this());
    io_.deadline(*this, std::chrono::seconds(2));
    link_->finish();
    readable();
  }
  void expired() override { cut(); }
  void drain() override { cut(); }
  void cut() override {
    watch_.forget();
    link_.reset();
    io_.table().move_out(*this);
  }
  void writable() override { readable(); }
  void readable() override {
    const auto self = shared_from_this();
    auto& scratch = io_.scratch();
    for (int i = 0; link_ && i < 64; ++i) {
      const auto moved = link_->read(scratch.data(), scratch.size());
      if (moved.io == Io::want_read) return watch_.wait_readable(self);
      if (moved.io != Io::done) break;
    }
    cut();
  }

 private:
  IoThread& io_;
  std::unique_ptr<Link> link_;
  Watch watch_;
};

// A link as Beast wants to see it: one read and one write at a time, each completed by a post.
class Pipe final : public Watcher, public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(IoThread& io, std::unique_ptr<Link> link, std::string read_already, std::shared_ptr<ServerCore> core)
      : io_(io), link_(std::move(link)), watch_(io, link_->fd()), held_(std::move(read_already)), core_(std::move(core)) {}
  ~Pipe() override { watch_.forget(); }

  void read(asio::mutable_buffer to, Done done) {
    read_to_ = to;
    reader_ = std::make_shared<Done>(std::move(done));
    try_read();
  }
  void write(asio::const_buffer from, Done done) {
    write_from_ = from;
    writer_ = std::make_shared<Done>(std::move(done));
    try_write();
  }
  void shut() {
    watch_.forget();
    if (link_) link_->finish();
    link_.reset();
    if (reader_) complete(reader_, asio::error::operation_aborted, 0);
    if (writer_) complete(writer_, asio::error::operation_aborted, 0);
  }
  void part() {
    if (!link_) return;
    watch_.forget();
    std::make_shared<Farewell>(io_, std::move(link_))->start();
    shut();
  }
  void readable() override {
    if (reader_) try_read();
    if (writer_ && !watch_.waits_writable()) try_write();
  }
  void writable() override {
    if (writer_) try_write();
    if (reader_ && !watch_.waits_readable()) try_read();
  }
  IoThread& io() { return io_; }
  Link* link() { return link_.get(); }

 private:
  void complete(Waiting& slot, Failed failed, std::size_t bytes) {
    auto done = std::exchange(slot, nullptr);
    // Posted also when the thread ends: Beast's operations keep their own memory alive and must be finished.
    asio::post(io_.io(), [done = std::move(done), failed, bytes] { std::move (*done)(failed, bytes); });
  }
  void try_read() {
    if (!held_.empty()) {
      const auto size = std::min(held_.size(), read_to_.size());
      std::memcpy(read_to_.data(), held_.data(), size);
      held_.erase(0, size);
      return complete(reader_, {}, size);
    }
    if (!link_) return complete(reader_, asio::error::operation_aborted, 0);
    const auto moved = link_->read(static_cast<char*>(read_to_.data()), read_to_.size());
    if (moved.io == Io::done && core_) core_->bytes_in += moved.bytes;
    settle(moved, reader_);
  }
  void try_write() {
    if (!link_) return complete(writer_, asio::error::operation_aborted, 0);
    const auto moved = link_->write({static_cast<const char*>(write_from_.data()), write_from_.size()});
    if (moved.io == Io::done && core_) core_->bytes_out += moved.bytes;
    settle(moved, writer_);
  }
  void settle(Moved moved, Waiting& slot) {
    switch (moved.io) {
      case Io::done:
        return complete(slot, {}, moved.bytes);
      case Io::want_read:
        return watch_.wait_readable(shared_from_this());
      case Io::want_write:
        return watch_.wait_writable(shared_from_this());
      case Io::ended:
        return complete(slot, asio::error::eof, 0);
      case Io::failed:
        return complete(slot, asio::error::connection_reset, 0);
    }
  }
  IoThread& io_;
  std::unique_ptr<Link> link_;
  Watch watch_;
  std::string held_;
  const std::shared_ptr<ServerCore> core_;
  asio::mutable_buffer read_to_;
  asio::const_buffer write_from_;
  Waiting reader_, writer_;
};

template <class Buffer, class Sequence>
Buffer first_filled(const Sequence& buffers) {
  for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at)
    if (Buffer one = *at; one.size() > 0) return one;
  return {};
}

struct ErasedStream {
  std::shared_ptr<Pipe> pipe;
  using executor_type = asio::io_context::executor_type;
  executor_type get_executor() const { return pipe->io().io().get_executor(); }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Failed, std::size_t)>(
        [](auto handler, Pipe* p, asio::mutable_buffer one) { p->read(one, Done(std::move(handler))); }, token, pipe.get(),
        first_filled<asio::mutable_buffer>(buffers));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Failed, std::size_t)>(
        [](auto handler, Pipe* p, asio::const_buffer one) { p->write(one, Done(std::move(handler))); }, token, pipe.get(),
        first_filled<asio::const_buffer>(buffers));
  }
};
[[maybe_unused]] void teardown(beast::role_type, ErasedStream& stream, Failed& failed) {
  failed = {};
  stream.pipe->part();
}
template <class Handler>
void async_teardown(beast::role_type, ErasedStream& stream, Handler&& handler) {
  stream.pipe->part();
  asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), Failed{}));
}
inline void beast_close_socket(ErasedStream& stream) { stream.pipe->shut(); }

class Session final : public WebSocket, public Tenant, public std::enable_shared_from_this<Session> {
 public:
  Session(IoThread& io, std::shared_ptr<Pipe> pipe, WebSocketEvents events, WebSocketLimits limits, std::optional<ServerSide> side)
      : home_(io.shared_from_this()),
        io_(io),
        pipe_(std::move(pipe)),
        stream_(ErasedStream{pipe_}),
        events_(std::move(events)),
        limits_(limits),
        side_(std::move(side)) {
    stream_.read_message_max(limits_.message_bytes);
    stream_.auto_fragment(false);
    stream_.control_callback([this](ws::frame_type, beast::string_view) { silent_periods_ = 0; });
    if (side_) ++side_->core->websockets;
  }
  ~Session() override {
    if (side_) --side_->core->websockets;
  }

  void accept(const std::string& key, const std::string& protocol) {
    io_.table().move_in(shared_from_this());
    io_.deadline(*this, std::chrono::seconds(10));
    beast::http::request<beast::http::empty_body> opening{beast::http::verb::get, "/", 11};
    opening.set(beast::http::field::host, "-");
    opening.set(beast::http::field::upgrade, "websocket");
    opening.set(beast::http::field::connection, "Upgrade");
    opening.set(beast::http::field::sec_websocket_key, key);
    opening.set(beast::http::field::sec_websocket_version, "13");
    stream_.set_option(ws::stream_base::decorator([protocol](ws::response_type& answer) {
      answer.erase(beast::http::field::server);
      if (!protocol.empty()) answer.set(beast::http::field::sec_websocket_protocol, protocol);
    }));
    stream_.async_accept(opening, [self = shared_from_this()](Failed failed) { self->opened(failed); });
  }
  void open(const std::string& host, const std::string& target, std::vector<std::pair<std::string, std::string>> headers,
            const std::string& protocol, std::chrono::seconds most) {
    io_.table().move_in(shared_from_this());
    io_.deadline(*this, most);
    stream_.set_option(ws::stream_base::decorator([headers = std::move(headers), protocol](ws::request_type& request) {
      request.erase(beast::http::field::user_agent);
      for (const auto& [name, value] : headers) request.set(name, value);
      if (!protocol.empty()) request.set(beast::http::field::sec_websocket_protocol, protocol);
    }));
    stream_.async_handshake(answer_, host, target, [self = shared_from_this()](Failed failed) {
      if (failed == ws::error::upgrade_declined) self->why_ = "the server answered " + std::to_string(self->answer_.result_int());
      self->answer_ = {};
      self->opened(failed);
    });
  }

  Queued send(Kind kind, std::string message) override {
    if (ended_.load()) return Queued::closed;
    const std::size_t size = message.size() + 64;
    if (queued_.fetch_add(size) + size > limits_.queue_bytes) {
      io_.post([self = shared_from_this()] { self->drop_slow(); });
      return Queued::full;
    }
    io_.post([self = shared_from_this(), kind, message = std::move(message)]() mutable {
      self->waiting_.push_back({kind, std::move(message)});
      self->write_next();
    });
    return Queued::yes;
  }
  void ping() override {
    io_.post([self = shared_from_this()] { self->send_ping(); });
  }
  void close(std::uint16_t code, std::string reason) override {
    io_.post([self = shared_from_this(), code, reason = std::move(reason)] { self->begin_close(code, reason); });
  }
  void pause() override {
    io_.post([self = shared_from_this()] { self->paused_ = true; });
  }
  void resume() override {
    io_.post([self = shared_from_this()] {
      self->paused_ = false;
      self->read_next();
    });
  }
  std::size_t queued_bytes() const override { return queued_; }

  void expired() override {
    if (closing_ || !open_) return end(1006, open_ ? "no answer to the close frame" : "the opening took too long");
    if (limits_.ping_every.count() == 0) return;
    if (++silent_periods_ > 2) return end(1006, "the peer fell silent");
    send_ping();
    io_.deadline(*this, limits_.ping_every);
  }
  void drain() override {
    if (open_)
      begin_close(1001, "going away");
    else
      end(1006, "draining");
  }
  void cut() override { end(1006, "cut"); }
  void recheck_certificate() override {
    if (!side_ || !side_->tls) return;
    if (auto allowed = check_certificate(*side_->tls, *side_->peer); !allowed.ok()) {
      side_->core->note(Refusal::certificate_refused, *side_->peer, allowed.error().message().en);
      end(1006, "certificate refused");
    }
  }

 private:
  struct Message {
    Kind kind;
    std::string text;
  };
  void opened(Failed failed) {
    if (ended_) return;
    if (failed) return end(1006, why_.empty() ? failed.message() : why_);
    open_ = true;
    // The timer of pings is the only deadline of an open socket.
    if (limits_.ping_every.count() > 0)
      io_.deadline(*this, limits_.ping_every);
    else
      io_.no_deadline(*this);
    if (events_.on_open) events_.on_open(shared_from_this());
    read_next();
    write_next();
  }
  void read_next() {
    if (paused_ || reading_ || ended_ || !open_) return;
    reading_ = true;
    stream_.async_read(buffer_, [self = shared_from_this()](Failed failed, std::size_t) { self->got(failed); });
  }
  void got(Failed failed) {
    reading_ = false;
    if (ended_) return;
    if (failed) {
      const auto& reason = stream_.reason();
      if (failed == ws::error::closed)
        return end(reason.code == ws::close_code::none ? std::uint16_t{1005} : static_cast<std::uint16_t>(reason.code),
                   std::string(reason.reason.data(), reason.reason.size()));
      return end(1006, failed.message());
    }
    silent_periods_ = 0;
    std::string message(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    buffer_.clear();
    if (buffer_.capacity() > 4096) buffer_.shrink_to_fit();  // ten thousand sockets must not keep their largest message each
    if (events_.on_message && !closing_)
      events_.on_message(shared_from_this(), stream_.got_text() ? Kind::text : Kind::binary, std::move(message));
    read_next();
  }
  void write_next() {
    if (writing_ || ended_ || !open_) return;
    if (waiting_.empty()) {
      if (closing_) send_close();
      return;
    }
    if (close_sent_) return;
    writing_ = true;
    stream_.text(waiting_.front().kind == Kind::text);
    stream_.async_write(asio::buffer(waiting_.front().text), [self = shared_from_this()](Failed failed, std::size_t) {
      self->writing_ = false;
      self->queued_ -= self->waiting_.front().text.size() + 64;
      self->waiting_.pop_front();
      if (failed) {
        if (!self->closing_) self->end(1006, failed.message());
        return;
      }
      self->write_next();
    });
  }
  void send_ping() {
    if (pinging_ || ended_ || closing_ || !open_) return;
    pinging_ = true;
    stream_.async_ping({}, [self = shared_from_this()](Failed) { self->pinging_ = false; });
  }
  void begin_close(std::uint16_t code, const std::string& reason) {
    if (closing_ || ended_) return;
    if (!open_) return end(1006, "closed before it was open");
    closing_ = true;
    close_reason_ =
        ws::close_reason(static_cast<ws::close_code>(code), beast::string_view(reason.data(), std::min<std::size_t>(reason.size(), 120)));
    close_code_ = code;
    io_.deadline(*this, std::chrono::seconds(4));
    write_next();
  }
  void send_close() {
    if (close_sent_) return;
    close_sent_ = true;
    stream_.async_close(close_reason_, [self = shared_from_this()](Failed failed) {
      self->end(failed ? std::uint16_t{1006} : self->close_code_, failed ? failed.message() : std::string("closed by us"));
    });
  }
  void drop_slow() {
    if (ended_) return;
    if (side_) side_->core->note(Refusal::slow_reader, *side_->peer, "a WebSocket's queue is full");
    end(1006, "the peer does not read");
  }
  void end(std::uint16_t code, const std::string& why) {
    if (ended_.exchange(true)) return;
    const auto self = shared_from_this();
    pipe_->shut();
    if (side_) side_->seat = Seat();
    const auto events = std::move(events_);
    events_ = {};
    io_.table().move_out(*this);
    if (events.on_closed) events.on_closed(code, why);
  }

  const std::shared_ptr<IoThread> home_;  // a handle may outlive the server or loop it came from
  IoThread& io_;
  const std::shared_ptr<Pipe> pipe_;
  ws::stream<ErasedStream, false> stream_;
  WebSocketEvents events_;
  const WebSocketLimits limits_;
  std::optional<ServerSide> side_;
  beast::flat_buffer buffer_;
  ws::response_type answer_;
  std::deque<Message> waiting_;
  std::atomic<std::size_t> queued_{0};
  std::atomic<bool> ended_{false};
  bool open_ = false, reading_ = false, writing_ = false, pinging_ = false, paused_ = false, closing_ = false, close_sent_ = false;
  int silent_periods_ = 0;
  ws::close_reason close_reason_;
  std::uint16_t close_code_ = 1000;
  std::string why_;
};

}  // namespace

void accept_websocket(IoThread& io, std::unique_ptr<Link> link, std::string read_already, const std::string& key,
                      const std::string& protocol, WebSocketEvents events, WebSocketLimits limits, ServerSide side) {
  auto pipe = std::make_shared<Pipe>(io, std::move(link), std::move(read_already), side.core);
  std::make_shared<Session>(io, std::move(pipe), std::move(events), limits, std::move(side))->accept(key, protocol);
}
void begin_websocket(IoThread& io, std::unique_ptr<Link> link, const std::string& host, const std::string& target,
                     std::vector<std::pair<std::string, std::string>> headers, const std::string& protocol, WebSocketEvents events,
                     WebSocketLimits limits, std::chrono::seconds most) {
  auto pipe = std::make_shared<Pipe>(io, std::move(link), std::string(), nullptr);
  std::make_shared<Session>(io, std::move(pipe), std::move(events), limits, std::nullopt)
      ->open(host, target, std::move(headers), protocol, most);
}

}  // namespace quanji::net
