// Addresses of cells and blocks as spreadsheets write them: "B7", "$B$7", "A1:C10", "A:C", "2:5".
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::workbook {

// The size of a sheet (ECMA-376 part 1, 18.3.1.4 and 18.3.1.13; the same in every program since 2007).
inline constexpr std::uint32_t most_rows = 1'048'576;
inline constexpr std::uint32_t most_columns = 16'384;

// Both counted from 1. The order is by row, then column: the order in which a sheet is stored.
struct Cell {
  std::uint32_t row = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Cell&) const = default;
};
// Both corners belong to it; first is the upper left one.
struct Range {
  Cell first;
  Cell last{most_rows, most_columns};
  bool operator==(const Range&) const = default;
  bool contains(Cell cell) const {
    return cell.row >= first.row && cell.row <= last.row && cell.column >= first.column && cell.column <= last.column;
  }
  bool meets(const Range& other) const {
    return first.row <= other.last.row && other.first.row <= last.row && first.column <= other.last.column &&
           other.first.column <= last.column;
  }
};

std::string column_letters(std::uint32_t column);  // 1 is "A", 28 is "AB"
std::string to_text(Cell cell);                    // "B7"
std::string to_text(const Range& range);           // "A1:C10"; one cell is "B7"

// Either case, with or without $. invalid_field says what is wrong and gives an example.
base::Result<Cell> parse_cell(std::string_view text);
// A cell is a range of one; "A:C" and "2:5" are whole columns and rows; corners in any order.
base::Result<Range> parse_range(std::string_view text);

}  // namespace quanji::workbook
