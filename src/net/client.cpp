// The blocking client and its pool. The asynchronous side is in client_loop.cpp.
#include "net/client.h"

#include <poll.h>

#include "net/client_pool.h"
#include "net/message.h"

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

bool is_line(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_token(key, name)) return value;
  return {};
}

Result<std::string> write_request(const ClientRequest& request) {
  const auto refuse = [](const char* zh, const char* en) { return Error(Code::invalid_field, Text(std::string(zh), std::string(en))); };
  for (const char c : request.method)
    if (c < 'A' || c > 'Z') return refuse("请求方法应为大写字母。", "The method should be capital letters.");
  if (request.method.empty() || request.method == "CONNECT") return refuse("请求方法不可用。", "This method cannot be used.");
  const auto& target = request.url.target;
  if (target.empty() || target.front() != '/' || target.find(' ') != std::string::npos || !is_line(target) || !is_line(request.url.host))
    return refuse("请求路径有误。", "The request's target is malformed.");
  std::string out = request.method + " " + target + " HTTP/1.1\r\nHost: " + request.url.authority() + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || name.find_first_of(" \t:") != std::string::npos || !is_line(name) || !is_line(value) || same_token(name, "Host") ||
        same_token(name, "Content-Length") || same_token(name, "Transfer-Encoding") || same_token(name, "Connection"))
      return refuse("请求头有误，或不应由调用方给出。", "A request header is malformed, or not the caller's to give.");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH")
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  out += "\r\n";
  out += request.body;
  return out;
}

bool may_repeat(const ClientRequest& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "PUT" || request.method == "DELETE" ||
         request.method == "OPTIONS";
}

Result<Destination> destination_of(const Url& url, const std::string& unix_path, const std::shared_ptr<TlsClient>& tls) {
  if (url.scheme == Url::Scheme::https && !tls)
    return Error(Code::invalid_field,
                 Text("https 地址需要信任设置（CA 证书或公钥指纹）。", "An https address needs something to trust: a CA or a pinned key."));
  return Destination{url.host, url.port, unix_path, url.scheme == Url::Scheme::https ? tls : nullptr};
}

std::string ClientPool::key(const Url& url) {
  return (url.scheme == Url::Scheme::https ? "s" : "p") + url.host + "|" + std::to_string(url.port);
}
std::unique_ptr<Link> ClientPool::take(const Url& url) {
  std::lock_guard lock(mutex);
  const auto found = idle.find(key(url));
  while (found != idle.end() && !found->second.empty()) {
    Kept kept = std::move(found->second.back());
    found->second.pop_back();
    if (options.clock->monotonic() - kept.since > options.idle) continue;
    // Anything readable on an idle connection is its end, or bytes nobody asked for.
    pollfd one{kept.link->fd(), POLLIN, 0};
    if (::poll(&one, 1, 0) == 0) return std::move(kept.link);
  }
  return nullptr;
}
void ClientPool::keep(const Url& url, std::unique_ptr<Link> link) {
  if (link->buffered()) return;
  std::lock_guard lock(mutex);
  auto& list = idle[key(url)];
  const auto now = options.clock->monotonic();
  std::erase_if(list, [&](const Kept& one) { return now - one.since > options.idle; });
  if (list.size() < options.idle_connections) list.push_back({std::move(link), now});
}

namespace {

struct Attempt {
  bool answered = false;  // at least one byte came back
};

Result<ClientResponse> exchange(Link& link, const ClientRequest& request, const std::string& bytes, ResponseReader& reader,
                                const Deadline& deadline, Attempt& attempt) {
  std::size_t sent = 0;
  bool peer_stopped_reading = false;
  while (sent < bytes.size() && !peer_stopped_reading) {
    const auto moved = link.write(std::string_view(bytes).substr(sent));
    if (moved.io == Io::done)
      sent += moved.bytes;
    else if (moved.io == Io::ended || moved.io == Io::failed)
      peer_stopped_reading = true;  // it may have answered early, as with 413
    else
      QUANJI_DO(wait_until_ready(link.fd(), moved.io, deadline));
  }
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const auto moved = link.read(buffer.data(), buffer.size());
    if (moved.io == Io::want_read || moved.io == Io::want_write) {
      QUANJI_DO(wait_until_ready(link.fd(), moved.io, deadline));
      continue;
    }
    ResponseReader::Event event{};
    if (moved.io == Io::done) {
      if (deadline.left().count() <= 0) return too_late();  // a peer that drips bytes keeps the socket ready
      attempt.answered = true;
      std::size_t used = 0;
      event = reader.read(std::string_view(buffer).substr(0, moved.bytes), used);
    } else {
      event = reader.ended();
    }
    if (event == ResponseReader::Event::broken) return reader.failure().clone();
    if (auto& answer = reader.response(); request.take && answer.status / 100 == 2 && !answer.body.empty()) {
      QUANJI_DO(request.take(answer.body));
      answer.body.clear();
    }
    if (event == ResponseReader::Event::end) return std::move(reader.response());
  }
}

}  // namespace

Client::Client(ClientOptions options) : body_(std::make_shared<Body>()) {
  if (!options.clock) options.clock = std::make_shared<base::SystemClock>();
  body_->options = std::move(options);
}
Client::~Client() = default;

Result<ClientResponse> Client::call(const ClientRequest& request, std::chrono::milliseconds most) {
  ClientPool& pool = *body_;
  const auto deadline = Deadline::in(*pool.options.clock, most);
  QUANJI_TRY(const std::string bytes, write_request(request));
  QUANJI_TRY(const Destination to, destination_of(request.url, pool.options.unix_path, pool.options.tls));
  for (;;) {
    std::unique_ptr<Link> link = pool.take(request.url);
    const bool kept = static_cast<bool>(link);
    if (!kept) {
      QUANJI_TRY(link, dial(to, deadline));
    }
    ResponseReader reader(request.method, pool.options.head_bytes, pool.options.body_bytes);
    Attempt attempt;
    auto outcome = exchange(*link, request, bytes, reader, deadline, attempt);
    if (!outcome.ok() && kept && !attempt.answered && may_repeat(request) && deadline.left().count() > 0) continue;
    if (outcome.ok() && reader.keep_alive()) pool.keep(request.url, std::move(link));
    return outcome;
  }
}

}  // namespace quanji::net
