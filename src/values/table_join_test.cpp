#include "values/table_join.h"

#include <gtest/gtest.h>

#include <random>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

Table left() { return table({"code text", "qty integer"}, {{"a", "1"}, {"b", "2"}, {"-", "3"}, {"c", "4"}, {"b", "5"}}); }
Table right() {
  return table({"code text", "qty integer", "name text"},
               {{"b", "20", "B1"}, {"d", "40", "D"}, {"-", "30", "N"}, {"b", "21", "B2"}, {"a", "10", "A"}});
}
std::string joined(JoinKind kind) { return shown(join(left(), right(), {.kind = kind, .keys = {{"code", ""}}})); }

TEST(TableJoin, EachKindHasItsRows) {
  EXPECT_EQ(joined(JoinKind::inner), "code qty qty_right name | a 1 10 A | b 2 20 B1 | b 2 21 B2 | b 5 20 B1 | b 5 21 B2");
  EXPECT_EQ(joined(JoinKind::left),
            "code qty qty_right name | a 1 10 A | b 2 20 B1 | b 2 21 B2 | - 3 - - | c 4 - - | b 5 20 B1 | b 5 21 B2");
  EXPECT_EQ(joined(JoinKind::right),
            "code qty qty_right name | a 1 10 A | b 2 20 B1 | b 2 21 B2 | b 5 20 B1 | b 5 21 B2 | d - 40 D | - - 30 N");
  EXPECT_EQ(joined(JoinKind::full),
            "code qty qty_right name | a 1 10 A | b 2 20 B1 | b 2 21 B2 | - 3 - - | c 4 - - | b 5 20 B1 | b 5 21 B2 | d - 40 D | - - 30 N");
  EXPECT_EQ(joined(JoinKind::semi), "code qty | a 1 | b 2 | b 5");
  EXPECT_EQ(joined(JoinKind::anti), "code qty | - 3 | c 4");
  for (const auto kind : {JoinKind::inner, JoinKind::left, JoinKind::right, JoinKind::full, JoinKind::semi, JoinKind::anti})
    EXPECT_EQ(join_kind_of(word_of(kind)), kind);
}

TEST(TableJoin, NumbersOfDifferentFormsMeet) {
  const auto a = table({"n integer", "x text"}, {{"1", "one"}, {"2", "two"}});
  const auto b = table({"m decimal", "y text"}, {{"1.00", "eins"}, {"2.5", "zweieinhalb"}});
  EXPECT_EQ(shown(join(a, b, {.kind = JoinKind::full, .keys = {{"n", "m"}}})),
            "n x m y | 1 one 1.00 eins | 2 two - - | - - 2.5 zweieinhalb");
  const auto places_a = table({"n decimal"}, {{"1.20"}}), places_b = table({"n decimal"}, {{"1.2"}});
  EXPECT_EQ(shown(join(places_a, places_b, {.keys = {{"n", ""}}})), "n | 1.20");
  const auto any = table({"n any"}, {{"x"}, {"1.0"}, {"-"}});
  EXPECT_EQ(shown(join(any, a, {.keys = {{"n", ""}}})), "n x | 1.0 one");
}

TEST(TableJoin, SeveralKeysAreOneKey) {
  const auto a = table({"d date", "c text"}, {{"2026-11-20", "a"}, {"2026-11-21", "a"}, {"2026-11-20", "-"}});
  const auto b = table({"day date", "c text", "v integer"}, {{"2026-11-20", "a", "1"}, {"2026-11-21", "b", "2"}, {"2026-11-20", "-", "3"}});
  EXPECT_EQ(shown(join(a, b, {.kind = JoinKind::left, .keys = {{"d", "day"}, {"c", "c"}}})),
            "d c day v | 2026-11-20 a 2026-11-20 1 | 2026-11-21 a - - | 2026-11-20 - - -");
}

TEST(TableJoin, NamesThatClashAreTold) {
  Join how{.keys = {{"code", ""}}, .left_suffix = "_ours", .right_suffix = "_theirs"};
  EXPECT_EQ(join(left(), right(), how)->names(), (std::vector<std::string>{"code", "qty_ours", "qty_theirs", "name"}));
  how.left_suffix = how.right_suffix = "";
  EXPECT_EQ(shown(join(left(), right(), how)), "right_suffix: the result would have two columns \"qty\"; take another suffix");
}

TEST(TableJoin, ProblemsNameColumnsAndTypes) {
  EXPECT_EQ(shown(join(left(), right(), {})), "keys: at least one key is needed");
  EXPECT_EQ(shown(join(left(), right(), {.keys = {{"cod", "name"}, {"qty", "nam"}}})),
            "keys/0/left: in the left table there is no column \"cod\"; there are: code, qty\n"
            "keys/1/right: in the right table there is no column \"nam\"; there are: name, qty, code");
  EXPECT_EQ(shown(join(left(), right(), {.keys = {{"qty", "name"}}})),
            "keys/0: column \"qty\" on the left is integer, \"name\" on the right is text: they do not compare; cast one of them first");
}

