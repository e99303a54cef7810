// Looking into workbooks.
#include <fmt/format.h>

#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "activities/excel/style.h"
#include "workbook/shown_text.h"

namespace quanji::activities::excel {

using namespace documents;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::ColumnBuilder;
using values::ColumnType;
using values::Type;
using workbook::Cell;
using workbook::Range;
using workbook::RowCell;

namespace {

constexpr std::uint64_t most_cells = 1'000'000;  // of values; tables have the run's memory

values::TablePtr table_of(std::vector<std::string> names, std::vector<ColumnBuilder> builders) {
  std::vector<values::ColumnPtr> columns;
  for (auto& builder : builders) columns.push_back(std::move(builder).finish());
  auto table = values::Table::make(std::move(names), std::move(columns));
  return std::make_shared<const values::Table>(std::move(*table));
}
engine::Failure too_many(const std::string& sheet) {
  return engine::business_failure(
      "too_large",
      Text(fmt::format("工作表“{}”的区域超过 {} 格；读小一些，或用 excel.read_table", sheet, most_cells),
           fmt::format("the range of the sheet \"{}\" has more than {} cells; read less, or use excel.read_table", sheet, most_cells)));
}

// A list of names, or a map name → type.
Outcome<std::vector<workbook::SheetColumn>> columns_of(const std::optional<Value>& columns) {
  std::vector<workbook::SheetColumn> told;
  const auto wrong = [] {
    return wrong_argument(
        "columns 应为列名的列表，或“列名: 类型”的映射（text、integer、decimal、bool、date、time、datetime、duration、any）",
        "columns is a list of names, or a map name: type (text, integer, decimal, bool, date, time, datetime, duration, any)");
  };
  if (!columns || columns->is(Type::nothing)) return told;
  if (columns->is(Type::list)) {
    for (const auto& name : columns->list()) {
      if (!name.is(Type::text)) return wrong();
      told.push_back({name.text(), ColumnType::any, {}});
    }
    return told;
  }
  if (!columns->is(Type::map)) return wrong();
  for (const auto& [name, type] : columns->map()) {
    const auto known = type.is(Type::text) ? values::column_type_of(type.text()) : std::nullopt;
    if (!known) return wrong();
    told.push_back({name, *known, {}});
  }
  return told;
}

}  // namespace

QUANJI_FIELDS(ListSheets::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"))
QUANJI_FIELDS(ListSheets::Output, QF(sheets, "表：name、rows、columns、hidden", "Table: name, rows, columns, hidden"))
QUANJI_FIELDS(ReadTable::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(range, "区域（如 A1:F20）、区域名或表格名；不给就是用到的部分",
                 "A range like A1:F20, or a name; what is used when not given"),
              QF(header, "第一行是列名", "The first row holds the names", .fallback = "true"),
              QF(columns, "列名列表，或“列名: 类型”", "A list of names, or a map name: type"),
              QF(skip, "跳过开头几行", "Rows left out at the beginning", .min = 0, .max = 1'000'000, .fallback = "0"),
              QF(if_bad, "值不对时：失败，或留空", "A value that does not fit its type: fail, or nothing", .fallback = "\"fail\""))
QUANJI_FIELDS(ReadTable::Output, QF(table, "表", "The table"))
QUANJI_FIELDS(ReadRange::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(range, "区域（如 A1:F20）、区域名或表格名；不给就是用到的部分",
                 "A range like A1:F20, or a name; what is used when not given"),
              QF(what, "值、公式，或显示的文本", "Values, formulas, or what is shown", .fallback = "\"value\""))
QUANJI_FIELDS(ReadRange::Output, QF(rows, "行的列表，各行同样长", "A list of rows, all of one length"))
QUANJI_FIELDS(ReadCell::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(cell, "单元格，如 B3", "The cell, like B3"),
              QF(what, "值、公式、显示的文本，或样式", "Its value, formula, what is shown, or its style", .fallback = "\"value\""))
QUANJI_FIELDS(ReadCell::Output, QF(value, "内容；空格为 nothing", "What is in it; nothing when it is empty"))
QUANJI_FIELDS(FindCells::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(range, "区域（如 A1:F20）、区域名或表格名；不给就是用到的部分",
                 "A range like A1:F20, or a name; what is used when not given"),
              QF(value, "要找的值或文本", "The value or text looked for"),
              QF(whole, "整格相等；否则包含（只看文本）", "The whole cell must equal; else it contains the text", .fallback = "true"))
QUANJI_FIELDS(FindCells::Output, QF(cells, "表：sheet、cell、value", "Table: sheet, cell, value"))

#define EXAMPLE_BOOK                                                                                                                       \
  "- do: excel.write_workbook\n"                                                                                                           \
  "  with:\n"                                                                                                                              \
  "    sheets:\n"                                                                                                                          \
  "      持仓: [{代码: '000001', 数量: 100, 价格: =Decimal('9.95')}, {代码: '600000', 数量: 200, 价格: =Decimal('7.10')}]\n" \
  "    to: book.xlsx\n"

ActivityInfo ListSheets::info() {
  ActivityInfo info;
  info.id = "excel.list_sheets";
  info.title = {"列出工作表", "List sheets"};
  info.sentence = {"列出工作表及其大小（到最后一行、最后一列）。",
                   "Lists the sheets with their sizes (up to the last row and column in use)."};
  info.effect = flow::Effect::none;
  info.errors = workbook_reading_errors();
  info.examples = {{{"一张表", "One sheet"},
                    EXAMPLE_BOOK R"(- do: excel.list_sheets
  with: {file: book.xlsx}
  save: sheets
- return: {sheets: =sheets}
)",
                    R"({"sheets":[{"name":"持仓","rows":3,"columns":3,"hidden":false}]})"}};
  return info;
}
Outcome<ListSheets::Output> ListSheets::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  std::vector<ColumnBuilder> builders;
  for (const auto type : {ColumnType::text, ColumnType::integer, ColumnType::integer, ColumnType::boolean}) builders.emplace_back(type);
  for (const auto& sheet : open.sheets()) {
    QUANJI_DO(context.go_on());
    std::optional<Range> used;
    if (sheet.has_cells) {
      auto found = open.used(sheet.name);
      if (!found.ok()) return read_failure(found.error(), book.path());
      used = *found;
    }
    builders[0].add_text(sheet.name);
    builders[1].add_integer(used ? used->last.row : 0);
    builders[2].add_integer(used ? used->last.column : 0);
    builders[3].add(sheet.state != workbook::SheetState::visible);
  }
  return Output{table_of({"name", "rows", "columns", "hidden"}, std::move(builders))};
}

