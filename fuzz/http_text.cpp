// The small texts of HTTP: what comes back from a reading must survive the way there again.
// Built with src/net/http_text.cpp src/net/url.cpp src/net/message.cpp
#include "net/http_text.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/client.h"

using namespace quanji::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (*percent_decode(percent_encode(text)) != text) std::abort();
  if (const auto pairs = parse_query(text); pairs.ok()) {
    std::string again;
    for (const auto& [name, value] : *pairs) again += "&" + percent_encode(name) + "=" + percent_encode(value);
    const auto second = parse_query(again);
    if (!second.ok() || second->size() != pairs->size()) std::abort();
    for (std::size_t i = 0; i < pairs->size(); ++i)
      if ((*second)[i].name != (*pairs)[i].name || (*second)[i].value != (*pairs)[i].value) std::abort();
  }
  if (const auto path = parse_path(text); path.ok())
    for (const auto& piece : *path)
      if (piece.empty() || piece == ".." || piece.find('/') != std::string::npos) std::abort();
  const auto range = choose_range(text, 1000);
  if (range.answer == RangeAnswer::part && (range.range.first > range.range.last || range.range.last >= 1000)) std::abort();
  if (const auto language = choose_language(text, {"zh-CN", "en"}); language != "zh-CN" && language != "en") std::abort();
  cookie(text, "sid");
  if (const auto word = parse_word(text); word.ok() && word->word.empty()) std::abort();
  if (content_disposition(text).find_first_of("\r\n") != std::string::npos || quote(text).find_first_of("\r\n") != std::string::npos)
    std::abort();
  if (const auto url = Url::parse(text); url.ok()) {
    const auto again = Url::parse((url->scheme == Url::Scheme::https ? "https://" : "http://") + url->authority() + url->target);
    if (!again.ok() || again->host != url->host || again->port != url->port || again->target != url->target) std::abort();
  }
  return 0;
}
