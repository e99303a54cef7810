// styles.xml with further looks of cells. Inside of this room.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "workbook/xlsx_structure.h"

namespace quanji::workbook {

// Of a document that is well-formed. Forms are numbers of cellXfs, what a cell's `s` says.
class LookEditing {
 public:
  explicit LookEditing(std::string document) : document_(std::move(document)) {}
  // invalid_field (without a file in the sentence) when there are no cellXfs.
  base::Status begin();
  // The form that looks like `form` but for the change, which is the same every time.
  std::uint32_t derived(std::uint32_t form, const LookChange& change);
  // Everything said of a form: number_format, fonts, fill, border, alignment.
  LookChange look_of(std::uint32_t form) const;
  std::string document() const;

 private:
  // A list of the document: fonts, fills, borders, cellXfs, numFmts.
  struct Section {
    std::string_view name;
    std::vector<std::string> items;  // as they stand
    std::size_t given = 0;           // of them in the document
    bool there = false;
    std::uint32_t add(std::string item);
  };
  std::string item_of(const Section& section, std::uint32_t form, std::string_view attribute) const;
  std::string font_with(std::string_view font, const LookChange& change) const;
  std::string form_with(std::string_view form, const LookChange& change);
  std::uint32_t format_number(const std::string& code);

  std::string document_, prefix_;
  Section codes_{"numFmts", {}, 0, false}, fonts_{"fonts", {}, 0, false}, fills_{"fills", {}, 0, false}, borders_{"borders", {}, 0, false},
      forms_{"cellXfs", {}, 0, false};
  std::vector<std::pair<std::string, std::uint32_t>> known_codes_;
  std::map<std::uint32_t, std::uint32_t> derived_;
  std::uint32_t next_code_ = 164;
};

}  // namespace quanji::workbook
