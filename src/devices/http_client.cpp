#include "devices/http_client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/files.h"
#include "devices/http_head.h"

namespace quanji::devices {

using base::Descriptor;
using base::Text;

namespace {

template <auto cleanup>
struct Cleanup {
  template <class T>
  void operator()(T* object) const {
    cleanup(object);
  }
};
using Easy = std::unique_ptr<CURL, Cleanup<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Cleanup<curl_multi_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Cleanup<curl_slist_free_all>>;
using Form = std::unique_ptr<curl_mime, Cleanup<curl_mime_free>>;

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }
bool is_named(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// One request to one address, and its answer.
class Hop {
 public:
  Hop(const HttpRequest& request, const HttpWatch& watch, std::string url, std::string method, bool with_body, bool trusted)
      : request_(request), watch_(watch), method_(std::move(method)), with_body_(with_body), trusted_(trusted) {
    head_.url = std::move(url);
  }
  HttpAnswer go();
  // Where the answer leads, when it is a redirect that is to be followed.
  const std::string& next() const { return next_; }

 private:
  bool set_up();
  void set_request();
  void set_trust();
  Text why(CURLcode code) const;
  Text why_tls(std::string_view what) const;
  void take_line(std::string_view line);
  bool follows() const {
    return is_redirect(head_.status) && head_.find("location") != nullptr &&
           !(watch_.keeps_redirect && watch_.keeps_redirect(head_.status));
  }
  static std::size_t on_line(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Hop*>(self)->take_line({data, size});
    return size;
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& hop = *static_cast<Hop*>(self);
    // What a redirect says besides where it leads is for people with browsers.
    if (hop.follows()) return (hop.passed_over_ += size) > (std::size_t{1} << 20) ? 0 : size;
    if (hop.watch_.take(hop.head_, {data, size})) return size;
    hop.left_ = true;
    return 0;
  }
  static std::size_t on_read(char* data, std::size_t one, std::size_t count, void* self) {
    auto& hop = *static_cast<Hop*>(self);
    const auto got = ::read(hop.file_.get(), data, one * count);
    if (got >= 0) return static_cast<std::size_t>(got);
    hop.file_error_ = errno;
    return CURL_READFUNC_ABORT;
  }
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0 && (errno == EACCES || errno == EPERM)) static_cast<Hop*>(self)->no_network_ = true;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
  }
  template <class T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) refused_ = true;
  }
  void set_blob(CURLoption option, std::string_view bytes) {
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
    if (curl_easy_setopt(easy_.get(), option, &blob) != CURLE_OK) refused_ = true;
  }

  const HttpRequest& request_;
  const HttpWatch& watch_;
  const std::string method_;
  const bool with_body_, trusted_;
  HttpHead head_;
  std::string next_;
  bool in_head_ = false, left_ = false, no_network_ = false, refused_ = false;
  std::size_t passed_over_ = 0;
  int file_error_ = 0;
  Descriptor file_;
  std::array<char, CURL_ERROR_SIZE> told_{};
  // Freed in this order: the handle, then what it looks at.
  Lines lines_;
  Form form_;
  Multi multi_;
  Easy easy_;
};

void Hop::take_line(std::string_view line) {
  if (!in_head_) {
    // "HTTP/1.1 200 OK": of each interim answer too; the last one stays. Anything else is behind the body and of no interest.
    in_head_ = line.starts_with("HTTP/");
    if (!in_head_) return;
    head_.headers.clear();
    head_.status = 0;
    return;
  }
  if (line == "\r\n" || line == "\n") {
    in_head_ = false;
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    head_.status = static_cast<int>(status);
    return;
  }
  if (auto header = parse_header_line(line)) head_.headers.push_back(std::move(*header));
}

