// Rows behind a file that is there, delimiters that are found out, and tables of some columns.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "workbook/csv.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;
using values::Table;
using values::Value;

class CsvAppend : public testing::Test {
 protected:
  CsvAppend() {
    std::string name = (std::filesystem::temp_directory_path() / "csv-append-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/a.csv";
  }
  ~CsvAppend() override { std::filesystem::remove_all(folder_); }
  void put(std::string_view bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string folder_, path_;
};
Table rows(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& cells) {
  std::vector<values::ColumnPtr> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    values::ColumnBuilder builder(ColumnType::text);
    for (const auto& row : cells) builder.add_text(row[i]);
    columns.push_back(std::move(builder).finish());
  }
  return Table::make(names, std::move(columns)).value();
}

TEST_F(CsvAppend, ColumnsGoUnderTheHeadersNames) {
  put("code,title,amount\r\n000001,x,1\r\n");
  ASSERT_EQ(append_csv(path_, rows({"amount", "code"}, {{"2", "600000"}}), {}).value(), 1u);
  EXPECT_EQ(content(), "code,title,amount\r\n000001,x,1\r\n600000,,2\r\n");
}
TEST_F(CsvAppend, LineEndsDelimiterAndEncodingAreTheFiles) {
  put("\xB4\xFA\xC2\xEB;n\n1;2");  // gb18030, and a last line without an end
  ASSERT_TRUE(append_csv(path_, rows({"n", "代码"}, {{"4", "平;安"}}), {}).ok());
  EXPECT_EQ(content(), "\xB4\xFA\xC2\xEB;n\n1;2\n\"\xC6\xBD;\xB0\xB2\";4\n");
}
TEST_F(CsvAppend, AnUnknownColumnIsRefusedAndNothingIsWritten) {
  put("code,amount\n");
  const auto refused = append_csv(path_, rows({"amout"}, {{"1"}}), {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::not_found);
  EXPECT_NE(refused.error().message().en.find("there are: amount, code"), std::string::npos) << refused.error().message().en;
  EXPECT_EQ(content(), "code,amount\n");
}
TEST_F(CsvAppend, ARowThatCannotBeWrittenLeavesTheFileAsItWas) {
  put("\xB4\xFA\xC2\xEB\n");
  CsvAppending how;
  how.charset = base::Charset::gbk;
  const auto refused = append_csv(path_, rows({"代码"}, {{"一"}, {"😀"}}), how);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail(), "bad_encoding");
  EXPECT_NE(refused.error().message().en.find("Row 2"), std::string::npos);
  EXPECT_EQ(content(), "\xB4\xFA\xC2\xEB\n");
}
TEST_F(CsvAppend, WithoutAFileOrAHeaderThereIsNothingToAppendTo) {
  EXPECT_EQ(append_csv(path_, rows({"a"}, {{"1"}}), {}).error().code(), base::Code::not_found);
  put("");
  EXPECT_EQ(append_csv(path_, rows({"a"}, {{"1"}}), {}).error().detail(), "unreadable");
}
TEST_F(CsvAppend, ADiskThatRefusesLeavesTheFileAsItWas) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "machine: no /dev/full";
  EXPECT_FALSE(append_csv("/dev/full", rows({"a"}, {{"1"}}), {}).ok());
}

TEST(CsvDelimiter, TheOneThatCutsTheLinesAlikeIsFound) {
  EXPECT_EQ(guessed_delimiter("a,b;c,d\n1,2;3,4\n"), ',');
  EXPECT_EQ(guessed_delimiter("a;b\n1,5;2,5\n3;4,5\n"), ';');
  EXPECT_EQ(guessed_delimiter("a\tb\tc\n1,1\t2\t3\n"), '\t');
  EXPECT_EQ(guessed_delimiter("a|b\n1|2\n"), '|');
  EXPECT_EQ(guessed_delimiter("\"a;b;c\",d\n1,2\n"), ',');
  EXPECT_EQ(guessed_delimiter("one\ntwo\n"), ',');
  EXPECT_EQ(guessed_delimiter(""), ',');
}
TEST(CsvDelimiter, LinesThatAreSkippedDoNotCount) { EXPECT_EQ(guessed_delimiter("title, of, it\na;b\n1;2\n", 1), ';'); }
TEST(CsvDelimiter, ABarInsideOfAChineseCharacterIsNone) {
  EXPECT_EQ(guessed_delimiter("\x96\x7C\x96\x7C,n\n\x96\x7C\x96\x7C,1\n"), ',');  // 東 in GBK ends in 0x7C
}

std::shared_ptr<const Table> table_of(std::string_view bytes, const CsvReading& reading) {
  auto read = read_csv_text(bytes, reading);
  if (!read.ok()) ADD_FAILURE() << read.error().message().en;
  return read.ok() ? read->table : std::make_shared<const Table>();
}
TEST(CsvColumns, OnlyTheNamedOnesAreReadInTheirOrder) {
  CsvReading reading;
  reading.only = {"c", "a"};
  reading.columns = {{"a", ColumnType::integer, ""}};
  const auto table = table_of("a,b,c\n1,x,3\n2,y,4\n", reading);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"c", "a"}));
  EXPECT_EQ(table->at(1, 1), Value::of(std::int64_t{2}));
  EXPECT_EQ(table->at(0, 0), Value::of(std::string("3")));
  reading.only = {"d"};
  const auto refused = read_csv_text("a,b,c\n1,x,3\n", reading);
  EXPECT_EQ(refused.error().code(), base::Code::not_found);
}
TEST(CsvColumns, AValueOfAnotherTypeCanBeNothing) {
  CsvReading reading;
  reading.columns = {{"n", ColumnType::decimal, ""}};
  const auto refused = read_csv_text("n\n1.20\n-\n", reading);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail(), "bad_value");
  EXPECT_NE(refused.error().message().en.find("line 3"), std::string::npos);
  reading.wrong_value = WrongValue::nothing;
  const auto table = table_of("n\n1.20\n-\n", reading);
  EXPECT_EQ(table->at(0, 0).display(), "1.20");
  EXPECT_TRUE(table->column(0)->is_nothing(1));
}
TEST(CsvColumns, BytesThatAreNoTextCanBeReplaced) {
  CsvReading reading;
  reading.charset = base::Charset::gbk;
  const std::string bytes = "n,m\n\xC6\xBD\xFF\xB0\xB2,1\n\xB0,2\n";
  const auto refused = read_csv_text(bytes, reading);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail(), "bad_encoding");
  EXPECT_NE(refused.error().message().en.find("line 2"), std::string::npos);
  reading.wrong_bytes = WrongBytes::replace;
  const auto table = table_of(bytes, reading);
  ASSERT_EQ(table->rows(), 2u);
  EXPECT_NE(table->at(0, 0).text().find("平"), std::string::npos);
  EXPECT_NE(table->at(0, 0).text().find("\xEF\xBF\xBD"), std::string::npos);
  EXPECT_EQ(table->at(1, 0).text(), "\xEF\xBF\xBD");
  EXPECT_EQ(table->at(1, 1).text(), "2");
}

}  // namespace
}  // namespace quanji::workbook
