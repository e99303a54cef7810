// A workbook that is open: its parts and what they said so far. Inside of this room.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workbook/xlsx_package.h"
#include "workbook/xlsx_read.h"
#include "workbook/xlsx_sheet.h"

namespace quanji::workbook {

class Workbook::Contents {
 public:
  Contents(ZipParts parts_given, WorkbookPart book_given, const ReadLimits& limits_given)
      : parts(std::move(parts_given)), book(std::move(book_given)), limits(limits_given) {}
  // The sheet that is meant; see SheetReading::sheet.
  base::Result<const SheetInfo*> find(std::string_view name) const;
  // Styles and shared texts, read the first time.
  base::Status prepare();
  const CellForm& form(std::uint32_t number) const;

  ZipParts parts;
  WorkbookPart book;
  ReadLimits limits;
  std::optional<std::vector<CellForm>> forms;
  std::optional<SharedTexts> texts;
};

// From the first to the last row and column in use. The sheet is read whole, so that every break of its order shows.
base::Result<std::optional<Range>> used_range(ZipParts& parts, const SheetInfo& sheet);

// Sheets whose cells become values.
class ValueEvents : public SheetEvents {
 public:
  ValueEvents(Workbook::Contents& contents, const SheetInfo& sheet, ErrorCells errors, Digits digits)
      : SheetEvents(contents.parts.file(), sheet.name), contents_(contents), errors_(errors), digits_(digits) {}

 protected:
  // Nothing after `fail` was said.
  values::Value value_of(const StoredCell& cell);
  // The text of a cell that is one; valid until the next. False: it is no text.
  bool text_of(const StoredCell& cell, std::string_view& text);
  const CellForm& form_of(const StoredCell& cell) const { return contents_.form(cell.form); }
  Workbook::Contents& contents_;

 private:
  values::Value number_of(const StoredCell& cell);
  ErrorCells errors_;
  Digits digits_;
  std::string decoded_;
};

}  // namespace quanji::workbook
