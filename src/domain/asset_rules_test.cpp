#include "domain/asset_rules.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

using base::Code;
using Type = AssetType;

std::string kept(Type type, std::string_view json) {
  const auto value = asset_value(type, json);
  return value.ok() ? *value : "refused";
}

TEST(AssetRules, AValueHasOneSpelling) {
  EXPECT_EQ(kept(Type::text, R"( "限额" )"), R"("限额")");
  EXPECT_EQ(kept(Type::integer, " -7 "), "-7");
  EXPECT_EQ(kept(Type::decimal, R"("1.20")"), R"("1.20")");
  EXPECT_EQ(kept(Type::decimal, "12"), R"("12")");
  EXPECT_EQ(kept(Type::boolean, "true"), "true");
  EXPECT_EQ(kept(Type::date, R"("2026-11-20")"), R"("2026-11-20")");
  EXPECT_EQ(kept(Type::json, R"({ "a" : [1, {"$decimal":"2.5"}] })"), R"({"a":[1,{"$decimal":"2.5"}]})");
  EXPECT_EQ(kept(Type::json, "null"), "null");
  EXPECT_EQ(kept(Type::list, R"([ 1 , "x" ])"), R"([1,"x"])");
}

TEST(AssetRules, WhatIsOfAnotherTypeIsRefusedAtItsField) {
  const std::pair<Type, std::string_view> bad[] = {{Type::text, "1"},
                                                   {Type::text, ""},
                                                   {Type::text, "\"x"},
                                                   {Type::integer, "1.5"},
                                                   {Type::integer, "\"1\""},
                                                   {Type::integer, "9223372036854775808"},
                                                   {Type::decimal, "1.5"},
                                                   {Type::decimal, "\"1,5\""},
                                                   {Type::decimal, "\"\""},
                                                   {Type::decimal, "\"01\""},
                                                   {Type::decimal, "\"1.\""},
                                                   {Type::decimal, "\".5\""},
                                                   {Type::decimal, "\"1e3\""},
                                                   {Type::decimal, "\"+1\""},
                                                   {Type::decimal, "\"NaN\""},
                                                   {Type::boolean, "0"},
                                                   {Type::date, "\"2026-02-30\""},
                                                   {Type::date, "20261120"},
                                                   {Type::list, "{}"},
                                                   {Type::json, "{"},
                                                   {Type::secret, "\"x\""}};
  for (const auto& [type, json] : bad) {
    const auto value = asset_value(type, json);
    ASSERT_FALSE(value.ok()) << base::word(type) << " " << json;
    EXPECT_EQ(value.error().code(), Code::invalid_field);
    EXPECT_EQ(value.error().fields().at(0).field, "value");
    // What was given may have been meant as a secret: it is never said back.
    EXPECT_TRUE(json.size() < 5 || value.error().fields().at(0).reason.en.find(json) == std::string::npos) << json;
  }
  EXPECT_EQ(kept(Type::decimal, '"' + std::string(38, '9') + '"'), '"' + std::string(38, '9') + '"');
  EXPECT_FALSE(asset_value(Type::decimal, '"' + std::string(39, '9') + '"').ok());
  EXPECT_FALSE(asset_value(Type::text, '"' + std::string(asset_value_limit, 'x') + '"').ok());
  std::string many = "[0";
  for (std::size_t i = 0; i < asset_list_limit; ++i) many += ",0";
  EXPECT_FALSE(asset_value(Type::list, many + "]").ok());
  EXPECT_FALSE(asset_value(Type::json, std::string(200, '[') + std::string(200, ']')).ok());
}

TEST(AssetRules, ANumberOfMoreDigitsThanCanBeKeptIsRefused) {
  EXPECT_FALSE(asset_value(AssetType::json, "88423666666666666666666666666666666666666666666").ok());
  EXPECT_FALSE(asset_value(AssetType::list, "[88423666666666666666666666666666666666666666666]").ok());
  EXPECT_TRUE(asset_value(AssetType::json, R"({"n":1.5,"long":"88423666666666666666666666666666666666666666666"})").ok());
}
TEST(AssetRules, FlowsSeeDecimalsAndDatesAsSuchAndSetThemBack) {
  EXPECT_EQ(to_flow(Type::decimal, R"("1.20")"), R"({"$decimal":"1.20"})");
  EXPECT_EQ(to_flow(Type::date, R"("2026-11-20")"), R"({"$date":"2026-11-20"})");
  EXPECT_EQ(to_flow(Type::text, R"("x")"), R"("x")");
  for (const auto& [type, value] : {std::pair<Type, std::string_view>{Type::decimal, R"("1.20")"},
                                    {Type::date, R"("2026-11-20")"},
                                    {Type::text, R"("x")"},
                                    {Type::integer, "7"},
                                    {Type::boolean, "false"},
                                    {Type::list, "[1]"}})
    EXPECT_EQ(from_flow(type, to_flow(type, value)).value(), value);
  EXPECT_EQ(from_flow(Type::decimal, "3").value(), R"("3")");
  EXPECT_FALSE(from_flow(Type::decimal, R"("1.20")").ok());
  EXPECT_FALSE(from_flow(Type::date, R"("2026-11-20")").ok());
  EXPECT_FALSE(from_flow(Type::text, R"({"$decimal":"1.20"})").ok());
}

TEST(AssetRules, NarrowScopesComeFirstAndEachNamesItsOwnKind) {
  const auto order = scopes_in_order();
  ASSERT_EQ(order.size(), 5U);
  EXPECT_EQ(order.front(), AssetScope::task);
  EXPECT_EQ(order.back(), AssetScope::global);
  EXPECT_TRUE(check_scope(AssetScope::global, "").ok());
  EXPECT_FALSE(check_scope(AssetScope::global, "rob_01ARYZ6S41TSV4RRFFQ69G5FAV").ok());
  EXPECT_TRUE(check_scope(AssetScope::robot, "rob_01ARYZ6S41TSV4RRFFQ69G5FAV").ok());
  EXPECT_FALSE(check_scope(AssetScope::robot, "srv_01ARYZ6S41TSV4RRFFQ69G5FAV").ok());
  EXPECT_FALSE(check_scope(AssetScope::task, "").ok());
}

}  // namespace
}  // namespace quanji::domain
