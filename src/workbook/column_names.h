// Names of columns that foreign headers leave empty or give twice.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace quanji::workbook {

// Every name becomes one of its own: an empty one is made by `of_place` (counted from 0), the second "x" becomes "x_2". What was done is
// said in a note each.
template <class OfPlace>
std::vector<base::Text> complete_names(std::vector<std::string>& names, OfPlace of_place);
void make_unique_name(std::vector<std::string>& names, std::size_t place, std::vector<base::Text>& notes);

// The first ones, for a sentence: "a、b、c …".
std::string joined(const std::vector<std::string>& names);

template <class OfPlace>
std::vector<base::Text> complete_names(std::vector<std::string>& names, OfPlace of_place) {
  std::vector<base::Text> notes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty()) continue;
    names[i] = of_place(i);
    notes.emplace_back("第 " + std::to_string(i + 1) + " 列没有名字，叫作“" + names[i] + "”。",
                       "Column " + std::to_string(i + 1) + " has no name and is called \"" + names[i] + "\".");
  }
  for (std::size_t i = 0; i < names.size(); ++i) make_unique_name(names, i, notes);
  return notes;
}

}  // namespace quanji::workbook
