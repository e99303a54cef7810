// The writing half of a connection: answers, streams, files, and what follows when all is sent.
#include <unistd.h>

#include <charconv>

#include "net/connection.h"
#include "net/streams.h"

namespace quanji::net {
namespace {

constexpr std::size_t join_limit = 64 * 1024;  // a body up to this leaves with its head in one send

void append_number(std::string& out, std::uint64_t value, int radix = 10) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, radix).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}
bool is_line(std::string_view text) {
  for (const char c : text)
    if (c == '\r' || c == '\n' || c == '\0') return false;
  return true;
}
bool is_sound(const Response& response) {
  if (response.status < 200 || response.status > 599 || !is_line(response.content_type)) return false;
  for (const auto& [name, value] : response.headers)
    if (name.empty() || name.find_first_of(" :\t") != std::string::npos || !is_line(name) || !is_line(value)) return false;
  return true;
}

}  // namespace

void Connection::append_head(const Response& response, std::optional<std::uint64_t> length, bool chunked) {
  if (out_.capacity() == 0) out_ = io_.borrow();
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::uint64_t>(response.status));
  out_ += ' ';
  out_ += reason_phrase(response.status);
  out_ += "\r\nDate: ";
  out_ += io_.date();
  if (!response.content_type.empty()) {
    out_ += "\r\nContent-Type: ";
    out_ += response.content_type;
  }
  for (const auto& [name, value] : response.headers) {
    out_ += "\r\n";
    out_ += name;
    out_ += ": ";
    out_ += value;
  }
  if (length) {
    out_ += "\r\nContent-Length: ";
    append_number(out_, *length);
  }
  if (chunked) out_ += "\r\nTransfer-Encoding: chunked";
  if (!keep_)
    out_ += "\r\nConnection: close";
  else if (old_)
    out_ += "\r\nConnection: keep-alive";
  out_ += "\r\n\r\n";
}

void Connection::reply(Response&& response) {
  if (!is_sound(response)) {
    core_->note(Refusal::unanswered, *peer_, "an answer with a broken status or header was not sent");
    response = core_->refusal(Refusal::unanswered, 500, nullptr);
  }
  if (response.after == Response::After::close || upload_open_ || core_->draining) keep_ = false;
  const bool bodiless = response.status == 204 || response.status == 304;
  const std::uint64_t length = response.file ? response.file->length() : response.body.size();
  append_head(response, bodiless ? std::nullopt : std::optional(length), false);
  if (head_only_ || bodiless) return;
  if (response.file) {
    file_ = std::move(response.file);
    file_at_ = 0;
  } else if (out_.size() + response.body.size() <= join_limit) {
    out_ += response.body;
  } else {
    tail_ = std::move(response.body);
  }
}

void Connection::send_answer(Response&& response) {
  reply(std::move(response));
  at_ = At::writing;
  if (upload_) end_upload(base::Error(base::Code::unreadable_body, "the request was answered before its upload was read"));
  if (at_ == At::closed) return;
  // While requests are being consumed, small answers gather so that a pipeline leaves in one send.
  if (consuming_ && keep_ && tail_.empty() && !file_ && out_.size() < join_limit && !watch_.waits_writable()) {
    at_ = At::idle;
    io_.deadline(*this, core_->options.limits.idle);
    return;
  }
  if (watch_.waits_writable()) return;
  if (flush() == Flushed::all) written();
}

void Connection::refuse(Refusal reason, int status, std::string why) {
  core_->note(reason, *peer_, std::move(why));
  if (at_ == At::streaming) return close();
  ++serial_;
  keep_ = false;
  // The request of an upload was handed up; only one that is still being read is ours to show.
  const Request* request = reader_ && !reader_->in_head() && !upload_ ? &reader_->request() : nullptr;
  auto response = core_->refusal(reason, status, request);
  if (reader_ && reader_->in_head()) head_only_ = false;
  if (upload_)
    end_upload(
        base::Error(reason == Refusal::body_too_large ? base::Code::too_large : base::Code::unreadable_body, std::string(to_word(reason))));
  if (at_ != At::closed) send_answer(std::move(response));
}

