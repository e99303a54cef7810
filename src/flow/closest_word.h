// The word somebody may have meant.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::flow {

// How many letters were left out, added, changed or swapped with their neighbour; capitals, `-` and `_` make no difference.
// Only the first 64 bytes of each are looked at, and of many words the first 500.
std::size_t word_distance(std::string_view a, std::string_view b);
// The closest of the words, or empty when none is close: a third of the letters may differ, at most three; a word that only lacks its end
// ("dbf.read"), its group ("read_table") is close too.
std::string closest_word(std::string_view word, std::span<const std::string> words);
std::string closest_word(std::string_view word, std::span<const std::string_view> words);
// "应为“x”吗？" / "Did you mean “x”?"; empty without a word.
base::Text did_you_mean(std::string_view word);
// "a, b, c …": at most `most` of them.
std::string listed(std::span<const std::string_view> words, std::size_t most = 12);
std::string listed(std::span<const std::string> words, std::size_t most = 12);

}  // namespace quanji::flow
