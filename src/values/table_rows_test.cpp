#include "values/table_rows.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

Value map(std::vector<std::pair<std::string, std::int64_t>> pairs) {
  Map out;
  for (const auto& [key, value] : pairs) out.emplace_back(key, Value::of(value));
  return Value::of(std::move(out));
}
Value list(std::vector<std::int64_t> values) {
  List out;
  for (const auto value : values) out.push_back(Value::of(value));
  return Value::of(std::move(out));
}

TEST(TableRows, MapsAlignByTheirKeys) {
  const List rows = {map({{"a", 1}}), map({{"b", 2}, {"a", 3}}), map({})};
  EXPECT_EQ(shown(table_of_rows(rows, {}, OtherKeys::take)), "a b | 1 - | 3 2 | - -");
  const std::vector<std::string> names = {"b", "c"};
  EXPECT_EQ(shown(table_of_rows(rows, names, OtherKeys::leave)), "b c | - - | 2 - | - -");
  EXPECT_EQ(shown(table_of_rows(rows, names, OtherKeys::take)), "b c a | - - 1 | 2 - 3 | - - -");
  EXPECT_EQ(table_of_rows(rows, {}, OtherKeys::take)->column(0)->type(), ColumnType::integer);
}
TEST(TableRows, ListsAlignByTheirPlaces) {
  const std::vector<std::string> names = {"a", "b"};
  EXPECT_EQ(shown(table_of_rows(List{list({1, 2}), list({3, 4})}, names, OtherKeys::take)), "a b | 1 2 | 3 4");
  EXPECT_EQ(shown(table_of_rows(List{list({1, 2}), list({3})}, names, OtherKeys::take)),
            "rows/1: row 2 has 1 values where there are 2 columns");
  EXPECT_EQ(shown(table_of_rows(List{list({1})}, {}, OtherKeys::take)),
            "columns: rows that are lists need the names of their columns in `columns`");
}
TEST(TableRows, NoRowsMakeATableOfNamedColumns) {
  const std::vector<std::string> names = {"a", "b"};
  const auto empty = table_of_rows({}, names, OtherKeys::take).value();
  EXPECT_EQ(empty.columns(), 2u);
  EXPECT_EQ(empty.rows(), 0u);
}
TEST(TableRows, MixedRowsAreRefusedWithTheirPlace) {
  EXPECT_EQ(shown(table_of_rows(List{map({{"a", 1}}), list({1})}, {}, OtherKeys::take)), "rows/1: row 2 should be a map, but is [1]");
  EXPECT_EQ(shown(table_of_rows(List{Value::of(std::int64_t{7})}, {}, OtherKeys::take)), "rows/0: row 1 should be a map, but is 7");
}
TEST(TableRows, ThereAndBack) {
  const auto one = table({"code text", "amount decimal"}, {{"600000", "1.20"}, {"-", "-"}});
  testing::expect_equal(table_of_rows(rows_as_maps(one), {}, OtherKeys::take).value(), one);
  testing::expect_equal(table_of_rows(rows_as_lists(one), one.names(), OtherKeys::take).value(), one);
}

}  // namespace
}  // namespace quanji::values
