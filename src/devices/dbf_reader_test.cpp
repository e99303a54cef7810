#include "devices/dbf_reader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "devices/dbf_testing.h"

namespace quanji::devices {
namespace {

using testing::RawDbf;
using values::ColumnType;

base::Result<DbfReader> reader_of(const RawDbf& raw, base::Charset charset = base::Charset::gb18030) {
  return DbfReader::open(RecordFile::of_bytes("a.dbf", raw.bytes()), charset);
}
DbfRows rows_of(const RawDbf& raw, const DbfReadOptions& options = {}, base::Charset charset = base::Charset::gb18030) {
  auto reader = reader_of(raw, charset);
  EXPECT_TRUE(reader.ok()) << reader.error().message().en;
  auto rows = reader->read(options);
  EXPECT_TRUE(rows.ok()) << rows.error().message().en;
  return std::move(*rows);
}
std::string refusal_of(const RawDbf& raw, const DbfReadOptions& options = {}) {
  auto reader = reader_of(raw);
  if (!reader) return reader.error().message().en;
  auto rows = reader->read(options);
  return rows.ok() ? "no refusal" : rows.error().message().en;
}
void expect_in(std::string_view part, std::string_view whole) {
  EXPECT_NE(whole.find(part), std::string_view::npos) << "\"" << part << "\" is not in \"" << whole << "\"";
}
std::string json(const values::Table& table, std::size_t row, std::string_view column) {
  return table.at(row, table.find(column).value()).json();
}
RawDbf one_number(const std::string& cell, int width = 10, int places = 3) {
  RawDbf raw;
  raw.fields = {{"A", 'N', width, places}};
  raw.add({cell});
  return raw;
}
std::string eight(std::uint64_t bits) { return RawDbf::number(bits, 8); }
std::string double_bytes(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return eight(bits);
}

TEST(DbfReader, TheHeaderIsTheSchema) {
  RawDbf raw;
  raw.fields = {{"CODE", 'C', 6}, {"PRICE", 'N', 9, 3}, {"QTY", 'N', 12, 0}, {"DAY", 'D', 8}, {"OK", 'L', 1}};
  const auto reader = reader_of(raw).value();
  const auto& schema = reader.schema();
  EXPECT_EQ(schema.record_length, 37U);
  EXPECT_EQ(schema.header_length, 32U + 5 * 32 + 1);
  EXPECT_EQ(schema.records, 0U);
  EXPECT_EQ(schema.year, 8);
  ASSERT_EQ(schema.fields.size(), 5U);
  EXPECT_EQ(schema.fields[1], (DbfField{"PRICE", 'N', 9, 3, 7}));
  EXPECT_EQ(schema.find("price"), 1U);
  EXPECT_EQ(schema.find("none"), SIZE_MAX);
}

TEST(DbfReader, TypesBecomeColumns) {
  RawDbf raw;
  raw.version = 0x30;
  raw.behind_header = std::string(263, '\0');
  raw.fields = {{"C", 'C', 6}, {"N", 'N', 9, 3}, {"I", 'N', 12, 0}, {"W", 'N', 19, 0}, {"F", 'F', 8, 2}, {"D", 'D', 8},
                {"L", 'L', 1}, {"B4", 'I', 4},   {"B", 'B', 8, 2},  {"Y", 'Y', 8, 4},  {"T", 'T', 8}};
  raw.add({"ab c", "-1.500", "42", "1234567890123456789", "+7.25", "20260228", "T", RawDbf::number(0xFFFFFFFE, 4), double_bytes(2.5),
           eight(static_cast<std::uint64_t>(-12'345)), RawDbf::number(2'440'589, 4) + RawDbf::number(1'500, 4)});
  const auto rows = rows_of(raw);
  const auto& t = rows.table;
  EXPECT_EQ(t.columns(), 12U);
  EXPECT_EQ(json(t, 0, "C"), R"("ab c")");
  EXPECT_EQ(json(t, 0, "N"), R"({"$decimal":"-1.500"})");
  EXPECT_EQ(json(t, 0, "I"), "42");
  EXPECT_EQ(json(t, 0, "W"), R"({"$decimal":"1234567890123456789"})");
  EXPECT_EQ(json(t, 0, "F"), R"({"$decimal":"7.25"})");
  EXPECT_EQ(json(t, 0, "D"), R"({"$date":"2026-02-28"})");
  EXPECT_EQ(json(t, 0, "L"), "true");
  EXPECT_EQ(json(t, 0, "B4"), "-2");
  EXPECT_EQ(json(t, 0, "B"), R"({"$decimal":"2.50"})");
  EXPECT_EQ(json(t, 0, "Y"), R"({"$decimal":"-1.2345"})");
  EXPECT_EQ(t.at(0, t.find("T").value()).datetime().micros, 86'401'500'000);
  EXPECT_EQ(json(t, 0, "_deleted"), "false");
  EXPECT_TRUE(t.column(1)->is_narrow());
  EXPECT_EQ(t.column(2)->type(), ColumnType::integer);

  const auto texts = rows_of(raw, {.typing = DbfTyping::text}).table;
  for (std::size_t c = 0; c + 1 < texts.columns(); ++c) EXPECT_EQ(texts.column(c)->type(), ColumnType::text) << texts.name(c);
  EXPECT_EQ(json(texts, 0, "F"), R"("+7.25")");
  EXPECT_EQ(json(texts, 0, "B4"), R"("-2")");
  EXPECT_EQ(json(texts, 0, "D"), R"("20260228")");
}

TEST(DbfReader, ADeletedRecordIsARowWithAFlag) {
  RawDbf raw;
  raw.fields = {{"CODE", 'C', 6}};
  raw.add({"000000"}, '*');
  raw.add({"600000"});
  raw.add({"000001"}, '*');
  const auto all = rows_of(raw);
  EXPECT_EQ(all.table.rows(), 3U);
  EXPECT_EQ(all.deleted, 2U);
  EXPECT_EQ(json(all.table, 0, "_deleted"), "true");
  EXPECT_EQ(json(all.table, 1, "_deleted"), "false");
  EXPECT_EQ(rows_of(raw, {.deleted = DeletedRows::skipped}).table.rows(), 1U);
  const auto only = rows_of(raw, {.deleted = DeletedRows::only});
  EXPECT_EQ(only.table.rows(), 2U);
  EXPECT_EQ(json(only.table, 1, "CODE"), R"("000001")");
  EXPECT_EQ(rows_of(raw, {.deleted_column = ""}).table.columns(), 1U);
  EXPECT_EQ(rows_of(raw, {.deleted_column = "gone"}).table.find("gone"), 1U);
  expect_in("another name", refusal_of(raw, {.deleted_column = "CODE"}));
}

TEST(DbfReader, MarksAndBlanksAreNoValue) {
  for (const auto* cell : {"-.---", "-", "", "-.--", "---", "."}) EXPECT_EQ(json(rows_of(one_number(cell)).table, 0, "A"), "null") << cell;
  EXPECT_EQ(json(rows_of(one_number(std::string(10, '\0'))).table, 0, "A"), "null");
  EXPECT_EQ(json(rows_of(one_number("1.00" + std::string(1, '\0'))).table, 0, "A"), R"({"$decimal":"1.000"})");
  EXPECT_EQ(json(rows_of(one_number("-.---", 10, 0)).table, 0, "A"), "null");
}

TEST(DbfReader, NumbersAreReadAsTheyAreSpelled) {
  const auto read = [](const std::string& cell, int width, int places) {
    return json(rows_of(one_number(cell, width, places)).table, 0, "A");
  };
  EXPECT_EQ(read(".018750", 7, 6), R"({"$decimal":"0.018750"})");
  EXPECT_EQ(read("5.", 7, 2), R"({"$decimal":"5.00"})");
  EXPECT_EQ(read("-.5", 7, 2), R"({"$decimal":"-0.50"})");
  EXPECT_EQ(read("20101118", 8, 3), R"({"$decimal":"20101118.000"})");
  EXPECT_EQ(read("1.23456", 9, 2), R"({"$decimal":"1.23456"})");  // more than the header's places: nothing is cut
  EXPECT_EQ(read("1.50000", 9, 2), R"({"$decimal":"1.50"})");
  EXPECT_EQ(read("123.00", 9, 0), "123");
  EXPECT_EQ(read("1.5E+3", 9, 2), R"({"$decimal":"1.5E+3"})");
  EXPECT_EQ(read("-0", 9, 0), "0");
  EXPECT_EQ(read("999999999999999999", 18, 0), "999999999999999999");
  EXPECT_EQ(read("00000000000000000000000012", 26, 0), R"({"$decimal":"12"})");
  EXPECT_EQ(read("12345678901234567890.123456", 27, 6), R"({"$decimal":"12345678901234567890.123456"})");
  EXPECT_EQ(read("12  ", 6, 0), "12");  // to the left
}

TEST(DbfReader, GarbageInANumberIsReportedWithItsPlace) {
  RawDbf raw;
  raw.fields = {{"CODE", 'C', 6}, {"PRICE", 'N', 9, 3}};
  raw.add({"600000", "1.000"});
  raw.add({"600001", "12a.00"});
  raw.add({"600002", "*********"});
  raw.add({"600003", "1,5"});
  const auto message = refusal_of(raw);
  expect_in("a.dbf", message);
  expect_in("record 2", message);
  expect_in("field PRICE", message);
  expect_in("byte 120 ", message);  // 97 + 16 + 7
  expect_in("\"   12a.00\"", message);
  expect_in("neither a number", message);

  const auto counted = rows_of(raw, {.garbage = Garbage::nothing, .keep_findings = 2});
  EXPECT_EQ(counted.findings.count(), 3U);
  ASSERT_EQ(counted.findings.first().size(), 2U);
  EXPECT_EQ(counted.findings.first()[1].record, 3U);
  expect_in("asterisks", counted.findings.first()[1].reason.en);
  EXPECT_EQ(json(counted.table, 1, "PRICE"), "null");
  EXPECT_EQ(json(counted.table, 0, "PRICE"), R"({"$decimal":"1.000"})");
}

TEST(DbfReader, WhatIsNoNumberIsGarbage) {
  for (const auto* cell : {"x", "--5", "5-", "1.2.3", "1 2", "+", "+-1", "1e", "0x1", "NaN", "inf", "\xC9\xCF", "5\t", "- -"})
    expect_in("neither a number", refusal_of(one_number(cell)));
  expect_in("whole numbers", refusal_of(one_number("1.5", 9, 0)));
  expect_in("whole numbers", refusal_of(one_number("1E+30", 9, 0)));
}

TEST(DbfReader, DatesAndFlagsAreJudged) {
  RawDbf raw;
  raw.fields = {{"D", 'D', 8}, {"L", 'L', 1}};
  raw.add({"00000000", "?"});
  raw.add({"       0", "?"});
  raw.add({"", ""});
  raw.add({"19000301", "y"});
  raw.add({"20260230", "1"});
  const auto rows = rows_of(raw, {.garbage = Garbage::nothing});
  EXPECT_EQ(rows.findings.count(), 2U);
  EXPECT_EQ(json(rows.table, 0, "D") + json(rows.table, 0, "L") + json(rows.table, 2, "D") + json(rows.table, 2, "L"), "nullnullnullnull");
  EXPECT_EQ(json(rows.table, 3, "D"), R"({"$date":"1900-03-01"})");
  EXPECT_EQ(json(rows.table, 3, "L"), "true");
  EXPECT_EQ(json(rows.table, 4, "D"), "null");
  EXPECT_EQ(rows.table.column(0)->is_nothing(1), true);
}

TEST(DbfReader, TextsAreDecodedStrictlyOrRepaired) {
  RawDbf raw;
  raw.fields = {{"NAME", 'C', 8}};
  raw.add({"\xC6\xD6\xB7\xA2\xD2\xF8\xD0\xD0"});
  raw.add({"\x96\x7C"});          // 東... whose second byte is a bar
  raw.add({"\x95\x32\x82\x36"});  // four bytes
  EXPECT_EQ(json(rows_of(raw).table, 0, "NAME"), "\"浦发银行\"");
  EXPECT_EQ(json(rows_of(raw).table, 1, "NAME"), "\"東\"");
  EXPECT_EQ(rows_of(raw).table.column(0)->text(2).size(), 4U);

  raw.add({"ABCDEFG\xC9"});  // a character cut by the field's end
  raw.add(
      {"AB\xFF"
       "CD"});
  raw.add({std::string("AB\0CD", 5)});
  expect_in("cut by the field's end", refusal_of(raw));
  const auto repaired = rows_of(raw, {.bad_text = BadText::replace});
  EXPECT_EQ(json(repaired.table, 3, "NAME"), "\"ABCDEFG\xEF\xBF\xBD\"");
  EXPECT_EQ(json(repaired.table, 4, "NAME"),
            "\"AB\xEF\xBF\xBD"
            "CD\"");
  EXPECT_EQ(json(repaired.table, 5, "NAME"),
            "\"AB\xEF\xBF\xBD"
            "CD\"");
  EXPECT_EQ(repaired.findings.count(), 3U);
}

TEST(DbfReader, UtfAndGbkFilesSayWhatTheyAre) {
  RawDbf raw;
  raw.fields = {{"NAME", 'C', 18}};
  raw.add({"浦发银行"});
  EXPECT_EQ(json(rows_of(raw, {}, base::Charset::utf8).table, 0, "NAME"), "\"浦发银行\"");
  raw.records.clear();
  raw.add({"\x95\x32\x82\x36"});
  auto reader = reader_of(raw, base::Charset::gbk);
  EXPECT_FALSE(reader->read({}).ok());  // GBK has no characters of four bytes
}

TEST(DbfReader, ColumnsAndRowsAreChosen) {
  RawDbf raw;
  raw.fields = {{"A", 'N', 4, 0}, {"B", 'N', 4, 0}, {"C", 'N', 4, 0}};
  for (int i = 0; i < 100'000; ++i) raw.add({std::to_string(i % 10'000), std::to_string(i / 100), "x"});
  const auto rows = rows_of(raw, {.columns = {"b", "A"}, .skip = 99'990, .most = 7});
  EXPECT_EQ(rows.table.names(), (std::vector<std::string>{"B", "A", "_deleted"}));
  EXPECT_EQ(rows.table.rows(), 7U);
  EXPECT_EQ(rows.records, 7U);
  EXPECT_EQ(json(rows.table, 6, "A"), "9996");
  EXPECT_EQ(rows_of(raw, {.columns = {"A"}, .skip = 100'000}).table.rows(), 0U);
  EXPECT_EQ(rows_of(raw, {.columns = {"A"}}).table.rows(), 100'000U);
  expect_in("no field D; it has A, B, C", refusal_of(raw, {.columns = {"A", "D"}}));
  expect_in("twice", refusal_of(raw, {.columns = {"A", "a"}}));
  expect_in("record 5,", refusal_of(raw, {.columns = {"C"}, .skip = 4}));
}

TEST(DbfReader, ASizeThatDoesNotFitIsIncomplete) {
  RawDbf raw;
  raw.fields = {{"A", 'C', 9}};
  for (int i = 0; i < 5; ++i) raw.add({"x"});
  const auto whole = raw.bytes();
  const auto open = [&](const std::string& bytes) { return DbfReader::open(RecordFile::of_bytes("a.dbf", bytes)); };
  EXPECT_TRUE(open(whole).ok());
  EXPECT_TRUE(open(whole.substr(0, whole.size() - 1)).ok());
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    const auto refused = open(whole.substr(0, size));
    ASSERT_FALSE(refused.ok()) << size;
    expect_in("incomplete", refused.error().message().en);
  }
  const auto shorter = open(whole.substr(0, whole.size() - 11));
  expect_in("115 bytes", shorter.error().message().en);
  expect_in("there are 105;", shorter.error().message().en);
  expect_in("incomplete", open(whole + "\x1A").error().message().en);
  expect_in("count may not be up to date", open(whole + std::string(10, ' ')).error().message().en);
  raw.said_records = 0xFFFFFFFF;
  expect_in("incomplete", refusal_of(raw));
}

TEST(DbfReader, HeadersThatLieAreRefused) {
  RawDbf good;
  good.fields = {{"A", 'C', 9}, {"B", 'N', 9, 2}};
  good.add({"x", "1.00"});
  const auto with = [&](auto change) {
    auto raw = good;
    change(raw);
    return refusal_of(raw);
  };
  EXPECT_EQ(with([](RawDbf&) {}), "no refusal");
  expect_in("no version", with([](RawDbf& r) { r.version = 0x77; }));
  expect_in("dBASE 7", with([](RawDbf& r) { r.version = 4; }));
  expect_in("dBASE II", with([](RawDbf& r) { r.version = 2; }));
  expect_in("no field", with([](RawDbf& r) {
              r.fields.clear();
              r.records = {" "};
              r.behind_header = std::string(40, '\0');
            }));
  expect_in("no room for a field", with([](RawDbf& r) { r.said_header = 33; }));
  expect_in("no room for a field", with([](RawDbf& r) { r.said_header = 0; }));
  expect_in("incomplete", with([](RawDbf& r) { r.said_header = 60'000; }));
  expect_in("no end mark", with([](RawDbf& r) { r.said_header = 65; }));
  expect_in("fields take 19 bytes (with the deletion flag), the record length says 25", with([](RawDbf& r) { r.said_record = 25; }));
  expect_in("the record length says 15", with([](RawDbf& r) { r.said_record = 15; }));
  expect_in("the record length says 0", with([](RawDbf& r) { r.said_record = 0; }));
  expect_in("unknown type", with([](RawDbf& r) { r.fields[0].type = 'Z'; }));
  expect_in("cannot be 9 wide", with([](RawDbf& r) { r.fields[0].type = 'D'; }));
  expect_in("cannot be 0 wide", with([](RawDbf& r) { r.fields[0].width = 0; }));
  expect_in("no usable name", with([](RawDbf& r) { r.fields[1].name = ""; }));
  expect_in("no usable name", with([](RawDbf& r) { r.fields[1].name = "\x01\x02"; }));
  // Without end mark and with something else in its place.
  expect_in("no end mark", with([](RawDbf& r) {
              r.end_of_fields = false;
              r.behind_header = "zzz";
            }));
}

TEST(DbfReader, NamesAreAsWideAsTheyCanBe) {
  RawDbf raw;
  raw.fields = {{std::string(255, 'N'), 'C', 1}, {"\xD6\xA4\xC8\xAF", 'C', 1}, {"DUP", 'C', 1}, {"dup", 'C', 1}, {"PAD       ", 'C', 1}};
  raw.fields.push_back({std::string("GB\0garbage", 10), 'C', 1});
  raw.add({"1", "2", "3", "4", "5", "6"});
  const auto table = rows_of(raw).table;
  EXPECT_EQ(table.names(), (std::vector<std::string>{"NNNNNNNNNNN", "证券", "DUP", "dup_2", "PAD", "GB", "_deleted"}));
}

TEST(DbfReader, DescriptionsMayFillTheHeaderAndLongTextsTheirPlaces) {
  RawDbf raw;
  raw.fields = {{"A", 'C', 600}, {"B", 'N', 5, 2}};
  raw.end_of_fields = false;
  raw.add({std::string(590, 'y'), "1.25"});
  const auto rows = rows_of(raw);
  EXPECT_EQ(rows.table.column(0)->text(0).size(), 590U);
  EXPECT_EQ(json(rows.table, 0, "B"), R"({"$decimal":"1.25"})");
}

TEST(DbfReader, MemoFieldsAreRefusedWhenTheyAreAskedFor) {
  RawDbf raw;
  raw.version = 0x83;
  raw.fields = {{"A", 'C', 3}, {"TEXT", 'M', 10}};
  raw.add({"abc", "         1"});
  expect_in("memo field", refusal_of(raw));
  expect_in("TEXT", refusal_of(raw));
  EXPECT_EQ(json(rows_of(raw, {.columns = {"A"}}).table, 0, "A"), R"("abc")");
}

TEST(DbfReader, NullFlagsOfVisualFoxProCount) {
  RawDbf raw;
  raw.version = 0x30;
  raw.field_flags = 2;  // all can be null
  raw.fields = {{"A", 'C', 3}, {"V", 'V', 5}, {"I", 'I', 4}, {"_NullFlags", '0', 1}};
  // Bits: null of A, length of V, null of V, null of I.
  raw.records = {std::string(" abc") + "wx\0\0\2" + RawDbf::number(7, 4)};
  raw.records[0] = " abc" + std::string("wx\0\0\2", 5) + RawDbf::number(7, 4) + "\x02";
  raw.records.push_back(" abcvwxyz" + RawDbf::number(7, 4) + std::string(1, '\0'));
  raw.records.push_back(" abcvwxyz" + RawDbf::number(7, 4) + "\x0D");
  const auto table = rows_of(raw).table;
  EXPECT_EQ(table.columns(), 4U);  // the system field is hidden
  EXPECT_EQ(json(table, 0, "V"), R"("wx")");
  EXPECT_EQ(json(table, 1, "V"), R"("vwxyz")");
  EXPECT_EQ(json(table, 2, "A") + json(table, 2, "V") + json(table, 2, "I"), "nullnullnull");
}

TEST(DbfReader, OverlappingFieldsOfVisualFoxProAreRefused) {
  RawDbf raw;
  raw.version = 0x30;
  raw.fields = {{"A", 'C', 3}, {"B", 'C', 3}};
  raw.add({"abc", "def"});
  auto bytes = raw.bytes();
  bytes[64 + 12] = 2;  // B begins at byte 2, within A
  const auto refused = DbfReader::open(RecordFile::of_bytes("a.dbf", bytes));
  ASSERT_FALSE(refused.ok());
  expect_in("overlap", refused.error().message().en);
  bytes[0] = 3;  // an address of dBASE's memory means nothing
  EXPECT_TRUE(DbfReader::open(RecordFile::of_bytes("a.dbf", bytes)).ok());
}

TEST(DbfReader, ADeletionFlagThatIsNoneIsReported) {
  RawDbf raw;
  raw.fields = {{"A", 'C', 3}};
  raw.add({"abc"}, 'x');
  expect_in("out of step", refusal_of(raw));
  const auto rows = rows_of(raw, {.garbage = Garbage::nothing});
  EXPECT_EQ(rows.findings.count(), 1U);
  EXPECT_EQ(json(rows.table, 0, "_deleted"), "false");
}

TEST(DbfReader, DoublesAndDaysThatAreNoneAreGarbage) {
  RawDbf raw;
  raw.version = 0x30;
  raw.fields = {{"B", 'B', 8, 2}, {"T", 'T', 8}};
  raw.add({double_bytes(0.1), std::string(8, '\0')});
  raw.add({eight(0x7FF0000000000000), RawDbf::number(0x7FFFFFFF, 4) + RawDbf::number(0, 4)});
  raw.add({double_bytes(1e300), RawDbf::number(2'440'588, 4) + RawDbf::number(86'400'000, 4)});
  const auto rows = rows_of(raw, {.garbage = Garbage::nothing});
  EXPECT_EQ(json(rows.table, 0, "B"), R"({"$decimal":"0.10"})");
  EXPECT_EQ(json(rows.table, 0, "T"), "null");
  EXPECT_EQ(rows.findings.count(), 4U);
}

TEST(DbfReader, GeneratedQuotesAreCountedAsTheyWereMade) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto made = testing::generate_show2003(seed, 700);
    const auto rows = rows_of(made.file);
    EXPECT_EQ(rows.table.rows(), 700U);
    EXPECT_EQ(rows.deleted, made.deleted);
    EXPECT_EQ(rows.findings.count(), 0U);
    std::size_t nothing = 0;
    for (std::size_t c = 2; c < 30; ++c)
      for (std::size_t r = 0; r < 700; ++r) nothing += rows.table.column(c)->is_nothing(r) ? 1 : 0;
    EXPECT_EQ(nothing, made.long_marks + made.short_marks + made.blanks);
    const auto texts = rows_of(made.file, {.typing = DbfTyping::text, .bad_text = BadText::replace}).table;
    std::size_t long_marks = 0, short_marks = 0;
    for (std::size_t c = 2; c < 30; ++c)
      for (std::size_t r = 0; r < 700; ++r) {
        long_marks += texts.column(c)->text(r) == "-.---" ? 1 : 0;
        short_marks += texts.column(c)->text(r) == "-" ? 1 : 0;
      }
    EXPECT_EQ(long_marks, made.long_marks);
    EXPECT_EQ(short_marks, made.short_marks);
  }
}

TEST(DbfReader, ScanGivesWholeRecords) {
  RawDbf raw;
  raw.fields = {{"A", 'C', 99}};
  for (int i = 0; i < 10'000; ++i) raw.add({std::to_string(i)});
  const auto reader = reader_of(raw).value();
  std::uint64_t seen = 0;
  EXPECT_TRUE(reader
                  .scan([&](std::uint64_t first, std::string_view records) -> base::Status {
                    EXPECT_EQ(first, seen);
                    EXPECT_EQ(records.size() % 100, 0U);
                    seen += records.size() / 100;
                    return {};
                  })
                  .ok());
  EXPECT_EQ(seen, 10'000U);
}

TEST(DbfReader, WhatIsNoFileIsNamed) {
  EXPECT_EQ(DbfReader::open("/nonexistent/a.dbf").error().code(), base::Code::not_found);
  EXPECT_EQ(DbfReader::open("/").error().code(), base::Code::invalid_field);
  EXPECT_EQ(DbfReader::open("/dev/zero").error().code(), base::Code::invalid_field);
}

}  // namespace
}  // namespace quanji::devices
