// The cells of one sheet as its part stores them, in the order of the file.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "workbook/cell.h"
#include "workbook/xlsx_package.h"
#include "workbook/xml_events.h"

namespace quanji::workbook {

enum class StoredType : std::uint8_t { number, shared_text, text, formula_text, boolean, error, iso_day };

// Valid during the call.
struct StoredCell {
  Cell at;
  StoredType type = StoredType::number;
  std::uint32_t form = 0;  // s
  bool has_value = false;  // a <v> or an <is> with something in it
  std::string_view text;   // of <v>, or of <is>
  bool has_formula = false;
  std::string_view formula;  // empty where it is shared with another cell
  std::int64_t shared = -1;  // number of the shared formula
};

// Reads one sheet. Rows come with rising numbers, cells within a row too; a sheet that breaks this is refused.
class SheetEvents : public XmlEvents {
 public:
  explicit SheetEvents(const std::string& file, const std::string& sheet) : file_(file), sheet_(sheet) {}
  // Said once a row, before its cells.
  virtual void row(std::uint32_t number, bool hidden) = 0;
  virtual void cell(const StoredCell& cell) = 0;
  virtual void merge(const Range&) {}
  // After the last row; most readers have enough.
  virtual void rows_end() {}
  bool wants_formulas = false;

  void start(std::string_view name, bool main, const XmlAttributes& attributes) final;
  void end(std::string_view name, bool main) final;
  void text(std::string_view piece) final;

 protected:
  base::Error bad(std::string_view zh, std::string_view en) const { return bad_workbook(file_, named(zh), named(en)); }
  base::Error bad_cell(Cell at, std::string_view zh, std::string_view en) const;

 private:
  std::string named(std::string_view sentence) const;
  void start_cell(const XmlAttributes& attributes);
  const std::string& file_;
  const std::string& sheet_;
  enum class Where : std::uint8_t { outside, data, row, cell, after };
  enum class Text : std::uint8_t { none, value, formula, inline_text };
  Where where_ = Where::outside;
  Text text_ = Text::none;
  bool above_ = false;
  std::uint32_t row_ = 0, column_ = 0, skipped_ = 0;
  StoredCell cell_;
  std::string value_, formula_;
};

}  // namespace quanji::workbook
