#include <gtest/gtest.h>

#include "activities/testing_steps.h"

namespace quanji::activities {
namespace {

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

const std::string trades = R"~([{code: "000001", amount: 1.10}, {code: "600000", amount: 2}, {code: "000001", amount: null}])~";
// One step with these inputs (`table` is trades unless it says another), its result as `t`, and an expression of that.
std::string run(const std::string& activity, const std::string& with, const std::string& expression = "[list(r.values()) for r in t]") {
  StepWorld world;
  const auto table =
      with.find("table:") == std::string::npos && with.find("tables:") == std::string::npos && with.find("rows:") == std::string::npos
          ? "table: " + trades + (with.empty() ? "" : ", ")
          : "";
  return said(
      world.run_steps("- do: table." + activity + "\n  with: {" + table + with + "}\n  save: t\n- return: {t: \"=" + expression + "\"}\n"));
}

TEST(TableColumns, AWrongNameIsToldWithTheClosest) {
  for (const auto& [activity, with] :
       std::vector<std::pair<std::string, std::string>>{{"select", "columns: [amont]"},
                                                        {"select", "without: [amont]"},
                                                        {"rename", "names: {amont: a}"},
                                                        {"convert", "columns: {amont: text}"},
                                                        {"fill", "columns: [amont], value: 0"},
                                                        {"distinct", "by: [amont]"},
                                                        {"sort", "by: [-amont]"},
                                                        {"split", "by: [amont]"},
                                                        {"group", "by: [amont], totals: {n: count()}"},
                                                        {"pivot", "by: [amont], column: code, total: count()"},
                                                        {"unpivot", "by: [amont]"},
                                                        {"transpose", "column: amont"},
                                                        {"join", "other: [{code: x}], keys: {amont: code}"},
                                                        {"look_up", "other: [{code: x}], keys: {code: code}, columns: [amont]"},
                                                        {"compare", "other: [{code: x}], keys: [amont]"}}) {
    const auto refused = run(activity, with);
    EXPECT_EQ(refused.substr(0, refused.find(':')), "not_found") << activity << " " << refused;
    EXPECT_HAS(refused, "\"amont\"; there are: ");
  }
}
TEST(TableColumns, RowsMayBeListsMapsOrNone) {
  EXPECT_EQ(run("from_rows", "rows: [], columns: {a: decimal}", "[t.columns, len(t)]"), R"({"t":[["a"],0]})");
  EXPECT_EQ(run("from_rows", "rows: [[1, 2]], columns: [a, b]"), R"({"t":[[1,2]]})");
  EXPECT_EQ(run("from_rows", "rows: [{a: 1, b: 2}, {b: 3}], columns: [b]"), R"({"t":[[2],[3]]})");
  EXPECT_EQ(run("from_rows", "rows: [{a: 1, b: '2'}], columns: {b: integer}"), R"({"t":[[2,1]]})");
  EXPECT_HAS(run("from_rows", "rows: [[1, 2], [3]], columns: [a, b]"), "bad_value: ");
  EXPECT_HAS(run("from_rows", "rows: [[1, 2], [3]], columns: [a, b]"), "row 2 has 1 values");
  EXPECT_HAS(run("from_rows", "rows: [{a: x}], columns: {a: integer}"), "bad_value: ");
  EXPECT_HAS(run("from_rows", "rows: [[1]]"), "bad_value: ");
}
TEST(TableColumns, EitherColumnsOrWithout) {
  EXPECT_HAS(run("select", "columns: [code], without: [amount]"), "invalid_argument: ");
  EXPECT_HAS(run("select", "columns: []"), "invalid_argument: ");
}
TEST(TableColumns, ATakenNameIsRefused) {
  EXPECT_HAS(run("rename", "names: {code: amount}"), "name_taken: ");
  EXPECT_HAS(run("add_column", "column: amount, expression: '1'"), "name_taken: ");
  EXPECT_EQ(run("add_column", "column: amount, expression: '1', if_exists: replace"), R"({"t":[["000001",1],["600000",1],["000001",1]]})");
  EXPECT_HAS(run("unpivot", "by: [code], name_column: code"), "name_taken: ");
  EXPECT_HAS(run("look_up", "other: [{code: x, amount: 1}], keys: [code], columns: [amount]"), "name_taken: ");
}
TEST(TableColumns, ValuesThatCannotBeConvertedAreToldWithRowAndColumn) {
  const auto refused = run("convert", "table: [{a: '1'}, {a: x}, {a: y}], columns: {a: integer}");
  EXPECT_HAS(refused, "bad_value: ");
  EXPECT_HAS(refused, "row 2, column \"a\": \"x\" cannot become integer");
  EXPECT_HAS(refused, "row 3, column \"a\"");
  EXPECT_EQ(run("convert", "table: [{a: '1'}, {a: x}], columns: {a: integer}, if_bad: nothing"), R"({"t":[[1],[null]]})");
  EXPECT_EQ(run("convert", "table: [{a: '20261120', b: '5'}], columns: {a: date, b: integer}, format: '%Y%m%d'", "[t[0].a.day, t[0].b]"),
            R"({"t":[20,5]})");
  EXPECT_HAS(run("convert", "columns: {amount: money}"), "invalid_argument: ");
}
TEST(TableColumns, FillingNeedsAValueOrADirection) {
  EXPECT_EQ(run("fill", "value: 0"), R"({"t":[["000001",{"$decimal":"1.10"}],["600000",{"$decimal":"2"}],["000001",{"$decimal":"0"}]]})")
      << "as the column holds them";
  EXPECT_HAS(run("fill", "how: next, value: 1"), "invalid_argument: ");
  EXPECT_HAS(run("fill", "columns: [amount]"), "invalid_argument: ");
  EXPECT_HAS(run("fill", "table: [{a: 1}, {a: null}], columns: [a], value: x"), "bad_value: ");
}

TEST(TableRows, SortingIsStableAndNothingStandsWhereItIsSaid) {
  EXPECT_EQ(run("sort", "by: [-amount]", "[r.code for r in t]"), R"({"t":["000001","600000","000001"]})");
  EXPECT_EQ(run("sort", "by: [-amount], nothing: last", "[r.amount is None for r in t]"), R"({"t":[false,false,true]})");
  EXPECT_EQ(run("sort", "table: [{-a: 2}, {-a: 1}], by: [-a]", "[list(r.values())[0] for r in t]"), R"({"t":[1,2]})")
      << "a column that is named so";
  EXPECT_HAS(run("sort", "table: [{a: 1}, {a: x}], by: [a]"), "bad_value: ");
}
TEST(TableRows, TheLimitOfRowsAsValuesIsTold) {
  StepWorld world;
  const auto refused =
      said(world.run_steps("- do: table.from_rows\n  with: {rows: \"=[[i] for i in range(1000001)]\", columns: [n]}\n  save: t\n"
                           "- do: table.to_rows\n  with: {table: =t}\n"));
  EXPECT_HAS(refused, "too_large: ");
  EXPECT_HAS(refused, "1000000");
}

TEST(TablePairs, LookingUpRefusesWhatIsThereTwiceOrNotAtAll) {
  const std::string other = "other: [{code: \"600000\", n: 1}, {code: \"600000\", n: 2}], keys: [code], columns: {n: m}";
  const auto twice = run("look_up", other);
  EXPECT_HAS(twice, "duplicate_key: ");
  EXPECT_HAS(twice, "600000");
  EXPECT_EQ(run("look_up", other + ", if_many: first", "[r.m for r in t]"), R"({"t":[null,1,null]})");
  const auto missing = run("look_up", other + ", if_many: first, if_missing: fail");
  EXPECT_HAS(missing, "no_match: ");
  EXPECT_HAS(missing, "2 rows have a key that is not in the other table, the first: \"000001\"");
}
TEST(TablePairs, AJoinTakesTheColumnsItIsTold) {
  const std::string other = "other: [{代码: \"600000\", amount: 5, n: 1}], keys: {code: 代码}";
  EXPECT_EQ(run("join", other, "t.columns"), R"({"t":["code","amount","amount_other","n"]})");
  EXPECT_EQ(run("join", other + ", columns: [n]", "[list(r.values()) for r in t]"), R"({"t":[["600000",{"$decimal":"2"},1]]})");
  EXPECT_EQ(run("join", other + ", how: anti", "len(t)"), R"({"t":2})");
  EXPECT_HAS(run("join", "other: [{d: 1}], keys: {code: d}"), "bad_value: ") << "text and number have no order";
}
TEST(TablePairs, AToleranceIsForTheColumnsItNames) {
  const std::string both = "table: [{k: 1, a: 1.00, b: 1.00}], other: [{k: 1, a: 1.01, b: 1.01}], keys: [k]";
  EXPECT_EQ(run("compare", both + ", tolerance: 0.01", "[len(t.differences), t.matched]"), R"({"t":[0,1]})");
  EXPECT_EQ(run("compare", both + ", tolerance: {a: 0.01}", "[r.column for r in t.differences]"), R"({"t":["b"]})");
  EXPECT_HAS(run("compare", both + ", tolerance: {c: 0.01}"), "not_found: ");
  EXPECT_HAS(run("compare", both + ", tolerance: -1"), "invalid_argument: ");
  EXPECT_HAS(run("compare", "table: [{k: 1}, {k: 1}], other: [{k: 1}], keys: [k]"), "duplicate_key: ");
  EXPECT_EQ(run("compare", "table: [{k: 1, s: x}], other: [{k: 1, s: y}], keys: [k], tolerance: 5", "[r.column for r in t.differences]"),
            R"({"t":["s"]})");
}

TEST(TableShapes, TotalsAreWrittenAsTheyAreRead) {
  EXPECT_EQ(run("total", "totals: {n: count(), v: count(amount), s: sum(amount), c: count_distinct(code)}", "[t.n, t.v, str(t.s), t.c]"),
            R"({"t":[3,2,"3.10",2]})");
  EXPECT_HAS(run("total", "totals: {n: summe(amount)}"), "invalid_argument: ");
  EXPECT_HAS(run("total", "totals: {n: summe(amount)}"), "there are sum count");
  EXPECT_HAS(run("total", "totals: {n: amount}"), "invalid_argument: ");
  EXPECT_HAS(run("group", "by: [code], totals: {code: count()}"), "name_taken: ");
  EXPECT_HAS(run("total", "totals: {s: sum(code)}"), "bad_value: ");
}
TEST(TableShapes, APivotOfTooManyColumnsIsRefused) {
  StepWorld world;
  EXPECT_HAS(said(world.run_steps(
                 "- do: table.pivot\n  with: {table: \"=[{'k': 1, 'c': i} for i in range(1001)]\", by: [k], column: c, total: count()}\n")),
             "too_large: ");
}

TEST(TableReports, ProblemsAreATable) {
  EXPECT_EQ(run("check", "columns: [code, day], required: [amount], unique: [code]", "[[r.row, r.column, r.rule] for r in t]"),
            R"({"t":[[null,"day","column"],[3,"amount","required"],[3,"code","unique"]]})");
  EXPECT_EQ(run("check", "unique: [[code], [amount]]", "[r.column for r in t]"), R"({"t":["code"]})");
  EXPECT_EQ(run("check", "rules: {positive: amount > 0}", "[r.row for r in t]"), R"({"t":[3]})");
}
TEST(TableReports, TextInEveryForm) {
  EXPECT_EQ(run("to_text", "format: csv, limit: 2", "t"), R"({"t":"code,amount\n000001,1.10\n600000,2\n"})");
  EXPECT_EQ(run("to_text", "limit: 1", "t"), R"({"t":"code    amount\n000001    1.10\n… 另有 2 行 / 2 more rows\n"})");
}

}  // namespace
}  // namespace quanji::activities