ActivityInfo ReadTable::info() {
  ActivityInfo info;
  info.id = "excel.read_table";
  info.title = {"读成表", "Read as a table"};
  info.sentence = {"把区域或工作表读成表；没有给类型的列按单元格里的内容定。",
                   "Reads a range or sheet as a table; columns without a type have that of what is in their cells."};
  info.effect = flow::Effect::none;
  info.errors =
      workbook_reading_errors() +
      std::vector<engine::ErrorCode>{{"bad_value",
                                      flow::ErrorKind::business,
                                      {"值与列的类型不符；说明单元格；改正它，或 if_bad: nothing",
                                       "A value does not fit its column's type: the cell is told; correct it, or say if_bad: nothing"}}};
  info.examples = {{{"代码作为文本，金额为精确小数", "Codes as text, amounts exact"},
                    EXAMPLE_BOOK R"(- do: excel.read_table
  with:
    file: book.xlsx
    sheet: 持仓
    columns: {代码: text, 价格: decimal}
  save: table
- return: {table: =table}
)",
                    R"({"table":[{"代码":"000001","价格":9.95},{"代码":"600000","价格":7.10}]})"}};
  return info;
}
Outcome<ReadTable::Output> ReadTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto told, columns_of(input.columns));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(auto place, place_of(open, input.sheet, input.range));
  workbook::SheetReading reading;
  reading.sheet = place.sheet;
  reading.range = place.range;
  reading.header = input.header ? workbook::SheetHeader::first_row : workbook::SheetHeader::none;
  reading.skip_rows = static_cast<std::uint32_t>(input.skip);
  reading.bad_is_nothing = input.if_bad == IfBad::nothing;
  for (const auto& column : told)
    if (column.type != ColumnType::any) reading.columns.push_back(column);
  auto read = open.table(reading);
  if (!read.ok()) {
    auto failure = read_failure(read.error(), book.path());
    if (failure.code == "unreadable" && read.error().detail() == "bad_value") failure.code = "bad_value";
    return failure;
  }
  for (const auto& note : read->notes) context.log(engine::LogLevel::info, note.zh);
  if (told.empty()) return Output{read->table};
  // Those that were named, in the order they were named.
  std::vector<std::string> names;
  std::vector<values::ColumnPtr> columns;
  for (const auto& column : told) {
    const auto at = read->table->need(column.name);
    if (!at.ok()) return sheet_failure(at.error());
    names.push_back(column.name);
    columns.push_back(read->table->column(*at));
  }
  auto chosen = values::Table::make(std::move(names), std::move(columns));
  if (!chosen.ok()) return argument_failure(chosen.error());
  return Output{std::make_shared<const values::Table>(std::move(*chosen))};
}

