#include "devices/fixed_width.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/random.h"
#include "devices/fixed_width_reader.h"
#include "devices/fixed_width_writer.h"

namespace quanji::devices {
namespace {

using values::ColumnBuilder;
using values::ColumnType;
using values::Table;
using values::Value;

// The shape of mktdt00, cut to a few fields.
constexpr std::string_view market = R"({
  "separator": "|",
  "records": [
    {"name": "HEADER", "role": "header", "begins": "HEADER", "countField": "records", "bytesField": "bodyBytes", "columns": [
      {"name": "kind", "width": 6}, {"name": "version", "width": 8}, {"name": "bodyBytes", "width": 10, "type": "integer"},
      {"name": "records", "width": 5, "type": "integer"}, {"name": "at", "width": 21, "type": "datetime", "format": "%Y%m%d-%H:%M:%S.%3f"}]},
    {"name": "MD002", "begins": "MD002", "columns": [
      {"name": "type", "width": 5}, {"name": "code", "width": 6}, {"name": "name", "width": 8},
      {"name": "volume", "width": 16, "type": "integer"}, {"name": "last", "width": 11, "type": "decimal", "places": 3}]},
    {"name": "MD004", "begins": "MD004", "columns": [
      {"name": "type", "width": 5}, {"name": "code", "width": 6}, {"name": "iopv", "width": 11, "type": "decimal", "places": 3},
      {"name": "time", "width": 12, "type": "time", "format": "%H:%M:%S.%3f"}]},
    {"name": "TRAILER", "role": "trailer", "begins": "TRAILER", "checksumField": "checksum", "columns": [
      {"name": "kind", "width": 7}, {"name": "checksum", "width": 3, "type": "integer"}]}
  ]})";

void expect_in(std::string_view part, std::string_view whole) {
  EXPECT_NE(whole.find(part), std::string_view::npos) << "\"" << part << "\" is not in \"" << whole << "\"";
}
FixedPlan plan_of(std::string_view json) {
  auto plan = parse_fixed_layout(json);
  if (!plan) {
    std::string all = plan.error().message().en;
    for (const auto& problem : plan.error().fields()) all += "; " + problem.field + ": " + problem.reason.en;
    ADD_FAILURE() << all;
  }
  return std::move(*plan);
}
base::Result<FixedRows> read(const std::string& bytes, const FixedPlan& plan, const FixedReadOptions& options = {}) {
  return read_fixed_width(RecordFile::of_bytes("a.txt", bytes), plan, options);
}
std::string refusal(const std::string& bytes, const FixedPlan& plan, const FixedReadOptions& options = {}) {
  const auto rows = read(bytes, plan, options);
  return rows.ok() ? "no refusal" : rows.error().message().en;
}
std::string with_checksum(std::string bytes) {
  unsigned sum = 0;
  for (const char c : bytes) sum += static_cast<std::uint8_t>(c);
  const auto digits = std::to_string(sum % 256);
  return bytes + std::string(3 - digits.size(), '0') + digits + "\n";
}
// 東 ends in 0x7C in GBK.
const std::string row_1 = "MD002|600000|\x96\x7C\xB7\xBD  \xB7\x7C|            1200|     12.340\n";
const std::string row_2 = "MD002|600001|        |                |      -.---\n";
const std::string row_3 = "MD004|510050|      2.711|15:00:03.120\n";
std::string market_file(const std::string& count = "    3", const std::string& bytes = "") {
  const auto body = row_1 + row_2 + row_3;
  auto length = bytes.empty() ? std::to_string(body.size()) : bytes;
  length.insert(0, 10 - length.size(), ' ');
  return with_checksum("HEADER|MTP1.00 |" + length + "|" + count + "|20221208-15:01:45.351\n" + body + "TRAILER|");
}

