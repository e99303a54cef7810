#include "activities/path_pattern.h"

#include <cstddef>
#include <vector>

namespace quanji::activities {
namespace {

// How long the character at the beginning is, in bytes.
std::size_t character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  return length;
}
// The end of a class that begins at `[`; 0: it is none.
std::size_t class_end(std::string_view pattern) {
  std::size_t i = 1;
  if (i < pattern.size() && pattern[i] == '!') ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;
  const auto end = pattern.find(']', i);
  return end == std::string_view::npos ? 0 : end + 1;
}
bool in_class(std::string_view inside, std::string_view one) {
  const bool negated = !inside.empty() && inside[0] == '!';
  if (negated) inside.remove_prefix(1);
  bool found = false;
  while (!inside.empty()) {
    const auto low = inside.substr(0, character(inside));
    inside.remove_prefix(low.size());
    auto high = low;
    if (inside.size() > 1 && inside[0] == '-') {
      high = inside.substr(1, character(inside.substr(1)));
      inside.remove_prefix(1 + high.size());
    }
    // UTF-8 keeps the order of characters.
    found = found || (low <= one && one <= high);
  }
  return found != negated;
}

}  // namespace

bool matches_path(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos && pattern != "**") path = path.substr(path.rfind('/') + 1);
  // The places of the pattern that may stand at each place of the path: no backtracking.
  std::vector<bool> now(pattern.size() + 1), next(pattern.size() + 1);
  const auto spread = [&](std::vector<bool>& places) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!places[i] || pattern[i] != '*') continue;
      const bool deep = pattern.substr(i).starts_with("**");
      const auto after = i + (deep ? 2 : 1);
      places[after] = true;
      // "**/" is also nothing at all.
      if (deep && after < pattern.size() && pattern[after] == '/' && (i == 0 || pattern[i - 1] == '/')) places[after + 1] = true;
    }
  };
  now[0] = true;
  spread(now);
  for (std::size_t at = 0; at < path.size();) {
    const auto one = path.substr(at, character(path.substr(at)));
    std::fill(next.begin(), next.end(), false);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!now[i]) continue;
      const auto rest = pattern.substr(i);
      if (rest[0] == '*') {
        if (one != "/" || rest.starts_with("**")) next[i] = true;
      } else if (rest[0] == '?') {
        if (one != "/") next[i + 1] = true;
      } else if (const auto end = rest[0] == '[' ? class_end(rest) : 0; end > 0) {
        if (one != "/" && in_class(rest.substr(1, end - 2), one)) next[i + end] = true;
      } else if (rest.starts_with(one)) {
        next[i + one.size()] = true;
      }
    }
    spread(next);
    std::swap(now, next);
    at += one.size();
  }
  return now[pattern.size()];
}

}  // namespace quanji::activities
