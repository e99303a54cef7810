#include "workbook/xlsx_structure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "workbook/xlsx_edit.h"
#include "workbook/xlsx_read.h"
#include "workbook/zip_testing.h"

namespace quanji::workbook {
namespace {

using values::Value;

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)
#define EXPECT_HAS_NOT(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

constexpr std::string_view three_sheets =
    R"(<bookViews><workbookView activeTab="2" firstSheet="1"/></bookViews>)"
    R"(<sheets><sheet name="S" sheetId="1" r:id="rId1"/><sheet name="B" sheetId="2" r:id="rId8"/><sheet name="C" sheetId="3" r:id="rId9"/></sheets>)"
    R"(<definedNames><definedName name="all">S!$A$1:$B$2</definedName><definedName name="own" localSheetId="1">B!$A$1</definedName>)"
    R"(<definedName name="last" localSheetId="2">1</definedName></definedNames>)";

class Structure : public testing::Test {
 protected:
  Structure() {
    std::string name = (std::filesystem::temp_directory_path() / "structure-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ + "/a.xlsx";
  }
  ~Structure() override { std::filesystem::remove_all(folder_); }

  static std::string sheet(std::string_view inside) {
    return R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">)" +
           std::string(inside) + "</worksheet>";
  }
  // Sheets S, B and C; B has a formula, a link and rules that name S, and there is a chart that does.
  void put_three() {
    auto entries = workbook_entries(R"(<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>)", {"0.00"}, three_sheets);
    insert(
        entries, "[Content_Types].xml", "</Types>",
        R"(<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>)"
        R"(<Override PartName="/xl/worksheets/sheet3.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>)");
    insert(
        entries, "xl/_rels/workbook.xml.rels", "</Relationships>",
        R"(<Relationship Id="rId8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/>)"
        R"(<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet3.xml"/>)");
    entries.push_back(
        {"xl/worksheets/sheet2.xml",
         sheet(
             R"(<sheetData><row r="1"><c r="A1"><f>S!A1&amp;"S!A1"</f><v>1</v></c></row></sheetData>)"
             R"(<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>'s'!$A$1&gt;0</formula></cfRule></conditionalFormatting>)"
             R"(<hyperlinks><hyperlink ref="A1" location="S!A1"/></hyperlinks>)")});
    entries.push_back({"xl/worksheets/sheet3.xml", sheet("<sheetData/>")});
    entries.push_back(
        {"xl/charts/chart1.xml",
         R"(<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:f>S!$A$1:$A$2</c:f></c:chartSpace>)"});
    put(entries);
  }
  static void insert(std::vector<ZipEntry>& entries, std::string_view name, std::string_view before, std::string_view what) {
    for (auto& entry : entries)
      if (entry.name == name) entry.bytes.insert(entry.bytes.find(before), what);
  }
  void put(const std::vector<ZipEntry>& entries) { std::ofstream(file_, std::ios::binary) << zip_of(entries); }
  std::string part(std::string_view name) const {
    auto parts = ZipParts::open(file_, {});
    auto whole = parts->whole(name, 1U << 24U);
    return whole.ok() ? *whole : std::string();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    const auto book = Workbook::open(file_);
    for (const auto& one : book->sheets()) all.push_back(one.name);
    return all;
  }
  static std::string said(const base::Status& status) { return status.ok() ? "done" : status.error().message().en; }
  using Names = std::vector<std::string>;
  std::string folder_, file_;
};

TEST_F(Structure, ARenamedSheetIsFollowedByFormulasNamesChartsLinksAndRules) {
  put_three();
  ASSERT_EQ(said(rename_sheet(file_, file_, "s", "It's <1>")), "done");
  EXPECT_EQ(names(), (Names{"It's <1>", "B", "C"}));
  EXPECT_HAS(part("xl/worksheets/sheet2.xml"), "<f>'It''s &lt;1&gt;'!A1&amp;&quot;S!A1&quot;</f>");
  EXPECT_HAS(part("xl/worksheets/sheet2.xml"), "<formula>'It''s &lt;1&gt;'!$A$1&gt;0</formula>");
  EXPECT_HAS(part("xl/worksheets/sheet2.xml"), "location=\"'It''s &lt;1&gt;'!A1\"");
  EXPECT_HAS(part("xl/charts/chart1.xml"), "<c:f>'It''s &lt;1&gt;'!$A$1:$A$2</c:f>");
  EXPECT_HAS(part("xl/workbook.xml"), "<definedName name=\"all\">'It''s &lt;1&gt;'!$A$1:$B$2</definedName>");
  EXPECT_EQ(rename_sheet(file_, file_, "B", "c").error().code(), base::Code::name_taken);
  EXPECT_EQ(rename_sheet(file_, file_, "X", "Y").error().code(), base::Code::not_found);
  EXPECT_EQ(said(rename_sheet(file_, file_, "B", "b")), "done");  // only its case
}
TEST_F(Structure, ASheetBeforeAnotherMovesNamesAndTheOneInFront) {
  put_three();
  ASSERT_EQ(said(add_sheet(file_, file_, "N", "B")), "done");
  EXPECT_EQ(names(), (Names{"S", "N", "B", "C"}));
  const auto workbook = part("xl/workbook.xml");
  EXPECT_HAS(workbook, R"(name="own" localSheetId="2")");
  EXPECT_HAS(workbook, R"(name="last" localSheetId="3")");
  EXPECT_HAS(workbook, R"(activeTab="3" firstSheet="2")");
  ASSERT_EQ(said(add_sheet(file_, file_, "Z", std::nullopt)), "done");
  EXPECT_EQ(names().back(), "Z");
  EXPECT_EQ(add_sheet(file_, file_, "z", std::nullopt).error().code(), base::Code::name_taken);
  EXPECT_EQ(add_sheet(file_, file_, "Y", "none").error().code(), base::Code::not_found);
}
TEST_F(Structure, ADeletedSheetTakesItsNamesAndPartsAlongButNoFormulaBreaks) {
  put_three();
  EXPECT_HAS(said(delete_sheet(file_, file_, "S")), "would become #REF!");
  ASSERT_EQ(said(delete_sheet(file_, file_, "B")), "done");
  EXPECT_EQ(names(), (Names{"S", "C"}));
  const auto workbook = part("xl/workbook.xml");
  EXPECT_HAS_NOT(workbook, "\"own\"");
  EXPECT_HAS(workbook, R"(name="last" localSheetId="1")");
  EXPECT_EQ(part("xl/worksheets/sheet2.xml"), "");
  EXPECT_HAS_NOT(part("[Content_Types].xml"), "sheet2.xml");
  EXPECT_HAS_NOT(part("xl/_rels/workbook.xml.rels"), "sheet2.xml");
  put(workbook_entries("<sheetData/>"));
  EXPECT_HAS(said(delete_sheet(file_, file_, "S")), "the only one that can be seen");
}
TEST_F(Structure, ACopyHoldsTheSameAndWhatCannotBeCopiedIsRefused) {
  put_three();
  ASSERT_EQ(said(copy_sheet(file_, file_, "B", "D")), "done");
  EXPECT_EQ(names(), (Names{"S", "B", "C", "D"}));
  EXPECT_EQ(part("xl/worksheets/sheet4.xml"), part("xl/worksheets/sheet2.xml"));
  ASSERT_EQ(said(add_chart(file_, file_, "B", {"c", {1, 1}, ChartForm::column, {{1, 1}, {2, 2}}, ""})), "done");
  EXPECT_HAS(said(copy_sheet(file_, file_, "B", "E")), "has a drawing");
}
TEST_F(Structure, AChartOrPictureOfTheSameNameIsReplaced) {
  put_three();
  for (const auto form : {ChartForm::column, ChartForm::bar, ChartForm::line, ChartForm::pie, ChartForm::area, ChartForm::scatter})
    ASSERT_EQ(said(add_chart(file_, file_, "S", {"金额 & 笔数", {2, 3}, form, {{1, 1}, {9, 2}}, "标题 <1>"})), "done");
  ASSERT_EQ(said(add_picture(file_, file_, "S", {"章", {20, 1}, "png bytes", "png", 10, 20})), "done");
  ASSERT_EQ(said(add_picture(file_, file_, "S", {"章", {30, 1}, "other bytes", "png", 10, 20})), "done");
  const auto drawing = part("xl/drawings/drawing1.xml");
  EXPECT_HAS(drawing, "name=\"金额 &amp; 笔数\"");
  EXPECT_EQ(drawing.find("graphicFrame macro"), drawing.rfind("graphicFrame macro"));
  EXPECT_EQ(drawing.find("<xdr:pic>"), drawing.rfind("<xdr:pic>"));
  EXPECT_HAS(drawing, "<xdr:row>29</xdr:row>");
  EXPECT_HAS(part("xl/worksheets/sheet1.xml"), "</sheetData><drawing ");
  auto parts = ZipParts::open(file_, {});
  std::size_t charts = 0, pictures = 0;
  std::string chart, picture;
  for (const auto& one : parts->parts()) {
    if (one.name.starts_with("xl/charts/") && one.name != "xl/charts/chart1.xml") ++charts, chart = one.name;
    if (one.name.starts_with("xl/media/")) ++pictures, picture = one.name;
  }
  EXPECT_EQ(charts, 1U);
  EXPECT_EQ(pictures, 1U);
  EXPECT_EQ(part(picture), "other bytes");
  EXPECT_HAS(part(chart), "<c:xVal><c:numRef><c:f>'S'!$A$2:$A$9</c:f></c:numRef></c:xVal>");
  EXPECT_HAS(part(chart), "<a:t>标题 &lt;1&gt;</a:t>");
  EXPECT_HAS(part("[Content_Types].xml"), R"(<Default Extension="png" ContentType="image/png"/>)");
  // And what was there stays when a cell is set afterwards.
  auto editor = WorkbookEditor::open(file_);
  ASSERT_TRUE(editor->set("S", {1, 1}, Value::of(std::int64_t{7})).ok());
  ASSERT_TRUE(editor->save(file_, Existing::replace).ok());
  EXPECT_EQ(part("xl/drawings/drawing1.xml"), drawing);
}
TEST_F(Structure, LooksAreChangedWhereAskedAndReadBack) {
  put(workbook_entries(
      R"(<cols><col min="1" max="5" width="9" customWidth="1"/></cols><sheetData><row r="1"><c r="A1" s="1"><v>5</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c></row><row r="3" ht="9"/></sheetData><pageMargins left="1"/>)",
      {"yyyy-mm-dd"}));
  LookChange change;
  change.bold = true;
  change.colour = 0xFF0000;
  change.background = 0x00FF00;
  change.border = BorderLine::thick;
  change.align = Align::center;
  change.size = 10.5;
  ASSERT_EQ(said(change_look(file_, file_, "S", {{1, 1}, {2, 2}}, change)), "done");
  auto look = look_of_cell(file_, "S", {1, 1});
  ASSERT_TRUE(look.ok());
  EXPECT_EQ(look->number_format, "yyyy-mm-dd");  // what is not said stays
  EXPECT_EQ(look->bold, true);
  EXPECT_EQ(look->colour, 0xFF0000U);
  EXPECT_EQ(look->background, 0x00FF00U);
  EXPECT_EQ(look->border, BorderLine::thick);
  EXPECT_EQ(look->align, Align::center);
  EXPECT_EQ(look->size, 10.5);
  EXPECT_EQ(look_of_cell(file_, "S", {2, 2})->bold, true);   // made
  EXPECT_EQ(look_of_cell(file_, "S", {3, 3})->bold, false);  // not asked
  auto book = Workbook::open(file_);
  EXPECT_EQ(book->cell("S", {1, 2})->formula, "\"a\"");
  // Two forms were made (A1's and the rest's), one font, one fill, one border.
  const auto styles = part("xl/styles.xml");
  EXPECT_HAS(styles, "<cellXfs count=\"4\">");
  LookChange width;
  width.width = 20;
  width.hidden = true;
  ASSERT_EQ(said(change_look(file_, file_, "S", {{1, 3}, {most_rows, 7}}, width)), "done");
  EXPECT_HAS(
      part("xl/worksheets/sheet1.xml"),
      R"(<cols><col min="1" max="2" width="9" customWidth="1"/><col min="3" max="5" width="20" customWidth="1" hidden="1"/><col min="6" max="7" width="20" customWidth="1" hidden="1"/></cols>)");
  LookChange height;
  height.height = 33;
  ASSERT_EQ(said(change_look(file_, file_, "S", {{2, 1}, {4, 1}}, height)), "done");
  EXPECT_HAS(part("xl/worksheets/sheet1.xml"), R"(<row r="3" ht="33" customHeight="1"/><row r="4" ht="33" customHeight="1"/></sheetData>)");
  LookChange merge;
  merge.merge = true;
  ASSERT_EQ(said(change_look(file_, file_, "S", {{5, 1}, {6, 2}}, merge)), "done");
  ASSERT_EQ(said(change_look(file_, file_, "S", {{7, 1}, {8, 2}}, merge)), "done");
  ASSERT_EQ(said(change_look(file_, file_, "S", {{7, 1}, {8, 2}}, merge)), "done");
  EXPECT_HAS(part("xl/worksheets/sheet1.xml"),
             R"(</sheetData><mergeCells count="2"><mergeCell ref="A5:B6"/><mergeCell ref="A7:B8"/></mergeCells><pageMargins)");
  EXPECT_HAS(said(change_look(file_, file_, "S", {{8, 2}, {9, 3}}, merge)), "meets the merged block A7:B8");
  ASSERT_EQ(said(clear_look(file_, file_, "S", {{1, 1}, {1, 2}})), "done");
  EXPECT_EQ(look_of_cell(file_, "S", {1, 1})->bold, false);
  EXPECT_EQ(look_of_cell(file_, "S", {2, 1})->bold, true);
  EXPECT_EQ(Workbook::open(file_)->cell("S", {1, 1})->value, Value::of(std::int64_t{5}));
}
TEST_F(Structure, SignedWorkbooksAreNotTouched) {
  auto entries = workbook_entries("<sheetData/>");
  entries.push_back({"_xmlsignatures/origin.sigs", ""});
  put(entries);
  EXPECT_HAS(said(add_sheet(file_, file_, "T", std::nullopt)), "digitally signed");
  EXPECT_EQ(names(), (Names{"S"}));
}

}  // namespace
}  // namespace quanji::workbook