TEST(FixedWidth, RecordsBecomeTablesByKind) {
  const auto plan = plan_of(market);
  const auto rows = read(market_file(), plan);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->records, 3U);
  ASSERT_EQ(rows->parts.size(), 2U);
  EXPECT_EQ(rows->parts[0].kind, "MD002");
  const auto& shares = rows->parts[0].table;
  ASSERT_EQ(shares.rows(), 2U);
  EXPECT_EQ(shares.at(0, 2).text(), "東方  穦");  // a bar within a character separates nothing
  EXPECT_EQ(shares.at(0, 3).integer(), 1200);
  EXPECT_EQ(shares.at(0, 4).display(), "12.340");
  EXPECT_EQ(shares.at(1, 2).text(), "");
  EXPECT_TRUE(shares.at(1, 3).is(values::Type::nothing));
  EXPECT_TRUE(shares.at(1, 4).is(values::Type::nothing));
  EXPECT_EQ(rows->parts[1].table.at(0, 3).display(), "15:00:03.12");
  ASSERT_EQ(rows->header.size(), 5U);
  EXPECT_EQ(rows->header[4].second.display(), "2022-12-08T15:01:45.351");
  EXPECT_EQ(rows->trailer[0].second.text(), "TRAILER");
}

TEST(FixedWidth, KindsColumnsAndRowsAreChosen) {
  const auto plan = plan_of(market);
  const auto rows = read(market_file(), plan, {.kinds = {"MD002"}, .columns = {"last", "code"}, .skip = 1});
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  ASSERT_EQ(rows->parts.size(), 1U);
  EXPECT_EQ(rows->parts[0].table.names(), (std::vector<std::string>{"last", "code"}));
  EXPECT_EQ(rows->parts[0].table.rows(), 1U);
  EXPECT_EQ(rows->records, 3U);
  expect_in("no body records named MD009", refusal(market_file(), plan, {.kinds = {"MD009"}}));
  expect_in("no body records named HEADER", refusal(market_file(), plan, {.kinds = {"HEADER"}}));
  expect_in("no field none", refusal(market_file(), plan, {.columns = {"code", "none"}}));
}

TEST(FixedWidth, TotalsAreHeldToTheFile) {
  const auto plan = plan_of(market);
  expect_in("field records (byte 27 of the file), holding \"    4\": the file says 4 body records, there are 3: incomplete",
            refusal(market_file("    4"), plan));
  expect_in("says 7 bytes of body", refusal(market_file("    3", "7"), plan));
  auto changed = market_file();
  changed.replace(changed.find("12.340"), 6, "13.340");
  expect_in("as the checksum", refusal(changed, plan));
  EXPECT_TRUE(read(market_file("     "), plan).ok());  // a blank total promises nothing
  const auto whole = market_file();
  expect_in("trailer TRAILER is missing", refusal(whole.substr(0, whole.find("TRAILER")), plan));
  expect_in("header HEADER is missing", refusal(row_1, plan_of(market)));
}

TEST(FixedWidth, ACutFileIsIncompleteWhereverItIsCut) {
  const auto plan = plan_of(market);
  const auto whole = market_file();
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    const auto rows = read(whole.substr(0, size), plan);
    EXPECT_FALSE(rows.ok()) << size;
  }
  EXPECT_TRUE(read(whole.substr(0, whole.size() - 1), plan).ok());
  EXPECT_TRUE(read(whole + "\x1A", plan).ok());
  expect_in("a record TRAILER has 11 bytes, the file ends after 9 of them", refusal(whole.substr(0, whole.size() - 3), plan));
}

TEST(FixedWidth, WrongRecordsAreNamedWithTheirPlace) {
  const auto plan = plan_of(market);
  const auto with = [&](const std::string& from, const std::string& to) {
    auto bytes = market_file();
    bytes.replace(bytes.find(from), from.size(), to);
    return refusal(bytes, plan);
  };
  expect_in("record 3 (byte", with("MD002|600001", "MD009|600001"));
  expect_in("of no kind", with("MD002|600001", "MD009|600001"));
  expect_in("record 3, field code (byte 118 of the file), holding \";\": the separator \"|\" should stand", with("600001|", "600001;"));
  expect_in("this line has 51", with("600001|        |", "600001|         |"));
  expect_in("this line has 49", with("600001|        |", "600001|       |"));
  expect_in("record 3, field last", with("      -.---", "      12x4 "));
  expect_in("holding \"      12x4 \": neither a number", with("      -.---", "      12x4 "));
  expect_in("out of its place", with("MD004|510050|      2.711|15:00:03.120", "HEADER|MTP1.00 |          |     |20221208-15:01:45.351"));
  expect_in("no date or time of the format %H:%M:%S.%3f", with("15:00:03.120", "25:00:03.120"));
  // UTF-8 saved over GBK: the line is longer.
  expect_in("this line has", with("\x96\x7C\xB7\xBD", "東方"));
  expect_in("cut by the field's end", with("\xB7\x7C|", "A\xB7|"));
}

