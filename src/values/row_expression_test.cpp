#include "values/row_expression.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "values/table_filter.h"
#include "values/table_shape.h"
#include "values/table_testing.h"

namespace quanji::values {
namespace {

const Table& trades() {
  static const Table all =
      testing::table({"code text", "n integer", "price decimal", "day date", "ok bool", "金额 decimal", "成交 金额 decimal"},
                     {{"600000", "3", "1.20", "2026-11-20", "true", "100", "1"},
                      {"000001", "-7", "2.50", "2026-11-21", "false", "0.5", "2"},
                      {"-", "-", "-", "-", "-", "-", "-"},
                      {"金额JY", "0", "0.00", "2026-11-23", "true", "7", "3"}});
  return all;
}

std::string work(std::string_view source, const Variables& values = {}, const Table& table = trades()) {
  const auto read = RowExpression::parse(source);
  if (!read.ok()) return read.error().message().en;
  const auto column = read->column(table, values);
  if (!column.ok()) {
    EXPECT_FALSE(column.error().message().zh.empty());
    return (is_bad_value(column.error()) ? "bad " + column.error().fields()[0].field + ": " : "") + column.error().message().en;
  }
  std::string out;
  for (std::size_t row = 0; row < (*column)->size(); ++row) {
    const auto value = (*column)->value(row);
    out += (row == 0 ? "" : " ") + (value.is(Type::nothing) ? "-" : value.display());
  }
  return out;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(RowExpression, NumbersAreExact) {
  EXPECT_EQ(work("price * n"), "3.60 -17.50 - 0.00");
  EXPECT_EQ(work("price + n"), "4.20 -4.50 - 0.00");
  EXPECT_EQ(work("1 / 3"),
            "0.3333333333333333333333333333 0.3333333333333333333333333333 0.3333333333333333333333333333 "
            "0.3333333333333333333333333333");
  EXPECT_EQ(work("n / 4"), "0.75 -1.75 - 0");
  EXPECT_EQ(work("2 / 3 * 1"), work("0.6666666666666666666666666667 + 0"));
  EXPECT_EQ(work("n // 2"), "1 -4 - 0");
  EXPECT_EQ(work("n % 4"), "3 1 - 0");
  EXPECT_EQ(work("price // -0.7"), "-2 -4 - 0");
  EXPECT_EQ(work("-price ** 2"), "-1.4400 -6.2500 - 0.0000");
  EXPECT_EQ(work("9223372036854775807 + n - n"), "9223372036854775807 9223372036854775807 - 9223372036854775807");
  EXPECT_EQ(work("abs(n)"), "3 7 - 0");
  EXPECT_EQ(work("round(price, 1) if ok else round(2.25, 1, mode=\"half_even\")"), "1.2 2.2 2.2 0.0");
  EXPECT_EQ(work("0.1 + 0.2 == 0.3"), "true true true true");
}

TEST(RowExpression, NothingFollowsItsRules) {
  EXPECT_EQ(work("n < 5"), "true true false true");
  EXPECT_EQ(work("n != 0"), "true true false false");
  EXPECT_EQ(work("not (n == 3)"), "false true true true");
  EXPECT_EQ(work("n not in (3, 4)"), "false true false true");
  EXPECT_EQ(work("n is None"), "false false true false");
  EXPECT_EQ(work("n is not None and ok"), "true false false true");
  EXPECT_EQ(work("coalesce(n, 9)"), "3 -7 9 0");
  EXPECT_EQ(work("min(n, 1)"), "1 -7 1 0");
  EXPECT_EQ(work("running_sum(n)"), "3 -4 -4 -4");
  EXPECT_EQ(work("contains(code, \"0\")"), "true true false false");
  EXPECT_TRUE(has(work("n == None"), "write is None"));
}

TEST(RowExpression, TextAndNumberAreNeverEqual) {
  EXPECT_EQ(work("code == 600000"), "false false false false");
  EXPECT_EQ(work("code != 600000"), "true true false true");
  EXPECT_TRUE(has(work("code < 1"), "there is no < of text and integer"));
  EXPECT_TRUE(has(work("code + 1"), "there is no + of text and integer"));
}

TEST(RowExpression, ComparisonsChainAndListsAreLookedUp) {
  EXPECT_EQ(work("-8 < n <= 0"), "false true false true");
  EXPECT_EQ(work("code in (\"600000\", \"x\")"), "true false false false");
  EXPECT_EQ(work("n in wanted", {{"wanted", Value::of(List{Value::of(std::int64_t{3})})}}), "true false false false");
  EXPECT_EQ(work("n in (1, 2, 4, 5, 6, 8, 9, 10, 11, 0.0)"), "false false false true");
  EXPECT_EQ(work("\"JY\" in code"), "false false false true");
  EXPECT_EQ(work("day >= \"2026-11-21\""), "false true false true");
  EXPECT_TRUE(has(work("day == \"x\""), "row expression, character 8"));
}

TEST(RowExpression, OnlyTheRowsThatNeedItAreWorkedOut) {
  EXPECT_EQ(work("6 / n if n != 0 else 0"), "2 -0.8571428571428571428571428571 0 0");
  EXPECT_EQ(work("n != 0 and 6 / n > 1"), "true false false false");
  EXPECT_EQ(work("n == 0 or 6 / n > 1"), "true false false true");
  EXPECT_TRUE(has(work("6 / n"), "bad rows/4/n: row 4, column \"n\" = 0: division by zero"));
  EXPECT_TRUE(has(work("integer(code)"), "bad rows/4/code: "));
  EXPECT_TRUE(has(work("1 / 0"), "bad rows: "));
}

TEST(RowExpression, TextsAreCountedInCharacters) {
  EXPECT_EQ(work("code[0:2]"), "60 00 - 金额");
  EXPECT_EQ(work("code[-2:]"), "00 01 - JY");
  EXPECT_EQ(work("len(code)"), "6 6 - 4");
  EXPECT_EQ(work("zfill(text(n), 4)"), "0003 -007 - 0000");
  EXPECT_EQ(work("lower(code) + \"!\""), "600000! 000001! - 金额jy!");
  EXPECT_EQ(work("replace(upper(strip(\"\\u3000ab \")), \"A\", code)"), "600000B 000001B - 金额JYB");
  EXPECT_EQ(work("startswith(code, \"6\") or endswith(code, \"Y\")"), "true false false true");
  EXPECT_EQ(work("matches(code, r\"^\\d{6}$\")"), "true true false false");
  EXPECT_EQ(work("integer(code[0:3]) if len(code) == 6 else None"), "600 0 - -");
  EXPECT_EQ(work("decimal(\" 1.50 \")"), "1.50 1.50 1.50 1.50");
}

TEST(RowExpression, DatesAndOtherRows) {
  EXPECT_EQ(work("text(day, \"%Y%m%d\")"), "20261120 20261121 - 20261123");
  EXPECT_EQ(work("date(\"20261120\", \"%Y%m%d\") == day"), "true false false false");
  EXPECT_EQ(work("day + d", {{"d", Value::of(Duration{86'400'000'000})}}), "2026-11-21 2026-11-22 - 2026-11-24");
  EXPECT_EQ(work("row_number()"), "1 2 3 4");
  EXPECT_EQ(work("previous(n)"), "- 3 -7 -");
  EXPECT_EQ(work("next(n)"), "-7 - 0 -");
}

TEST(RowExpression, NamesAreFoundBeforeTheFirstRow) {
  EXPECT_EQ(work("金额 > 5"), "true false false true");
  EXPECT_EQ(work("row[\"成交 金额\"]"), "1 2 - 3");
  const auto read = RowExpression::parse("ok or prise > 1").value();
  const auto none = read.column(rows_at(trades(), {}));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), base::Code::not_found);
  EXPECT_TRUE(has(none.error().message().en, "there are: price")) << none.error().message().en;
  EXPECT_TRUE(has(work("n + 1", {{"n", Value::of(std::int64_t{1})}}), "is a column and a name of values"));
  EXPECT_EQ(work("row[\"n\"]", {{"n", Value::of(std::int64_t{1})}}), "3 -7 - 0");
}

TEST(RowExpression, WhatPassesTheCheckHasAColumn) {
  const auto moments = testing::table({"day date", "at datetime", "span duration", "clock time", "n integer", "t text", "m any"},
                                      {{"2026-11-20", "2026-11-20T09:30:00", "PT24H", "09:30:00", "3", "600000", "1"},
                                       {"2026-11-21", "2026-11-21T15:00:00", "PT48H", "15:00:00", "9223372036854775807", "x", "金额"}});
  const Variables given{{"list", Value::of(List{Value::of(std::int64_t{1})})}};
  // A constant text beside what is worked out of moments, the kind of a power, a sign, a running sum: said before the first row.
  for (const auto* source : {"day + span >= \"soon\"", "\"soon\" != day - span", "at - at < \"soon\"", "clock - clock == \"soon\"",
                             "span * 2 > \"soon\"", "-span == \"soon\"", "running_sum(span) > \"soon\"",
                             "day + span in (\"soon\", \"late\")", "n ** 2 > t", "n // 2 > t", "running_sum(n) > t", "-n > t", "list"}) {
    const auto read = RowExpression::parse(source).value();
    const auto checked = read.check(moments, given);
    ASSERT_FALSE(checked.ok()) << source;
    EXPECT_FALSE(is_bad_value(checked.error())) << source;
    EXPECT_EQ(work(source, given, moments), checked.error().message().en);
  }
  for (const auto* source : {"day + span >= \"2026-11-22\"", "at - at == \"PT0S\"", "running_sum(span) > \"1d\"", "n ** 2 > 5"})
    EXPECT_TRUE(RowExpression::parse(source).value().column(moments, given).ok()) << work(source, given, moments);
  // What only the rows decide is a bad value: kinds of mixed columns, integers that left 64 bits.
  for (const auto* source : {"m in t", "round(n, m)", "zfill(t, n + n)", "coalesce(m, t) == day"}) {
    const auto read = RowExpression::parse(source).value();
    EXPECT_TRUE(read.check(moments, given).ok()) << source;
    const auto column = read.column(moments, given);
    EXPECT_TRUE(column.ok() || is_bad_value(column.error())) << source << ": " << column.error().message().en;
  }
}

TEST(RowExpression, WhatIsWrittenWrongIsToldWithItsPlace) {
  EXPECT_EQ(work("金额 = 1"), "row expression, character 4 (= 1): write == to compare");
  EXPECT_TRUE(has(work("n ＞ 1"), "write \">\""));
  EXPECT_TRUE(has(work("code.upper()"), "there are no methods"));
  EXPECT_TRUE(has(work("n +"), "not complete"));
  EXPECT_TRUE(has(work("(n"), "\")\" is missing"));
  EXPECT_TRUE(has(work("roun(n)"), "there are: round"));
  EXPECT_TRUE(has(work("sum(n)"), "is a total"));
  EXPECT_TRUE(has(work("round(n, place=1)"), "does not exist"));
  EXPECT_TRUE(has(work("007"), "cannot begin with 0"));
  EXPECT_TRUE(has(work("n and ok"), "a condition is needed"));
  EXPECT_TRUE(has(work("\"a"), "closing quote"));
  EXPECT_TRUE(has(work("n[0]"), "x[0:1]"));
  EXPECT_TRUE(has(work("\xFF"), "UTF-8"));
}

TEST(RowExpression, DeepAndLongOnesAreRefused) {
  for (const auto* open : {"(", "-", "not ", "abs(", "1 if ok else ", "n in (", "2 ** "}) {
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += open;
    EXPECT_TRUE(has(work(deep + "n"), "nested deeper")) << open;
  }
  EXPECT_TRUE(has(work(std::string(longest_row_expression + 1, ' ')), "bytes long"));
  std::string chain = "n", either = "n == 1";
  for (int i = 0; i < 1000; ++i) chain += " + n", either += " or n == 1";
  EXPECT_EQ(work(chain), "3003 -7007 - 0");
  EXPECT_EQ(work(either), "false false false false");
  std::string grown = "code";
  for (int i = 0; i < 6; ++i) grown = "replace(" + grown + ", \"0\", \"" + std::string(60, '0') + "\")";
  EXPECT_TRUE(has(work(grown), "longer than 1048576 bytes"));
}

TEST(RowExpression, FiltersTables) {
  const auto where = RowExpression::parse("ok and n != 0").value();
  EXPECT_EQ(filter_rows(trades(), where).value().rows(), 1U);
  EXPECT_FALSE(filter_rows(trades(), RowExpression::parse("n").value()).ok());
}

std::string totals(const std::vector<RowTotal>& wanted) {
  const auto ready = prepare_totals(trades(), wanted);
  if (!ready.ok()) return ready.error().fields()[0].field + ": " + ready.error().message().en;
  const auto grouped = group_by(ready->table, std::vector<std::string>{}, ready->aggregates);
  return testing::shown(grouped);
}
TEST(RowTotals, TakeExpressions) {
  EXPECT_EQ(totals({{"a", "sum(price * n)"}, {"b", "count()"}, {"c", "count(n)"}, {"d", "count_distinct(ok)"}, {"e", "max(n)"}}),
            "a b c d e | -13.90 4 3 2 3");
  EXPECT_EQ(totals({{"a", "mean(n + 1)"}, {"b", "mean(n, 1)"}, {"c", "concat(code[0:1], separator=\"/\")"}}),
            "a b c | -0.3333333333333333333333333333 -1.3 6/0/金");
  EXPECT_TRUE(has(totals({{"a", "sum(prise)"}}), "totals/a: total \"a\": row expression"));
  EXPECT_TRUE(has(totals({{"a", "sum(6 / n)"}}), "rows/4/n: total \"a\", row 4"));
  EXPECT_TRUE(has(totals({{"a", "n + 1"}}), "one total is needed"));
  EXPECT_TRUE(has(totals({{"a", "sum(n) / 2"}}), "one total is needed"));
  EXPECT_TRUE(has(totals({{"a", "sum()"}}), "takes 1 arguments"));
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words{""};
  for (const auto c : line)
    if (c == '\t')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}
bool same_number(const std::string& a, const std::string& b) {
  const auto x = Decimal::parse(a), y = Decimal::parse(b);
  return x.ok() && y.ok() && *x == *y;
}

TEST(RowExpression, AnswersAsPythonDoesRowByRow) {
  const char* const given = std::getenv("QUANJI_SEED");
  const std::string seed = given ? given : "20261128";
  std::printf("seed=%s\n", seed.c_str());
  FILE* pipe = ::popen(("/usr/bin/python3 " QUANJI_ROW_ORACLE " " + seed + " 1500").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<std::vector<std::string>> rows;
  std::optional<Table> table;
  std::array<char, 8192> buffer{};
  int cases = 0, wrong = 0;
  while (std::fgets(buffer.data(), buffer.size(), pipe) && wrong < 10) {
    std::string line(buffer.data());
    line.pop_back();
    auto words = words_of(line);
    if (words[0] == "row") {
      rows.emplace_back(words.begin() + 1, words.end());
      continue;
    }
    if (!table) table = testing::table({"n integer", "m integer", "d decimal", "e decimal", "t text", "b bool"}, rows);
    const auto read = RowExpression::parse(words[1]);
    ASSERT_TRUE(read.ok()) << words[1] << ": " << read.error().message().en;
    bool all_good = true;
    const auto one = [&](const ColumnPtr& column, std::size_t at, std::size_t row) {
      ++cases;
      const auto value = column->value(at);
      const auto got = value.is(Type::nothing) ? "-" : value.display();
      const auto& wanted = words[row + 2];
      // A column holds integers or decimals: where an expression, or a row beyond 64 bits, mixes them the value counts, else the places
      // too.
      const bool mixed = column->size() > 1 || words[1].find("if") != std::string::npos || words[1].find("coalesce") != std::string::npos;
      if (got == wanted || (mixed && same_number(got, wanted))) return;
      ADD_FAILURE() << words[1] << " row " << row << ": " << got << ", Python " << wanted;
      ++wrong;
    };
    for (RowNumber row = 0; row < rows.size(); ++row) {
      const auto column = read->column(rows_at(*table, std::vector<RowNumber>{row}));
      if (words[row + 2] == "!") {
        all_good = false;
        ++cases;
        if (!column.ok() && is_bad_value(column.error())) continue;
        ADD_FAILURE() << words[1] << " row " << row << ": no bad value";
        ++wrong;
      } else if (!column.ok()) {
        ADD_FAILURE() << words[1] << " row " << row << ": " << column.error().message().en << ", Python " << words[row + 2];
        ++wrong;
      } else {
        one(*column, 0, row);
      }
    }
    const auto whole = read->column(*table);
    EXPECT_EQ(whole.ok(), all_good) << words[1];
    if (!whole.ok()) continue;
    for (std::size_t row = 0; row < rows.size(); ++row) one(*whole, row, row);
  }
  ASSERT_EQ(::pclose(pipe), 0);
  EXPECT_GE(cases, 20'000);
}

}  // namespace
}  // namespace quanji::values
