#include "workbook/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encodings.h"

namespace quanji::workbook {
namespace {

// Letters, digits or both of one corner; zero where it has none of them.
struct Corner {
  std::uint32_t column = 0;
  std::uint32_t row = 0;
};

std::optional<Corner> corner_of(std::string_view text) {
  Corner corner;
  std::size_t i = 0;
  if (i < text.size() && text[i] == '$') ++i;
  std::size_t letters = 0;
  for (; i < text.size(); ++i, ++letters) {
    const char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
    if (c < 'A' || c > 'Z') break;
    corner.column = corner.column * 26 + static_cast<std::uint32_t>(c - 'A' + 1);
    if (corner.column > most_columns) return std::nullopt;
  }
  if (letters > 0 && i < text.size() && text[i] == '$') ++i;
  const auto digits_from = i;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    corner.row = corner.row * 10 + static_cast<std::uint32_t>(text[i] - '0');
    if (corner.row > most_rows) return std::nullopt;
  }
  if (i != text.size() || (i > digits_from && corner.row == 0) || text.back() == '$') return std::nullopt;
  return corner;
}

std::string quoted(std::string_view text) { return base::repair_utf8(base::utf8_beginning(text, 40)); }

}  // namespace

std::string column_letters(std::uint32_t column) {
  std::string out;
  for (; column > 0; column = (column - 1) / 26) out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}
std::string to_text(Cell cell) { return column_letters(cell.column) + std::to_string(cell.row); }
std::string to_text(const Range& range) {
  return range.first == range.last ? to_text(range.first) : to_text(range.first) + ":" + to_text(range.last);
}

base::Result<Cell> parse_cell(std::string_view text) {
  if (!text.empty())
    if (const auto corner = corner_of(text); corner && corner->row > 0 && corner->column > 0) return Cell{corner->row, corner->column};
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("“{}”不是单元格地址：列 A–XFD 加行 1–1048576，例如 B7。", quoted(text)),
                                fmt::format("\"{}\" is no cell address: a column A–XFD and a row 1–1048576, as in B7.", quoted(text))));
}

base::Result<Range> parse_range(std::string_view text) {
  const auto colon = text.find(':');
  const auto left = text.substr(0, colon);
  const auto right = colon == std::string_view::npos ? left : text.substr(colon + 1);
  if (!left.empty() && !right.empty()) {
    const auto a = corner_of(left), b = corner_of(right);
    const bool whole = colon != std::string_view::npos;
    // Both corners have the same parts, and a single one has both.
    if (a && b && (a->row == 0) == (b->row == 0) && (a->column == 0) == (b->column == 0) && (whole || (a->row > 0 && a->column > 0)) &&
        (a->row > 0 || a->column > 0)) {
      Range range;
      if (a->row > 0) {
        range.first.row = std::min(a->row, b->row);
        range.last.row = std::max(a->row, b->row);
      }
      if (a->column > 0) {
        range.first.column = std::min(a->column, b->column);
        range.last.column = std::max(a->column, b->column);
      }
      return range;
    }
  }
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("“{}”不是单元格区域：例如 A1:C10、A:C 或 2:5。", quoted(text)),
                                fmt::format("\"{}\" is no block of cells: write A1:C10, A:C or 2:5.", quoted(text))));
}

}  // namespace quanji::workbook
