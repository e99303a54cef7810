// Values that become columns, and columns that become values.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "values/table_group.h"

namespace quanji::values {

enum class PivotOrder : std::uint8_t { as_found, sorted };
// One row for each key of `rows`, one column for each value of `column` (named by its text; nothing is named "nothing"), in each cell the
// aggregate of `value` over the rows of that key and that column.
struct Pivot {
  std::vector<std::string> rows;
  std::string column;
  Aggregate value{.fold = Fold::sum, .column = {}, .as = {}, .separator = ","};
  PivotOrder order = PivotOrder::as_found;
  Value empty;  // for cells without rows
};
inline constexpr std::size_t most_pivot_columns = 2'000;
// Failures: invalid_field; "rows/0", "column", "value/column" …
base::Result<Table> pivot(const Table& table, const Pivot& how);

enum class NothingCells : std::uint8_t { keep, skip };
// One row for each row and each of `columns` (none named: all but `keep`): the kept columns, the column's name, its value.
struct Unpivot {
  std::vector<std::string> keep;
  std::vector<std::string> columns;
  std::string names_to = "column";
  std::string values_to = "value";
  NothingCells nothing = NothingCells::keep;
};
base::Result<Table> unpivot(const Table& table, const Unpivot& how);

}  // namespace quanji::values
