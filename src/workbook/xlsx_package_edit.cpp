#include "workbook/xlsx_package_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encodings.h"
#include "workbook/column_names.h"
#include "workbook/xlsx_contents.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xml_events.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

constexpr std::uint64_t most_part_bytes = 1ULL << 30U;
constexpr std::string_view content_types = "[Content_Types].xml";
constexpr std::string_view relationship_types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
constexpr std::string_view no_relationships =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)"
    "\n"
    R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>)";

class NothingToSee final : public XmlEvents {
 public:
  NothingToSee() { any_vocabulary = true; }
  void start(std::string_view, bool, const XmlAttributes&) override {}
  void end(std::string_view, bool) override {}
};
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The children of a worksheet in their order.
constexpr std::array children = {"sheetPr",
                                 "dimension",
                                 "sheetViews",
                                 "sheetFormatPr",
                                 "cols",
                                 "sheetData",
                                 "sheetCalcPr",
                                 "sheetProtection",
                                 "protectedRanges",
                                 "scenarios",
                                 "autoFilter",
                                 "sortState",
                                 "dataConsolidate",
                                 "customSheetViews",
                                 "mergeCells",
                                 "phoneticPr",
                                 "conditionalFormatting",
                                 "dataValidations",
                                 "hyperlinks",
                                 "printOptions",
                                 "pageMargins",
                                 "pageSetup",
                                 "headerFooter",
                                 "rowBreaks",
                                 "colBreaks",
                                 "customProperties",
                                 "cellWatches",
                                 "ignoredErrors",
                                 "smartTags",
                                 "drawing",
                                 "legacyDrawing",
                                 "legacyDrawingHF",
                                 "drawingHF",
                                 "picture",
                                 "oleObjects",
                                 "controls",
                                 "webPublishItems",
                                 "tableParts",
                                 "extLst"};
std::size_t place_of_child(std::string_view local) {
  return static_cast<std::size_t>(std::ranges::find(children, local, [](const char* one) { return std::string_view(one); }) -
                                  children.begin());
}

}  // namespace

bool same_sheet_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}
std::string root_prefix(std::string_view document) {
  TagReader reader(document);
  const auto root = reader.next();
  const auto colon = root.name.find(':');
  return colon == std::string_view::npos ? std::string() : std::string(root.name.substr(0, colon + 1));
}
std::string escaped_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}
std::string plain_xml(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto end = raw[i] == '&' ? raw.find(';', i) : std::string_view::npos;
    if (end == std::string_view::npos || end - i > 10) {
      out += raw[i];
      continue;
    }
    const auto word = raw.substr(i + 1, end - i - 1);
    std::uint32_t point = word == "amp" ? '&' : word == "lt" ? '<' : word == "gt" ? '>' : word == "quot" ? '"' : word == "apos" ? '\'' : 0U;
    if (word.starts_with('#')) {
      const bool hex = word.size() > 1 && (word[1] == 'x' || word[1] == 'X');
      std::from_chars(word.data() + (hex ? 2 : 1), word.data() + word.size(), point, hex ? 16 : 10);
    }
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      out += raw[i];
      continue;
    }
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else {
      const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      out += static_cast<char>((more == 1 ? 0xC0U : more == 2 ? 0xE0U : 0xF0U) | (point >> (6U * static_cast<unsigned>(more))));
      for (int k = more - 1; k >= 0; --k) out += static_cast<char>(0x80U | ((point >> (6U * static_cast<unsigned>(k))) & 0x3FU));
    }
    i = end;
  }
  return out;
}

base::Result<std::string> with_child(std::string_view worksheet, std::string_view local, std::string_view element) {
  TagReader reader(worksheet);
  const auto root = reader.next();
  if (root.kind != TagKind::open)
    return base::Error(base::Code::invalid_field, base::Text("工作表是空的，不能改。", "the sheet is empty and cannot be changed."));
  std::size_t at = root.to;
  const auto place = place_of_child(local);
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader.next()) {
    const auto other = place_of_child(tag.local);
    // What extensions put between (mc:AlternateContent) stands with what is before it.
    if (other < children.size() && other > place) break;
    at = reader.skip(tag);
  }
  std::string out(worksheet.substr(0, at));
  out += element;
  out += worksheet.substr(at);
  return out;
}

base::Result<PackageEditing> PackageEditing::open(const std::string& path, const ReadLimits& limits) {
  QUANJI_TRY(auto parts, ZipParts::open(path, limits.zip));
  QUANJI_TRY(auto book, workbook_part_of(parts));
  for (const auto& one : parts.parts())
    if (one.name.starts_with("_xmlsignatures/"))
      return bad_workbook(parts.file(), "它有数字签名，修改会使签名失效；请编辑没有签名的副本。",
                          "it is digitally signed, and an edit would break the signature; edit a copy that is not signed.");
  return PackageEditing(std::move(parts), std::move(book), limits);
}

base::Result<std::size_t> PackageEditing::find(std::string_view sheet) const {
  for (std::size_t i = 0; i < book_.sheets.size(); ++i)
    if (same_sheet_name(book_.sheets[i].name, sheet)) return i;
  std::vector<std::string> names;
  for (const auto& one : book_.sheets) names.push_back(one.name);
  const auto shown = base::utf8_beginning(sheet, 100);
  return base::Error(base::Code::not_found,
                     base::Text(fmt::format("工作簿 {} 没有工作表“{}”；有：{}。", parts_.file(), shown, joined(names)),
                                fmt::format("Workbook {} has no sheet \"{}\"; it has: {}.", parts_.file(), shown, joined(names))));
}

