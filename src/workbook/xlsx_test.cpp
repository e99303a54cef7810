#include <gtest/gtest.h>

#include "base/random.h"
#include "workbook/xlsx_testing.h"

namespace quanji::workbook {
namespace {

using namespace testing;
using values::ColumnType;

// ---- reading ----

TEST(XlsxReading, EachKindOfCellBecomesItsValue) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1"><v>12</v></c><c r="B1"><v>9.9499999999999993</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>in</t></is></c>)"
      R"(<c r="E1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c r="F1" t="b"><v>1</v></c><c r="G1" t="e"><v>#N/A</v></c><c r="H1" t="d"><v>2026-11-20</v></c>)"
      R"(<c r="I1" s="1"><v>46346</v></c><c r="J1" s="2"><v>46346.395833333336</v></c><c r="K1" s="3"><v>0.5</v></c><c r="L1" s="4"><v>1.5</v></c><c r="M1" s="1"/><c r="N1"><f>1+1</f></c></row></sheetData>)",
      {"14", "yyyy-mm-dd hh:mm", "21", "[h]:mm"}, "",
      "<si><t>zero</t></si><si><r><t>ri</t></r><r><t>ch_x000A_</t></r><rPh><t>above</t></rPh></si>");
  const auto table = made.table(bare());
  ASSERT_EQ(table->columns(), 12U);  // M1 and N1 hold nothing
  EXPECT_EQ(table->at(0, 0), whole(12));
  EXPECT_EQ(table->at(0, 1), decimal("9.95"));
  EXPECT_EQ(table->at(0, 2), text("rich\n"));
  EXPECT_EQ(table->at(0, 3), text("in"));
  EXPECT_EQ(table->at(0, 4), text("ab"));
  EXPECT_EQ(table->at(0, 5), Value::of(true));
  EXPECT_EQ(table->at(0, 6), text("#N/A"));
  EXPECT_EQ(table->at(0, 7), date("2026-11-20"));
  EXPECT_EQ(table->at(0, 8), date("2026-11-20"));
  EXPECT_EQ(table->at(0, 9), Value::of(*values::parse_datetime("2026-11-20T09:30:00")));
  EXPECT_EQ(table->at(0, 10), Value::of(*values::parse_time_of_day("12:00:00")));
  EXPECT_EQ(table->at(0, 11), Value::of(values::Duration{129'600'000'000}));
}
TEST(XlsxReading, TheHeaderNamesColumnsAndTypesAreThoseOfTheCells) {
  const Made made(
      R"(<sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>n</t></is></c><c r="C2" t="inlineStr"><is><t>n</t></is></c><c r="D2"><v>2026</v></c></row>)"
      R"(<row r="3"><c r="B3"><v>1</v></c><c r="C3"><v>1.5</v></c></row><row r="5"><c r="C5"><v>2</v></c><c r="D5" t="inlineStr"><is><t>x</t></is></c><c r="F5"><v>7</v></c></row><row r="9"><c r="B9" s="1"/></row></sheetData>)",
      {"14"});
  auto book = made.open();
  const auto read = book.table({});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->table->names(), (std::vector<std::string>{"n", "n_2", "2026", "F"}));
  EXPECT_EQ(read->notes.size(), 2U);
  EXPECT_EQ(read->first_row, 3U);
  ASSERT_EQ(read->table->rows(), 3U);  // the empty row 4 is a row, the empty end is none
  EXPECT_EQ(read->table->column(0)->type(), ColumnType::integer);
  EXPECT_EQ(read->table->column(1)->type(), ColumnType::decimal);
  EXPECT_EQ(read->table->at(2, 1), whole(2));
  EXPECT_EQ(read->table->at(1, 1), Value());
  EXPECT_EQ(read->table->at(2, 3), whole(7));
  EXPECT_EQ(book.used("S").value(), (Range{{2, 2}, {5, 6}}));
}
TEST(XlsxReading, ABlockIsReadAsItWasAsked) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c><c r="B2"><v>4</v></c><c r="C2"><v>5</v></c></row><row r="3"><c r="A3"><v>6</v></c></row></sheetData>)");
  auto reading = bare();
  reading.range = Range{{2, 1}, {3, 2}};
  auto table = made.table(reading);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(table->rows(), 2U);
  EXPECT_EQ(table->at(0, 1), whole(4));
  EXPECT_EQ(table->at(1, 1), Value());
  reading.range = *parse_range("B:D");
  table = made.table(reading);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"B", "C", "D"}));
  EXPECT_EQ(table->rows(), 2U);
  SheetReading header;
  header.range = Range{{2, 1}, {9, 3}};
  table = made.table(header);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"3", "4", "5"}));
  EXPECT_EQ(table->rows(), 1U);
  header.range = Range{{5, 1}, {9, 2}};
  table = made.table(header);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(table->rows(), 0U);
}
TEST(XlsxReading, TypesGivenAreKeptOrRefusedWithTheCell) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1" t="str"><v>code</v></c><c r="B1" t="str"><v>day</v></c><c r="C1" t="str"><v>amount</v></c><c r="D1" t="str"><v>b</v></c></row>)"
      R"(<row r="2"><c r="A2" s="1"><v>1</v></c><c r="B2"><v>46346</v></c><c r="C2" t="str"><v>1.20</v></c><c r="D2"><v>1</v></c></row>)"
      R"(<row r="3"><c r="A3"><v>600000</v></c><c r="B3"><v>20261120</v></c><c r="C3"><v>3</v></c><c r="D3" t="b"><v>0</v></c></row>)"
      R"(<row r="4"><c r="A4" t="b"><v>1</v></c><c r="B4" t="str"><v>2026-11-20</v></c></row></sheetData>)",
      {"000000"});
  SheetReading reading;
  reading.columns = {
      {"code", ColumnType::text, ""}, {"day", ColumnType::date, ""}, {"amount", ColumnType::decimal, ""}, {"b", ColumnType::boolean, ""}};
  const auto table = made.table(reading);
  EXPECT_EQ(table->at(0, 0), text("000001"));  // as its format shows it
  EXPECT_EQ(table->at(1, 0), text("600000"));
  EXPECT_EQ(table->at(2, 0), text("TRUE"));
  for (std::size_t row = 0; row < 3; ++row) EXPECT_EQ(table->at(row, 1), date("2026-11-20"));
  EXPECT_EQ(table->at(0, 2), decimal("1.2"));
  EXPECT_EQ(table->at(1, 2), whole(3));
  EXPECT_EQ(table->at(0, 3), Value::of(true));
  reading.columns = {{"day", ColumnType::integer, ""}};
  EXPECT_EQ(made.refusal(reading),
            "Workbook f.xlsx: sheet \"S\", cell B4: column \"day\": \"2026-11-20\" is not a whole number; correct it, or read the column "
            "as text.");
  reading.columns = {{"date", ColumnType::integer, ""}};
  EXPECT_HAS(made.refusal(reading), "there is no column \"date\"; there are: code、day");
  reading.columns = {};
  reading.all_text = true;
  EXPECT_EQ(made.table(reading)->at(0, 1), text("46346"));
}
TEST(XlsxReading, ErrorsAreTextsOrNothingOrRefused) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" t="e"><v>#DIV/0!</v></c></row><row r="3"><c r="A3"><v>2.5</v></c></row></sheetData>)");
  auto reading = bare();
  EXPECT_EQ(made.table(reading)->column(0)->type(), ColumnType::any);
  EXPECT_EQ(made.table(reading)->at(1, 0), text("#DIV/0!"));
  EXPECT_EQ(made.table(reading)->at(0, 0), whole(1));
  reading.errors = ErrorCells::nothing;
  EXPECT_EQ(made.table(reading)->column(0)->type(), ColumnType::decimal);
  reading.errors = ErrorCells::refuse;
  EXPECT_HAS(made.refusal(reading), "cell A2: it holds the error #DIV/0!");
}
TEST(XlsxReading, SheetsAreFoundByNameInAnyCaseByNumberAndByBeingVisible) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>)", {},
      R"(<workbookPr date1904="1"/><sheets><sheet name="A&amp;B" sheetId="2" state="hidden" r:id="rId1"/><sheet name="数据" sheetId="1" r:id="rId1"/><sheet name="Chart" sheetId="3" state="veryHidden" r:id="rId2"/></sheets>)");
  auto book = made.open();
  ASSERT_EQ(book.sheets().size(), 3U);
  EXPECT_EQ(book.sheets()[0].name, "A&B");
  EXPECT_EQ(book.sheets()[0].state, SheetState::hidden);
  EXPECT_EQ(book.sheets()[2].state, SheetState::very_hidden);
  EXPECT_FALSE(book.sheets()[2].has_cells);
  EXPECT_EQ(book.date_system(), DateSystem::from_1904);
  for (const std::string_view name : {"", "数据", "a&b", "2"}) EXPECT_TRUE(book.cell(name, {1, 1}).ok()) << name;
  const auto missing = book.cell("Sheet9", {1, 1});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), base::Code::not_found);
  EXPECT_EQ(missing.error().message().en, "Workbook f.xlsx has no sheet \"Sheet9\"; it has: A&B、数据、Chart.");
  EXPECT_HAS(book.cell("Chart", {1, 1}).error().message().en, "has no cells");
}
TEST(XlsxReading, ACellTellsItsFormulaAndFormat) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1"><f>SUM(B1:C1)</f><v>3</v></c><c r="B1" s="1"><f t="shared" ref="B1:B2" si="0">A1*2</f><v>6</v></c></row><row r="2"><c r="B2"><f t="shared" si="0"/><v>8</v></c></row></sheetData>)",
      {"0.00&quot;元&quot;"});
  auto book = made.open();
  EXPECT_EQ(book.cell("S", {1, 1})->formula, "SUM(B1:C1)");
  EXPECT_EQ(book.cell("S", {1, 2})->formula, "A1*2");
  EXPECT_EQ(book.cell("S", {2, 2})->value, whole(8));
  EXPECT_EQ(book.cell("S", {2, 2})->shared_with, "B1");
  EXPECT_EQ(book.cell("S", {7, 7})->value, Value());
}
TEST(XlsxReading, MergedBlocksAreToldAndFilledWhenAsked) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1" t="str"><v>k</v></c><c r="B1" t="str"><v>v</v></c></row><row r="2"><c r="A2" t="str"><v>x</v></c><c r="B2"><v>1</v></c></row><row r="3"><c r="B3"><v>2</v></c></row><row r="5"><c r="A5" t="str"><v>y</v></c><c r="B5"><v>4</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A4"/></mergeCells>)");
  auto book = made.open();
  EXPECT_EQ(book.merged("S").value(), (std::vector<Range>{{{2, 1}, {4, 1}}}));
  EXPECT_EQ(made.table()->at(1, 0), Value());
  SheetReading fill;
  fill.fill_merged = true;
  const auto table = made.table(fill);
  ASSERT_EQ(table->rows(), 4U);
  for (std::size_t row = 0; row < 3; ++row) EXPECT_EQ(table->at(row, 0), text("x"));
  EXPECT_EQ(table->at(3, 0), text("y"));
  EXPECT_EQ(table->at(2, 1), Value());
}
TEST(XlsxReading, HiddenRowsCanBeLeftOut) {
  const Made made(
      R"(<sheetData><row r="1"><c r="A1" t="str"><v>n</v></c></row><row r="2" hidden="1"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c></row></sheetData>)");
  SheetReading reading;
  EXPECT_EQ(made.table(reading)->rows(), 2U);
  reading.skip_hidden_rows = true;
  const auto table = made.table(reading);
  ASSERT_EQ(table->rows(), 1U);
  EXPECT_EQ(table->at(0, 0), whole(2));
}
TEST(XlsxReading, RowsComeOneByOneUntilItIsEnough) {
  const Made made(
      R"(<sheetData><row r="1"><c r="B1"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c><c r="C3"><v>3</v></c></row><row r="4"><c r="A4"><v>4</v></c></row></sheetData>)");
  auto book = made.open();
  std::vector<std::string> seen;
  const auto status = book.each_row(bare(), [&](std::uint32_t row, std::span<const RowCell> cells) -> base::Result<bool> {
    for (const auto& cell : cells) seen.push_back(to_text(Cell{row, cell.column}) + "=" + cell.value.display());
    return row < 3;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"B1=1", "A3=2", "C3=3"}));
  const auto failed =
      book.each_row(bare(), [](std::uint32_t, std::span<const RowCell>) -> base::Result<bool> { return base::Error(base::Code::frozen); });
  EXPECT_EQ(failed.error().code(), base::Code::frozen);
}
TEST(XlsxReading, CellsWithoutAddressesAndOtherPrefixesAreRead) {
  auto entries = workbook_entries("");
  entries.back().bytes =
      R"(<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:e="urn:e"><e:sheetData><e:row r="9"/></e:sheetData><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><e:c r="Z1"><x:v>9</x:v></e:c><x:c><x:v>2</x:v><x:extLst><e:v>5</e:v></x:extLst></x:c></x:row><x:row><x:c r="B2"><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>)";
  const auto bytes = zip_of(entries);
  auto book = Workbook::of_bytes(bytes, "f.xlsx");
  ASSERT_TRUE(book.ok());
  const auto table = book->table(bare())->table;
  ASSERT_EQ(table->columns(), 2U);
  EXPECT_EQ(table->at(0, 1), whole(2));
  EXPECT_EQ(table->at(1, 1), whole(3));
}

