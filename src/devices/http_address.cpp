// Addresses: checked, completed, shown.
#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "base/bytes.h"
#include "devices/http_client.h"

namespace quanji::devices {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}
void append_percent(std::string& to, std::string_view text) {
  for (const auto byte : base::bytes_of(text)) {
    const auto c = static_cast<char>(byte);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
      to += c;
    else
      to += fmt::format("%{:02X}", byte);
  }
}
Error no_address(std::string zh, std::string en) {
  return Error(Code::invalid_field, Text("url " + std::move(zh), "`url` " + std::move(en)));
}

}  // namespace

void append_form_field(std::string& to, std::string_view name, std::string_view value) {
  if (!to.empty()) to += '&';
  append_percent(to, name);
  to += '=';
  append_percent(to, value);
}

Result<std::string> http_address(std::string_view text, const std::vector<std::pair<std::string, std::string>>& query) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return no_address("里有控制字符", "holds a control character");
  const Url url(curl_url());
  if (!url || text.find("://") == std::string_view::npos ||
      curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return no_address("不是地址，应如 https://example.com/api", "is no address like https://example.com/api");
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return no_address("应以 http:// 或 https:// 开头", "begins with http:// or https://");
  if (part(url.get(), CURLUPART_HOST).empty()) return no_address("没有主机名", "has no host");
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty())
    return no_address("里不能写用户名和密码：放进凭据，用 sign_in 指名",
                      "holds no user and password: put them into a credential and name it in sign_in");
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  std::string added;
  for (const auto& [name, value] : query) append_form_field(added, name, value);
  auto whole = part(url.get(), CURLUPART_URL);
  // By hand: curl would write %e4 for %E4, and some interfaces want the address signed letter by letter.
  if (added.empty()) return whole;
  if (whole.find('?') == std::string::npos)
    whole += '?';
  else if (!whole.ends_with('?') && !whole.ends_with('&'))
    whole += '&';
  return whole + added;
}

std::string http_origin(const std::string& text) {
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return text;
  return fmt::format("{}://{}:{}", part(url.get(), CURLUPART_SCHEME), part(url.get(), CURLUPART_HOST),
                     part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

}  // namespace quanji::devices
