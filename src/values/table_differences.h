// A comparison as one list of what differs: what people look through, sign and file.
#pragma once
#include <string>

#include "base/result.h"
#include "values/table_compare.h"

namespace quanji::values {

struct Differences {
  // One row for each value that differs (`differs`), then one for each row that only one side has (`only_ours`, `only_theirs`):
  //   the keys, as our table names them · state · column · ours · theirs · difference (ours - theirs, of numbers)
  // For rows of one side column, ours and theirs say nothing, unless exactly one column was compared: then it and its value.
  Table table;
  std::size_t same = 0;  // rows of both sides in which nothing differs
};
// `how` without its names and suffixes. Failures as compare_tables; "names" when a key is named as one of the columns above.
base::Result<Differences> differences(const Table& ours, const Table& theirs, const Comparing& how);

}  // namespace quanji::values
