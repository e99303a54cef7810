#include "workbook/column_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"

namespace quanji::workbook {

void make_unique_name(std::vector<std::string>& names, std::size_t place, std::vector<base::Text>& notes) {
  const auto before = names.begin() + static_cast<std::ptrdiff_t>(place);
  if (std::find(names.begin(), before, names[place]) == before) return;
  const auto name = names[place];
  for (int n = 2;; ++n) {
    auto candidate = fmt::format("{}_{}", name, n);
    if (std::ranges::find(names, candidate) != names.end()) continue;
    notes.emplace_back(fmt::format("列名“{}”出现多次，第 {} 列叫作“{}”。", name, place + 1, candidate),
                       fmt::format("The name \"{}\" stands several times; column {} is called \"{}\".", name, place + 1, candidate));
    names[place] = std::move(candidate);
    return;
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 12) return out + " …";
    if (i > 0) out += "、";
    out += base::utf8_beginning(names[i], 60);
  }
  return out;
}

}  // namespace quanji::workbook
