// New workbooks.
#include <fmt/format.h>

#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "activities/excel/look.h"
#include "workbook/xlsx_write.h"

namespace quanji::activities::excel {

using namespace documents;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Table;
using values::TablePtr;
using values::Type;

QUANJI_FIELDS(WriteWorkbook::Input, QF(sheets, "工作表名 → 表，或 → {table, look}", "Sheet name → table, or → {table, look}"),
              QF(to, "目标文件", "The target"),
              QF(look, "外观：freeze、filter、header、title、number_formats、widths、colours",
                 "Look: freeze, filter, header, title, number_formats, widths, colours", .fallback = "{}"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"replace\""))

namespace {

// Adds a table to a new workbook in pieces, so that a stop is seen.
Outcome<void> add_sheet(ActivityContext& context, workbook::WorkbookWriter& writer, const Table& table,
                        const workbook::SheetWriting& plan) {
  if (auto begun = writer.begin_sheet(table.names(), plan); !begun.ok()) return sheet_failure(begun.error());
  QUANJI_DO(context.go_on());
  if (auto added = writer.add(table); !added.ok()) return sheet_failure(added.error());
  QUANJI_DO(context.go_on());
  if (auto ended = writer.end_sheet(); !ended.ok()) return sheet_failure(ended.error());
  return {};
}
void tell(ActivityContext& context, const std::vector<base::Text>& notes) {
  for (const auto& note : notes) context.log(engine::LogLevel::warn, note.zh);
}

// What `sheets` has under one name.
struct OneSheet {
  TablePtr table;
  values::Map look;
};
Outcome<OneSheet> sheet_input(const std::string& name, const Value& value, const values::Map& look) {
  const auto as_table = [&](const Value& from) -> Outcome<TablePtr> {
    if (from.is(Type::table)) return from.shared_table();
    if (from.is(Type::list)) {
      auto made = Table::of_rows(from.list());
      if (made.ok()) return std::make_shared<const Table>(std::move(*made));
      return argument_failure(made.error());
    }
    return wrong_argument(fmt::format("sheets/{} 应为表、由映射组成的列表，或 {{table, look}}", name),
                          fmt::format("sheets/{} is a table, a list of maps, or {{table, look}}", name));
  };
  OneSheet sheet{nullptr, look};
  if (!value.is(Type::map)) {
    QUANJI_TRY(sheet.table, as_table(value));
    return sheet;
  }
  for (const auto& [word, what] : value.map()) {
    if (word == "table") {
      QUANJI_TRY(sheet.table, as_table(what));
    } else if (word == "look" && what.is(Type::map)) {
      sheet.look = what.map();
    } else {
      return wrong_argument(fmt::format("sheets/{}/{} 不认识；只有 table 和 look", name, word),
                            fmt::format("sheets/{}/{} is unknown; there are table and look", name, word));
    }
  }
  if (!sheet.table) return wrong_argument(fmt::format("sheets/{} 缺少 table", name), fmt::format("sheets/{} lacks its table", name));
  return sheet;
}

}  // namespace

ActivityInfo WriteWorkbook::info() {
  ActivityInfo info;
  info.id = "excel.write_workbook";
  info.title = {"写新工作簿", "Write a workbook"};
  info.sentence = {"把若干表写成新工作簿，每张表一个工作表（百万格，内存恒定）。超过 15 位的数字按文本写，读回不变。",
                   "Writes tables as a new workbook, a sheet each (a million cells, constant memory). Numbers of more than 15 digits are "
                   "written as text, "
                   "so that they are read back the same."};
  info.effect = flow::Effect::repeatable;
  info.errors = writing_errors() +
                std::vector<engine::ErrorCode>{
                    {"bad_value",
                     flow::ErrorKind::business,
                     {"值写不进单元格，或工作表名不能用；说明位置",
                      "A value that fits into no cell, or a sheet's name that may not be: the place is told"}},
                    {"too_large",
                     flow::ErrorKind::business,
                     {"超过 1048576 行或 16384 列；分到多张工作表", "More than 1 048 576 rows or 16 384 columns; spread it over sheets"}}};
  info.examples = {{{"两张表", "Two sheets"},
                    R"(- do: excel.write_workbook
  with:
    sheets:
      差异: [{代码: '000001', 金额: =Decimal('1234.50')}]
      汇总:
        table: [{项: 笔数, 值: 1}]
        look: {widths: {项: 20}}
    to: breaks.xlsx
    look: {freeze: 1, filter: true}
  save: report
- do: excel.list_sheets
  with: {file: =report}
  save: sheets
- return: {sheets: "=[row['name'] for row in sheets]"}
)",
                    R"({"sheets":["差异","汇总"]})"}};
  return info;
}
Outcome<WriteWorkbook::Output> WriteWorkbook::run(ActivityContext& context, const Input& input) {
  if (input.sheets.empty()) return wrong_argument("sheets 至少要有一张工作表", "sheets has at least one");
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  std::vector<std::pair<workbook::SheetWriting, TablePtr>> plans;
  for (const auto& [name, value] : input.sheets) {
    QUANJI_TRY(auto sheet, sheet_input(name, value, input.look));
    workbook::SheetWriting plan;
    plan.name = name;
    // What is said for all sheets may name columns that only some of them have.
    auto look = sheet.look;
    if (value.type() != Type::map || value.find("look") == nullptr)
      for (auto& [word, what] : look)
        if (what.is(Type::map)) {
          values::Map own;
          for (const auto& [column, one] : what.map())
            if (sheet.table->find(column) || column == "header") own.emplace_back(column, one);
          what = Value::of(std::move(own));
        }
    QUANJI_DO(take_look(look, sheet.table->names(), plan));
    plans.emplace_back(std::move(plan), sheet.table);
  }
  auto writer = workbook::WorkbookWriter::create(target.draft(), workbook::Existing::replace, written_at);
  if (!writer.ok()) return document_failure(writer.error());
  for (const auto& [plan, table] : plans) QUANJI_DO(add_sheet(context, *writer, *table, plan));
  auto written = writer->close();
  if (!written.ok()) return document_failure(written.error());
  tell(context, written->notes);
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

}  // namespace quanji::activities::excel
