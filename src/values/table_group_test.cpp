#include "values/table_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "values/table_pivot.h"
#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;
using Names = std::vector<std::string>;

std::string grouped(const Table& all, const Names& keys, const std::vector<Aggregate>& what) { return shown(group_by(all, keys, what)); }
Table trades() {
  return table({"code text", "side bool", "qty integer", "amount decimal", "day date"}, {{"b", "true", "100", "10.50", "2026-11-20"},
                                                                                         {"a", "true", "-", "0.01", "2026-11-19"},
                                                                                         {"b", "false", "200", "-", "-"},
                                                                                         {"-", "true", "1", "7.00", "2026-11-21"},
                                                                                         {"a", "true", "5", "0.02", "2026-11-18"},
                                                                                         {"-", "true", "2", "3.00", "2026-11-21"}});
}

TEST(TableGroup, GroupsStandInOrderOfFirstAppearance) {
  EXPECT_EQ(grouped(trades(), {"code"},
                    {{.fold = Fold::count},
                     {.fold = Fold::sum, .column = "amount"},
                     {.fold = Fold::min, .column = "day"},
                     {.fold = Fold::max, .column = "qty", .as = "most"}}),
            "code count amount_sum day_min most | b 2 10.50 2026-11-20 200 | a 2 0.03 2026-11-18 5 | - 2 10.00 2026-11-21 2");
  EXPECT_EQ(grouped(trades(), {"side", "code"}, {{.fold = Fold::count, .column = "qty"}}),
            "side code qty_count | true b 1 | true a 1 | false b 1 | true - 2");
}

TEST(TableGroup, WithoutKeysThereIsOneRow) {
  EXPECT_EQ(grouped(trades(), {}, {{.fold = Fold::count}, {.fold = Fold::sum, .column = "qty"}, {.fold = Fold::first, .column = "code"}}),
            "count qty_sum code_first | 6 308 b");
  const auto none = table({"n integer", "d decimal"}, {});
  EXPECT_EQ(grouped(none, {}, {{.fold = Fold::count}, {.fold = Fold::sum, .column = "n"}, {.fold = Fold::min, .column = "d"}}),
            "count n_sum d_min | 0 0 -");
  EXPECT_EQ(grouped(none, {"n"}, {{.fold = Fold::count}}), "n count");
}

TEST(TableGroup, SumsAreExactOrAnError) {
  const auto tenths = table({"d decimal"}, std::vector<std::vector<std::string>>(10, {"0.1"}));
  EXPECT_EQ(grouped(tenths, {}, {{.fold = Fold::sum, .column = "d"}}), "d_sum | 1.0");
  const auto large = table({"n integer"}, {{"9223372036854775807"}, {"1"}});
  EXPECT_EQ(grouped(large, {}, {{.fold = Fold::sum, .column = "n"}}), "n_sum | 9223372036854775808");
  EXPECT_EQ(group_by(large, {}, std::vector<Aggregate>{{.fold = Fold::sum, .column = "n"}})->column(0)->type(), ColumnType::decimal);
  const auto wide = table({"k text", "d decimal"}, {{"x", "99999999999999999999999999999999999999"}, {"x", "-1"}, {"x", "0.5"}});
  EXPECT_EQ(grouped(wide, {"k"}, {{.fold = Fold::sum, .column = "d"}}),
            "aggregates/0/column: the sum of column \"d\" (k = \"x\") is beyond what can be held exactly");
  EXPECT_EQ(grouped(table({"d decimal"}, {{"1.5"}, {"2"}, {"-"}}), {}, {{.fold = Fold::sum, .column = "d"}}), "d_sum | 3.5");
  EXPECT_EQ(grouped(table({"w duration"}, {{"30s"}, {"45s"}}), {}, {{.fold = Fold::sum, .column = "w"}}), "w_sum | 1m15s");
  EXPECT_EQ(grouped(table({"a any"}, {{"-"}}), {}, {{.fold = Fold::sum, .column = "a"}}), "a_sum | 0");
}

TEST(TableGroup, MeansAreRoundedAsAsked) {
  const auto thirds = table({"n integer", "k text"}, {{"1", "a"}, {"1", "a"}, {"0", "a"}, {"-", "b"}});
  EXPECT_EQ(grouped(thirds, {"k"},
                    {{.fold = Fold::mean, .column = "n"},
                     {.fold = Fold::mean, .column = "n", .as = "exact", .places = 5, .rounding = Rounding::up}}),
            "k n_mean exact | a 0.67 0.66667 | b - -");
  EXPECT_EQ(grouped(thirds, {}, {{.fold = Fold::mean, .column = "n", .places = 39}}),
            "aggregates/0/places: a mean with 39 places needs more than 38 digits");
}

TEST(TableGroup, FirstLastListAndConcat) {
  EXPECT_EQ(grouped(trades(), {"code"},
                    {{.fold = Fold::first, .column = "qty"},
                     {.fold = Fold::last, .column = "qty"},
                     {.fold = Fold::list, .column = "qty"},
                     {.fold = Fold::concat, .column = "qty", .separator = "+"}}),
            "code qty_first qty_last qty_list qty_concat | b 100 200 [100,200] 100+200 | a - 5 [null,5] 5 | - 1 2 [1,2] 1+2");
}

TEST(TableGroup, DistinctValuesAreCountedByValue) {
  const auto all = table({"k text", "d decimal"}, {{"a", "1"}, {"a", "1.0"}, {"a", "2"}, {"b", "1"}, {"b", "-"}, {"c", "-"}});
  EXPECT_EQ(grouped(all, {"k"}, {{.fold = Fold::count_distinct, .column = "d"}}), "k d_count_distinct | a 2 | b 1 | c 0");
}

