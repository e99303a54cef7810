#include "values/table_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

std::string sorted(const Table& all, std::vector<SortKey> keys, NothingAt nothing = NothingAt::end) {
  return shown(sort_rows(all, keys, nothing));
}
constexpr auto up = Direction::ascending, down = Direction::descending;

TEST(TableSort, RowsOfOneKeyKeepTheirOrder) {
  const auto all = table({"k text", "n integer"}, {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"a", "4"}, {"-", "5"}, {"-", "6"}});
  EXPECT_EQ(sorted(all, {{"k", up}}), "k n | a 2 | a 4 | b 1 | b 3 | - 5 | - 6");
  EXPECT_EQ(sorted(all, {{"k", down}}), "k n | b 1 | b 3 | a 2 | a 4 | - 5 | - 6");
  EXPECT_EQ(sorted(all, {{"k", down}}, NothingAt::start), "k n | - 5 | - 6 | b 1 | b 3 | a 2 | a 4");
  EXPECT_EQ(sorted(all, {{"k", up}, {"n", down}}), "k n | a 4 | a 2 | b 3 | b 1 | - 6 | - 5");
  EXPECT_EQ(sorted(all, {}), shown(all));
}

TEST(TableSort, TextsAreSortedByCodePointHoweverLong) {
  const auto all = table({"t text"}, {{"券机二"}, {"abcdefghij"}, {"abcdefgh"}, {"券机一"}, {"abcdefghia"}, {""}, {"abcdefg"}, {"Z"}});
  EXPECT_EQ(sorted(all, {{"t", up}}), "t |  | Z | abcdefg | abcdefgh | abcdefghia | abcdefghij | 券机一 | 券机二");
  EXPECT_EQ(sorted(all, {{"t", down}}), "t | 券机二 | 券机一 | abcdefghij | abcdefghia | abcdefgh | abcdefg | Z | ");
}

TEST(TableSort, AZeroByteIsNoEnd) {
  ColumnBuilder builder(ColumnType::text);
  const std::string_view words[] = {std::string_view("a\0b", 3), std::string_view("a\0", 2), "a", "abcdefgh", std::string_view("a\0", 2)};
  for (const auto word : words) builder.add_text(word);
  const auto all = Table::make({"t"}, {std::move(builder).finish()}).value();
  EXPECT_EQ(sorted_rows(all, std::vector<SortKey>{{"t", up}}).value(), (std::vector<RowNumber>{2, 1, 4, 0, 3}));
  EXPECT_EQ(sorted(table({"t text", "n integer"}, {{"600000", "1"}, {"000001", "2"}, {"600000", "0"}, {"", "3"}}), {{"t", up}, {"n", up}}),
            "t n |  3 | 000001 2 | 600000 0 | 600000 1");
}

TEST(TableSort, EveryTypeHasItsOrder) {
  EXPECT_EQ(sorted(table({"d decimal"}, {{"1.20"}, {"-5.00"}, {"1.19"}, {"-"}}), {{"d", up}}), "d | -5.00 | 1.19 | 1.20 | -");
  EXPECT_EQ(sorted(table({"d decimal"}, {{"1.2"}, {"1E+30"}, {"1.20"}, {"-1"}}), {{"d", down}}),
            "d | 1000000000000000000000000000000 | 1.2 | 1.20 | -1");
  EXPECT_EQ(sorted(table({"d date"}, {{"2026-11-20"}, {"1969-12-31"}}), {{"d", up}}), "d | 1969-12-31 | 2026-11-20");
  EXPECT_EQ(sorted(table({"b bool"}, {{"true"}, {"-"}, {"false"}}), {{"b", up}}), "b | false | true | -");
  EXPECT_EQ(sorted(table({"w duration"}, {{"2h"}, {"30s"}, {"-1s"}}), {{"w", down}}), "w | 2h | 30s | -1s");
  EXPECT_EQ(sorted(table({"n integer"}, {{"9223372036854775807"}, {"-9223372036854775808"}, {"0"}}), {{"n", up}}),
            "n | -9223372036854775808 | 0 | 9223372036854775807");
}

TEST(TableSort, WhatDoesNotCompareIsNamed) {
  EXPECT_EQ(sorted(table({"m any"}, {{"1"}, {"-"}, {"x"}}), {{"m", up}}),
            "keys/0/column: column \"m\" cannot be sorted: row 3 is text \"x\", which does not compare with integer");
  EXPECT_EQ(sorted(table({"m text"}, {}), {{"m", up}, {"n", up}}), "keys/1/column: there is no column \"n\"; there are: m");
}

TEST(TableSort, ChanceAgreesWithAPlainStableSort) {
  std::mt19937 chance(7);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::vector<std::string>> rows;
    const auto word = [&](std::vector<std::string> of) { return of[chance() % of.size()]; };
    for (int i = 0; i < 200; ++i)
      rows.push_back({word({"a", "b", "abcdefghi", "abcdefghj", "-", ""}), word({"1", "2", "-3", "-"}), word({"1.0", "1", "0.99", "-"})});
    const auto all = table({"t text", "n integer", "d decimal"}, rows);
    std::vector<SortKey> keys = {{"t", chance() % 2 ? up : down}, {"d", chance() % 2 ? up : down}, {"n", chance() % 2 ? up : down}};
    std::shuffle(keys.begin(), keys.end(), chance);
    const auto nothing = chance() % 2 ? NothingAt::end : NothingAt::start;
    std::vector<RowNumber> wanted(all.rows());
    for (RowNumber i = 0; i < wanted.size(); ++i) wanted[i] = i;
    std::stable_sort(wanted.begin(), wanted.end(), [&](RowNumber a, RowNumber b) {
      for (const auto& key : keys) {
        const auto place = *all.find(key.column);
        const auto x = all.at(a, place), y = all.at(b, place);
        if (x == y) continue;
        if (x.is(Type::nothing) || y.is(Type::nothing)) return x.is(Type::nothing) == (nothing == NothingAt::start);
        return key.direction == up ? Value::compare(x, y) < 0 : Value::compare(x, y) > 0;
      }
      return false;
    });
    EXPECT_EQ(sorted_rows(all, keys, nothing).value(), wanted);
  }
}

}  // namespace
}  // namespace quanji::values
