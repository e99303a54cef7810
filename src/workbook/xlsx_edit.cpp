#include "workbook/xlsx_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encodings.h"
#include "workbook/xlsx_contents.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xlsx_write.h"
#include "workbook/xml_splice.h"
#include "workbook/zip_copy.h"

namespace quanji::workbook {
namespace {

constexpr std::uint64_t most_part_bytes = 1ULL << 30U;
constexpr std::string_view content_types = "[Content_Types].xml";
constexpr std::string_view new_sheet =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)"
    "\n"
    R"(<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>)";

std::string_view format_for(StoredAs as) {
  switch (as) {
    case StoredAs::date:
      return "yyyy-mm-dd";
    case StoredAs::time:
      return "hh:mm:ss";
    case StoredAs::datetime:
      return "yyyy-mm-dd hh:mm:ss";
    case StoredAs::duration:
      return "[h]:mm:ss";
    default:
      return {};
  }
}
// Whether a value of this kind is shown as what it is.
bool shows(FormKind kind, StoredAs as) {
  switch (as) {
    case StoredAs::number:
      return kind == FormKind::number;
    case StoredAs::date:
      return kind == FormKind::date;
    case StoredAs::time:
      return kind == FormKind::time;
    case StoredAs::datetime:
      return kind == FormKind::datetime;
    case StoredAs::duration:
      return kind == FormKind::duration;
    default:
      return true;
  }
}

class NothingToSee final : public XmlEvents {
 public:
  void start(std::string_view, bool, const XmlAttributes&) override {}
  void end(std::string_view, bool) override {}
};

struct TableObject {
  Range range;
  std::uint32_t header_rows = 1;
};

struct SheetEdits {
  CellEdits edits;
  std::optional<std::uint32_t> last_row;  // known once something was appended
  bool fresh = false;
};

}  // namespace

class WorkbookEditor::Machine {
 public:
  explicit Machine(Workbook::Contents contents) : contents_(std::move(contents)) {}

  base::Status begin();
  base::Status add_sheet(std::string_view name);
  base::Status set(std::string_view sheet, Cell at, const CellInput& input, bool appended);
  base::Result<Cell> below(std::string_view sheet, std::uint32_t first);
  base::Result<Edited> save(const std::string& path, Existing existing);
  const std::vector<SheetInfo>& sheets() const { return contents_.book.sheets; }

 private:
  base::Error refuse(const SheetInfo& sheet, Cell at, std::string_view zh, std::string_view en) const {
    return bad_workbook(contents_.parts.file(), fmt::format("工作表“{}”单元格 {}：{}", sheet.name, to_text(at), zh),
                        fmt::format("sheet \"{}\", cell {}: {}", sheet.name, to_text(at), en));
  }
  std::string archive_name(std::string_view part) const {
    const auto* found = contents_.parts.find(part);
    return found == nullptr ? std::string(part) : found->name;
  }
  // A part that is well-formed and in UTF-8, as it is after the changes so far.
  base::Result<std::string> part(std::string_view name);
  base::Result<std::vector<TableObject>> table_objects(const SheetInfo& sheet);
  base::Status check(const SheetInfo& sheet, const SheetEdits& state, std::string_view document, Edited& edited);
  base::Status write_sheet(const SheetInfo& sheet, const SheetEdits& state, Edited& edited);
  base::Result<std::uint32_t> choose(std::uint32_t form, const StoredForm& stored);
  base::Status drop_calculation_chain();

  Workbook::Contents contents_;
  std::map<std::size_t, SheetEdits> touched_;  // by place in sheets()
  PartChanges changes_;
  std::optional<StyleEditing> styles_;
};

base::Status WorkbookEditor::Machine::begin() {
  for (const auto& one : contents_.parts.parts())
    if (one.name.starts_with("_xmlsignatures/"))
      return bad_workbook(contents_.parts.file(), "它有数字签名，修改会使签名失效；请编辑没有签名的副本。",
                          "it is digitally signed, and an edit would break the signature; edit a copy that is not signed.");
  return contents_.prepare();
}

