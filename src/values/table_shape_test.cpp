#include "values/table_shape.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;
using Names = std::vector<std::string>;

Table small() {
  return table({"code text", "n integer", "price decimal", "day date", "mixed any"},
               {{"600000", "1", "1.20", "2026-11-20", "x"}, {"-", "2", "-", "-", "3"}, {"000001", "-", "0.05", "1969-12-31", "-"}});
}

TEST(TableShape, RowsAreTakenFromBothEndsAndTheMiddle) {
  EXPECT_EQ(shown(first_rows(small(), 1)), "code n price day mixed | 600000 1 1.20 2026-11-20 x");
  EXPECT_EQ(shown(last_rows(small(), 1)), "code n price day mixed | 000001 - 0.05 1969-12-31 -");
  EXPECT_EQ(shown(slice_rows(small(), 1, 1)), "code n price day mixed | - 2 - - 3");
  EXPECT_EQ(slice_rows(small(), 7, 9).rows(), 0U);
  EXPECT_EQ(slice_rows(small(), 1, SIZE_MAX).rows(), 2U);
  const auto whole = small();
  EXPECT_EQ(first_rows(whole, 99).column(0), whole.column(0));  // shared
  const RowNumber again[] = {2, 0, 0};
  EXPECT_EQ(shown(rows_at(whole, again)),
            "code n price day mixed | 000001 - 0.05 1969-12-31 - | 600000 1 1.20 2026-11-20 x | 600000 1 1.20 2026-11-20 x");
}

TEST(TableShape, ColumnsAreChosenByName) {
  const auto whole = small();
  EXPECT_EQ(shown(select_columns(whole, Names{"n", "code"})), "n code | 1 600000 | 2 - | - 000001");
  EXPECT_EQ(shown(drop_columns(whole, Names{"mixed", "day", "price"})), "code n | 600000 1 | - 2 | 000001 -");
  EXPECT_EQ(reorder_columns(whole, Names{"mixed", "n"})->names(), (Names{"mixed", "n", "code", "price", "day"}));
  EXPECT_EQ(select_columns(whole, Names{"n"})->column(0), whole.column(1));
  EXPECT_EQ(shown(select_columns(whole, Names{"cod", "n", "prize", "n"})),
            "columns/0: there is no column \"cod\"; there are: code, n, day, mixed, price\n"
            "columns/2: there is no column \"prize\"; there are: price, code, mixed, n, day\n"
            "columns/3: column \"n\" is named twice");
  EXPECT_EQ(shown(drop_columns(whole, Names{"x"})).substr(0, 32), "columns/0: there is no column \"x");
  EXPECT_EQ(shown(reorder_columns(whole, Names{"x"})).substr(0, 32), "columns/0: there is no column \"x");
}

TEST(TableShape, ColumnsAreRenamedAllAtOnce) {
  const auto two = table({"a integer", "b integer"}, {{"1", "2"}});
  const auto renamed = [&](std::vector<NewName> names) { return shown(rename_columns(two, names)); };
  EXPECT_EQ(renamed({{"a", "b"}, {"b", "a"}}), "b a | 1 2");
  EXPECT_EQ(renamed({{"a", "金额"}}), "金额 b | 1 2");
  EXPECT_EQ(renamed({{"a", "b"}}), "names/0/to: there is a column \"b\" already");
  EXPECT_EQ(renamed({{"a", ""}}), "names/0/to: the new name is empty");
  EXPECT_EQ(renamed({{"c", "d"}}), "names/0/from: there is no column \"c\"; there are: a, b");
  EXPECT_EQ(renamed({{"a", "c"}, {"a", "d"}}), "names/1/from: column \"a\" is named twice");
}

TEST(TableShape, AColumnIsAddedOrReplaced) {
  const auto two = table({"a integer", "b integer"}, {{"1", "2"}});
  const auto one = table({"x text"}, {{"new"}}).column(0);
  EXPECT_EQ(shown(add_column(two, "c", one)), "a b c | 1 2 new");
  EXPECT_EQ(shown(add_column(two, "a", one)), "name: there is a column \"a\" already");
  EXPECT_EQ(shown(add_column(two, "a", one, IfThere::replace)), "a b | new 2");
  EXPECT_EQ(shown(add_column(two, "", one)), "name: the column's name is empty");
  EXPECT_EQ(shown(add_column(two, "c", blank_column(2))), "column: column \"c\" has 2 values, the table has 1 rows");
  EXPECT_EQ(shown(add_column(Table(), "c", one)), "c | new");
}

TEST(TableShape, RowsAreAppendedByColumnName) {
  const auto a = table({"code text", "n integer", "price decimal"}, {{"a", "1", "1.20"}, {"-", "-", "-"}});
  const auto b = table({"price decimal", "n decimal", "extra bool"}, {{"2.30", "0.5", "true"}});
  const auto c = table({"n text", "code text"}, {{"many", "c"}});
  const Table* ab[] = {&a, &b};
  const auto both = append_rows(ab).value();
  EXPECT_EQ(shown(both), "code n price extra | a 1 1.20 - | - - - - | - 0.5 2.30 true");
  EXPECT_EQ(both.column(1)->type(), ColumnType::decimal);
  EXPECT_TRUE(both.column(2)->is_narrow());
  EXPECT_EQ(both.column(3)->type(), ColumnType::boolean);
  const Table* ac[] = {&a, &c};
  const auto mixed = append_rows(ac).value();
  EXPECT_EQ(shown(mixed), "code n price | a 1 1.20 | - - - | c many -");
  EXPECT_EQ(mixed.column(1)->type(), ColumnType::any);
  EXPECT_EQ(shown(append_rows(ac, Missing::refuse)), "tables/1: in table 2 there is no column \"price\"; there are: code, n");
  const Table* aa[] = {&a, &a};
  EXPECT_EQ(shown(append_rows(aa)), "code n price | a 1 1.20 | - - - | a 1 1.20 | - - -");
  EXPECT_EQ(append_rows({})->rows(), 0U);
  const auto more = table({"price decimal"}, {{"1.205"}});
  const Table* places[] = {&a, &more};
  EXPECT_EQ(shown(append_rows(places)), "code n price | a 1 1.20 | - - - | - - 1.205");
}

