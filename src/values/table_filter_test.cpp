#include "values/table_filter.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::table;

Value text(std::string_view v) { return Value::of(std::string(v)); }
Value num(std::int64_t v) { return Value::of(v); }
Value dec(std::string_view v) { return Value::of(Decimal::parse(v).value()); }

const Table& trades() {
  static const Table all = table(
      {"code text", "n integer", "price decimal", "day date", "at datetime", "wait duration", "paid bool", "mixed any", "fee decimal"},
      {{"600000", "1", "10.00", "2026-11-19", "2026-11-19T09:30", "30s", "true", "1", "10.0"},
       {"000001", "2", "10.50", "2026-11-20", "2026-11-20T15:00", "1m", "false", "x", "0.125"},
       {"600036", "-", "-", "-", "-", "-", "-", "-", "-"},
       {"券机600", "-5", "9.99", "2026-11-21", "2026-11-21T00:00", "2h", "true", "2.5", "9.990"}});
  return all;
}
// The numbers of the rows that stay, or the problems.
std::string stays(const Condition& where) {
  const auto marks = evaluate(trades(), where);
  if (!marks.ok()) return testing::shown(base::Result<Table>(marks.error().clone()));
  std::string out;
  for (const auto row : rows_where(*marks)) out += std::to_string(row);
  return out;
}
Condition one(std::string column, Relation test, Value value) {
  Condition where;
  where.column = std::move(column);
  where.relation = test;
  where.value = std::move(value);
  return where;
}
Condition columns(std::string column, Relation test, std::string other) {
  auto where = one(std::move(column), test, {});
  where.other = std::move(other);
  return where;
}
Condition joined(Combine combine, std::vector<Condition> parts) {
  Condition where;
  where.combine = combine;
  where.parts = std::move(parts);
  return where;
}

TEST(TableFilter, NumbersCompareByValueWhateverTheirForm) {
  EXPECT_EQ(stays(one("price", Relation::eq, num(10))), "0");
  EXPECT_EQ(stays(one("price", Relation::eq, dec("10.000"))), "0");
  EXPECT_EQ(stays(one("price", Relation::gt, dec("9.995"))), "01");  // finer than the column's places
  EXPECT_EQ(stays(one("price", Relation::le, num(10))), "03");
  EXPECT_EQ(stays(one("price", Relation::lt, dec("1E+70"))), "013");
  EXPECT_EQ(stays(one("n", Relation::ge, dec("1.5"))), "1");
  EXPECT_EQ(stays(one("n", Relation::ne, num(1))), "123");  // nothing differs from 1
  EXPECT_EQ(stays(one("fee", Relation::eq, dec("9.99"))), "3");
}

TEST(TableFilter, TextsDatesAndTimes) {
  EXPECT_EQ(stays(one("code", Relation::eq, text("600036"))), "2");
  EXPECT_EQ(stays(one("code", Relation::lt, text("6"))), "1");
  EXPECT_EQ(stays(one("code", Relation::contains, text("600"))), "023");
  EXPECT_EQ(stays(one("code", Relation::starts_with, text("600"))), "02");
  EXPECT_EQ(stays(one("code", Relation::ends_with, text("600"))), "3");
  EXPECT_EQ(stays(one("code", Relation::matches, text("^[0-9]{6}$"))), "012");
  EXPECT_EQ(stays(one("code", Relation::matches, text("^\\p{Han}+"))), "3");
  EXPECT_EQ(stays(one("day", Relation::ge, Value::of(base::Date{20777}))), "13");
  EXPECT_EQ(stays(one("day", Relation::lt, text("2026-11-20"))), "0");
  EXPECT_EQ(stays(one("at", Relation::ge, text("2026-11-20 15:00"))), "13");
  EXPECT_EQ(stays(one("at", Relation::eq, Value::of(base::Date{20778}))), "3");
  EXPECT_EQ(stays(one("wait", Relation::gt, text("45s"))), "13");
  EXPECT_EQ(stays(one("paid", Relation::eq, Value::of(true))), "03");
}

TEST(TableFilter, NothingIsEqualToNothingOnly) {
  EXPECT_EQ(stays(one("price", Relation::is_nothing, {})), "2");
  EXPECT_EQ(stays(one("price", Relation::eq, {})), "2");
  EXPECT_EQ(stays(one("price", Relation::ne, {})), "013");
  EXPECT_EQ(stays(one("mixed", Relation::is_nothing, {})), "2");
  EXPECT_EQ(stays(one("price", Relation::lt, {})), "where/value: the value to compare with is missing");
  EXPECT_EQ(stays(joined(Combine::none, {one("price", Relation::is_nothing, {})})), "013");
}

