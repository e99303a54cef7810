#include "values/table_check.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::table;

// row column rule value, without the sentence, which must be there in both languages.
std::string told(const Table& problems) {
  std::string out;
  for (std::size_t row = 0; row < problems.rows(); ++row) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto value = problems.at(row, i);
      out += (i == 0 ? (row == 0 ? "" : " | ") : " ") + (value.is(Type::nothing) ? "-" : value.display());
    }
    EXPECT_NE(problems.at(row, 4).text().find(" / "), std::string::npos);
  }
  return out;
}
ColumnPtr flags(const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& word : words) rows.push_back({word});
  return table({"f bool"}, rows).column(0);
}

const auto trades =
    table({"code text", "amount text", "day text"},
          {{"000001", "1.20", "20261120"}, {"", "x", "20261131"}, {"000001", "", "-"}, {"-", "3", "20261120"}, {"-", "4", ""}});

TEST(TableCheck, ASoundTableHasNoProblems) {
  Checking what{.present = {"code"}, .typed = {{.column = "code", .to = ColumnType::text}}, .required = {}, .unique = {}, .rules = {}};
  EXPECT_EQ(problems_of(trades, what).rows(), 0u);
  EXPECT_EQ(problems_of(trades, what).names(), (std::vector<std::string>{"row", "column", "rule", "value", "sentence"}));
}
TEST(TableCheck, MissingColumnsAreToldOnceAndStopNothingElse) {
  Checking what;
  what.present = {"code", "codes"};
  what.required = {"codes", "code"};
  what.unique = {{"codes"}};
  const auto found = problems_of(trades, what);
  EXPECT_EQ(told(found), "- codes column - | 2 code required  | 4 code required - | 5 code required -");
  EXPECT_NE(found.at(0, 4).text().find("there are: code"), std::string::npos);
}
TEST(TableCheck, ValuesOfAnotherTypeAreToldEach) {
  Checking what;
  what.typed = {{.column = "amount", .to = ColumnType::decimal}, {.column = "day", .to = ColumnType::date, .format = "%Y%m%d"}};
  EXPECT_EQ(told(problems_of(trades, what)), "2 amount type x | 2 day type 20261131");
}
TEST(TableCheck, WholeNumbersAreDecimals) {
  Checking what;
  what.typed = {{.column = "n", .to = ColumnType::decimal}};
  EXPECT_EQ(problems_of(table({"n integer"}, {{"1"}}), what).rows(), 0u);
}
TEST(TableCheck, RepeatedKeysAreToldWithTheFirstRow) {
  Checking what;
  what.unique = {{"code"}, {"code", "day"}};
  const auto found = problems_of(trades, what);
  EXPECT_EQ(told(found), "3 code unique 000001");
  EXPECT_NE(found.at(0, 4).text().find("row 1"), std::string::npos);
  what.unique = {{"day"}};
  EXPECT_EQ(told(problems_of(trades, what)), "4 day unique 20261120");
}
TEST(TableCheck, WhatIsNotTrueBreaksARule) {
  Checking what;
  what.rules = {{"positive", flags({"true", "false", "-", "true", "true"})}};
  EXPECT_EQ(told(problems_of(trades, what)), "2 - positive - | 3 - positive -");
}

}  // namespace
}  // namespace quanji::values
