// Grouping by keys with aggregates: exact, groups in order of first appearance.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "values/table.h"

namespace quanji::values {

// What is nothing is left out by all but first, last, list and count of rows. A sum of nothing at all is 0; min, max and mean of it are
// nothing.
//   count           rows, or values of a column
//   sum             of integers, decimals, durations; integers beyond 64 bits make the column decimal; more than 38 digits is an error
//   min, max        of what has an order
//   mean            a decimal with `places`, rounded by `rounding`
//   first, last     of the group's first, last row, nothing included: they belong to one row
//   count_distinct  1.0 and 1 are one
//   list            all values, nothing included
//   concat          the texts, `separator` between them
enum class Fold : std::uint8_t { count, sum, min, max, mean, first, last, count_distinct, list, concat };
std::string_view word_of(Fold fold);
std::optional<Fold> fold_of(std::string_view word);

struct Aggregate {
  Fold fold = Fold::count;
  std::string column;                      // empty: rows (count only)
  std::string as;                          // empty: "amount_sum", "count"
  std::optional<std::int32_t> places = 2;  // of a mean; nothing: as quotient() of decimal.h has it
  Rounding rounding = Rounding::half_up;
  std::string separator = ",";
};

// Key columns, then one column for each aggregate. Without keys: one row for the whole table. nothing is a key like any other.
// Failures: invalid_field, fields "keys/0", "aggregates/1/column" …
base::Result<Table> group_by(const Table& table, std::span<const std::string> keys, std::span<const Aggregate> aggregates);

}  // namespace quanji::values