base::Result<std::string> WorkbookEditor::Machine::part(std::string_view name) {
  const auto own = archive_name(name);
  if (const auto change = changes_.find(own); change != changes_.end() && change->second) return *change->second;
  NothingToSee events;
  QUANJI_DO(read_xml(contents_.parts, own, events));
  QUANJI_TRY(auto document, contents_.parts.whole(own, most_part_bytes));
  if (!base::is_utf8(document) || document.find('\0') != std::string::npos)
    return bad_workbook(contents_.parts.file(), fmt::format("部件 {} 不是 UTF-8 编码，不能编辑；用表格程序打开后另存。", own),
                        fmt::format("the part {} is not in UTF-8 and cannot be edited; open and save it in a spreadsheet program.", own));
  return document;
}

base::Status WorkbookEditor::Machine::add_sheet(std::string_view name) {
  auto& book = contents_.book;
  if (auto problem = sheet_name_problem(name)) return base::Error(base::Code::invalid_field, std::move(*problem));
  if (contents_.find(name).ok() && name.find_first_not_of("0123456789") != std::string_view::npos)
    return base::Error(base::Code::name_taken,
                       base::Text(fmt::format("工作表“{}”已经存在。", name), fmt::format("The sheet \"{}\" is there already.", name)));
  const auto slash = book.part.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : book.part.substr(0, slash + 1);
  std::string sheet_part;
  for (int n = 1; sheet_part.empty() || contents_.parts.find(sheet_part) != nullptr || changes_.contains(sheet_part); ++n)
    sheet_part = fmt::format("{}worksheets/sheet{}.xml", folder, n);
  QUANJI_TRY(const auto workbook, part(book.part));
  std::uint32_t id = 1;
  TagReader reader(workbook);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local != "sheet" || tag.kind == TagKind::close) continue;
    const auto said = attribute_of(std::string_view(workbook).substr(tag.from, tag.to - tag.from), "sheetId").value_or("");
    std::uint32_t number = 0;
    std::from_chars(said.data(), said.data() + said.size(), number);
    if (number < 100'000'000) id = std::max(id, number + 1);
  }
  const auto relations = relationships_part(book.part);
  QUANJI_TRY(const auto related, part(relations));
  std::string relationship;
  for (std::uint32_t n = id; relationship.empty() || related.find("\"" + relationship + "\"") != std::string::npos; ++n)
    relationship = fmt::format("rIdQ{}", n);
  QUANJI_TRY(const auto types, part(content_types));
  changes_[archive_name(book.part)] = with_sheet(workbook, name, id, relationship);
  changes_[archive_name(relations)] = with_element(
      related,
      fmt::format(
          R"(<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/{}"/>)",
          relationship, sheet_part));
  changes_[archive_name(content_types)] = with_element(
      types,
      fmt::format(R"(<Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>)",
                  sheet_part));
  changes_[sheet_part] = std::string(new_sheet);
  touched_[book.sheets.size()].fresh = true;
  book.sheets.push_back({std::string(name), SheetState::visible, true, sheet_part});
  return {};
}

base::Status WorkbookEditor::Machine::set(std::string_view sheet, Cell at, const CellInput& input, bool appended) {
  QUANJI_TRY(const auto* found, contents_.find(sheet));
  if (at.row < 1 || at.row > most_rows || at.column < 1 || at.column > most_columns)
    return base::Error(
        base::Code::too_large,
        base::Text(fmt::format("工作表“{}”放不下：最多 {} 行 {} 列。", found->name, most_rows, most_columns),
                   fmt::format("Sheet \"{}\" is full: it has {} rows and {} columns at most.", found->name, most_rows, most_columns)));
  auto stored = stored_form(input, contents_.book.dates);
  if (!stored.ok()) return refuse(*found, at, stored.error().message().zh + "。", stored.error().message().en + ".");
  touched_[static_cast<std::size_t>(found - contents_.book.sheets.data())].edits[at] = {std::move(*stored), appended};
  return {};
}