TEST(TableFilter, InTakesAList) {
  EXPECT_EQ(stays(one("code", Relation::in, Value::of(List{text("600000"), text("x")}))), "0");
  EXPECT_EQ(stays(one("price", Relation::in, Value::of(List{num(10), Value()}))), "02");
  List many;
  for (int i = 0; i < 40; ++i) many.push_back(dec(std::to_string(i) + ".5"));
  EXPECT_EQ(stays(one("price", Relation::in, Value::of(many))), "1");
  many.emplace_back();
  EXPECT_EQ(stays(one("price", Relation::in, Value::of(many))), "12");
  EXPECT_EQ(stays(one("mixed", Relation::in, Value::of(List{text("x"), dec("2.50")}))), "13");
  EXPECT_EQ(stays(one("code", Relation::in, text("600000"))), "where/value: in takes a list, not text");
  EXPECT_EQ(stays(one("code", Relation::in, Value::of(List{}))), "");
}

TEST(TableFilter, ColumnsOfAnythingCompareWhatCompares) {
  EXPECT_EQ(stays(one("mixed", Relation::eq, dec("1.0"))), "0");
  EXPECT_EQ(stays(one("mixed", Relation::gt, num(0))), "03");
  EXPECT_EQ(stays(one("mixed", Relation::ne, num(1))), "123");
}

TEST(TableFilter, TwoColumnsCompare) {
  EXPECT_EQ(stays(columns("price", Relation::eq, "fee")), "023");
  EXPECT_EQ(stays(columns("price", Relation::ne, "fee")), "1");
  EXPECT_EQ(stays(columns("price", Relation::gt, "fee")), "1");
  EXPECT_EQ(stays(columns("n", Relation::lt, "price")), "013");
  EXPECT_EQ(stays(columns("mixed", Relation::eq, "n")), "02");
  EXPECT_EQ(stays(columns("code", Relation::eq, "n")),
            "where/value: column \"code\" is text and does not compare with column \"n\" (integer) (eq)");
  EXPECT_EQ(stays(columns("n", Relation::in, "price")), "where/other: in does not compare with another column");
  EXPECT_EQ(stays(columns("n", Relation::eq, "prise")).substr(0, 57), "where/other: there is no column \"prise\"; there are: price");
}

TEST(TableFilter, ConditionsCombine) {
  const auto dear = one("price", Relation::ge, num(10)), sixes = one("code", Relation::starts_with, text("6"));
  EXPECT_EQ(stays(joined(Combine::all, {dear, sixes})), "0");
  EXPECT_EQ(stays(joined(Combine::any, {dear, sixes})), "012");
  EXPECT_EQ(stays(joined(Combine::none, {dear, sixes})), "3");
  EXPECT_EQ(stays(joined(Combine::all, {})), "0123");
  EXPECT_EQ(stays(joined(Combine::any, {})), "");
  EXPECT_EQ(stays(joined(Combine::none, {})), "0123");
  EXPECT_EQ(stays(joined(Combine::all, {joined(Combine::any, {dear, sixes}), joined(Combine::none, {sixes})})), "1");
}

TEST(TableFilter, EveryProblemIsToldAtItsCondition) {
  EXPECT_EQ(
      stays(joined(Combine::all, {one("prise", Relation::eq, num(1)), joined(Combine::any, {one("price", Relation::eq, text("10"))})})),
      "where/parts/0/column: there is no column \"prise\"; there are: price, paid, code, wait, mixed, fee, n, day … (9 in all)\n"
      "where/parts/1/parts/0/value: column \"price\" is decimal and does not compare with the text \"10\" (eq)");
  EXPECT_EQ(stays(one("day", Relation::eq, text("20261120"))),
            "where/value: column \"day\" is date and does not compare with the text \"20261120\" (eq)");
  EXPECT_EQ(stays(one("n", Relation::contains, text("1"))), "where/column: column \"n\" is integer; contains is for texts: cast it first");
  EXPECT_EQ(stays(one("code", Relation::contains, num(1))), "where/value: contains takes a text, not integer");
  EXPECT_EQ(stays(one("code", Relation::matches, text("(a"))), "where/value: the regular expression is wrong: missing ): (a ((a)");
  auto both = one("n", Relation::eq, num(1));
  both.parts.push_back(both);
  EXPECT_EQ(stays(both), "where: a condition tests a column or combines others, not both");
  Condition deep;
  for (int i = 0; i < most_condition_depth + 1; ++i) deep = joined(Combine::all, {deep});
  EXPECT_NE(stays(deep).find("nested deeper than 16"), std::string::npos);
}

TEST(TableFilter, ATableOfWhichAllStaysIsShared) {
  EXPECT_EQ(filter_rows(trades(), joined(Combine::all, {}))->column(0), trades().column(0));
  const auto some = filter_rows(trades(), one("price", Relation::ge, num(10))).value();
  EXPECT_EQ(some.rows(), 2U);
  EXPECT_EQ(some.at(1, 0), text("000001"));
}

TEST(TableFilter, WordsAreThoseOfTheFlow) {
  for (const auto test : {Relation::eq, Relation::in, Relation::matches, Relation::is_nothing}) EXPECT_EQ(relation_of(word_of(test)), test);
  EXPECT_EQ(relation_of("like"), std::nullopt);
}

}  // namespace
}  // namespace quanji::values
