#include "domain/payload_schema.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace quanji::domain {
namespace {

std::vector<std::string> problems_of(std::string_view schema, std::string_view payload) {
  const auto read = read_payload_schema(schema);
  EXPECT_TRUE(read.ok()) << schema << ": " << (read.ok() || read.error().fields().empty() ? "" : read.error().fields()[0].reason.en);
  if (!read) return {"schema"};
  base::Problems problems;
  read->check(*base::parse_json(payload), problems, "payload");
  std::vector<std::string> out;
  for (const auto& one : problems.found) out.push_back(one.field + ": " + one.reason.en);
  return out;
}
bool fits(std::string_view schema, std::string_view payload) { return problems_of(schema, payload).empty(); }

TEST(PayloadSchema, EachWordDoesWhatTheDraftSays) {
  struct {
    std::string_view schema, good, bad;
  } const cases[] = {
      {R"({"type":"object"})", "{}", "[]"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"type":"integer"})", "1.0", "1.5"},
      {R"({"type":"number"})", "1", R"("1")"},
      {R"({"required":["a"]})", R"({"a":null})", R"({"b":1})"},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x","b":1})", R"({"a":1})"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1})", R"({"b":1})"},
      {R"({"properties":{"a":true},"additionalProperties":{"type":"integer"}})", R"({"a":"x","b":1})", R"({"b":"x"})"},
      {R"({"patternProperties":{"^x_":{"type":"integer"}},"additionalProperties":false})", R"({"x_a":1})", R"({"x_a":"1"})"},
      {R"({"minProperties":1,"maxProperties":1})", R"({"a":1})", "{}"},
      {R"({"propertyNames":{"maxLength":2}})", R"({"ab":1})", R"({"abc":1})"},
      {R"({"items":{"type":"integer"}})", "[1,2]", "[1,\"2\"]"},
      {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1])", R"(["a","b"])"},
      {R"({"minItems":1,"maxItems":2})", "[1]", "[1,2,3]"},
      {R"({"uniqueItems":true})", R"([1,"1",{"a":1,"b":2}])", R"([{"a":1,"b":2},{"b":2,"a":1.0}])"},
      {R"({"contains":{"const":3}})", "[1,3]", "[1]"},
      {R"({"minimum":1,"maximum":2})", "2", "2.01"},
      {R"({"exclusiveMinimum":1,"exclusiveMaximum":2})", "1.5", "1"},
      {R"({"minLength":2,"maxLength":3})", R"("资管线")", R"("资")"},
      {R"({"pattern":"^[0-9]{6}$"})", R"("600000")", R"("60000")"},
      {R"({"pattern":"b"})", R"("abc")", R"("ac")"},
      {R"({"enum":["买入","卖出",1]})", "1.0", R"("买")"},
      {R"({"const":{"a":[1]}})", R"({"a":[1]})", R"({"a":[2]})"},
      {R"({"anyOf":[{"type":"string"},{"minimum":5}]})", "5", "4"},
      {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "1", "3"},
      {R"({"oneOf":[{"minimum":1},{"maximum":2}]})", "3", "1"},
      {R"({"not":{"type":"string"}})", "1", R"("x")"},
      {R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})", R"({"a":1,"b":1})", R"({"a":1,"c":1})"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1,"b":2})", R"({"a":1})"},
      {"true", "1", ""},
      {"false", "", "1"},
  };
  for (const auto& one : cases) {
    if (!one.good.empty()) EXPECT_TRUE(fits(one.schema, one.good)) << one.schema << " " << one.good;
    if (!one.bad.empty()) EXPECT_FALSE(fits(one.schema, one.bad)) << one.schema << " " << one.bad;
  }
}

TEST(PayloadSchema, AWordSpeaksOnlyOfItsOwnKindOfValue) {
  EXPECT_TRUE(fits(R"({"minLength":5,"minItems":5,"required":["x"],"pattern":"z"})", "1"));
  EXPECT_TRUE(fits(R"({"minimum":5})", R"("a")"));
}

TEST(PayloadSchema, EveryProblemIsToldAtItsPlace) {
  const auto found = problems_of(
      R"({"type":"object","required":["code","a/b"],"properties":{"lines":{"items":{"properties":{"amount":{"type":"number"}}}}}})",
      R"({"lines":[{"amount":1},{"amount":"x"}]})");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], "payload/code: is required");
  EXPECT_EQ(found[1], "payload/a~1b: is required");
  EXPECT_EQ(found[2], "payload/lines/1/amount: should be of type number");
}

TEST(PayloadSchema, WhatIsNotUnderstoodIsRefusedWhenItIsGiven) {
  for (const std::string_view schema : {R"({"$ref":"#/x"})",
                                        R"({"multipleOf":3})",
                                        R"({"requried":["a"]})",
                                        R"({"type":"text"})",
                                        R"({"type":[]})",
                                        R"({"minLength":-1})",
                                        R"({"minLength":1.5})",
                                        R"({"minimum":"1"})",
                                        R"({"pattern":"("})",
                                        R"~({"pattern":"(?=a)"})~",
                                        R"({"properties":[]})",
                                        R"({"properties":{"a":1}})",
                                        R"({"required":"a"})",
                                        R"({"required":[1]})",
                                        R"({"anyOf":[]})",
                                        R"({"enum":1})",
                                        "[]",
                                        "1",
                                        "null",
                                        R"({"uniqueItems":1})",
                                        R"({"patternProperties":{"(":true}})"}) {
    const auto read = read_payload_schema(schema);
    ASSERT_FALSE(read.ok()) << schema;
    EXPECT_EQ(read.error().code(), base::Code::invalid_field) << schema;
  }
  EXPECT_EQ(read_payload_schema("{").error().code(), base::Code::unreadable_body);
  const auto named = read_payload_schema(R"({"properties":{"amount":{"multipleOf":3}}})");
  EXPECT_EQ(named.error().fields().at(0).field, "payloadSchema/properties/amount/multipleOf");
  EXPECT_EQ(read_payload_schema("\"" + std::string(70'000, 'x') + "\"").error().code(), base::Code::too_large);
}

TEST(PayloadSchema, AnnotationsSayNothing) {
  EXPECT_TRUE(
      fits(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"x","description":"y","default":1,"format":"date"})",
           R"("no date")"));
}

TEST(PayloadSchema, AHostilePayloadEndsInTime) {
  std::string many = R"({"items":{"anyOf":[)";
  for (int i = 0; i < 1500; ++i) many += std::string(i ? "," : "") + R"({"const":)" + std::to_string(i + 100) + "}";
  many += "]}}";
  std::string list = "[1";
  for (int i = 0; i < 20'000; ++i) list += ",1";
  list += "]";
  const auto found = problems_of(many, list);
  EXPECT_FALSE(found.empty());
  EXPECT_LE(found.size(), 20U);
}

}  // namespace
}  // namespace quanji::domain