base::Result<Cell> WorkbookEditor::Machine::below(std::string_view sheet, std::uint32_t first) {
  QUANJI_TRY(const auto* found, contents_.find(sheet));
  auto& state = touched_[static_cast<std::size_t>(found - contents_.book.sheets.data())];
  if (!state.last_row) {
    std::optional<Range> used;
    if (!state.fresh) {
      QUANJI_TRY(used, used_range(contents_.parts, *found));
    }
    state.last_row = used ? used->last.row : 0;
  }
  if (!state.edits.empty()) state.last_row = std::max(*state.last_row, state.edits.rbegin()->first.row);
  return Cell{*state.last_row + 1, first};
}

base::Result<std::vector<TableObject>> WorkbookEditor::Machine::table_objects(const SheetInfo& sheet) {
  std::vector<TableObject> found;
  QUANJI_TRY(const auto related, relationships_of(contents_.parts, sheet.part));
  for (const auto& one : related) {
    if (one.external || one.type != "table" || contents_.parts.find(one.target) == nullptr) continue;
    QUANJI_TRY(const auto document, part(one.target));
    TagReader reader(document);
    const auto root = reader.next();
    const auto text = std::string_view(document).substr(root.from, root.to - root.from);
    const auto range = parse_range(attribute_of(text, "ref").value_or(""));
    if (range.ok()) found.push_back({*range, attribute_of(text, "headerRowCount").value_or("1") == "0" ? 0U : 1U});
  }
  return found;
}

base::Status WorkbookEditor::Machine::check(const SheetInfo& sheet, const SheetEdits& state, std::string_view document, Edited& edited) {
  const auto facts = facts_of_sheet(document);
  std::vector<TableObject> tables;
  if (!state.fresh) {
    QUANJI_TRY(tables, table_objects(sheet));
  }
  for (const auto& merge : facts.merged) {
    const auto inside =
        std::ranges::find_if(state.edits, [&](const auto& one) { return merge.contains(one.first) && one.first != merge.first; });
    if (inside != state.edits.end())
      return refuse(
          sheet, inside->first, fmt::format("在合并区域 {} 内；只能写它的第一格 {}。", to_text(merge), to_text(merge.first)),
          fmt::format("it lies in the merged block {}; only its first cell {} can be written.", to_text(merge), to_text(merge.first)));
  }
  for (const auto& block : facts.blocks) {
    const auto inside = std::ranges::find_if(state.edits, [&](const auto& one) { return block.contains(one.first); });
    if (inside != state.edits.end())
      return refuse(sheet, inside->first, fmt::format("属于数组公式 {}，不能单独修改。", to_text(block)),
                    fmt::format("it belongs to the array formula {} and cannot be changed alone.", to_text(block)));
  }
  for (const auto& [owner, number] : facts.shared)
    if (state.edits.contains(owner) && facts.shared_uses.at(number) > 1)
      return refuse(sheet, owner, "它的公式由其他单元格共用，改了它们就没有公式了；请把这些单元格都写一遍，或用表格程序打开后另存。",
                    "other cells share its formula and would lose it; open and save the file in a spreadsheet program that writes formulas "
                    "one by one.");
  for (const auto& table : tables) {
    for (const auto& [at, edit] : state.edits) {
      if (!table.range.contains(at) && at.row == table.range.last.row + 1 && table.range.contains({table.range.last.row, at.column})) {
        edited.notes.emplace_back(
            fmt::format("工作表“{}”：写在表格对象 {} 下方的行不会自动并入它。", sheet.name, to_text(table.range)),
            fmt::format("Sheet \"{}\": the row below the table object {} does not become part of it.", sheet.name, to_text(table.range)));
        break;
      }
      if (table.header_rows > 0 && table.range.contains(at) && at.row == table.range.first.row)
        return refuse(sheet, at, "是表格对象的列名，改了会使文件损坏；请在表格程序里改。",
                      "it names a column of a table object; changing it here would damage the file, do it in a spreadsheet program.");
    }
  }
  if (facts.is_protected)
    edited.notes.emplace_back(fmt::format("工作表“{}”有保护；仍然写入了。", sheet.name),
                              fmt::format("The sheet \"{}\" is protected; it was written all the same.", sheet.name));
  return {};
}

