// Workbooks (.xlsx, .xlsm): sheets, blocks and cells into values, one pass over the file in bounded memory. Nothing is ever written, no
// formula is run, no other file is opened.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "workbook/cell.h"
#include "workbook/number_forms.h"
#include "workbook/zip_parts.h"

namespace quanji::workbook {

enum class SheetState : std::uint8_t { visible, hidden, very_hidden };
struct SheetInfo {
  std::string name;
  SheetState state = SheetState::visible;
  bool has_cells = true;  // false: a sheet that is one chart, a macro sheet
  std::string part;       // "xl/worksheets/sheet1.xml"; empty where there is none
};

// What becomes of #N/A, #DIV/0! and their like.
enum class ErrorCells : std::uint8_t { text, nothing, refuse };
enum class SheetHeader : std::uint8_t { first_row, none };

struct ReadLimits {
  ZipLimits zip;
  std::uint64_t cells = 20'000'000;  // of one table, empty ones counted
  std::uint64_t text_bytes = 512ULL << 20U;
};

struct SheetColumn {
  std::string name;
  values::ColumnType type = values::ColumnType::any;
  std::string format;  // of days that are texts (day_pattern.h)
};
struct SheetReading {
  std::string sheet;           // its name in any case, or "2": the second one; empty: the first that can be seen
  std::optional<Range> range;  // nothing: from the first to the last row and column in use
  SheetHeader header = SheetHeader::first_row;
  // Types of some columns, by name (without a header by letter: "A", "B" …); the others have the type of what is in them, `any` where
  // that differs.
  std::vector<SheetColumn> columns;
  bool all_text = false;  // every column as text: numbers as they are stored, days as ISO 8601
  ErrorCells errors = ErrorCells::text;
  Digits digits = Digits::shortest;
  bool fill_merged = false;  // each cell of a merged block has the value of its first one
  bool skip_hidden_rows = false;
  std::uint32_t skip_rows = 0;  // left out at the beginning: of the range, else of the first rows in use
  bool bad_is_nothing = false;  // a value that is not of its column's type
  bool formulas = false;        // each_row gives cells with their formulas and formats
};

struct SheetTable {
  values::TablePtr table;
  std::vector<base::Text> notes;  // what was made of the header
  std::uint32_t first_row = 0;    // of the data, in the sheet; 0: there is none
};

struct CellContent {
  values::Value value;      // of a formula: the value that was stored with it, nothing when none was
  std::string formula;      // without "="; empty: none
  std::string shared_with;  // of a formula that is written only in another cell ("B2"), shifted from there: that cell
  std::string format_code;  // "yyyy-mm-dd"; empty: General
};

struct RowCell {
  std::uint32_t column = 1;
  values::Value value;
  // Where SheetReading::formulas asks for them.
  std::string formula;      // without "="; one that is shared with another cell is moved to this one
  std::string format_code;  // empty: General
};
// A block that has a name.
struct NamedRange {
  std::string sheet;
  Range range;
};
// One row of a sheet, its cells that are not empty from left to right. False: enough.
using TakeRow = std::function<base::Result<bool>(std::uint32_t row, std::span<const RowCell> cells)>;

// One workbook. One thread. Failures: invalid_field with file, sheet, cell and reason; too_large beyond the limits; not_found for a sheet
// that is not there, with those that are.
class Workbook {
 public:
  static base::Result<Workbook> open(const std::string& path, const ReadLimits& limits = {});
  // The bytes outlive the workbook. `file` is how it is called in sentences.
  static base::Result<Workbook> of_bytes(std::string_view bytes, std::string file, const ReadLimits& limits = {});
  ~Workbook();
  Workbook(Workbook&&) noexcept;
  Workbook& operator=(Workbook&&) noexcept;

  const std::vector<SheetInfo>& sheets() const;
  DateSystem date_system() const;
  base::Result<SheetTable> table(const SheetReading& reading);
  base::Result<CellContent> cell(std::string_view sheet, Cell at);
  // Of `reading` counts: sheet, range, errors, digits, skip_hidden_rows, formulas.
  base::Status each_row(const SheetReading& reading, const TakeRow& take);
  // Merged blocks in the order of the file.
  base::Result<std::vector<Range>> merged(std::string_view sheet);
  // A name the workbook defines (one of `sheet` first) or the name of a table object. not_found with those there are; invalid_field when
  // it stands for no single block.
  base::Result<NamedRange> named_range(std::string_view name, std::string_view sheet = {});
  // From the first to the last row and column in use; nothing for an empty sheet.
  base::Result<std::optional<Range>> used(std::string_view sheet);

  class Contents;

 private:
  explicit Workbook(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

}  // namespace quanji::workbook
