// The asynchronous side of the client: calls and WebSockets on one thread.
#include "net/client_pool.h"
#include "net/websocket_session.h"

namespace quanji::net {
namespace {

using base::Result;

std::chrono::seconds whole_seconds(std::chrono::milliseconds most) { return std::chrono::ceil<std::chrono::seconds>(most); }

class AsyncCall final : public Tenant, public Watcher, public std::enable_shared_from_this<AsyncCall> {
 public:
  AsyncCall(IoThread& io, std::shared_ptr<Client::Body> pool, ClientRequest request, std::function<void(Result<ClientResponse>)> done)
      : io_(io), pool_(std::move(pool)), request_(std::move(request)), done_(std::move(done)) {}

  void start(std::chrono::milliseconds most) {
    io_.table().move_in(shared_from_this());
    io_.deadline(*this, whole_seconds(most));
    auto bytes = write_request(request_);
    if (!bytes.ok()) return finish(std::move(bytes).error());
    bytes_ = std::move(*bytes);
    auto to = destination_of(request_.url, pool_->options.unix_path, pool_->options.tls);
    if (!to.ok()) return finish(std::move(to).error());
    to_ = std::move(*to);
    attempt();
  }
  void expired() override { finish(too_late()); }
  void drain() override { cut(); }
  void cut() override { finish(unreachable(request_.url.host, "the loop ended")); }
  void readable() override { step(); }
  void writable() override { step(); }

 private:
  void attempt() {
    if (ended_) return;
    sent_ = 0;
    answered_ = stopped_ = false;
    reader_ = std::make_unique<ResponseReader>(request_.method, pool_->options.head_bytes, pool_->options.body_bytes);
    if (auto link = pool_->take(request_.url)) {
      kept_ = true;
      return begin(std::move(link));
    }
    kept_ = false;
    dialling_ = dial(io_, to_, [self = shared_from_this()](Result<std::unique_ptr<Link>> link) {
      self->dialling_.reset();
      if (self->ended_) return;
      if (!link.ok()) return self->finish(std::move(link).error());
      self->begin(std::move(*link));
    });
  }
  void begin(std::unique_ptr<Link> link) {
    link_ = std::move(link);
    watch_ = std::make_unique<Watch>(io_, link_->fd());
    step();
  }
  void wait(Io what) {
    if (what == Io::want_write)
      watch_->wait_writable(shared_from_this());
    else
      watch_->wait_readable(shared_from_this());
  }
  void step() {
    if (ended_ || !link_) return;
    while (sent_ < bytes_.size() && !stopped_) {
      const auto moved = link_->write(std::string_view(bytes_).substr(sent_));
      if (moved.io == Io::done)
        sent_ += moved.bytes;
      else if (moved.io == Io::ended || moved.io == Io::failed)
        stopped_ = true;
      else
        return wait(moved.io);
    }
    auto& scratch = io_.scratch();
    for (;;) {
      const auto moved = link_->read(scratch.data(), scratch.size());
      if (moved.io == Io::want_read || moved.io == Io::want_write) return wait(moved.io);
      ResponseReader::Event event{};
      if (moved.io == Io::done) {
        answered_ = true;
        std::size_t used = 0;
        event = reader_->read({scratch.data(), moved.bytes}, used);
      } else {
        event = reader_->ended();
      }
      if (event == ResponseReader::Event::more) continue;
      if (event == ResponseReader::Event::end) return finish(std::move(reader_->response()));
      if (kept_ && !answered_ && may_repeat(request_)) {
        watch_->forget();
        link_.reset();
        // Posted: the Watch that is replaced may be the one whose callback we are in.
        return io_.post([self = shared_from_this()] { self->attempt(); });
      }
      return finish(reader_->failure().clone());
    }
  }
  void finish(Result<ClientResponse> outcome) {
    if (ended_) return;
    ended_ = true;
    const auto self = shared_from_this();
    if (dialling_) cancel(*dialling_);
    dialling_.reset();
    if (watch_) watch_->forget();
    if (outcome.ok() && reader_->keep_alive()) pool_->keep(request_.url, std::move(link_));
    link_.reset();
    io_.table().move_out(*this);
    const auto done = std::move(done_);
    done_ = nullptr;
    done(std::move(outcome));
  }

  IoThread& io_;
  const std::shared_ptr<Client::Body> pool_;
  const ClientRequest request_;
  std::function<void(Result<ClientResponse>)> done_;
  std::string bytes_;
  Destination to_;
  std::size_t sent_ = 0;
  bool kept_ = false, answered_ = false, stopped_ = false, ended_ = false;
  std::unique_ptr<ResponseReader> reader_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Watch> watch_;
  std::shared_ptr<Dialling> dialling_;
};

// Bounds the time a WebSocket may take until TCP and TLS stand; the session bounds the rest.
class Opening final : public Tenant, public std::enable_shared_from_this<Opening> {
 public:
  Opening(IoThread& io, WebSocketOpening what, WebSocketEvents events) : io_(io), what_(std::move(what)), events_(std::move(events)) {}
  void start() {
    io_.table().move_in(shared_from_this());
    io_.deadline(*this, whole_seconds(what_.most));
    auto to = destination_of(what_.url, what_.unix_path, what_.tls);
    if (!to.ok()) return fail(to.error().message().en);
    dialling_ = dial(io_, std::move(*to), [self = shared_from_this()](Result<std::unique_ptr<Link>> link) {
      self->dialling_.reset();
      if (!link.ok()) return self->fail(link.error().message().en);
      if (self->ended_) return;
      self->ended_ = true;
      self->io_.table().move_out(*self);
      begin_websocket(self->io_, std::move(*link), self->what_.url.authority(), self->what_.url.target, std::move(self->what_.headers),
                      self->what_.protocol, std::move(self->events_), self->what_.limits, whole_seconds(self->what_.most));
    });
  }
  void expired() override { fail("the opening took too long"); }
  void drain() override { cut(); }
  void cut() override { fail("the loop ended"); }

 private:
  void fail(const std::string& why) {
    if (ended_) return;
    ended_ = true;
    const auto self = shared_from_this();
    if (dialling_) cancel(*dialling_);
    dialling_.reset();
    io_.table().move_out(*this);
    if (events_.on_closed) events_.on_closed(1006, why);
  }
  IoThread& io_;
  WebSocketOpening what_;
  WebSocketEvents events_;
  std::shared_ptr<Dialling> dialling_;
  bool ended_ = false;
};

}  // namespace

ClientLoop::ClientLoop(std::shared_ptr<base::Clock> clock)
    : body_(std::make_unique<Body>(clock ? std::move(clock) : std::make_shared<base::SystemClock>())) {
  body_->io->start();
}
ClientLoop::~ClientLoop() { body_->io->stop_and_join(); }
void ClientLoop::post(std::function<void()> work) { body_->io->post(std::move(work)); }

void Client::call(ClientLoop& loop, ClientRequest request, std::chrono::milliseconds most,
                  std::function<void(Result<ClientResponse>)> done) {
  auto call = std::make_shared<AsyncCall>(*loop.body().io, body_, std::move(request), std::move(done));
  loop.body().io->post([call, most] { call->start(most); });
}

void open_websocket(ClientLoop& loop, WebSocketOpening opening, WebSocketEvents events) {
  auto begin = std::make_shared<Opening>(*loop.body().io, std::move(opening), std::move(events));
  loop.body().io->post([begin] { begin->start(); });
}

}  // namespace quanji::net
