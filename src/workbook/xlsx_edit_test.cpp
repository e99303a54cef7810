#include "workbook/xlsx_edit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "workbook/xlsx_write.h"
#include "workbook/zip_testing.h"

namespace quanji::workbook {
namespace {

using values::Decimal;
using values::Value;

Value text(std::string_view v) { return Value::of(std::string(v)); }
Value whole(std::int64_t v) { return Value::of(v); }
#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)
#define EXPECT_HAS_NOT(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

class Editing : public testing::Test {
 protected:
  Editing() {
    std::string name = (std::filesystem::temp_directory_path() / "edit-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Editing() override { std::filesystem::remove_all(folder_); }
  std::string file(std::string_view name) const { return folder_ + "/" + std::string(name); }

  // Puts a workbook there and opens it.
  WorkbookEditor edit(const std::vector<ZipEntry>& entries) {
    std::ofstream(file("a.xlsx"), std::ios::binary) << zip_of(entries);
    return edit();
  }
  WorkbookEditor edit() {
    auto editor = WorkbookEditor::open(file("a.xlsx"));
    if (!editor.ok()) throw std::runtime_error(editor.error().message().en);
    return std::move(*editor);
  }
  Edited saved(WorkbookEditor editor) {
    auto edited = editor.save(file("a.xlsx"), Existing::replace);
    if (!edited.ok()) throw std::runtime_error(edited.error().message().en);
    return std::move(*edited);
  }
  std::string refusal(WorkbookEditor editor) {
    const auto before = part("xl/worksheets/sheet1.xml");
    const auto edited = editor.save(file("a.xlsx"), Existing::replace);
    EXPECT_EQ(part("xl/worksheets/sheet1.xml"), before);
    return edited.ok() ? "was written" : edited.error().message().en;
  }
  std::string part(std::string_view name) const {
    auto parts = ZipParts::open(file("a.xlsx"), {});
    auto whole = parts->whole(name, 1U << 24U);
    return whole.ok() ? *whole : std::string();
  }
  CellContent cell(std::string_view at, std::string_view sheet = "S") const {
    auto book = Workbook::open(file("a.xlsx"));
    return *book->cell(sheet, *parse_cell(at));
  }

  std::string folder_;
};

constexpr std::string_view plain =
    R"(<!-- kept --><sheetPr><tabColor rgb="FFFF0000"/></sheetPr><dimension ref="B2:C3"/><cols><col min="4" max="5" style="1" width="9"/></cols><sheetData >)"
    R"(<row r="2" spans="2:3" ht="20"><c r="B2" s="1"><v>46346</v></c><c r="C2" t="str"><f>"a"</f><v>a</v></c></row> )"
    R"(<row r="3"><c r="B3"><v>1</v></c></row></sheetData><conditionalFormatting sqref="B2"/>)";

TEST_F(Editing, EverythingButTheCellsSetStaysByteForByte) {
  auto entries = workbook_entries(plain, {"yyyy/m/d"});
  entries.push_back({"xl/media/picture.bin", std::string("\x00\x01 any bytes", 12), false});
  entries.push_back({"xl/vbaProject.bin", "macros"});
  auto editor = edit(entries);
  ASSERT_TRUE(editor.set("S", {3, 2}, whole(2)).ok());
  ASSERT_TRUE(editor.set("S", {1, 1}, text("a<b")).ok());
  ASSERT_TRUE(editor.set("S", {2, 4}, Value::of(base::Date{20'000})).ok());
  EXPECT_EQ(saved(std::move(editor)).cells, 3U);
  EXPECT_EQ(
      part("xl/worksheets/sheet1.xml"),
      R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">)"
      R"(<!-- kept --><sheetPr><tabColor rgb="FFFF0000"/></sheetPr><dimension ref="A1:D3"/><cols><col min="4" max="5" style="1" width="9"/></cols><sheetData >)"
      R"(<row r="1"><c r="A1" t="inlineStr"><is><t>a&lt;b</t></is></c></row>)"
      R"(<row r="2" ht="20"><c r="B2" s="1"><v>46346</v></c><c r="C2" t="str"><f>"a"</f><v>a</v></c><c r="D2" s="1"><v>45569</v></c></row> )"
      R"(<row r="3"><c r="B3"><v>2</v></c></row></sheetData><conditionalFormatting sqref="B2"/></worksheet>)");
  auto parts = ZipParts::open(file("a.xlsx"), {});
  ASSERT_EQ(parts->parts().size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(parts->parts()[i].name, entries[i].name);
    if (entries[i].name == "xl/worksheets/sheet1.xml" || entries[i].name == "xl/workbook.xml") continue;
    EXPECT_EQ(part(entries[i].name), entries[i].bytes);
  }
  EXPECT_HAS(part("xl/workbook.xml"), R"(</sheets><calcPr fullCalcOnLoad="1"/></workbook>)");
}
TEST_F(Editing, ACellKeepsItsLookAndADayIsShownAsADay) {
  auto editor = edit(workbook_entries(
      R"(<sheetData><row r="1"><c r="A1" s="1"><v>1</v></c><c r="B1" s="2"><v>1</v></c><c r="C1"><v>1</v></c><c r="D1" s="2"><v>1</v></c></row></sheetData>)",
      {"0.00", "yyyy-mm-dd"}));
  const auto day = Value::of(base::Date{20'000});
  ASSERT_TRUE(editor.set("S", {1, 1}, whole(5)).ok());
  ASSERT_TRUE(editor.set("S", {1, 2}, whole(6)).ok());
  ASSERT_TRUE(editor.set("S", {1, 3}, day).ok());
  ASSERT_TRUE(editor.set("S", {1, 4}, day).ok());
  ASSERT_TRUE(editor.set("S", {1, 5}, day).ok());
  ASSERT_TRUE(editor.set("S", {1, 6}, Value::of(values::Duration{5'000'000})).ok());
  saved(std::move(editor));
  EXPECT_EQ(cell("A1").format_code, "0.00");
  EXPECT_EQ(cell("B1").format_code, "");
  EXPECT_EQ(cell("B1").value, whole(6));
  for (const std::string_view at : {"C1", "D1", "E1"}) {
    EXPECT_EQ(cell(at).value, day) << at;
    EXPECT_EQ(cell(at).format_code, "yyyy-mm-dd");
  }
  EXPECT_EQ(cell("F1").value, Value::of(values::Duration{5'000'000}));
  const auto styles = part("xl/styles.xml");
  EXPECT_HAS(styles, "<cellXfs count=\"6\">");
  EXPECT_HAS(styles, "<numFmt numFmtId=\"166\" formatCode=\"[h]:mm:ss\"/></numFmts>");
}
TEST_F(Editing, AppendedRowsComeBelowTheLastAndTakeItsLook) {
  auto editor = edit(workbook_entries(
      R"(<sheetData><row r="1"><c r="A1" t="str"><v>n</v></c></row><row r="4"><c r="A4" s="1"><v>1</v></c><c r="B4" s="2"><v>46346</v></c></row><row r="9" ht="3"/></sheetData>)",
      {"0.00", "yyyy-mm-dd"}));
  for (int i = 0; i < 2; ++i) {
    const CellInput row[] = {whole(i), Value::of(base::Date{20'000}), Formula{"=A1"}};
    ASSERT_TRUE(editor.append("S", row).ok());
  }
  saved(std::move(editor));
  EXPECT_EQ(cell("A5").format_code, "0.00");
  EXPECT_EQ(cell("A6").value, whole(1));
  EXPECT_EQ(cell("A6").format_code, "0.00");
  EXPECT_EQ(cell("B6").value, Value::of(base::Date{20'000}));
  EXPECT_EQ(cell("C6").formula, "A1");
  EXPECT_EQ(part("xl/styles.xml").find("count=\"4\""), std::string::npos);
  // And once more, on what was made.
  auto again = edit();
  const CellInput row[] = {whole(7)};
  ASSERT_TRUE(again.append("S", row).ok());
  saved(std::move(again));
  EXPECT_EQ(cell("A7").value, whole(7));
}
TEST_F(Editing, TheChainOfCalculationIsDroppedWithEveryMentionOfIt) {
  auto entries = workbook_entries(
      plain, {"yyyy/m/d"}, R"(<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets><calcPr calcId="1" fullCalcOnLoad="0"/><extLst/>)");
  const auto insert = [](std::string& document, std::string_view before, std::string_view what) {
    document.insert(document.find(before), what);
  };
  insert(entries[0].bytes, "</Types>", R"(<Override PartName="/xl/calcChain.xml" ContentType="x"/>)");
  insert(
      entries[3].bytes, "</Relationships>",
      R"(<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/>)");
  entries.push_back({"xl/calcChain.xml", "<calcChain/>"});
  auto editor = edit(entries);
  ASSERT_TRUE(editor.set("S", {2, 3}, Formula{"1+1"}).ok());
  saved(std::move(editor));
  EXPECT_EQ(part("xl/calcChain.xml"), "");
  EXPECT_HAS_NOT(part("[Content_Types].xml"), "calcChain");
  EXPECT_HAS_NOT(part("xl/_rels/workbook.xml.rels"), "calcChain");
  EXPECT_HAS(part("xl/workbook.xml"), R"(<calcPr calcId="1" fullCalcOnLoad="1"/><extLst/>)");
  EXPECT_EQ(cell("C2").formula, "1+1");
  EXPECT_EQ(cell("C2").value, Value());
}
TEST_F(Editing, WhatCannotBeKeptIsRefusedAndNothingIsWritten) {
  const auto refused = [&](std::string_view inside, Cell at) {
    auto editor = edit(workbook_entries(inside));
    EXPECT_TRUE(editor.set("S", at, whole(1)).ok());
    return refusal(std::move(editor));
  };
  const std::string merged = R"(<sheetData><row r="1"><c r="A1"/></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>)";
  EXPECT_EQ(refused(merged, {2, 1}),
            "Workbook a.xlsx: sheet \"S\", cell A2: it lies in the merged block A1:B2; only its first cell A1 can be written.");
  EXPECT_EQ(refused(R"(<sheetData><row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f></c></row></sheetData>)", {2, 1}),
            "Workbook a.xlsx: sheet \"S\", cell A2: it belongs to the array formula A1:A2 and cannot be changed alone.");
  EXPECT_HAS(
      refused(
          R"(<sheetData><row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f></c></row><row r="2"><c r="A2"><f t="shared" si="0"/></c></row></sheetData>)",
          {1, 1}),
      "other cells share its formula");
  auto fine = edit(workbook_entries(merged));
  ASSERT_TRUE(fine.set("S", {1, 1}, whole(5)).ok());
  saved(std::move(fine));
  EXPECT_EQ(cell("A1").value, whole(5));

  auto entries = workbook_entries("<sheetData/>");
  entries.push_back({"_xmlsignatures/origin.sigs", ""});
  std::ofstream(file("a.xlsx"), std::ios::binary) << zip_of(entries);
  EXPECT_HAS(WorkbookEditor::open(file("a.xlsx")).error().message().en, "digitally signed");

  entries = workbook_entries("<sheetData/>");
  entries.push_back(
      {"xl/worksheets/_rels/sheet1.xml.rels",
       R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="x/table" Target="../tables/table1.xml"/></Relationships>)"});
  entries.push_back({"xl/tables/table1.xml", R"(<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ref="A1:B3"/>)"});
  auto header = edit(entries);
  ASSERT_TRUE(header.set("S", {1, 2}, text("x")).ok());
  EXPECT_HAS(refusal(std::move(header)), "cell B1: it names a column of a table object");
  auto below = edit(entries);
  ASSERT_TRUE(below.set("S", {4, 1}, text("x")).ok());
  EXPECT_HAS(saved(std::move(below)).notes.at(0).en, "below the table object A1:B3");
  auto bad = edit(entries);
  EXPECT_HAS(bad.set("S", {1, 1}, Value::of(values::List{})).error().message().en, "sheet \"S\", cell A1: a list does not fit");
  EXPECT_EQ(bad.set("T", {1, 1}, whole(1)).error().code(), base::Code::not_found);
  EXPECT_EQ(bad.set("S", {most_rows + 1, 1}, whole(1)).error().code(), base::Code::too_large);
}
TEST_F(Editing, CellsWithoutAddressesAndOtherPrefixesAreEdited) {
  auto entries = workbook_entries("");
  entries.back().bytes =
      R"(<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row><x:row><x:c><x:v>3</x:v></x:c></x:row><x:row/></x:sheetData></x:worksheet>)";
  auto editor = edit(entries);
  ASSERT_TRUE(editor.set("S", {1, 1}, Value()).ok());
  ASSERT_TRUE(editor.set("S", {1, 3}, whole(9)).ok());
  ASSERT_TRUE(editor.set("S", {3, 2}, text(" x ")).ok());
  ASSERT_TRUE(editor.set("S", {5, 1}, whole(5)).ok());
  saved(std::move(editor));
  EXPECT_EQ(
      part("xl/worksheets/sheet1.xml"),
      R"(<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="1"><x:c r="B1"><x:v>2</x:v></x:c><x:c r="C1"><x:v>9</x:v></x:c></x:row>)"
      R"(<x:row r="2"><x:c><x:v>3</x:v></x:c></x:row><x:row r="3"><x:c r="B3" t="inlineStr"><x:is><x:t xml:space="preserve"> x </x:t></x:is></x:c></x:row><x:row r="5"><x:c r="A5"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>)");
  EXPECT_EQ(cell("A1").value, Value());
}
TEST_F(Editing, ATableGoesIntoANewSheetOrAnEmptyOne) {
  auto editor = edit(workbook_entries("<sheetData/>"));
  values::ColumnBuilder n(values::ColumnType::integer), d(values::ColumnType::decimal);
  n.add_integer(1);
  n.add_integer(1'234'567'890'123'456);
  d.add(*Decimal::parse("9.95"));
  d.add_nothing();
  std::vector<values::ColumnPtr> columns = {std::move(n).finish(), std::move(d).finish()};
  const auto table = *values::Table::make({"n", "d"}, std::move(columns));
  ASSERT_TRUE(editor.add_sheet("结果 & <1>").ok());
  EXPECT_EQ(editor.add_sheet("s").error().code(), base::Code::name_taken);
  EXPECT_FALSE(editor.add_sheet("a/b").ok());
  ASSERT_TRUE(editor.set("结果 & <1>", {2, 2}, table, SheetHeader::first_row).ok());
  ASSERT_TRUE(editor.append("结果 & <1>", table, 2).ok());
  ASSERT_TRUE(editor.append("S", table).ok());
  const auto edited = saved(std::move(editor));
  EXPECT_EQ(edited.cells_as_text, 3U);
  auto book = Workbook::open(file("a.xlsx"));
  ASSERT_TRUE(book.ok());
  ASSERT_EQ(book->sheets().size(), 2U);
  EXPECT_EQ(book->sheets()[1].name, "结果 & <1>");
  EXPECT_EQ(book->used("2").value(), (Range{{2, 2}, {6, 3}}));
  EXPECT_EQ(book->cell("2", {5, 3})->value, Value::of(*Decimal::parse("9.95")));
  EXPECT_EQ(book->cell("S", {2, 1})->value, text("1234567890123456"));
  // The new sheet is a sheet like any other.
  auto again = edit();
  ASSERT_TRUE(again.set("结果 & <1>", {1, 1}, text("标题")).ok());
  saved(std::move(again));
  EXPECT_EQ(cell("A1", "2").value, text("标题"));
}
TEST_F(Editing, AWorkbookOfOursIsEditedInPlaceAndElsewhere) {
  auto writer = WorkbookWriter::create(file("a.xlsx"), Existing::replace, {});
  SheetWriting sheet;
  sheet.name = "S";
  sheet.autofilter = true;
  ASSERT_TRUE(writer->begin_sheet({"n"}, sheet).ok());
  const CellInput row[] = {whole(1)};
  ASSERT_TRUE(writer->add(row).ok());
  ASSERT_TRUE(writer->close().ok());
  auto editor = edit();
  ASSERT_TRUE(editor.set("S", {2, 1}, whole(2)).ok());
  ASSERT_TRUE(editor.save(file("b.xlsx"), Existing::refuse).ok());
  EXPECT_EQ(cell("A2").value, whole(1));
  EXPECT_EQ(Workbook::open(file("b.xlsx"))->cell("S", {2, 1})->value, whole(2));
  auto refused = edit();
  EXPECT_EQ(refused.save(file("b.xlsx"), Existing::refuse).error().code(), base::Code::name_taken);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
}

}  // namespace
}  // namespace quanji::workbook
