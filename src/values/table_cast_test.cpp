#include "values/table_cast.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

std::string cast(const Table& all, std::vector<Cast> casts) { return shown(cast_columns(all, casts)); }
Table texts(const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& word : words) rows.push_back({word});
  return table({"c text"}, rows);
}

TEST(TableCast, TextsBecomeNumbers) {
  EXPECT_EQ(cast(texts({" 1.20", "-5", "", "　", "-"}), {{.column = "c", .to = ColumnType::decimal}}), "c | 1.20 | -5 | - | - | -");
  EXPECT_EQ(cast(texts({"1,234.50", "¥ 7"}), {{.column = "c", .to = ColumnType::decimal, .ignore = ",¥ "}}), "c | 1234.50 | 7");
  EXPECT_EQ(cast(texts({"1.005", "2"}), {{.column = "c", .to = ColumnType::decimal, .places = 2, .rounding = Rounding::half_up}}),
            "c | 1.01 | 2.00");
  const auto places = cast_columns(texts({"1.5", "2"}), std::vector<Cast>{{.column = "c", .to = ColumnType::decimal, .places = 2}}).value();
  EXPECT_TRUE(places.column(0)->is_narrow());
  EXPECT_EQ(cast(texts({"42", "1E+2", "7.0"}), {{.column = "c", .to = ColumnType::integer}}), "c | 42 | 100 | 7");
  EXPECT_EQ(cast(texts({"是", "FALSE", "1", "n"}), {{.column = "c", .to = ColumnType::boolean}}), "c | true | false | true | false");
}

TEST(TableCast, DatesAreReadByTheirFormat) {
  EXPECT_EQ(cast(texts({"20261120", "19691231"}), {{.column = "c", .to = ColumnType::date, .format = "%Y%m%d"}}),
            "c | 2026-11-20 | 1969-12-31");
  EXPECT_EQ(cast(texts({"2026年3月5日"}), {{.column = "c", .to = ColumnType::date, .format = "%Y年%m月%d日"}}), "c | 2026-03-05");
  EXPECT_EQ(cast(texts({"05/03/26", "05/03/99"}), {{.column = "c", .to = ColumnType::date, .format = "%d/%m/%y"}}),
            "c | 2026-03-05 | 1999-03-05");
  EXPECT_EQ(cast(texts({"2026-11-20"}), {{.column = "c", .to = ColumnType::date}}), "c | 2026-11-20");
  EXPECT_EQ(cast(texts({"20261120 093000.5"}), {{.column = "c", .to = ColumnType::datetime, .format = "%Y%m%d %H%M%S.%f"}}),
            "c | 2026-11-20T09:30:00.5");
  EXPECT_EQ(cast(texts({"09:30:00"}), {{.column = "c", .to = ColumnType::time}}), "c | 09:30:00");
  EXPECT_EQ(cast(texts({"1m30s"}), {{.column = "c", .to = ColumnType::duration}}), "c | 1m30s");
  const auto digits = table({"d integer", "t integer"}, {{"20261120", "93000"}});
  EXPECT_EQ(cast(digits, {{.column = "d", .to = ColumnType::date, .format = "%Y%m%d"},
                          {.column = "t", .to = ColumnType::time, .format = "%H%M%S"}}),
            "d t | 2026-11-20 09:30:00");
}

TEST(TableCast, EverythingBecomesText) {
  const auto all = table({"n integer", "d decimal", "b bool", "day date", "at datetime", "t time", "w duration"},
                         {{"1", "1E+3", "true", "2026-11-20", "2026-11-20T09:30", "09:30", "90s"}});
  std::vector<Cast> casts;
  for (const auto& name : all.names()) casts.push_back({.column = name, .to = ColumnType::text});
  const auto got = cast_columns(all, casts).value();
  EXPECT_EQ(shown(got), "n d b day at t w | 1 1000 true 2026-11-20 2026-11-20T09:30:00 09:30:00 1m30s");
  for (std::size_t i = 0; i < got.columns(); ++i) EXPECT_EQ(got.column(i)->type(), ColumnType::text);
  EXPECT_EQ(cast(all, {{.column = "day", .format = "%m/%d %%"}, {.column = "at", .format = "%H:%M:%S.%f"}, {.column = "d", .places = 2}}),
            "n d b day at t w | 1 1000.00 true 11/20 % 09:30:00.000000 09:30:00 1m30s");
  EXPECT_EQ(cast(all, {{.column = "at", .to = ColumnType::date},
                       {.column = "day", .to = ColumnType::datetime},
                       {.column = "b", .to = ColumnType::integer}}),
            "n d b day at t w | 1 1000 1 2026-11-20T00:00:00 2026-11-20 09:30:00 1m30s");
}

