#include "values/table_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/column_parts.h"

namespace quanji::values {
namespace {

// One character of valid UTF-8 and its number.
std::uint32_t next_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < std::min(length, text.size()); ++i) point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(length, text.size()));
  return point;
}
// Wide and full width by Unicode's East Asian Width, in blocks.
bool is_wide(std::uint32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF && point != 0x303F) ||
         (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) || (point >= 0xFE30 && point <= 0xFE6F) ||
         (point >= 0xFF00 && point <= 0xFF60) || (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1FAFF) ||
         (point >= 0x20000 && point <= 0x3FFFD);
}
bool is_mark(std::uint32_t point) {  // takes no place of its own
  return (point >= 0x0300 && point <= 0x036F) || (point >= 0x200B && point <= 0x200F) || (point >= 0xFE00 && point <= 0xFE0F) ||
         point == 0xFEFF;
}

std::string cell(const Column& column, std::size_t row) {
  if (column.is_nothing(row)) return {};
  if (column.type() == ColumnType::decimal) return column.decimal(row).plain();
  const auto value = column.value(row);
  if (value.is(Type::decimal)) return value.decimal().plain();
  if (value.is(Type::boolean)) return value.boolean() ? "true" : "false";
  return value.display();
}
// On one line.
std::string flat(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}
std::string for_markdown(std::string_view text) {
  std::string out;
  for (const char c : flat(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<' || c == '[') out += '\\';
    out += c;
  }
  return out;
}
std::string for_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "<br>";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    }
  }
  return out;
}
std::string more(std::size_t rows) { return fmt::format("… 另有 {} 行 / {} more rows", rows, rows); }

std::string plain(const Table& table, std::size_t shown) {
  std::vector<std::vector<std::string>> columns(table.columns());
  std::vector<std::size_t> widths(table.columns());
  for (std::size_t i = 0; i < table.columns(); ++i) {
    columns[i].push_back(flat(table.name(i)));
    for (std::size_t row = 0; row < shown; ++row) columns[i].push_back(flat(cell(*table.column(i), row)));
    for (const auto& text : columns[i]) widths[i] = std::max(widths[i], places_of(text));
  }
  std::string out;
  for (std::size_t line = 0; line <= shown; ++line) {
    std::string one;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& text = columns[i][line];
      const std::string blanks(widths[i] - places_of(text), ' ');
      if (i > 0) one += "  ";
      one += is_numeric(*table.column(i)) ? blanks + text : text + blanks;
    }
    one.erase(one.find_last_not_of(' ') + 1);
    out += one + "\n";
  }
  return out;
}
std::string markdown(const Table& table, std::size_t shown) {
  std::string out = "|", rule = "|";
  for (std::size_t i = 0; i < table.columns(); ++i) {
    out += " " + for_markdown(table.name(i)) + " |";
    rule += is_numeric(*table.column(i)) ? " ---: |" : " --- |";
  }
  out += "\n" + rule + "\n";
  for (std::size_t row = 0; row < shown; ++row) {
    out += "|";
    for (std::size_t i = 0; i < table.columns(); ++i) out += " " + for_markdown(cell(*table.column(i), row)) + " |";
    out += "\n";
  }
  return out;
}
std::string html(const Table& table, std::size_t shown) {
  std::string out = "<table>\n<thead><tr>";
  for (const auto& name : table.names()) out += "<th>" + for_html(name) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (std::size_t row = 0; row < shown; ++row) {
    out += "<tr>";
    for (std::size_t i = 0; i < table.columns(); ++i) {
      out += is_numeric(*table.column(i)) ? "<td style=\"text-align:right\">" : "<td>";
      out += for_html(cell(*table.column(i), row)) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

}  // namespace

std::size_t places_of(std::string_view text) {
  std::size_t places = 0;
  while (!text.empty()) {
    const auto point = next_point(text);
    places += is_mark(point) ? 0 : is_wide(point) ? 2 : 1;
  }
  return places;
}

std::string text_of(const Table& table, TextForm form, std::size_t limit) {
  const auto shown = std::min(limit, table.rows());
  auto out = form == TextForm::plain ? plain(table, shown) : form == TextForm::markdown ? markdown(table, shown) : html(table, shown);
  if (shown == table.rows()) return out;
  const auto rest = more(table.rows() - shown);
  return out + (form == TextForm::html ? "<p>" + rest + "</p>\n" : (form == TextForm::markdown ? "\n" : "") + rest + "\n");
}

}  // namespace quanji::values