void Hop::set_request() {
  set(CURLOPT_URL, head_.url.c_str());
  if (method_ == "GET")
    set(CURLOPT_HTTPGET, 1L);
  else if (method_ == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else
    set(CURLOPT_CUSTOMREQUEST, method_.c_str());
  const auto add = [&](const std::string& line) {
    auto* grown = curl_slist_append(lines_.get(), line.c_str());
    if (grown == nullptr) {
      refused_ = true;
      return;
    }
    (void)lines_.release();
    lines_.reset(grown);
  };
  bool agent = false;
  for (const auto& header : request_.headers) {
    agent |= is_named(header.name, "user-agent");
    if (!trusted_ && (!header.secret.empty() || is_named(header.name, "authorization") || is_named(header.name, "cookie"))) continue;
    if (!with_body_ && is_named(header.name, "content-type")) continue;
    if (!header.secret.empty()) {
      auto line = header.name + ": ";
      line.reserve(line.size() + header.secret.size());
      line += header.secret.reveal();
      add(line);
      base::wipe(line);
      continue;
    }
    // curl takes "name;" for a header without a value.
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!agent) set(CURLOPT_USERAGENT, "Quanji");
  // No waiting for "100 Continue" of servers that never say it.
  add("Expect:");
  if (with_body_ && !request_.parts.empty()) {
    form_.reset(curl_mime_init(easy_.get()));
    for (const auto& one : request_.parts) {
      auto* part = curl_mime_addpart(form_.get());
      curl_mime_name(part, one.name.c_str());
      if (one.path.empty()) {
        curl_mime_data(part, one.content.reveal().data(), one.content.size());
      } else {
        if (curl_mime_filedata(part, one.path.c_str()) != CURLE_OK) file_error_ = errno;
        curl_mime_filename(part, one.file_name.c_str());
      }
      if (!one.type.empty()) curl_mime_type(part, one.type.c_str());
    }
    set(CURLOPT_MIMEPOST, form_.get());
    set(CURLOPT_CUSTOMREQUEST, method_.c_str());
  } else if (with_body_ && !request_.body_path.empty()) {
    file_ = Descriptor(::open(request_.body_path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat there {};
    if (file_.get() < 0 || ::fstat(file_.get(), &there) != 0) file_error_ = errno;
    set(CURLOPT_POST, 1L);
    set(CURLOPT_CUSTOMREQUEST, method_.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(there.st_size));
    set(CURLOPT_READFUNCTION, &Hop::on_read);
    set(CURLOPT_READDATA, this);
  } else if (with_body_ && (request_.body || method_ == "POST" || method_ == "PUT" || method_ == "PATCH")) {
    const auto body = request_.body ? request_.body->reveal() : std::string_view();
    set(CURLOPT_POST, 1L);
    set(CURLOPT_CUSTOMREQUEST, method_.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
  }
  // curl says "application/x-www-form-urlencoded" of whatever is posted.
  if (with_body_ && request_.parts.empty() &&
      std::none_of(request_.headers.begin(), request_.headers.end(), [](const auto& h) { return is_named(h.name, "content-type"); }))
    add("Content-Type:");
  set(CURLOPT_HTTPHEADER, lines_.get());
}

void Hop::set_trust() {
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // The folder of the system's authorities stays; these take the place of its one file, which holds the same.
  if (!request_.authorities.empty()) set_blob(CURLOPT_CAINFO_BLOB, request_.authorities);
  if (!trusted_) return;
  if (request_.sign_in) {
    const auto& with = *request_.sign_in;
    std::string secret(with.secret.reveal());
    if (with.username.empty()) {
      set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
      set(CURLOPT_XOAUTH2_BEARER, secret.c_str());
    } else {
      set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
      set(CURLOPT_USERNAME, with.username.c_str());
      set(CURLOPT_PASSWORD, secret.c_str());
    }
    base::wipe(secret);
  }
  if (request_.certificate) {
    set(CURLOPT_SSLCERTTYPE, "PEM");
    set(CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(CURLOPT_SSLCERT_BLOB, request_.certificate->certificate.reveal());
    set_blob(CURLOPT_SSLKEY_BLOB, request_.certificate->key.reveal());
  }
}

bool Hop::set_up() {
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_) return false;
  set(CURLOPT_ERRORBUFFER, told_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer holds nobody up
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);  // exchange() does
  set(CURLOPT_PROXY, "");           // not even what the environment says
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  if (!request_.as_it_is) set(CURLOPT_ACCEPT_ENCODING, "");  // what curl can undo
  set(CURLOPT_OPENSOCKETFUNCTION, &Hop::on_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Hop::on_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Hop::on_body);
  set(CURLOPT_WRITEDATA, this);
  set_request();
  set_trust();
  return !refused_ && curl_multi_add_handle(multi_.get(), easy_.get()) == CURLM_OK;
}

HttpAnswer Hop::go() {
  const auto faulty = [&](HttpFault fault, Text text) { return HttpAnswer{fault, std::move(text), std::move(head_)}; };
  // The answer of a sandbox that allows no network is told as such, not as a name that is not found.
  if (const Descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); probe.get() < 0 && (errno == EACCES || errno == EPERM))
    return faulty(HttpFault::no_network, Text());
  if (!set_up() && file_error_ == 0)
    return faulty(HttpFault::connection,
                  Text("请求无法建立：头或地址里有不能发送的字符，或内存不足",
                       "the request cannot be made: a header or the address holds what cannot be sent, or the memory is at its end"));
  CURLcode ended = CURLE_OK;
  for (bool over = file_error_ != 0; !over;) {
    if (!watch_.go_on()) return faulty(HttpFault::left, Text());
    int running = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) ended = CURLE_RECV_ERROR;
    int queued = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &queued))
      if (message->msg == CURLMSG_DONE) {
        ended = message->data.result;
        over = true;
      }
    over = over || ended != CURLE_OK;
    if (over) break;
    curl_waitfd stop{watch_.stop_descriptor, CURL_WAIT_POLLIN, 0};
    const auto wait = std::max<std::int64_t>(1, watch_.slice().count());
    curl_multi_poll(multi_.get(), &stop, watch_.stop_descriptor >= 0 ? 1 : 0, static_cast<int>(std::min<std::int64_t>(wait, 1'000)),
                    nullptr);
  }
  if (left_) return faulty(HttpFault::left, Text());
  if (no_network_) return faulty(HttpFault::no_network, Text());
  if (file_error_ != 0 || ended == CURLE_READ_ERROR || ended == CURLE_ABORTED_BY_CALLBACK)
    return faulty(HttpFault::file, Text(fmt::format("要发送的文件读不出来：{}", std::strerror(file_error_)),
                                        fmt::format("the file to be sent cannot be read: {}", std::strerror(file_error_))));
  if (ended == CURLE_OK || (ended == CURLE_WRITE_ERROR && follows())) {
    if (follows()) {
      char* where = nullptr;
      curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &where);
      next_ = where ? where : "";
    }
    return {HttpFault::none, Text(), std::move(head_)};
  }
  switch (ended) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return faulty(HttpFault::tls, why_tls(told_.data()));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
      return faulty(HttpFault::answer, why(ended));
    default:
      // TLS 1.3 hears only after the handshake that its certificate is not believed.
      if (ended == CURLE_RECV_ERROR && std::strstr(told_.data(), "alert") != nullptr) return faulty(HttpFault::tls, why_tls(told_.data()));
      return faulty(HttpFault::connection, why(ended));
  }
}

