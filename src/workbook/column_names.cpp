#include "workbook/column_names.h"

#include <fmt/format.h>

#include "base/encodings.h"

namespace quanji::workbook {

void ColumnNames::note_made(std::size_t place, const std::string& name, std::vector<base::Text>& notes) {
  notes.emplace_back(fmt::format("第 {} 列没有名字，叫作“{}”。", place + 1, name),
                     fmt::format("Column {} has no name and is called \"{}\".", place + 1, name));
}

std::string ColumnNames::add(std::string name) {
  if (taken_.insert(name).second) return name;
  for (int& n = last_number_.try_emplace(name, 1).first->second;;) {
    auto candidate = fmt::format("{}_{}", name, ++n);
    if (taken_.insert(candidate).second) return candidate;
  }
}

void ColumnNames::make_unique(std::vector<std::string>& names, std::vector<base::Text>& notes) {
  // Names that stand in the file are nobody else's.
  std::unordered_set<std::string> seen;
  for (const auto& name : names) taken_.insert(name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (seen.insert(names[i]).second) continue;
    auto changed = add(names[i]);
    notes.emplace_back(fmt::format("列名“{}”出现多次，第 {} 列叫作“{}”。", names[i], i + 1, changed),
                       fmt::format("The name \"{}\" stands several times; column {} is called \"{}\".", names[i], i + 1, changed));
    names[i] = std::move(changed);
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
