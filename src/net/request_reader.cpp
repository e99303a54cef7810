#include "net/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <cstring>

namespace quanji::net {
namespace {

namespace http = boost::beast::http;
using base::Code;

// Beast judges the grammar of a complete head and hands its pieces on as views into it; framing is decided here.
template <bool is_request>
class HeadParser final : public http::basic_parser<is_request> {
 public:
  std::string_view method, target;
  int status = 0, version = 0;
  std::vector<Header>* fields = nullptr;
  Request* request = nullptr;

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;
  static std::string_view plain(View v) { return {v.data(), v.size()}; }
  void on_request_impl(http::verb, View m, View t, int v, Error&) override {
    method = plain(m);
    target = plain(t);
    version = v;
  }
  void on_response_impl(int s, View, int v, Error&) override {
    status = s;
    version = v;
  }
  void on_field_impl(http::field, View name, View value, Error&) override {
    if (request)
      request->add_header(plain(name), plain(value));
    else
      fields->push_back({plain(name), plain(value)});
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}
  std::size_t on_body_impl(View body, Error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error&) override { return body.size(); }
  void on_finish_impl(Error&) override {}
};

template <bool is_request>
bool parse(HeadParser<is_request>& parser, const std::string& head) {
  parser.eager(false);
  parser.skip(true);
  parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
  parser.body_limit(boost::none);
  boost::system::error_code failed;
  std::size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), failed);
  if (!failed && !parser.is_header_done() && used < head.size())
    used += parser.put(boost::asio::const_buffer(head.data() + used, head.size() - used), failed);
  return !failed && parser.is_header_done() && used == head.size();
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  if (text.empty() || text.size() > 18) return {};
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (same_token(one, token)) return true;
  }
  return false;
}

bool host_is_sound(std::string_view host) {
  for (const char c : host)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::strchr(".-_~:[]%!$&'()*+,;=", c)))
      return false;
  return host.size() <= 255;
}

// Looks at the lines that `head` gained. Complete: their end was seen. Lines end in CRLF and are never folded.
enum class Lines { more, complete, bare_line_feed, folded };
Lines scan(const std::string& head, std::size_t from, std::size_t& line_start, std::size_t& lines, std::size_t& end) {
  for (;;) {
    const auto feed = head.find('\n', from);
    if (feed == std::string::npos) return Lines::more;
    if (feed == 0 || head[feed - 1] != '\r') return Lines::bare_line_feed;
    if (feed == line_start + 1) {
      end = feed + 1;
      return Lines::complete;
    }
    if (head[line_start] == ' ' || head[line_start] == '\t') return Lines::folded;
    line_start = feed + 1;
    from = feed + 1;
    ++lines;
  }
}

}  // namespace

void RequestReader::begin(RequestPtr fresh) {
  request_ = std::move(fresh);
  refused_ = {};
  line_start_ = lines_ = 0;
  content_length_.reset();
  body_limit_ = limits_.body_bytes;
  body_seen_ = 0;
  chunked_ = expects_continue_ = head_done_ = empty_line_seen_ = false;
  keep_alive_ = true;
}

RequestReader::Event RequestReader::refuse(Refusal reason, int status, const char* why) {
  refused_ = {reason, status, why};
  return Event::broken;
}

RequestReader::Event RequestReader::read(std::string_view bytes, std::size_t& used) {
  used = 0;
  if (!head_done_) return take_head(bytes, used);
  if (content_length_.value_or(0) > body_limit_) return refuse(Refusal::body_too_large, 413, "Content-Length over the limit");
  switch (body_.read(bytes, used)) {
    case BodyFraming::Event::more:
      return Event::more;
    case BodyFraming::Event::end:
      return Event::end;
    case BodyFraming::Event::broken:
      return refuse(Refusal::bad_request, 400, "bad chunk");
    case BodyFraming::Event::piece:
      break;
  }
  body_seen_ += body_.piece().size();
  if (body_seen_ > body_limit_) return refuse(Refusal::body_too_large, 413, "body over the limit");
  return Event::piece;
}

