#include "values/table_differences.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

std::string told(const Table& ours, const Table& theirs, const Comparing& how) {
  const auto out = differences(ours, theirs, how);
  if (!out.ok()) return out.error().message().en;
  return shown(out->table) + " / " + std::to_string(out->same);
}

const auto ours = table({"code text", "amount decimal", "rows integer"},
                        {{"000001", "10.00", "1"}, {"600000", "5.00", "2"}, {"600036", "7.00", "3"}, {"688001", "1.00", "4"}});
const auto theirs = table({"code text", "amount decimal", "rows integer"},
                          {{"600036", "7.005", "3"}, {"600000", "4.50", "9"}, {"000001", "10", "1"}, {"300001", "2.00", "5"}});

TEST(TableDifferences, OneColumnIsTheListOfBreaks) {
  EXPECT_EQ(told(ours, theirs, {.keys = {{"code", ""}}, .columns = {{"amount", "", Decimal::parse("0.01").value()}}}),
            "code state column ours theirs difference"
            " | 600000 differs amount 5.00 4.50 0.50"
            " | 688001 only_ours amount 1.00 - -"
            " | 300001 only_theirs amount - 2.00 - / 2");
}
TEST(TableDifferences, SeveralColumnsHaveOneRowAValueAndOneForARowOfOneSide) {
  EXPECT_EQ(told(ours, theirs, {.keys = {{"code", ""}}}),
            "code state column ours theirs difference"
            " | 600000 differs amount 5.00 4.50 0.50"
            " | 600000 differs rows 2 9 -7"
            " | 600036 differs amount 7.00 7.005 -0.005"
            " | 688001 only_ours - - - -"
            " | 300001 only_theirs - - - - / 1");
}
TEST(TableDifferences, KeysMayBeNamedDifferently) {
  const auto book = table({"代码 text", "金额 decimal"}, {{"000001", "10.00"}});
  EXPECT_EQ(told(ours, book, {.keys = {{"code", "代码"}}, .columns = {{"amount", "金额", {}}}}),
            "code state column ours theirs difference"
            " | 600000 only_ours amount 5.00 - -"
            " | 600036 only_ours amount 7.00 - -"
            " | 688001 only_ours amount 1.00 - - / 1");
}
TEST(TableDifferences, EqualTablesHaveNone) {
  EXPECT_EQ(told(ours, ours, {.keys = {{"code", ""}}}), "code state column ours theirs difference / 4");
  const auto none = table({"code text", "amount decimal"}, {});
  EXPECT_EQ(told(none, none, {.keys = {{"code", ""}}}), "code state column ours theirs difference / 0");
}
TEST(TableDifferences, AKeyThatStandsTwiceOrClashesIsRefused) {
  const auto twice = table({"code text", "amount decimal"}, {{"1", "1"}, {"1", "2"}});
  EXPECT_NE(told(twice, ours, {.keys = {{"code", ""}}}).find("\"1\""), std::string::npos);
  const auto named = table({"state text"}, {{"x"}});
  EXPECT_NE(told(named, named, {.keys = {{"state", ""}}}).find("rename it before"), std::string::npos);
}
// An oracle that looks at every key by itself.
TEST(TableDifferences, EveryKeyIsTalliedOnce) {
  base::SeededRandom chance(20'261'120);
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, std::int64_t> left, right;
    for (int i = 0; i < 40; ++i) {
      if (chance.below(3) > 0) left[std::to_string(chance.below(50))] = static_cast<std::int64_t>(chance.below(3));
      if (chance.below(3) > 0) right[std::to_string(chance.below(50))] = static_cast<std::int64_t>(chance.below(3));
    }
    const auto made = [](const std::map<std::string, std::int64_t>& from) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& [key, value] : from) rows.push_back({key, std::to_string(value)});
      return table({"k text", "v integer"}, rows);
    };
    std::size_t same = 0;
    std::map<std::string, std::string> wanted;
    for (const auto& [key, value] : left) {
      const auto other = right.find(key);
      if (other == right.end())
        wanted[key] = "only_ours";
      else if (other->second != value)
        wanted[key] = "differs";
      else
        ++same;
    }
    for (const auto& [key, value] : right)
      if (!left.contains(key)) wanted[key] = "only_theirs";
    const auto out = differences(made(left), made(right), {.keys = {{"k", ""}}}).value();
    EXPECT_EQ(out.same, same);
    ASSERT_EQ(out.table.rows(), wanted.size());
    for (std::size_t row = 0; row < out.table.rows(); ++row) EXPECT_EQ(out.table.at(row, 1).text(), wanted.at(out.table.at(row, 0).text()));
  }
}

}  // namespace
}  // namespace quanji::values
