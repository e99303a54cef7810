// Stored cells into values.
#include <fmt/format.h>

#include <charconv>

#include "base/encodings.h"
#include "workbook/column_names.h"
#include "workbook/day_pattern.h"
#include "workbook/xlsx_contents.h"

namespace quanji::workbook {
namespace {

using values::Value;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() && std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

base::Result<const SheetInfo*> Workbook::Contents::find(std::string_view name) const {
  const SheetInfo* found = nullptr;
  std::vector<std::string> names;
  for (const auto& sheet : book.sheets) {
    names.push_back(sheet.name);
    if (found == nullptr && (name.empty() ? sheet.state == SheetState::visible && sheet.has_cells : same_name(sheet.name, name)))
      found = &sheet;
  }
  std::size_t number = 0;
  if (found == nullptr && !name.empty() && name.size() < 6 && name.find_first_not_of("0123456789") == std::string_view::npos) {
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number >= 1 && number <= book.sheets.size()) found = &book.sheets[number - 1];
  }
  if (found == nullptr)
    return base::Error(
        base::Code::not_found,
        base::Text(
            fmt::format("工作簿 {} 没有工作表“{}”；有：{}。", parts.file(), base::utf8_beginning(name, 100), joined(names)),
            fmt::format("Workbook {} has no sheet \"{}\"; it has: {}.", parts.file(), base::utf8_beginning(name, 100), joined(names))));
  if (!found->has_cells)
    return bad_workbook(parts.file(), fmt::format("工作表“{}”没有单元格：它是图表或宏表，或者它的部件缺失。", found->name),
                        fmt::format("the sheet \"{}\" has no cells: it is a chart or macros, or its part is missing.", found->name));
  return found;
}

base::Status Workbook::Contents::prepare() {
  if (!forms) {
    QUANJI_TRY(forms, cell_forms(parts, book.styles));
  }
  if (!texts) {
    QUANJI_TRY(texts, shared_texts(parts, book.shared_texts, limits.text_bytes));
  }
  return {};
}

const CellForm& Workbook::Contents::form(std::uint32_t number) const {
  static const CellForm general;
  return forms && number < forms->size() ? (*forms)[number] : general;
}

bool ValueEvents::text_of(const StoredCell& cell, std::string_view& text) {
  switch (cell.type) {
    case StoredType::shared_text: {
      std::size_t index = 0;
      const auto [end, problem] = std::from_chars(cell.text.data(), cell.text.data() + cell.text.size(), index);
      if (problem != std::errc() || end != cell.text.data() + cell.text.size() || index >= contents_.texts->size()) {
        fail(bad_cell(cell.at, "它指的共享文本不存在；文件已损坏。", "the shared text it means is not there; the file is damaged."));
        return false;
      }
      text = contents_.texts->at(index);
      return true;
    }
    case StoredType::text:
    case StoredType::formula_text:
      text = cell.text;
      if (text.find("_x") != std::string_view::npos) {
        decoded_ = text;
        decode_text(decoded_);
        text = decoded_;
      }
      return true;
    default:
      return false;
  }
}

Value ValueEvents::number_of(const StoredCell& cell) {
  if (cell.text.empty()) return {};
  const auto& form = form_of(cell);
  if (form.kind != FormKind::number) {
    double serial = 0;
    const auto [end, problem] = std::from_chars(cell.text.data(), cell.text.data() + cell.text.size(), serial);
    if (problem == std::errc() && end == cell.text.data() + cell.text.size()) {
      if (const auto value = value_of_serial(serial, form.kind, contents_.book.dates)) return *value;
      // The day that spreadsheets have and the calendar has not.
      if (serial >= 60 && serial < 61 && contents_.book.dates == DateSystem::from_1900) return Value::of(std::string("1900-02-29"));
    }
  }
  if (auto number = parse_stored_number(cell.text, digits_)) return *number;
  fail(bad_cell(cell.at, fmt::format("“{}”不是数字，或者太大。", base::utf8_beginning(cell.text, 40)),
                fmt::format("\"{}\" is no number, or too large a one.", base::utf8_beginning(cell.text, 40))));
  return {};
}

Value ValueEvents::value_of(const StoredCell& cell) {
  if (!cell.has_value) return {};
  switch (cell.type) {
    case StoredType::number:
      return number_of(cell);
    case StoredType::boolean:
      if (cell.text == "1" || cell.text == "true") return Value::of(true);
      if (cell.text == "0" || cell.text == "false") return Value::of(false);
      if (!cell.text.empty()) fail(bad_cell(cell.at, "不是布尔值；文件已损坏。", "this is no truth value; the file is damaged."));
      return {};
    case StoredType::error:
      if (errors_ == ErrorCells::text) return Value::of(std::string(cell.text));
      if (errors_ == ErrorCells::refuse)
        fail(bad_cell(cell.at, fmt::format("是错误值 {}；修正公式，或把错误读作文本或空。", base::utf8_beginning(cell.text, 40)),
                      fmt::format("it holds the error {}; mend the formula, or read errors as text or as nothing.",
                                  base::utf8_beginning(cell.text, 40))));
      return {};
    case StoredType::iso_day: {
      static const DayPattern day = *DayPattern::parse("yyyy-MM-dd");
      if (const auto micros = day.read(cell.text))
        return Value::of(base::Date{static_cast<std::int32_t>((*micros - (*micros < 0 ? micros_of_day - 1 : 0)) / micros_of_day)});
      if (const auto at = values::parse_datetime(cell.text); at.ok()) {
        const bool midnight = at->micros % micros_of_day == 0;
        if (midnight && form_of(cell).kind == FormKind::date)
          return Value::of(base::Date{static_cast<std::int32_t>(at->micros / micros_of_day)});
        return Value::of(*at);
      }
      if (const auto time = values::parse_time_of_day(cell.text); time.ok()) return Value::of(*time);
      return Value::of(std::string(cell.text));
    }
    default: {
      std::string_view text;
      if (!text_of(cell, text)) return {};
      return Value::of(std::string(text));
    }
  }
}

}  // namespace quanji::workbook
