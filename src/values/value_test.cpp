#include "values/value.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/fields_json.h"
#include "values/table.h"

namespace quanji::values {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
Value text(std::string_view v) { return Value::of(std::string(v)); }
Value read(std::string_view json_text) {
  const auto json = base::parse_json(json_text, max_value_json_depth);
  EXPECT_TRUE(json.ok()) << json_text;
  auto value = Value::from_json(*json);
  EXPECT_TRUE(value.ok()) << json_text << ": " << (value.ok() ? "" : value.error().message().en);
  return value.ok() ? *value : Value();
}
std::string refusal(std::string_view json_text) {
  const auto json = base::parse_json(json_text, max_value_json_depth);
  EXPECT_TRUE(json.ok()) << json_text;
  const auto value = Value::from_json(*json);
  EXPECT_FALSE(value.ok()) << json_text;
  return value.ok() ? "" : value.error().message().en;
}
TablePtr small_table() {
  ColumnBuilder codes(ColumnType::text), amounts(ColumnType::decimal, 2), wide(ColumnType::decimal), any(ColumnType::any);
  for (const auto* code : {"600000", "", "000001"}) codes.add_text(code);
  amounts.add_units(120);
  amounts.add_nothing();
  amounts.add_units(-5);
  wide.add(dec("1.2"));
  wide.add(dec("1.20"));
  wide.add(dec("99999999999999999999999999999999999999"));
  any.add(Value::of(true));
  any.add(text("yes"));
  any.add_nothing();
  return std::make_shared<const Table>(
      Table::make({"证券代码", "amount", "wide", "any"},
                  {std::move(codes).finish(), std::move(amounts).finish(), std::move(wide).finish(), std::move(any).finish()})
          .value());
}

TEST(Value, EveryTypeIsReadAsItWasWritten) {
  const std::vector<Value> all = {Value(),
                                  Value::of(true),
                                  Value::of(false),
                                  Value::of(std::int64_t{INT64_MIN}),
                                  Value::of(std::int64_t{INT64_MAX}),
                                  Value::of(dec("1.20")),
                                  Value::of(dec("-0E-7")),
                                  Value::of(dec("1E+3")),
                                  text(""),
                                  text("券机 \"quoted\" \\ \n \x01"),
                                  Value::of(base::Date{20777}),
                                  Value::of(base::Date{-719162}),
                                  Value::of(base::Date{2932896}),
                                  Value::of(TimeOfDay{0}),
                                  Value::of(TimeOfDay{86'399'999'999}),
                                  Value::of(DateTime{-1}),
                                  Value::of(DateTime{1'700'000'000'123'456}),
                                  Value::of(Duration{0}),
                                  Value::of(Duration{1'500'000}),
                                  Value::of(Duration{INT64_MIN}),
                                  Value::of(Duration{INT64_MAX}),
                                  Value::of(List{}),
                                  Value::of(List{Value::of(std::int64_t{1}), text("a"), Value()}),
                                  Value::of(Map{}),
                                  Value::of(Map{{"b", text("1")}, {"a", Value::of(List{})}}),
                                  Value::of(Map{{"$decimal", text("1")}}),
                                  Value::of(Map{{"$map", Value::of(Map{{"$x", Value()}})}, {"a", Value()}}),
                                  Value::of(small_table()),
                                  Value::of(std::make_shared<const Table>()),
                                  Value::of(base::Bytes{}),
                                  Value::of(base::Bytes{0, 255, 7}),
                                  Value::of(FileRef{"/in/SJSMX1.DBF", ""}),
                                  Value::of(FileRef{"/in/x", "ab12"}),
                                  Value::of(SecretRef{"counter_db", 3, "password"}),
                                  Value::of(Handle{"browser", 0})};
  for (const auto& value : all) {
    const auto json = value.json();
    const auto again = read(json);
    EXPECT_EQ(again, value) << json;
    EXPECT_EQ(again.type(), value.type()) << json;
    EXPECT_EQ(again.json(), json);
    EXPECT_EQ(again.hash(), value.hash()) << json;
  }
  const auto together = Value::of(List(all));
  EXPECT_EQ(read(together.json()), together);
}

TEST(Value, TheJournalFormIsTheOneInTheHeader) {
  EXPECT_EQ(Value::of(dec("1.20")).json(), R"({"$decimal":"1.20"})");
  EXPECT_EQ(Value::of(base::Date{20777}).json(), R"({"$date":"2026-11-20"})");
  EXPECT_EQ(Value::of(Duration{1'500'000}).json(), R"({"$duration":"PT1.5S"})");
  EXPECT_EQ(Value::of(Handle{"browser", 7}).json(), R"({"$handle":"browser"})");
  EXPECT_EQ(Value::of(Map{{"$a", Value()}}).json(), R"({"$map":{"$a":null}})");
  ColumnBuilder b(ColumnType::integer);
  b.add_integer(1);
  b.add_nothing();
  const auto table = Table::make({"n"}, {std::move(b).finish()}).value();
  EXPECT_EQ(Value::of(std::make_shared<const Table>(table)).json(), R"({"$table":[{"name":"n","type":"integer","values":[1,null]}]})");
}

TEST(Value, WhatCannotBeAValueIsRefused) {
  EXPECT_NE(refusal("9223372036854775808").find("beyond 64 bits"), std::string::npos);
  EXPECT_NE(refusal("99999999999999999999999").find("beyond 64 bits"), std::string::npos);
  EXPECT_NE(refusal("-9223372036854775809").find("beyond 64 bits"), std::string::npos);
  EXPECT_NE(refusal(R"({"$money":"1"})").find("$money is not known"), std::string::npos);
  EXPECT_NE(refusal(R"({"$decimal":"1","a":2})").find("stands alone"), std::string::npos);
  for (const auto* json :
       {R"({"$decimal":1})", R"({"$decimal":"x"})", R"({"$date":"2026-02-30"})", R"({"$time":"24:00:00"})", R"({"$datetime":"2026-01-01"})",
        R"({"$duration":"soon"})", R"({"$bytes":"a"})", R"({"$file":"/x"})", R"({"$file":{"path":"/x","more":1}})",
        R"({"$secret":{"credential":"a","version":"1","field":"b"}})", R"({"$map":[]})", R"({"$table":{}})",
        R"({"$table":[{"name":"a","type":"integer","values":["1"]}]})", R"({"$table":[{"name":"a","type":"money","values":[]}]})",
        R"({"$table":[{"name":"","type":"integer","values":[]}]})",
        R"({"$table":[{"name":"a","type":"integer","values":[1]},{"name":"b","type":"integer","values":[]}]})",
        R"({"$table":[{"name":"a","type":"integer","values":[1]},{"name":"a","type":"integer","values":[2]}]})"})
    refusal(json);
  EXPECT_EQ(read("0.1"), Value::of(dec("0.1")));
  EXPECT_EQ(read("1e3").type(), Type::decimal);
}

TEST(Value, DepthIsBounded) {
  const auto nested = [](int depth) {
    std::string json;
    for (int i = 0; i < depth; ++i) json += '[';
    return json + std::string(static_cast<std::size_t>(depth), ']');
  };
  read(nested(max_value_depth + 1));
  EXPECT_NE(refusal(nested(max_value_depth + 2)).find("deeper than 24"), std::string::npos);
  // The dearest nesting in JSON's own levels: tables in columns of anything.
  auto value = Value::of(List{text("a"), Value::of(true)});
  for (int i = 0; i < max_value_depth - 1; ++i) {
    ColumnBuilder b(ColumnType::any);
    b.add(value);
    value = Value::of(std::make_shared<const Table>(Table::make({"x"}, {std::move(b).finish()}).value()));
  }
  EXPECT_EQ(read(value.json()), value);
}

TEST(Value, NumbersOfOneValueAreOneKey) {
  const auto one = Value::of(std::int64_t{1});
  EXPECT_EQ(one, Value::of(dec("1.00")));
  EXPECT_EQ(one.hash(), Value::of(dec("1.00")).hash());
  EXPECT_EQ(Value::of(dec("1E+3")).hash(), Value::of(std::int64_t{1000}).hash());
  EXPECT_NE(one, Value::of(true));
  EXPECT_NE(one, text("1"));
}

TEST(Value, MapsAreEqualInAnyOrder) {
  Map forth, back;
  for (int i = 0; i < 40; ++i) forth.emplace_back("k" + std::to_string(i), Value::of(std::int64_t{i}));
  back.assign(forth.rbegin(), forth.rend());
  EXPECT_EQ(Value::of(forth), Value::of(back));
  EXPECT_EQ(Value::of(forth).hash(), Value::of(back).hash());
  back[3].second = Value();
  EXPECT_NE(Value::of(forth), Value::of(back));
  EXPECT_EQ(Value::of(Map{{"a", Value()}, {"b", text("x")}}), Value::of(Map{{"b", text("x")}, {"a", Value()}}));
  EXPECT_NE(Value::of(Map{{"a", Value()}}), Value::of(Map{{"b", Value()}}));
}

TEST(Value, OrderIsWithinOneKind) {
  const auto one = Value::of(std::int64_t{1}), more = Value::of(dec("1.5"));
  EXPECT_TRUE(Value::comparable(one, more));
  EXPECT_TRUE(Value::compare(one, more) < 0);
  EXPECT_TRUE(Value::compare(Value(), one) < 0);
  EXPECT_TRUE(Value::compare(one, Value()) > 0);
  EXPECT_TRUE(Value::compare(text("a"), text("券")) < 0);
  EXPECT_TRUE(Value::compare(Value::of(base::Date{1}), Value::of(base::Date{0})) > 0);
  EXPECT_FALSE(Value::comparable(one, text("1")));
  EXPECT_FALSE(Value::comparable(Value::of(List{}), Value::of(List{})));
}

TEST(Value, PlainJsonIsForOtherPrograms) {
  std::string out;
  Value::of(Map{{"amount", Value::of(dec("1.20"))},
                {"day", Value::of(base::Date{0})},
                {"wait", Value::of(Duration{90'000'000})},
                {"table", Value::of(small_table())}})
      .append_plain_json(out);
  EXPECT_EQ(out, R"({"amount":1.20,"day":"1970-01-01","wait":"1m30s","table":[{"证券代码":"600000","amount":1.20,"wide":1.2,"any":true},)"
                 R"({"证券代码":"","amount":null,"wide":1.20,"any":"yes"},)"
                 R"({"证券代码":"000001","amount":-0.05,"wide":99999999999999999999999999999999999999,"any":null}]})");
  EXPECT_EQ(Value::of(dec("1E+3")).display(), "1000");
  EXPECT_EQ(Value().display(), "");
  EXPECT_EQ(Value::of(SecretRef{"db", 1, "password"}).display(), "[secret db]");
}

TEST(Value, VariablesAreReadAsTheyWereWritten) {
  Variables variables;
  variables["a"] = Value::of(dec("1.20"));
  variables["$b"] = text("x");
  const auto json = base::parse_json(to_json(variables));
  EXPECT_EQ(variables_from_json(*json).value(), variables);
  EXPECT_TRUE(variables_from_json(boost::json::value()).value().empty());
  EXPECT_FALSE(variables_from_json(boost::json::value(1)).ok());
}

TEST(ValueTimes, DatesOfAllYearsAreReadAsTheyWereWritten) {
  for (const auto* date : {"0001-01-01", "1899-12-31", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"})
    EXPECT_EQ(date_text(parse_date(date).value()), date);
  for (const auto* date : {"", "0000-01-01", "2023-02-29", "2026-13-01", "2026-1-1", "20261120", "2026-11-20 ", "10000-01-01"})
    EXPECT_FALSE(parse_date(date).ok()) << date;
  EXPECT_FALSE(parse_date(date_text({2932897})).ok());
  EXPECT_FALSE(parse_date(date_text({INT32_MIN})).ok());
}

TEST(ValueTimes, TimesHaveSixDecimalsAtMost) {
  EXPECT_EQ(parse_time_of_day("09:30")->micros, 34'200'000'000);
  EXPECT_EQ(to_text(parse_time_of_day("09:30:00.100").value()), "09:30:00.1");
  EXPECT_EQ(to_text(TimeOfDay{86'399'999'999}), "23:59:59.999999");
  for (const auto* time : {"", "9:30", "24:00:00", "09:60:00", "09:30:60", "09:30:00.", "09:30:00.1234567", "09:30:00Z"})
    EXPECT_FALSE(parse_time_of_day(time).ok()) << time;
  EXPECT_EQ(parse_datetime("2026-11-20 09:30:00").value(), parse_datetime("2026-11-20T09:30:00").value());
  EXPECT_EQ(to_text(DateTime{-1}), "1969-12-31T23:59:59.999999");
  for (const auto* at : {"2026-11-20", "2026-11-20T", "2026-11-20T09:30:00+08:00", "2026-11-20  09:30:00"})
    EXPECT_FALSE(parse_datetime(at).ok()) << at;
}

TEST(ValueTimes, DurationsAreReadInBothSpellings) {
  const auto micros = [](std::string_view t) { return parse_duration(t).value().micros; };
  EXPECT_EQ(micros("30s"), 30'000'000);
  EXPECT_EQ(micros("1m30s"), 90'000'000);
  EXPECT_EQ(micros("2h"), 7'200'000'000);
  EXPECT_EQ(micros("PT1M30S"), 90'000'000);
  EXPECT_EQ(micros("P1DT2H"), 93'600'000'000);
  EXPECT_EQ(micros("P2D"), 172'800'000'000);
  EXPECT_EQ(micros("1.5h"), 5'400'000'000);
  EXPECT_EQ(micros("250ms"), 250'000);
  EXPECT_EQ(micros("0.5ms"), 500);
  EXPECT_EQ(micros("-30s"), -30'000'000);
  EXPECT_EQ(micros("0s"), 0);
  for (const auto* t : {"",
                        "30",
                        "s",
                        "30 s",
                        "1s1s",
                        "1s1m",
                        "1.5m3s",
                        "PT",
                        "P",
                        "P1DT",
                        "PT1H1H",
                        "1y",
                        "1e3s",
                        "--1s",
                        "0.0000001s",
                        "-",
                        "99999999999999999999s",
                        "9223372036854.775808s",
                        "1h30",
                        "P1H",
                        "PT1D",
                        "1.s"})
    EXPECT_FALSE(parse_duration(t).ok()) << t;
  for (const std::int64_t m : std::initializer_list<std::int64_t>{0, 1, -1, 999'999, 1'000'000, 60'000'000, 3'600'000'000, 86'400'000'000,
                                                                  90'061'000'001, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(parse_duration(to_text(Duration{m})).value().micros, m) << to_text(Duration{m});
    EXPECT_EQ(parse_duration(iso_text(Duration{m})).value().micros, m) << iso_text(Duration{m});
  }
  EXPECT_EQ(to_text(Duration{90'061'500'000}), "1d1h1m1.5s");
}

}  // namespace
}  // namespace quanji::values
