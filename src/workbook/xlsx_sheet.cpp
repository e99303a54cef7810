#include "workbook/xlsx_sheet.h"

#include <fmt/format.h>

#include <charconv>

namespace quanji::workbook {
namespace {

// "AB12" as stored; quick, as every cell has one.
bool place_of(std::string_view text, Cell& at) {
  std::uint32_t column = 0, row = 0;
  std::size_t i = 0;
  for (; i < text.size() && i < 4 && text[i] >= 'A' && text[i] <= 'Z'; ++i)
    column = column * 26 + static_cast<std::uint32_t>(text[i] - 'A' + 1);
  const auto digits = i;
  for (; i < text.size() && i < digits + 8 && text[i] >= '0' && text[i] <= '9'; ++i)
    row = row * 10 + static_cast<std::uint32_t>(text[i] - '0');
  if (i != text.size() || column == 0 || column > most_columns || row == 0 || row > most_rows) return false;
  at = {row, column};
  return true;
}

StoredType type_of(std::string_view t) {
  if (t.empty() || t == "n") return StoredType::number;
  if (t == "s") return StoredType::shared_text;
  if (t == "inlineStr") return StoredType::text;
  if (t == "str") return StoredType::formula_text;
  if (t == "b") return StoredType::boolean;
  if (t == "e") return StoredType::error;
  if (t == "d") return StoredType::iso_day;
  return StoredType::text;
}

}  // namespace

std::string SheetEvents::named(std::string_view sentence) const { return fmt::format("{} · {}", sheet_, sentence); }

base::Error SheetEvents::bad_cell(Cell at, std::string_view zh, std::string_view en) const {
  return bad_workbook(file_, fmt::format("工作表“{}”单元格 {}：{}", sheet_, to_text(at), zh),
                      fmt::format("sheet \"{}\", cell {}: {}", sheet_, to_text(at), en));
}

void SheetEvents::start_cell(const XmlAttributes& attributes) {
  const auto place = attributes.find("r");
  Cell at{row_, column_ + 1};
  if ((!place.empty() && !place_of(place, at)) || at.column > most_columns)
    return fail(bad("单元格地址超出工作表（A1–XFD1048576）。", "a cell's address lies outside of a sheet (A1–XFD1048576)."));
  if (at.row != row_ || at.column <= column_)
    return fail(bad_cell(at, "不在它的行里，或出现两次；用表格程序打开后另存。",
                         "it is not in its row or stands there twice; open and save the file in a spreadsheet program."));
  column_ = at.column;
  cell_ = {};
  cell_.at = at;
  cell_.type = type_of(attributes.find("t"));
  cell_.form = attributes.number("s").value_or(0);
  value_.clear();
  formula_.clear();
  where_ = Where::cell;
}

void SheetEvents::start(std::string_view name, bool main, const XmlAttributes& attributes) {
  if (!main) {
    ++skipped_;
    return;
  }
  if (skipped_ > 0) return;
  switch (where_) {
    case Where::cell:
      if (name == "v") {
        text_ = Text::value;
        cell_.has_value = true;
      } else if (name == "f") {
        cell_.has_formula = true;
        if (wants_formulas) text_ = Text::formula;
        if (attributes.find("t") == "shared") cell_.shared = attributes.number("si").value_or(0);
      } else if (name == "t" && !above_) {
        text_ = Text::inline_text;
        cell_.has_value = true;
      } else if (name == "rPh") {
        above_ = true;
      }
      return;
    case Where::row:
      if (name == "c") start_cell(attributes);
      return;
    case Where::data: {
      if (name != "row") return;
      const auto number = attributes.find("r");
      std::uint32_t next = row_ + 1;
      if (!number.empty()) next = attributes.number("r").value_or(0);
      if (next == 0 || next > most_rows)
        return fail(bad("行号超出工作表（1–1048576）。", "a row's number lies outside of a sheet (1–1048576)."));
      if (next <= row_)
        return fail(bad(fmt::format("第 {} 行不在它的位置上；用表格程序打开后另存。", next),
                        fmt::format("row {} is out of order; open and save the file in a spreadsheet program.", next)));
      row_ = next;
      column_ = 0;
      where_ = Where::row;
      row(row_, attributes.truth("hidden"));
      return;
    }
    case Where::outside:
      if (name == "sheetData") where_ = Where::data;
      return;
    case Where::after:
      if (name != "mergeCell") return;
      if (const auto range = parse_range(attributes.find("ref")); range.ok()) merge(*range);
      return;
  }
}

void SheetEvents::end(std::string_view name, bool main) {
  if (!main) {
    --skipped_;
    return;
  }
  if (skipped_ > 0) return;
  switch (where_) {
    case Where::cell:
      if (name == "v" || name == "f" || name == "t") {
        text_ = Text::none;
      } else if (name == "rPh") {
        above_ = false;
      } else if (name == "c") {
        where_ = Where::row;
        cell_.text = value_;
        cell_.formula = formula_;
        cell(cell_);
      }
      return;
    case Where::row:
      if (name == "row") where_ = Where::data;
      return;
    case Where::data:
      if (name == "sheetData") {
        where_ = Where::after;
        rows_end();
      }
      return;
    default:
      return;
  }
}

void SheetEvents::text(std::string_view piece) {
  if (text_ == Text::none || skipped_ > 0) return;
  (text_ == Text::formula ? formula_ : value_) += piece;
}

}  // namespace quanji::workbook
