#include "values/table_compare.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
Table ours() {
  return table(
      {"code text", "qty integer", "amount decimal", "note text"},
      {{"a", "1", "1.00", "x"}, {"b", "2", "2.00", "-"}, {"c", "3", "3.00", "z"}, {"-", "9", "9.00", "-"}, {"d", "4", "4.00", "w"}});
}
Table theirs() {
  return table({"id text", "amount decimal", "qty decimal", "note text", "bank text"}, {{"d", "4.0", "4", "w", "B"},
                                                                                        {"b", "2.01", "2", "y", "B"},
                                                                                        {"e", "5", "5", "-", "B"},
                                                                                        {"-", "9", "9", "-", "B"},
                                                                                        {"a", "1.005", "1", "x", "B"}});
}
std::string problems_of(const Table& a, const Table& b, const Comparing& how) {
  const auto result = compare_tables(a, b, how);
  return result.ok() ? "" : shown(base::Result<Table>(result.error().clone()));
}

TEST(TableCompare, EveryRowIsInOneOfFourPlaces) {
  const auto got = compare_tables(ours(), theirs(), {.keys = {{"code", "id"}}}).value();
  EXPECT_EQ(shown(got.only_left), "code qty amount note | c 3 3.00 z | - 9 9.00 -");
  EXPECT_EQ(shown(got.only_right), "id amount qty note bank | e 5 5 - B | - 9 9 - B");
  EXPECT_EQ(shown(got.same), "code qty amount note | d 4 4.00 w");
  EXPECT_EQ(shown(got.changed),
            "code qty_left qty_right amount_left amount_right note_left note_right | a 1 1 1.00 1.005 x x | b 2 2 2.00 2.01 - y");
  EXPECT_EQ(shown(got.cells), "code column left right difference | a amount 1.00 1.005 0.005 | b amount 2.00 2.01 0.01 | b note - y -");
  EXPECT_EQ(got.left_rows, 5U);
  EXPECT_EQ(got.right_rows, 5U);
}

TEST(TableCompare, ATolerancePardonsExactlySoMuch) {
  const auto changed = [](std::string_view tolerance) {
    return shown(compare_tables(ours(), theirs(), {.keys = {{"code", "id"}}, .columns = {{"amount", "", dec(tolerance)}}})->cells);
  };
  EXPECT_EQ(changed("0.01"), "code column left right difference");
  EXPECT_EQ(changed("0.009"), "code column left right difference | b amount 2.00 2.01 0.01");
  EXPECT_EQ(changed("0.004999"), "code column left right difference | a amount 1.00 1.005 0.005 | b amount 2.00 2.01 0.01");
  EXPECT_EQ(problems_of(ours(), theirs(), {.keys = {{"code", "id"}}, .columns = {{"note", "", dec("1")}, {"amount", "", dec("-1")}}}),
            "columns/0/tolerance: a tolerance is for columns of numbers, and 0 or more\n"
            "columns/1/tolerance: a tolerance is for columns of numbers, and 0 or more");
}

TEST(TableCompare, ColumnsAreChosenMappedAndIgnored) {
  EXPECT_EQ(compare_tables(ours(), theirs(), {.keys = {{"code", "id"}}, .ignore = {"amount", "note"}})->same.rows(), 3U);
  const auto mapped = compare_tables(ours(), theirs(), {.keys = {{"code", "id"}}, .columns = {{"note", "bank", {}}}}).value();
  EXPECT_EQ(mapped.cells.rows(), 3U);
  EXPECT_EQ(compare_tables(ours(), ours(), {.keys = {{"code", ""}}})->same.rows(), 4U);  // nothing in a key has no partner
}

