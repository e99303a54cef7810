// HTTP messages as the rooms above see them: plain values, no sockets.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/tls.h"

namespace quanji::net {

struct Header {
  std::string_view name, value;
};

// Who is at the other end; one object per connection, shared by its requests.
struct Peer {
  std::string address;  // "127.0.0.1", "2001:db8::1"; "unix" for a Unix socket
  std::uint16_t port = 0;
  std::string listener;  // the tag of the listener that accepted it
  enum class Channel { plain, tls } channel = Channel::plain;
  std::optional<PeerCertificate> certificate;  // only one that was verified
};

class Upload;

// One request. The views live as long as the object; it may be moved to another thread with its pointer.
struct Request {
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method;         // as sent, "GET"
  std::string_view target;         // as sent, origin form: "/api/v1/tasks?limit=5" (absolute form is cut to this)
  std::string_view path;           // target before '?', still percent-encoded
  std::string_view query;          // after '?', still percent-encoded; empty if none
  std::string_view host;           // Host header, or the authority of an absolute form
  std::string body;                // whole, unless `upload` is set
  std::shared_ptr<Upload> upload;  // set when the plan said `stream`
  std::shared_ptr<const Peer> peer;
  base::Time received_at;  // when its first byte was seen
  int minor_version = 1;   // HTTP/1.x

  std::span<const Header> headers() const {
    return more_.empty() ? std::span<const Header>(few_.data(), count_) : std::span<const Header>(more_);
  }
  // The first header of that name, case-insensitive.
  std::optional<std::string_view> header(std::string_view name) const;

  // Of this room: the reader fills these.
  void add_header(std::string_view name, std::string_view value);
  std::string head;  // the bytes all views point into

 private:
  std::array<Header, 20> few_;
  std::size_t count_ = 0;
  std::vector<Header> more_;
};
using RequestPtr = std::unique_ptr<Request>;

// An open file sent as a body: `length` bytes from `offset`. Owns the descriptor.
class FileBody {
 public:
  FileBody(int fd, std::uint64_t offset, std::uint64_t length) : fd_(fd), offset_(offset), length_(length) {}
  FileBody(const FileBody&) = delete;
  FileBody& operator=(const FileBody&) = delete;
  ~FileBody();
  // Opens a regular file; not_found if there is none.
  static base::Result<std::shared_ptr<FileBody>> open(const std::string& path);
  int fd() const { return fd_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t length() const { return length_; }

 private:
  int fd_;
  std::uint64_t offset_, length_;
};

// An answer. Content-Length, Date and Connection are net's own: do not give them.
// Header names and values with control characters are a bug of the caller and answered 500.
struct Response {
  int status = 200;
  std::string content_type;  // left out when empty
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<FileBody> file;  // instead of body
  enum class After { keep, close } after = After::keep;
};

// "Not Found"; empty for a status without a phrase.
std::string_view reason_phrase(int status);
// ASCII case-insensitive equality of header names and tokens.
bool same_token(std::string_view a, std::string_view b);

}  // namespace quanji::net
