// What a workbook's parts say before any sheet is read: sheets, styles, shared texts.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workbook/xlsx_read.h"
#include "workbook/zip_parts.h"

namespace quanji::workbook {

// One line of a .rels part.
struct Relationship {
  std::string id, type, target;  // type: its last word ("worksheet"); target: the name of a part
  bool external = false;
};
// Of a part; none when it has no .rels.
base::Result<std::vector<Relationship>> relationships_of(ZipParts& parts, std::string_view part);
// A target relative to the folder of its part, without "." and "..".
std::string resolved_target(std::string_view part, std::string_view target);
// "xl/workbook.xml" → "xl/_rels/workbook.xml.rels"
std::string relationships_part(std::string_view part);

struct WorkbookPart {
  std::string part;  // "xl/workbook.xml"
  std::vector<SheetInfo> sheets;
  DateSystem dates = DateSystem::from_1900;
  std::string styles, shared_texts;  // their parts; empty: none
};
// invalid_field when this is another kind of package (.docx, .ods, .xlsb), each told by name.
base::Result<WorkbookPart> workbook_part_of(ZipParts& parts);

// One number format as cells use it.
struct CellForm {
  FormKind kind = FormKind::number;
  std::uint32_t zeros = 0;  // "000000": 6
  std::string code;         // empty: General
};
// By the number `s` of a cell.
base::Result<std::vector<CellForm>> cell_forms(ZipParts& parts, std::string_view styles);

// Texts shared by cells, packed.
class SharedTexts {
 public:
  void add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  std::string_view at(std::size_t i) const {
    const std::size_t from = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(from, ends_[i] - from);
  }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};
base::Result<SharedTexts> shared_texts(ZipParts& parts, std::string_view part, std::uint64_t most_bytes);

// Undoes _x000D_ (ECMA-376 part 1, 22.9.2.19) where `text` has it.
void decode_text(std::string& text);

}  // namespace quanji::workbook
