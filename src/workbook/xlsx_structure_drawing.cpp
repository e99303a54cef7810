// Charts and pictures on sheets. Source of the formats: ECMA-376 part 1, 20.5 (drawings) and 21.2 (charts).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "workbook/cell_text.h"
#include "workbook/formula_text.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xlsx_package_edit.h"
#include "workbook/xlsx_structure.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

constexpr std::string_view xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view drawing_space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing";
constexpr std::string_view main_space = "http://schemas.openxmlformats.org/drawingml/2006/main";
constexpr std::string_view chart_space = "http://schemas.openxmlformats.org/drawingml/2006/chart";
constexpr std::string_view relation_space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::uint64_t units_of_pixel = 9'525;  // of 96 an inch

std::string_view text_of(std::string_view document, const Tag& tag) { return document.substr(tag.from, tag.to - tag.from); }

// The sheet and its drawing, which is made when there is none.
struct Drawing {
  std::string sheet_name, part, document;
};
base::Result<Drawing> drawing_of(PackageEditing& package, std::string_view sheet) {
  QUANJI_TRY(const auto place, package.find(sheet));
  const auto info = package.book().sheets[place];
  if (!info.has_cells)
    return package.refuse(fmt::format("工作表“{}”没有单元格。", info.name), fmt::format("the sheet \"{}\" has no cells.", info.name));
  QUANJI_TRY(const auto related, package.relationships(info.part));
  for (const auto& one : related)
    if (one.type == "drawing" && !one.external && package.has(one.target)) {
      QUANJI_TRY(auto document, package.part(one.target));
      return Drawing{info.name, one.target, std::move(document)};
    }
  Drawing made{info.name, package.free_name("xl/drawings/drawing{}.xml"),
               fmt::format("{}<xdr:wsDr xmlns:xdr=\"{}\" xmlns:a=\"{}\"></xdr:wsDr>", xml_head, drawing_space, main_space)};
  QUANJI_TRY(const auto id, package.relate(info.part, "drawing", made.part));
  QUANJI_TRY(const auto document, package.part(info.part));
  QUANJI_TRY(auto with, with_child(document, "drawing",
                                   fmt::format("<{}drawing xmlns:qr=\"{}\" qr:id=\"{}\"/>", root_prefix(document), relation_space, id)));
  package.put(info.part, std::move(with));
  package.put(made.part, made.document);
  QUANJI_DO(package.declare(made.part, "application/vnd.openxmlformats-officedocument.drawing+xml"));
  return made;
}