base::Result<std::uint32_t> WorkbookEditor::Machine::choose(std::uint32_t form, const StoredForm& stored) {
  if (shows(contents_.form(form).kind, stored.as)) return form;
  if (!styles_) {
    if (contents_.book.styles.empty())
      return base::Error(base::Code::invalid_field,
                         base::Text("工作簿没有样式，日期无法写入。", "the workbook has no styles, so that days cannot be written."));
    QUANJI_TRY(auto document, part(contents_.book.styles));
    StyleEditing styles(std::move(document));
    QUANJI_DO(styles.begin());
    styles_ = std::move(styles);
  }
  return styles_->derived(form, format_for(stored.as));
}

base::Status WorkbookEditor::Machine::write_sheet(const SheetInfo& sheet, const SheetEdits& state, Edited& edited) {
  if (!state.fresh) QUANJI_DO(used_range(contents_.parts, sheet));  // its rows and cells are in order
  QUANJI_TRY(const auto document, part(sheet.part));
  QUANJI_DO(check(sheet, state, document, edited));
  auto made = edited_sheet(document, state.edits, [&](std::uint32_t form, const StoredForm& stored) { return choose(form, stored); });
  if (!made.ok())
    return bad_workbook(contents_.parts.file(), fmt::format("工作表“{}”：{}", sheet.name, made.error().message().zh),
                        fmt::format("sheet \"{}\": {}", sheet.name, made.error().message().en));
  changes_[archive_name(sheet.part)] = std::move(*made);
  std::uint64_t as_text = 0;
  Cell first;
  for (const auto& [at, edit] : state.edits) {
    ++edited.cells;
    if (edit.stored.as != StoredAs::text_for_number && edit.stored.as != StoredAs::text_for_day) continue;
    if (as_text++ == 0) first = at;
  }
  edited.cells_as_text += as_text;
  if (as_text > 0)
    edited.notes.emplace_back(
        fmt::format("工作表“{}”有 {} 个值（第一个在 {}）按文本写入：工作簿只能保存 15 位数字、1900 年以后的日期和毫秒。", sheet.name,
                    as_text, to_text(first)),
        fmt::format("Sheet \"{}\": {} values (the first in {}) are written as text; a workbook holds 15 digits, days from 1900 on and "
                    "milliseconds.",
                    sheet.name, as_text, to_text(first)));
  return {};
}

base::Status WorkbookEditor::Machine::drop_calculation_chain() {
  QUANJI_TRY(const auto related, relationships_of(contents_.parts, contents_.book.part));
  for (const auto& one : related) {
    if (one.external || one.type != "calcChain") continue;
    if (contents_.parts.find(one.target) != nullptr) changes_[archive_name(one.target)] = std::nullopt;
    const auto relations = relationships_part(contents_.book.part);
    QUANJI_TRY(const auto document, part(relations));
    changes_[archive_name(relations)] = without_element(document, "Id", one.id);
    QUANJI_TRY(const auto types, part(content_types));
    changes_[archive_name(content_types)] = without_element(types, "PartName", "/" + one.target);
  }
  return {};
}