TEST(TableCompare, ProblemsNameColumnsTypesAndKeys) {
  EXPECT_EQ(problems_of(ours(), theirs(), {}), "keys: at least one key is needed");
  EXPECT_EQ(problems_of(ours(), theirs(), {.keys = {{"code", "code"}}}),
            "keys/0/right: in the right table there is no column \"code\"; there are: note, id, qty, bank, amount");
  EXPECT_EQ(problems_of(ours(), theirs(), {.keys = {{"code", "id"}}, .columns = {{"note", "qty", {}}, {"x", "", {}}}, .ignore = {"y"}}),
            "ignore/0: in the left table there is no column \"y\"; there are: qty, code, note, amount\n"
            "columns/0: column \"note\" on the left is text, \"qty\" on the right is decimal: they do not compare; cast one of them first\n"
            "columns/1/left: in the left table there is no column \"x\"; there are: qty, code, note, amount\n"
            "columns/1/right: in the right table there is no column \"x\"; there are: id, qty, note, bank, amount");
  const auto twice = table({"code text"}, {{"x"}, {"y"}, {"x"}, {"y"}});
  EXPECT_EQ(problems_of(twice, theirs(), {.keys = {{"code", "id"}}}),
            "left: a key stands twice in the left table: code = \"x\" in rows 1 and 3");
  EXPECT_EQ(problems_of(table({"code text"}, {}), twice, {.keys = {{"code", ""}}}),
            "right: a key stands twice in the right table: code = \"x\" in rows 1 and 3");
  const auto named = table({"column text", "v integer"}, {{"x", "1"}});
  EXPECT_NE(problems_of(named, named, {.keys = {{"column", ""}}}).find("names: column 2: the name \"column\" stands twice"),
            std::string::npos);
  EXPECT_EQ(problems_of(named, named, {.keys = {{"column", ""}}, .column_name = "field"}), "");
}

TEST(TableCompare, EmptyTablesCompare) {
  const auto none = table({"k text", "v decimal"}, {});
  const auto got = compare_tables(none, none, {.keys = {{"k", ""}}}).value();
  EXPECT_EQ(shown(got.cells), "k column left right difference");
  EXPECT_EQ(got.same.rows(), 0U);
}

TEST(TableCompare, ChanceAgreesWithLookingUpByHand) {
  std::mt19937 chance(17);
  for (int round = 0; round < 30; ++round) {
    const auto some = [&](const std::vector<std::string>& columns) {
      std::vector<std::vector<std::string>> rows;
      std::map<int, bool> seen;
      for (int i = 0; i < 60; ++i) {
        const int key = static_cast<int>(chance() % 100);
        if (seen[key]) continue;
        seen[key] = true;
        rows.push_back({std::to_string(key), chance() % 8 ? std::to_string(chance() % 3) + ".5" : "-",
                        chance() % 8 ? std::string(1, static_cast<char>('a' + chance() % 2)) : "-"});
      }
      return table(columns, rows);
    };
    const auto a = some({"k integer", "v decimal", "t text"}), b = some({"k decimal", "v decimal", "t text"});
    const auto got = compare_tables(a, b, {.keys = {{"k", ""}}}).value();
    std::size_t only_left = 0, changed = 0, cells = 0, same = 0;
    for (std::size_t x = 0; x < a.rows(); ++x) {
      std::size_t y = 0;
      while (y < b.rows() && a.at(x, 0) != b.at(y, 0)) ++y;
      if (y == b.rows()) {
        ++only_left;
        continue;
      }
      const int differ = (a.at(x, 1) != b.at(y, 1) ? 1 : 0) + (a.at(x, 2) != b.at(y, 2) ? 1 : 0);
      cells += static_cast<std::size_t>(differ);
      ++(differ ? changed : same);
    }
    EXPECT_EQ(got.only_left.rows(), only_left);
    EXPECT_EQ(got.only_right.rows(), b.rows() - changed - same);
    EXPECT_EQ(got.changed.rows(), changed);
    EXPECT_EQ(got.cells.rows(), cells);
    EXPECT_EQ(got.same.rows(), same);
  }
}

}  // namespace
}  // namespace quanji::values