TEST(FixedWidth, GarbageIsCountedWhenAsked) {
  const auto plan = plan_of(market);
  auto bytes = market_file();
  bytes.replace(bytes.find("      -.---"), 11, "      12x4 ");
  bytes.replace(bytes.find("15:00:03.120"), 12, "25:00:03.120");
  const auto sum = bytes.rfind("TRAILER|") + 8;
  bytes = with_checksum(bytes.substr(0, sum));
  const auto rows = read(bytes, plan, {.garbage = Garbage::nothing, .keep_findings = 1});
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->findings.count(), 2U);
  ASSERT_EQ(rows->findings.first().size(), 1U);
  EXPECT_EQ(rows->findings.first()[0].record, 3U);
  EXPECT_TRUE(rows->parts[1].table.at(0, 3).is(values::Type::nothing));
  bytes.replace(bytes.find("\xB7\x7C|"), 3, "A\xB7|");
  bytes = with_checksum(bytes.substr(0, sum));
  const auto repaired = read(bytes, plan, {.bad_text = BadText::replace, .garbage = Garbage::nothing});
  ASSERT_TRUE(repaired.ok()) << repaired.error().message().en;
  EXPECT_EQ(repaired->findings.count(), 3U);
  EXPECT_EQ(repaired->parts[0].table.at(0, 2).text(), "東方  A\xEF\xBF\xBD");
}

TEST(FixedWidth, LineEndsAreTheLayouts) {
  const auto plan = [](const std::string& ending) {
    return plan_of(R"({"ending": ")" + ending +
                   R"(", "records": [{"name": "R", "columns": [{"name": "a", "width": 2}, {"name": "b", "width": 1}]}]})");
  };
  const auto count = [](const std::string& bytes, const FixedPlan& p) {
    const auto rows = read(bytes, p);
    return rows.ok() ? static_cast<int>(rows->parts[0].table.rows()) : -1;
  };
  EXPECT_EQ(count("abcabc", plan("none")), 2);
  EXPECT_EQ(count("abcabcab", plan("none")), -1);
  EXPECT_EQ(count("abc\nabc\n", plan("lf")), 2);
  EXPECT_EQ(count("abc\r\nabc\r\n", plan("lf")), -1);
  EXPECT_EQ(count("abc\r\nabc\r\n", plan("crlf")), 2);
  EXPECT_EQ(count("abc\r\nabc", plan("crlf")), 2);
  EXPECT_EQ(count("abc\nabc\n", plan("crlf")), -1);
  EXPECT_EQ(count("abc\nabc\r\nabc", plan("any")), 3);
  EXPECT_EQ(count("abc\n\nabc\n", plan("lf")), -1);
  EXPECT_EQ(count("", plan("lf")), 0);
  EXPECT_EQ(count("\x1A", plan("lf")), 0);
  expect_in("the line end is not the one", refusal("abc\nabc\n", plan("crlf")));
}

TEST(FixedWidth, StartsGapsAndLengthsAreKept) {
  const auto plan = plan_of(R"({"ending": "none", "records": [{"name": "R", "length": 12, "columns": [
    {"name": "a", "start": 2, "width": 2}, {"name": "b", "start": 6, "width": 3, "type": "integer", "pad": "0"}]}]})");
  const auto rows = read("..AB..007...", plan);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->parts[0].table.at(0, 0).text(), "AB");
  EXPECT_EQ(rows->parts[0].table.at(0, 1).integer(), 7);
}

