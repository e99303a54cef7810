// Tables out of rows as flows write them, maps or lists, and back.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "values/table.h"

namespace quanji::values {

enum class OtherKeys : std::uint8_t { take, leave };  // keys of maps that `names` has not: columns behind the others, or none
// Rows that are maps (a key that a row has not is nothing there) or lists (as long as `names`), not both. No names: those of the maps in
// order of first appearance. Types show in the values. Failures are invalid_field and name the row, counted from 1.
base::Result<Table> table_of_rows(std::span<const Value> rows, std::span<const std::string> names, OtherKeys others);

List rows_as_maps(const Table& table);
List rows_as_lists(const Table& table);

}  // namespace quanji::values
