#include "activities/fixed_width/fixed_width.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "activities/testing_steps.h"

namespace quanji::activities::fixed_width {
namespace {

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }
std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
const std::string layout = "[{name: code, width: 6}, {width: 1}, {name: title, width: 8}, {name: n, type: integer, width: 4}]";
std::string read(StepWorld& world, const std::string& more = "") {
  return said(world.run_steps("- do: fixed_width.read_table\n  with: {file: a.txt, layout: " + layout + more +
                              "}\n  save: t\n- return: {t: \"=[list(r.values()) for r in t]\"}\n"));
}

TEST(FixedWidthReadTable, WidthsAreBytesAndGapsAreNoColumns) {
  StepWorld world;
  put(world.file("a.txt"), "000001|\xC6\xBD\xB0\xB2\xD2\xF8\xD0\xD0  12\n600000|A          7\r\n");
  EXPECT_EQ(read(world), R"({"t":[["000001","平安银行",12],["600000","A",7]]})");
}
TEST(FixedWidthReadTable, BadInputIsAnsweredWithFileRecordFieldAndReason) {
  StepWorld world;
  put(world.file("a.txt"), "000001|A          7\n000002|B       x  7\n");
  const auto value = read(world);
  EXPECT_HAS(value, "bad_value: ");
  EXPECT_HAS(value, "a.txt, record 2, field n (byte 35 of the file)");
  EXPECT_EQ(read(world, ", if_bad: nothing"), R"({"t":[["000001","A",7],["000002","B",null]]})");
  put(world.file("a.txt"), "000001|\xFF\xFF         7\n");
  EXPECT_HAS(read(world), "bad_encoding: ");
  put(world.file("a.txt"), "000001|A          7\n000002|B\n");
  const auto cut = read(world);
  EXPECT_HAS(cut, "unreadable: ");
  EXPECT_HAS(cut, "record 2");
  EXPECT_HAS(said(world.run_steps("- do: fixed_width.read_table\n  with: {file: a.txt, layout: [{name: a}]}\n")), "invalid_argument: ");
  EXPECT_HAS(said(world.run_steps("- do: fixed_width.read_table\n  with: {file: none.txt, layout: [{name: a, width: 1}]}\n")),
             "not_found: ");
}
TEST(FixedWidthReadTable, ADelimiterCutsFieldsWithoutWidths) {
  StepWorld world;
  put(world.file("a.txt"), "\x96\x7C|12.50|20261120\n");  // 東 ends in 0x7C
  EXPECT_EQ(said(world.run_steps("- do: fixed_width.read_table\n  with:\n    file: a.txt\n    delimiter: \"|\"\n"
                                 "    layout: [{name: a}, {name: b, type: decimal, places: 2}, {name: c, type: date, format: \"%Y%m%d\"}]\n"
                                 "  save: t\n- return: {a: \"=t[0].a\", b: \"=str(t[0].b)\", c: \"=t[0].c.isoformat()\"}\n")),
            R"({"a":"東","b":"12.50","c":"2026-11-20"})");
}
TEST(FixedWidthReadTable, AStopIsSeenBetweenBlocks) {
  engine::TemporaryFolder work;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += "000001       12\n";
  put(work.path() + "/a.txt", bytes);
  ReadTable::Input input;
  input.file.path = "a.txt";
  LayoutField field;
  field.name = "a";
  field.width = 15;
  input.layout = {field};
  input.skip = 1;
  input.skip_end = 1;
  AloneContext whole(work.path());
  const auto read_whole = ReadTable::run(whole, input);
  ASSERT_TRUE(read_whole.ok());
  EXPECT_EQ(read_whole->table->rows(), 99'998u);
  ASSERT_GT(whole.asked, 5);
  for (int at = 1; at <= whole.asked; ++at) {
    AloneContext context(work.path(), at);
    const auto outcome = ReadTable::run(context, input);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().ending, engine::Ending::stopped);
  }
}
TEST(FixedWidthWriteTable, AValueThatDoesNotFitIsRefusedAndNothingIsWritten) {
  StepWorld world;
  put(world.file("a.txt"), "old");
  const auto write = [&](const std::string& row) {
    return said(world.run_steps("- do: fixed_width.write_table\n  with: {table: [" + row + "], to: a.txt, layout: " + layout + "}\n"));
  };
  EXPECT_HAS(write("{code: \"1234567\"}"), "bad_value: ");
  EXPECT_HAS(write("{n: 1.5}"), "bad_value: ");
  EXPECT_HAS(write("{m: 1}"), "bad_value: ");
  EXPECT_HAS(
      said(world.run_steps(
          "- do: fixed_width.write_table\n  with: {table: [{a: \"😀\"}], to: a.txt, encoding: gbk, layout: [{name: a, width: 4}]}\n")),
      "bad_encoding: ");
  EXPECT_EQ(content(world.file("a.txt")), "old");
  EXPECT_EQ(world
                .run_steps("- do: fixed_width.write_table\n  with: {table: [{code: \"1\", title: 平安, n: -5}], to: a.txt, layout: " +
                           layout + "}\n")
                .outcome,
            wire::Outcome::success);
  EXPECT_EQ(content(world.file("a.txt")), "1      \xC6\xBD\xB0\xB2      -5\n");
}

}  // namespace
}  // namespace quanji::activities::fixed_width
