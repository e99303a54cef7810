// Sheets added, renamed, copied, deleted.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "workbook/cell_text.h"
#include "workbook/formula_text.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xlsx_package_edit.h"
#include "workbook/xlsx_structure.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

constexpr std::string_view sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
constexpr std::string_view new_sheet =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)"
    "\n"
    R"(<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>)";

std::string_view text_of(std::string_view document, const Tag& tag) { return document.substr(tag.from, tag.to - tag.from); }
std::optional<std::uint32_t> number_in(std::string_view tag, std::string_view attribute) {
  const auto said = attribute_of(tag, attribute);
  std::uint32_t number = 0;
  if (!said || std::from_chars(said->data(), said->data() + said->size(), number).ec != std::errc()) return std::nullopt;
  return number;
}
base::Status name_may_be(const PackageEditing& package, std::string_view name, std::optional<std::size_t> itself = {}) {
  if (auto problem = sheet_name_problem(name)) return base::Error(base::Code::invalid_field, std::move(*problem));
  const auto& sheets = package.book().sheets;
  for (std::size_t i = 0; i < sheets.size(); ++i)
    if (i != itself && same_sheet_name(sheets[i].name, name))
      return base::Error(base::Code::name_taken,
                         base::Text(fmt::format("工作表“{}”已经存在。", name), fmt::format("The sheet \"{}\" is there already.", name)));
  return {};
}

// The workbook's part with its sheets in another order: `order` holds their old places; those that are missing are taken out, with the
// names that count only in them.
std::string with_order(std::string_view workbook, const std::vector<std::size_t>& order) {
  const auto new_place = [&](std::uint32_t old) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(order, old);
    if (found == order.end()) return std::nullopt;
    return static_cast<std::size_t>(found - order.begin());
  };
  std::string out;
  std::size_t copied = 0;
  const auto copy = [&](std::size_t to) {
    out += workbook.substr(copied, to - copied);
    copied = to;
  };
  TagReader reader(workbook);
  std::vector<std::string> sheets;
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    const auto text = text_of(workbook, tag);
    if (tag.local == "sheets" && tag.kind == TagKind::close) {
      for (const auto old : order)
        if (old < sheets.size()) out += sheets[old];
      copied = tag.from;
    } else if (tag.kind == TagKind::close) {
      continue;
    } else if (tag.local == "sheets") {
      copy(tag.to);
    } else if (tag.local == "sheet") {
      const auto end = reader.skip(tag);
      sheets.emplace_back(workbook.substr(tag.from, end - tag.from));
    } else if (tag.local == "definedName") {
      const auto own = number_in(text, "localSheetId");
      if (!own) continue;
      copy(tag.from);
      if (const auto place = new_place(*own)) {
        out += with_attribute(text, "localSheetId", std::to_string(*place));
        copied = tag.to;
      } else {
        copied = reader.skip(tag);
      }
    } else if (tag.local == "workbookView") {
      copy(tag.from);
      std::string made(text);
      for (const char* attribute : {"activeTab", "firstSheet"})
        if (const auto old = number_in(text, attribute))
          made = with_attribute(made, attribute, std::to_string(new_place(*old).value_or(0)));
      out += made;
      copied = tag.to;
    }
  }
  copy(workbook.size());
  return out;
}