TEST(TableJoin, KeysThatStandTwiceAreRefusedWhenAsked) {
  EXPECT_EQ(shown(join(left(), right(), {.keys = {{"code", ""}}, .right_duplicates = Duplicates::refuse})),
            "right_duplicates: a key stands twice in the right table: code = \"b\" in rows 1 and 4");
  EXPECT_EQ(shown(join(left(), right(), {.keys = {{"code", ""}}, .left_duplicates = Duplicates::refuse})),
            "left_duplicates: a key stands twice in the left table: code = \"b\" in rows 2 and 5");
  const auto nothings = table({"code text"}, {{"-"}, {"-"}});
  EXPECT_TRUE(
      join(nothings, nothings, {.keys = {{"code", ""}}, .left_duplicates = Duplicates::refuse, .right_duplicates = Duplicates::refuse})
          .ok());
}

TEST(TableJoin, AJoinByAWrongKeyEndsEarly) {
  const auto same = table({"k text"}, std::vector<std::vector<std::string>>(2000, {"x"}));
  const auto refused = join(same, same, {.keys = {{"k", ""}}, .most_rows = 100'000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::too_large);
}

TEST(TableJoin, ChanceAgreesWithEveryPairTried) {
  std::mt19937 chance(13);
  for (int round = 0; round < 30; ++round) {
    const auto some = [&](int rows, const std::vector<std::string>& columns) {
      std::vector<std::vector<std::string>> all;
      for (int i = 0; i < rows; ++i)
        all.push_back(
            {std::string(1, static_cast<char>('a' + chance() % 4)), chance() % 6 ? std::to_string(chance() % 4) : "-", std::to_string(i)});
      return table(columns, all);
    };
    const auto a = some(40, {"t text", "n integer", "i integer"}),
               b = some(30, {"t text", round % 2 ? "n decimal" : "n integer", "j integer"});
    const auto got = join(a, b, {.kind = JoinKind::full, .keys = {{"t", ""}, {"n", ""}}}).value();
    std::string wanted = "t n i j";
    std::vector<bool> met(b.rows());
    const auto word = [](const Value& v) { return " " + (v.is(Type::nothing) ? "-" : v.display()); };
    for (std::size_t x = 0; x < a.rows(); ++x) {
      bool partner = false;
      for (std::size_t y = 0; y < b.rows(); ++y) {
        if (a.at(x, 1).is(Type::nothing) || a.at(x, 0) != b.at(y, 0) || a.at(x, 1) != b.at(y, 1)) continue;
        partner = met[y] = true;
        wanted += " |" + word(a.at(x, 0)) + word(a.at(x, 1)) + word(a.at(x, 2)) + word(b.at(y, 2));
      }
      if (!partner) wanted += " |" + word(a.at(x, 0)) + word(a.at(x, 1)) + word(a.at(x, 2)) + " -";
    }
    for (std::size_t y = 0; y < b.rows(); ++y)
      if (!met[y]) wanted += " |" + word(b.at(y, 0)) + word(b.at(y, 1)) + " -" + word(b.at(y, 2));
    EXPECT_EQ(shown(got), wanted);
  }
}

TEST(TableLookup, ColumnsAreBroughtByKey) {
  const auto names = table({"id text", "name text", "price decimal"}, {{"a", "A", "1.50"}, {"b", "B", "-"}});
  Lookup how{.keys = {{"code", "id"}}, .columns = {{"name", "", Value::of(std::string("?"))}, {"price", "unit_price", {}}}};
  EXPECT_EQ(shown(look_up(left(), names, how)), "code qty name unit_price | a 1 A 1.50 | b 2 B - | - 3 ? - | c 4 ? - | b 5 B -");
  how.columns[1].fallback = Value::of(std::int64_t{0});
  const auto priced = look_up(left(), names, how).value();
  EXPECT_EQ(priced.column(3)->type(), ColumnType::decimal);
  EXPECT_EQ(shown(priced), "code qty name unit_price | a 1 A 1.50 | b 2 B - | - 3 ? 0 | c 4 ? 0 | b 5 B -");
}

TEST(TableLookup, ProblemsNameColumns) {
  const auto names = table({"id text", "name text"}, {{"a", "A"}, {"a", "A2"}});
  EXPECT_EQ(shown(look_up(left(), names, {.keys = {{"code", "id"}}, .columns = {{"name", "", {}}}})),
            "duplicates: a key stands twice in the right table: id = \"a\" in rows 1 and 2");
  EXPECT_EQ(shown(look_up(left(), names, {.keys = {{"code", "id"}}, .columns = {{"name", "", {}}}, .duplicates = Duplicates::allow})),
            "code qty name | a 1 A | b 2 - | - 3 - | c 4 - | b 5 -");
  EXPECT_EQ(shown(look_up(left(), names, {.keys = {{"code", "id"}}, .columns = {{"nmae", "", {}}}, .duplicates = Duplicates::allow})),
            "columns/0/from: in the right table there is no column \"nmae\"; there are: name, id");
  EXPECT_EQ(shown(look_up(left(), names, {.keys = {{"code", "id"}}, .columns = {{"name", "qty", {}}}, .duplicates = Duplicates::allow})),
            "columns/0/as: there is a column \"qty\" already; give the new one another name");
}

}  // namespace
}  // namespace quanji::values
