#include "workbook/csv.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"

namespace quanji::workbook {
namespace {

using values::Column;
using values::ColumnBuilder;
using values::ColumnType;
using values::Decimal;
using values::Table;
using values::Value;

Value text(std::string_view v) { return Value::of(std::string(v)); }
Value decimal(std::string_view v) { return Value::of(*Decimal::parse(v)); }
Value date(std::string_view v) { return Value::of(*base::parse_date(v)); }

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "csv-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};
std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// Gives its text in pieces of a size, so that every border is met.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string_view text, std::size_t size) : text_(text), size_(size) {}
  base::Result<std::size_t> read(std::span<char> room) override {
    const auto count = std::min({room.size(), size_, text_.size()});
    std::copy_n(text_.data(), count, room.data());
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
  std::size_t size_;
};

std::shared_ptr<const Table> table_of(std::string_view bytes, const CsvReading& reading = {}) {
  auto read = read_csv_text(bytes, reading);
  if (!read.ok()) ADD_FAILURE() << read.error().message().en;
  return read.ok() ? read->table : std::make_shared<const Table>();
}
base::Text refusal(std::string_view bytes, const CsvReading& reading = {}) {
  auto read = read_csv_text(bytes, reading);
  if (read.ok()) {
    ADD_FAILURE() << "was read";
    return {};
  }
  EXPECT_FALSE(read.error().message().zh.empty());
  return read.error().message();
}
#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Csv, AnEmptyPlaceIsNothingAndAQuotedEmptyPlaceIsAnEmptyText) {
  const auto table = table_of("a,b\r\n1,\"\"\r\n,2\r\n");
  ASSERT_EQ(table->rows(), 2U);
  EXPECT_EQ(table->at(0, 0), text("1"));
  EXPECT_EQ(table->at(0, 1), text(""));
  EXPECT_EQ(table->at(1, 0), Value());
}
TEST(Csv, QuotationsHoldDelimitersLineEndsAndQuotationMarks) {
  const auto table = table_of("a,b\n\"x,y\",\"1\r\n2\"\n\"say \"\"hi\"\"\",\"\"\"\"\n");
  EXPECT_EQ(table->at(0, 0), text("x,y"));
  EXPECT_EQ(table->at(0, 1), text("1\r\n2"));
  EXPECT_EQ(table->at(1, 0), text("say \"hi\""));
  EXPECT_EQ(table->at(1, 1), text("\""));
}
TEST(Csv, CodesKeepTheirLeadingZeros) {
  EXPECT_EQ(table_of("code\n000001\n")->at(0, 0), text("000001"));
  CsvReading guess;
  guess.untyped = Untyped::guess;
  EXPECT_EQ(table_of("code\n000001\n600000\n", guess)->at(1, 0), text("600000"));
}
TEST(Csv, AnyLineEndIsOne) {
  for (const std::string_view bytes : {"a\n1\n2", "a\r\n1\r\n2\r\n", "a\r1\r2\r", "\n\na\n\r\n1\n\n2\n\n"}) {
    const auto table = table_of(bytes);
    ASSERT_EQ(table->rows(), 2U) << bytes;
    EXPECT_EQ(table->at(1, 0), text("2"));
  }
}
TEST(Csv, OtherDelimitersAndOtherQuotations) {
  for (const char d : {';', '|', '\t', '\x01'}) {
    CsvReading reading;
    reading.delimiter = d;
    const std::string bytes = std::string("a") + d + "b\n1,5" + d + "\"x" + d + "y\"\n";
    const auto table = table_of(bytes, reading);
    EXPECT_EQ(table->at(0, 0), text("1,5"));
    EXPECT_EQ(table->at(0, 1), text(std::string("x") + d + "y"));
  }
  CsvReading backslash;
  backslash.quotes = Quotes::backslash;
  EXPECT_EQ(table_of("a\n\"x \\\"y\\\" \\\\\"\n", backslash)->at(0, 0), text("x \"y\" \\"));
  CsvReading none;
  none.quotes = Quotes::none;
  EXPECT_EQ(table_of("a,b\n\"x,y\"\n", none)->at(0, 0), text("\"x"));
  EXPECT_EQ(table_of("a\n5\" pipe\n")->at(0, 0), text("5\" pipe"));
  CsvReading wrong;
  wrong.delimiter = '"';
  EXPECT_HAS(refusal("a", wrong).en, "delimiter");
}
TEST(Csv, TheByteOrderMarkIsNoPartOfTheFirstName) {
  EXPECT_EQ(table_of("\xEF\xBB\xBF"
                     "a\n1\n")
                ->name(0),
            "a");
  CsvReading gbk;
  gbk.charset = base::Charset::gbk;
  gbk.file = "f.csv";
  EXPECT_HAS(refusal("\xEF\xBB\xBF"
                     "a\n1\n",
                     gbk)
                 .en,
             "read it as utf-8");
  EXPECT_HAS(refusal(std::string_view("\xFF\xFE"
                                      "a\0\n\0",
                                      6))
                 .en,
             "UTF-16");
  EXPECT_HAS(refusal(std::string_view("a\n1\0\n", 5)).en, "line 2: there is a zero byte");
}
TEST(Csv, ChineseFilesAreReadInTheirOwnEncoding) {
  const std::string_view rows = "代码|名称\n000001|平安银行\n600000|浦发银行𠮷\n";
  for (const auto charset : {base::Charset::utf8, base::Charset::gb18030}) {
    const auto bytes = base::from_utf8(charset, rows);
    ASSERT_TRUE(bytes.ok());
    CsvReading reading;
    reading.delimiter = '|';  // also the second byte of some characters in GBK
    const auto guessed = table_of(*bytes, reading);
    EXPECT_EQ(guessed->at(0, 1), text("平安银行"));
    reading.charset = charset;
    EXPECT_EQ(*guessed, *table_of(*bytes, reading));
  }
  CsvReading bar;
  bar.delimiter = '|';
  bar.charset = base::Charset::gbk;
  EXPECT_EQ(table_of(*base::from_utf8(base::Charset::gbk, "a|b\n憒|x\n"), bar)->at(0, 0), text("憒"));
}
TEST(Csv, WhatIsNotInTheEncodingIsRefusedWithItsLine) {
  CsvReading reading;
  reading.file = "持仓.csv";
  reading.charset = base::Charset::utf8;
  const auto message = refusal("a\n1\n\xC4\xE3\n", reading);
  EXPECT_HAS(message.en, "持仓.csv, line 3");
  EXPECT_HAS(message.en, "gb18030");
  EXPECT_HAS(message.zh, "第 3 行");
}
TEST(Csv, ARowOfAnotherLengthIsRefusedOrPaddedButNothingIsLost) {
  CsvReading reading;
  reading.file = "f.csv";
  EXPECT_EQ(refusal("a,b\n1,2\n3\n", reading).en,
            "File f.csv, line 3: 1 values where there are 2 columns; complete the row, or allow ragged rows.");
  reading.ragged = Ragged::pad;
  const auto table = table_of("a,b\n1\n3,4,,\n", reading);
  EXPECT_EQ(table->at(0, 1), Value());
  EXPECT_EQ(table->at(1, 1), text("4"));
  EXPECT_HAS(refusal("a,b\n1,2,3\n", reading).en, "line 2: 3 values");
}
TEST(Csv, TypesAreGivenAsDataAndDecimalsAreExact) {
  CsvReading reading;
  reading.file = "f.csv";
  reading.columns = {{"n", ColumnType::integer, {}}, {"d", ColumnType::decimal, {}},
                     {"day", ColumnType::date, {}},  {"cn", ColumnType::date, "yyyy年M月d日"},
                     {"t", ColumnType::time, {}},    {"at", ColumnType::datetime, "yyyy/M/d H:mm"},
                     {"b", ColumnType::boolean, {}}};
  const auto table = table_of(
      "n,d,day,cn,t,at,b\n12,0.10,20261120,2026年1月5日,09:30:00,2026/1/5 9:05,是\n"
      "-1,12345678901234567890.123456789,2026-11-20,2026年11月20日,23:59:59.5,2026/11/20 19:05,FALSE\n,,,,,,\n",
      reading);
  ASSERT_EQ(table->rows(), 3U);
  EXPECT_EQ(table->at(0, 0), Value::of(std::int64_t{12}));
  EXPECT_EQ(table->at(0, 1).decimal().text(), "0.10");
  EXPECT_EQ(table->at(1, 1), decimal("12345678901234567890.123456789"));
  EXPECT_EQ(table->at(0, 2), date("2026-11-20"));
  EXPECT_EQ(table->at(0, 3), date("2026-01-05"));
  EXPECT_EQ(table->at(1, 4), Value::of(*values::parse_time_of_day("23:59:59.5")));
  EXPECT_EQ(table->at(0, 5), Value::of(*values::parse_datetime("2026-01-05T09:05:00")));
  EXPECT_EQ(table->at(0, 6), Value::of(true));
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(table->at(2, i), Value());
}
TEST(Csv, AValueOfAnotherTypeIsRefusedWithLineColumnReasonAndMend) {
  CsvReading reading;
  reading.file = "f.csv";
  reading.columns = {{"amount", ColumnType::decimal, {}}};
  EXPECT_EQ(
      refusal("id,amount\n1,2\n\n2,\"1,000.5\"\n", reading).en,
      "File f.csv, line 4, column 2 \"amount\": \"1,000.5\" is not a decimal (no thousands separators, at most 38 digits); correct it, "
      "or read the column as text.");
  reading.columns = {{"day", ColumnType::date, {}}};
  for (const std::string_view bad : {"2026-02-30", "2026-2-3", "0000-01-01", "20261301", "x", "2026-11-20 "})
    EXPECT_HAS(refusal("day\n" + std::string(bad) + "\n", reading).zh, "不是日期");
  reading.columns = {{"n", ColumnType::integer, {}}};
  for (const std::string_view bad : {"1.0", "1e3", "9223372036854775808", "+-1", "- 1", "１"})
    EXPECT_HAS(refusal("n\n" + std::string(bad) + "\n", reading).en, "is not a whole number");
  EXPECT_HAS(refusal("m\n1\n", reading).en, "there is no column \"n\"; there are: m");
  reading.columns = {{"m", ColumnType::integer, "yyyy"}};
  EXPECT_FALSE(read_csv_text("m\n1\n", reading).ok());
}
TEST(Csv, GuessingLosesNothing) {
  CsvReading guess;
  guess.untyped = Untyped::guess;
  const auto table = table_of(
      "i,d,day,at,t,mixed,zero\n1,1.50,2026-11-20,2026-11-20 09:30:00,x,1,-0\n-20,2,2026-01-01,2026-01-01 00:00:00,y,x,1\n,,,,,,\n", guess);
  EXPECT_EQ(table->column(0)->type(), ColumnType::integer);
  EXPECT_EQ(table->column(1)->type(), ColumnType::decimal);
  EXPECT_EQ(table->at(0, 1).decimal().text(), "1.50");
  EXPECT_EQ(table->at(1, 1).decimal().text(), "2");
  EXPECT_EQ(table->column(2)->type(), ColumnType::date);
  EXPECT_EQ(table->column(3)->type(), ColumnType::datetime);
  EXPECT_EQ(table->column(4)->type(), ColumnType::text);
  EXPECT_EQ(table->column(5)->type(), ColumnType::text);
  EXPECT_EQ(table->column(6)->type(), ColumnType::text);
  EXPECT_EQ(table->at(2, 0), Value());
  for (const std::string_view kept : {"01", "1.", ".5", "+1", "1e3", " 1", "1 ", "1234567890123456789", "--1", "0x1", "1_0"})
    EXPECT_EQ(table_of("a\n\"" + std::string(kept) + "\"\n", guess)->at(0, 0), text(kept));
}
TEST(Csv, CommentsTitlesTrimmingAndFilesWithoutHeader) {
  CsvReading reading;
  reading.comment = "#";
  reading.trim = true;
  reading.skip_lines = 2;
  const auto table = table_of("title, \"not a quotation\n\n# c\n a ,\tb\n# \"x\n 1 , \" 2 \" \n", reading);
  EXPECT_EQ(table->names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table->at(0, 0), text("1"));
  EXPECT_EQ(table->at(0, 1), text(" 2 "));
  CsvReading bare;
  bare.header = CsvHeader::none;
  EXPECT_EQ(table_of("1,2\n3,4\n", bare)->names(), (std::vector<std::string>{"column1", "column2"}));
  bare.names = {"x", "y"};
  EXPECT_EQ(table_of("1,2\n3,4\n", bare)->rows(), 2U);
  EXPECT_EQ(table_of("", bare)->columns(), 2U);
  EXPECT_HAS(refusal("").en, "is empty");
}
TEST(Csv, NamesGivenTwiceOrNotAtAllAreCompletedAndNoted) {
  const auto read = read_csv_text("a,,a,a_2\n1,2,3,4\n", {});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->table->names(), (std::vector<std::string>{"a", "column2", "a_3", "a_2"}));
  EXPECT_EQ(read->notes.size(), 2U);
}
TEST(Csv, QuotationsThatDoNotEndAreRefusedWithTheLineWhereTheyBegin) {
  CsvReading reading;
  reading.file = "f.csv";
  EXPECT_HAS(refusal("a,b\n1,\"x\n\n2,3\n", reading).en, "File f.csv, line 2, column 2: a quotation mark that is never closed");
  EXPECT_HAS(refusal("a,b\n\"1\n\",\"x\"y\n", reading).en, "line 3, column 2: there is something after the closing quotation mark");
  reading.most_record_bytes = 1000;
  std::string endless = "a\n\"";
  for (int i = 0; i < 400000; ++i) endless += "x\n";
  const auto read = read_csv_text(endless, reading);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), base::Code::too_large);
}
TEST(Csv, EveryCutOfAFileReadsTheSame) {
  const std::string_view bytes =
      "\xEF\xBB\xBF"
      "名,\"b\"\"\"\r\n\"x\r\ny\",𠮷\r\n#c\r\n\"\",\r\n";
  CsvReading reading;
  reading.comment = "#";
  const auto whole = table_of(bytes, reading);
  ASSERT_EQ(whole->rows(), 2U);
  for (std::size_t size = 1; size < 12; ++size) {
    const auto read = read_csv(std::make_unique<Pieces>(bytes, size), reading);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read->table, *whole);
  }
}
TEST(Csv, BlocksOfTheFileAreNoBordersOfRecords) {
  // Some blocks of the reader, with quotations, GB18030 and rows across them.
  std::string rows = "n,名称\r\n";
  for (int i = 0; i < 60000; ++i)
    rows += std::to_string(i) + ",\"行" + std::string(static_cast<std::size_t>(i % 17), 'x') + "\r\n𠮷\"\"\"\r\n";
  const auto bytes = base::from_utf8(base::Charset::gb18030, rows);
  CsvReading reading;
  reading.charset = base::Charset::gb18030;
  reading.columns = {{"n", ColumnType::integer, {}}};
  const auto table = table_of(*bytes, reading);
  ASSERT_EQ(table->rows(), 60000U);
  for (std::size_t i = 0; i < 60000; ++i) {
    ASSERT_EQ(table->column(0)->numbers()[i], static_cast<std::int64_t>(i));
    ASSERT_EQ(table->column(1)->text(i), "行" + std::string(i % 17, 'x') + "\r\n𠮷\"");
  }
}
TEST(Csv, RecordsAreReadOneByOneWithTheirLines) {
  CsvRecords records(source_of("a,b\n\"1\n2\",3\n\nx,y"), {});
  std::vector<std::uint64_t> lines;
  for (;;) {
    const auto more = records.next();
    ASSERT_TRUE(more.ok());
    if (!*more) break;
    EXPECT_EQ(records.fields().size(), 2U);
    lines.push_back(records.line());
  }
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 2, 5}));
}
TEST(Csv, FilesThatAreNotThereAreToldApart) {
  const Folder folder;
  EXPECT_EQ(read_csv_file(folder.file("none.csv"), {}).error().code(), base::Code::not_found);
  EXPECT_EQ(read_csv_file(folder.file(""), {}).error().code(), base::Code::invalid_field);
  put(folder.file("持仓.csv"), "a\n\"x");
  EXPECT_HAS(read_csv_file(folder.file("持仓.csv"), {}).error().message().zh, "文件 持仓.csv 第 2 行");
}

