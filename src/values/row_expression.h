// Row expressions: a small part of Python's grammar worked over whole columns, exact, with positions in what is wrong. What a flow writes
// in `where`, `expression`, `rules` and in totals such as sum(price * amount). docs/design/activities.md, section 3.
// Reads foreign bytes: fuzz/row_expression.cpp
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "values/table_group.h"
#include "values/value.h"

namespace quanji::values {

inline constexpr std::size_t longest_row_expression = 16'384;  // bytes
inline constexpr int deepest_row_expression = 64;              // parentheses, conditions, signs, calls inside each other
inline constexpr std::size_t longest_made_text = 1'048'576;    // bytes of one text that +, replace or zfill make

namespace rows {
struct Node;
}

// What the words mean where Python leaves room:
//   nothing      arithmetic and functions with nothing give nothing; a comparison (in, not in, contains, matches … too) with nothing is
//                false; `is None` tests. A condition that is nothing counts as false, so `not` of it is true. == None is refused.
//   numbers      integers beyond 64 bits become decimals; more than 38 digits are a bad value. / answers a decimal: exact when the
//                quotient ends within 38 digits, else rounded half up to 28. // is rounded down and % has the divisor's sign, of integers
//                and of decimals alike (Python's Decimal cuts towards zero). Literals with a point are decimals.
//   conditions   are booleans: a number or a text is none. and, or, `a if c else b` work out a part only for the rows that need it.
//   kinds        == of different kinds is false, != true; an order between different kinds is refused. A literal text or a value beside a
//                date, time, datetime or duration is read as one.
//   texts        are counted in characters; upper and lower change ASCII letters only; strip takes blanks (the wide one too).
//   rows         previous, next and running_sum see all rows, whatever condition stands around them.
// Immutable; any thread.
class RowExpression {
 public:
  // Names are not looked at yet. invalid_field, field "expression": the place (character, from 1) and what was expected.
  static base::Result<RowExpression> parse(std::string_view source);

  const std::string& source() const { return source_; }
  // Names as they stand, columns of row["…"] too; in order of first appearance.
  const std::vector<std::string>& names() const { return names_; }
  // The name when the whole expression is one, else empty.
  std::string_view single_name() const;

  // Names and kinds against a table's columns and named values; no row is looked at.
  //   not_found      a name that is neither, with the closest ones
  //   invalid_field  a name that is both; kinds that do not fit, with their place
  base::Status check(const Table& table, const Variables& values = {}) const;
  // One value for each row; the same failures, and bad values (is_bad_value): a value of a row that does not fit.
  base::Result<ColumnPtr> column(const Table& table, const Variables& values = {}) const;
  // One byte for each row, 1 where the condition holds (rows_where of table_filter.h takes it). invalid_field when it is no condition.
  base::Result<std::vector<std::uint8_t>> marks(const Table& table, const Variables& values = {}) const;

 private:
  RowExpression() = default;
  std::string source_;
  std::vector<std::string> names_;
  std::shared_ptr<const rows::Node> root_;
};

// A failure of a row's value, "bad_value" of activities: its code is invalid_field and its field "rows/ROW/COLUMN", ROW from 1 (just
// "rows" when no row is to blame, as for 1 / 0).
bool is_bad_value(const base::Error& error);

// The rows for which a condition holds; the table itself when all do.
base::Result<Table> filter_rows(const Table& table, const RowExpression& where, const Variables& values = {});

// One total of table.group, pivot or total: "sum(price * amount)", "count()", "count(x)", "count_distinct(x)", "min", "max", "mean(x)",
// "mean(x, places)", "first", "last", "list", "concat(x, separator)".
struct RowTotal {
  std::string name;    // of the new column
  std::string source;  // "sum(MXSFJE)"
};
// A table that has a column for each argument that is more than a name, and what group_by and pivot take.
struct PreparedTotals {
  Table table;
  std::vector<Aggregate> aggregates;  // in the order given, `as` is the name
};
// Failures as those of RowExpression; the sentence names the total, and the field of a wrong text or name is "totals/NAME".
base::Result<PreparedTotals> prepare_totals(const Table& table, std::span<const RowTotal> totals, const Variables& values = {});

}  // namespace quanji::values
