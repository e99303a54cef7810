#include "domain/form_fields.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

std::vector<FormField> form_of(std::string_view text) {
  auto form = read_form(text, "form");
  EXPECT_TRUE(form.ok()) << text;
  return form.ok() ? std::move(*form) : std::vector<FormField>();
}
std::string told(const base::Error& error) {
  std::string all;
  for (const auto& one : error.fields()) all += one.field + " " + one.reason.en + "\n";
  return all;
}
// What is kept of the one answer, or "" when it is refused.
std::string kept(std::string_view type, std::string_view value) {
  const auto form = form_of(R"([{"name":"x","type":")" + std::string(type) + R"("}])");
  const auto answers = check_answers(form, R"({"x":)" + std::string(value) + "}", "answers");
  return answers ? answers->substr(5, answers->size() - 6) : "";
}

TEST(FormFields, EachTypeTakesItsValuesAndNoOthers) {
  struct {
    std::string_view type;
    std::vector<std::string_view> good, bad;
  } const cases[] = {
      {"text", {R"("资金")", R"(" ")"}, {"1", "true", "{}", "[]"}},
      {"integer", {"0", "-7", "9007199254740993"}, {"1.5", R"("1")", "true", "18446744073709551615"}},
      {"decimal", {R"("12.30")", R"("-0.5")", "7"}, {"12.3", R"("1e3")", R"(".5")", R"("1.")", R"("-")", R"("1,000")", R"("٣")"}},
      {"bool", {"true", "false"}, {"0", R"("true")"}},
      {"date", {R"("2026-11-20")"}, {R"("2026-02-30")", R"("20261120")", "20261120"}},
      {"time", {R"("15:30")", R"("15:30:01")", R"("15:30:01.5")"}, {R"("24:00:01")", R"("15")", R"("15:30:00Z")", R"("15:30:00+08:00")"}},
      {"datetime",
       {R"("2026-11-20 15:30")", R"("2026-11-20T15:30:00")"},
       {R"("2026-11-20")", R"("2026-11-20 25:00")", R"("2026-11-20T15:30:00+08:00")"}},
  };
  for (const auto& one : cases) {
    for (const auto value : one.good) EXPECT_EQ(kept(one.type, value), value) << one.type;
    for (const auto value : one.bad) EXPECT_EQ(kept(one.type, value), "") << one.type << " " << value;
  }
}

TEST(FormFields, WhatIsRequiredIsAskedForAndWhatIsNotMayBeLeftOut) {
  const auto form = form_of(R"([{"name":"day","type":"date"},{"name":"note","required":false}])");
  EXPECT_EQ(*check_answers(form, R"({"note":"","day":"2026-11-20"})", "answers"), R"({"day":"2026-11-20"})");
  EXPECT_EQ(*check_answers(form, R"({"note":"好","day":"2026-11-20"})", "answers"), R"({"day":"2026-11-20","note":"好"})");
  for (const std::string_view answers : {"{}", "", R"({"day":null})", R"({"day":""})"})
    EXPECT_EQ(told(check_answers(form, answers, "answers").error()), "answers/day is required\n");
}

TEST(FormFields, EveryFaultOfTheAnswersIsTold) {
  const auto form = form_of(R"([{"name":"side","choices":["买入","卖出"]},{"name":"amount","type":"decimal"}])");
  EXPECT_EQ(told(check_answers(form, R"({"side":"买","amount":1.5,"other":1})", "answers").error()),
            "answers/side is none of the choices\nanswers/amount should be a decimal written as text, as \"12.30\"\nanswers/other is no "
            "field of the form\n");
  EXPECT_FALSE(check_answers(form, "[]", "answers").ok());
  EXPECT_FALSE(check_answers(form, "{", "answers").ok());
}

TEST(FormFields, ABadFormIsRefusedBeforeAnybodySeesIt) {
  for (const std::string_view text :
       {R"({})", R"([1])", R"([{}])", R"([{"name":"Amount"}])", R"([{"name":"a","type":"file"}])", R"([{"name":"a"},{"name":"a"}])",
        R"([{"name":"a","type":"integer","choices":["x"]}])", R"([{"name":"a","hint":"?"}])", R"([{"name":"a","title":"\u0000"}])"})
    EXPECT_FALSE(read_form(text, "form").ok()) << text;
  EXPECT_TRUE(form_of("null").empty());
  EXPECT_TRUE(form_of("").empty());
  EXPECT_EQ(form_of(R"([{"name":"a"}])").at(0).title, "a");
}

}  // namespace
}  // namespace quanji::domain
