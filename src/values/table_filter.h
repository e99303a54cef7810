// Filtering by conditions that are data: a column, an operation, a value or another column; joined by all, any, none.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "values/column_parts.h"
#include "values/table.h"

namespace quanji::values {

// `in`: the value is a list. contains, starts_with, ends_with: of texts. matches: a regular expression (RE2) found anywhere in the text.
enum class Relation : std::uint8_t { eq, ne, lt, le, gt, ge, in, contains, starts_with, ends_with, matches, is_nothing };
std::string_view word_of(Relation test);
std::optional<Relation> relation_of(std::string_view word);
enum class Combine : std::uint8_t { all, any, none };

// A single test (when `column` is not empty), or a combination of `parts`. all of no parts is true, any and none of no parts false and
// true. nothing equals nothing and differs from everything else; every other test of nothing is false. Numbers compare with numbers of any
// form; dates, times and durations also with a text that spells one.
struct Condition {
  std::string column;
  Relation relation = Relation::eq;
  Value value;
  std::string other;  // compare with this column of the same row instead of `value` (eq, ne, lt, le, gt, ge)
  Combine combine = Combine::all;
  std::vector<Condition> parts;
};
inline constexpr int most_condition_depth = 16;

// One byte for each row, 1 where the condition holds. Problems name the condition: "where/parts/0/column".
base::Result<std::vector<std::uint8_t>> evaluate(const Table& table, const Condition& where);
// Table and columns are shared when every row stays.
base::Result<Table> filter_rows(const Table& table, const Condition& where);
std::vector<RowNumber> rows_where(const std::vector<std::uint8_t>& marks);

}  // namespace quanji::values