TEST(TableShape, TheFirstRowOfEachKeyStays) {
  const auto many = table({"k text", "n decimal"}, {{"a", "1"}, {"b", "1"}, {"a", "1.00"}, {"-", "2"}, {"-", "3"}, {"a", "2"}});
  EXPECT_EQ(shown(distinct_rows(many)), "k n | a 1 | b 1 | - 2 | - 3 | a 2");
  EXPECT_EQ(shown(distinct_rows(many, Names{"k"})), "k n | a 1 | b 1 | - 2");
  EXPECT_EQ(shown(distinct_rows(many, Names{"n"})), "k n | a 1 | - 2 | - 3");
  EXPECT_EQ(shown(distinct_rows(many, Names{"m"})), "columns/0: there is no column \"m\"; there are: k, n");
}

TEST(TableShape, TransposedTwiceItIsTheSame) {
  const auto sums = table({"item text", "jan integer", "feb integer"}, {{"fees", "1", "2"}, {"tax", "3", "-"}});
  const auto turned = transpose(sums, {.names_from = "item", .names_to = "month"}).value();
  EXPECT_EQ(shown(turned), "month fees tax | jan 1 3 | feb 2 -");
  testing::expect_equal(transpose(turned, {.names_from = "month", .names_to = "item"}).value(), sums);
  EXPECT_EQ(shown(transpose(sums)), "column 1 2 | item fees tax | jan 1 3 | feb 2 -");
  EXPECT_EQ(shown(transpose(table({"a text"}, {{"x"}, {"x"}}), {.names_from = "a"})),
            "names_from: row 2 would become a column \"x\", which is empty or there already");
}

TEST(TableShape, NothingIsFilled) {
  const auto gaps = table({"a text", "n integer", "d decimal"}, {{"x", "1", "1.5"}, {"-", "-", "-"}, {"y", "-", "2"}});
  EXPECT_EQ(shown(fill_nothing(gaps, Names{"n", "d"}, Value::of(std::int64_t{0}))), "a n d | x 1 1.5 | - 0 0 | y 0 2");
  EXPECT_EQ(shown(fill_nothing(gaps, Names{"n"}, Value::of(Decimal::parse("0.5").value()))), "a n d | x 1 1.5 | - 0.5 - | y 0.5 2");
  EXPECT_EQ(shown(fill_nothing(gaps, {}, Value::of(std::string("none")))), "a n d | x 1 1.5 | none - - | y - 2");
  EXPECT_EQ(shown(fill_nothing(gaps, Names{"n"}, Value::of(std::string("none")))),
            "columns/0: column \"n\" is integer and does not take \"none\"");
  EXPECT_EQ(shown(fill_nothing(gaps, Names{"n"}, Value())), "value: the value to fill with is nothing");
  EXPECT_EQ(shown(fill_down(gaps, Names{"a", "n"})), "a n d | x 1 1.5 | x 1 - | y 1 2");
  EXPECT_EQ(shown(fill_down(table({"a text"}, {{"-"}, {"x"}}), Names{"a"})), "a | - | x");
}

TEST(TableShape, TheLastOfRepeatedRowsCanStay) {
  const auto rows = table({"k text", "n integer"}, {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"-", "4"}, {"-", "5"}});
  const std::vector<std::string> by = {"k"};
  EXPECT_EQ(shown(distinct_rows(rows, by)), "k n | a 1 | b 2 | - 4");
  EXPECT_EQ(shown(distinct_rows(rows, by, KeepOf::last)), "k n | b 2 | a 3 | - 5");
}
TEST(TableShape, SplittingLosesNoRowAndKeepsOrders) {
  const auto rows = table({"k text", "n integer"}, {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"-", "4"}});
  const std::vector<std::string> by = {"k"};
  const auto parts = split_rows(rows, by).value();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(shown(parts[0].table), "k n | b 1 | b 3");
  EXPECT_EQ(parts[0].key[0].second, Value::of(std::string("b")));
  EXPECT_EQ(shown(parts[1].table), "k n | a 2");
  EXPECT_EQ(shown(parts[2].table), "k n | - 4");
  EXPECT_TRUE(parts[2].key[0].second.is(Type::nothing));
  EXPECT_FALSE(split_rows(rows, {}).ok());
  EXPECT_TRUE(split_rows(table({"k text"}, {}), by)->empty());
}
TEST(TableShape, FillingUpTakesTheNextValueBelow) {
  const auto rows = table({"k text", "n integer"}, {{"-", "1"}, {"a", "-"}, {"-", "3"}, {"b", "-"}, {"-", "-"}});
  const std::vector<std::string> both = {"k", "n"};
  EXPECT_EQ(shown(fill_up(rows, both)), "k n | a 1 | a 3 | b 3 | b - | - -");
  EXPECT_EQ(shown(fill_down(rows, both)), "k n | - 1 | a 1 | a 3 | b 3 | b 3");
}

}  // namespace
}  // namespace quanji::values