// Gives every formula of a part: `change` answers what it becomes, nothing when it stays. Attributes that name a sheet go to `named`.
struct FormulaVisit {
  std::function<std::optional<std::string>(std::string_view formula)> formula;
  std::function<std::optional<std::string>(std::string_view sheet)> sheet;  // worksheetSource of a pivot table's cache
};
std::optional<std::string> visited(std::string_view document, const FormulaVisit& visit) {
  std::string out;
  std::size_t copied = 0;
  bool changed = false;
  const auto put = [&](std::size_t from, std::size_t to, std::string_view instead) {
    out += document.substr(copied, from - copied);
    out += instead;
    copied = to;
    changed = true;
  };
  TagReader reader(document);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    const auto text = text_of(document, tag);
    if (tag.kind == TagKind::close) continue;
    if (tag.local == "hyperlink") {
      if (const auto location = attribute_of(text, "location"))
        if (const auto made = visit.formula(plain_xml(*location)))
          put(tag.from, tag.to, with_attribute(text, "location", escaped_xml(*made)));
    } else if (tag.local == "worksheetSource") {
      if (const auto sheet = attribute_of(text, "sheet"); sheet && !attribute_of(text, "id"))
        if (const auto made = visit.sheet(plain_xml(*sheet))) put(tag.from, tag.to, with_attribute(text, "sheet", escaped_xml(*made)));
    } else if (tag.kind == TagKind::open &&
               (tag.local == "f" || tag.local == "definedName" || tag.local == "formula" || tag.local == "formula1" ||
                tag.local == "formula2" || tag.local == "calculatedColumnFormula" || tag.local == "totalsRowFormula")) {
      const auto end = document.find('<', tag.to);
      if (end == std::string_view::npos || end == tag.to || !document.substr(end).starts_with("</")) continue;
      if (const auto made = visit.formula(plain_xml(document.substr(tag.to, end - tag.to)))) put(tag.to, end, escaped_xml(*made));
    }
  }
  if (!changed) return std::nullopt;
  out += document.substr(copied);
  return out;
}
// The parts that may hold formulas.
bool may_name_sheets(std::string_view part) {
  if (!part.ends_with(".xml") || part.find("/_rels/") != std::string_view::npos) return false;
  for (const std::string_view folder :
       {"/worksheets/", "/charts/", "/chartsheets/", "/tables/", "/pivotCache/pivotCacheDefinition", "/drawings/", "/chartEx"})
    if (part.find(folder) != std::string_view::npos) return true;
  return false;
}
// Whether the sheet's name may stand in these bytes at all, as letters or as references to characters.
bool may_hold(std::string_view document, std::string_view sheet) {
  if (document.find("&#") != std::string_view::npos) return true;
  const auto escaped = escaped_xml(sheet.substr(0, sheet.find_first_of("'&<>\"")));
  if (escaped.empty()) return true;
  return std::search(document.begin(), document.end(), escaped.begin(), escaped.end(), [](char a, char b) {
           const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
           return lower(a) == lower(b);
         }) != document.end();
}
template <class Each>
base::Status each_part(PackageEditing& package, std::string_view sheet, Each each) {
  std::vector<std::string> names{package.book().part};
  for (const auto& part : package.parts().parts())
    if (may_name_sheets(part.name)) names.push_back(part.name);
  for (const auto& name : names) {
    if (!package.has(name)) continue;
    QUANJI_TRY(const auto document, package.part(name));
    if (may_hold(document, sheet)) QUANJI_DO(each(name, document));
  }
  return {};
}

// A sheet's part into the package, as the last one.
base::Status put_sheet(PackageEditing& package, std::string_view name, const std::string& part, std::string document) {
  const auto& book = package.book();
  QUANJI_TRY(const auto workbook, package.part(book.part));
  std::uint32_t id = 1;
  TagReader reader(workbook);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next())
    if (tag.local == "sheet" && tag.kind != TagKind::close)
      if (const auto number = number_in(text_of(workbook, tag), "sheetId"); number && *number < 100'000'000) id = std::max(id, *number + 1);
  QUANJI_TRY(const auto relationship, package.relate(book.part, "worksheet", part));
  package.put(book.part, with_sheet(workbook, name, id, relationship));
  package.put(part, std::move(document));
  return package.declare(part, sheet_type);
}
std::string part_for_sheet(const PackageEditing& package) {
  const auto& book = package.book().part;
  const auto slash = book.rfind('/');
  return package.free_name((slash == std::string::npos ? std::string() : book.substr(0, slash + 1)) + "worksheets/sheet{}.xml");
}

}  // namespace

base::Status add_sheet(const std::string& from, const std::string& to, std::string_view name, const std::optional<std::string>& before) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_DO(name_may_be(package, name));
  const auto count = package.book().sheets.size();
  std::size_t place = count;
  if (before) {
    QUANJI_TRY(place, package.find(*before));
  }
  QUANJI_DO(put_sheet(package, name, part_for_sheet(package), std::string(new_sheet)));
  if (place < count) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i) {
      if (i == place) order.push_back(count);
      order.push_back(i);
    }
    QUANJI_TRY(const auto workbook, package.part(package.book().part));
    package.put(package.book().part, with_order(workbook, order));
  }
  return package.save(to);
}

base::Status rename_sheet(const std::string& from, const std::string& to, std::string_view sheet, std::string_view name) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(const auto place, package.find(sheet));
  QUANJI_DO(name_may_be(package, name, place));
  const auto old = package.book().sheets[place].name;
  const FormulaVisit visit{[&](std::string_view formula) -> std::optional<std::string> {
                             if (!formula_names_sheet(formula, old)) return std::nullopt;
                             return formula_with_sheet(formula, old, name);
                           },
                           [&](std::string_view found) -> std::optional<std::string> {
                             if (!same_sheet_name(found, old)) return std::nullopt;
                             return std::string(name);
                           }};
  QUANJI_DO(each_part(package, old, [&](const std::string& part, const std::string& document) -> base::Status {
    if (auto made = visited(document, visit)) package.put(part, std::move(*made));
    return {};
  }));
  QUANJI_TRY(auto workbook, package.part(package.book().part));
  TagReader reader(workbook);
  std::size_t seen = 0;
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local != "sheet" || tag.kind == TagKind::close || seen++ != place) continue;
    std::string escaped;
    append_escaped(escaped, name);
    const auto made = with_attribute(text_of(workbook, tag), "name", escaped);
    workbook.replace(tag.from, tag.to - tag.from, made);
    break;
  }
  package.put(package.book().part, std::move(workbook));
  return package.save(to);
}

