// What servers write into the heads of their answers.
// Reads foreign bytes: fuzz/http_answer.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quanji::devices {

// "Content-Type: text/html" → {"content-type", "text/html"}, valid UTF-8 whatever was sent (bytes above 127 are ISO 8859-1 where they are
// no UTF-8). Nothing for a line without a name.
std::optional<std::pair<std::string, std::string>> parse_header_line(std::string_view line);

struct ContentType {
  std::string media;    // "application/json", lower case; empty: not said
  std::string charset;  // lower case; empty: not said
  bool is_json() const;
  bool is_text() const;
};
ContentType parse_content_type(std::string_view value);

struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> whole;
};
// "bytes 100-199/5000"; nothing for anything else.
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace quanji::devices