namespace {

// Gives every cell of a block that holds something.
Outcome<void> each_cell(ActivityContext& context, const Book& book, workbook::Workbook& open, const Place& place, bool formulas,
                        const std::function<Outcome<bool>(Cell at, const RowCell& cell)>& take) {
  workbook::SheetReading reading;
  reading.sheet = place.sheet;
  reading.range = place.range;
  reading.formulas = formulas;
  Outcome<void> failed;
  const auto read = open.each_row(reading, [&](std::uint32_t row, std::span<const RowCell> cells) -> base::Result<bool> {
    if (failed = context.go_on(); !failed) return false;
    for (const auto& cell : cells) {
      auto more = take({row, cell.column}, cell);
      if (!more) {
        failed = std::move(more).error();
        return false;
      }
      if (!*more) return false;
    }
    return true;
  });
  if (!failed) return failed;
  if (!read.ok()) return read_failure(read.error(), book.path());
  return {};
}

Outcome<Value> shown(const std::string& sheet, Cell at, const RowCell& cell) {
  const auto text = workbook::shown_text(cell.value, cell.format_code);
  if (text) return Value::of(*text);
  return engine::system_failure(
      "not_supported",
      Text(fmt::format("工作表“{}”单元格 {}：数字格式“{}”的显示还不会算；读 what: value", sheet, to_text(at), cell.format_code),
           fmt::format("sheet \"{}\", cell {}: what the format \"{}\" shows is not worked out; read what: value", sheet, to_text(at),
                       cell.format_code)));
}
Value formula_value(const RowCell& cell) { return cell.formula.empty() ? Value() : Value::of(cell.formula); }

}  // namespace

ActivityInfo ReadRange::info() {
  ActivityInfo info;
  info.id = "excel.read_range";
  info.title = {"读区域", "Read a range"};
  info.sentence = {"把区域读成行的列表；空格为 nothing。", "Reads a range as a list of rows; empty cells are nothing."};
  info.effect = flow::Effect::none;
  info.errors = workbook_reading_errors();
  info.examples = {{{"两行两列", "Two rows and columns"},
                    EXAMPLE_BOOK R"(- do: excel.read_range
  with: {file: book.xlsx, range: 'A2:B3'}
  save: rows
- return: {rows: =rows}
)",
                    R"({"rows":[["000001",100],["600000",200]]})"}};
  return info;
}
Outcome<ReadRange::Output> ReadRange::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(auto place, place_of(open, input.sheet, input.range));
  auto used = open.used(place.sheet);
  if (!used.ok()) return read_failure(used.error(), book.path());
  // Whole columns and rows end where the sheet does.
  Output output;
  if (!place.range) place.range = *used;
  if (!place.range) return output;
  auto block = *place.range;
  const auto last = *used ? (*used)->last : Cell{0, 0};
  if (block.last.row == workbook::most_rows) block.last.row = std::max(block.first.row - 1, last.row);
  if (block.last.column == workbook::most_columns) block.last.column = std::max(block.first.column - 1, last.column);
  place.range = block;
  const std::size_t height = block.last.row + 1 - block.first.row, width = block.last.column + 1 - block.first.column;
  if (height == 0 || width == 0) return output;
  if (std::uint64_t{height} * width > most_cells) return too_many(place.sheet);
  std::vector<values::List> rows(height, values::List(width));
  QUANJI_DO(each_cell(context, book, open, place, input.what != RangeWhat::value, [&](Cell at, const RowCell& cell) -> Outcome<bool> {
    auto& to = rows[at.row - block.first.row][at.column - block.first.column];
    if (input.what == RangeWhat::value) to = cell.value;
    if (input.what == RangeWhat::formula) to = formula_value(cell);
    if (input.what == RangeWhat::shown) {
      QUANJI_TRY(to, shown(place.sheet, at, cell));
    }
    return true;
  }));
  for (auto& row : rows) output.rows.push_back(Value::of(std::move(row)));
  return output;
}

