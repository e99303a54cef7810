#include "flow/closest_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace quanji::flow {

namespace {

constexpr std::size_t longest = 64, most_words = 500;

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

template <class Words>
std::string closest(std::string_view word, const Words& words) {
  std::string best;
  std::optional<std::size_t> least;
  if (word.empty()) return best;
  const std::size_t allowed = std::min<std::size_t>(3, std::max<std::size_t>(1, word.size() / 3));
  std::size_t looked_at = 0;
  for (const std::string_view candidate : words) {
    if (++looked_at > most_words) break;
    std::size_t distance = word_distance(word, candidate);
    if (distance > allowed) {
      const bool lacks_end = word.size() >= 3 && candidate.starts_with(word);
      const bool lacks_group = word.size() >= 3 && candidate.ends_with(word) && candidate[candidate.size() - word.size() - 1] == '.';
      if (!lacks_end && !lacks_group) continue;
      distance = allowed + 1;
    }
    if (!least || distance < *least) least = distance, best = std::string(candidate);
  }
  return best;
}

template <class Words>
std::string list_of(const Words& words, std::size_t most) {
  std::string out;
  std::size_t count = 0;
  for (const std::string_view word : words) {
    if (count++ == most) return out + " …";
    out += (out.empty() ? "" : ", ") + std::string(word);
  }
  return out;
}

}  // namespace

std::size_t word_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::array<std::array<std::size_t, longest + 1>, 3> rows{};
  auto *before = &rows[0], *last = &rows[1], *now = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j) (*last)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    (*now)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      std::size_t best = std::min({(*last)[j] + 1, (*now)[j - 1] + 1, (*last)[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
        best = std::min(best, (*before)[j - 2] + 1);
      (*now)[j] = best;
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return (*last)[b.size()];
}

std::string closest_word(std::string_view word, std::span<const std::string> words) { return closest(word, words); }
std::string closest_word(std::string_view word, std::span<const std::string_view> words) { return closest(word, words); }

base::Text did_you_mean(std::string_view word) {
  if (word.empty()) return {};
  return {fmt::format("是不是想写“{}”？", word), fmt::format("Did you mean “{}”?", word)};
}

std::string listed(std::span<const std::string_view> words, std::size_t most) { return list_of(words, most); }
std::string listed(std::span<const std::string> words, std::size_t most) { return list_of(words, most); }

}  // namespace quanji::flow
