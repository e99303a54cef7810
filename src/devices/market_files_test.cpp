// What public market files hold, counted once by hand (research page, 3.1 to 3.10 and 4). They are no part of the tree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/encodings.h"
#include "devices/dbf_reader.h"
#include "devices/fixed_width_reader.h"

namespace quanji::devices {
namespace {

std::string folder_of_data() {
  if (const char* named = std::getenv("QUANJI_SHARED_DATA")) return named;
  return (std::filesystem::path(__FILE__).parent_path() / "../../../shared/data").lexically_normal().string();
}

class MarketFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder_of_data() + "/market")) GTEST_SKIP() << "data: ../shared/data is not there";
  }
  static DbfReader open(const std::string& file) {
    auto reader = DbfReader::open(folder_of_data() + "/market/" + file);
    EXPECT_TRUE(reader.ok()) << reader.error().message().en;
    return std::move(*reader);
  }
};

struct Expected {
  std::string file;
  std::size_t records, fields, record_length, header_length, deleted, long_marks, short_marks;
  int year;
};
const std::vector<Expected> files = {
    {"2010-11-18/SHOW2003.DBF", 2351, 30, 265, 993, 345, 3832, 1478, 8},
    {"2010-11-18/SJSHQ.DBF", 1742, 35, 352, 1153, 0, 0, 0, 9},
    {"2010-11-18/SJSXX.DBF", 1713, 31, 199, 1025, 0, 0, 0, 10},
    {"2017-04/show2003.dbf", 12245, 30, 265, 993, 874, 14626, 2378, 8},
    {"2017-04/sjshq.dbf", 4400, 35, 352, 1153, 0, 0, 0, 15},
};

TEST_F(MarketFiles, CountsAreThoseOfTheResearch) {
  for (const auto& expected : files) {
    SCOPED_TRACE(expected.file);
    const auto reader = open(expected.file);
    EXPECT_EQ(reader.schema().records, expected.records);
    EXPECT_EQ(reader.schema().fields.size(), expected.fields);
    EXPECT_EQ(reader.schema().record_length, expected.record_length);
    EXPECT_EQ(reader.schema().header_length, expected.header_length);
    EXPECT_EQ(reader.schema().year, expected.year);
    const auto rows = reader.read({});
    ASSERT_TRUE(rows.ok()) << rows.error().message().en;
    EXPECT_EQ(rows->table.rows(), expected.records);
    EXPECT_EQ(rows->deleted, expected.deleted);
    EXPECT_EQ(rows->findings.count(), 0U);
    const auto texts = reader.read({.typing = DbfTyping::text})->table;
    std::size_t long_marks = 0, short_marks = 0, nothing = 0, blank = 0;
    for (std::size_t c = 0; c < expected.fields; ++c) {
      if (reader.schema().fields[c].type != 'N') continue;
      for (std::size_t r = 0; r < expected.records; ++r) {
        const auto text = texts.column(c)->text(r);
        long_marks += text == "-.---" ? 1 : 0;
        short_marks += text == "-" ? 1 : 0;
        blank += text.empty() ? 1 : 0;
        nothing += rows->table.column(c)->is_nothing(r) ? 1 : 0;
      }
    }
    EXPECT_EQ(long_marks, expected.long_marks);
    EXPECT_EQ(short_marks, expected.short_marks);
    EXPECT_EQ(nothing, long_marks + short_marks + blank);
  }
}

TEST_F(MarketFiles, NulsBehindNumbersArePadding) {
  const auto rows = open("2010-11-18/SJSXX.DBF").read({.columns = {"XXMGMZ", "XXSSRQ"}}).value();
  std::map<std::string, int> values;
  for (std::size_t r = 0; r < rows.table.rows(); ++r) ++values[rows.table.at(r, 0).display()];
  EXPECT_EQ(values["1.00"], 1243);
  EXPECT_EQ(values["100.00"], 277);
  EXPECT_EQ(values["0.00"], 192);
  EXPECT_EQ(rows.table.column(1)->type(), values::ColumnType::date);
}

TEST_F(MarketFiles, TheControlRowIsKept) {
  const auto quotes = open("2017-04/show2003.dbf").read({.columns = {"S1", "S2", "S6"}}).value().table;
  EXPECT_EQ(quotes.at(0, 0).text(), "000000");
  EXPECT_EQ(quotes.at(0, 1).text(), "113226");
  EXPECT_EQ(quotes.at(0, 2).display(), "20170420.000");
  EXPECT_TRUE(quotes.at(0, 3).boolean());
  EXPECT_EQ(quotes.at(1, 1).text(), "上证指数");
}

// High ≥ last ≥ low when there is volume, the change is last − previous close, ask ≥ bid, no key twice: no violation in either file.
TEST_F(MarketFiles, QuoteRulesHold) {
  using values::Decimal;
  for (const std::string file : {"2010-11-18/SJSHQ.DBF", "2017-04/sjshq.dbf"}) {
    SCOPED_TRACE(file);
    const auto t = open(file)
                       .read({.columns = {"HQZQDM", "HQZRSP", "HQZJCJ", "HQCJSL", "HQZGCJ", "HQZDCJ", "HQJSD1", "HQSJW1", "HQBJW1"}})
                       .value()
                       .table;
    std::map<std::string, int> keys;
    std::size_t checked = 0, violations = 0;
    for (std::size_t r = 1; r < t.rows(); ++r) {
      const auto number = [&](std::size_t c) { return t.column(c)->decimal(r); };
      if (++keys[t.at(r, 0).text()] > 1) ++violations;
      const auto last = number(2), close = number(1);
      if (t.at(r, 3).integer() > 0 && (number(4) < last || last < number(5))) ++violations;
      if (!last.is_zero() && *subtract(last, close) != number(6)) ++violations;
      ++checked;
    }
    EXPECT_EQ(violations, 0U);
    EXPECT_EQ(checked, t.rows() - 1);
  }
}

