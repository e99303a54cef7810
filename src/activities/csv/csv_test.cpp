#include "activities/csv/csv.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "activities/testing_steps.h"

namespace quanji::activities::csv {
namespace {

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }
std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(CsvReadTable, ColumnsAreTextUnlessTheyAreGivenATypeAndCodesKeepTheirZeros) {
  StepWorld world;
  put(world.file("a.csv"), "code,amount,day\n000001,1.20,2026/3/5\n");
  EXPECT_EQ(said(world.run_steps(R"~(- do: csv.read_table
  with:
    file: a.csv
    columns: {amount: decimal, day: {type: date, format: "%Y/%m/%d"}}
  save: t
- return: {code: "=t[0].code", amount: "=str(t[0].amount * 2)", day: "=t[0].day.isoformat()"}
)~")),
            R"({"amount":"2.40","code":"000001","day":"2026-03-05"})");
}
TEST(CsvReadTable, AListOfColumnsSelectsAndOrders) {
  StepWorld world;
  put(world.file("a.csv"), "a;b;c\n1;2;3\n");
  EXPECT_EQ(said(world.run_steps(
                "- do: csv.read_table\n  with: {file: a.csv, columns: [c, a]}\n  save: t\n- return: {row: \"=list(t[0].values())\"}\n")),
            R"({"row":["3","1"]})");
}
TEST(CsvReadTable, AFileOfGbkIsFoundOutAndOneThatIsNeitherIsRefusedWithItsLine) {
  StepWorld world;
  put(world.file("a.csv"), "\xB4\xFA\xC2\xEB,n\n\xC6\xBD\xB0\xB2,1\n");
  EXPECT_EQ(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv}\n  save: t\n- return: {n: \"=t[0].代码\"}\n")),
            R"({"n":"平安"})");
  put(world.file("b.csv"), "a,n\nx,1\n\xFF\xFF,2\n");
  const auto refused = said(world.run_steps("- do: csv.read_table\n  with: {file: b.csv, encoding: utf-8}\n"));
  EXPECT_HAS(refused, "bad_encoding: ");
  EXPECT_HAS(refused, "b.csv, line 3");
  EXPECT_EQ(said(world.run_steps(
                "- do: csv.read_table\n  with: {file: b.csv, encoding: utf-8, if_bad: nothing}\n  save: t\n- return: {n: =len(t)}\n")),
            R"({"n":2})");
}
TEST(CsvReadTable, BadInputIsAnsweredWithFileLineColumnAndReason) {
  StepWorld world;
  put(world.file("a.csv"), "code,amount\n000001,1.20\n600000,x\n");
  const auto value = said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: {amount: decimal}}\n"));
  EXPECT_HAS(value, "bad_value: ");
  EXPECT_HAS(value, "File a.csv, line 3, column 2 \"amount\": \"x\" is not a decimal");
  EXPECT_EQ(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: {amount: decimal}, if_bad: nothing}\n  save: t\n"
                                 "- return: {bad: \"=t[1].amount is None\"}\n")),
            R"({"bad":true})");
  const auto name = said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: [amont]}\n"));
  EXPECT_HAS(name, "not_found: ");
  EXPECT_HAS(name, "there are: amount, code");
  put(world.file("b.csv"), "a,b\n1,2\n3\n");
  const auto ragged = said(world.run_steps("- do: csv.read_table\n  with: {file: b.csv}\n"));
  EXPECT_HAS(ragged, "unreadable: ");
  EXPECT_HAS(ragged, "b.csv, line 3: 1 values where there are 2 columns");
  put(world.file("c.csv"), "a,b\n1,\"2\n");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: c.csv}\n")), "unreadable: ");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: none.csv}\n")), "not_found: ");
}
TEST(CsvReadTable, ArgumentsThatFitNothingAreToldHowTheyAreWritten) {
  StepWorld world;
  put(world.file("a.csv"), "a\n1\n");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: {a: number}}\n")), "invalid_argument: ");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: {a: number}}\n")), "there is no type \"number\"");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, columns: {a: {type: date, format: \"%j\"}}}\n")),
             "columns/a");
  EXPECT_HAS(said(world.run_steps("- do: csv.read_table\n  with: {file: a.csv, delimiter: \";;\"}\n")), "invalid_argument: ");
}
TEST(CsvReadTable, AStopIsSeenBetweenBlocks) {
  engine::TemporaryFolder work;
  std::string bytes = "a,b\n";
  for (int i = 0; i < 200'000; ++i) bytes += "000001,12.50\n";
  put(work.path() + "/a.csv", bytes);
  ReadTable::Input input;
  input.file.path = "a.csv";
  AloneContext whole(work.path());
  ASSERT_TRUE(ReadTable::run(whole, input).ok());
  EXPECT_GT(whole.asked, 8) << "of 2.6 MB";
  for (int at = 1; at <= whole.asked; ++at) {
    AloneContext context(work.path(), at);
    const auto outcome = ReadTable::run(context, input);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().ending, engine::Ending::stopped);
    EXPECT_EQ(context.asked, at);
  }
}