Table sample() {
  std::vector<values::ColumnPtr> columns;
  ColumnBuilder n(ColumnType::integer), d(ColumnType::decimal), t(ColumnType::text), day(ColumnType::date), at(ColumnType::datetime),
      b(ColumnType::boolean);
  n.add_integer(1);
  n.add_nothing();
  d.add(*Decimal::parse("1E+3"));
  d.add(*Decimal::parse("0.10"));
  t.add_text("a,\"b\"\n");
  t.add_text("");
  day.add(*base::parse_date("2026-11-20"));
  day.add_nothing();
  at.add_integer(values::parse_datetime("2026-11-20T09:30:00")->micros);
  at.add_nothing();
  b.add(true);
  b.add(false);
  for (auto* builder : {&n, &d, &t, &day, &at, &b}) columns.push_back(std::move(*builder).finish());
  return *Table::make({"n", "d", "名", "day", "at", "b"}, std::move(columns));
}
TEST(CsvWriting, ATableIsWrittenAsPeopleExpect) {
  EXPECT_EQ(*csv_text(sample(), {}),
            "n,d,名,day,at,b\r\n1,1000,\"a,\"\"b\"\"\n\",2026-11-20,2026-11-20 09:30:00,true\r\n,0.10,\"\",,,false\r\n");
  CsvWriting other;
  other.byte_order_mark = true;
  other.delimiter = ';';
  other.line_end = LineEnd::lf;
  other.quoting = Quoting::all;
  other.date_format = "yyyyMMdd";
  other.columns = {{"at", ColumnType::any, "M/d H:m yyyy"}};
  other.true_word = "是";
  EXPECT_TRUE(csv_text(sample(), other)
                  ->starts_with("\xEF\xBB\xBF\"n\";\"d\";\"名\";\"day\";\"at\";\"b\"\n\"1\";\"1000\";\"a,\"\"b\"\"\n\";"
                                "\"20261120\";\"11/20 9:30 2026\";\"是\"\n"));
}
TEST(CsvWriting, ATextThatASpreadsheetWouldRunGetsAnApostrophe) {
  const Folder folder;
  CsvWriting writing;
  writing.guard = FormulaGuard::apostrophe;
  auto writer = CsvWriter::open(folder.file("g.csv"), {"a", "b"}, writing);
  ASSERT_TRUE(writer.ok());
  for (const std::string_view bad : {"=1+1", "+cmd", "-2+3", "@x", "\tx", "＝1"}) {
    const Value row[] = {text(bad), Value::of(std::int64_t{-5})};
    ASSERT_TRUE(writer->add(row).ok());
  }
  const Value fine[] = {text("-12.50"), text("a=b")};
  ASSERT_TRUE(writer->add(fine).ok());
  ASSERT_TRUE(writer->close().ok());
  EXPECT_EQ(writer->guarded(), 6U);
  EXPECT_EQ(content(folder.file("g.csv")), "a,b\r\n'=1+1,-5\r\n'+cmd,-5\r\n'-2+3,-5\r\n'@x,-5\r\n'\tx,-5\r\n'＝1,-5\r\n-12.50,a=b\r\n");
}
TEST(CsvWriting, WhatCannotBeWrittenIsRefusedWithRowAndColumn) {
  const Folder folder;
  CsvWriting writing;
  writing.charset = base::Charset::gbk;
  writing.datetime_format = "yyyy-MM-dd HH:mm";
  auto writer = CsvWriter::open(folder.file("x.csv"), {"名"}, writing);
  ASSERT_TRUE(writer.ok());
  const auto refused = [&](Value v) {
    const Value row[] = {std::move(v)};
    const auto status = writer->add(row);
    EXPECT_FALSE(status.ok());
    return status.ok() ? std::string() : status.error().message().en;
  };
  EXPECT_HAS(refused(text("𠮷")), "Row 1, column \"名\": there is a character gbk has not");
  EXPECT_HAS(refused(Value::of(*values::parse_datetime("2026-11-20T09:30:01"))),
             "Row 2, column \"名\": the format yyyy-MM-dd HH:mm would cut");
  EXPECT_HAS(refused(Value::of(values::List{})), "a list does not fit");
  EXPECT_HAS(refused(text(std::string_view("a\0b", 3))), "zero byte");
  EXPECT_HAS(refused(Value::of(base::Date{5'000'000})), "1 to 9999");
  // What was not closed is not there, and leaves nothing behind.
  { const auto gone = std::move(*writer); }
  EXPECT_FALSE(std::filesystem::exists(folder.file("x.csv")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("x.csv.part")));
}
TEST(CsvWriting, AppendingEndsAnUnfinishedLineAndWritesNoSecondHeader) {
  const Folder folder;
  const auto path = folder.file("log.csv");
  CsvWriting writing;
  writing.existing = Existing::append;
  writing.line_end = LineEnd::lf;
  const auto add = [&](std::int64_t n) {
    auto writer = CsvWriter::open(path, {"n"}, writing);
    ASSERT_TRUE(writer.ok());
    const Value row[] = {Value::of(n)};
    ASSERT_TRUE(writer->add(row).ok());
    ASSERT_TRUE(writer->close().ok());
  };
  add(1);
  add(2);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  add(3);
  EXPECT_EQ(content(path), "n\n1\n2\n3\n");
}
TEST(CsvWriting, AnExistingFileIsReplacedWholeOrRefused) {
  const Folder folder;
  const auto path = folder.file("a.csv");
  put(path, "old");
  ::chmod(path.c_str(), 0640);
  CsvWriting refuse;
  refuse.existing = Existing::refuse;
  EXPECT_EQ(CsvWriter::open(path, {"n"}, refuse).error().code(), base::Code::name_taken);
  auto writer = CsvWriter::open(path, {"n"}, {});
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(content(path), "old");
  ASSERT_TRUE(writer->close().ok());
  EXPECT_EQ(content(path), "n\r\n");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
  EXPECT_EQ(CsvWriter::open(folder.file("no/a.csv"), {"n"}, {}).error().code(), base::Code::not_found);
}
// What we write we read again, for random tables in every encoding and shape.
TEST(CsvWriting, WhatIsWrittenIsReadAgainTheSame) {
  base::SeededRandom random(20261120);
  const std::vector<std::string> parts = {"a", "\"", ",", ";", "\n", "\r", " ", "中", "𠮷", "'", "=", "0", "|", "\t", "é"};
  for (int round = 0; round < 300; ++round) {
    const auto rows = random.below(6), columns = 1 + random.below(4);
    std::vector<std::string> names;
    std::vector<values::ColumnPtr> made;
    for (std::size_t c = 0; c < columns; ++c) {
      names.push_back("c" + std::to_string(c));
      ColumnBuilder builder(ColumnType::text);
      for (std::size_t r = 0; r < rows; ++r) {
        if (columns > 1 && random.below(4) == 0) {
          builder.add_nothing();
          continue;
        }
        std::string value;
        for (auto n = random.below(6); n > 0; --n) value += parts[random.below(parts.size())];
        builder.add_text(value);
      }
      made.push_back(std::move(builder).finish());
    }
    const auto table = *Table::make(names, std::move(made));
    CsvWriting writing;
    CsvReading reading;
    writing.delimiter = reading.delimiter = ",;|\t"[random.below(4)];
    writing.line_end = random.below(2) == 0 ? LineEnd::lf : LineEnd::crlf;
    writing.quoting = static_cast<Quoting>(random.below(3));
    writing.charset = random.below(2) == 0 ? base::Charset::gb18030 : base::Charset::utf8;
    reading.charset = writing.charset;
    reading.trim = random.below(2) == 0 && writing.delimiter != '\t' && writing.quoting != Quoting::where_needed;
    const auto bytes = csv_text(table, writing);
    ASSERT_TRUE(bytes.ok());
    const auto again = read_csv_text(*bytes, reading);
    ASSERT_TRUE(again.ok()) << again.error().message().en << *bytes;
    ASSERT_EQ(*again->table, table) << *bytes;
  }
}

}  // namespace
}  // namespace quanji::workbook
