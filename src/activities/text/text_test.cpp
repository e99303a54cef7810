#include <gtest/gtest.h>

#include "activities/testing.h"
#include "activities/text/numbers.h"

namespace quanji::activities::text {
namespace {

std::string number(std::string_view text) {
  const auto found = read_number(text);
  return found ? found->plain() : "-";
}
std::string date(std::string_view text, DateOrder order = DateOrder::ymd) {
  const auto found = read_date(text, order);
  return found ? base::to_text(*found) : "-";
}
std::string spelt(std::string_view amount) { return spell_amount(values::Decimal::parse(amount).value()).value_or("-"); }

TEST(TextNumbers, AreReadAsPeopleWriteThem) {
  struct Case {
    const char *text, *number;
  };
  for (const auto& one :
       {Case{"1,234.50", "1234.50"}, Case{"1,234,567", "1234567"}, Case{"(12.30)", "-12.30"}, Case{"-5", "-5"}, Case{"+5", "5"},
        Case{"−5", "-5"}, Case{"１，２３４．５", "1234.5"}, Case{"3.5万", "35000"}, Case{"1.2亿", "120000000"},
        Case{"2万亿", "2000000000000"}, Case{"12.5%", "0.125"}, Case{"￥100.00", "100.00"}, Case{"¥ -3", "-3"}, Case{"100元", "100"},
        Case{"5万元", "50000"}, Case{"贰佰元伍角整", "200.50"}, Case{"人民币壹仟零贰元零叁分", "1002.03"}, Case{"一百零三", "103"},
        Case{"十二", "12"}, Case{"两万五千", "25000"}, Case{"三亿零五十万", "300500000"}, Case{"壹万贰仟亿", "1200000000000"},
        Case{"伍角", "0.50"}, Case{"负壹分", "-0.01"}, Case{"零元整", "0.00"}, Case{"000001", "1"}, Case{"二〇二六", "2026"},
        // what is none
        Case{"", "-"}, Case{"1,23", "-"}, Case{"1,2345", "-"}, Case{"1.2.3", "-"}, Case{"12abc", "-"}, Case{"--5", "-"}, Case{"(-5)", "-"},
        Case{"万", "-"}, Case{"佰", "-"}, Case{"一二百", "-"}, Case{"元", "-"}, Case{"N/A", "-"}, Case{"1e5", "-"},
        Case{"12345678901234567890123456789012345678901234567890", "-"}})
    EXPECT_EQ(number(one.text), one.number) << one.text;
}
TEST(TextNumbers, AmountsAreSpeltByTheRulesOfCheques) {
  struct Case {
    const char *amount, *text;
  };
  for (const auto& one : {Case{"0", "零元整"}, Case{"0.01", "壹分"}, Case{"0.10", "壹角整"}, Case{"1", "壹元整"}, Case{"10", "壹拾元整"},
                          Case{"101", "壹佰零壹元整"}, Case{"1001", "壹仟零壹元整"}, Case{"10030.50", "壹万零叁拾元零伍角整"},
                          Case{"1409.50", "壹仟肆佰零玖元伍角整"}, Case{"6007.14", "陆仟零柒元壹角肆分"},
                          Case{"325.04", "叁佰贰拾伍元零肆分"}, Case{"100000000", "壹亿元整"}, Case{"100010000", "壹亿零壹万元整"},
                          Case{"1000000000000", "壹万亿元整"}, Case{"1200000000000", "壹万贰仟亿元整"}, Case{"-5.5", "负伍元伍角整"},
                          Case{"9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"},
                          Case{"10000000000000000", "-"}, Case{"1.005", "-"}})
    EXPECT_EQ(spelt(one.amount), one.text) << one.amount;
}
TEST(TextNumbers, WhatWasSpeltIsReadAgainAsTheSame) {
  base::SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::uint8_t chance[9] = {};
    random.fill(chance);
    std::int64_t cents = 0;
    for (int k = 0; k < 8; ++k) cents = cents << 8 | chance[k];
    cents &= INT64_MAX;
    for (int k = 0; k < chance[8] % 18; ++k) cents /= 10;
    cents %= 1'000'000'000'000'000'000;
    const auto amount = values::Decimal::make(cents, -2).value();
    const auto text = spell_amount(amount);
    ASSERT_TRUE(text) << amount.text();
    const auto again = read_number(*text);
    ASSERT_TRUE(again) << amount.text() << " " << *text;
    ASSERT_EQ(*again, amount) << *text;
  }
}
TEST(TextDates, AreStrictAboutTheDayAndItsOrder) {
  EXPECT_EQ(date("20261120"), "2026-11-20");
  EXPECT_EQ(date("2026/1/5"), "2026-01-05");
  EXPECT_EQ(date("2026-11-20"), "2026-11-20");
  EXPECT_EQ(date("2026.11.20"), "2026-11-20");
  EXPECT_EQ(date("２０２６年１１月２０日"), "2026-11-20");
  EXPECT_EQ(date("二〇二六年十一月二十日"), "2026-11-20");
  EXPECT_EQ(date(" 2026 年 1 月 5 号 "), "2026-01-05");
  EXPECT_EQ(date("20/11/2026", DateOrder::dmy), "2026-11-20");
  EXPECT_EQ(date("11/20/2026", DateOrder::mdy), "2026-11-20");
  EXPECT_EQ(date("20112026", DateOrder::dmy), "2026-11-20");
  for (const auto* none :
       {"20260229", "2026-13-01", "26-11-20", "2026/11-20", "2026-11", "", "今天", "2026-11-20 10:00", "20261131", "2026年11月"})
    EXPECT_EQ(date(none), "-") << none;
  EXPECT_EQ(date("11/20/2026", DateOrder::dmy), "-");
}
TEST(TextPatterns, CannotHangARunAndSayWhatIsWrongWithThem) {
  ActivityWorld world;
  const auto run = [&](const std::string& steps, std::string_view returns = "{}") {
    const auto finished = world.run_steps(steps, returns);
    return finished.error ? finished.error->code + ": " + finished.error->message : finished.outputs.text;
  };
  EXPECT_EQ(run("- do: text.find\n  with: {text: '=\"a\" * 100000', pattern: '(a*)*b'}\n  save: m\n- return: {n: =len(m)}\n", "{\"n\":0}"),
            R"({"n":0})");
  const auto wrong = run("- do: text.find\n  with: {text: a, pattern: '(a'}\n  save: m\n");
  EXPECT_EQ(wrong.substr(0, 16), "invalid_argument") << wrong;
  EXPECT_NE(run("- do: text.replace\n  with: {text: a, pattern: a, replacement: '\\3'}\n  save: m\n").find("invalid_argument"),
            std::string::npos);
  EXPECT_NE(run("- do: text.extract\n  with: {text: a, pattern: a}\n  save: m\n").find("named group"), std::string::npos);
  EXPECT_EQ(run("- do: text.split\n  with: {text: 清算, pattern: ''}\n  save: m\n- return: {m: =m}\n", "{\"m\":0}"),
            R"({"m":["清","算"]})");
  EXPECT_EQ(run("- do: text.find\n  with: {text: 'a1b2', pattern: '([a-z])\\d'}\n  save: m\n- return: {m: =m}\n", "{\"m\":0}"),
            R"({"m":["a","b"]})");
}
TEST(TextWidths, BlanksAndWidthsBecomeUniform) {
  ActivityWorld world;
  const auto run = [&](const std::string& with) {
    return world.run_steps("- do: text.normalize\n  with: " + with + "\n  save: t\n- return: {t: =t}\n", "{\"t\":1}").outputs.text;
  };
  EXPECT_EQ(run(R"({text: "\r\n a  b \r c　　d \n"})"), R"({"t":"a b\nc d"})");
  EXPECT_EQ(run(R"({text: " a  b ", spaces: trim})"), R"({"t":"a  b"})");
  EXPECT_EQ(run(R"({text: "a b\nc", spaces: drop})"), R"({"t":"abc"})");
  EXPECT_EQ(run(R"({text: "Ａ１ａ", letters: keep})"), R"({"t":"Ａ１ａ"})");
  EXPECT_EQ(run(R"({text: "A1", letters: full})"), R"({"t":"Ａ１"})");
}

}  // namespace
}  // namespace quanji::activities::text
