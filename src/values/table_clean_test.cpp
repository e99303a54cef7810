#include "values/table_clean.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::shown;
using testing::table;

TEST(TableClean, TextsAndNamesLoseTheirBlanksAndEmptyRowsGo) {
  const auto messy = table({" code text", "金额　 any", "note text"},
                           {{" 600000\t", "　甲 ", "-"}, {"  ", "　", "\u00A0"}, {"-", "-", "-"}, {"000001", "7", "x y"}});
  EXPECT_EQ(shown(clean(messy, {})), "code 金额 note | 600000 甲 - | 000001 7 x y");
}
TEST(TableClean, EachPartCanBeLeftOut) {
  const auto messy = table({" a text"}, {{" x "}, {" "}});
  EXPECT_EQ(shown(clean(messy, {.trim_texts = false})), "a |  x ");
  EXPECT_EQ(shown(clean(messy, {.trim_names = false})), " a | x");
  EXPECT_EQ(shown(clean(messy, {.drop_empty_rows = false})), "a | x | ");
}
TEST(TableClean, WhatIsTidyIsShared) {
  const auto tidy = table({"a text", "b integer"}, {{"x", "1"}, {"y", "-"}});
  const auto out = clean(tidy, {}).value();
  EXPECT_EQ(out.column(0).get(), tidy.column(0).get());
  EXPECT_EQ(out.column(1).get(), tidy.column(1).get());
}
TEST(TableClean, NamesThatBecomeAlikeAreRefused) {
  const auto refused = clean(table({"a text", "a  text"}, {}), {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::name_taken);
  EXPECT_NE(refused.error().message().en.find("two columns are named \"a\""), std::string::npos);
  EXPECT_EQ(clean(table({"a text", "　 text"}, {}), {}).error().code(), base::Code::name_taken);
}

}  // namespace
}  // namespace quanji::values
