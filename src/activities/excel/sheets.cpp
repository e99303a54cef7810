// Sheets and ranges: opening, clearing, adding, renaming, copying, deleting.
#include <fmt/format.h>

#include <algorithm>

#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "activities/group.h"
#include "workbook/xlsx_structure.h"

namespace quanji::activities {
namespace excel {

using namespace documents;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Type;
using workbook::Cell;
using workbook::WorkbookEditor;

QUANJI_FIELDS(OpenWorkbook::Input, QF(file, "工作簿文件", "The workbook's file"),
              QF(if_missing, "没有时：失败，或新建", "When it is not there: fail, or make it", .fallback = "\"fail\""))
QUANJI_FIELDS(OpenWorkbook::Output, QF(workbook, "打开的工作簿", "The workbook that is open"))
QUANJI_FIELDS(ClearRange::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(range, "区域（如 A1:F20）、区域名或表格名；不给就是用到的部分",
                 "A range like A1:F20, or a name; what is used when not given"),
              QF(what, "清除值、样式，还是全部", "Values, looks or both", .fallback = "\"value\""))
QUANJI_FIELDS(AddSheet::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "新工作表的名字", "The new sheet's name"),
              QF(before, "放在哪张工作表之前；不给就放最后", "The sheet to stand before; last when not given"),
              QF(if_exists, "已有这张时：失败，或不动", "When it is there: fail, or leave it", .fallback = "\"fail\""))
QUANJI_FIELDS(RenameSheet::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表", "The sheet"), QF(name, "新名字", "Its new name"))
QUANJI_FIELDS(CopySheet::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"), QF(sheet, "工作表", "The sheet"),
              QF(name, "副本的名字", "The copy's name"))
QUANJI_FIELDS(DeleteSheet::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表", "The sheet"),
              QF(if_missing, "没有这张时：不动，或失败", "When it is not there: leave it, or fail", .fallback = "\"skip\""))

ActivityInfo OpenWorkbook::info() {
  ActivityInfo info;
  info.id = "excel.open_workbook";
  info.title = {"打开工作簿", "Open a workbook"};
  info.sentence = {"打开工作簿，其中的步骤在结束时一起保存；失败则原样不动。资源（as）。",
                   "Opens a workbook for the steps inside, saved together at their end, unchanged when they fail. Resource (`as`)."};
  info.effect = flow::Effect::repeatable;
  info.opens = "workbook";
  info.errors = workbook_changing_errors();
  info.examples = {{{"新建并写两处", "Made, and written in two places"},
                    R"(- do: excel.open_workbook
  with: {file: book.xlsx, if_missing: make}
  as: book
  steps:
    - do: excel.write_table
      with: {table: [{a: 1}], file: =book, sheet: 数据}
    - do: excel.write_cell
      with: {file: =book, cell: C1, formula: 'SUM(A2:A9)'}
- do: excel.read_range
  with: {file: book.xlsx, sheet: 数据, what: formula}
  save: rows
- return: {rows: =rows}
)",
                    R"json({"rows":[[null,null,"SUM(A2:A9)"],[null,null,null]]})json"}};
  return info;
}
Outcome<OpenWorkbook::Output> OpenWorkbook::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto book, OpenBook::open(context, documents::place_of(context, input.file), input.if_missing == IfMissing::make));
  return Output{context.open(std::move(book))};
}

ActivityInfo ClearRange::info() {
  ActivityInfo info;
  info.id = "excel.clear_range";
  info.title = {"清除区域", "Clear a range"};
  info.sentence = {"清除区域的值（含公式）、样式或全部；列宽和合并不动。",
                   "Clears values (formulas too), looks or both of a range; widths and merged blocks stay."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"清空旧数据", "Empty old data"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1, b: 2}, {a: 3, b: 4}]}, to: book.xlsx}
- do: excel.clear_range
  with: {file: book.xlsx, range: 'A2:A3'}
  save: file
- do: excel.read_range
  with: {file: =file}
  save: rows