// Takes out what has the name, and what it alone refers to. The next free number for a shape.
base::Result<std::uint32_t> take_out(PackageEditing& package, Drawing& drawing, std::string_view name) {
  std::uint32_t next = 2;
  std::size_t from = 0, to = 0;
  std::vector<std::string> ids;
  const std::string_view document = drawing.document;
  TagReader reader(document);
  reader.next();
  for (auto anchor = reader.next(); anchor.kind != TagKind::end && anchor.kind != TagKind::close; anchor = reader.next()) {
    const auto end = reader.skip(anchor);
    bool is_it = false;
    std::vector<std::string> its;
    TagReader inside(document.substr(0, end), anchor.to);
    for (auto tag = inside.next(); tag.kind != TagKind::end; tag = inside.next()) {
      if (tag.kind == TagKind::close) continue;
      const auto text = text_of(document, tag);
      if (tag.local == "cNvPr") {
        is_it = is_it || plain_xml(attribute_of(text, "name").value_or("")) == name;
        std::uint32_t id = 0;
        const auto said = attribute_of(text, "id").value_or("");
        std::from_chars(said.data(), said.data() + said.size(), id);
        if (id < 1'000'000'000) next = std::max(next, id + 1);
      } else if (tag.local == "chart" || tag.local == "blip") {
        for (const char* attribute : {"r:id", "r:embed"})
          if (const auto id = attribute_of(text, attribute)) its.emplace_back(*id);
      }
    }
    if (is_it && to == 0) {
      from = anchor.from;
      to = end;
      ids = std::move(its);
    }
  }
  if (to == 0) return next;
  QUANJI_TRY(const auto related, package.relationships(drawing.part));
  for (const auto& one : related) {
    if (std::ranges::find(ids, one.id) == ids.end()) continue;
    QUANJI_DO(package.unrelate(drawing.part, one.id));
    // A picture may be used in other places; those put here by this file never are.
    if (!one.external && package.has(one.target) && (one.type == "chart" || one.target.starts_with("xl/media/placed")))
      package.drop(one.target);
  }
  drawing.document.erase(from, to - from);
  return next;
}

base::Status put_anchor(PackageEditing& package, Drawing& drawing, const std::string& anchor) {
  const auto end = drawing.document.rfind("</");
  if (end == std::string::npos) {
    TagReader reader(drawing.document);
    const auto root = reader.next();
    if (root.kind != TagKind::empty) return package.refuse("绘图部件已损坏。", "the part of drawings is damaged.");
    auto open = std::string(text_of(drawing.document, root));
    open.erase(open.rfind('/'), 1);
    drawing.document = drawing.document.substr(0, root.from) + open + anchor + fmt::format("</{}>", root.name);
  } else {
    drawing.document.insert(end, anchor);
  }
  package.put(drawing.part, drawing.document);
  return {};
}
std::string corner(std::string_view name, std::uint32_t row, std::uint32_t column) {
  return fmt::format("<xdr:{0}><xdr:col>{1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{2}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{0}>",
                     name, column, row);
}

// ---- the chart itself ----
std::string reference(std::string_view sheet, const Range& range) {
  const auto cell = [](Cell at) { return fmt::format("${}${}", column_letters(at.column), at.row); };
  const auto block = range.first == range.last ? cell(range.first) : cell(range.first) + ":" + cell(range.last);
  return escaped_xml(quoted_sheet(sheet) + "!" + block);
}
std::string series(const ChartAdding& chart, std::string_view sheet, std::uint32_t number, std::uint32_t column, bool categories) {
  const auto& data = chart.data;
  const Range values{{data.first.row + 1, column}, {data.last.row, column}},
      names{{data.first.row + 1, data.first.column}, {data.last.row, data.first.column}};
  std::string out = fmt::format("<c:ser><c:idx val=\"{0}\"/><c:order val=\"{0}\"/><c:tx><c:strRef><c:f>{1}</c:f></c:strRef></c:tx>", number,
                                reference(sheet, {{data.first.row, column}, {data.first.row, column}}));
  if (chart.form == ChartForm::scatter) {
    out += "<c:spPr><a:ln w=\"19050\"><a:noFill/></a:ln></c:spPr>";
    if (categories) out += fmt::format("<c:xVal><c:numRef><c:f>{}</c:f></c:numRef></c:xVal>", reference(sheet, names));
    out += fmt::format("<c:yVal><c:numRef><c:f>{}</c:f></c:numRef></c:yVal><c:smooth val=\"0\"/>", reference(sheet, values));
  } else {
    if (chart.form == ChartForm::line) out += "<c:marker><c:symbol val=\"none\"/></c:marker>";
    if (categories) out += fmt::format("<c:cat><c:strRef><c:f>{}</c:f></c:strRef></c:cat>", reference(sheet, names));
    out += fmt::format("<c:val><c:numRef><c:f>{}</c:f></c:numRef></c:val>", reference(sheet, values));
    if (chart.form == ChartForm::line) out += "<c:smooth val=\"0\"/>";
  }
  return out + "</c:ser>";
}
std::string axis(std::string_view element, int id, int other, std::string_view side, std::string_view more, std::string_view last) {
  return fmt::format(
      "<c:{0}><c:axId val=\"{1}\"/><c:scaling><c:orientation val=\"minMax\"/></c:scaling><c:delete val=\"0\"/><c:axPos "
      "val=\"{3}\"/>{4}<c:majorTickMark "
      "val=\"out\"/><c:minorTickMark val=\"none\"/><c:tickLblPos val=\"nextTo\"/><c:crossAx val=\"{2}\"/><c:crosses "
      "val=\"autoZero\"/>{5}</c:{0}>",
      element, id, other, side, more, last);
}
std::string chart_part(const ChartAdding& chart, std::string_view sheet) {
  const auto& data = chart.data;
  const bool categories = data.first.column != data.last.column;
  std::string all;
  for (auto column = data.first.column + (categories ? 1 : 0), number = 0U; column <= data.last.column; ++column)
    all += series(chart, sheet, number++, column, categories);
  constexpr std::string_view axes = "<c:axId val=\"500001\"/><c:axId val=\"500002\"/>", varied = "<c:varyColors val=\"0\"/>";
  std::string plot;
  switch (chart.form) {
    case ChartForm::column:
    case ChartForm::bar:
      plot = fmt::format("<c:barChart><c:barDir val=\"{}\"/><c:grouping val=\"clustered\"/>{}{}<c:gapWidth val=\"150\"/>{}</c:barChart>",
                         chart.form == ChartForm::bar ? "bar" : "col", varied, all, axes);
      break;
    case ChartForm::line:
      plot = fmt::format("<c:lineChart><c:grouping val=\"standard\"/>{}{}<c:marker val=\"1\"/>{}</c:lineChart>", varied, all, axes);
      break;
    case ChartForm::pie:
      plot = fmt::format("<c:pieChart><c:varyColors val=\"1\"/>{}<c:firstSliceAng val=\"0\"/></c:pieChart>", all);
      break;
    case ChartForm::area:
      plot = fmt::format("<c:areaChart><c:grouping val=\"standard\"/>{}{}{}</c:areaChart>", varied, all, axes);
      break;
    case ChartForm::scatter:
      plot = fmt::format("<c:scatterChart><c:scatterStyle val=\"lineMarker\"/>{}{}{}</c:scatterChart>", varied, all, axes);
      break;
  }
  const bool lying = chart.form == ChartForm::bar, points = chart.form == ChartForm::scatter;
  constexpr std::string_view numbers = "<c:numFmt formatCode=\"General\" sourceLinked=\"1\"/>";
  if (chart.form != ChartForm::pie) {
    plot += points ? axis("valAx", 500001, 500002, "b", numbers, "<c:crossBetween val=\"midCat\"/>")
                   : axis("catAx", 500001, 500002, lying ? "l" : "b", "",
                          "<c:auto val=\"1\"/><c:lblAlgn val=\"ctr\"/><c:lblOffset val=\"100\"/>");
    plot += axis("valAx", 500002, 500001, lying ? "b" : "l", "<c:majorGridlines/>" + std::string(numbers),
                 fmt::format("<c:crossBetween val=\"{}\"/>", points || chart.form == ChartForm::area ? "midCat" : "between"));
  }
  const auto title = chart.title.empty()
                         ? std::string("<c:autoTitleDeleted val=\"1\"/>")
                         : fmt::format(
                               "<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:t>{}</a:t></a:r></a:p></c:rich></c:tx><c:overlay "
                               "val=\"0\"/></c:title><c:autoTitleDeleted val=\"0\"/>",
                               escaped_xml(chart.title));
  return fmt::format(
      "{}<c:chartSpace xmlns:c=\"{}\" xmlns:a=\"{}\"><c:roundedCorners "
      "val=\"0\"/><c:chart>{}<c:plotArea><c:layout/>{}</c:plotArea><c:legend><c:legendPos "
      "val=\"r\"/><c:overlay val=\"0\"/></c:legend><c:plotVisOnly val=\"1\"/><c:dispBlanksAs val=\"gap\"/></c:chart></c:chartSpace>",
      xml_head, chart_space, main_space, title, plot);
}

base::Status name_may_be(std::string_view name) {
  if (!name.empty() && utf16_length(name) <= 255 && name.find_first_of(std::string_view("\0\n\r\t", 4)) == std::string_view::npos)
    return {};
  return base::Error(base::Code::invalid_field, base::Text("图表和图片的名字应有 1 到 255 个字符，不含换行。",
                                                           "the name of a chart or picture has 1 to 255 characters without line ends."));
}

}  // namespace

