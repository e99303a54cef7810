// Row expressions (values/row_expression.h) and totals as inputs of activities, with failures a flow can catch.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/activity.h"
#include "values/table.h"
#include "values/table_group.h"

namespace quanji::activities::table {

// The expression's value for each row. `input`: the input it was given in, for sentences. Failures: not_found for a name, invalid_argument
// for what is no expression, bad_value with row and column.
engine::Outcome<values::ColumnPtr> row_column(const values::Table& table, std::string_view expression, const values::Map& names,
                                              std::string_view input);
// One byte for each row, 1 where the condition is true; nothing is not true.
engine::Outcome<std::vector<std::uint8_t>> row_marks(const values::Table& table, std::string_view condition, const values::Map& names,
                                                     std::string_view input);

// The table by keys with these totals (new name → "sum(amount)"); without keys: one row.
engine::Outcome<values::Table> grouped(const values::Table& table, std::span<const std::string> keys, const values::Map& totals);
// A table that has the column one total is of, and that total.
struct Prepared {
  values::Table table;
  values::Aggregate total;
};
engine::Outcome<Prepared> one_total(const values::Table& table, std::string_view total);

}  // namespace quanji::activities::table
