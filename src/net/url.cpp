#include <charconv>

#include "base/encodings.h"
#include "net/client.h"
#include "net/message.h"

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

Error bad_url(std::string_view text, const char* zh, const char* en) {
  const std::string shown(base::utf8_beginning(text, 200));
  return Error(Code::invalid_field, Text("网址 " + shown + " 有误：" + zh, "The address " + shown + " is wrong: " + en));
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return bad_url(text, "含有空格或控制字符。", "it holds spaces or control characters.");
  Url out;
  const auto mark = text.find("://");
  const auto scheme = text.substr(0, mark == std::string_view::npos ? 0 : mark);
  if (same_token(scheme, "http") || same_token(scheme, "ws"))
    out.scheme = Scheme::http;
  else if (same_token(scheme, "https") || same_token(scheme, "wss"))
    out.scheme = Scheme::https;
  else
    return bad_url(text, "应以 http:// 或 https:// 开头。", "it should begin with http:// or https://.");
  auto rest = text.substr(mark + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (rest.find('#') != std::string_view::npos) return bad_url(text, "不应含有 #。", "it must not have a fragment.");
  if (authority.find('@') != std::string_view::npos) return bad_url(text, "不应含有用户名。", "it must not have a user name.");
  auto host = authority;
  out.port = out.scheme == Scheme::https ? 443 : 80;
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    host = authority.substr(0, colon);
    const auto digits = authority.substr(colon + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (failed != std::errc() || end != digits.data() + digits.size() || out.port == 0)
      return bad_url(text, "端口应为 1 至 65535。", "the port should be from 1 to 65535.");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("[]\\%\"<>^`{|}") != std::string_view::npos)
    return bad_url(text, "缺少主机名或主机名有误。", "the host is missing or malformed.");
  out.host = host;
  out.target = rest.empty() || rest.front() == '?' ? "/" + std::string(rest) : std::string(rest);
  return out;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (scheme == Scheme::https ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

}  // namespace quanji::net