base::Status add_chart(const std::string& from, const std::string& to, std::string_view sheet, const ChartAdding& chart) {
  QUANJI_DO(name_may_be(chart.name));
  const auto columns = chart.data.last.column - chart.data.first.column + 1;
  if (chart.data.first.row == chart.data.last.row || columns > 256 || (chart.form == ChartForm::pie && columns > 2))
    return base::Error(
        base::Code::invalid_field,
        base::Text("图表的区域第一行是名字，下面是数；至多 256 列，饼图一列数。",
                   "the range of a chart has names in its first row and numbers below; at most 256 columns, a pie one of numbers."));
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(auto drawing, drawing_of(package, sheet));
  QUANJI_TRY(const auto number, take_out(package, drawing, chart.name));
  const auto part = package.free_name("xl/charts/chart{}.xml");
  package.put(part, chart_part(chart, drawing.sheet_name));
  QUANJI_DO(package.declare(part, "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"));
  QUANJI_TRY(const auto id, package.relate(drawing.part, "chart", part));
  const auto row = chart.at.row - 1, column = chart.at.column - 1;
  QUANJI_DO(put_anchor(package, drawing,
                       fmt::format("<xdr:twoCellAnchor xmlns:xdr=\"{}\" xmlns:a=\"{}\" xmlns:r=\"{}\">{}{}<xdr:graphicFrame "
                                   "macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"{}\" "
                                   "name=\"{}\"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/><a:ext "
                                   "cx=\"0\" cy=\"0\"/></xdr:xfrm><a:graphic>"
                                   "<a:graphicData uri=\"{}\"><c:chart xmlns:c=\"{}\" "
                                   "r:id=\"{}\"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>",
                                   drawing_space, main_space, relation_space, corner("from", row, column),
                                   corner("to", std::min(row + 16, most_rows - 1), std::min(column + 8, most_columns - 1)), number,
                                   escaped_xml(chart.name), chart_space, chart_space, id)));
  return package.save(to);
}

