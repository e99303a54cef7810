#include "net/message.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/server.h"

namespace quanji::net {

bool same_token(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& one : headers())
    if (same_token(one.name, name)) return one.value;
  return {};
}
void Request::add_header(std::string_view name, std::string_view value) {
  if (more_.empty() && count_ < few_.size()) {
    few_[count_++] = {name, value};
    return;
  }
  if (more_.empty()) more_.assign(few_.begin(), few_.end());
  more_.push_back({name, value});
}

FileBody::~FileBody() {
  if (fd_ >= 0) ::close(fd_);
}
base::Result<std::shared_ptr<FileBody>> FileBody::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return base::Error(base::Code::not_found, path);
  auto file = std::make_shared<FileBody>(fd, 0, 0);
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return base::Error(base::Code::not_found, path + " is not a regular file");
  file->length_ = static_cast<std::uint64_t>(about.st_size);
  return file;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return {};
  }
}

std::string_view to_word(Refusal reason) {
  static constexpr std::string_view words[] = {"bad_request",          "header_too_large",      "body_too_large", "too_slow",
                                               "too_many_connections", "too_many_from_address", "slow_reader",    "idle",
                                               "handshake_failed",     "certificate_refused",   "draining",       "unanswered",
                                               "expectation_failed",   "method_unknown",        "version_unknown"};
  static_assert(std::size(words) == static_cast<std::size_t>(Refusal::count_));
  return words[static_cast<std::size_t>(reason)];
}

}  // namespace quanji::net