Text Hop::why(CURLcode code) const {
  const auto where = http_origin(head_.url);
  const std::string_view told = told_[0] != '\0' ? std::string_view(told_.data()) : std::string_view(curl_easy_strerror(code));
  long error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {fmt::format("{}：找不到这台主机的地址；请核对主机名和本机的 DNS", where),
              fmt::format("{}: the host has no address; check its name and this machine's DNS", where)};
    case CURLE_COULDNT_CONNECT:
      return {fmt::format("{}：连不上（{}）；请核对地址和端口，对方是否在运行，防火墙是否放行", where,
                          error != 0 ? std::strerror(static_cast<int>(error)) : std::string(told)),
              fmt::format("{}: no connection ({}); check address and port, whether it runs, and the firewall between", where,
                          error != 0 ? std::strerror(static_cast<int>(error)) : std::string(told))};
    case CURLE_PARTIAL_FILE:
      return {fmt::format("{}：回答没有收全，连接就断了（{}）", where, told),
              fmt::format("{}: the connection broke before the answer was whole ({})", where, told)};
    case CURLE_GOT_NOTHING:
      return {fmt::format("{}：对方没有回答就关闭了连接", where), fmt::format("{}: the connection was closed without an answer", where)};
    case CURLE_BAD_CONTENT_ENCODING:
      return {fmt::format("{}：回答的压缩内容是坏的（{}）", where, told),
              fmt::format("{}: the answer's compression is broken ({})", where, told)};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {fmt::format("{}：对方说的不是 HTTP（{}）；请核对端口", where, told),
              fmt::format("{}: what answers speaks no HTTP ({}); check the port", where, told)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: {
      curl_off_t secured = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_APPCONNECT_TIME_T, &secured);
      // A server that wants a certificate says so behind the handshake of TLS 1.3, and its word is often lost with the connection.
      if (secured > 0 && head_.status == 0 && !request_.certificate)
        return {
            fmt::format("{}：TLS 建立后对方立即断开（{}）；它可能要客户端证书（certificate）", where, told),
            fmt::format("{}: it broke off behind the TLS handshake ({}); it may want a client certificate (`certificate`)", where, told)};
      return {fmt::format("{}：连接断了（{}）", where, told), fmt::format("{}: the connection broke ({})", where, told)};
    }
    default:
      return {fmt::format("{}：连接断了（{}）", where, told), fmt::format("{}: the connection broke ({})", where, told)};
  }
}
Text Hop::why_tls(std::string_view told) const {
  const auto where = http_origin(head_.url);
  const auto says = [&](std::string_view word) { return told.find(word) != std::string_view::npos; };
  Text mend{"请核对对方的证书和 TLS 版本（1.2 以上）", "check its certificate and its TLS version (1.2 or newer)"};
  if (says("self-signed") || says("self signed") || says("local issuer") || says("unable to get issuer"))
    mend = {"签发它的 CA 不被信任：请把 CA 的证书（PEM）写在 ca，或装进系统",
            "the CA behind it is not trusted: give the CA's certificate (PEM) as `ca`, or install it"};
  else if (says("expired") || says("not yet valid"))
    mend = {"证书不在有效期内：请对方更换证书，并核对本机的时间",
            "the certificate is out of its time: have it renewed, and check this machine's clock"};
  else if (says("subject name") || says("does not match"))
    mend = {"证书不是发给这个主机名的：请用证书里的名字访问", "the certificate is for another name: use the name it was issued for"};
  else if (says("alert"))
    mend = {"对方拒绝：可能要客户端证书（certificate），或不接受给出的证书",
            "the other side refused: it may want a client certificate (`certificate`), or does not take the one it got"};
  else if (says("PEM") || says("private key") || says("client cert"))
    mend = {"凭据里的客户端证书或私钥读不懂：应为 PEM，互相匹配",
            "the credential's client certificate or key cannot be read: they are PEM and belong together"};
  return {fmt::format("{}：TLS 没有建立（{}）。{}", where, told, mend.zh), fmt::format("{}: no TLS ({}). {}", where, told, mend.en)};
}

}  // namespace

