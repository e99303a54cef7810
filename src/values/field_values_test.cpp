#include "values/field_values.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace quanji::values {
namespace {
enum class Mode : std::uint8_t { strict, lenient };
}
}  // namespace quanji::values
QUANJI_ENUM(quanji::values::Mode, "strict", "lenient");

namespace quanji::values {
namespace {

struct Part {
  std::string name;
  Decimal price;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Part, QF(name, "名称", "Name", .min = 1, .max = 5), QF(price, "价格", "Price", .min = 0))

struct Everything {
  std::string text;
  std::int64_t count = 0;
  double share = 0;
  bool sure = false;
  base::Date day;
  Mode mode = Mode::strict;
  Decimal amount;
  Value anything;
  TablePtr table;
  DateTime at;
  TimeOfDay time_of_day;
  Duration wait;
  FileRef file;
  std::optional<SecretRef> password;
  std::optional<Handle> browser;
  Map more;
  base::Bytes bytes;
  std::vector<Decimal> prices;
  List values;
  std::vector<Part> parts;
  std::optional<Decimal> limit;
  base::JsonText json;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Everything, QF(text, "文本", "Text", .fallback = "\"\""), QF(count, "个数", "Count", .min = 0, .max = 9, .fallback = "0"),
              QF(share, "占比", "Share", .fallback = "0"), QF(sure, "确认", "Sure", .fallback = "false"),
              QF(day, "日期", "Day", .fallback = "\"2026-11-20\""), QF(mode, "方式", "Mode", .fallback = "\"strict\""),
              QF(amount, "金额", "Amount", .fallback = "0"), QF(anything, "任意值", "Anything", .fallback = "null"),
              QF(table, "表", "Table", .fallback = "[]"), QF(at, "时间", "At", .fallback = "\"2026-11-20 09:30\""),
              QF(time_of_day, "时刻", "Time", .fallback = "\"09:30\""), QF(wait, "等待", "Wait", .fallback = "\"30s\""),
              QF(file, "文件", "File", .fallback = "\"a.csv\""), QF(password, "密码", "Password"), QF(browser, "浏览器", "Browser"),
              QF(more, "其他", "More", .fallback = "{}"), QF(bytes, "字节", "Bytes", .fallback = "{\"$bytes\":\"\"}"),
              QF(prices, "价格", "Prices", .max = 3, .fallback = "[]"), QF(values, "值", "Values", .fallback = "[]"),
              QF(parts, "部件", "Parts", .fallback = "[]"), QF(limit, "上限", "Limit", .max = 100),
              QF(json, "JSON", "JSON", .fallback = "null"))

struct Needed {
  TablePtr table;
  FileRef file;
  Duration wait;
  Value anything;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Needed, QF(table, "表", "Table"), QF(file, "文件", "File"), QF(wait, "等待", "Wait"), QF(anything, "任意值", "Anything"))

Value text(std::string_view v) { return Value::of(std::string(v)); }
Value num(std::int64_t v) { return Value::of(v); }
Value dec(std::string_view v) { return Value::of(Decimal::parse(v).value()); }

// "field: English reason" of every problem, or "" when all was taken.
std::string problems_of(Map map) {
  const auto taken = from_map<Everything>(map);
  if (taken.ok()) return "";
  std::string all;
  for (const auto& problem : taken.error().fields()) {
    EXPECT_FALSE(problem.reason.zh.empty());
    all += (all.empty() ? "" : "\n") + problem.field + ": " + problem.reason.en;
  }
  return all;
}
Everything taken(Map map) {
  auto result = from_map<Everything>(map);
  EXPECT_TRUE(result.ok()) << problems_of(map);
  return result.ok() ? *std::move(result) : Everything();
}

TEST(FieldValues, FallbacksAreTakenForWhatIsAbsentOrNothing) {
  for (const auto& one : {taken({}), taken({{"wait", Value()}, {"amount", Value()}, {"password", Value()}, {"table", Value()}})}) {
    EXPECT_EQ(one.wait.micros, 30'000'000);
    EXPECT_EQ(one.day.days, 20777);
    EXPECT_EQ(to_text(one.at), "2026-11-20T09:30:00");
    EXPECT_EQ(one.file.path, "a.csv");
    ASSERT_TRUE(one.table);
    EXPECT_EQ(one.table->rows(), 0U);
    EXPECT_FALSE(one.password);
    EXPECT_FALSE(one.limit);
  }
}

TEST(FieldValues, WhatOneMeansIsConverted) {
  const auto rows = Value::of(List{Value::of(Map{{"a", num(1)}}), Value::of(Map{{"a", num(2)}})});
  const auto one = taken({{"amount", num(5)},
                          {"count", dec("3.00")},
                          {"share", dec("0.25")},
                          {"day", text("2026-02-03")},
                          {"at", Value::of(base::Date{1})},
                          {"time_of_day", text("15:00:00.5")},
                          {"wait", text("PT1M30S")},
                          {"file", text("/in/a.dbf")},
                          {"mode", text("lenient")},
                          {"table", rows},
                          {"prices", Value::of(List{num(1), dec("2.50")})},
                          {"values", Value::of(List{num(1), text("x"), Value()})},
                          {"parts", Value::of(List{Value::of(Map{{"name", text("螺丝")}, {"price", num(2)}})})},
                          {"limit", dec("99.5")},
                          {"anything", rows},
                          {"more", Value::of(Map{{"k", num(1)}})},
                          {"password", Value::of(SecretRef{"db", 1, "password"})},
                          {"browser", Value::of(Handle{"browser", 4})},
                          {"json", Value::of(Map{{"n", dec("1.20")}})}});
  EXPECT_EQ(one.amount.text(), "5");
  EXPECT_EQ(one.count, 3);
  EXPECT_EQ(one.share, 0.25);
  EXPECT_EQ(one.at.micros, 86'400'000'000);
  EXPECT_EQ(one.time_of_day.micros, 54'000'500'000);
  EXPECT_EQ(one.wait.micros, 90'000'000);
  EXPECT_EQ(one.file.path, "/in/a.dbf");
  EXPECT_EQ(one.mode, Mode::lenient);
  EXPECT_EQ(one.table->rows(), 2U);
  EXPECT_EQ(one.prices.size(), 2U);
  EXPECT_EQ(one.prices[1].text(), "2.50");
  EXPECT_EQ(one.values[2], Value());
  EXPECT_EQ(one.parts[0].price.text(), "2");
  EXPECT_EQ(one.limit->text(), "99.5");
  EXPECT_EQ(one.anything, rows);
  EXPECT_EQ(one.password->credential, "db");
  EXPECT_EQ(one.browser->number, 4U);
  EXPECT_EQ(one.json.text, R"({"n":1.20})");
}

TEST(FieldValues, EveryProblemIsToldAtItsField) {
  EXPECT_EQ(problems_of({{"amount", text("5")}}), "amount: must be a number (without quotes, or =Decimal(\"…\")), but is text \"5\"");
  EXPECT_EQ(problems_of({{"count", text("5")}}), "count: must be a whole number (without quotes), but is text \"5\"");
  EXPECT_EQ(problems_of({{"count", dec("1.5")}}), "count: must be a whole number, but is decimal 1.5");
  EXPECT_EQ(problems_of({{"count", num(10)}}), "count: must be at most 9");
  EXPECT_EQ(problems_of({{"wait", num(30)}}), "wait: a duration has a unit: 30s, 30m or 30h?");
  EXPECT_EQ(problems_of({{"text", num(1)}}),
            "text: must be text (put digits that are a code in quotes, like \"000001\"), but is integer 1");
  EXPECT_EQ(problems_of({{"day", text("20261120")}}), "day: \"20261120\" is not a date (like 2026-11-20)");
  EXPECT_EQ(problems_of({{"mode", text("Strict")}}), "mode: there is no choice \"Strict\"; there are: strict, lenient");
  EXPECT_EQ(problems_of({{"txet", num(1)}}).find("txet: there is no parameter \"txet\"; there are: text, "), 0U);
  EXPECT_EQ(problems_of({{"password", text("hunter2")}}),
            "password: must be a secret of a credential, but is text; a flow holds no passwords");
  EXPECT_EQ(problems_of({{"table", Value::of(List{num(1)})}}), "table: row 1 must be a map of column names to values, but is integer");
  EXPECT_EQ(problems_of({{"prices", Value::of(List{num(1), num(1), num(1), num(1)})}}), "prices: at most 3 items, found 4");
  EXPECT_EQ(problems_of({{"limit", num(101)}}), "limit: must be at most 100");
  EXPECT_EQ(
      problems_of({{"parts", Value::of(List{Value::of(Map{{"name", text("")}, {"price", num(-1)}}), Value::of(Map{{"nam", num(1)}})})},
                   {"sure", num(1)},
                   {"browser", num(1)}}),
      "parts/0/name: at least 1 characters, found 0\n"
      "parts/0/price: must be at least 0\n"
      "parts/1/nam: there is no parameter \"nam\"; there are: name, price\n"
      "parts/1/name: is required\n"
      "parts/1/price: is required\n"
      "sure: must be true or false, but is integer 1\n"
      "browser: must be an open resource (a browser, a database …, opened by `with`), but is integer 1");
}

TEST(FieldValues, RequiredFieldsAreRequired) {
  const auto refused = from_map<Needed>({{"file", Value()}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().fields().size(), 4U);
  const auto table = std::make_shared<const Table>();
  // `any` takes nothing as a value, when it is given.
  EXPECT_TRUE(from_map<Needed>({{"table", Value::of(table)}, {"file", text("x")}, {"wait", text("1s")}, {"anything", Value()}}).ok());
}

TEST(FieldValues, WhatIsWrittenIsReadAgain) {
  auto one = taken({{"values", Value::of(List{num(1), text("x")})},
                    {"limit", dec("1.50")},
                    {"password", Value::of(SecretRef{"db", 1, "password"})},
                    {"bytes", Value::of(base::Bytes{1, 2})},
                    {"share", dec("0.1")}});
  const auto map = to_map(one);
  EXPECT_EQ(Value::of(map).find("browser"), nullptr);  // absent optional
  EXPECT_EQ(*Value::of(map).find("share"), dec("0.1"));
  EXPECT_EQ(Value::of(map).find("wait")->type(), Type::duration);
  EXPECT_EQ(Value::of(map).find("mode")->text(), "strict");
  EXPECT_EQ(Value::of(map).find("table")->type(), Type::table);
  EXPECT_EQ(to_map(taken(map)), map);
}

TEST(FieldValues, AContractSaysTypesAndSchemas) {
  std::string out;
  append_fields(Everything::fields(), out);
  const auto json = boost::json::parse(out);
  const auto& fields = json.as_array();
  ASSERT_EQ(fields.size(), 22U);
  std::string words;
  for (const auto& field : fields) words += std::string(field.at("type").as_string()) + " ";
  EXPECT_EQ(
      words,
      "text integer decimal bool date text decimal any table datetime time duration file secret handle map bytes list list list decimal "
      "any ");
  EXPECT_EQ(fields[5].at("choices").as_array().size(), 2U);
  EXPECT_EQ(fields[17].at("elements").as_string(), "decimal");
  EXPECT_EQ(fields[18].at("elements").as_string(), "any");
  EXPECT_EQ(fields[19].at("fields").as_array()[0].at("name").as_string(), "name");
  EXPECT_EQ(boost::json::serialize(fields[1].at("schema")),
            R"({"anyOf":[{"type":"integer","minimum":0,"maximum":9},{"type":"string","pattern":"^="}]})");
  EXPECT_EQ(boost::json::serialize(fields[13].at("schema")), R"({"type":"string","pattern":"^="})");
  EXPECT_EQ(boost::json::serialize(fields[0].at("schema")), R"({"type":"string"})");
  EXPECT_FALSE(fields[20].at("required").as_bool());
  EXPECT_EQ(boost::json::serialize(fields[11].at("fallback")), "\"30s\"");
}

TEST(FieldValues, JsonDoesNotKnowFlowTypes) {
  const auto json = base::parse_json(R"({"name":"a","price":1})");
  const auto refused = base::from_json<Part>(*json);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::bug);
  EXPECT_EQ(base::to_json(Part{"a", Decimal::of(1)}), R"({"name":"a","price":null})");
}

}  // namespace
}  // namespace quanji::values