void Connection::answer(std::uint64_t serial, Response response) {
  if (!io_.here()) {
    io_.post([self = shared_from_this(), serial, response = std::move(response)]() mutable { self->answer(serial, std::move(response)); });
    return;
  }
  if (serial != serial_ || (at_ != At::serving && at_ != At::upload)) return;
  if (serving_now_) {
    ready_.emplace(std::move(response));
    return;
  }
  send_answer(std::move(response));
}

void Connection::abandon(std::uint64_t serial) {
  io_.post([self = shared_from_this(), serial] {
    if (serial != self->serial_ || (self->at_ != At::serving && self->at_ != At::upload)) return;
    self->refuse(Refusal::unanswered, 500, "the request was dropped without an answer");
  });
}
void Connection::go_home(std::function<void()> work) {
  if (io_.here()) return work();
  io_.post(std::move(work));
}

std::shared_ptr<ResponseStream> Connection::stream(std::uint64_t serial, Response head, std::optional<std::uint64_t> length) {
  const std::size_t room = core_->options.limits.stream_buffer_bytes;
  auto made = std::make_shared<StreamedAnswer>(shared_from_this(), serial, room / 2, room * 4);
  io_.post([self = shared_from_this(), serial, head = std::move(head), length, stream = made]() mutable {
    if (serial != self->serial_ || (self->at_ != At::serving && self->at_ != At::upload)) return stream->left();
    self->streamed_ = stream;
    self->begin_stream(head, length);
  });
  return made;
}
std::shared_ptr<EventStream> Connection::events(std::uint64_t serial, Response head) {
  const std::size_t room = core_->options.limits.stream_buffer_bytes;
  auto made = std::make_shared<StreamedAnswer>(shared_from_this(), serial, room, room);
  io_.post([self = shared_from_this(), serial, head = std::move(head), stream = made]() mutable {
    if (serial != self->serial_ || self->at_ != At::serving) return stream->left();
    self->streamed_ = stream;
    self->is_events_ = true;
    ++self->core_->event_streams;
    self->begin_stream(head, std::nullopt);
    if (self->at_ == At::streaming && !self->stalled_) self->io_.deadline(*self, self->core_->options.limits.event_comment);
  });
  return std::make_shared<EventsAnswer>(std::move(made));
}

void Connection::begin_stream(const Response& head, std::optional<std::uint64_t> length) {
  if (!is_sound(head)) {
    core_->note(Refusal::unanswered, *peer_, "an answer with a broken status or header was not sent");
    return close();
  }
  chunking_ = !length && !old_;
  if (head.after == Response::After::close || (!length && old_) || upload_open_ || core_->draining) keep_ = false;
  stream_left_ = length;
  append_head(head, length, chunking_);
  at_ = At::streaming;
  stalled_ = false;
  io_.no_deadline(*this);
  if (upload_) end_upload(base::Error(base::Code::unreadable_body, "the request was answered before its upload was read"));
  if (at_ == At::closed) return;
  watch_.wait_readable(shared_from_this());
  if (!watch_.waits_writable() && flush() == Flushed::all) written();
}

void Connection::push(std::uint64_t serial, const std::string& piece) {
  if (serial != serial_ || at_ != At::streaming) return;
  if (stream_left_) {
    if (piece.size() > *stream_left_) {
      core_->note(Refusal::unanswered, *peer_, "a streamed answer is longer than announced");
      return close();
    }
    *stream_left_ -= piece.size();
  }
  if (!head_only_) {
    if (chunking_) {
      append_number(out_, piece.size(), 16);
      out_ += "\r\n";
    }
    out_ += piece;
    if (chunking_) out_ += "\r\n";
  }
  if (!watch_.waits_writable() && flush() == Flushed::all) written();
}
void Connection::finish_stream(std::uint64_t serial) {
  if (serial != serial_ || at_ != At::streaming) return;
  if (stream_left_.value_or(0) > 0 && !head_only_) {
    core_->note(Refusal::unanswered, *peer_, "a streamed answer is shorter than announced");
    return close();
  }
  if (chunking_ && !head_only_) out_ += "0\r\n\r\n";
  at_ = At::writing;
  if (is_events_) --core_->event_streams;
  is_events_ = false;
  streamed_.reset();
  if (!stalled_) io_.no_deadline(*this);
  if (!watch_.waits_writable() && flush() == Flushed::all) written();
}
void Connection::cut_stream(std::uint64_t serial) {
  if (serial == serial_) close();
}