- return: {rows: =rows}
)",
                    R"({"rows":[["a","b"],[null,2],[null,4]]})"}};
  return info;
}
Outcome<ClearRange::Output> ClearRange::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(auto place, place_of(open, input.sheet, input.range));
  if (input.what != Clearing::style) {
    std::vector<Cell> cells;
    workbook::SheetReading reading;
    reading.sheet = place.sheet;
    reading.range = place.range;
    reading.formulas = true;
    const auto read = open.each_row(reading, [&](std::uint32_t row, std::span<const workbook::RowCell> found) -> base::Result<bool> {
      for (const auto& one : found) cells.push_back({row, one.column});
      return !context.stopped();
    });
    QUANJI_DO(context.go_on());
    if (!read.ok()) return read_failure(read.error(), book.path());
    if (!cells.empty())
      QUANJI_DO(book.edit(context, [&](WorkbookEditor& editor) -> Outcome<void> {
        for (const auto at : cells)
          if (auto set = editor.set(place.sheet, at, Value()); !set.ok()) return sheet_failure(set.error());
        return {};
      }));
  }
  if (input.what != Clearing::value)
    QUANJI_DO(book.replace([&](const std::string& from, const std::string& to) {
      return workbook::clear_look(from, to, place.sheet, place.range.value_or(workbook::Range{}));
    }));
  return Output{book.file()};
}

ActivityInfo AddSheet::info() {
  ActivityInfo info;
  info.id = "excel.add_sheet";
  info.title = {"加工作表", "Add a sheet"};
  info.sentence = {"加一张空工作表。", "Adds an empty sheet."};
  info.effect = flow::Effect::once;
  info.errors = workbook_changing_errors() +
                std::vector<engine::ErrorCode>{{"name_taken",
                                                flow::ErrorKind::business,
                                                {"已有这张工作表；换个名字，或 if_exists: skip",
                                                 "The sheet is there already; take another name, or say if_exists: skip"}}};
  info.examples = {{{"放在最前", "In front"},
                    R"(- do: excel.write_workbook
  with: {sheets: {明细: [{a: 1}]}, to: book.xlsx}
- do: excel.add_sheet
  with: {file: book.xlsx, sheet: 封面, before: 明细}
  save: file
- do: excel.list_sheets
  with: {file: =file}
  save: sheets
- return: {sheets: "=[row['name'] for row in sheets]"}
)",
                    R"({"sheets":["封面","明细"]})"}};
  return info;
}

namespace {

// Adding, renaming, copying: what the room below says about names is the flow's to hear.
Outcome<ChangedFile> change_sheets(ActivityContext& context, Book& book,
                                   const std::function<base::Status(const std::string& from, const std::string& to)>& change) {
  QUANJI_DO(context.go_on());
  std::optional<base::Error> named;
  auto changed = book.replace([&](const std::string& from, const std::string& to) -> base::Status {
    auto status = change(from, to);
    if (!status.ok() && (status.error().code() == base::Code::name_taken || status.error().code() == base::Code::not_found))
      named = status.error().clone();
    return status;
  });
  if (named && !changed) return sheet_failure(*named);
  QUANJI_DO(std::move(changed));
  return ChangedFile{book.file()};
}
Outcome<void> name_may_be(const std::string& name) {
  if (const auto problem = workbook::sheet_name_problem(name)) return wrong_argument(problem->zh, problem->en);
  return {};
}
bool is_there(const std::vector<workbook::SheetInfo>& sheets, const std::string& name) { return sheet_of(sheets, name).ok(); }

}  // namespace

Outcome<AddSheet::Output> AddSheet::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(name_may_be(input.sheet));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(const auto fresh, book.begin(input.sheet));
  if (fresh) return Output{book.file()};
  if (input.if_exists == IfSheetThere::skip) {
    QUANJI_TRY(auto open, book.read());
    if (is_there(open.sheets(), input.sheet)) return Output{book.file()};
  }
  return change_sheets(context, book, [&](const std::string& from, const std::string& to) {
    return workbook::add_sheet(from, to, input.sheet, input.before);
  });
}

