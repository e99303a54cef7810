// Our side of the comparison with other programs: reads and writes workbooks as JSON says.
//   workbook_cross write FILE   < {"sheets": [{"name", "columns": [name…], "rows": [[{"t": type, "v": text} or null…]…]}…]}
//   workbook_cross read FILE    > {"sheets": [{"name", "state", "merged": ["A1:B2"…], "cells": {"A1": {"t", "v"}…}}…]}
//   workbook_cross formula FILE SHEET CELL
//   workbook_cross csv FILE     > the first sheet as CSV
//   workbook_cross edit FROM TO < {"sheet", "cells": {"A1": {"t", "v"}…}, "append": [[…]…]}
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "workbook/csv.h"
#include "workbook/xlsx_edit.h"
#include "workbook/xlsx_read.h"
#include "workbook/xlsx_write.h"

namespace {

using namespace quanji;
namespace json = boost::json;
using values::Value;

void must(const base::Status& status) {
  if (status.ok()) return;
  std::cerr << status.error().message().en << " " << status.error().detail() << "\n";
  std::exit(1);
}
template <class T>
T take(base::Result<T> result) {
  if (!result.ok()) must(std::move(result).error());
  return std::move(*result);
}
std::string_view view(const json::value& v) { return {v.as_string().data(), v.as_string().size()}; }

workbook::CellInput input_of(const json::value& v) {
  if (v.is_null()) return Value();
  const auto type = view(v.at("t"));
  const std::string text(view(v.at("v")));
  if (type == "formula") return workbook::Formula{text};
  if (type == "integer") return Value::of(static_cast<std::int64_t>(std::stoll(text)));
  if (type == "decimal") return Value::of(take(values::Decimal::parse(text)));
  if (type == "bool") return Value::of(text == "true");
  if (type == "date") return Value::of(take(base::parse_date(text)));
  if (type == "time") return Value::of(take(values::parse_time_of_day(text)));
  if (type == "datetime") return Value::of(take(values::parse_datetime(text)));
  return Value::of(text);
}
json::value stdin_json() { return json::parse(std::string(std::istreambuf_iterator<char>(std::cin), {})); }
std::vector<workbook::CellInput> row_of(const json::value& row) {
  std::vector<workbook::CellInput> out;
  for (const auto& cell : row.as_array()) out.push_back(input_of(cell));
  return out;
}

void write(const std::string& path) {
  const auto plan = stdin_json();
  auto writer = take(workbook::WorkbookWriter::create(path, workbook::Existing::replace, {}));
  for (const auto& sheet : plan.at("sheets").as_array()) {
    workbook::SheetWriting writing;
    writing.name = view(sheet.at("name"));
    std::vector<std::string> names;
    for (const auto& name : sheet.at("columns").as_array()) names.emplace_back(view(name));
    must(writer.begin_sheet(std::move(names), writing));
    for (const auto& row : sheet.at("rows").as_array()) must(writer.add(row_of(row)));
    must(writer.end_sheet());
  }
  take(writer.close());
}

void read(const std::string& path) {
  auto book = take(workbook::Workbook::open(path));
  json::array sheets;
  for (const auto& info : book.sheets()) {
    json::object cells;
    workbook::SheetReading reading;
    reading.sheet = info.name;
    must(book.each_row(reading, [&](std::uint32_t row, std::span<const workbook::RowCell> found) -> base::Result<bool> {
      for (const auto& cell : found)
        cells[workbook::to_text(workbook::Cell{row, cell.column})] = {
            {"t", values::word_of(cell.value.type())},
            {"v", cell.value.is(values::Type::decimal) ? cell.value.decimal().plain() : cell.value.display()}};
      return true;
    }));
    json::array merged;
    for (const auto& range : take(book.merged(info.name))) merged.emplace_back(workbook::to_text(range));
    sheets.push_back({{"name", info.name},
                      {"state", info.state == workbook::SheetState::visible  ? "visible"
                                : info.state == workbook::SheetState::hidden ? "hidden"
                                                                             : "veryHidden"},
                      {"merged", std::move(merged)},
                      {"cells", std::move(cells)}});
  }
  std::cout << json::serialize(json::object{{"sheets", std::move(sheets)}}) << "\n";
}

void edit(const std::string& from, const std::string& to) {
  const auto plan = stdin_json();
  auto editor = take(workbook::WorkbookEditor::open(from));
  const std::string sheet(view(plan.at("sheet")));
  if (const auto* cells = plan.as_object().if_contains("cells"))
    for (const auto& [at, input] : cells->as_object())
      must(editor.set(sheet, take(workbook::parse_cell({at.data(), at.size()})), input_of(input)));
  if (const auto* rows = plan.as_object().if_contains("append"))
    for (const auto& row : rows->as_array()) must(editor.append(sheet, row_of(row)));
  for (const auto& note : take(editor.save(to, workbook::Existing::replace)).notes) std::cout << note.en << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string word = argc > 2 ? argv[1] : "";
  if (word == "write") {
    write(argv[2]);
  } else if (word == "read") {
    read(argv[2]);
  } else if (word == "formula" && argc > 4) {
    auto book = take(workbook::Workbook::open(argv[2]));
    std::cout << take(book.cell(argv[3], take(workbook::parse_cell(argv[4])))).formula << "\n";
  } else if (word == "csv") {
    auto book = take(workbook::Workbook::open(argv[2]));
    std::cout << take(workbook::csv_text(*take(book.table({})).table, {}));
  } else if (word == "edit" && argc > 3) {
    edit(argv[2], argv[3]);
  } else {
    return 2;
  }
  return 0;
}
