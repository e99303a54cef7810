#include "activities/dbf/dbf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "activities/testing_steps.h"
#include "devices/dbf_testing.h"

namespace quanji::activities::dbf {
namespace {

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)
using devices::testing::RawDbf;

void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }
std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
// Quotes as exchanges write them: marks without a value, a deleted first record with the file's own time.
RawDbf quotes() {
  RawDbf raw;
  raw.fields = {{"S1", 'C', 6}, {"S2", 'C', 8}, {"S3", 'N', 8, 3}, {"S11", 'N', 10}};
  raw.add({"000000", "150003", "1.000", "7"}, '*');
  raw.add({"600000", "\xC6\xD6\xB7\xA2\xD2\xF8\xD0\xD0", "12.345", "-"});
  raw.add({"600036", "", "-.---", "100"});
  return raw;
}

TEST(DbfReadTable, DeletedRecordsAreFlaggedSkippedOrTheOnlyOnes) {
  StepWorld world;
  put(world.file("show.dbf"), quotes().bytes());
  const auto rows = [&](const std::string& with) {
    return said(world.run_steps("- do: dbf.read_table\n  with: {file: show.dbf, " + with +
                                "}\n  save: t\n- return: {t: \"=[list(r.values()) for r in t]\"}\n"));
  };
  EXPECT_EQ(rows("columns: [S1, S11]"), R"({"t":[["000000",7,true],["600000",null,false],["600036",100,false]]})");
  EXPECT_EQ(rows("columns: [S11, S1], deleted_rows: skip"), R"({"t":[[null,"600000"],[100,"600036"]]})");
  EXPECT_EQ(rows("columns: [S1, S2], deleted_rows: only"), R"({"t":[["000000","150003"]]})");
  EXPECT_EQ(rows("columns: {S11: text}, deleted_rows: only"), R"({"t":[["000000","150003",{"$decimal":"1.000"},"7"]]})");
}
TEST(DbfReadTable, BadInputIsAnsweredWithFileRecordFieldAndReason) {
  StepWorld world;
  auto raw = quotes();
  raw.records[2].replace(15, 8, "   12x45");
  put(world.file("a.dbf"), raw.bytes());
  const auto value = said(world.run_steps("- do: dbf.read_table\n  with: {file: a.dbf}\n"));
  EXPECT_HAS(value, "bad_value: ");
  EXPECT_HAS(value, "a.dbf, record 3, field S3 (byte ");
  EXPECT_EQ(said(world.run_steps(
                "- do: dbf.read_table\n  with: {file: a.dbf, if_bad: nothing}\n  save: t\n- return: {v: \"=t[2].S3 is None\"}\n")),
            R"({"v":true})");
  raw = quotes();
  raw.records[1].replace(7, 2, "\xFF\xFF");
  put(world.file("b.dbf"), raw.bytes());
  const auto text = said(world.run_steps("- do: dbf.read_table\n  with: {file: b.dbf}\n"));
  EXPECT_HAS(text, "bad_encoding: ");
  EXPECT_HAS(text, "b.dbf, record 2, field S2");
  EXPECT_EQ(said(world.run_steps(
                "- do: dbf.read_table\n  with: {file: b.dbf, columns: [S1], deleted_rows: skip}\n  save: t\n- return: {n: =len(t)}\n")),
            R"({"n":2})");
  put(world.file("c.dbf"), "this is no DBF file at all, but long enough to have a header of its own");
  EXPECT_HAS(said(world.run_steps("- do: dbf.read_table\n  with: {file: c.dbf}\n")), "unreadable: ");
  const auto name = said(world.run_steps("- do: dbf.read_table\n  with: {file: a.dbf, columns: [S12]}\n"));
  EXPECT_HAS(name, "not_found: ");
  EXPECT_HAS(name, "S11");
  EXPECT_HAS(said(world.run_steps("- do: dbf.read_table\n  with: {file: none.dbf}\n")), "not_found: ");
}
TEST(DbfReadTable, AFileShorterThanItsHeaderSaysIsIncompleteWithBothNumbers) {
  StepWorld world;
  const auto whole = quotes().bytes();
  put(world.file("a.dbf"), std::string_view(whole).substr(0, whole.size() - 20));
  const auto refused = said(world.run_steps("- do: dbf.read_table\n  with: {file: a.dbf}\n"));
  EXPECT_HAS(refused, "incomplete: ");
  EXPECT_HAS(refused, "3 records and " + std::to_string(whole.size() - 1) + " bytes");
  EXPECT_HAS(said(world.run_steps("- do: dbf.append_rows\n  with: {file: a.dbf, table: [{S1: \"1\"}]}\n")), "incomplete: ");
  EXPECT_EQ(said(world.run_steps("- do: dbf.read_schema\n  with: {file: a.dbf}\n  save: s\n- return: {whole: =s.whole, n: =s.records}\n")),
            R"({"n":3,"whole":false})");
}
TEST(DbfReadTable, AStopIsSeenWhileItWaitsAndBetweenBlocks) {
  engine::TemporaryFolder work;
  RawDbf raw;
  raw.fields = {{"A", 'C', 200}};
  for (int i = 0; i < 6'000; ++i) raw.add({"x"});
  put(work.path() + "/a.dbf", raw.bytes());
  ReadTable::Input input;
  input.file.path = "a.dbf";
  AloneContext whole(work.path());
  ASSERT_TRUE(ReadTable::run(whole, input).ok());
  ASSERT_GT(whole.asked, 4) << "one wait, and 1.2 MB in blocks";
  for (int at = 1; at <= whole.asked; ++at) {
    AloneContext context(work.path(), at);
    const auto outcome = ReadTable::run(context, input);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().ending, engine::Ending::stopped);
  }
}
TEST(DbfReadTable, AFileThatNeverRestsIsBusyAfterAWhile) {
  engine::TemporaryFolder work;
  const auto path = work.path() + "/a.dbf";
  put(path, quotes().bytes());
  AloneContext context(work.path());
  context.while_it_waits = [&] {
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  };
  ReadTable::Input input;
  input.file.path = "a.dbf";
  const auto outcome = ReadTable::run(context, input);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, "file_busy");
}
TEST(DbfReadSchema, FieldsAreALayoutAndHeaderFactsAreTold) {
  StepWorld world;
  auto raw = quotes();
  raw.year = 126;
  raw.month = 11;
  raw.day = 20;
  put(world.file("a.dbf"), raw.bytes());
  EXPECT_EQ(said(world.run_steps("- do: dbf.read_schema\n  with: {file: a.dbf}\n  save: s\n"
                                 "- return: {f: \"=[list(f.values()) for f in s.fields]\", n: =s.records, d: =s.header_date.isoformat(), "
                                 "v: =s.version, l: =s.language, w: =s.whole}\n")),
            R"({"d":"2026-11-20","f":[["S1","C",6,0],["S2","C",8,0],["S3","N",8,3],["S11","N",10,0]],"l":0,"n":3,"v":3,"w":true})");
}