TEST(TableCast, FailuresNameRowColumnAndValue) {
  EXPECT_EQ(cast(texts({"1", "x", "2,0"}), {{.column = "c", .to = ColumnType::decimal}}),
            "casts/0: row 2, column \"c\": \"x\" cannot become decimal: \"x\" is not a usable number: write it like -1.20 or 1E+3\n"
            "casts/0: row 3, column \"c\": \"2,0\" cannot become decimal: \"2,0\" is not a usable number: write it like -1.20 or 1E+3");
  EXPECT_EQ(cast(texts({"1", "x"}), {{.column = "c", .to = ColumnType::decimal, .on_failure = OnFailure::nothing}}), "c | 1 | -");
  EXPECT_EQ(cast(texts({"1.5"}), {{.column = "c", .to = ColumnType::integer}}),
            "casts/0: row 1, column \"c\": \"1.5\" cannot become integer: it is not whole; say how to round");
  EXPECT_EQ(cast(texts({"1.5"}), {{.column = "c", .to = ColumnType::integer, .rounding = Rounding::half_even}}), "c | 2");
  EXPECT_EQ(cast(texts({"1.005"}), {{.column = "c", .to = ColumnType::decimal, .places = 2}}),
            "casts/0: row 1, column \"c\": \"1.005\" cannot become decimal: it has more than 2 places; say how to round");
  EXPECT_EQ(cast(texts({"9223372036854775808"}), {{.column = "c", .to = ColumnType::integer}}),
            "casts/0: row 1, column \"c\": \"9223372036854775808\" cannot become integer: it is beyond 64 bits");
  EXPECT_EQ(cast(texts({"2026-02-30"}), {{.column = "c", .to = ColumnType::date}}),
            "casts/0: row 1, column \"c\": \"2026-02-30\" cannot become date: \"2026-02-30\" is not a date (like 2026-11-20)");
  EXPECT_EQ(cast(texts({"2026112"}), {{.column = "c", .to = ColumnType::date, .format = "%Y%m%d"}}),
            "casts/0: row 1, column \"c\": \"2026112\" cannot become date: it is not written as %Y%m%d");
  EXPECT_EQ(cast(table({"c bool"}, {{"true"}}), {{.column = "c", .to = ColumnType::date}}),
            "casts/0: row 1, column \"c\": true cannot become date");
  EXPECT_EQ(cast(table({"c integer"}, {{"1"}}), {{.column = "c", .to = ColumnType::date}}),
            "casts/0: row 1, column \"c\": 1 cannot become date: a format is needed, like %Y%m%d");
  const auto many = cast_columns(texts(std::vector<std::string>(100, "x")), std::vector<Cast>{{.column = "c", .to = ColumnType::integer}});
  ASSERT_EQ(many.error().fields().size(), 21U);
  EXPECT_EQ(many.error().fields().back().reason.en, "column \"c\": 80 more values cannot be cast");
  EXPECT_NE(many.error().message().en.find("(and 20 more)"), std::string::npos);
}

TEST(TableCast, WrongQuestionsAreToldBeforeAnythingIsDone) {
  EXPECT_EQ(cast(texts({"x"}), {{.column = "d", .to = ColumnType::any},
                                {.column = "c", .to = ColumnType::date, .format = "%Y-%j"},
                                {.column = "c", .to = ColumnType::date, .format = "%H:%M"},
                                {.column = "c", .to = ColumnType::time, .format = "%Y%m%d"}}),
            "casts/0/column: there is no column \"d\"; there are: c\n"
            "casts/0/to: nothing is cast to any\n"
            "casts/1/format: %j is no part of a format; there are %Y %m %d %H %M %S %f %y %%\n"
            "casts/2/format: a format of dates needs %Y, %m and %d\n"
            "casts/3/format: a format of times needs %H");
}

TEST(TableCast, AColumnOfAnythingIsCastValueByValue) {
  const auto mixed = table({"m any"}, {{"1"}, {"2.50"}, {"x"}, {"-"}});
  EXPECT_EQ(cast(mixed, {{.column = "m", .to = ColumnType::text}}), "m | 1 | 2.50 | x | -");
  EXPECT_EQ(cast(mixed, {{.column = "m", .to = ColumnType::decimal, .on_failure = OnFailure::nothing}}), "m | 1 | 2.50 | - | -");
}

}  // namespace
}  // namespace quanji::values
