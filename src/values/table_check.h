// What is wrong in a table's content, as a table: for people who have to mend it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "values/table_cast.h"

namespace quanji::values {

// A rule over rows whose answer is there already: a column of booleans, as long as the table; what is not true breaks the rule.
struct RowRule {
  std::string name;
  ColumnPtr holds;
};
struct Checking {
  std::vector<std::string> present;              // columns there must be
  std::vector<Cast> typed;                       // columns there must be, whose values all can be cast so
  std::vector<std::string> required;             // columns with a value in each row; a blank text is none
  std::vector<std::vector<std::string>> unique;  // columns whose values together stand once; rows with nothing in one are left out
  std::vector<RowRule> rules;
};
// One row for each problem: row (from 1; nothing: the table as a whole) · column · rule (column, type, required, unique, or the rule's
// name) · value · sentence. First what the table lacks, then by the order of the checks and rows.
Table problems_of(const Table& table, const Checking& what);

}  // namespace quanji::values
