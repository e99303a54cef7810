#include "values/table.h"

#include <gtest/gtest.h>

#include "values/names.h"

namespace quanji::values {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
Value text(std::string_view v) { return Value::of(std::string(v)); }
Value num(std::int64_t v) { return Value::of(v); }
ColumnPtr column_of(const List& values, ColumnType type = ColumnType::any) {
  ColumnBuilder b(type);
  for (const auto& value : values) EXPECT_TRUE(b.add(value));
  return std::move(b).finish();
}

TEST(Column, WhatGoesInComesOut) {
  const List mixed = {Value(), num(1), text("a"), Value::of(dec("1.20")), Value::of(List{num(1)}), Value(), Value::of(base::Date{1})};
  const auto column = column_of(mixed);
  EXPECT_EQ(column->type(), ColumnType::any);
  for (std::size_t i = 0; i < mixed.size(); ++i) EXPECT_EQ(column->value(i), mixed[i]) << i;
  EXPECT_TRUE(column->is_nothing(0));
  EXPECT_TRUE(column->is_nothing(5));
}

TEST(Column, OneTypeIsKeptPacked) {
  const auto check = [](const List& values, ColumnType type) {
    const auto column = column_of(values);
    EXPECT_EQ(column->type(), type) << word_of(type);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(column->value(i), values[i]);
      EXPECT_EQ(column->value(i).json(), values[i].json());
    }
  };
  check({Value(), num(1), Value(), num(-2)}, ColumnType::integer);
  check({Value(), text("x"), Value(), text("")}, ColumnType::text);
  check({Value(), Value::of(true), Value()}, ColumnType::boolean);
  check({Value::of(base::Date{3}), Value()}, ColumnType::date);
  check({Value(), Value::of(TimeOfDay{3})}, ColumnType::time);
  check({Value(), Value::of(DateTime{3})}, ColumnType::datetime);
  check({Value(), Value::of(Duration{3})}, ColumnType::duration);
  check({Value(), Value::of(dec("1.20")), Value(), Value::of(dec("0.05"))}, ColumnType::decimal);
  check({Value(), Value()}, ColumnType::any);
}

TEST(Column, DecimalsKeepTheirPlaces) {
  const auto narrow = column_of({Value::of(dec("1.20")), Value(), Value::of(dec("-0.05"))});
  EXPECT_TRUE(narrow->is_narrow());
  EXPECT_EQ(narrow->places(), 2);
  const auto wide = column_of({Value::of(dec("1.20")), Value(), Value::of(dec("1.2"))});
  EXPECT_FALSE(wide->is_narrow());
  EXPECT_EQ(wide->decimal(0).text(), "1.20");
  EXPECT_EQ(wide->decimal(2).text(), "1.2");
  const auto later =
      column_of({Value::of(dec("1")), Value::of(dec("2")), Value(), Value::of(dec("3")), Value::of(dec("4.0")), Value::of(dec("5"))});
  for (const std::size_t row : {0, 1, 3, 5}) EXPECT_EQ(later->decimal(row).exponent(), 0) << row;
  EXPECT_EQ(later->decimal(1).text(), "2");
  EXPECT_EQ(later->decimal(3).text(), "3");
  EXPECT_TRUE(later->is_nothing(2));
  const auto large = column_of({Value::of(dec("1")), Value::of(dec("9223372036854775808"))});
  EXPECT_EQ(large->decimal(1).text(), "9223372036854775808");
  ColumnBuilder units(ColumnType::decimal, 2);
  units.add_units(150);
  units.add(dec("0.125"));
  units.add_units(1);
  const auto column = std::move(units).finish();
  EXPECT_EQ(column->decimal(0).text(), "1.50");
  EXPECT_EQ(column->decimal(1).text(), "0.125");
  EXPECT_EQ(column->decimal(2).text(), "0.01");
}