values::TablePtr texts(std::size_t rows) {
  values::ColumnBuilder builder(values::ColumnType::text);
  for (std::size_t i = 0; i < rows; ++i) builder.add_text("平安银行平安银行");
  return std::make_shared<const values::Table>(values::Table::make({"a"}, {std::move(builder).finish()}).value());
}
TEST(CsvWriteTable, AStoppedOrRefusedWritingLeavesTheOldFileAndNothingElse) {
  engine::TemporaryFolder work;
  put(work.path() + "/a.csv", "old");
  WriteTable::Input input;
  input.table = texts(60'000);
  input.to.path = "a.csv";
  AloneContext stopped(work.path(), 2);
  const auto outcome = WriteTable::run(stopped, input);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().ending, engine::Ending::stopped);
  EXPECT_EQ(content(work.path() + "/a.csv"), "old");
  EXPECT_EQ(files_in(work.path()), 1u);
  StepWorld world;
  put(world.file("a.csv"), "old");
  const auto refused = said(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 好}, {n: \"😀\"}], to: a.csv, encoding: gbk}\n"));
  EXPECT_HAS(refused, "bad_encoding: ");
  EXPECT_HAS(refused, "Row 2, column \"n\"");
  EXPECT_EQ(content(world.file("a.csv")), "old");
  EXPECT_EQ(files_in(world.work.path()), 1u);
}
TEST(CsvWriteTable, WhatHappensToAFileThatIsThere) {
  StepWorld world;
  put(world.file("a.csv"), "old");
  EXPECT_HAS(said(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: a.csv, if_exists: fail}\n")), "file_exists: ");
  EXPECT_EQ(content(world.file("a.csv")), "old");
  EXPECT_EQ(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: a.csv, if_exists: skip}\n").outcome,
            wire::Outcome::success);
  EXPECT_EQ(content(world.file("a.csv")), "old");
  EXPECT_EQ(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: a.csv}\n").outcome, wire::Outcome::success);
  EXPECT_EQ(content(world.file("a.csv")), "n\r\n1\r\n");
  // The same content is what a repeated step finds.
  EXPECT_EQ(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: a.csv, if_exists: fail}\n").outcome,
            wire::Outcome::success);
  std::filesystem::create_directory(world.file("folder"));
  EXPECT_HAS(said(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: folder}\n")), "file_exists: ");
  EXPECT_HAS(said(world.run_steps("- do: csv.write_table\n  with: {table: [{n: 1}], to: none/a.csv}\n")), "not_found: ");
}
TEST(CsvAppendRows, AColumnTheHeaderHasNotIsRefused) {
  StepWorld world;
  put(world.file("a.csv"), "code,amount\n");
  const auto refused = said(world.run_steps("- do: csv.append_rows\n  with: {table: [{cod: \"1\"}], file: a.csv}\n"));
  EXPECT_HAS(refused, "not_found: ");
  EXPECT_HAS(refused, "there are: code, amount");
  EXPECT_EQ(content(world.file("a.csv")), "code,amount\n");
}

}  // namespace
}  // namespace quanji::activities::csv
