#include <gtest/gtest.h>

#include "activities/json/json_path.h"
#include "activities/json/json_text.h"
#include "activities/testing.h"

namespace quanji::activities::json {
namespace {

values::Value parsed(std::string_view text) {
  auto value = read_text(text, "");
  if (!value) throw std::runtime_error(value.error().message.en);
  return std::move(*value);
}
std::string problem(std::string_view text) {
  const auto value = read_text(text, "a.json");
  return value ? "" : value.error().code + ": " + value.error().message.en;
}
std::string found(std::string_view document, std::string_view path) {
  const auto list = find(parsed(document), path);
  return list ? values::Value::of(*list).json() : list.error().code;
}
std::string changed(std::string_view document, std::string_view path, std::optional<std::string_view> value) {
  const auto made = set(parsed(document), path, value ? std::optional(parsed(*value)) : std::nullopt);
  return made ? written(*made, 0) : made.error().code;
}

TEST(JsonText, NumbersKeepTheirDigits) {
  EXPECT_EQ(parsed("[1, -0, 2.50, 1e2, 18446744073709551615, 0.1]").json(),
            R"([1,0,{"$decimal":"2.50"},{"$decimal":"1E+2"},{"$decimal":"18446744073709551615"},{"$decimal":"0.1"}])");
  EXPECT_EQ(written(parsed("[2.50,100000000000000000000.01]"), 0), "[2.50,100000000000000000000.01]");
  EXPECT_EQ(problem("[1.2345678901234567890123456789012345678901]").substr(0, 43), "unreadable: a.json, line 1, column 44: a nu")
      << problem("[1.2345678901234567890123456789012345678901]");
}
TEST(JsonText, WhatIsNoJsonIsToldWithItsLineAndColumn) {
  EXPECT_EQ(problem("{\n  \"a\": 1,\n  b: 2}"),
            "unreadable: a.json, line 3, column 3: this is no JSON (look at quotation marks, commas, brackets; true, false and null are "
            "lower case)");
  EXPECT_EQ(problem("[1, 2"), "unreadable: a.json, line 1, column 6: the text ends in the middle: a bracket or quotation mark is missing");
  EXPECT_EQ(problem("[] x"), "unreadable: a.json, line 1, column 4: something stands behind its end");
  EXPECT_NE(problem(std::string(30, '[') + std::string(30, ']')).find("nests too deep"), std::string::npos);
  EXPECT_NE(problem("\"\xFF\"").find("not UTF-8: byte 2"), std::string::npos);
  EXPECT_NE(problem("").find("ends in the middle"), std::string::npos);
}
TEST(JsonText, TheLastOfRepeatedNamesCountsAndTheOrderStays) {
  EXPECT_EQ(written(parsed(R"({"b":1,"a":2,"b":3})"), 0), R"({"b":3,"a":2})");
  EXPECT_EQ(written(parsed("\xEF\xBB\xBF{\"清算\":\"\\u5238\"}"), 0), R"({"清算":"券"})");
  EXPECT_EQ(written(parsed(R"({"a":[1,{}],"b":{}})"), 2), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}\n");
}
TEST(JsonPath, PointersAndPathsFindInTheOrderOfTheDocument) {
  const auto* document = R"({"a":[{"n":1},{"n":2},{"m":3}],"b":{"n":4},"a/b":5,"m~n":6,"":7})";
  EXPECT_EQ(found(document, "/a/1/n"), "[2]");
  EXPECT_EQ(found(document, "/a~1b"), "[5]");
  EXPECT_EQ(found(document, "/m~0n"), "[6]");
  EXPECT_EQ(found(document, "/"), "[7]");
  EXPECT_EQ(found(document, "/a/9"), "[]");
  EXPECT_EQ(found(document, "$.a[*].n"), "[1,2]");
  EXPECT_EQ(found(document, "$..n"), "[1,2,4]");
  EXPECT_EQ(found(document, "$.a[-1].m"), "[3]");
  EXPECT_EQ(found(document, "$.a[0:2].n"), "[1,2]");
  EXPECT_EQ(found(document, "$.a[-2:]['n','m']"), "[2,3]");
  EXPECT_EQ(found(document, "$['a/b']"), "[5]");
  EXPECT_EQ(found("[[1,[2]],3]", "$..*"), "[[1,[2]],3,1,[2],2]");
  for (const auto* wrong : {"a", "$a", "$.", "$[", "$['a", "$[x]", "$[1:x]", "/a~2", "$.a["})
    EXPECT_EQ(found(document, wrong), "invalid_argument") << wrong;
}
TEST(JsonPath, OnePlaceIsSetAddedOrRemoved) {
  EXPECT_EQ(changed(R"({"a":[1,2]})", "/a/0", "9"), R"({"a":[9,2]})");
  EXPECT_EQ(changed(R"({"a":[1,2]})", "/a/-", "9"), R"({"a":[1,2,9]})");
  EXPECT_EQ(changed(R"({"a":[1,2]})", "$.a[-1]", std::nullopt), R"({"a":[1]})");
  EXPECT_EQ(changed(R"({"a":1})", "/b", "2"), R"({"a":1,"b":2})");
  EXPECT_EQ(changed(R"({"a":1})", "/b", std::nullopt), "no_match");
  EXPECT_EQ(changed(R"({"a":1})", "/b/c", "2"), "no_match");
  EXPECT_EQ(changed(R"({"a":[1]})", "/a/1", "2"), "no_match");
  EXPECT_EQ(changed(R"({"a":1})", "", "2"), "2");
  EXPECT_EQ(changed(R"({"a":1})", "$..a", "2"), "invalid_argument");
}
TEST(JsonFiles, AFileThatIsNoJsonNamesItsPlace) {
  ActivityWorld world;
  const auto finished = world.run_steps(
      "- do: file.write_text\n  with: {text: \"{\\n 'a': 1}\", to: a.json}\n- do: json.read\n  with: {file: a.json}\n  save: d\n");
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(finished.error->code, "unreadable");
  EXPECT_NE(finished.error->message.find("a.json, line 2, column 2"), std::string::npos) << finished.error->message;
}

}  // namespace
}  // namespace quanji::activities::json
