// The reading half of a connection, and its life. The writing half is in connection_write.cpp.
#include "net/connection.h"

#include "net/streams.h"
#include "net/tls_check.h"
#include "net/websocket_session.h"

namespace quanji::net {

Connection::Connection(std::shared_ptr<ServerCore> core, IoThread& io, std::unique_ptr<Link> link,
                       std::shared_ptr<const TlsServer::Live> tls, std::shared_ptr<Peer> peer, Seat seat)
    : core_(std::move(core)),
      io_(io),
      link_(std::move(link)),
      watch_(io, link_->fd()),
      tls_(std::move(tls)),
      peer_(std::move(peer)),
      seat_(std::move(seat)) {}
Connection::~Connection() { watch_.forget(); }

void Connection::start() {
  io_.table().move_in(shared_from_this());
  if (tls_) {
    at_ = At::handshake;
    io_.deadline(*this, core_->options.limits.handshake);
    step_handshake();
    return;
  }
  go_idle();
}
void Connection::start_refused(Refusal reason, int status) {
  io_.table().move_in(shared_from_this());
  refuse(reason, status, {});
}

void Connection::step_handshake() {
  const auto moved = link_->handshake();
  if (moved.io == Io::want_read) return watch_.wait_readable(shared_from_this());
  if (moved.io == Io::want_write) return watch_.wait_writable(shared_from_this());
  if (moved.io != Io::done) {
    core_->note(Refusal::handshake_failed, *peer_, link_->failure());
    return close();
  }
  ++core_->handshakes;
  if (link_->resumed()) ++core_->resumed;
  peer_->certificate = link_->certificate();
  if (auto allowed = check_certificate(*tls_, *peer_); !allowed.ok()) {
    core_->note(Refusal::certificate_refused, *peer_, allowed.error().message().en);
    return close();
  }
  go_idle();
}

// With TLS, bytes may wait inside the link where no readiness tells of them.
void Connection::go_idle() {
  at_ = At::idle;
  io_.deadline(*this, core_->options.limits.idle);
  if (link_->buffered())
    io_.post([self = shared_from_this()] { self->fill(); });
  else
    watch_.wait_readable(shared_from_this());
}

void Connection::readable() {
  if (at_ == At::handshake)
    step_handshake();
  else if (at_ != At::closed)
    fill();
}
void Connection::writable() {
  if (at_ == At::handshake) return step_handshake();
  if (at_ == At::closed) return;
  if (flush() != Flushed::all) return;
  written();
  if (at_ != At::closed) fill();
}

// Only from readiness or a post, never from inside consume(): the scratch buffer is the thread's.
void Connection::fill() {
  auto& scratch = io_.scratch();
  for (;;) {
    const bool wanted = wants_request_bytes() || at_ == At::lingering || (at_ == At::streaming && in_.size() < scratch.size()) ||
                        (at_ == At::upload && upload_ && upload_->wanted());
    if (!wanted || !link_) return;
    const auto moved = link_->read(scratch.data(), scratch.size());
    switch (moved.io) {
      case Io::want_read:
        return watch_.wait_readable(shared_from_this());
      case Io::want_write:
        return watch_.wait_writable(shared_from_this());
      case Io::ended:
      case Io::failed:
        return peer_ended();
      case Io::done:
        break;
    }
    core_->bytes_in += moved.bytes;
    const std::string_view bytes(scratch.data(), moved.bytes);
    if (at_ == At::lingering) {
      lingered_ += moved.bytes;
      if (lingered_ > 1024 * 1024) return close();
    } else if (at_ == At::streaming) {
      in_.append(bytes);
    } else {
      consume(bytes);
    }
    if (at_ == At::closed) return;
    if (!link_->buffered() && moved.bytes < scratch.size() && at_ != At::serving && at_ != At::writing)
      if (at_ != At::upload || (upload_ && upload_->wanted())) return watch_.wait_readable(shared_from_this());
  }
}

void Connection::peer_ended() {
  // A half-closed peer may still read its answer; an event source never half-closes.
  if (at_ == At::streaming && !is_events_) return;
  close();
}

void Connection::consume(std::string_view bytes) {
  consuming_ = true;
  while (!bytes.empty() && (wants_request_bytes() || (at_ == At::upload && upload_ && upload_->wanted()))) {
    if (at_ == At::upload) {
      take_upload(bytes);
      bytes = {};
      break;
    }
    if (at_ == At::idle) {
      reader_ = std::make_unique<RequestReader>(core_->options.limits);
      auto fresh = std::make_unique<Request>();
      fresh->received_at = io_.clock().now();
      fresh->peer = peer_;
      fresh->head = io_.borrow();
      reader_->begin(std::move(fresh));
      at_ = At::head;
      io_.deadline(*this, core_->options.limits.arrival);
    }
    std::size_t used = 0;
    auto event = reader_->read(bytes, used);
    bytes.remove_prefix(used);
    if (event == RequestReader::Event::head) {
      at_ = At::body;
      on_head();
      if (at_ == At::body && reader_->complete()) event = RequestReader::Event::end;
    }
    if (event == RequestReader::Event::piece) {
      reader_->request().body.append(reader_->piece());
      if (reader_->complete()) event = RequestReader::Event::end;
    }
    if (event == RequestReader::Event::broken)
      refuse(reader_->refused().reason, reader_->refused().status, reader_->refused().why);
    else if (event == RequestReader::Event::end)
      serve();
  }
  consuming_ = false;
  if (at_ == At::closed) return;
  if (!bytes.empty() && at_ != At::lingering && (keep_ || at_ == At::upload)) in_.insert(0, bytes);
  // Answers of pipelined requests were gathered; now they go.
  if (!out_.empty() && !watch_.waits_writable() && (wants_request_bytes() || at_ == At::writing)) {
    const auto flushed = flush();
    if (flushed == Flushed::blocked && at_ == At::idle) at_ = At::writing;
    if (flushed == Flushed::all && at_ == At::writing) written();
  }
}

void Connection::on_head() {
  Request& request = reader_->request();
  const auto& limits = core_->options.limits;
  keep_ = reader_->keep_alive();
  head_only_ = request.method == "HEAD";
  old_ = request.minor_version == 0;
  websocket_key_.clear();
  said_continue_ = !reader_->expects_continue();
  if (const auto upgrade = request.header("Upgrade"); upgrade && same_token(*upgrade, "websocket") && request.method == "GET")
    if (request.header("Sec-WebSocket-Version").value_or("") == "13") websocket_key_ = request.header("Sec-WebSocket-Key").value_or("");
  if (!reader_->has_body()) return;
  BodyPlan plan;
  if (core_->options.plan_body) plan = core_->options.plan_body(request);
  if (plan.take == BodyPlan::Take::refuse) {
    keep_ = false;
    ++serial_;
    send_answer(std::move(plan.answer));
    return;
  }
  const bool streamed = plan.take == BodyPlan::Take::stream;
  const auto limit = plan.limit.value_or(streamed ? limits.upload_bytes : limits.body_bytes);
  reader_->allow(limit);
  const auto announced = reader_->content_length();
  if (announced && *announced > limit) return refuse(Refusal::body_too_large, 413, "Content-Length over the limit");
  if (streamed) {
    upload_ = std::make_shared<PulledUpload>(weak_from_this(), announced);
    request.upload = upload_;
    upload_open_ = true;
    at_ = At::upload;
    serve();
    return;
  }
  if (announced) request.body.reserve(static_cast<std::size_t>(*announced));
  if (!said_continue_) {
    said_continue_ = true;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (flush() == Flushed::gone) close();
  }
}

void Connection::serve() {
  ++core_->requests;
  ++serial_;
  io_.no_deadline(*this);
  RequestPtr request;
  if (at_ == At::upload) {
    request = reader_->take();
  } else {
    at_ = At::serving;
    request = reader_->take();
    reader_.reset();
  }
  serving_now_ = true;
  core_->options.serve(std::move(request), Responder(shared_from_this(), serial_));
  serving_now_ = false;
  if (ready_) {
    Response response = std::move(*ready_);
    ready_.reset();
    send_answer(std::move(response));
  } else if (!out_.empty() && !watch_.waits_writable() && at_ == At::serving) {
    if (flush() == Flushed::gone) close();
  }
}

void Connection::pull() {
  if (at_ != At::upload || !upload_) return;
  if (!said_continue_) {
    said_continue_ = true;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (flush() == Flushed::gone) return close();
  }
  io_.deadline(*this, core_->options.limits.arrival);
  if (!in_.empty()) {
    const std::string held = std::exchange(in_, {});
    consume(held);
    if (at_ != At::upload || !upload_->wanted()) return;
  }
  fill();
}

void Connection::take_upload(std::string_view bytes) {
  const auto upload = upload_;
  while (!bytes.empty()) {
    std::size_t used = 0;
    const auto event = reader_->read(bytes, used);
    if (event == RequestReader::Event::piece) upload->add(reader_->piece());
    bytes.remove_prefix(used);
    if (event == RequestReader::Event::broken) return refuse(reader_->refused().reason, reader_->refused().status, reader_->refused().why);
    if (event == RequestReader::Event::end || reader_->complete()) {
      upload->end();
      upload_open_ = false;
      reader_.reset();
      upload_.reset();
      at_ = At::serving;
      if (keep_ && !bytes.empty()) in_.insert(0, bytes);
      break;
    }
  }
  if (upload->ripe(core_->options.limits.upload_pace_bytes)) {
    io_.no_deadline(*this);
    // Posted: the callback may answer, and an answer may consume what came behind this body.
    io_.post([upload] { upload->deliver(); });
  }
}

void Connection::end_upload(base::Error why) {
  upload_open_ = false;
  if (auto upload = std::move(upload_)) upload->fail(std::move(why));
}

void Connection::expired() {
  const auto& limits = core_->options.limits;
  switch (at_) {
    case At::handshake:
      core_->note(Refusal::handshake_failed, *peer_, "too slow");
      return close();
    case At::idle:
      ++core_->refused[static_cast<std::size_t>(Refusal::idle)];
      return close();
    case At::head:
    case At::body:
    case At::upload:
      return refuse(Refusal::too_slow, 408, "the request did not arrive in time");
    case At::writing:
    case At::streaming:
      if (stalled_) {
        if (paced_ >= limits.write_pace_bytes) {
          paced_ = 0;
          return io_.deadline(*this, limits.write_stall);
        }
        core_->note(Refusal::slow_reader, *peer_, "the answer was not read in time");
        return close();
      }
      if (is_events_) {
        push(serial_, ":\n\n");
        if (at_ == At::streaming && !stalled_) io_.deadline(*this, limits.event_comment);
      }
      return;
    case At::lingering:
      return close();
    case At::serving:
    case At::closed:
      return;
  }
}

void Connection::drain() {
  switch (at_) {
    case At::handshake:
    case At::idle:
      return close();
    case At::streaming:
      if (is_events_)
        if (auto stream = streamed_.lock()) {
          stream->forward();
          stream->left();
          finish_stream(serial_);
        }
      return;
    default:
      keep_ = false;
  }
}
void Connection::cut() { close(); }
void Connection::recheck_certificate() {
  if (!tls_ || at_ == At::handshake || at_ == At::closed) return;
  if (auto allowed = check_certificate(*tls_, *peer_); !allowed.ok()) {
    core_->note(Refusal::certificate_refused, *peer_, allowed.error().message().en);
    close();
  }
}

void Connection::tell_gone() {
  ++serial_;
  if (auto stream = streamed_.lock()) stream->left();
  streamed_.reset();
  if (upload_) end_upload(base::Error(base::Code::unreadable_body, "the peer left in the middle of its upload"));
}
void Connection::close() {
  if (at_ == At::closed) return;
  const auto self = shared_from_this();
  at_ = At::closed;
  if (is_events_) --core_->event_streams;
  is_events_ = false;
  watch_.forget();
  link_.reset();
  reader_.reset();
  in_ = {};
  out_ = {};
  tail_ = {};
  file_.reset();
  tell_gone();
  seat_ = Seat();
  io_.table().move_out(*this);
}

void Connection::websocket(std::uint64_t serial, WebSocketEvents events, WebSocketLimits limits, std::string protocol) {
  if (!io_.here() || serving_now_) {
    io_.post([self = shared_from_this(), serial, events = std::move(events), limits, protocol = std::move(protocol)]() mutable {
      self->websocket(serial, std::move(events), limits, std::move(protocol));
    });
    return;
  }
  if (serial != serial_ || at_ != At::serving || websocket_key_.empty()) {
    if (serial == serial_ && at_ == At::serving) refuse(Refusal::bad_request, 400, "not a WebSocket opening");
    if (events.on_closed) events.on_closed(1006, "the request was not a WebSocket opening, or the peer left");
    return;
  }
  const auto self = shared_from_this();
  at_ = At::closed;
  ++serial_;
  watch_.forget();
  io_.table().move_out(*this);
  accept_websocket(io_, std::move(link_), std::move(in_), websocket_key_, protocol, std::move(events), limits,
                   {core_, std::move(seat_), peer_, tls_});
}

}  // namespace quanji::net
