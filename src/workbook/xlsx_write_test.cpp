#include "workbook/xlsx_write.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "workbook/xlsx_testing.h"

namespace quanji::workbook {
namespace {

using namespace testing;
using values::ColumnBuilder;
using values::ColumnType;

Table sample(std::size_t rows) {
  ColumnBuilder n(ColumnType::integer), d(ColumnType::decimal), t(ColumnType::text), day(ColumnType::date), at(ColumnType::datetime),
      time(ColumnType::time), took(ColumnType::duration), b(ColumnType::boolean);
  base::SeededRandom random(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    if (i % 7 == 3) {
      for (auto* builder : {&n, &d, &t, &day, &at, &time, &took, &b}) builder->add_nothing();
      continue;
    }
    n.add_integer(static_cast<std::int64_t>(random.below(2'000'000)) - 1'000'000);
    d.add(*Decimal::make(static_cast<std::int64_t>(random.below(1'000'000'000'000'000)) - 500'000'000'000'000,
                         -static_cast<std::int32_t>(random.below(10))));
    t.add_text(i % 5 == 0 ? " <a&b>\"\r\n\x0B_x000A_ 𠮷 " : "文本" + std::to_string(i));
    day.add(base::Date{static_cast<std::int32_t>(random.below(60000)) - 20000});
    at.add_integer((static_cast<std::int64_t>(random.below(60000)) - 20000) * 86'400'000'000 +
                   static_cast<std::int64_t>(random.below(86'400'000)) * 1000);
    time.add_integer(static_cast<std::int64_t>(random.below(86'400'000)) * 1000);
    took.add_integer(static_cast<std::int64_t>(random.below(864'000'000)) * 1000);
    b.add(random.below(2) == 0);
  }
  std::vector<values::ColumnPtr> columns;
  for (auto* builder : {&n, &d, &t, &day, &at, &time, &took, &b}) columns.push_back(std::move(*builder).finish());
  return *Table::make({"n", "d", "文本", "day", "at", "time", "took", "b"}, std::move(columns));
}

TEST(XlsxWriting, WhatIsWrittenIsReadAgainTheSame) {
  const Folder folder;
  const auto path = folder.file("a.xlsx");
  const auto table = sample(500);
  auto writer = WorkbookWriter::create(path, Existing::refuse, base::Time{1'700'000'000'000'000});
  ASSERT_TRUE(writer.ok());
  SheetWriting one, two;
  one.name = "第一 's";
  two.name = "Two";
  two.start = {4, 3};
  two.header = SheetHeader::none;
  ASSERT_TRUE(writer->add_sheet(table, one).ok());
  ASSERT_TRUE(writer->add_sheet(table, two).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto written = writer->close();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->rows, 1000U);
  EXPECT_EQ(written->cells_as_text, 0U);
  EXPECT_EQ(folder.files(), 1U);
  auto book = Workbook::open(path);
  ASSERT_TRUE(book.ok());
  for (const std::string_view sheet : {"第一 's", "two"}) {
    SheetReading reading;
    reading.sheet = sheet;
    if (sheet == "two") reading.header = SheetHeader::none;
    const auto read = book->table(reading);
    ASSERT_TRUE(read.ok()) << read.error().message().en;
    ASSERT_EQ(read->table->rows(), table.rows());
    for (std::size_t c = 0; c < table.columns(); ++c) {
      ASSERT_EQ(read->table->column(c)->type(), table.column(c)->type());
      for (std::size_t r = 0; r < table.rows(); ++r)
        ASSERT_EQ(read->table->at(r, c), table.at(r, c)) << r << " " << c << " " << table.at(r, c).display();
    }
  }
}
TEST(XlsxWriting, WhatAWorkbookCannotHoldIsTextWithANoteAndNeverRounded) {
  const Folder folder;
  const auto path = folder.file("a.xlsx");
  auto writer = WorkbookWriter::create(path, Existing::replace, {});
  SheetWriting sheet;
  sheet.name = "S";
  ASSERT_TRUE(writer->begin_sheet({"v"}, sheet).ok());
  const std::vector<Value> exact = {decimal("123456789012345.678"), whole(1234567890123456789), Value::of(base::Date{-25'568}),
                                    Value::of(values::TimeOfDay{1}), decimal("9.95")};
  for (const auto& v : exact) {
    const CellInput row[] = {v};
    ASSERT_TRUE(writer->add(row).ok());
  }
  const auto written = writer->close();
  ASSERT_TRUE(written.ok()) << written.error().message().en << written.error().detail();
  EXPECT_EQ(written->cells_as_text, 4U);
  ASSERT_EQ(written->notes.size(), 1U);
  EXPECT_HAS(written->notes[0].en, "Sheet \"S\", column \"v\": 4 values (the first in A2) are written as text");
  auto book = Workbook::open(path);
  EXPECT_EQ(book->cell("S", {2, 1})->value, text("123456789012345.678"));
  EXPECT_EQ(book->cell("S", {3, 1})->value, text("1234567890123456789"));
  EXPECT_EQ(book->cell("S", {4, 1})->value, text("1899-12-31"));
  EXPECT_EQ(book->cell("S", {6, 1})->value, decimal("9.95"));
}
TEST(XlsxWriting, FormulasTitlesTotalsLooksAndCharts) {
  const Folder folder;
  const auto path = folder.file("a.xlsx");
  auto writer = WorkbookWriter::create(path, Existing::replace, {});
  ColumnBuilder name(ColumnType::text), price(ColumnType::decimal, 2), count(ColumnType::integer);
  for (int i = 1; i <= 3; ++i) {
    name.add_text("项" + std::to_string(i));
    price.add_units(i * 125);
    count.add_integer(i);
  }
  std::vector<values::ColumnPtr> columns;
  for (auto* builder : {&name, &price, &count}) columns.push_back(std::move(*builder).finish());
  const auto table = *Table::make({"name", "price", "count"}, std::move(columns));
  SheetWriting sheet;
  sheet.name = "S";
  sheet.start = {3, 1};
  sheet.autofilter = true;
  sheet.titles = {{{1, 1}, text("标题")}, {{1, 3}, date("2026-11-20")}};
  Look money;
  money.number_format = "#,##0.00";
  money.colour = 0x000000;
  money.fill = 0xFFFF00;
  sheet.columns = {{"price", 20.5, money, ""}, {"amount", {}, money, "B{row}*C{row}"}};
  sheet.totals = {text("合计"), Value(), Value(), Formula{"=SUM(D{first}:D{last})"}};
  sheet.charts = {{ChartKind::column, "图", "name", {"price", "amount"}, {}},
                  {ChartKind::pie, "", "name", {"count"}, Cell{20, 1}},
                  {ChartKind::line, "", "", {"count"}, {}}};
  ASSERT_TRUE(writer->add_sheet(table, sheet).ok());
  ASSERT_TRUE(writer->close().ok());
  auto book = Workbook::open(path);
  ASSERT_TRUE(book.ok());
  EXPECT_EQ(book->cell("S", {1, 1})->value, text("标题"));
  EXPECT_EQ(book->cell("S", {1, 3})->value, date("2026-11-20"));
  EXPECT_EQ(book->cell("S", {3, 4})->value, text("amount"));
  EXPECT_EQ(book->cell("S", {4, 2})->value, decimal("1.25"));
  EXPECT_EQ(book->cell("S", {4, 2})->format_code, "#,##0.00");
  EXPECT_EQ(book->cell("S", {5, 4})->formula, "B5*C5");
  EXPECT_EQ(book->cell("S", {5, 4})->value, Value());
  EXPECT_EQ(book->cell("S", {7, 4})->formula, "SUM(D4:D6)");
  auto parts = ZipParts::open(path, {});
  ASSERT_TRUE(parts.ok());
  for (const std::string_view part : {"xl/charts/chart1.xml", "xl/charts/chart2.xml", "xl/charts/chart3.xml", "xl/drawings/drawing1.xml"})
    EXPECT_NE(parts->find(part), nullptr) << part;
  const auto xml = parts->whole("xl/worksheets/sheet1.xml", 1U << 20U).value();
  EXPECT_HAS(xml, "<autoFilter ref=\"A3:D6\"/>");
  EXPECT_HAS(xml, "state=\"frozen\"");
  EXPECT_HAS(xml, "<dimension ref=\"A1:D7\"/>");
}
TEST(XlsxWriting, WrongPlansAreRefusedAndLeaveNothing) {
  const Folder folder;
  auto writer = WorkbookWriter::create(folder.file("a.xlsx"), Existing::replace, {});
  SheetWriting sheet;
  for (const std::string_view bad : {"", "a/b", "a:b", "[x]", "'x", "x'", "History", "12345678901234567890123456789012", "a\nb"}) {
    sheet.name = bad;
    EXPECT_FALSE(writer->begin_sheet({"a"}, sheet).ok()) << bad;
  }
  sheet.name = "S";
  EXPECT_FALSE(writer->begin_sheet({}, sheet).ok());
  EXPECT_FALSE(writer->end_sheet().ok());
  sheet.columns = {{"nobody", {}, {}, ""}};
  EXPECT_HAS(writer->begin_sheet({"a"}, sheet).error().message().en, "no column \"nobody\"; there are: a");
  sheet.columns = {};
  ASSERT_TRUE(writer->begin_sheet({"a"}, sheet).ok());
  const auto refused = [&](Value v) {
    const CellInput row[] = {std::move(v)};
    const auto status = writer->add(row);
    return status.ok() ? std::string("was written") : status.error().message().en;
  };
  EXPECT_HAS(refused(text(std::string(32'768, 'x'))), "Sheet \"S\": row 2, column \"a\": the text has more than the 32767 characters");
  EXPECT_HAS(refused(text("\xFF")), "row 2, column \"a\": this is no text");
  EXPECT_HAS(refused(Value::of(values::Map{})), "a map does not fit into a cell");
  EXPECT_HAS(refused(whole(1)), "was written");
  EXPECT_FALSE(writer->begin_sheet({"a"}, sheet).ok());
  ASSERT_TRUE(writer->end_sheet().ok());
  sheet.name = "s";
  EXPECT_HAS(writer->begin_sheet({"a"}, sheet).error().message().en, "used already");
  { const auto gone = std::move(*writer); }
  EXPECT_EQ(folder.files(), 0U);
  EXPECT_EQ(WorkbookWriter::create(folder.file("no/a.xlsx"), Existing::replace, {}).error().code(), base::Code::not_found);
  auto empty = WorkbookWriter::create(folder.file("b.xlsx"), Existing::replace, {});
  EXPECT_FALSE(empty->close().ok());
}
TEST(XlsxWriting, TheSameTableMakesTheSameFile) {
  const Folder folder;
  std::string bytes[2];
  for (auto& one : bytes) {
    auto writer = WorkbookWriter::create(folder.file("a.xlsx"), Existing::replace, base::Time{1'700'000'000'000'000});
    SheetWriting sheet;
    sheet.name = "S";
    ASSERT_TRUE(writer->add_sheet(sample(50), sheet).ok());
    ASSERT_TRUE(writer->close().ok());
    std::ifstream in(folder.file("a.xlsx"), std::ios::binary);
    one.assign(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

}  // namespace
}  // namespace quanji::workbook
