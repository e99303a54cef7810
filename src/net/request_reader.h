// Reads HTTP/1.1 messages from bytes, strictly: one framing rule, everything doubtful refused. No sockets.
// Reads foreign bytes: fuzz/http_head.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/client.h"
#include "net/message.h"
#include "net/server.h"

namespace quanji::net {

// The bytes of a body after the head: by length, in chunks, or until the connection ends.
class BodyFraming {
 public:
  enum class Event { more, piece, end, broken };
  void start_length(std::uint64_t length);
  void start_chunked();
  void start_until_end() { at_ = At::until_end; }
  // Takes from `bytes`; `used` says how many. After `piece`, piece() is a slice of `bytes`.
  Event read(std::string_view bytes, std::size_t& used);
  std::string_view piece() const { return piece_; }
  bool chunked() const { return chunked_; }
  bool complete() const { return at_ == At::done; }
  bool until_end() const { return at_ == At::until_end; }

 private:
  enum class At { length, size, extension, size_lf, data, data_cr, data_lf, trailer_start, trailer, trailer_lf, last_lf, until_end, done };
  Event read_size(char c);
  At at_ = At::done;
  bool chunked_ = false;
  std::uint64_t left_ = 0;
  int digits_ = 0;
  std::size_t extra_ = 0;  // bytes of chunk extensions and trailers, all of them thrown away
  std::string_view piece_;
};

// Why a message was refused.
struct Refused {
  Refusal reason = Refusal::bad_request;
  int status = 400;
  const char* why = "";
};

class RequestReader {
 public:
  explicit RequestReader(const Limits& limits) : limits_(limits) {}
  void begin(RequestPtr fresh);
  enum class Event { more, head, piece, end, broken };
  // `head`: the request is complete but for its body; call allow() if the limit is another. Then piece… end.
  Event read(std::string_view bytes, std::size_t& used);
  void allow(std::uint64_t body_bytes) { body_limit_ = body_bytes; }

  Request& request() { return *request_; }
  RequestPtr take() { return std::move(request_); }
  std::string_view piece() const { return body_.piece(); }
  const Refused& refused() const { return refused_; }
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool has_body() const { return chunked_ || content_length_.value_or(0) > 0; }
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }
  // Nothing of this request is still to come.
  bool complete() const { return head_done_ && body_.complete(); }
  bool in_head() const { return !head_done_; }

 private:
  Event refuse(Refusal reason, int status, const char* why);
  Event take_head(std::string_view bytes, std::size_t& used);
  Event parse_head();
  bool read_fields();
  bool read_target();

  const Limits& limits_;
  RequestPtr request_;
  Refused refused_;
  BodyFraming body_;
  std::size_t line_start_ = 0, lines_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t body_limit_ = 0, body_seen_ = 0;
  bool chunked_ = false, keep_alive_ = true, expects_continue_ = false, head_done_ = false, empty_line_seen_ = false;
};

// The answer to a request of `method`, for the client.
class ResponseReader {
 public:
  ResponseReader(std::string_view method, std::size_t head_bytes, std::uint64_t body_bytes);
  enum class Event { more, end, broken };
  Event read(std::string_view bytes, std::size_t& used);
  Event ended();  // the peer closed
  ClientResponse& response() { return response_; }
  bool keep_alive() const { return keep_alive_; }
  bool started() const { return !head_.empty() || head_done_; }
  const base::Error& failure() const { return *failure_; }

 private:
  Event fail(base::Code code, const char* zh, const char* en);
  Event parse_head();
  bool no_body_;
  const std::size_t head_bytes_;
  const std::uint64_t body_bytes_;
  std::string head_;
  std::size_t line_start_ = 0;
  bool head_done_ = false, keep_alive_ = true;
  BodyFraming body_;
  ClientResponse response_;
  std::optional<base::Error> failure_;
};

}  // namespace quanji::net
