// Which name was meant: sentences about names that do not exist say which ones do, the closest first.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::values {

// All names, the closest to `wanted` first (letters inserted, left out, exchanged; case counts little).
std::vector<std::string> closest_first(std::string_view wanted, std::span<const std::string> names);
// "“金额1”不存在；现有：金额、日期 …": at most eight names. `what`: "列"/"column".
base::Text no_such_name(base::Sentence what, std::string_view wanted, std::span<const std::string> names);
// What a person wrote, in a sentence: at most 60 bytes of valid UTF-8.
std::string quoted(std::string_view text);

}  // namespace quanji::values
