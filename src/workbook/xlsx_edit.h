// Workbooks that are there already: cells, blocks and rows written into them, everything else kept byte for byte.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "workbook/cell.h"
#include "workbook/cell_text.h"
#include "workbook/new_file.h"
#include "workbook/xlsx_read.h"

namespace quanji::workbook {

struct Edited {
  std::uint64_t cells = 0;
  std::uint64_t cells_as_text = 0;
  std::vector<base::Text> notes;
};

// Edits are collected and written by `save`, in the memory of the sheets that are touched. What is kept: every other part (other sheets,
// charts, pivots, macros, pictures), and in the sheet itself everything but the cells that were set. A cell keeps its look; where that
// would show a day as a number or the other way round, it gets a format that fits. The chain of calculation is dropped and the program
// that opens the file works everything out anew; until then other formulas keep the value they had.
//
// Refused, and nothing is written: a workbook that is signed; a cell inside of a merged block other than its first; a cell of an array or
// data table formula of several cells, or one whose formula others share; a header cell of a table object; parts that are not UTF-8.
// One thread.
class WorkbookEditor {
 public:
  static base::Result<WorkbookEditor> open(const std::string& path, const ReadLimits& limits = {});
  ~WorkbookEditor();
  WorkbookEditor(WorkbookEditor&&) noexcept;
  WorkbookEditor& operator=(WorkbookEditor&&) noexcept;

  const std::vector<SheetInfo>& sheets() const;
  // A new sheet at the end, empty.
  base::Status add_sheet(std::string_view name);
  // Sheets are found as in SheetReading. Nothing as a value empties the cell and keeps its look.
  base::Status set(std::string_view sheet, Cell at, const CellInput& input);
  // A table with its upper left corner at `start`.
  base::Status set(std::string_view sheet, Cell start, const values::Table& table, SheetHeader header);
  // One row below the last one in use, from column `first` on; a row of an empty sheet is its first. The cells take the look of those
  // above.
  base::Status append(std::string_view sheet, std::span<const CellInput> row, std::uint32_t first = 1);
  base::Status append(std::string_view sheet, const values::Table& table, std::uint32_t first = 1);
  // Writes the workbook with all edits to `path`, which may be where it came from. Afterwards the editor is of no more use.
  base::Result<Edited> save(const std::string& path, Existing existing);

  class Machine;

 private:
  explicit WorkbookEditor(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

}  // namespace quanji::workbook
