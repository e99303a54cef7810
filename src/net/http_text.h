// The small texts of HTTP, pure: percent encoding, queries, quoted values, ranges, languages, cookies.
// Reads foreign bytes: fuzz/http_text.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace quanji::net {

// RFC 3986: everything but the unreserved characters becomes %XX (upper hex).
std::string percent_encode(std::string_view bytes);
// Refuses broken escapes and, with Plus::is_space (forms), reads '+' as a space.
enum class Plus { is_plus, is_space };
base::Result<std::string> percent_decode(std::string_view text, Plus plus = Plus::is_plus);

struct QueryPair {
  std::string name, value;
};
// "a=1&b=%20" decoded, in the order sent; empty pieces are left out; '+' is a space. At most `most` pairs.
base::Result<std::vector<QueryPair>> parse_query(std::string_view query, std::size_t most = 200);
// A path cut at '/' and decoded piece by piece; refuses "." and "..", empty pieces, NUL and encoded slashes.
base::Result<std::vector<std::string>> parse_path(std::string_view path);

// A quoted-string of RFC 9110; control characters are left out.
std::string quote(std::string_view text);
// attachment; filename="ascii"; filename*=UTF-8''… (RFC 6266), safe for any name.
std::string content_disposition(std::string_view file_name);

struct Range {
  std::uint64_t first = 0, last = 0;  // inclusive
};
enum class RangeAnswer { whole, part, unsatisfiable };
struct RangeChoice {
  RangeAnswer answer = RangeAnswer::whole;
  Range range;
};
// One range of a "bytes=" header over `size` bytes; several ranges or anything not understood: whole (RFC 9110 14.2).
RangeChoice choose_range(std::string_view header, std::uint64_t size);

// The best of `offered` ("zh-CN", "en") for an Accept-Language header; offered.front() if nothing fits.
std::string_view choose_language(std::string_view header, const std::vector<std::string_view>& offered);

// The value of one cookie in a Cookie header.
std::optional<std::string_view> cookie(std::string_view header, std::string_view name);

// "name; a=1; b=\"x\"" : the first word, lower-case, and its parameters (names lower-case, values unquoted).
struct HeaderWord {
  std::string word;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::optional<std::string_view> parameter(std::string_view name) const;
};
base::Result<HeaderWord> parse_word(std::string_view value);

}  // namespace quanji::net