TEST(TableGroup, EveryProblemIsToldAtItsAggregate) {
  EXPECT_EQ(grouped(trades(), {"cod"}, {}), "keys/0: there is no column \"cod\"; there are: code, side, qty, day, amount");
  EXPECT_EQ(grouped(trades(), {"code"},
                    {{.fold = Fold::sum, .column = "day"},
                     {.fold = Fold::sum},
                     {.fold = Fold::sum, .column = "amuont"},
                     {.fold = Fold::count, .as = "code"}}),
            "aggregates/0/column: column \"day\" is date: no sum of that; cast it first\n"
            "aggregates/1/column: sum needs a column\n"
            "aggregates/2/column: there is no column \"amuont\"; there are: amount, code, side, qty, day\n"
            "aggregates/3/as: the result has a column \"code\" already");
  EXPECT_EQ(grouped(table({"m any"}, {{"1"}, {"x"}}), {}, {{.fold = Fold::max, .column = "m"}}),
            "aggregates/0/column: column \"m\" is any: no max of that; cast it first");
}

TEST(TableGroup, ChanceAgreesWithAddingUpByHand) {
  std::mt19937 chance(11);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<std::string>> rows;
    const bool wide = round % 2 == 1;
    for (int i = 0; i < 300; ++i)
      rows.push_back({std::string(1, static_cast<char>('a' + chance() % 5)), chance() % 7 ? std::to_string(chance() % 4) : "-",
                      chance() % 9 ? std::to_string(static_cast<int>(chance() % 20000) - 10000) + (wide && i % 3 ? ".125" : ".25") : "-"});
    const auto all = table({"t text", "n integer", "d decimal"}, rows);
    const Aggregate what[] = {{.fold = Fold::sum, .column = "d"}, {.fold = Fold::count}};
    const auto got = group_by(all, Names{"t", "n"}, what).value();
    struct Line {
      Value t, n;
      Decimal sum;
      std::int64_t count = 0;
    };
    std::vector<Line> lines;
    for (std::size_t row = 0; row < all.rows(); ++row) {
      auto found = std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.t == all.at(row, 0) && l.n == all.at(row, 1); });
      if (found == lines.end()) found = lines.insert(lines.end(), {all.at(row, 0), all.at(row, 1), {}, 0});
      ++found->count;
      if (!all.at(row, 2).is(Type::nothing)) found->sum = *add(found->sum, all.at(row, 2).decimal());
    }
    ASSERT_EQ(got.rows(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(got.at(i, 0), lines[i].t);
      EXPECT_EQ(got.at(i, 1), lines[i].n);
      EXPECT_EQ(got.at(i, 2), Value::of(lines[i].sum));
      EXPECT_EQ(got.at(i, 3).integer(), lines[i].count);
    }
  }
}

TEST(TablePivot, ValuesBecomeColumns) {
  const auto all = table({"code text", "month text", "amount decimal"},
                         {{"b", "feb", "1.00"}, {"a", "jan", "2.00"}, {"b", "jan", "3.00"}, {"b", "feb", "4.00"}, {"c", "-", "5.00"}});
  Pivot how{.rows = {"code"}, .column = "month", .value = {.fold = Fold::sum, .column = "amount"}};
  EXPECT_EQ(shown(pivot(all, how)), "code feb jan nothing | b 5.00 3.00 - | a - 2.00 - | c - - 5.00");
  how.order = PivotOrder::sorted;
  how.empty = Value::of(Decimal::parse("0.00").value());
  EXPECT_EQ(shown(pivot(all, how)), "code feb jan nothing | b 5.00 3.00 0.00 | a 0.00 2.00 0.00 | c 0.00 0.00 5.00");
  how.rows.clear();
  EXPECT_EQ(shown(pivot(all, how)), "feb jan nothing | 5.00 5.00 5.00");
  how.value.column = "code";
  EXPECT_EQ(shown(pivot(all, how)), "value/column: column \"code\" is text: no sum of that; cast it first");
  how.column = "mouth";
  EXPECT_EQ(shown(pivot(all, how)), "column: there is no column \"mouth\"; there are: month, amount, code");
  EXPECT_EQ(shown(pivot(all, {.rows = {"code"}, .column = "code", .value = {}})), "column: this column makes the rows already");
  const auto clash = table({"code text", "m text"}, {{"x", "code"}});
  EXPECT_EQ(shown(pivot(clash, {.rows = {"code"}, .column = "m", .value = {.fold = Fold::count}})),
            "column: a new column would be named \"code\", which is empty or there already");
}

TEST(TablePivot, ColumnsBecomeRows) {
  const auto all = table({"code text", "jan decimal", "feb integer"}, {{"a", "1.50", "2"}, {"b", "-", "3"}});
  EXPECT_EQ(shown(unpivot(all, {.keep = {"code"}, .names_to = "month", .values_to = "amount"})),
            "code month amount | a jan 1.50 | a feb 2 | b jan - | b feb 3");
  EXPECT_EQ(shown(unpivot(all, {.keep = {"code"}, .columns = {"jan"}, .nothing = NothingCells::skip})), "code column value | a jan 1.50");
  EXPECT_EQ(shown(unpivot(all, {.keep = {"code", "jan", "feb"}})), "columns: there is no column to turn into rows");
  EXPECT_EQ(shown(unpivot(all, {.keep = {"cod"}})), "keep/0: there is no column \"cod\"; there are: code, jan, feb");
  const auto back = pivot(unpivot(all, {.keep = {"code"}}).value(),
                          {.rows = {"code"}, .column = "column", .value = {.fold = Fold::first, .column = "value"}});
  testing::expect_equal(back.value(), all);
}

}  // namespace
}  // namespace quanji::values
