#include "activities/path_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace quanji::activities {
namespace {

TEST(PathPattern, StarsStayWithinAPartAndTwoOfThemDoNot) {
  struct Case {
    const char *pattern, *path;
    bool matches;
  };
  for (const auto& one : {Case{"*.csv", "a.csv", true},
                          Case{"*.csv", "in/a.csv", true},
                          Case{"*.csv", "a.csv.tmp", false},
                          Case{"in/*.csv", "in/a.csv", true},
                          Case{"in/*.csv", "in/b/a.csv", false},
                          Case{"in/**/*.csv", "in/b/c/a.csv", true},
                          Case{"in/**/*.csv", "in/a.csv", true},
                          Case{"**", "in/b/a", true},
                          Case{"**/a", "a", true},
                          Case{"?.txt", "清.txt", true},
                          Case{"?.txt", "清算.txt", false},
                          Case{"SJSMX[12]*", "SJSMX11120.DBF", true},
                          Case{"[!a-c]x", "dx", true},
                          Case{"[!a-c]x", "bx", false},
                          Case{"[", "[", true},
                          Case{"[]]", "]", true},
                          Case{"", "", true},
                          Case{"a", "", false},
                          Case{"清算*", "清算表.xlsx", true},
                          Case{"*/a", "/a", true}})
    EXPECT_EQ(matches_path(one.pattern, one.path), one.matches) << one.pattern << " " << one.path;
}
TEST(PathPattern, AHostilePatternTakesNoLongerThanPatternTimesPath) {
  const std::string pattern = [] {
    std::string out;
    for (int i = 0; i < 200; ++i) out += "*a";
    return out + "b";
  }();
  EXPECT_FALSE(matches_path(pattern, std::string(2'000, 'a')));
}

}  // namespace
}  // namespace quanji::activities