RequestReader::Event RequestReader::take_head(std::string_view bytes, std::size_t& used) {
  std::string& head = request_->head;
  const std::size_t before = head.size();
  const std::size_t room = limits_.header_bytes + 1 - std::min(before, limits_.header_bytes + 1);
  const auto taken = bytes.substr(0, room);
  head.append(taken);
  std::size_t end = 0;
  switch (scan(head, before, line_start_, lines_, end)) {
    case Lines::bare_line_feed:
      return refuse(Refusal::bad_request, 400, "bare line feed");
    case Lines::folded:
      return refuse(Refusal::bad_request, 400, "folded header line");
    case Lines::more:
      used += taken.size();
      if (head.size() > limits_.header_bytes) return refuse(Refusal::header_too_large, 431, "head over the limit");
      if (lines_ > limits_.header_count + 1) return refuse(Refusal::header_too_large, 431, "too many headers");
      return Event::more;
    case Lines::complete:
      break;
  }
  used += end - before;
  if (end == 2 && !empty_line_seen_) {  // RFC 9112 2.2: one empty line before a request is forgiven
    empty_line_seen_ = true;
    head.clear();
    return Event::more;
  }
  head.resize(end);
  if (end > limits_.header_bytes) return refuse(Refusal::header_too_large, 431, "head over the limit");
  if (lines_ > limits_.header_count + 1) return refuse(Refusal::header_too_large, 431, "too many headers");
  return parse_head();
}

RequestReader::Event RequestReader::parse_head() {
  Request& r = *request_;
  // Beast reads "HTTP/d.d" only; a sound line with another version deserves its own answer.
  const auto first_line = std::string_view(r.head).substr(0, r.head.find('\r'));
  if (const auto space = first_line.rfind(' '); space != std::string_view::npos) {
    const auto version = first_line.substr(space + 1);
    if (version.size() == 8 && version.substr(0, 5) == "HTTP/" && version != "HTTP/1.1" && version != "HTTP/1.0")
      return refuse(Refusal::version_unknown, 505, "HTTP version");
  }
  HeadParser<true> parser;
  parser.request = &r;
  // Beast stops with a framing error of its own before we see the fields; both ends in 400.
  if (!parse(parser, r.head)) return refuse(Refusal::bad_request, 400, "malformed head");
  if (parser.version != 11 && parser.version != 10) return refuse(Refusal::version_unknown, 505, "HTTP version");
  r.minor_version = parser.version == 11 ? 1 : 0;
  r.method = parser.method;
  r.target = parser.target;
  if (r.method.size() > 24) return refuse(Refusal::method_unknown, 501, "method");
  if (r.method == "CONNECT") return refuse(Refusal::method_unknown, 501, "CONNECT is not served");
  if (!read_fields()) return Event::broken;
  if (!read_target()) return refuse(Refusal::bad_request, 400, "target");
  head_done_ = true;
  if (chunked_)
    body_.start_chunked();
  else
    body_.start_length(content_length_.value_or(0));
  return Event::head;
}

bool RequestReader::read_fields() {
  Request& r = *request_;
  const auto no = [this](const char* why) {
    refuse(Refusal::bad_request, 400, why);
    return false;
  };
  int hosts = 0;
  keep_alive_ = r.minor_version == 1;
  for (const auto& [name, value] : r.headers()) {
    switch (name.size()) {
      case 4:
        if (same_token(name, "Host")) {
          if (++hosts > 1) return no("two Host headers");
          if (!host_is_sound(value)) return no("bad Host");
          r.host = value;
        }
        break;
      case 6:
        if (same_token(name, "Expect")) {
          if (!same_token(value, "100-continue")) return refuse(Refusal::expectation_failed, 417, "Expect"), false;
          expects_continue_ = r.minor_version == 1;
        }
        break;
      case 10:
        if (same_token(name, "Connection")) {
          if (has_token(value, "close"))
            keep_alive_ = false;
          else if (r.minor_version == 0 && has_token(value, "keep-alive"))
            keep_alive_ = true;
        }
        break;
      case 14:
        if (same_token(name, "Content-Length")) {
          if (content_length_) return no("two Content-Length headers");
          content_length_ = whole_number(value);
          if (!content_length_) return no("bad Content-Length");
        }
        break;
      case 17:
        if (same_token(name, "Transfer-Encoding")) {
          if (chunked_ || !same_token(value, "chunked")) return no("bad Transfer-Encoding");
          chunked_ = true;
        }
        break;
      default:
        break;
    }
  }
  if (chunked_ && content_length_) return no("both Transfer-Encoding and Content-Length");
  if (chunked_ && r.minor_version == 0) return no("chunks in HTTP/1.0");
  if (hosts == 0 && r.minor_version == 1) return no("no Host header");
  return true;
}