constexpr std::string_view layout =
    "[{name: A, type: C, width: 4}, {name: N, type: N, width: 6, places: 2}, {name: D, type: D}, {name: L, type: L}]";
TEST(DbfWriteTable, AValueThatDoesNotFitIsRefusedAndNothingIsWritten) {
  StepWorld world;
  put(world.file("a.dbf"), "old");
  const auto write = [&](const std::string& row) {
    return said(world.run_steps("- do: dbf.write_table\n  with:\n    table: [{A: x}, " + row +
                                "]\n    to: a.dbf\n    layout: " + std::string(layout) + "\n"));
  };
  const auto wide = write("{A: \"12345\"}");
  EXPECT_HAS(wide, "bad_value: ");
  EXPECT_HAS(wide, "Row 2 of the table, field A: it needs 5 bytes, the field has 4");
  EXPECT_HAS(write("{N: 1.005}"), "bad_value: ");
  EXPECT_HAS(write("{N: 12345}"), "bad_value: ");
  EXPECT_HAS(write("{B: 1}"), "not_found: ");
  EXPECT_EQ(content(world.file("a.dbf")), "old");
  EXPECT_HAS(
      said(world.run_steps(
          "- do: dbf.write_table\n  with: {table: [{A: \"😀\"}], to: a.dbf, encoding: gbk, layout: [{name: A, type: C, width: 4}]}\n")),
      "bad_encoding: ");
  EXPECT_HAS(said(world.run_steps("- do: dbf.write_table\n  with: {table: [{A: x}], to: a.dbf, layout: [{name: A, type: C}]}\n")),
             "invalid_argument: ");
}
TEST(DbfWriteTable, WhatWasWrittenIsReadTheSame) {
  StepWorld world;
  EXPECT_EQ(said(world.run_steps(R"~(- do: table.from_rows
  with:
    rows: [{A: 平安, N: 1.5, D: "2026-11-20", L: true}, {A: null, N: null, D: null, L: null}]
    columns: {D: date}
  save: rows
- do: dbf.write_table
  with:
    table: =rows
    to: a.dbf
    layout: )~" + std::string(layout) +
                                 R"~(
- do: dbf.read_table
  with: {file: a.dbf, deleted_rows: skip}
  save: t
- return:
    a: "=t[0].A"
    n: "=str(t[0].N)"
    d: "=t[0].D.isoformat()"
    l: "=t[0].L"
    blank: "=list(t[1].values())"
)~")),
            R"({"a":"平安","blank":["",null,null,null],"d":"2026-11-20","l":true,"n":"1.50"})");
}
TEST(DbfAppendRows, ARefusedRowLeavesTheFileAsItWas) {
  StepWorld world;
  const auto bytes = quotes().bytes();
  put(world.file("a.dbf"), bytes);
  const auto wide = said(world.run_steps("- do: dbf.append_rows\n  with: {file: a.dbf, table: [{S1: \"600000\"}, {S1: \"6000000\"}]}\n"));
  EXPECT_HAS(wide, "bad_value: ");
  EXPECT_HAS(wide, "Row 2");
  EXPECT_HAS(said(world.run_steps("- do: dbf.append_rows\n  with: {file: a.dbf, table: [{S4: 1}]}\n")), "not_found: ");
  EXPECT_EQ(content(world.file("a.dbf")), bytes);
}
TEST(DbfAppendRows, TheDayInTheHeaderIsTheTradesOwn) {
  engine::TemporaryFolder work;
  put(work.path() + "/a.dbf", quotes().bytes());
  AppendRows::Input input;
  input.file.path = "a.dbf";
  values::ColumnBuilder codes(values::ColumnType::text);
  codes.add_text("600000");
  input.table = std::make_shared<const values::Table>(values::Table::make({"S1"}, {std::move(codes).finish()}).value());
  AloneContext context(work.path());
  static_cast<base::ManualClock&>(context.clock())
      .jump_wall(base::parse_time("2026-11-20T01:00:00+08:00").value().since(context.clock().now()));
  ASSERT_EQ(AppendRows::run(context, input)->count, 1);
  const auto bytes = content(work.path() + "/a.dbf");
  EXPECT_EQ(static_cast<int>(bytes[1]), 126);
  EXPECT_EQ(static_cast<int>(bytes[2]), 11);
  EXPECT_EQ(static_cast<int>(bytes[3]), 20) << "17:00 of the 19th in Greenwich";
  EXPECT_EQ(static_cast<int>(bytes[4]), 4);
}

}  // namespace
}  // namespace quanji::activities::dbf