TEST(FixedWidth, TypesAreReadAsTheyAreDescribed) {
  const auto plan = plan_of(R"({"ending": "none", "records": [{"name": "R", "columns": [
    {"name": "money", "width": 9, "type": "scaled", "places": 2}, {"name": "day", "width": 8, "type": "date"},
    {"name": "iso", "width": 10, "type": "date", "format": "%Y-%m-%d"}, {"name": "time", "width": 6, "type": "time"},
    {"name": "ok", "width": 1, "type": "boolean"}, {"name": "left", "width": 4, "trim": "left", "pad": "0"},
    {"name": "raw", "width": 3, "trim": "none"}, {"name": "gap", "width": 2, "type": "filler"}]}]})");
  const auto rows = read("000012345202602282026-02-28093000Y0012 x ..", plan);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  const auto& t = rows->parts[0].table;
  EXPECT_EQ(t.columns(), 7U);
  EXPECT_EQ(t.at(0, 0).display(), "123.45");
  EXPECT_EQ(t.at(0, 1).display(), "2026-02-28");
  EXPECT_EQ(t.at(0, 2).display(), "2026-02-28");
  EXPECT_EQ(t.at(0, 3).display(), "09:30:00");
  EXPECT_TRUE(t.at(0, 4).boolean());
  EXPECT_EQ(t.at(0, 5).text(), "12");
  EXPECT_EQ(t.at(0, 6).text(), " x ");
  const auto empty = read("         00000000          000000      " + std::string("    "), plan);
  ASSERT_TRUE(empty.ok()) << empty.error().message().en;
  EXPECT_TRUE(empty->parts[0].table.at(0, 0).is(values::Type::nothing));
  EXPECT_TRUE(empty->parts[0].table.at(0, 1).is(values::Type::nothing));
  EXPECT_EQ(empty->parts[0].table.at(0, 3).time().micros, 0);  // midnight
  expect_in("point is implied", refusal("  123.45 202602282026-02-28093000Y0012 x ..", plan));
  expect_in("neither Y nor N", refusal("000012345202602282026-02-28093000X0012 x ..", plan));
  expect_in("format %Y%m%d", refusal("000012345202602302026-02-28093000Y0012 x ..", plan));
}

TEST(FixedWidth, Utf16FieldsMayHoldAnyByte) {
  const auto plan = plan_of(R"({"separator": "|", "records": [{"name": "R", "columns": [
    {"name": "name", "width": 8, "charset": "utf-16le"}, {"name": "code", "width": 2}]}]})");
  // 長 U+9577, 上 U+4E0A holds a line feed, U+7C00 a bar, then ideographic blanks.
  const auto rows = read(std::string("\x0A\x4E\x00\x7C\x00\x30\x00\x30|00\n", 12), plan);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->parts[0].table.at(0, 0).text(), "上簀");
  expect_in("Not UTF-16", refusal(std::string("\x00\xD8\x00\x7C\x00\x30\x00\x30|00\n", 12), plan));
  for (const auto order : {FixedCharset::utf16le, FixedCharset::utf16be}) {
    const auto there = utf8_to_utf16("a券\xF0\x9F\x98\x80", order);
    ASSERT_TRUE(there.ok());
    EXPECT_EQ(*utf16_to_utf8(*there, order), "a券\xF0\x9F\x98\x80");
    EXPECT_FALSE(utf16_to_utf8(there->substr(0, there->size() - 1), order).ok());
    EXPECT_FALSE(utf16_to_utf8(there->substr(0, there->size() - 2), order).ok());
  }
}