bool RequestReader::read_target() {
  Request& r = *request_;
  for (const char c : r.target)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#' || c == '\\') return false;
  if (r.target == "*") {
    r.path = r.target;
    return r.method == "OPTIONS";
  }
  if (!r.target.empty() && r.target.front() != '/') {
    // The absolute form is for proxies, but servers must accept it (RFC 9112 3.2.2); its authority replaces Host.
    auto rest = r.target;
    const auto scheme = rest.find("://");
    if (scheme == std::string_view::npos || !(same_token(rest.substr(0, scheme), "http") || same_token(rest.substr(0, scheme), "https")))
      return false;
    rest.remove_prefix(scheme + 3);
    const auto slash = rest.find_first_of("/?");
    const auto authority = rest.substr(0, slash);
    if (authority.empty() || !host_is_sound(authority) || slash == std::string_view::npos || rest[slash] != '/') return false;
    r.host = authority;
    r.target = rest.substr(slash);
  }
  const auto mark = r.target.find('?');
  r.path = r.target.substr(0, mark);
  r.query = mark == std::string_view::npos ? std::string_view() : r.target.substr(mark + 1);
  return !r.path.empty();
}

ResponseReader::ResponseReader(std::string_view method, std::size_t head_bytes, std::uint64_t body_bytes)
    : no_body_(method == "HEAD"), head_bytes_(head_bytes), body_bytes_(body_bytes) {}

ResponseReader::Event ResponseReader::fail(Code code, const char* zh, const char* en) {
  failure_.emplace(code, base::Text(std::string(zh), std::string(en)));
  return Event::broken;
}

ResponseReader::Event ResponseReader::read(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (!head_done_) {
    const auto before = head_.size();
    head_.append(bytes.substr(used));
    std::size_t lines = 0, end = 0;
    const auto seen = scan(head_, before, line_start_, lines, end);
    if (seen == Lines::bare_line_feed || seen == Lines::folded)
      return fail(Code::unreadable_body, "对方的应答头不符合 HTTP 格式。", "The peer's answer has a malformed head.");
    if ((seen == Lines::complete ? end : head_.size()) > head_bytes_)
      return fail(Code::too_large, "对方的应答头过大。", "The peer's answer has too large a head.");
    if (seen == Lines::more) {
      used = bytes.size();
      return Event::more;
    }
    used += end - before;
    head_.resize(end);
    if (parse_head() == Event::broken) return Event::broken;
  }
  for (;;) {
    std::size_t taken = 0;
    const auto event = body_.read(bytes.substr(used), taken);
    used += taken;
    if (event == BodyFraming::Event::end) return Event::end;
    if (event == BodyFraming::Event::more) return Event::more;
    if (event == BodyFraming::Event::broken)
      return fail(Code::unreadable_body, "对方的应答分块格式有误。", "The peer's answer has a malformed chunk.");
    if (response_.body.size() + body_.piece().size() > body_bytes_)
      return fail(Code::too_large, "对方的应答超过大小限制。", "The peer's answer is over the size limit.");
    response_.body.append(body_.piece());
  }
}

ResponseReader::Event ResponseReader::parse_head() {
  HeadParser<false> parser;
  std::vector<Header> fields;
  parser.fields = &fields;
  if (!parse(parser, head_))
    return fail(Code::unreadable_body, "对方的应答头不符合 HTTP 格式。", "The peer's answer has a malformed head.");
  if (parser.status < 200 && parser.status != 101) {  // 100 Continue and its kin come before the answer
    head_.clear();
    line_start_ = 0;
    return Event::more;
  }
  response_.status = parser.status;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  keep_alive_ = parser.version == 11;
  for (const auto& [name, value] : fields) {
    response_.headers.emplace_back(name, value);
    if (same_token(name, "Content-Length")) {
      const auto said = whole_number(value);
      if (!said || (length && *length != *said))
        return fail(Code::unreadable_body, "对方应答的 Content-Length 有误。", "The peer's answer has a bad Content-Length.");
      length = said;
    } else if (same_token(name, "Transfer-Encoding")) {
      if (chunked || !same_token(value, "chunked"))
        return fail(Code::unreadable_body, "对方应答的传输编码不支持。", "The peer's answer has an unknown transfer coding.");
      chunked = true;
    } else if (same_token(name, "Connection")) {
      if (has_token(value, "close"))
        keep_alive_ = false;
      else if (has_token(value, "keep-alive"))
        keep_alive_ = true;
    }
  }
  head_done_ = true;
  if (no_body_ || response_.status == 204 || response_.status == 304 || response_.status == 101)
    body_.start_length(0);
  else if (chunked && length)
    return fail(Code::unreadable_body, "对方应答同时给出长度与分块。", "The peer's answer gives both a length and chunks.");
  else if (chunked)
    body_.start_chunked();
  else if (length)
    body_.start_length(*length);
  else {
    body_.start_until_end();
    keep_alive_ = false;
  }
  return Event::end;
}

ResponseReader::Event ResponseReader::ended() {
  if (head_done_ && body_.until_end()) return Event::end;
  return fail(Code::robot_unreachable, "对方在应答完成前断开。", "The peer closed before its answer was complete.");
}

}  // namespace quanji::net