bool Connection::refill_from_file() {
  if (!file_) return false;
  const std::uint64_t left = file_->length() - file_at_;
  if (left == 0) {
    file_.reset();
    return false;
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, join_limit));
  out_.resize(size);
  const auto got = ::pread(file_->fd(), out_.data(), size, static_cast<off_t>(file_->offset() + file_at_));
  if (got <= 0) {  // it shrank: the promised length cannot be kept
    out_.clear();
    close();
    return false;
  }
  out_.resize(static_cast<std::size_t>(got));
  file_at_ += static_cast<std::uint64_t>(got);
  return true;
}

Connection::Flushed Connection::flush() {
  for (;;) {
    while (sent_ < out_.size()) {
      const auto moved = link_->write(std::string_view(out_).substr(sent_));
      if (moved.io == Io::done) {
        sent_ += moved.bytes;
        paced_ += moved.bytes;
        core_->bytes_out += moved.bytes;
        continue;
      }
      if (moved.io == Io::ended || moved.io == Io::failed) {
        close();
        return Flushed::gone;
      }
      if (!stalled_ && at_ != At::head && at_ != At::body && at_ != At::upload) {
        stalled_ = true;
        paced_ = 0;
        io_.deadline(*this, core_->options.limits.write_stall);
      }
      if (sent_ > join_limit) {
        out_.erase(0, sent_);
        sent_ = 0;
      }
      if (moved.io == Io::want_write)
        watch_.wait_writable(shared_from_this());
      else
        watch_.wait_readable(shared_from_this());
      if (auto stream = streamed_.lock()) stream->settled(out_.size() - sent_);
      return Flushed::blocked;
    }
    out_.clear();
    sent_ = 0;
    if (!tail_.empty()) {
      out_ = std::exchange(tail_, {});
      continue;
    }
    if (refill_from_file()) continue;
    if (at_ == At::closed) return Flushed::gone;
    break;
  }
  io_.give_back(std::exchange(out_, {}));
  if (stalled_) {
    stalled_ = false;
    io_.no_deadline(*this);
    if (at_ == At::streaming && is_events_) io_.deadline(*this, core_->options.limits.event_comment);
  }
  return Flushed::all;
}

void Connection::written() {
  if (at_ == At::writing) return finish_exchange();
  if (at_ == At::streaming)
    if (auto stream = streamed_.lock()) stream->settled(0);
}

void Connection::finish_exchange() {
  reader_.reset();
  if (!keep_ || core_->draining) return linger();
  at_ = At::idle;
  io_.deadline(*this, core_->options.limits.idle);
  if (consuming_) return;
  if (!in_.empty()) {
    const std::string held = std::exchange(in_, {});
    consume(held);
  }
  if (at_ == At::idle)
    go_idle();
  else if (at_ == At::head || at_ == At::body)
    watch_.wait_readable(shared_from_this());
}

// Closing with unread bytes would reset the connection and take the answer from the peer: say the end first, then read on a while.
void Connection::linger() {
  in_ = {};
  link_->finish();
  at_ = At::lingering;
  io_.deadline(*this, std::chrono::seconds(2));
  if (link_->buffered())
    io_.post([self = shared_from_this()] { self->fill(); });
  else
    watch_.wait_readable(shared_from_this());
}

}  // namespace quanji::net