TEST(FixedWidth, OpenFieldsEndAtASeparatorOfTheirOwn) {
  const auto plan = plan_of(R"({"separator": "|", "records": [{"name": "R", "columns": [
    {"name": "code", "width": 6}, {"name": "name", "width": 0}, {"name": "n", "width": 0, "type": "integer"}]}]})");
  const auto rows = read("600000|\x96\x7C\xB7\xBD|12\n600001||\n", plan);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->parts[0].table.at(0, 1).text(), "東方");
  EXPECT_EQ(rows->parts[0].table.at(0, 2).integer(), 12);
  EXPECT_TRUE(rows->parts[0].table.at(1, 2).is(values::Type::nothing));
  expect_in("separator \"|\" should", refusal("600000|x\n", plan));
  expect_in("more fields than", refusal("600000|x|1|2\n", plan));
  expect_in("field code", refusal("60000|x|1\n", plan));
}

TEST(FixedWidth, LayoutsThatMeanNothingAreRefused) {
  const auto problem = [](const std::string& json) {
    const auto plan = parse_fixed_layout(json);
    if (plan.ok()) return std::string("taken");
    std::string all = plan.error().message().en;
    for (const auto& p : plan.error().fields()) all += "; " + p.field + ": " + p.reason.en;
    return all;
  };
  const auto record = [&](const std::string& rest) { return problem(R"({"records": [{"name": "R", )" + rest + "}]}"); };
  EXPECT_EQ(record(R"("columns": [{"name": "a", "width": 2}])"), "taken");
  expect_in("records", problem("{}"));
  expect_in("records", problem(R"({"records": []})"));
  expect_in("stands twice", record(R"("columns": [{"name": "a", "width": 2}, {"name": "a", "width": 2}])"));
  expect_in("overlaps", record(R"("columns": [{"name": "a", "width": 4}, {"name": "b", "start": 2, "width": 2}])"));
  expect_in("need 5 bytes, its length is 4", record(R"("length": 4, "columns": [{"name": "a", "width": 5}])"));
  expect_in("without width", record(R"("columns": [{"name": "a", "width": 0}])"));
  expect_in("the format", record(R"("columns": [{"name": "a", "width": 8, "type": "date", "format": "%y%m%d"}])"));
  expect_in("the format", record(R"("columns": [{"name": "a", "width": 8, "type": "date", "format": "%H%M"}])"));
  expect_in("longer than the width", record(R"("columns": [{"name": "a", "width": 6, "type": "date"}])"));
  expect_in("only dates", record(R"("columns": [{"name": "a", "width": 8, "format": "%Y%m%d"}])"));
  expect_in("like Y/N", record(R"("columns": [{"name": "a", "width": 1, "type": "boolean", "format": "YN"}])"));
  expect_in("even width", record(R"("columns": [{"name": "a", "width": 3, "charset": "utf-16le"}])"));
  expect_in("have places", record(R"("columns": [{"name": "a", "width": 3, "type": "integer", "places": 2}])"));
  expect_in("a total is", record(R"("countField": "a", "columns": [{"name": "a", "width": 3, "type": "integer"}])"));
  expect_in(
      "at most one of each role",
      problem(
          R"({"records": [{"name": "A", "columns": [{"name": "a", "width": 2}]}, {"name": "B", "columns": [{"name": "a", "width": 2}]}]})"));
  expect_in("cannot be UTF-16", problem(R"({"charset": "utf-16le", "records": [{"name": "A", "columns": [{"name": "a", "width": 2}]}]})"));
  expect_in("nonsense", record(R"("nonsense": 1, "columns": [{"name": "a", "width": 2}])"));
  expect_in("outside of the record", record(R"("begins": "ABC", "columns": [{"name": "a", "width": 2}])"));
}

TEST(FixedWidth, HeadersAndTrailersWithoutAMarkStandAtTheEnds) {
  const auto plan = plan_of(R"({"records": [
    {"name": "H", "role": "header", "countField": "n", "columns": [{"name": "n", "width": 4, "type": "integer"}]},
    {"name": "R", "columns": [{"name": "a", "width": 3}]},
    {"name": "T", "role": "trailer", "columns": [{"name": "t", "width": 2}]}]})");
  const auto rows = read("0002\nabc\ndef\nOK\n", plan);
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->parts[0].table.rows(), 2U);
  EXPECT_EQ(rows->trailer[0].second.text(), "OK");
  expect_in("2 body records", refusal("0002\nabc\nOK\n", plan));
}

