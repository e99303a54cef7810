// The shape of tables: rows and columns taken, left out, renamed, moved, added, put together. Columns are shared where they stay as they
// are.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "values/column_parts.h"
#include "values/table.h"

namespace quanji::values {

// Failures are invalid_field: a field problem each, with the closest existing names for a column that is not there. Fields are named as the
// parameters here: "columns/0", "names/1/from" …

Table rows_at(const Table& table, std::span<const RowNumber> rows);  // the rows must exist
Table first_rows(const Table& table, std::size_t count);
Table last_rows(const Table& table, std::size_t count);
// `count` rows from row `from` (0 is the first); fewer where the table ends.
Table slice_rows(const Table& table, std::size_t from, std::size_t count);

// These columns only, in this order.
base::Result<Table> select_columns(const Table& table, std::span<const std::string> columns);
base::Result<Table> drop_columns(const Table& table, std::span<const std::string> columns);
// These first, the others behind them as they stand.
base::Result<Table> reorder_columns(const Table& table, std::span<const std::string> columns);
struct NewName {
  std::string from, to;
};
// All at once: two columns can exchange their names.
base::Result<Table> rename_columns(const Table& table, std::span<const NewName> names);

enum class IfThere : std::uint8_t { refuse, replace };
// At the end, or in the place of the one it replaces.
base::Result<Table> add_column(const Table& table, std::string name, ColumnPtr column, IfThere if_there = IfThere::refuse);

enum class Missing : std::uint8_t { nothing, refuse };  // a column that one table has and another has not
// The tables' rows one after another; columns by name in order of first appearance. Integers among decimals become decimals, other
// different types a column of `any`.
base::Result<Table> append_rows(std::span<const Table* const> tables, Missing missing = Missing::nothing);

enum class KeepOf : std::uint8_t { first, last };
// The first row of each key, or the last one; no columns: of the whole row. Rows keep their order.
base::Result<Table> distinct_rows(const Table& table, std::span<const std::string> columns = {}, KeepOf keep = KeepOf::first);

// The rows of one key, with all columns.
struct TablePart {
  Map key;
  Table table;
};
// A table for each key, in order of first appearance; nothing is a key like any other.
base::Result<std::vector<TablePart>> split_rows(const Table& table, std::span<const std::string> columns);

// Rows become columns. The new names are the texts of `names_from` (which must differ and not be nothing), or "1", "2" … without it; the
// first new column, `names_to`, holds the old names.
struct Transpose {
  std::string names_from;
  std::string names_to = "column";
};
inline constexpr std::size_t most_transposed_rows = 10'000;
base::Result<Table> transpose(const Table& table, const Transpose& how = {});

// Puts a value where there is nothing: into these columns (none named: into all whose type takes it; named ones must take it).
base::Result<Table> fill_nothing(const Table& table, std::span<const std::string> columns, const Value& value);
// Puts the last value above where there is nothing, as merged cells of a sheet mean it.
base::Result<Table> fill_down(const Table& table, std::span<const std::string> columns);
// The next value below.
base::Result<Table> fill_up(const Table& table, std::span<const std::string> columns);

}  // namespace quanji::values
