#include "workbook/cell_text.h"

#include <fmt/format.h>

#include "base/encodings.h"

namespace quanji::workbook {
namespace {

using values::Type;
using values::Value;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Whether a reader takes the head of this text for a coded character. The format says `_x` and four digits; LibreOffice also takes one or
// two, so any number up to four is kept from being read as a character.
bool looks_encoded(std::string_view text) {
  if (!text.starts_with("_x")) return false;
  std::size_t digits = 0;
  while (digits < 5 && 2 + digits < text.size() && is_hex(text[2 + digits])) ++digits;
  return digits >= 1 && digits <= 4 && 2 + digits < text.size() && text[2 + digits] == '_';
}

bool keeps_by_itself(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  return !text.empty() && !blank(text.front()) && !blank(text.back()) && text.find('\n') == std::string_view::npos &&
         text.find("  ") == std::string_view::npos;
}

template <class Stored>
StoredForm number_or_text(Stored&& stored, StoredAs as, StoredAs otherwise, const std::function<std::string()>& text) {
  if (stored) return {as, std::move(*stored)};
  return {otherwise, text()};
}

base::Result<StoredForm> form_of(const Value& value, DateSystem dates) {
  switch (value.type()) {
    case Type::nothing:
      return StoredForm{};
    case Type::boolean:
      return StoredForm{StoredAs::boolean, value.boolean() ? "1" : "0"};
    case Type::integer:
      return number_or_text(stored_number(value.integer()), StoredAs::number, StoredAs::text_for_number,
                            [&] { return std::to_string(value.integer()); });
    case Type::decimal:
      return number_or_text(stored_number(value.decimal()), StoredAs::number, StoredAs::text_for_number,
                            [&] { return value.decimal().plain(); });
    case Type::date:
      return number_or_text(serial_of(value.date(), dates), StoredAs::date, StoredAs::text_for_day,
                            [&] { return base::to_text(value.date()); });
    case Type::time:
      return number_or_text(serial_of(value.time()), StoredAs::time, StoredAs::text_for_day, [&] { return values::to_text(value.time()); });
    case Type::datetime:
      return number_or_text(serial_of(value.datetime(), dates), StoredAs::datetime, StoredAs::text_for_day,
                            [&] { return values::to_text(value.datetime()); });
    case Type::duration:
      return number_or_text(serial_of(value.duration()), StoredAs::duration, StoredAs::text_for_day,
                            [&] { return values::to_text(value.duration()); });
    case Type::text:
      return StoredForm{StoredAs::text, value.text()};
    default:
      return base::Error(
          base::Code::invalid_field,
          base::Text(fmt::format("类型 {} 不能写进单元格；先取出需要的部分", values::word_of(value.type())),
                     fmt::format("a {} does not fit into a cell; take out the part you need", values::word_of(value.type()))));
  }
}

}  // namespace

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}
std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) width += byte >= 0xE2 ? 2 : 1;
  }
  return width;
}

base::Result<StoredForm> stored_form(const CellInput& input, DateSystem dates) {
  StoredForm form;
  if (const auto* formula = std::get_if<Formula>(&input)) {
    form = {StoredAs::formula, formula->text.starts_with('=') ? formula->text.substr(1) : formula->text};
    if (form.text.empty() || utf16_length(form.text) > 8192)
      return base::Error(base::Code::invalid_field,
                         base::Text("公式是空的或超过 8192 个字符", "the formula is empty or has more than 8192 characters"));
  } else {
    QUANJI_TRY(form, form_of(std::get<Value>(input), dates));
  }
  if (form.as < StoredAs::text) return form;
  if (!base::is_utf8(form.text)) return base::Error(base::Code::invalid_field, base::Text("不是文本（UTF-8）", "this is no text (UTF-8)"));
  if (form.text.size() > most_cell_characters && utf16_length(form.text) > most_cell_characters)
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("文本超过 {} 个字符，单元格放不下；请拆开", most_cell_characters),
                                  fmt::format("the text has more than the {} characters of a cell; split it", most_cell_characters)));
  return form;
}

base::Status fits_cells(const values::Table& table) {
  for (std::size_t c = 0; c < table.columns(); ++c) {
    const auto& column = *table.column(c);
    if (column.type() != values::ColumnType::any && column.type() != values::ColumnType::text) continue;
    for (std::size_t r = 0; r < column.size(); ++r) {
      const auto form = stored_form(CellInput(column.value(r)), DateSystem::from_1900);
      if (!form.ok())
        return base::Error(form.error().code(),
                           base::Text(fmt::format("第 {} 行列“{}”：{}。", r + 1, table.name(c), form.error().message().zh),
                                      fmt::format("Row {}, column \"{}\": {}.", r + 1, table.name(c), form.error().message().en)));
    }
  }
  return {};
}

void append_escaped(std::string& out, std::string_view text) {
  std::size_t from = 0;
  const auto put = [&](std::size_t i, std::size_t length, std::string_view instead) {
    out.append(text.substr(from, i - from));
    out.append(instead);
    from = i + length;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x40 && c < 0x7F && c != '_') continue;
    switch (c) {
      case '&':
        put(i, 1, "&amp;");
        break;
      case '<':
        put(i, 1, "&lt;");
        break;
      case '>':
        put(i, 1, "&gt;");
        break;
      case '"':
        put(i, 1, "&quot;");
        break;
      case '_':
        if (looks_encoded(text.substr(i))) put(i, 1, "_x005F_");
        break;
      case 0xEF:
        if (text.substr(i, 3) == "\xEF\xBF\xBE") put(i, 3, "_xFFFE_");
        if (text.substr(i, 3) == "\xEF\xBF\xBF") put(i, 3, "_xFFFF_");
        break;
      default:
        // A carriage return would be read as a line feed.
        if (c < 0x20 && c != '\t' && c != '\n') put(i, 1, fmt::format("_x{:04X}_", c));
    }
  }
  out.append(text.substr(from));
}

void append_cell(std::string& out, std::string_view prefix, Cell at, std::uint32_t form, const StoredForm& stored) {
  const auto open = [&](std::string_view name) {
    out += '<';
    out += prefix;
    out += name;
  };
  const auto close = [&](std::string_view name) {
    out += "</";
    out += prefix;
    out += name;
    out += '>';
  };
  const auto whole = [&](std::string_view name) {
    open(name);
    out += '>';
    append_escaped(out, stored.text);
    close(name);
  };
  open("c r=\"");
  out += to_text(at);
  out += '"';
  if (form != 0) {
    out += " s=\"";
    out += fmt::format_int(form).c_str();
    out += '"';
  }
  switch (stored.as) {
    case StoredAs::nothing:
      out += "/>";
      return;
    case StoredAs::boolean:
      out += " t=\"b\">";
      whole("v");
      break;
    case StoredAs::text:
    case StoredAs::text_for_number:
    case StoredAs::text_for_day:
      out += " t=\"inlineStr\">";
      open("is>");
      // Blanks at the ends and line ends would be lost without it.
      open(keeps_by_itself(stored.text) ? "t>" : "t xml:space=\"preserve\">");
      append_escaped(out, stored.text);
      close("t");
      close("is");
      break;
    case StoredAs::formula:
      out += '>';
      whole("f");
      break;
    default:
      out += '>';
      whole("v");
  }
  close("c");
}

}  // namespace quanji::workbook
