// Patterns over paths: `*` and `?` stay within one part, `**` goes through folders, [abc] and [!a-z] are one character.
#pragma once
#include <string_view>

namespace quanji::activities {

// "2026/**/*.csv" over "2026/11/20/a.csv". A pattern without a slash is held against the last part alone. Time: pattern × path.
bool matches_path(std::string_view pattern, std::string_view path);

}  // namespace quanji::activities
