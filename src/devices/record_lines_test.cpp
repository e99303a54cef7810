#include "devices/record_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "devices/fixed_width_reader.h"

namespace quanji::devices {
namespace {

std::string left(const std::string& bytes, std::uint64_t first, std::uint64_t last) {
  const auto range = lines_between(RecordFile::of_bytes("a.txt", bytes), bytes.size(), first, last, {});
  if (!range.ok()) return range.error().message().en;
  return bytes.substr(range->begin, range->end - range->begin);
}

TEST(RecordLines, FirstAndLastLinesAreLeftOut) {
  EXPECT_EQ(left("a\nb\nc\nd\n", 0, 0), "a\nb\nc\nd\n");
  EXPECT_EQ(left("a\nb\nc\nd\n", 1, 1), "b\nc\n");
  EXPECT_EQ(left("a\nb\nc\nd", 1, 1), "b\nc\n");
  EXPECT_EQ(left("a\r\nb\r\nc\r\n", 1, 1), "b\r\n");
  EXPECT_EQ(left("a\nb\n\x1A", 0, 1), "a\n");
}
TEST(RecordLines, MoreThanThereAreLeaveNothing) {
  EXPECT_EQ(left("a\nb\n", 2, 0), "");
  EXPECT_EQ(left("a\nb\n", 5, 5), "");
  EXPECT_EQ(left("a\nb\n", 1, 1), "");
  EXPECT_EQ(left("", 1, 1), "");
}
TEST(RecordLines, LinesLongerThanABlockAreFound) {
  const std::string one(300'000, 'x');
  EXPECT_EQ(left(one + "\n" + one + "\n" + one + "\n", 1, 1), one + "\n");
}
TEST(RecordLines, AnAnswerInsteadOfGoingOnIsTheAnswer) {
  const auto stopped =
      lines_between(RecordFile::of_bytes("a.txt", "a\nb\n"), 4, 1, 0, [] { return base::Status(base::Error(base::Code::frozen)); });
  EXPECT_EQ(stopped.error().code(), base::Code::frozen);
}

FixedPlan plan() {
  return parse_fixed_layout(
             R"({"ending": "any", "records": [{"name": "r", "columns": [{"name": "code", "width": 3}, {"name": "n", "width": 2, "type": "integer"}]}]})")
      .value();
}
TEST(RecordLines, TitlesAndTotalsOfAReportAreNoRecords) {
  FixedReadOptions options;
  options.skip_lines = 2;
  options.skip_end_lines = 1;
  const auto file = RecordFile::of_bytes("a.txt", "REPORT OF 20261120\n---\nabc 1\ndef 2\r\nTOTAL 2 RECORDS\n");
  const auto rows = read_fixed_width(file, plan(), options);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  ASSERT_EQ(rows->parts[0].table.rows(), 2u);
  EXPECT_EQ(rows->parts[0].table.column(0)->text(1), "def");
}
TEST(RecordLines, RecordsAreCountedWithTheLinesBeforeThem) {
  FixedReadOptions options;
  options.skip_lines = 2;
  const auto rows = read_fixed_width(RecordFile::of_bytes("a.txt", "x\ny\nabc 1\ndef z\n"), plan(), options);
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.error().message().en.find("record 4, field n (byte 13"), std::string::npos) << rows.error().message().en;
  EXPECT_EQ(rows.error().detail(), "bad_value");
}
TEST(RecordLines, KindsOfFindingsAreToldApart) {
  EXPECT_EQ(read_fixed_width(RecordFile::of_bytes("a.txt", "abc\n"), plan(), {}).error().detail(), "unreadable");
  EXPECT_EQ(read_fixed_width(RecordFile::of_bytes("a.txt",
                                                  "\xFF\xFF"
                                                  "a 1\n"),
                             plan(), {})
                .error()
                .detail(),
            "bad_encoding");
}

}  // namespace
}  // namespace quanji::devices
