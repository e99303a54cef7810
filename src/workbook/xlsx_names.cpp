// Names for blocks of a workbook: those it defines, and its table objects.
#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"
#include "workbook/column_names.h"
#include "workbook/xlsx_contents.h"

namespace quanji::workbook {
namespace {

bool alike(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

struct Defined {
  std::string name, text;
  std::optional<std::uint32_t> only_in;  // place of a sheet
};
class DefinedNames final : public XmlEvents {
 public:
  void start(std::string_view name, bool main, const XmlAttributes& attributes) override {
    inside_ = main && name == "definedName" && found.size() < 100'000;
    if (inside_) found.push_back({std::string(attributes.find("name")), "", attributes.number("localSheetId")});
  }
  void end(std::string_view, bool) override { inside_ = false; }
  void text(std::string_view piece) override {
    if (inside_ && found.back().text.size() < 8'192) found.back().text += piece;
  }
  std::vector<Defined> found;

 private:
  bool inside_ = false;
};
class TableName final : public XmlEvents {
 public:
  void start(std::string_view name, bool main, const XmlAttributes& attributes) override {
    if (!main || name != "table") return;
    shown = attributes.find("displayName");
    given = attributes.find("name");
    ref = attributes.find("ref");
    stop();
  }
  void end(std::string_view, bool) override {}
  std::string shown, given, ref;
};

// "Sheet1!$A$1:$C$10" or "'My sheet'!A:A", and nothing else.
std::optional<NamedRange> plain_block(std::string_view text) {
  const auto mark = text.rfind('!');
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const auto range = parse_range(text.substr(mark + 1));
  if (!range.ok()) return std::nullopt;
  auto sheet = text.substr(0, mark);
  std::string name;
  if (sheet.front() == '\'') {
    if (sheet.size() < 3 || sheet.back() != '\'') return std::nullopt;
    sheet = sheet.substr(1, sheet.size() - 2);
    for (std::size_t i = 0; i < sheet.size(); ++i) {
      if (sheet[i] == '\'' && (++i >= sheet.size() || sheet[i] != '\'')) return std::nullopt;
      name += sheet[i];
    }
  } else {
    name = sheet;
  }
  return NamedRange{std::move(name), *range};
}

}  // namespace

base::Result<NamedRange> Workbook::named_range(std::string_view name, std::string_view sheet) {
  const auto& book = contents_->book;
  std::vector<std::string> names;
  const auto not_plain = [&] {
    return bad_workbook(contents_->parts.file(), fmt::format("名称“{}”不是一个区域。", base::utf8_beginning(name, 100)),
                        fmt::format("the name \"{}\" does not stand for one block of cells.", base::utf8_beginning(name, 100)));
  };
  DefinedNames events;
  QUANJI_DO(read_xml(contents_->parts, book.part, events));
  const Defined* found = nullptr;
  for (const auto& one : events.found) {
    if (!one.name.starts_with("_xlnm.")) names.push_back(one.name);
    if (!alike(one.name, name)) continue;
    // A name of the sheet itself goes before one of the whole workbook.
    const bool own = one.only_in && *one.only_in < book.sheets.size() && alike(book.sheets[*one.only_in].name, sheet);
    if (own || (!one.only_in && found == nullptr)) found = &one;
  }
  if (found != nullptr) {
    if (auto block = plain_block(found->text)) return *block;
    return not_plain();
  }
  for (const auto& one : book.sheets) {
    if (one.part.empty() || !one.has_cells) continue;
    QUANJI_TRY(const auto related, relationships_of(contents_->parts, one.part));
    for (const auto& relation : related) {
      if (relation.external || relation.type != "table" || contents_->parts.find(relation.target) == nullptr) continue;
      TableName table;
      QUANJI_DO(read_xml(contents_->parts, relation.target, table));
      names.push_back(table.shown);
      if (!alike(table.shown, name) && !alike(table.given, name)) continue;
      const auto range = parse_range(table.ref);
      if (!range.ok()) return not_plain();
      return NamedRange{one.name, *range};
    }
  }
  return base::Error(
      base::Code::not_found,
      base::Text(fmt::format("“{0}”不是区域（如 A1:F20），工作簿 {1} 里也没有叫这个名字的区域或表格；有：{2}。",
                             base::utf8_beginning(name, 100), contents_->parts.file(), joined(names)),
                 fmt::format("\"{0}\" is no range (like A1:F20), and the workbook {1} has no block or table of this name; it has: {2}.",
                             base::utf8_beginning(name, 100), contents_->parts.file(), joined(names))));
}

}  // namespace quanji::workbook