TEST(Column, IntegersAmongDecimalsBecomeDecimals) {
  const auto column = column_of({num(1), Value::of(dec("2.5")), num(3)});
  EXPECT_EQ(column->type(), ColumnType::decimal);
  EXPECT_EQ(column->decimal(0).text(), "1");
  EXPECT_EQ(column->decimal(1).text(), "2.5");
  ColumnBuilder typed(ColumnType::decimal, 2);
  EXPECT_TRUE(typed.add(num(4)));
  EXPECT_FALSE(typed.add(text("4")));
  EXPECT_EQ(std::move(typed).finish()->decimal(0).text(), "4");
}

TEST(Column, ABuilderOfAnotherTypeIsABug) {
  ColumnBuilder b(ColumnType::text);
  EXPECT_THROW(b.add_integer(1), std::logic_error);
  EXPECT_THROW(b.add(true), std::logic_error);
  EXPECT_FALSE(b.add(num(1)));
  ColumnBuilder any(ColumnType::any);
  any.add_integer(1);
  any.add_text("a");
  any.add(true);
  EXPECT_EQ(std::move(any).finish()->value(1), text("a"));
}

TEST(Column, NothingIsRememberedAcrossWords) {
  ColumnBuilder b(ColumnType::integer);
  for (int i = 0; i < 300; ++i) {
    if (i % 7 == 3)
      b.add_nothing();
    else
      b.add_integer(i);
  }
  const auto column = std::move(b).finish();
  for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(column->is_nothing(i), i % 7 == 3) << i;
}

TEST(Table, IsMadeOfEqualColumnsWithNames) {
  const auto one = column_of({num(1)}), two = column_of({num(1), num(2)});
  EXPECT_TRUE(Table::make({"a", "b"}, {one, one}).ok());
  EXPECT_FALSE(Table::make({"a"}, {one, one}).ok());
  EXPECT_NE(Table::make({"a", "b"}, {one, two}).error().message().en.find("column 2"), std::string::npos);
  EXPECT_NE(Table::make({"a", "a"}, {one, one}).error().message().en.find("stands twice"), std::string::npos);
  EXPECT_NE(Table::make({"a", ""}, {one, one}).error().message().zh.find("第 2 列"), std::string::npos);
  EXPECT_EQ(Table::make({}, {})->rows(), 0U);
}

TEST(Table, IsMadeOfRows) {
  const auto table = Table::of_rows({Value::of(Map{{"a", num(1)}, {"b", text("x")}}),
                                     Value::of(Map{{"b", text("y")}, {"c", Value::of(true)}}), Value::of(Map{})})
                         .value();
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.row(1), (Map{{"a", Value()}, {"b", text("y")}, {"c", Value::of(true)}}));
  EXPECT_NE(Table::of_rows({Value::of(Map{}), num(1)}).error().message().en.find("row 2"), std::string::npos);
}

TEST(Table, AWrongNameIsAnsweredWithTheClosest) {
  const auto column = column_of({});
  const auto table = Table::make({"日期", "成交金额", "amount", "code"}, {column, column, column, column}).value();
  EXPECT_EQ(table.need("code").value(), 3U);
  const auto refused = table.need("成交金");
  EXPECT_EQ(refused.error().code(), base::Code::not_found);
  EXPECT_NE(refused.error().message().zh.find("现有：成交金额"), std::string::npos) << refused.error().message().zh;
  EXPECT_NE(table.need("Amount").error().message().en.find("there are: amount"), std::string::npos);
  EXPECT_NE(Table().need("x").error().message().en.find("(none)"), std::string::npos);
}

TEST(Table, EqualityIsOfNamesAndValues) {
  const auto a = Table::make({"n"}, {column_of({num(1), Value()})}).value();
  EXPECT_EQ(a, Table::make({"n"}, {column_of({Value::of(dec("1.0")), Value()})}).value());
  EXPECT_FALSE(a == Table::make({"m"}, {column_of({num(1), Value()})}).value());
  EXPECT_FALSE(a == Table::make({"n"}, {column_of({num(1), num(0)})}).value());
  EXPECT_FALSE(a == Table::make({"n"}, {column_of({num(1)})}).value());
}

}  // namespace
}  // namespace quanji::values
