// Workbooks that are there already: their sheets, looks, charts and pictures changed. Each is one change from file to file (which may be
// the same); everything else is kept byte for byte, and what would be lost is refused.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "workbook/cell.h"
#include "workbook/xlsx_write.h"

namespace quanji::workbook {

// Failures of all: those of WorkbookEditor; not_found for a sheet that is not there; name_taken; invalid_field with the reason where
// something would be lost. Sheets are meant by their names, in any case.

// ---- sheets ----
// A new one, empty; before another, else the last.
base::Status add_sheet(const std::string& from, const std::string& to, std::string_view name, const std::optional<std::string>& before);
// Formulas, names, charts, links and pivot tables that name it follow. Macros and texts do not.
base::Status rename_sheet(const std::string& from, const std::string& to, std::string_view sheet, std::string_view name);
// A copy at the end, visible, with looks, widths, formulas (which go on naming what they name), rules and merged blocks. Refused: a sheet
// with charts, pictures, comments, table objects or pivot tables.
base::Status copy_sheet(const std::string& from, const std::string& to, std::string_view sheet, std::string_view name);
// With names that count only in it. Refused: the only one that can be seen; one that formulas, names or charts elsewhere name (each would
// become #REF!).
base::Status delete_sheet(const std::string& from, const std::string& to, std::string_view sheet);

// ---- looks ----
enum class BorderLine : std::uint8_t { none, thin, medium, thick };
struct LookChange {
  std::optional<std::string> number_format;
  std::optional<bool> bold, italic, wrap;
  std::optional<double> size;                       // of the font, in points
  std::optional<std::uint32_t> colour, background;  // 0xRRGGBB
  std::optional<BorderLine> border;                 // on all four sides
  std::optional<Align> align;
  std::optional<double> width;   // of the columns, in digits
  std::optional<double> height;  // of the rows, in points
  std::optional<bool> hidden;    // of whole columns ("C:D") or whole rows ("3:5")
  bool merge = false;            // makes the range one cell
};
// What is not said stays as it is. Ranges of whole columns or rows end where the sheet does; at most a million cells.
base::Status change_look(const std::string& from, const std::string& to, std::string_view sheet, const Range& range,
                         const LookChange& change);
// Cells of the range without a look of their own; values, widths and merged blocks stay.
base::Status clear_look(const std::string& from, const std::string& to, std::string_view sheet, const Range& range);
// How the cell looks, width and height included; `merge` says whether it is in a merged block.
base::Result<LookChange> look_of_cell(const std::string& path, std::string_view sheet, Cell at);

// ---- charts and pictures ----
enum class ChartForm : std::uint8_t { column, bar, line, pie, area, scatter };
struct ChartAdding {
  std::string name;  // one of this name on the sheet is replaced
  Cell at;           // its upper left corner; it covers 8 columns and 16 rows
  ChartForm form = ChartForm::column;
  Range data;  // first row: names of the series; first column: categories (of a scatter: x); a single column has no categories
  std::string title;
};
base::Status add_chart(const std::string& from, const std::string& to, std::string_view sheet, const ChartAdding& chart);
struct PictureAdding {
  std::string name;  // one of this name on the sheet is replaced
  Cell at;
  std::string bytes;                    // of a PNG or JPEG file
  std::string ending;                   // "png", "jpeg"
  std::uint32_t width = 0, height = 0;  // in pixels, as shown
};
base::Status add_picture(const std::string& from, const std::string& to, std::string_view sheet, const PictureAdding& picture);

}  // namespace quanji::workbook
