// What comes back: waiting for it, its body as a value, what counts as success.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "activities/http/http.h"
#include "activities/json/json_text.h"
#include "base/encodings.h"

namespace quanji::activities::http {

using base::Text;
using devices::HttpFault;
using devices::HttpHead;
using devices::HttpRequest;
using engine::ActivityContext;
using engine::ErrorCode;
using engine::Failure;
using engine::Outcome;
using flow::ErrorKind;
using values::Map;
using values::Type;
using values::Value;

// ---- statuses ----

Outcome<Statuses> Statuses::of(const std::vector<Value>& accept) {
  Statuses made;
  for (const auto& one : accept) {
    int first = 0, last = 0;
    if (one.is(Type::integer)) {
      first = last = static_cast<int>(std::clamp<std::int64_t>(one.integer(), 0, 1'000));
    } else if (one.is(Type::text)) {
      const std::string_view text = one.text();
      const auto* end = text.data() + text.size();
      auto read = std::from_chars(text.data(), end, first);
      last = first;
      if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
      if (read.ec != std::errc() || read.ptr != end) first = 0;
    }
    if (first < 100 || last > 599 || last < first)
      return wrong(fmt::format("accept 的 {} 不是状态码：应如 404 或 200-299", one.display()),
                   fmt::format("{} in `accept` is no status: 404, or 200-299", one.display()));
    made.ranges_.emplace_back(first, last);
  }
  return made;
}
bool Statuses::holds(int status) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) { return status >= range.first && status <= range.second; });
}
std::string Statuses::text() const {
  std::string out;
  for (const auto& [first, last] : ranges_)
    out += (out.empty() ? "" : ", ") + (first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  return out;
}

// ---- the exchange ----

std::vector<ErrorCode> network_errors() {
  return {
      {"not_found",
       ErrorKind::business,
       {"没有这个凭据、字段或文件；消息里有相近的名字", "no such credential, field or file; the message has close names"}},
      {"not_permitted",
       ErrorKind::system,
       {"本次执行不允许联网：在 needs 里写 network: all", "this run may not use the network: write network: all into `needs`"}},
      {"connection_failed",
       ErrorKind::system,
       {"连不上或连接断了：消息里有地址和到了哪一步；核对地址、端口、防火墙后重试",
        "no connection, or it broke: the message has the address and the stage; check address, port and firewall, then try again"}},
      {"tls_failed",
       ErrorKind::system,
       {"对方的证书不可信或对方不接受我方证书：按消息给出 ca、certificate 或请对方更换证书",
        "its certificate is not trusted, or it does not take ours: give `ca` or `certificate` as the message says, or have it renewed"}},
      {"http_status",
       ErrorKind::business,
       {"状态码不在 accept 里（4xx 为业务错误，429 和 5xx 为系统错误）；回答在错误的 data 里",
        "a status that is not in `accept` (4xx business; 429 and 5xx system); the answer is in the error's data"}}};
}

Outcome<HttpHead> exchange(ActivityContext& context, const HttpRequest& request, const Statuses& accept, const Take& take) {
  std::optional<Failure> why;
  devices::HttpWatch watch;
  watch.go_on = [&] {
    if (auto on = context.go_on(); !on) why = std::move(on).error();
    return !why;
  };
  watch.slice = [&] { return context.slice(); };
  watch.stop_descriptor = context.stop_descriptor();
  watch.keeps_redirect = [&](int status) { return accept.holds(status); };
  watch.take = [&](const HttpHead& head, std::string_view piece) { return take(head, piece, why); };
  QUANJI_DO(context.go_on());
  auto answer = devices::exchange(request, watch);
  switch (answer.fault) {
    case HttpFault::none:
      return std::move(answer.head);
    case HttpFault::left:
      return why ? std::move(*why) : engine::system_failure("connection_failed", Text("没有收完回答", "the answer was not taken whole"));
    case HttpFault::no_network:
      return engine::system_failure(
          "not_permitted", Text("本次执行不允许联网：请在流程和 package.yaml 的 needs 里写 network: all",
                                "this run may not use the network: write network: all into the `needs` of the flow and of package.yaml"));
    case HttpFault::tls:
      return engine::system_failure("tls_failed", std::move(answer.why));
    case HttpFault::file:
      return engine::system_failure("io_failed", std::move(answer.why));
    case HttpFault::connection:
    case HttpFault::answer:
    case HttpFault::redirects:
      break;
  }
  return engine::system_failure("connection_failed", std::move(answer.why));
}

// ---- what came ----

Map headers_of(const HttpHead& head) {
  Map out;
  for (const auto& [name, value] : head.headers) {
    const auto before = std::find_if(out.begin(), out.end(), [&](const auto& one) { return one.first == name; });
    if (before == out.end())
      out.emplace_back(name, Value::of(value));
    else  // RFC 9110, 5.3; a cookie may hold a comma, so each stands on a line of its own
      before->second = Value::of(before->second.text() + (name == "set-cookie" ? "\n" : ", ") + value);
  }
  return out;
}

namespace {

// Text by the charset that was said; nothing for a charset we do not know, or bytes that are none of it.
std::optional<std::string> text_of_body(std::string_view body, const std::string& charset) {
  if (charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii") {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    if (base::is_utf8(body)) return std::string(body);
    // Chinese servers that say nothing, or say UTF-8 out of habit.
    if (auto read = base::to_utf8(base::Charset::gb18030, body)) return std::move(*read);
    return {};
  }
  if (charset == "iso-8859-1" || charset == "latin1") {
    std::string out;
    for (const auto byte : base::bytes_of(body)) {
      if (byte < 0x80) {
        out += static_cast<char>(byte);
      } else {
        out += static_cast<char>(0xC0 | (byte >> 6));
        out += static_cast<char>(0x80 | (byte & 0x3F));
      }
    }
    return out;
  }
  const auto known = base::charset_from_text(charset);
  if (!known) return {};
  // GB 18030 holds all of GBK, and what calls itself GBK often has more.
  if (auto read = base::to_utf8(*known == base::Charset::gbk ? base::Charset::gb18030 : *known, body)) return std::move(*read);
  return {};
}

}  // namespace

Outcome<Value> body_value(const HttpHead& head, std::string_view body) {
  if (body.empty()) return Value();
  const auto* said = head.find("content-type");
  const auto type = devices::parse_content_type(said ? std::string_view(*said) : std::string_view());
  const auto bytes = [&] {
    const auto span = base::bytes_of(body);
    return Value::of(base::Bytes(span.begin(), span.end()));
  };
  if (!type.is_json() && !type.is_text()) return bytes();
  auto text = text_of_body(body, type.charset);
  if (!text) return bytes();
  if (!type.is_json()) return Value::of(std::move(*text));
  auto value = json::read_text(*text, "JSON");
  if (value) return std::move(*value);
  const std::string beginning(base::utf8_beginning(*text, 200));
  const auto where = devices::http_origin(head.url);
  const auto& why = value.error().message;
  return engine::business_failure(
      "unreadable",
      Text(fmt::format("{} 的回答说是 JSON，却读不懂：{}；开头是：{}", where, why.zh, beginning),
           fmt::format("the answer of {} says it is JSON and is none: {}; it begins: {}", where, why.en, beginning)),
      Value::of(Map{{"status", Value::of(std::int64_t{head.status})},
                    {"headers", Value::of(headers_of(head))},
                    {"body", Value::of(std::move(*text))}}));
}

Failure status_failure(const HttpHead& head, std::string_view body, const Statuses& accept) {
  auto value = body_value(head, body);
  // A sentence of the server helps most; JSON and text are quoted, bytes are not.
  std::string quoted;
  if (value && !value->is(Type::bytes) && !value->is(Type::nothing)) quoted = base::utf8_beginning(value->display(), 300);
  auto shown = value ? std::move(*value) : Value::of(base::repair_utf8(body));
  Map data{{"status", Value::of(std::int64_t{head.status})}, {"headers", Value::of(headers_of(head))}, {"body", std::move(shown)}};
  const auto where = devices::http_origin(head.url);
  Text text(fmt::format("{} 回答 {}，不在 accept（{}）里{}", where, head.status, accept.text(), quoted.empty() ? "" : "：" + quoted),
            fmt::format("{} answered {}, which is not in `accept` ({}){}", where, head.status, accept.text(),
                        quoted.empty() ? "" : ": " + quoted));
  if (head.status == 429 || head.status >= 500) return engine::system_failure("http_status", std::move(text), Value::of(std::move(data)));
  return engine::business_failure("http_status", std::move(text), Value::of(std::move(data)));
}

Outcome<Answer> answer_of(ActivityContext& context, const HttpRequest& request, const Statuses& accept) {
  std::string body;
  QUANJI_TRY(
      const auto head, exchange(context, request, accept, [&](const HttpHead& so_far, std::string_view piece, std::optional<Failure>& why) {
        if (body.size() + piece.size() > answer_limit) {
          why = engine::business_failure(
              "too_large",
              Text(fmt::format("{} 的回答超过 {} MiB：请用 http.download 存成文件", devices::http_origin(so_far.url), answer_limit >> 20),
                   fmt::format("the answer of {} is larger than {} MiB: take it into a file with http.download",
                               devices::http_origin(so_far.url), answer_limit >> 20)));
          return false;
        }
        body.append(piece);
        return true;
      }));
  if (!accept.holds(head.status)) return status_failure(head, body, accept);
  Answer answer;
  answer.status = head.status;
  answer.headers = headers_of(head);
  QUANJI_TRY(answer.body, body_value(head, body));
  return answer;
}

}  // namespace quanji::activities::http