base::Status add_picture(const std::string& from, const std::string& to, std::string_view sheet, const PictureAdding& picture) {
  QUANJI_DO(name_may_be(picture.name));
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(auto drawing, drawing_of(package, sheet));
  QUANJI_TRY(const auto number, take_out(package, drawing, picture.name));
  const auto part = package.free_name("xl/media/placed{}." + picture.ending);
  package.put(part, picture.bytes);
  QUANJI_DO(package.declare_ending(picture.ending, "image/" + picture.ending));
  QUANJI_TRY(const auto id, package.relate(drawing.part, "image", part));
  const auto wide = std::uint64_t{picture.width} * units_of_pixel, high = std::uint64_t{picture.height} * units_of_pixel;
  QUANJI_DO(put_anchor(package, drawing,
                       fmt::format("<xdr:oneCellAnchor xmlns:xdr=\"{}\" xmlns:a=\"{}\" xmlns:r=\"{}\">{}<xdr:ext cx=\"{}\" "
                                   "cy=\"{}\"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"{}\" "
                                   "name=\"{}\"/><xdr:cNvPicPr><a:picLocks "
                                   "noChangeAspect=\"1\"/></xdr:cNvPicPr></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"{}\"/><a:stretch>"
                                   "<a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{}\" "
                                   "cy=\"{}\"/></a:xfrm><a:prstGeom "
                                   "prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor>",
                                   drawing_space, main_space, relation_space, corner("from", picture.at.row - 1, picture.at.column - 1),
                                   wide, high, number, escaped_xml(picture.name), id, wide, high)));
  return package.save(to);
}

}  // namespace quanji::workbook