base::Status copy_sheet(const std::string& from, const std::string& to, std::string_view sheet, std::string_view name) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(const auto place, package.find(sheet));
  QUANJI_DO(name_may_be(package, name));
  const auto& old = package.book().sheets[place];
  if (!old.has_cells)
    return package.refuse(fmt::format("工作表“{}”没有单元格，不能复制。", old.name),
                          fmt::format("the sheet \"{}\" has no cells and cannot be copied.", old.name));
  QUANJI_TRY(const auto related, package.relationships(old.part));
  for (const auto& one : related)
    if (one.type != "hyperlink" && one.type != "printerSettings")
      return package.refuse(
          fmt::format("工作表“{}”带有 {}（图表、图片、批注、表格对象或透视表），还不会复制；请在表格程序里复制。", old.name, one.type),
          fmt::format(
              "the sheet \"{}\" has a {} (chart, picture, comments, table object or pivot table), which is not copied yet; copy it in a "
              "spreadsheet program.",
              old.name, one.type));
  QUANJI_TRY(const auto document, package.part(old.part));
  // Only one sheet is in front, and the name macros know it by is the original's.
  std::string made;
  std::size_t copied = 0;
  TagReader reader(document);
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.local != "sheetData"; tag = reader.next()) {
    if (tag.kind == TagKind::close || (tag.local != "sheetView" && tag.local != "sheetPr")) continue;
    made += document.substr(copied, tag.from - copied);
    made += with_attribute(with_attribute(text_of(document, tag), "tabSelected", std::nullopt), "codeName", std::nullopt);
    copied = tag.to;
  }
  made += document.substr(copied);
  const auto part = part_for_sheet(package);
  QUANJI_DO(put_sheet(package, name, part, std::move(made)));
  if (const auto relations = relationships_part(old.part); package.has(relations)) {
    // Targets are told from the sheet's folder, which is the same.
    QUANJI_TRY(auto its, package.part(relations));
    package.put(relationships_part(part), std::move(its));
  }
  return package.save(to);
}

base::Status delete_sheet(const std::string& from, const std::string& to, std::string_view sheet) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(const auto place, package.find(sheet));
  const auto& sheets = package.book().sheets;
  const auto old = sheets[place];
  const auto others =
      std::ranges::count_if(sheets, [&](const SheetInfo& one) { return one.state == SheetState::visible && one.name != old.name; });
  if (others == 0)
    return package.refuse(fmt::format("工作表“{}”是唯一看得见的，不能删。", old.name),
                          fmt::format("the sheet \"{}\" is the only one that can be seen and cannot be deleted.", old.name));
  QUANJI_TRY(const auto workbook, package.part(package.book().part));
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < sheets.size(); ++i)
    if (i != place) order.push_back(i);
  package.put(package.book().part, with_order(workbook, order));
  // What goes with it: drawings and whatever only it refers to.
  std::vector<std::string> gone;
  const std::function<base::Status(const std::string&)> take = [&](const std::string& part) -> base::Status {
    if (part.empty() || std::ranges::find(gone, part) != gone.end() || !package.has(part)) return {};
    gone.push_back(part);
    QUANJI_TRY(const auto related, package.relationships(part));
    for (const auto& one : related)
      if (!one.external && (one.type == "drawing" || one.type == "chart" || one.type == "comments" || one.type == "vmlDrawing" ||
                            one.type == "table" || one.type == "printerSettings" || one.type == "threadedComment"))
        QUANJI_DO(take(one.target));
    return {};
  };
  QUANJI_DO(take(old.part));
  std::string who;
  const FormulaVisit visit{[&](std::string_view formula) -> std::optional<std::string> {
                             if (who.empty() && formula_names_sheet(formula, old.name)) who = formula;
                             return std::nullopt;
                           },
                           [&](std::string_view found) -> std::optional<std::string> {
                             if (same_sheet_name(found, old.name)) who = "pivot table";
                             return std::nullopt;
                           }};
  std::string where;
  QUANJI_DO(each_part(package, old.name, [&](const std::string& part, const std::string& document) -> base::Status {
    if (!where.empty() || std::ranges::find(gone, part) != gone.end()) return {};
    visited(document, visit);
    if (!who.empty()) where = part;
    return {};
  }));
  if (!where.empty()) {
    for (const auto& one : sheets)
      if (one.part == where) where = one.name;
    return package.refuse(
        fmt::format("“{}”里的 {} 用到工作表“{}”，删了会变成 #REF!；先改它。", where, who, old.name),
        fmt::format("{1} in \"{0}\" names the sheet \"{2}\" and would become #REF!; change it first.", where, who, old.name));
  }
  QUANJI_TRY(const auto related, package.relationships(package.book().part));
  for (const auto& one : related)
    if (!one.external && !old.part.empty() && one.target == old.part) QUANJI_DO(package.unrelate(package.book().part, one.id));
  for (const auto& part : gone) package.drop(part);
  return package.save(to);
}

}  // namespace quanji::workbook
