// New workbooks (.xlsx): tables into sheets with formats, widths, filters, formulas and charts, in memory that does not grow with the rows.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "values/table.h"
#include "workbook/cell.h"
#include "workbook/cell_text.h"
#include "workbook/new_file.h"
#include "workbook/xlsx_read.h"

namespace quanji::workbook {

enum class Align : std::uint8_t { general, left, center, right };
struct Look {
  std::string number_format;  // "#,##0.00"; empty: what fits the type
  bool bold = false;
  bool italic = false;
  bool wrap = false;
  bool border = false;
  Align align = Align::general;
  std::optional<std::uint32_t> colour;  // of the text, 0xRRGGBB
  std::optional<std::uint32_t> fill;
  auto operator<=>(const Look&) const = default;
};
Look header_look();  // bold on light grey, with a border

struct ColumnWriting {
  std::string name;
  std::optional<double> width;  // in digits, 0 to 255; nothing: as wide as what is in it, at most 60
  Look look;
  std::string formula;  // {row} is the number of the row: "C{row}*D{row}"; makes a further column behind those of the table
};

enum class ChartKind : std::uint8_t { column, line, pie };
struct ChartWriting {
  ChartKind kind = ChartKind::column;
  std::string title;
  std::string categories;           // name of a column
  std::vector<std::string> series;  // names of columns; a pie has one
  std::optional<Cell> at;           // its upper left corner; nothing: to the right of the table
};

struct SheetWriting {
  std::string name;  // 1 to 31 characters without []:*?/\ ; not twice in any case
  Cell start;        // of the header, or of the first row
  SheetHeader header = SheetHeader::first_row;
  Look header_look = workbook::header_look();
  std::vector<ColumnWriting> columns;  // of some columns, by name; with a formula also further ones, behind the others
  bool freeze_header = true;
  bool autofilter = false;
  std::vector<std::pair<Cell, CellInput>> titles;  // cells above `start`, in the order of rows and columns
  // Below the last row: values or formulas in which {first} and {last} are the rows of the data. Bold.
  std::vector<CellInput> totals;
  std::vector<ChartWriting> charts;
};

struct Written {
  std::uint64_t rows = 0;           // of data, in all sheets
  std::uint64_t cells_as_text = 0;  // numbers and days that a workbook cannot hold exactly
  std::vector<base::Text> notes;    // one for each sheet and column with such cells
};

// One workbook, sheet after sheet. It is complete at its place when `close` returns, or it is not there. Failures name sheet, row and
// column. One thread.
class WorkbookWriter {
 public:
  // `made_at` is what the file says about itself.
  static base::Result<WorkbookWriter> create(const std::string& path, Existing existing, base::Time made_at);
  ~WorkbookWriter();
  WorkbookWriter(WorkbookWriter&&) noexcept;
  WorkbookWriter& operator=(WorkbookWriter&&) noexcept;

  // A whole sheet.
  base::Status add_sheet(const values::Table& table, const SheetWriting& writing);
  // A sheet row by row: begin, rows, end.
  base::Status begin_sheet(std::vector<std::string> names, const SheetWriting& writing);
  base::Status add(std::span<const CellInput> row);
  base::Status add(const values::Table& table);  // its columns by place
  base::Status end_sheet();
  base::Result<Written> close();

  class Machine;

 private:
  explicit WorkbookWriter(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

// What Excel says about a sheet's name, in a sentence; nothing when it may be used.
std::optional<base::Text> sheet_name_problem(std::string_view name);

}  // namespace quanji::workbook
