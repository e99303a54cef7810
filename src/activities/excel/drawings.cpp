// Charts and pictures on sheets.
#include <fmt/format.h>

#include <cmath>

#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "devices/picture.h"
#include "workbook/xlsx_structure.h"

namespace quanji::activities::excel {

using namespace documents;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(AddChart::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "放在哪张工作表；不给就是第一张看得见的", "The sheet it stands on; the first that can be seen when not given"),
              QF(cell, "左上角，如 E2", "Its upper left cell, like E2"),
              QF(name, "图表的名字；同名的被替换", "Its name; one of that name is replaced"),
              QF(kind, "柱、条、线、饼、面积、散点", "column, bar, line, pie, area, scatter", .fallback = "\"column\""),
              QF(range, "数据（同一张工作表）：第一行是名字，第一列是类别",
                 "The data, on the same sheet: names in the first row, categories in the first column"),
              QF(title, "标题", "Its title", .max = 255))
QUANJI_FIELDS(AddImage::Input, QF(picture, "图片文件（png、jpg；bmp 转成 png）", "The picture's file (png, jpg; bmp becomes png)"),
              QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "放在哪张工作表；不给就是第一张看得见的", "The sheet it stands on; the first that can be seen when not given"),
              QF(cell, "左上角，如 E2", "Its upper left cell, like E2"),
              QF(name, "图片的名字；同名的被替换", "Its name; one of that name is replaced"),
              QF(scale, "比例；1 为原大小", "1 is its own size", .fallback = "1"))

ActivityInfo AddChart::info() {
  ActivityInfo info;
  info.id = "excel.add_chart";
  info.title = {"加图表", "Add a chart"};
  info.sentence = {"加图表，八列宽、十六行高；同名的被替换。",
                   "Adds a chart, eight columns wide and sixteen rows high; one of that name is replaced."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"柱形图", "Columns"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{月: 一月, 笔数: 3}, {月: 二月, 笔数: 5}]}, to: book.xlsx}
- do: excel.add_chart
  with: {file: book.xlsx, cell: D2, name: 笔数, range: 'A1:B3', title: 每月笔数}
  save: file
- do: excel.read_range
  with: {file: =file}
  save: rows
- return: {rows: =len(rows)}
)",
                    R"({"rows":3})"}};
  return info;
}
Outcome<AddChart::Output> AddChart::run(ActivityContext& context, const Input& input) {
  workbook::ChartAdding chart;
  chart.name = input.name;
  chart.form = static_cast<workbook::ChartForm>(input.kind);
  chart.title = input.title.value_or("");
  QUANJI_TRY(chart.at, cell_of(input.cell));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(const auto place, place_of(open, input.sheet, input.range));
  if (!place.range || place.range->last.row == workbook::most_rows || place.range->last.column == workbook::most_columns)
    return wrong_argument("range 应为一块区域，如 A1:C10", "range is a block like A1:C10");
  chart.data = *place.range;
  const auto columns = chart.data.last.column - chart.data.first.column + 1;
  if (chart.data.first.row == chart.data.last.row || columns > 256 || (input.kind == ChartShape::pie && columns > 2))
    return wrong_argument("range 的第一行是名字，下面是数；至多 256 列，饼图只有一列数",
                          "range has names in its first row and numbers below; at most 256 columns, a pie one of numbers");
  if (input.name.empty()) return wrong_argument("name 不能为空", "name is not empty");
  QUANJI_DO(
      book.replace([&](const std::string& from, const std::string& to) { return workbook::add_chart(from, to, place.sheet, chart); }));
  return Output{book.file()};
}

ActivityInfo AddImage::info() {
  ActivityInfo info;
  info.id = "excel.add_image";
  info.title = {"插入图片", "Add a picture"};
  info.sentence = {"插入图片；同名的被替换。", "Adds a picture; one of that name is replaced."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"放一张小图", "A small picture"},
                    R"(- python: |
    import struct
    head = b'BM' + struct.pack('<IIIIiiHHIIiiII', 78, 0, 54, 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0)
    with open('seal.bmp', 'wb') as file:
        file.write(head + bytes(24))
- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}]}, to: book.xlsx}
- do: excel.add_image
  with: {picture: seal.bmp, file: book.xlsx, cell: C3, name: 章, scale: 10}
  save: file
- do: excel.read_cell
  with: {file: =file, cell: A2}
  save: value
- return: {value: =value}
)",
                    R"({"value":1})"}};
  return info;
}
Outcome<AddImage::Output> AddImage::run(ActivityContext& context, const Input& input) {
  workbook::PictureAdding adding;
  adding.name = input.name;
  QUANJI_TRY(adding.at, cell_of(input.cell));
  if (input.name.empty()) return wrong_argument("name 不能为空", "name is not empty");
  const auto path = documents::place_of(context, input.picture);
  QUANJI_TRY(adding.bytes, read_whole_file(context, path, devices::PictureLimits{}.bytes));
  // Read whole, so that a broken file does not come into the workbook.
  const auto picture = devices::read_picture(adding.bytes, shown_name(path));
  if (!picture.ok()) return document_failure(picture.error());
  const auto format = devices::picture_info(adding.bytes, shown_name(path))->format;
  adding.ending = format == devices::PictureFormat::jpg ? "jpeg" : "png";
  if (format == devices::PictureFormat::bmp) {
    auto png = devices::write_picture(*picture, devices::PictureFormat::png);
    if (!png.ok()) return document_failure(png.error());
    adding.bytes = std::move(*png);
  }
  const double scale = input.scale.approximate();
  const double width = std::round(picture->width * scale), height = std::round(picture->height * scale);
  if (!(scale > 0) || width < 1 || height < 1 || width > 20'000 || height > 20'000)
    return wrong_argument(fmt::format("scale 使图片成为 {}×{} 像素；应在 1 到 20000 之间", width, height),
                          fmt::format("scale makes the picture {}×{} pixels; each side is 1 to 20000", width, height));
  adding.width = static_cast<std::uint32_t>(width);
  adding.height = static_cast<std::uint32_t>(height);
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(const auto place, place_of(open, input.sheet, std::nullopt));
  QUANJI_DO(
      book.replace([&](const std::string& from, const std::string& to) { return workbook::add_picture(from, to, place.sheet, adding); }));
  return Output{book.file()};
}

}  // namespace quanji::activities::excel
