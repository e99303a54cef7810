// Tables, rows and cells into workbooks that are there.
#include <fmt/format.h>

#include <algorithm>

#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "activities/excel/look.h"
#include "values/names.h"
#include "workbook/xlsx_structure.h"

namespace quanji::activities::excel {

using namespace documents;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Type;
using workbook::Cell;
using workbook::CellInput;
using workbook::WorkbookEditor;

QUANJI_FIELDS(ChangedFile, QF(file, "文件", "The file"))
QUANJI_FIELDS(WriteTable::Input, QF(table, "表", "The table"),
              QF(file, "文件，或打开的工作簿；没有就新建", "The file, or a workbook that is open; made when missing"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(cell, "左上角，如 B3", "Its upper left cell, like B3", .fallback = "\"A1\""),
              QF(header, "第一行写列名", "The first row holds the names", .fallback = "true"),
              QF(look, "外观：number_formats、widths、colours", "Look: number_formats, widths, colours", .fallback = "{}"))
QUANJI_FIELDS(WriteRange::Input, QF(rows, "行的列表，每行是值的列表", "A list of rows, each a list of values", .max = 1'048'576),
              QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(cell, "左上角，如 B3", "Its upper left cell, like B3", .fallback = "\"A1\""))
QUANJI_FIELDS(WriteCell::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(cell, "单元格，如 B3", "The cell, like B3"),
              QF(value, "值；值和公式都不给就清空", "The value; without value and formula the cell is emptied"),
              QF(formula, "公式，如 SUM(A1:A9)", "A formula like SUM(A1:A9)", .min = 1, .max = 8'192))
QUANJI_FIELDS(AppendRows::Input, QF(table, "要追加的行", "The rows to add"),
              QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(header, "第一行是列名，列按名字对齐", "The first row holds the names; columns go by them", .fallback = "true"))
QUANJI_FIELDS(AppendRows::Output, QF(count, "追加的行数", "How many rows were added"))

ActivityInfo WriteTable::info() {
  ActivityInfo info;
  info.id = "excel.write_table";
  info.title = {"写表", "Write a table"};
  info.sentence = {
      "把表写进工作表，从 cell 起；没有工作簿就新建。原有的样式和周围的内容不动。",
      "Writes a table into a sheet from a cell on; makes the workbook if there is none. Looks and whatever stands around stay."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"写进新工作簿", "Into a new workbook"},
                    R"(- do: excel.write_table
  with:
    table: [{日期: '=datetime.date(2026, 11, 20)', 金额: =Decimal('1.20')}]
    file: daily.xlsx
    sheet: 明细
    cell: B2
  save: file
- do: excel.read_range
  with: {file: =file, range: 'B2:C3'}
  save: rows
- return: {rows: =rows}
)",
                    R"({"rows":[["日期","金额"],["2026-11-20",1.2]]})"}};
  return info;
}
Outcome<WriteTable::Output> WriteTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto start, cell_of(input.cell));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  workbook::SheetWriting plan;
  for (const auto& [word, value] : input.look)
    if (word != "number_formats" && word != "widths" && word != "colours")
      return wrong_argument(
          fmt::format("写进已有工作表时，look 只能有 number_formats、widths、colours，没有 {}；新建用 excel.write_workbook", word),
          fmt::format("into a sheet that is there, look has number_formats, widths and colours, not {}; excel.write_workbook has it",
                      word));
  QUANJI_DO(take_look(input.look, input.table->names(), plan));
  const auto last_row = start.row + input.table->rows() + (input.header ? 1 : 0), last_column = start.column + input.table->columns();
  if (last_row > workbook::most_rows + 1 || last_column > workbook::most_columns + 1)
    return engine::business_failure(
        "too_large", Text(fmt::format("表从 {} 起放不进工作表：{} 行 {} 列", input.cell, input.table->rows(), input.table->columns()),
                          fmt::format("the table of {} rows and {} columns does not fit from {} on", input.table->rows(),
                                      input.table->columns(), input.cell)));
  std::string sheet;
  QUANJI_DO(book.edit(
      context,
      [&](WorkbookEditor& editor) -> Outcome<void> {
        QUANJI_TRY(sheet, sheet_of(editor.sheets(), input.sheet));
        if (auto fits = workbook::fits_cells(*input.table); !fits.ok()) return sheet_failure(fits.error());
        QUANJI_DO(context.go_on());
        const auto set =
            editor.set(sheet, start, *input.table, input.header ? workbook::SheetHeader::first_row : workbook::SheetHeader::none);
        if (!set.ok()) return sheet_failure(set.error());
        return {};
      },
      input.sheet.value_or("Sheet1")));
  const auto first = start.row + (input.header ? 1 : 0);
  for (const auto& column : plan.columns) {
    const auto at = start.column + static_cast<std::uint32_t>(*input.table->find(column.name));
    workbook::LookChange change;
    if (!column.look.number_format.empty()) change.number_format = column.look.number_format;
    change.background = column.look.fill;
    change.width = column.width;
    const auto last = std::max(first, static_cast<std::uint32_t>(last_row) - 1);
    QUANJI_DO(book.replace([&](const std::string& from, const std::string& to) {
      return workbook::change_look(from, to, sheet, {{first, at}, {last, at}}, change);
    }));
  }
  return Output{book.file()};
}

