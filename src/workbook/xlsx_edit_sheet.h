// The XML of one sheet with cells set. Inside of this room.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workbook/cell.h"
#include "workbook/cell_text.h"

namespace quanji::workbook {

struct CellEdit {
  StoredForm stored;
  bool appended = false;   // takes the look of the cell above
  bool look_only = false;  // what is in the cell stays; `stored` is nothing
};
using CellEdits = std::map<Cell, CellEdit>;

// The number of the form a value needs where the cell has `form`.
using ChooseForm = std::function<base::Result<std::uint32_t>(std::uint32_t form, const StoredForm& stored)>;

struct SheetFacts {
  std::vector<Range> merged;
  std::vector<Range> blocks;                         // array and data table formulas
  std::vector<std::pair<Cell, std::string>> shared;  // owners of shared formulas, with their numbers
  std::map<std::string, std::uint32_t> shared_uses;
  bool is_protected = false;
};
// Of a document that is well-formed.
SheetFacts facts_of_sheet(std::string_view document);
// `name` is the sheet's, for sentences without the file ("cell B2: …").
base::Result<std::string> edited_sheet(std::string_view document, const CellEdits& edits, const ChooseForm& choose);

// The workbook's part with everything to be worked out anew; with a further sheet.
std::string with_full_calculation(std::string_view workbook);
std::string with_sheet(std::string_view workbook, std::string_view name, std::uint32_t id, std::string_view relationship);
// [Content_Types].xml or a .rels part without the element that has `attribute`="value"; with one more.
std::string without_element(std::string_view document, std::string_view attribute, std::string_view value);
std::string with_element(std::string_view document, std::string_view element);

// styles.xml with more forms at the end of cellXfs.
class StyleEditing {
 public:
  explicit StyleEditing(std::string document) : document_(std::move(document)) {}
  // invalid_field (without a file in the sentence) when there are no cellXfs.
  base::Status begin();
  // The form `base_form` with this number format instead; the same answer for the same question.
  std::uint32_t derived(std::uint32_t base_form, std::string_view code);
  bool changed() const { return !added_.empty(); }
  std::string document() const;

 private:
  std::string document_;
  std::string prefix_;
  std::vector<std::string> forms_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> known_;
  std::map<std::string, std::uint32_t> codes_;
  std::vector<std::pair<std::uint32_t, std::string>> new_codes_;
  std::vector<std::string> added_;
  std::uint32_t next_code_ = 164;
};

}  // namespace quanji::workbook
