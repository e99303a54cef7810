// What a file or folder may be called: names that every system can keep and that cannot pass for another name.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace quanji::domain {

// One path component: no separators, wildcards, control or direction-changing characters, not "." or "..", no blank at either end, no dot
// at the end, none of the names that devices have on Windows. At most 255 bytes.
bool is_file_name(std::string_view name);
extern const base::Pattern file_name_pattern;
// "PDF" of "a.b.PDF" in lower case: "pdf"; empty when there is none.
std::string extension(std::string_view name);
// The names in their order, none of them twice on a system that knows no upper and lower case: "a.txt", "a (2).txt".
std::vector<std::string> without_repeats(const std::vector<std::string>& names);

}  // namespace quanji::domain