ActivityInfo WriteRange::info() {
  ActivityInfo info;
  info.id = "excel.write_range";
  info.title = {"写区域", "Write a range"};
  info.sentence = {"把行的列表写进工作表。nothing 清空那一格。", "Writes a list of rows into a sheet. Nothing empties its cell."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"两行", "Two rows"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1, b: 2}]}, to: book.xlsx}
- do: excel.write_range
  with: {rows: [[10, x], [20, y]], file: book.xlsx, cell: A5}
  save: file
- do: excel.read_range
  with: {file: =file, range: 'A5:B6'}
  save: rows
- return: {rows: =rows}
)",
                    R"({"rows":[[10,"x"],[20,"y"]]})"}};
  return info;
}
Outcome<WriteRange::Output> WriteRange::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto start, cell_of(input.cell));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  for (std::size_t r = 0; r < input.rows.size(); ++r)
    if (!input.rows[r].is(Type::list))
      return wrong_argument(fmt::format("rows 的第 {} 行应为值的列表", r + 1), fmt::format("row {} of rows is a list of values", r + 1));
  QUANJI_DO(book.edit(context, [&](WorkbookEditor& editor) -> Outcome<void> {
    QUANJI_TRY(const auto sheet, sheet_of(editor.sheets(), input.sheet));
    // First whether all of it fits: a step that fails leaves an open workbook as it was.
    for (const bool checking : {true, false})
      for (std::size_t r = 0; r < input.rows.size(); ++r) {
        const auto& row = input.rows[r].list();
        for (std::size_t c = 0; c < row.size(); ++c) {
          const Cell at{start.row + static_cast<std::uint32_t>(r), start.column + static_cast<std::uint32_t>(c)};
          if (!checking) {
            if (auto set = editor.set(sheet, at, row[c]); !set.ok()) return sheet_failure(set.error());
          } else if (at.row > workbook::most_rows || at.column > workbook::most_columns) {
            return engine::business_failure("too_large", Text(fmt::format("rows 从 {} 起放不进工作表", input.cell),
                                                              fmt::format("rows do not fit into the sheet from {} on", input.cell)));
          } else if (auto fits = workbook::stored_form(row[c], workbook::DateSystem::from_1900); !fits.ok()) {
            return engine::business_failure("bad_value", Text(fmt::format("单元格 {}：{}", to_text(at), fits.error().message().zh),
                                                              fmt::format("cell {}: {}", to_text(at), fits.error().message().en)));
          }
        }
        QUANJI_DO(context.go_on());
      }
    return {};
  }));
  return Output{book.file()};
}

ActivityInfo WriteCell::info() {
  ActivityInfo info;
  info.id = "excel.write_cell";
  info.title = {"写一格", "Write a cell"};
  info.sentence = {"写一格：值或公式；都不给就清空。以 = 开头的文本是文本，公式写在 formula 里。公式的值由打开文件的程序计算。",
                   "Writes one cell: a value or a formula; neither empties it. A text that begins with = is a text; formulas have their "
                   "own input and are worked "
                   "out by the program that opens the file."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"值和公式", "A value and a formula"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}, {a: 2}]}, to: book.xlsx}
- do: excel.open_workbook
  with: {file: book.xlsx}
  as: book
  steps:
    - do: excel.write_cell
      with: {file: =book, cell: A2, value: 5}
    - do: excel.write_cell
      with: {file: =book, cell: A4, formula: 'SUM(A2:A3)'}
- do: excel.read_cell
  with: {file: book.xlsx, cell: A4, what: formula}
  save: formula
- do: excel.read_cell
  with: {file: book.xlsx, cell: A2}
  save: value
