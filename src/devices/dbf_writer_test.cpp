#include "devices/dbf_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/random.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_testing.h"

namespace quanji::devices {
namespace {

using testing::RawDbf;
using values::ColumnBuilder;
using values::ColumnType;
using values::Decimal;
using values::Table;
using values::Value;

class DbfWriter : public ::testing::Test {
 protected:
  DbfWriter() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-dbf-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~DbfWriter() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name = "a.dbf") const { return folder_ + "/" + name; }
  std::string bytes(const std::string& name = "a.dbf") const {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()));
  }
  std::string folder_;
};

constexpr base::Date day{20'412};  // 2025-11-20

Value dec(std::string_view text) { return Value::of(Decimal::parse(text).value()); }
Value text(std::string_view v) { return Value::of(std::string(v)); }
values::ColumnPtr column(ColumnType type, const values::List& cells, std::int32_t places = 0) {
  ColumnBuilder b(type, places);
  for (const auto& cell : cells) EXPECT_TRUE(b.add(cell));
  return std::move(b).finish();
}
Table table_of(std::vector<std::string> names, std::vector<values::ColumnPtr> columns) {
  return Table::make(std::move(names), std::move(columns)).value();
}
Table one(ColumnType type, const Value& value) { return table_of({"A"}, {column(type, {value})}); }
DbfSchema schema_of(std::vector<DbfField> fields) { return make_dbf_schema(std::move(fields), base::Charset::gb18030).value(); }
std::string record_of(const Table& table, const DbfSchema& schema, const DbfWriteOptions& options = {}) {
  const auto records = DbfRecords::of(table, schema, options);
  if (!records) return records.error().message().en;
  std::string out;
  const auto status = records->append(0, out);
  return status.ok() ? out : status.error().message().en;
}
void expect_in(std::string_view part, std::string_view whole) {
  EXPECT_NE(whole.find(part), std::string_view::npos) << "\"" << part << "\" is not in \"" << whole << "\"";
}

TEST_F(DbfWriter, WhatIsWrittenIsReadAgain) {
  const auto table =
      table_of({"CODE", "NAME", "PRICE", "QTY", "DAY", "OK", "BIG", "MONEY", "DOUBLE", "AT"},
               {column(ColumnType::text, {text("600000"), text("000001")}), column(ColumnType::text, {text("浦发银行"), text("")}),
                column(ColumnType::decimal, {dec("12.340"), Value()}), column(ColumnType::integer, {Value(), Value::of(std::int64_t{-5})}),
                column(ColumnType::date, {Value::of(day), Value()}), column(ColumnType::boolean, {Value::of(true), Value()}),
                column(ColumnType::integer, {Value::of(std::int64_t{7}), Value::of(std::int64_t{INT32_MIN})}),
                column(ColumnType::decimal, {dec("-0.0001"), dec("5.0000")}), column(ColumnType::decimal, {dec("2.50"), dec("0.10")}),
                column(ColumnType::datetime, {Value::of(values::DateTime{1'500'000'000'001'000}), Value()})});
  const auto schema = schema_of({{"CODE", 'C', 6},
                                 {"NAME", 'C', 8},
                                 {"PRICE", 'N', 9, 3},
                                 {"QTY", 'N', 12, 0},
                                 {"DAY", 'D', 8},
                                 {"OK", 'L', 1},
                                 {"BIG", 'I', 4},
                                 {"MONEY", 'Y', 8, 4},
                                 {"DOUBLE", 'B', 8, 2},
                                 {"AT", 'T', 8}});
  ASSERT_TRUE(write_dbf(path(), schema, table, day, {}).ok());
  EXPECT_EQ(files(), 1U);
  auto reader = DbfReader::open(path()).value();
  EXPECT_EQ(reader.schema().year, 125);
  EXPECT_EQ(reader.schema().month, 11);
  EXPECT_EQ(reader.schema().day, 20);
  const auto rows = reader.read({.deleted_column = ""}).value();
  EXPECT_TRUE(rows.table == table);
  EXPECT_EQ(rows.table.at(0, 2).json(), table.at(0, 2).json());
}

TEST_F(DbfWriter, CanonicalFilesComeBackByteForByte) {
  auto made = testing::generate_show2003(7, 300);
  made.file.end_mark = true;
  for (auto& record : made.file.records)
    for (auto& c : record)
      if (c == '\0') c = ' ';
  // The blanks left by the NULs move the digits: put the numbers to the right again by reading and writing once.
  std::ofstream(path("first"), std::ios::binary) << made.file.bytes();
  const auto once = DbfReader::open(path("first")).value();
  const auto texts = once.read({.typing = DbfTyping::text}).value().table;
  ASSERT_TRUE(write_dbf(path("second"), once.schema(), texts, day, {}).ok());
  const auto twice = DbfReader::open(path("second")).value();
  ASSERT_TRUE(write_dbf(path("third"), twice.schema(), twice.read({.typing = DbfTyping::text}).value().table, day, {}).ok());
  EXPECT_EQ(bytes("second"), bytes("third"));
  EXPECT_TRUE(twice.read({}).value().table == once.read({}).value().table);

  // Typed, without marks: numbers are written as the exchange writes them.
  RawDbf raw;
  raw.fields = {{"CODE", 'C', 6}, {"PRICE", 'N', 9, 3}, {"RATE", 'N', 7, 6}, {"QTY", 'N', 12, 0}, {"D", 'D', 8}};
  raw.year = 125;
  raw.month = 11;
  raw.day = 20;
  raw.add({"600000", "12.340", ".018750", "123456", "20251120"}, '*');
  raw.add({"600001", "0.000", "1.00000"});
  raw.records.back().replace(1 + 6 + 9, 7, ".000000");
  std::ofstream(path("fourth"), std::ios::binary) << raw.bytes();
  const auto typed = DbfReader::open(path("fourth")).value();
  ASSERT_TRUE(write_dbf(path("fifth"), typed.schema(), typed.read({}).value().table, day, {}).ok());
  EXPECT_EQ(bytes("fourth"), bytes("fifth"));
}

TEST_F(DbfWriter, NothingIsCutOrRounded) {
  const auto c4 = schema_of({{"A", 'C', 4}}), n52 = schema_of({{"A", 'N', 5, 2}}), n3 = schema_of({{"A", 'N', 3, 0}});
  EXPECT_EQ(record_of(one(ColumnType::text, text("ab")), c4), " ab  ");
  expect_in("Row 1 of the table, field A: it needs 6 bytes, the field has 4", record_of(one(ColumnType::text, text("三个字")), c4));
  expect_in("cannot be written in", record_of(one(ColumnType::text, text("\xF0\x9F\x98\x80")), c4, {.charset = base::Charset::gbk}));
  EXPECT_EQ(record_of(one(ColumnType::decimal, dec("1.5")), n52), "  1.50");
  EXPECT_EQ(record_of(one(ColumnType::decimal, dec("-0.25")), n52), " -0.25");
  EXPECT_EQ(record_of(one(ColumnType::integer, Value::of(std::int64_t{12})), n52), " 12.00");
  expect_in("needs 6 bytes", record_of(one(ColumnType::integer, Value::of(std::int64_t{123})), n52));
  expect_in("more than 2 places", record_of(one(ColumnType::decimal, dec("1.005")), n52));
  EXPECT_EQ(record_of(one(ColumnType::decimal, dec("1.005")), n52, {.rounding = values::Rounding::half_up}), "  1.01");
  EXPECT_EQ(record_of(one(ColumnType::decimal, dec("1.00")), n3), "   1");
  EXPECT_EQ(record_of(one(ColumnType::text, text("-.---")), n52), " -.---");
  EXPECT_EQ(record_of(one(ColumnType::text, text(" 7.5 ")), n52), "  7.50");
  expect_in("no number", record_of(one(ColumnType::text, text("x")), n52));
  EXPECT_EQ(record_of(one(ColumnType::decimal, Value()), n52), "      ");
  const auto logical = schema_of({{"A", 'L', 1}}), i = schema_of({{"A", 'I', 4}}), t = schema_of({{"A", 'T', 8}});
  EXPECT_EQ(record_of(one(ColumnType::boolean, Value::of(false)), logical), " F");
  expect_in("takes no", record_of(one(ColumnType::text, text("T")), logical));
  expect_in("beyond 32 bits", record_of(one(ColumnType::integer, Value::of(std::int64_t{1} << 31)), i));
  expect_in("cannot be without a value", record_of(one(ColumnType::integer, Value()), i));
  expect_in("milliseconds", record_of(one(ColumnType::datetime, Value::of(values::DateTime{1})), t));
  expect_in("holds a NUL", record_of(one(ColumnType::text, text(std::string_view("a\0b", 3))), c4));
  const auto money = schema_of({{"A", 'Y', 8, 4}}), floating = schema_of({{"A", 'B', 8, 2}});
  expect_in("4 places", record_of(one(ColumnType::decimal, dec("0.00001")), money));
  expect_in("a double cannot hold", record_of(one(ColumnType::decimal, dec("0.1000000000000000055")), floating));
}

TEST_F(DbfWriter, ColumnsMeetTheirFields) {
  const auto schema = schema_of({{"CODE", 'C', 4}, {"NOTE", 'C', 2}});
  EXPECT_EQ(
      record_of(table_of({"code", "_deleted"}, {column(ColumnType::text, {text("x")}), column(ColumnType::boolean, {Value::of(true)})}),
                schema),
      "*x     ");
  expect_in("no field for the column OTHER", record_of(table_of({"OTHER"}, {column(ColumnType::text, {text("x")})}), schema));
  expect_in("booleans only", record_of(table_of({"_deleted"}, {column(ColumnType::text, {text("x")})}), schema));
}

TEST_F(DbfWriter, NullableFieldsKeepNothing) {
  const auto schema = schema_of({{"A", 'I', 4, 0, 0, true}, {"B", 'C', 2, 0, 0, true}});
  ASSERT_EQ(schema.fields.size(), 3U);
  const auto table = table_of(
      {"A", "B"}, {column(ColumnType::integer, {Value(), Value::of(std::int64_t{0})}), column(ColumnType::text, {text(""), Value()})});
  ASSERT_TRUE(write_dbf(path(), schema, table, day, {}).ok());
  EXPECT_TRUE(DbfReader::open(path())->read({.deleted_column = ""})->table == table);
}

TEST_F(DbfWriter, ASchemaIsFoundForATable) {
  const auto table = table_of({"A", "B", "C", "D", "E"},
                              {column(ColumnType::text, {text("浦发"), Value()}), column(ColumnType::decimal, {dec("-1.5"), dec("22.125")}),
                               column(ColumnType::integer, {Value::of(std::int64_t{-100}), Value()}),
                               column(ColumnType::date, {Value(), Value()}), column(ColumnType::boolean, {Value(), Value::of(true)})});
  const auto schema = dbf_schema_for(table, {}).value();
  EXPECT_EQ(schema.fields[0].width, 4U);
  EXPECT_EQ(schema.fields[1].width, 6U);
  EXPECT_EQ(schema.fields[1].places, 3);
  EXPECT_EQ(schema.fields[2].width, 4U);
  ASSERT_TRUE(write_dbf(path(), schema, table, day, {}).ok());
  const auto read = DbfReader::open(path())->read({.deleted_column = ""})->table;
  EXPECT_EQ(read.at(0, 1).json(), R"({"$decimal":"-1.500"})");
  EXPECT_EQ(read.at(1, 2).json(), "null");
  EXPECT_FALSE(dbf_schema_for(table_of({"A"}, {column(ColumnType::any, {Value::of(values::List{})})}), {}).ok());
  EXPECT_FALSE(dbf_schema_for(table_of({"A_NAME_TOO_LONG"}, {column(ColumnType::date, {Value()})}), {}).ok());
}

TEST_F(DbfWriter, SchemasThatCannotBeWrittenAreRefused) {
  const auto refused = [](std::vector<DbfField> fields) {
    const auto made = make_dbf_schema(std::move(fields), base::Charset::gb18030);
    return made.ok() ? std::string("taken") : made.error().message().en;
  };
  EXPECT_EQ(refused({{"A", 'C', 1}}), "taken");
  expect_in("1 to 255 fields", refused({}));
  expect_in("1 to 10 bytes", refused({{"ELEVENCHARS", 'C', 1}}));
  expect_in("1 to 10 bytes", refused({{"", 'C', 1}}));
  expect_in("no blanks", refused({{"A B", 'C', 1}}));
  expect_in("stands twice", refused({{"A", 'C', 1}, {"a", 'C', 1}}));
  expect_in("width of type C", refused({{"A", 'C', 255}}));
  expect_in("width of type N", refused({{"A", 'N', 33}}));
  expect_in("no room for 5 places", refused({{"A", 'N', 5, 5}}));
  expect_in("has no places", refused({{"A", 'D', 8, 1}}));
  expect_in("types that can be written", refused({{"A", 'M', 10}}));
  EXPECT_EQ(refused({{"N", 'N', 7, 6}}), "taken");
}

TEST_F(DbfWriter, AFileIsNotReplacedUnlessAsked) {
  const auto schema = schema_of({{"A", 'C', 4}});
  const auto table = one(ColumnType::text, text("x"));
  ASSERT_TRUE(write_dbf(path(), schema, table, day, {}).ok());
  const auto first = bytes();
  EXPECT_EQ(write_dbf(path(), schema, table, day, {}).error().code(), base::Code::name_taken);
  ::chmod(path().c_str(), 0640);
  ASSERT_TRUE(write_dbf(path(), schema, one(ColumnType::text, text("y")), day, {.existing = Existing::replace}).ok());
  EXPECT_NE(bytes(), first);
  struct stat seen {};
  ASSERT_EQ(::stat(path().c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0640U);
  // What is refused leaves nothing behind.
  EXPECT_FALSE(write_dbf(path("b.dbf"), schema, one(ColumnType::text, text("too long")), day, {}).ok());
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(write_dbf(folder_ + "/none/b.dbf", schema, table, day, {}).error().code(), base::Code::not_found);
}

TEST_F(DbfWriter, RandomTablesComeBack) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    base::SeededRandom chance(seed);
    std::vector<DbfField> fields;
    const auto count = 1 + chance.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
      static constexpr std::string_view types = "CNNDLIYT";
      DbfField field{"F" + std::to_string(i), types[chance.below(types.size())], 8};
      if (field.type == 'C') field.width = static_cast<std::uint32_t>(1 + chance.below(60));
      if (field.type == 'N') {
        field.width = static_cast<std::uint32_t>(3 + chance.below(28));
        field.places = static_cast<std::int32_t>(chance.below(field.width - 1));
      }
      if (field.type == 'L') field.width = 1;
      if (field.type == 'I') field.width = 4;
      if (field.type == 'Y') field.places = 4;
      fields.push_back(field);
    }
    const auto schema = schema_of(fields);
    std::vector<values::ColumnPtr> columns;
    std::vector<std::string> names;
    const auto rows = chance.below(50);
    for (const auto& field : schema.fields) {
      if (field.system) continue;
      values::List cells;
      for (std::uint64_t r = 0; r < rows; ++r) {
        if (chance.below(6) == 0 && field.type != 'I' && field.type != 'Y' && field.type != 'C') {
          cells.emplace_back();
          continue;
        }
        switch (field.type) {
          case 'C':
            cells.push_back(text(field.width >= 4 && chance.below(2) == 0 ? "券a商" : std::string(chance.below(field.width + 1), 'x')));
            if (cells.back().text().size() > 3 && field.width < 5) cells.back() = text("");
            break;
          case 'N': {
            const auto digits = static_cast<std::int64_t>(field.width) - 1 - (field.places > 0 ? 1 : 0);
            values::Int128 units = 0;
            for (std::int64_t d = static_cast<std::int64_t>(chance.below(static_cast<std::uint64_t>(digits) + 1)); d > 0; --d)
              units = units * 10 + static_cast<std::int64_t>(chance.below(10));
            if (chance.below(3) == 0) units = -units;
            cells.push_back(Value::of(*Decimal::make(units, -field.places)));
            break;
          }
          case 'D':
            cells.push_back(Value::of(base::Date{static_cast<std::int32_t>(chance.below(60'000)) - 10'000}));
            break;
          case 'L':
            cells.push_back(Value::of(chance.below(2) == 0));
            break;
          case 'I':
            cells.push_back(Value::of(static_cast<std::int64_t>(static_cast<std::int32_t>(chance.next()))));
            break;
          case 'Y':
            cells.push_back(Value::of(*Decimal::make(static_cast<std::int64_t>(chance.next()), -4)));
            break;
          default:
            cells.push_back(
                Value::of(values::DateTime{(static_cast<std::int64_t>(chance.below(4'000'000'000'000)) - 1'000'000'000'000) * 1'000}));
        }
      }
      const bool integer = field.type == 'I' || (field.type == 'N' && field.places == 0 && field.width <= 18);
      if (integer && field.type == 'N')
        for (auto& cell : cells)
          if (!cell.is(values::Type::nothing)) cell = Value::of(*cell.decimal().whole());
      static const std::map<char, ColumnType> type_of = {{'C', ColumnType::text},    {'N', ColumnType::decimal}, {'D', ColumnType::date},
                                                         {'L', ColumnType::boolean}, {'I', ColumnType::integer}, {'Y', ColumnType::decimal},
                                                         {'T', ColumnType::datetime}};
      columns.push_back(column(integer ? ColumnType::integer : type_of.at(field.type), cells));
      names.push_back(field.name);
    }
    const auto table = table_of(names, columns);
    const auto written = write_dbf(path(), schema, table, day, {.existing = Existing::replace});
    ASSERT_TRUE(written.ok()) << "seed=" << seed << " " << written.error().message().en;
    const auto read = DbfReader::open(path())->read({.deleted_column = ""});
    ASSERT_TRUE(read.ok()) << "seed=" << seed << " " << read.error().message().en;
    EXPECT_TRUE(read->table == table) << "seed=" << seed;
  }
}

}  // namespace
}  // namespace quanji::devices
