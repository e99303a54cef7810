#include "values/plain_json.h"

#include <gtest/gtest.h>

namespace quanji::values {
namespace {

std::string read(std::string_view text) {
  const auto value = parse_plain_json(text);
  return value ? value->json() : value.error().message().en;
}

TEST(PlainJson, NumbersKeepEveryDigit) {
  EXPECT_EQ(read("[1, -7, 0, 9223372036854775807]"), "[1,-7,0,9223372036854775807]");
  EXPECT_EQ(read("[1.20, 0.1, 12345678901234567.89]"), R"([{"$decimal":"1.20"},{"$decimal":"0.1"},{"$decimal":"12345678901234567.89"}])");
  EXPECT_EQ(read("9223372036854775808"), R"({"$decimal":"9223372036854775808"})");
  EXPECT_EQ(read("18446744073709551616"), R"({"$decimal":"18446744073709551616"})");
}
TEST(PlainJson, WordsOfOursMeanNothingThere) {
  EXPECT_EQ(read(R"({"$secret":{"credential":"a","version":1,"field":"password"}})"),
            R"({"$map":{"$secret":{"credential":"a","version":1,"field":"password"}}})");
  EXPECT_EQ(read(R"({"$nonsense":1})"), R"({"$map":{"$nonsense":1}})");
}
TEST(PlainJson, AllElseIsItself) {
  EXPECT_EQ(read("\xEF\xBB\xBF {\"中\": [true, null, \"\\u4e2d\\n\", {}], \"a\": []}\n"), R"({"中":[true,null,"中\n",{}],"a":[]})");
  EXPECT_EQ(read("\"\""), "\"\"");
  EXPECT_EQ(read(R"({"a":1,"b":2,"a":3})"), R"({"b":2,"a":3})");
}
TEST(PlainJson, WhatIsNoJsonIsToldWithItsPlace) {
  EXPECT_EQ(read("{\n  \"a\": nope}"), "line 2, column 8: is not valid JSON");
  EXPECT_EQ(read("[1, 2"), "line 1, column 6: the JSON ends too early");
  EXPECT_EQ(read(""), "line 1, column 1: the JSON ends too early");
  EXPECT_EQ(read("{} x"), "line 1, column 4: something stands behind the JSON");
  EXPECT_EQ(read("\"\xff\""), "line 1, column 2: is not UTF-8");
  EXPECT_TRUE(read("1e999999").ends_with("too large or long for an exact decimal"));
}
TEST(PlainJson, DepthIsLimitedToWhatValuesMayHave) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(parse_plain_json(nested(max_value_depth)).ok());
  EXPECT_TRUE(read(nested(max_value_depth + 1)).ends_with("is nested deeper than 24"));
  EXPECT_FALSE(parse_plain_json(std::string(1'000'000, '[')).ok());
}

}  // namespace
}  // namespace quanji::values
