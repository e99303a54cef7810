// Two tables compared by key, exactly: what only one side has, what differs and by how much, what is the same. Reconciliation stands on it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "values/table_join.h"

namespace quanji::values {

struct ComparedColumn {
  std::string left, right;           // `right` empty: the same name
  std::optional<Decimal> tolerance;  // numbers that differ by at most this are the same; 0 or more
};
struct Comparing {
  std::vector<JoinKey> keys;
  std::vector<ComparedColumn> columns;  // empty: all columns of one name on both sides that are no keys and not in `ignore`
  std::vector<std::string> ignore;
  // Names of what the result's tables have beside the tables' own columns.
  std::string column_name = "column", left_name = "left", right_name = "right", difference_name = "difference";
  std::string left_suffix = "_left", right_suffix = "_right";
};

// Every row of both tables is in exactly one of only_left, only_right, changed, same. A key may stand once on each side (a second time is
// an error that names the key and both rows); a row with nothing in its key has no partner. nothing and nothing are the same, nothing and
// something differ; numbers are compared by value whatever their places.
struct Comparison {
  Table only_left;   // the left table's rows, all its columns
  Table only_right;  // the right table's rows, all its columns
  Table changed;     // keys, then for each compared column its left and right value: amount_left, amount_right
  Table cells;       // one row for each value that differs: keys, column (the left name), left, right, difference (right - left, numbers)
  Table same;        // the left table's rows
  std::size_t left_rows = 0, right_rows = 0;
};
// Failures: invalid_field; "keys/0/left", "columns/2/tolerance", "left", "right" (a key twice), "names" …
base::Result<Comparison> compare_tables(const Table& left, const Table& right, const Comparing& how);

}  // namespace quanji::values