ActivityInfo RenameSheet::info() {
  ActivityInfo info;
  info.id = "excel.rename_sheet";
  info.title = {"工作表改名", "Rename a sheet"};
  info.sentence = {"工作表改名；公式、名称、图表和链接随之改（宏里的不改）。",
                   "Renames a sheet; formulas, names, charts and links follow (macros do not)."};
  info.effect = flow::Effect::once;
  info.errors = workbook_changing_errors() +
                std::vector<engine::ErrorCode>{{"name_taken",
                                                flow::ErrorKind::business,
                                                {"这个名字已被别的工作表用了；换一个", "Another sheet has the name; take another one"}}};
  info.examples = {{{"公式随之改", "Formulas follow"},
                    R"(- do: excel.write_workbook
  with: {sheets: {数据: [{a: 1}], 汇总: [{x: 0}]}, to: book.xlsx}
- do: excel.write_cell
  with: {file: book.xlsx, sheet: 汇总, cell: A2, formula: '数据!A2*2'}
- do: excel.rename_sheet
  with: {file: book.xlsx, sheet: 数据, name: 11月}
  save: file
- do: excel.read_cell
  with: {file: =file, sheet: 汇总, cell: A2, what: formula}
  save: formula
- return: {formula: =formula}
)",
                    R"({"formula":"'11月'!A2*2"})"}};
  return info;
}
Outcome<RenameSheet::Output> RenameSheet::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(name_may_be(input.name));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  return change_sheets(context, book, [&](const std::string& from, const std::string& to) {
    return workbook::rename_sheet(from, to, input.sheet, input.name);
  });
}

ActivityInfo CopySheet::info() {
  ActivityInfo info;
  info.id = "excel.copy_sheet";
  info.title = {"复制工作表", "Copy a sheet"};
  info.sentence = {"复制工作表，放在最后；带图表、图片、批注、表格对象或透视表的还不会（not_supported）。",
                   "Copies a sheet to the end; one with charts, pictures, comments, table objects or pivot tables is not_supported."};
  info.effect = flow::Effect::once;
  info.errors = RenameSheet::info().errors;
  info.examples = {{{"按模板出一张", "One from a template"},
                    R"(- do: excel.write_workbook
  with: {sheets: {模板: [{项: 合计}]}, to: book.xlsx}
- do: excel.copy_sheet
  with: {file: book.xlsx, sheet: 模板, name: '1120'}
  save: file
- do: excel.read_cell
  with: {file: =file, sheet: '1120', cell: A2}
  save: value
- return: {value: =value}
)",
                    R"({"value":"合计"})"}};
  return info;
}
Outcome<CopySheet::Output> CopySheet::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(name_may_be(input.name));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  return change_sheets(context, book, [&](const std::string& from, const std::string& to) {
    return workbook::copy_sheet(from, to, input.sheet, input.name);
  });
}

ActivityInfo DeleteSheet::info() {
  ActivityInfo info;
  info.id = "excel.delete_sheet";
  info.title = {"删除工作表", "Delete a sheet"};
  info.sentence = {"删除工作表；别处的公式、名称或图表用到它时不删（not_supported，说明是哪一个）。",
                   "Deletes a sheet; one that formulas, names or charts elsewhere name is not_supported, and which is told."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"删掉一张", "One of two"},
                    R"(- do: excel.write_workbook
  with: {sheets: {留: [{a: 1}], 删: [{a: 2}]}, to: book.xlsx}
- do: excel.delete_sheet
  with: {file: book.xlsx, sheet: 删}
  save: file
- do: excel.list_sheets
  with: {file: =file}
  save: sheets
- return: {sheets: "=[row['name'] for row in sheets]"}
)",
                    R"({"sheets":["留"]})"}};
  return info;
}
Outcome<DeleteSheet::Output> DeleteSheet::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto book, Book::of(context, input.file));
  if (input.if_missing == IfSheetMissing::skip) {
    QUANJI_TRY(auto open, book.read());
    if (!is_there(open.sheets(), input.sheet)) return Output{book.file()};
  }
  return change_sheets(context, book,
                       [&](const std::string& from, const std::string& to) { return workbook::delete_sheet(from, to, input.sheet); });
}

}  // namespace excel

void add_excel(Activities& to) {
  using namespace excel;
  to.insert(to.end(), {engine::activity<OpenWorkbook>(),  engine::activity<ListSheets>(),  engine::activity<ReadTable>(),
                       engine::activity<ReadRange>(),     engine::activity<ReadCell>(),    engine::activity<FindCells>(),
                       engine::activity<WriteWorkbook>(), engine::activity<WriteTable>(),  engine::activity<WriteRange>(),
                       engine::activity<WriteCell>(),     engine::activity<AppendRows>(),  engine::activity<ClearRange>(),
                       engine::activity<AddSheet>(),      engine::activity<RenameSheet>(), engine::activity<CopySheet>(),
                       engine::activity<DeleteSheet>(),   engine::activity<SetStyle>(),    engine::activity<AddChart>(),
                       engine::activity<AddImage>(),      engine::activity<Compute>(),     engine::activity<Convert>()});
}

}  // namespace quanji::activities
