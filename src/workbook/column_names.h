// Names of columns that foreign headers leave empty or give twice.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace quanji::workbook {

// Names that are taken. One thread.
class ColumnNames {
 public:
  // Every name becomes one of its own: an empty one is made by `of_place` (counted from 0), the second "x" becomes "x_2". What was done is
  // said in a note each.
  template <class OfPlace>
  void complete(std::vector<std::string>& names, OfPlace of_place, std::vector<base::Text>& notes) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty()) continue;
      names[i] = of_place(i);
      note_made(i, names[i], notes);
    }
    make_unique(names, notes);
  }
  // One more name; changed when it is taken.
  std::string add(std::string name);

 private:
  static void note_made(std::size_t place, const std::string& name, std::vector<base::Text>& notes);
  void make_unique(std::vector<std::string>& names, std::vector<base::Text>& notes);
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> last_number_;
};

// The first ones, for a sentence: "a、b、c …".
std::string joined(const std::vector<std::string>& names);

}  // namespace quanji::workbook