ActivityInfo ReadCell::info() {
  ActivityInfo info;
  info.id = "excel.read_cell";
  info.title = {"读一格", "Read a cell"};
  info.sentence = {"读一格的值、公式、显示的文本或样式（数字格式、字体、颜色、边框等）。",
                   "Reads a cell's value, formula, what it shows, or its style (number format, font, colours, border …)."};
  info.effect = flow::Effect::none;
  info.errors = workbook_reading_errors();
  info.examples = {{{"精确小数", "An exact decimal"},
                    EXAMPLE_BOOK R"(- do: excel.read_cell
  with: {file: book.xlsx, sheet: 持仓, cell: C2}
  save: price
- return: {price: =price}
)",
                    R"({"price":9.95})"}};
  return info;
}
Outcome<ReadCell::Output> ReadCell::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto at, cell_of(input.cell));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(auto place, place_of(open, input.sheet, std::nullopt));
  place.range = Range{at, at};
  if (input.what == What::style) {
    QUANJI_TRY(const auto path, book.settled());
    const auto look = workbook::look_of_cell(path, place.sheet, at);
    if (!look.ok()) return read_failure(look.error(), book.path());
    return Output{Value::of(style_map(*look))};
  }
  Output output;
  QUANJI_DO(each_cell(context, book, open, place, input.what != What::value, [&](Cell found, const RowCell& cell) -> Outcome<bool> {
    output.value = cell.value;
    if (input.what == What::formula) output.value = formula_value(cell);
    if (input.what == What::shown) {
      QUANJI_TRY(output.value, shown(place.sheet, found, cell));
    }
    return false;
  }));
  return output;
}

ActivityInfo FindCells::info() {
  ActivityInfo info;
  info.id = "excel.find_cells";
  info.title = {"查找单元格", "Find cells"};
  info.sentence = {"查找内容所在的格，从上到下、从左到右；整格相等，或文本包含。",
                   "Finds the cells that hold a value, from top to bottom and left to right; wholly, or as a part of a text."};
  info.effect = flow::Effect::none;
  info.errors = workbook_reading_errors();
  info.examples = {{{"找代码", "Find a code"},
                    EXAMPLE_BOOK R"(- do: excel.find_cells
  with: {file: book.xlsx, value: '600000'}
  save: cells
- return: {cells: =cells}
)",
                    R"({"cells":[{"sheet":"持仓","cell":"A3","value":"600000"}]})"}};
  return info;
}
Outcome<FindCells::Output> FindCells::run(ActivityContext& context, const Input& input) {
  if (!input.whole && !input.value.is(Type::text))
    return wrong_argument("whole: false 时 value 应为文本", "with whole: false, value is a text");
  if (input.value.is(Type::nothing) || (!input.whole && input.value.text().empty()))
    return wrong_argument("value 不能为空", "value is something, not nothing");
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(auto place, place_of(open, input.sheet, input.range));
  std::vector<ColumnBuilder> builders;
  for (const auto type : {ColumnType::text, ColumnType::text, ColumnType::any}) builders.emplace_back(type);
  QUANJI_DO(each_cell(context, book, open, place, false, [&](Cell at, const RowCell& cell) -> Outcome<bool> {
    const bool is_it = input.whole ? cell.value == input.value
                                   : cell.value.is(Type::text) && cell.value.text().find(input.value.text()) != std::string::npos;
    if (!is_it) return true;
    if (builders[0].size() * 3 >= most_cells) return too_many(place.sheet);
    builders[0].add_text(place.sheet);
    builders[1].add_text(to_text(at));
    builders[2].add(cell.value);
    return true;
  }));
  return Output{table_of({"sheet", "cell", "value"}, std::move(builders))};
}

}  // namespace quanji::activities::excel
