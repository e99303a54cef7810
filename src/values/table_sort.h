// Sorting by several keys: stable, exact, texts by code point.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "values/column_parts.h"
#include "values/table.h"

namespace quanji::values {

enum class Direction : std::uint8_t { ascending, descending };
enum class NothingAt : std::uint8_t { end, start };  // whatever the direction
struct SortKey {
  std::string column;
  Direction direction = Direction::ascending;
};

// Rows whose keys are equal keep their order. A column of `any` must hold values that compare with each other; the problem names the row.
base::Result<Table> sort_rows(const Table& table, std::span<const SortKey> keys, NothingAt nothing = NothingAt::end);
base::Result<std::vector<RowNumber>> sorted_rows(const Table& table, std::span<const SortKey> keys, NothingAt nothing = NothingAt::end);

}  // namespace quanji::values