std::string bytes_of_file(const std::string& file) {
  std::ifstream in(folder_of_data() + "/sse-text/" + file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
// A record of columns a, b, c … of these widths: the first three are text.
std::string record_of(const std::string& name, const std::vector<int>& widths, const std::string& third = "") {
  std::string json = R"({"name": ")" + name + R"(", "begins": ")" + name + R"(", "columns": [)";
  for (std::size_t i = 0; i < widths.size(); ++i) {
    json += (i == 0 ? "" : ", ") + (R"({"name": "c)" + std::to_string(i) + R"(", "width": )" + std::to_string(widths[i]));
    if (i == 2) json += third;
    if (i > 4 && widths[i] == 11) json += R"(, "type": "decimal", "places": 3)";
    json += "}";
  }
  return json + "]}";
}
std::string layout_of(const std::string& records, int states = 8) {
  return R"({"separator": "|", "records": [
    {"name": "HEADER", "role": "header", "begins": "HEADER", "countField": "records", "columns": [{"name": "kind", "width": 6},
      {"name": "version", "width": 8}, {"name": "bodyBytes", "width": 10, "type": "integer"}, {"name": "records", "width": 5, "type": "integer"},
      {"name": "report", "width": 8}, {"name": "sender", "width": 6}, {"name": "at", "width": 21, "type": "datetime", "format": "%Y%m%d-%H:%M:%S.%3f"},
      {"name": "update", "width": 1}, {"name": "state", "width": )" +
         std::to_string(states) + "}]}, " + records + R"(,
    {"name": "TRAILER", "role": "trailer", "begins": "TRAILER", "checksumField": "checksum", "columns": [{"name": "kind", "width": 7},
      {"name": "checksum", "width": 3, "type": "integer"}]}]})";
}

// 1 072 records of 3 462: the file that was cut is refused, by its own count.
TEST_F(MarketFiles, TheCutMarketFileIsRefused) {
  std::vector<int> bonds = {5, 6, 8, 16, 16}, funds;
  bonds.insert(bonds.end(), 7, 11);
  bonds.push_back(12);
  for (int i = 0; i < 9; ++i) {
    bonds.push_back(11);
    bonds.push_back(12);
  }
  bonds.insert(bonds.end(), {8, 12});
  funds = bonds;
  funds.insert(funds.end() - 2, 2, 11);
  const auto plan = parse_fixed_layout(layout_of(record_of("MD003", bonds) + ", " + record_of("MD004", funds), 6));
  ASSERT_TRUE(plan.ok()) << plan.error().message().en;
  // The fragment was saved again as UTF-8: in GBK its rows are of one length.
  const auto gbk = base::from_utf8(base::Charset::gbk, bytes_of_file("mktdt00.txt"));
  ASSERT_TRUE(gbk.ok());
  const auto refused = read_fixed_width(RecordFile::of_bytes("mktdt00.txt", *gbk), *plan, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().en.find("the file says 3462 body records, there are 1072"), std::string::npos)
      << refused.error().message().en;
  EXPECT_FALSE(read_fixed_width(RecordFile::of_bytes("mktdt00.txt", bytes_of_file("mktdt00.txt")), *plan, {}).ok());
}

// A whole file: names in UTF-16, three kinds of records, its count and its checksum hold.
TEST_F(MarketFiles, TheHongKongFileIsWhole) {
  const std::string name = R"(, "charset": "utf-16le")";
  const auto plan =
      parse_fixed_layout(layout_of(record_of("MD401", {5, 5, 32, 15, 16, 16, 11, 11, 11, 11, 11, 11, 12, 11, 12, 8, 12}, name) + ", " +
                                   record_of("MD404", {5, 5, 32, 15, 8, 8, 11, 11, 11, 12}, name) + ", " +
                                   record_of("MD405", {5, 5, 32, 15, 11, 11, 11, 1, 12, 12}, name)));
  ASSERT_TRUE(plan.ok()) << plan.error().message().en;
  const auto rows = read_fixed_width(RecordFile::of_bytes("mktdt042.txt", bytes_of_file("mktdt042.txt")), *plan, {});
  ASSERT_TRUE(rows.ok()) << rows.error().message().en;
  EXPECT_EQ(rows->records, 978U);
  EXPECT_EQ(rows->parts[0].table.rows(), 484U);
  EXPECT_EQ(rows->parts[1].table.rows(), 10U);
  EXPECT_EQ(rows->parts[2].table.rows(), 484U);
  EXPECT_EQ(rows->parts[0].table.at(0, 2).text(), "长和");
  EXPECT_EQ(rows->parts[0].table.at(0, 6).display(), "61.050");
  auto changed = bytes_of_file("mktdt042.txt");
  ++changed[200];
  EXPECT_FALSE(read_fixed_width(RecordFile::of_bytes("mktdt042.txt", changed), *plan, {}).ok());
}

}  // namespace
}  // namespace quanji::devices
