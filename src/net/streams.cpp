#include "net/streams.h"

namespace quanji::net {

StreamedAnswer::StreamedAnswer(std::shared_ptr<Connection> connection, std::uint64_t serial, std::size_t room, std::size_t most)
    : connection_(std::move(connection)), serial_(serial), room_(room), most_(most) {}

StreamedAnswer::~StreamedAnswer() {
  if (finished_ || gone_) return;
  connection_->io().post([connection = connection_, serial = serial_] { connection->cut_stream(serial); });
}

ResponseStream::Room StreamedAnswer::write(std::string piece) {
  std::unique_lock lock(mutex_);
  if (gone_ || too_slow_ || finishing_) return Room::gone;
  if (piece.empty()) return Room::yes;
  const std::size_t waiting = pending_.size() + in_connection_ + piece.size();
  if (waiting > most_) {
    too_slow_ = true;
    lock.unlock();
    schedule();
    return Room::gone;
  }
  if (pending_.empty())
    pending_ = std::move(piece);
  else
    pending_ += piece;
  was_full_ = was_full_ || waiting > room_;
  const Room answer = waiting > room_ ? Room::full : Room::yes;
  lock.unlock();
  schedule();
  return answer;
}
void StreamedAnswer::finish() {
  {
    std::lock_guard lock(mutex_);
    if (finishing_ || gone_) return;
    finishing_ = true;
  }
  schedule();
}
void StreamedAnswer::schedule() {
  {
    std::lock_guard lock(mutex_);
    if (scheduled_) return;
    scheduled_ = true;
  }
  connection_->io().post([self = shared_from_this()] { self->forward(); });
}
void StreamedAnswer::forward() {
  std::string pieces;
  bool finish = false, too_slow = false;
  std::function<void()> done_with, done_with_too;  // they may hold this very stream
  {
    std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (gone_ || finished_) return;
    pieces.swap(pending_);
    in_connection_ += pieces.size();
    too_slow = too_slow_;
    finish = finishing_;
    if (finish) {
      finished_ = true;
      done_with.swap(drained_);
      done_with_too.swap(left_);
    }
  }
  if (too_slow) {
    connection_->core().note(Refusal::slow_reader, {}, "more waited than the buffer of a stream holds");
    connection_->cut_stream(serial_);
    return;
  }
  if (!pieces.empty()) connection_->push(serial_, std::move(pieces));
  if (finish) connection_->finish_stream(serial_);
}
void StreamedAnswer::settled(std::size_t waiting) {
  std::function<void()> call;
  {
    std::lock_guard lock(mutex_);
    in_connection_ = waiting;
    if (was_full_ && waiting == 0 && pending_.empty()) {
      was_full_ = false;
      call = drained_;
    }
  }
  if (call) call();
}
void StreamedAnswer::left() {
  std::function<void()> call, dropped;
  {
    std::lock_guard lock(mutex_);
    if (gone_) return;
    gone_ = true;
    std::swap(dropped, drained_);
    call = std::move(left_);
    left_ = nullptr;
  }
  if (call) call();
}
void StreamedAnswer::on_drain(std::function<void()> drained) {
  std::lock_guard lock(mutex_);
  if (!gone_ && !finished_) drained_ = std::move(drained);
}
void StreamedAnswer::on_gone(std::function<void()> gone) {
  {
    std::lock_guard lock(mutex_);
    if (!gone_) {
      left_ = std::move(gone);
      return;
    }
  }
  if (gone) gone();
}

EventStream::Sent EventsAnswer::send(std::string_view event, std::string_view id, std::string_view data) {
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text.append(name);
    for (const char c : value)
      if (c != '\n' && c != '\r' && c != '\0') text += c;
    text += '\n';
  };
  if (!event.empty()) line("event: ", event);
  if (!id.empty()) line("id: ", id);
  for (;;) {
    const auto end = data.find_first_of("\r\n");
    line("data: ", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
  }
  text += '\n';
  return stream_->write(std::move(text)) == ResponseStream::Room::gone ? Sent::gone : Sent::yes;
}

void PulledUpload::next(std::function<void(base::Result<std::string>)> then) {
  const auto connection = connection_.lock();
  if (!connection) {
    then(base::Error(base::Code::unreadable_body, "the connection is gone"));
    return;
  }
  // The upload is kept by the connection's request; the post keeps both for the length of this call.
  connection->io().post([connection, this, then = std::move(then)]() mutable {
    then_ = std::move(then);
    if (failed_ || ended_)
      deliver();
    else
      connection->pull();
  });
}
void PulledUpload::deliver() {
  if (!then_) return;
  const auto then = std::move(then_);
  then_ = nullptr;
  if (!piece_.empty()) {
    then(std::exchange(piece_, {}));
  } else if (failed_) {
    then(failed_->clone());
  } else {
    then(std::string());
  }
}
void PulledUpload::fail(base::Error why) {
  if (ended_ || failed_) return;
  failed_ = std::move(why);
  piece_.clear();
  deliver();
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    if (exchange_) exchange_->abandon(serial_);
    exchange_ = std::move(other.exchange_);
    serial_ = other.serial_;
  }
  return *this;
}
Responder::~Responder() {
  if (exchange_) exchange_->abandon(serial_);
}
void Responder::send(Response response) {
  if (auto exchange = std::move(exchange_)) exchange->answer(serial_, std::move(response));
}
std::shared_ptr<ResponseStream> Responder::stream(Response head, std::optional<std::uint64_t> length) {
  auto exchange = std::move(exchange_);
  return exchange ? exchange->stream(serial_, std::move(head), length) : nullptr;
}
std::shared_ptr<EventStream> Responder::events(std::vector<std::pair<std::string, std::string>> headers) {
  auto exchange = std::move(exchange_);
  if (!exchange) return nullptr;
  Response head;
  head.content_type = "text/event-stream";
  head.headers = std::move(headers);
  head.headers.emplace_back("Cache-Control", "no-store");
  return exchange->events(serial_, std::move(head));
}
void Responder::websocket(WebSocketEvents events, WebSocketLimits limits, std::string protocol) {
  if (auto exchange = std::move(exchange_)) exchange->websocket(serial_, std::move(events), limits, std::move(protocol));
}
void Responder::go_home(std::function<void()> work) const {
  if (exchange_) exchange_->go_home(std::move(work));
}

}  // namespace quanji::net