std::string PackageEditing::archive_name(std::string_view part) const {
  const auto* found = parts_.find(part);
  return found == nullptr ? std::string(part) : found->name;
}
bool PackageEditing::has(std::string_view part) const {
  const auto change = changes_.find(archive_name(part));
  return change != changes_.end() ? change->second.has_value() : parts_.find(part) != nullptr;
}
base::Result<std::string> PackageEditing::part(std::string_view name) {
  const auto own = archive_name(name);
  if (const auto change = changes_.find(own); change != changes_.end() && change->second) return *change->second;
  NothingToSee events;
  QUANJI_DO(read_xml(parts_, own, events));
  QUANJI_TRY(auto document, parts_.whole(own, most_part_bytes));
  if (!base::is_utf8(document) || document.find('\0') != std::string::npos)
    return refuse(fmt::format("部件 {} 不是 UTF-8 编码，不能编辑；用表格程序打开后另存。", own),
                  fmt::format("the part {} is not in UTF-8 and cannot be edited; open and save it in a spreadsheet program.", own));
  return document;
}
void PackageEditing::drop(std::string_view name) {
  changes_[archive_name(name)] = std::nullopt;
  if (const auto relations = relationships_part(name); has(relations)) changes_[archive_name(relations)] = std::nullopt;
  if (auto types = part(content_types); types.ok()) put(content_types, without_element(*types, "PartName", "/" + std::string(name)));
}

std::string PackageEditing::free_name(std::string_view pattern) const {
  for (int n = 1;; ++n) {
    auto name = fmt::format(fmt::runtime(pattern), n);
    if (parts_.find(name) == nullptr && !changes_.contains(name)) return name;
  }
}
base::Result<std::vector<Relationship>> PackageEditing::relationships(std::string_view part_name) {
  const auto name = relationships_part(part_name);
  std::vector<Relationship> found;
  if (!has(name)) return found;
  QUANJI_TRY(const auto document, part(name));
  TagReader reader(document);
  reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local != "Relationship" || tag.kind == TagKind::close) continue;
    const auto text = std::string_view(document).substr(tag.from, tag.to - tag.from);
    const auto said = [&](std::string_view attribute) { return plain_xml(attribute_of(text, attribute).value_or("")); };
    Relationship one;
    one.id = said("Id");
    const auto type = said("Type");
    one.type = type.substr(type.rfind('/') + 1);
    one.external = said("TargetMode") == "External";
    if (!one.external) one.target = resolved_target(part_name, said("Target"));
    found.push_back(std::move(one));
  }
  return found;
}
base::Result<std::string> PackageEditing::relate(std::string_view part_name, std::string_view type, std::string_view target) {
  const auto name = relationships_part(part_name);
  std::string document(no_relationships);
  if (has(name)) {
    QUANJI_TRY(document, part(name));
  }
  std::string id;
  for (int n = 1; id.empty() || document.find("\"" + id + "\"") != std::string::npos; ++n) id = fmt::format("rIdQ{}", n);
  put(name, with_element(document, fmt::format(R"(<Relationship Id="{}" Type="{}{}" Target="/{}"/>)", id, relationship_types, type,
                                               escaped_xml(target))));
  return id;
}
base::Status PackageEditing::unrelate(std::string_view part_name, std::string_view id) {
  const auto name = relationships_part(part_name);
  QUANJI_TRY(const auto document, part(name));
  put(name, without_element(document, "Id", id));
  return {};
}
base::Status PackageEditing::declare(std::string_view name, std::string_view content_type) {
  QUANJI_TRY(const auto types, part(content_types));
  put(content_types, with_element(types, fmt::format(R"(<Override PartName="/{}" ContentType="{}"/>)", escaped_xml(name), content_type)));
  return {};
}
base::Status PackageEditing::declare_ending(std::string_view ending, std::string_view content_type) {
  QUANJI_TRY(const auto types, part(content_types));
  TagReader reader(types);
  const auto root = reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next())
    if (tag.local == "Default" && tag.kind != TagKind::close &&
        same_sheet_name(attribute_of(std::string_view(types).substr(tag.from, tag.to - tag.from), "Extension").value_or(""), ending))
      return {};
  if (root.kind != TagKind::open) return refuse("内容类型的部件是空的。", "the part of content types is empty.");
  // Endings stand before single parts, as programs write them.
  auto made = types;
  made.insert(root.to, fmt::format(R"(<{}Default Extension="{}" ContentType="{}"/>)", root_prefix(types), ending, content_type));
  put(content_types, std::move(made));
  return {};
}

base::Status PackageEditing::save(const std::string& path) {
  QUANJI_TRY(const auto related, relationships(book_.part));
  for (const auto& one : related) {
    if (one.external || one.type != "calcChain") continue;
    if (has(one.target)) drop(one.target);
    QUANJI_DO(unrelate(book_.part, one.id));
  }
  QUANJI_TRY(const auto workbook, part(book_.part));
  put(book_.part, with_full_calculation(workbook));
  QUANJI_TRY(auto file, NewFile::begin(path, Existing::replace));
  QUANJI_DO(copy_parts(parts_, changes_, file.part()));
  auto limits = limits_.zip;
  limits.total_bytes *= 2;
  QUANJI_TRY(auto made, ZipParts::open(file.part(), limits));
  QUANJI_TRY(const auto book, workbook_part_of(made));
  QUANJI_DO(cell_forms(made, book.styles));
  for (const auto& [name, bytes] : changes_) {
    if (!bytes || !(name.ends_with(".xml") || name.ends_with(".rels"))) continue;
    NothingToSee events;
    QUANJI_DO(read_xml(made, name, events));
  }
  for (const auto& sheet : book.sheets)
    if (sheet.has_cells && changes_.contains(archive_name(sheet.part))) QUANJI_DO(used_range(made, sheet));
  return file.place();
}

}  // namespace quanji::workbook