class FixedWidthWriter : public ::testing::Test {
 protected:
  FixedWidthWriter() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-fixed-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~FixedWidthWriter() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/a.txt"; }
  std::string bytes() const {
    std::ifstream in(path(), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::string refusal_of(const FixedPlan& plan, const FixedContent& content) const {
    const auto status = write_fixed_width(path(), plan, content, {.existing = Existing::replace});
    return status.ok() ? "no refusal" : status.error().message().en;
  }
  std::string folder_;
};

TEST_F(FixedWidthWriter, WhatWasReadIsWrittenByteForByte) {
  const auto plan = plan_of(market);
  auto rows = read(market_file(), plan).value();
  FixedContent content{rows.parts, rows.header, rows.trailer};
  // Totals are the writer's; whatever the values say.
  for (auto& [name, value] : content.header)
    if (name == "records") value = Value::of(std::int64_t{99});
  ASSERT_TRUE(write_fixed_width(path(), plan, content, {}).ok());
  auto expected = market_file();
  const auto mark = expected.find("      -.---");
  expected.replace(mark, 11, "           ");  // no value is blank
  EXPECT_EQ(bytes(), with_checksum(expected.substr(0, expected.rfind("TRAILER|") + 8)));
  EXPECT_TRUE(read(bytes(), plan)->parts[0].table == rows.parts[0].table);
  EXPECT_EQ(write_fixed_width(path(), plan, content, {}).error().code(), base::Code::name_taken);
}

TEST_F(FixedWidthWriter, KindsWriteTheirMarksThemselves) {
  const auto plan = plan_of(market);
  ColumnBuilder codes(ColumnType::text);
  codes.add_text("510050");
  const FixedContent content{{{"MD004", Table::make({"code"}, {std::move(codes).finish()}).value()}}, {}, {}};
  ASSERT_TRUE(write_fixed_width(path(), plan, content, {}).ok());
  expect_in("\nMD004|510050|           |            \nTRAILER|", bytes());
  const auto again = read(bytes(), plan);
  ASSERT_TRUE(again.ok()) << again.error().message().en;
  EXPECT_EQ(again->header[3].second.integer(), 1);
}

TEST_F(FixedWidthWriter, WhatDoesNotFitIsRefusedWithRowAndField) {
  const auto plan = plan_of(R"({"separator": "|", "records": [{"name": "R", "columns": [
    {"name": "a", "width": 4}, {"name": "n", "width": 5, "type": "decimal", "places": 2}, {"name": "d", "width": 8, "type": "date"},
    {"name": "t", "width": 6, "type": "time"}, {"name": "ok", "width": 1, "type": "boolean"}]}]})");
  const auto one = [&](const std::string& name, const Value& value) {
    ColumnBuilder column(ColumnType::any);
    column.add(value);
    return refusal_of(plan, {{{"R", Table::make({name}, {std::move(column).finish()}).value()}}, {}, {}});
  };
  EXPECT_EQ(one("a", Value::of(std::string("券商"))), "no refusal");
  expect_in("Record R, row 1, field a: it needs 6 bytes, the field has 4", one("a", Value::of(std::string("三个字"))));
  expect_in("more than 2 places", one("n", Value::of(values::Decimal::parse("1.005").value())));
  expect_in("needs 6 bytes", one("n", Value::of(std::int64_t{100})));
  EXPECT_EQ(one("n", Value::of(std::string("-"))), "no refusal");
  expect_in("takes no", one("d", Value::of(std::string("20260101"))));
  expect_in("does not hold all", one("t", Value::of(values::TimeOfDay{1})));
  expect_in("takes no", one("ok", Value::of(std::int64_t{1})));
  expect_in("no such field", one("none", Value::of(std::int64_t{1})));
  expect_in("no body records", refusal_of(plan, {{{"X", Table()}}, {}, {}}));
  expect_in("no such field", refusal_of(plan, {{}, {{"x", Value()}}, {}}));
}