// ---- hostile and broken files ----

TEST(XlsxHostile, OtherFilesAreToldByName) {
  const auto refusal = [](std::string_view bytes) {
    const auto book = Workbook::of_bytes(bytes, "f.xlsx");
    return book.ok() ? std::string("was read") : book.error().message().en;
  };
  EXPECT_HAS(refusal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"), "old .xls format");
  EXPECT_HAS(refusal("a,b\n1,2\n"), "no ZIP file");
  EXPECT_HAS(refusal(""), "no ZIP file");
  EXPECT_HAS(refusal("PK\x03\x04 cut"), "cannot be read");
  EXPECT_HAS(refusal(zip_of({{"content.xml", "<x/>"}})), ".ods");
  EXPECT_HAS(refusal(zip_of({{"word/document.xml", "<x/>"}})), "Word");
  EXPECT_HAS(refusal(zip_of({{"xl/workbook.bin", "x"}})), ".xlsb");
  EXPECT_HAS(refusal(zip_of({{"a.txt", "x"}})), "no workbook in this ZIP file");
  EXPECT_HAS(refusal(zip_of({{"xl/workbook.xml", "x", true, 1}})), "encrypted");
  EXPECT_HAS(refusal(zip_of({{"xl/workbook.xml", "x"}, {"XL/Workbook.xml", "y"}})), "stands in it twice");
}
TEST(XlsxHostile, EveryCutOfAFileIsAnAnswerAndNoCrash) {
  const Made made(R"(<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1" t="s"><v>0</v></c></row></sheetData>)", {"14"}, "",
                  "<si><t>x</t></si>");
  for (std::size_t length = 0; length < made.bytes.size(); length += 7) {
    auto book = Workbook::of_bytes(std::string_view(made.bytes).substr(0, length), "f.xlsx");
    EXPECT_FALSE(book.ok());
  }
  base::SeededRandom random(11);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = made.bytes;
    for (auto n = 1 + random.below(3); n > 0; --n) bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    auto book = Workbook::of_bytes(bytes, "f.xlsx");
    if (!book.ok()) continue;
    const auto read = book->table(bare());
    EXPECT_TRUE(read.ok() || !read.error().message().en.empty());
  }
}
TEST(XlsxHostile, BombsAreRefusedWhileTheyUnpack) {
  const std::string zeros(40U << 20U, '0');
  auto entries = workbook_entries("<sheetData><row><c><v>" + zeros.substr(0, 1000) + "</v></c></row></sheetData>");
  ReadLimits limits;
  limits.zip.ratio_from = 1U << 20U;
  limits.zip.ratio = 100;
  entries.back().bytes = "<worksheet>" + std::string(40U << 20U, ' ') + "</worksheet>";
  auto bytes = zip_of(entries);
  auto book = Workbook::of_bytes(bytes, "f.xlsx", limits);
  ASSERT_TRUE(book.ok());
  auto read = book->table(bare());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), base::Code::too_large);
  EXPECT_HAS(read.error().message().en, "as bombs are");
  // One that says it is small.
  entries.back().claimed_size = 100;
  bytes = zip_of(entries);
  book = Workbook::of_bytes(bytes, "f.xlsx", limits);
  ASSERT_TRUE(book.ok());
  EXPECT_FALSE(book->table(bare()).ok());
  limits.zip.part_bytes = 1U << 20U;
  entries.back().claimed_size = 0;
  bytes = zip_of(entries);
  book = Workbook::of_bytes(bytes, "f.xlsx", limits);
  EXPECT_HAS(book->table(bare()).error().message().en, "unpacks to more than 1 MB");
  limits.zip.entries = 3;
  EXPECT_EQ(Workbook::of_bytes(bytes, "f.xlsx", limits).error().code(), base::Code::too_large);
}
TEST(XlsxHostile, DocumentTypesAndEntitiesAreRefused) {
  auto entries = workbook_entries("");
  entries.back().bytes =
      R"(<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>)";
  auto bytes = zip_of(entries);
  auto book = Workbook::of_bytes(bytes, "f.xlsx");
  EXPECT_HAS(book->table(bare()).error().message().en, "has a document type (DOCTYPE)");
  entries.back().bytes =
      R"(<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>)";
  bytes = zip_of(entries);
  book = Workbook::of_bytes(bytes, "f.xlsx");
  EXPECT_HAS(book->table(bare()).error().message().en, "is broken XML at line 1");
  entries[2].bytes = R"(<!DOCTYPE workbook SYSTEM "file:///etc/passwd"><workbook/>)";
  EXPECT_HAS(Workbook::of_bytes(zip_of(entries), "f.xlsx").error().message().en, "DOCTYPE");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  EXPECT_HAS(Made(deep).refusal(bare()), "broken XML");
}
TEST(XlsxHostile, ASheetOfAnotherVocabularyIsRefusedAndNotEmpty) {
  for (const std::string_view space : {"http://schemas.openxmlfyrmats.org/spreadsheetml/2006/main", ""}) {
    auto entries = workbook_entries("");
    entries.back().bytes =
        "<worksheet xmlns=\"" + std::string(space) + R"("><sheetData><row><c><v>5</v></c></row></sheetData></worksheet>)";
    const auto bytes = zip_of(entries);
    auto book = Workbook::of_bytes(bytes, "f.xlsx");
    EXPECT_HAS(book->table(bare()).error().message().en, "is in no namespace of workbooks") << space;
  }
}
TEST(XlsxHostile, ImpossibleCoordinatesAndSparseGiantsAreRefused) {
  for (const std::string_view bad :
       {R"(<row r="1048577"><c r="A1048577"><v>1</v></c></row>)", R"(<row r="0"><c><v>1</v></c></row>)",
        R"(<row r="1"><c r="XFE1"><v>1</v></c></row>)", R"(<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>)",
        R"(<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>)",
        R"(<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>)", R"(<row r="1"><c r="A2"><v>1</v></c></row>)",
        R"(<row r="x"><c><v>1</v></c></row>)", R"(<row r="1"><c r="A1"><v>1x</v></c></row>)",
        R"(<row r="1"><c r="A1" t="s"><v>0</v></c></row>)", R"(<row r="1"><c r="A1" t="b"><v>7</v></c></row>)",
        R"(<row r="1048576"><c r="XFD1048576"/></row><row><c><v>1</v></c></row>)"}) {
    const auto refusal = Made("<sheetData>" + std::string(bad) + "</sheetData>").refusal(bare());
    EXPECT_TRUE(refusal.starts_with("Workbook f.xlsx: ")) << bad << refusal;
  }
  const Made giant(
      R"(<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="XFD1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>)");
  EXPECT_EQ(giant.table(bare())->rows(), 1048576U);  // three columns: 3 million places
  ReadLimits small;
  small.cells = 1'000'000;
  EXPECT_HAS(giant.refusal(bare(), small), "more than 1000000 cells (up to XFD1048576)");
  auto fill = bare();
  fill.fill_merged = true;
  EXPECT_HAS(giant.refusal(fill), "cells");
  small.text_bytes = 100;
  const Made texts("<sheetData/>", {}, "", "<si><t>" + std::string(200, 'x') + "</t></si>");
  EXPECT_HAS(texts.refusal(bare(), small), "MB of texts");
}

}  // namespace
}  // namespace quanji::workbook