const std::string* HttpHead::find(std::string_view name) const {
  for (const auto& [one, value] : headers)
    if (one == name) return &value;
  return nullptr;
}

HttpAnswer exchange(const HttpRequest& request, const HttpWatch& watch) {
  static std::once_flag started;
  std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  auto url = request.url;
  auto method = request.method;
  bool with_body = true, trusted = true;
  const auto first = http_origin(url);
  for (int redirect = 0;; ++redirect) {
    Hop hop(request, watch, url, method, with_body, trusted);
    auto answer = hop.go();
    if (answer.fault != HttpFault::none || hop.next().empty()) return answer;
    const auto refuse = [&](std::string zh, std::string en) {
      answer.fault = HttpFault::redirects;
      answer.why = Text(fmt::format("{}：{}", http_origin(url), zh), fmt::format("{}: {}", http_origin(url), en));
      return std::move(answer);
    };
    if (redirect == request.most_redirects)
      return refuse(fmt::format("重定向超过 {} 次；最后指向 {}", request.most_redirects, http_origin(hop.next())),
                    fmt::format("more than {} redirects; the last leads to {}", request.most_redirects, http_origin(hop.next())));
    const bool safe = hop.next().starts_with("https://");
    if (!safe && !hop.next().starts_with("http://"))
      return refuse("重定向到 http、https 以外的地址，不跟随", "a redirect to what is no http or https is not followed");
    if (!safe && url.starts_with("https://"))
      return refuse(fmt::format("从 https 重定向到不加密的 {}，不跟随；若要，请直接写那个地址", http_origin(hop.next())),
                    fmt::format("a redirect from https to {} without encryption is not followed; write that address if it is meant",
                                http_origin(hop.next())));
    const int status = answer.head.status;
    if (method != "HEAD" && (status == 303 || ((status == 301 || status == 302) && method == "POST"))) {
      method = "GET";
      with_body = false;
    }
    url = hop.next();
    trusted = trusted && http_origin(url) == first;
  }
}

}  // namespace quanji::devices