TEST_F(FixedWidthWriter, RandomTablesComeBack) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    base::SeededRandom chance(seed);
    const bool separated = chance.below(2) == 0;
    const char* endings[] = {"lf", "crlf", "any", "none"};
    std::string json = R"({"ending": ")" + std::string(endings[chance.below(4)]) + R"(", "separator": ")" + (separated ? "|" : "") +
                       R"(", "records": [
      {"name": "H", "role": "header", "begins": "H", "countField": "n", "bytesField": "b", "columns": [{"name": "h", "width": 1},
        {"name": "n", "width": 9, "type": "integer", "pad": "0"}, {"name": "b", "width": 9, "type": "integer"}]},
      {"name": "R", "columns": [{"name": "kind", "width": 1}, {"name": "text", "width": 12, "align": ")" +
                       (chance.below(2) == 0 ? R"(right", "trim": "left)" : "left") + R"("},
        {"name": "int", "width": 12, "type": "integer", "pad": ")" +
                       (chance.below(2) == 0 ? "0" : " ") + R"("},
        {"name": "dec", "width": 14, "type": "decimal", "places": 3}, {"name": "scaled", "width": 10, "type": "scaled", "places": 4, "pad": "0"},
        {"name": "day", "width": 10, "type": "date", "format": "%d/%m/%Y"}, {"name": "at", "width": 17, "type": "datetime", "format": "%Y%m%d%H%M%S%3f"},
        {"name": "ok", "width": 3, "type": "boolean", "format": "yes/no"}, {"name": "wide", "width": 8, "charset": "utf-16be"}]}]})";
    const auto plan = plan_of(json);
    const auto rows = chance.below(40);
    ColumnBuilder kind(ColumnType::text), text(ColumnType::text), integers(ColumnType::integer), decimals(ColumnType::decimal, 3),
        scaled(ColumnType::decimal, 4), days(ColumnType::date), ats(ColumnType::datetime), oks(ColumnType::boolean), wide(ColumnType::text);
    for (std::uint64_t r = 0; r < rows; ++r) {
      kind.add_text("R");
      text.add_text(chance.below(3) == 0 ? "東方證券" : std::string(chance.below(12), 'x'));
      if (chance.below(5) == 0)
        integers.add_nothing();
      else
        integers.add_integer(static_cast<std::int64_t>(chance.below(100'000'000'000)) * (chance.below(2) == 0 ? 1 : -1));
      if (chance.below(5) == 0)
        decimals.add_nothing();
      else
        decimals.add_units(static_cast<std::int64_t>(chance.below(1'000'000'000'000)) - 500'000'000'000);
      scaled.add_units(static_cast<std::int64_t>(chance.below(999'999'999)) - 99'999'999);
      days.add(base::Date{static_cast<std::int32_t>(chance.below(40'000)) - 10'000});
      ats.add_integer((static_cast<std::int64_t>(chance.below(4'000'000'000'000)) - 2'000'000'000'000) * 1'000);
      if (chance.below(5) == 0)
        oks.add_nothing();
      else
        oks.add(chance.below(2) == 0);
      wide.add_text(chance.below(2) == 0 ? "長和" : "");
    }
    const auto table = Table::make({"kind", "text", "int", "dec", "scaled", "day", "at", "ok", "wide"},
                                   {std::move(kind).finish(), std::move(text).finish(), std::move(integers).finish(),
                                    std::move(decimals).finish(), std::move(scaled).finish(), std::move(days).finish(),
                                    std::move(ats).finish(), std::move(oks).finish(), std::move(wide).finish()})
                           .value();
    const auto written = write_fixed_width(path(), plan, {{{"R", table}}, {}, {}}, {.existing = Existing::replace});
    ASSERT_TRUE(written.ok()) << "seed=" << seed << " " << written.error().message().en;
    const auto back = read(bytes(), plan);
    ASSERT_TRUE(back.ok()) << "seed=" << seed << " " << back.error().message().en;
    EXPECT_TRUE(back->parts[0].table == table) << "seed=" << seed;
  }
}

}  // namespace
}  // namespace quanji::devices