- return: {formula: =formula, value: =value}
)",
                    R"json({"formula":"SUM(A2:A3)","value":5})json"}};
  return info;
}
Outcome<WriteCell::Output> WriteCell::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto at, cell_of(input.cell));
  const bool has_value = input.value && !input.value->is(Type::nothing);
  if (has_value && input.formula) return wrong_argument("value 和 formula 只能给一个", "give value or formula, not both");
  QUANJI_TRY(auto book, Book::of(context, input.file));
  const CellInput what = input.formula ? CellInput(workbook::Formula{*input.formula}) : CellInput(input.value.value_or(Value()));
  QUANJI_DO(book.edit(context, [&](WorkbookEditor& editor) -> Outcome<void> {
    QUANJI_TRY(const auto sheet, sheet_of(editor.sheets(), input.sheet));
    if (auto set = editor.set(sheet, at, what); !set.ok()) return sheet_failure(set.error());
    return {};
  }));
  return Output{book.file()};
}

ActivityInfo AppendRows::info() {
  ActivityInfo info;
  info.id = "excel.append_rows";
  info.title = {"追加行", "Append rows"};
  info.sentence = {"在工作表最后一行之后追加；列按表头对齐，空工作表先写表头。",
                   "Adds rows below the last one, columns by the header; an empty sheet gets the header first."};
  info.effect = flow::Effect::once;
  info.errors = workbook_changing_errors();
  info.examples = {{{"列的顺序不同", "Columns in another order"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{代码: '000001', 数量: 1}]}, to: book.xlsx}
- do: excel.append_rows
  with: {table: [{数量: 2, 代码: '600000'}], file: book.xlsx}
  save: count
- do: excel.read_table
  with: {file: book.xlsx}
  save: table
- return: {count: =count, table: =table}
)",
                    R"({"count":1,"table":[{"代码":"000001","数量":1},{"代码":"600000","数量":2}]})"}};
  return info;
}

namespace {

// The first row in use, as names by column; nothing for an empty sheet.
Outcome<std::optional<std::vector<std::pair<std::string, std::uint32_t>>>> header_of(const Book& book, workbook::Workbook& open,
                                                                                     const std::string& sheet) {
  std::optional<std::vector<std::pair<std::string, std::uint32_t>>> names;
  workbook::SheetReading reading;
  reading.sheet = sheet;
  const auto read = open.each_row(reading, [&](std::uint32_t, std::span<const workbook::RowCell> cells) -> base::Result<bool> {
    names.emplace();
    for (const auto& cell : cells) names->emplace_back(cell.value.display(), cell.column);
    return false;
  });
  if (!read.ok()) return read_failure(read.error(), book.path());
  return names;
}

}  // namespace

Outcome<AppendRows::Output> AppendRows::run(ActivityContext& context, const Input& input) {
  const auto& table = *input.table;
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(const auto sheet, sheet_of(open.sheets(), input.sheet));
  QUANJI_TRY(const auto header, header_of(book, open, sheet));
  std::vector<std::uint32_t> places;  // of the table's columns in the sheet
  const bool names_first = input.header && !header;
  for (std::size_t c = 0; c < table.columns(); ++c) {
    if (!input.header || !header) {
      places.push_back(static_cast<std::uint32_t>(c) + 1);
      continue;
    }
    const auto found = std::ranges::find(*header, table.name(c), [](const auto& one) { return one.first; });
    if (found == header->end()) {
      std::vector<std::string> names;
      for (const auto& one : *header) names.push_back(one.first);
      auto text = values::no_such_name({"表头里的列", "column of the header"}, table.name(c), names);
      return engine::business_failure("not_found", std::move(text));
    }
    places.push_back(found->second);
  }
  const auto width = places.empty() ? 0U : *std::ranges::max_element(places);
  QUANJI_DO(book.edit(context, [&](WorkbookEditor& editor) -> Outcome<void> {
    if (auto fits = workbook::fits_cells(table); !fits.ok()) return sheet_failure(fits.error());
    std::vector<CellInput> row(width);
    const auto add = [&]() -> Outcome<void> {
      if (auto added = editor.append(sheet, row); !added.ok()) return sheet_failure(added.error());
      return {};
    };
    if (names_first) {
      for (std::size_t c = 0; c < table.columns(); ++c) row[places[c] - 1] = Value::of(table.name(c));
      QUANJI_DO(add());
    }
    for (std::size_t r = 0; r < table.rows(); ++r) {
      std::ranges::fill(row, CellInput(Value()));
      for (std::size_t c = 0; c < table.columns(); ++c) row[places[c] - 1] = table.at(r, c);
      QUANJI_DO(add());
      if (r % 1'000 == 0) QUANJI_DO(context.go_on());
    }
    return {};
  }));
  return Output{static_cast<std::int64_t>(table.rows())};
}

}  // namespace quanji::activities::excel
