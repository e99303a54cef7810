// Tables as people and programs leave them made tidy: blanks around texts and names, rows without anything.
#pragma once
#include <string_view>

#include "base/result.h"
#include "values/table.h"

namespace quanji::values {

// Without blanks and control characters at both ends, the wide blank of Chinese text (U+3000) and U+00A0 among them.
std::string_view without_blanks(std::string_view text);
// Nothing, or a text that is blank.
bool is_blank(const Column& column, std::size_t row);

struct Cleaning {
  bool trim_texts = true;  // of text columns, and texts in columns of `any`
  bool trim_names = true;
  bool drop_empty_rows = true;  // in which everything is blank
};
// Columns and table are shared where nothing changes. name_taken when a trimmed name is empty or another column's.
base::Result<Table> clean(const Table& table, const Cleaning& how);

}  // namespace quanji::values