base::Result<Edited> WorkbookEditor::Machine::save(const std::string& path, Existing existing) {
  if (existing == Existing::append)
    return base::Error(base::Code::invalid_field, base::Text("工作簿不能这样追加。", "A workbook cannot be appended to in this way."));
  Edited edited;
  for (const auto& [place, state] : touched_)
    if (!state.edits.empty()) QUANJI_DO(write_sheet(contents_.book.sheets[place], state, edited));
  if (styles_ && styles_->changed()) changes_[archive_name(contents_.book.styles)] = styles_->document();
  QUANJI_DO(drop_calculation_chain());
  QUANJI_TRY(const auto workbook, part(contents_.book.part));
  changes_[archive_name(contents_.book.part)] = with_full_calculation(workbook);
  QUANJI_TRY(auto file, NewFile::begin(path, existing));
  QUANJI_DO(copy_parts(contents_.parts, changes_, file.part()));
  // What was made is read before it takes the place of what there was.
  auto limits = contents_.limits.zip;
  limits.total_bytes *= 2;
  QUANJI_TRY(auto made, ZipParts::open(file.part(), limits));
  QUANJI_TRY(const auto book, workbook_part_of(made));
  QUANJI_DO(cell_forms(made, book.styles));
  for (const auto& [sheet_place, state] : touched_)
    if (sheet_place < book.sheets.size() && !state.edits.empty()) QUANJI_DO(used_range(made, book.sheets[sheet_place]));
  QUANJI_DO(file.place());
  return edited;
}

base::Result<WorkbookEditor> WorkbookEditor::open(const std::string& path, const ReadLimits& limits) {
  QUANJI_TRY(auto parts, ZipParts::open(path, limits.zip));
  QUANJI_TRY(auto book, workbook_part_of(parts));
  auto machine = std::make_unique<Machine>(Workbook::Contents(std::move(parts), std::move(book), limits));
  QUANJI_DO(machine->begin());
  return WorkbookEditor(std::move(machine));
}
WorkbookEditor::WorkbookEditor(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
WorkbookEditor::~WorkbookEditor() = default;
WorkbookEditor::WorkbookEditor(WorkbookEditor&&) noexcept = default;
WorkbookEditor& WorkbookEditor::operator=(WorkbookEditor&&) noexcept = default;
const std::vector<SheetInfo>& WorkbookEditor::sheets() const { return machine_->sheets(); }
base::Status WorkbookEditor::add_sheet(std::string_view name) { return machine_->add_sheet(name); }
base::Status WorkbookEditor::set(std::string_view sheet, Cell at, const CellInput& input) { return machine_->set(sheet, at, input, false); }
base::Status WorkbookEditor::set(std::string_view sheet, Cell start, const values::Table& table, SheetHeader header) {
  auto row = start.row;
  const auto column = [&](std::size_t i) { return start.column + static_cast<std::uint32_t>(i); };
  if (header == SheetHeader::first_row) {
    for (std::size_t i = 0; i < table.columns(); ++i)
      QUANJI_DO(machine_->set(sheet, {row, column(i)}, values::Value::of(table.name(i)), false));
    ++row;
  }
  for (std::size_t r = 0; r < table.rows(); ++r, ++row)
    for (std::size_t i = 0; i < table.columns(); ++i) QUANJI_DO(machine_->set(sheet, {row, column(i)}, table.at(r, i), false));
  return {};
}
base::Status WorkbookEditor::append(std::string_view sheet, std::span<const CellInput> row, std::uint32_t first) {
  QUANJI_TRY(auto at, machine_->below(sheet, first));
  for (const auto& input : row) {
    QUANJI_DO(machine_->set(sheet, at, input, true));
    ++at.column;
  }
  return {};
}
base::Status WorkbookEditor::append(std::string_view sheet, const values::Table& table, std::uint32_t first) {
  QUANJI_TRY(auto at, machine_->below(sheet, first));
  for (std::size_t r = 0; r < table.rows(); ++r, ++at.row)
    for (std::size_t i = 0; i < table.columns(); ++i)
      QUANJI_DO(machine_->set(sheet, {at.row, first + static_cast<std::uint32_t>(i)}, table.at(r, i), true));
  return {};
}
base::Result<Edited> WorkbookEditor::save(const std::string& path, Existing existing) { return machine_->save(path, existing); }

}  // namespace quanji::workbook
