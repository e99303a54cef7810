#include "values/decimal.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace quanji::values {
namespace {

Decimal dec(std::string_view text) {
  auto parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed.ok() ? "" : parsed.error().message().en);
  return parsed.ok() ? *parsed : Decimal();
}
std::string told(const std::optional<Decimal>& answer) { return answer ? answer->text() : "-"; }
std::string refusal(std::string_view text) {
  const auto parsed = Decimal::parse(text);
  return parsed.ok() ? "taken" : parsed.error().message().en;
}
Rounding rounding_of(std::string_view word) {
  constexpr std::string_view words[] = {"half_up", "half_even", "down", "up", "floor", "ceiling"};
  for (std::size_t i = 0; i < std::size(words); ++i)
    if (words[i] == word) return static_cast<Rounding>(i);
  ADD_FAILURE() << word;
  return Rounding::down;
}
std::string answer_of(const std::vector<std::string>& words) {
  const auto& operation = words[0];
  const auto a = dec(words[1]);
  if (operation == "parse") return a.text();
  if (operation == "plain") {
    if (a.exponent() <= 0) {
      EXPECT_EQ(dec(a.plain()), a);
    }
    return a.plain();
  }
  if (operation == "whole") return a.whole() ? std::to_string(*a.whole()) : "-";
  if (operation == "double") return std::strtod(words[2].c_str(), nullptr) == a.approximate() ? words[2] : std::to_string(a.approximate());
  if (operation == "round") return told(a.rounded(std::stoi(words[2]), rounding_of(words[3])));
  const auto b = dec(words[2]);
  if (operation == "add") return told(add(a, b));
  if (operation == "subtract") return told(subtract(a, b));
  if (operation == "multiply") return told(multiply(a, b));
  if (operation == "divide") return told(divide(a, b, std::stoi(words[3]), rounding_of(words[4])));
  if (operation == "compare") return a < b ? "-1" : a > b ? "1" : "0";
  if (operation == "equal_hash") return a == b && a.hash() == b.hash() ? "same" : a != b && a.hash() != b.hash() ? "differ" : "unlike";
  return "unknown operation";
}

TEST(Decimal, AnswersAsPythonDoes) {
  const char* given = std::getenv("QUANJI_SEED");
  const std::string seed = given ? std::to_string(std::strtoul(given, nullptr, 10)) : "20261120";
  const bool many = std::getenv("QUANJI_LONG") != nullptr;
  std::printf("seed=%s\n", seed.c_str());
  const std::string command = "/usr/bin/python3 " QUANJI_DECIMAL_ORACLE " " + seed + (many ? " 200000" : " 4000");
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char buffer[1024];
  int cases = 0, wrong = 0;
  while (std::fgets(buffer, sizeof buffer, pipe) && wrong < 20) {
    std::vector<std::string> words{""};
    for (const char* c = buffer; *c != '\0' && *c != '\n'; ++c) {
      if (*c == '\t')
        words.emplace_back();
      else
        words.back() += *c;
    }
    const auto got = answer_of(words);
    ++cases;
    if (got != words.back()) {
      ADD_FAILURE() << buffer << " but here " << got;
      ++wrong;
    }
  }
  ASSERT_EQ(::pclose(pipe), 0);
  EXPECT_GE(cases, 40'000);
}

TEST(Decimal, KeepsItsPlaces) {
  EXPECT_EQ(dec("1.20").text(), "1.20");
  EXPECT_EQ(dec("1.20").exponent(), -2);
  EXPECT_EQ(told(add(dec("1.20"), dec("1"))), "2.20");
  EXPECT_EQ(told(multiply(dec("1.20"), dec("1.0"))), "1.200");
  EXPECT_FALSE(dec("1.2").same_as(dec("1.20")));
  EXPECT_TRUE(dec("1.2").same_as(dec("1.2")));
}

TEST(Decimal, OneNumberIsEqualAndHashesAlikeInAllItsSpellings) {
  for (const auto* spelling : {"1", "1.0", "1.00000000000000000000000000000000000", "0.1E+1", "10E-1", "1000E-3"}) {
    EXPECT_EQ(dec(spelling), Decimal::of(1)) << spelling;
    EXPECT_EQ(dec(spelling).hash(), Decimal::of(1).hash()) << spelling;
    EXPECT_TRUE(dec(spelling).is_whole());
    EXPECT_EQ(dec(spelling).whole(), 1);
  }
  EXPECT_EQ(dec("0E+5").hash(), dec("0.000").hash());
  EXPECT_EQ(dec("-0"), dec("0"));
  EXPECT_EQ(dec("-0.00").text(), "0.00");
}

TEST(Decimal, ThirtyEightDigitsFitAndNoMore) {
  const std::string nines(38, '9');
  EXPECT_EQ(dec(nines).text(), nines);
  EXPECT_EQ(dec("-0." + nines).plain(), "-0." + nines);
  EXPECT_NE(refusal(nines + "0").find("39 digits, 38 at most"), std::string::npos);
  EXPECT_NE(refusal("0." + nines + "0").find("39 digits"), std::string::npos);
  EXPECT_EQ(dec("00000000000000000000000000000000000000000000000001").text(), "1");
  EXPECT_EQ(told(add(dec(nines), dec("1"))), "1.0000000000000000000000000000000000000E+38");  // exact
  EXPECT_EQ(told(add(dec(nines), dec("2"))), "-");
  EXPECT_EQ(told(add(dec(nines), dec(nines))), "-");
  EXPECT_EQ(told(multiply(dec(nines), dec("2"))), "-");
  EXPECT_FALSE(Decimal::make(static_cast<Int128>(dec(nines).units()) + 1, 0));
  EXPECT_FALSE(Decimal::make(1, 77));
  EXPECT_FALSE(Decimal::make(1, -77));
  EXPECT_TRUE(Decimal::make(-dec(nines).units(), -76));
}

TEST(Decimal, WhatIsNoNumberIsRefusedWithASentence) {
  for (const auto* text : {"",   " ",   "1 ",    " 1",   "1,000", "1_000",    "--1",  "+-1", ".",    "-",   "+",    "e5",
                           "1e", "1e+", "1.2.3", "0x10", "NaN",   "Infinity", "１２", "1.e", "\xff", "inf", "-nan", "1e5.0"})
    EXPECT_NE(refusal(text).find("is not a usable number"), std::string::npos) << text;
  EXPECT_NE(refusal(std::string_view("1\0", 2)).find("is not a usable number"), std::string::npos);
  EXPECT_NE(refusal("1E+77").find("exponent 77 is outside"), std::string::npos);
  EXPECT_NE(refusal("1E-99999999999999999999").find("exponent"), std::string::npos);
  EXPECT_EQ(Decimal::parse("x").error().code(), base::Code::invalid_field);
  EXPECT_NE(Decimal::parse("1,000").error().message().zh.find("“1,000”"), std::string::npos);
  EXPECT_EQ(dec(".5").text(), "0.5");
  EXPECT_EQ(dec("5.").text(), "5");
  EXPECT_EQ(dec("1E+00000000000000000000000000003").text(), "1E+3");
}

TEST(Decimal, HalvesAreRoundedAsAsked) {
  const auto rounded = [](std::string_view text, Rounding rounding) { return told(dec(text).rounded(0, rounding)); };
  EXPECT_EQ(rounded("2.5", Rounding::half_up), "3");
  EXPECT_EQ(rounded("-2.5", Rounding::half_up), "-3");
  EXPECT_EQ(rounded("2.5", Rounding::half_even), "2");
  EXPECT_EQ(rounded("3.5", Rounding::half_even), "4");
  EXPECT_EQ(rounded("2.9", Rounding::down), "2");
  EXPECT_EQ(rounded("-2.1", Rounding::up), "-3");
  EXPECT_EQ(rounded("-2.1", Rounding::floor), "-3");
  EXPECT_EQ(rounded("-2.9", Rounding::ceiling), "-2");
  EXPECT_EQ(rounded("-0.4", Rounding::half_up), "0");
  EXPECT_EQ(told(dec("1250").rounded(-2, Rounding::half_even)), "1.2E+3");
}

TEST(Decimal, DivisionNamesItsPlaces) {
  EXPECT_EQ(told(divide(dec("1"), dec("3"), 4, Rounding::half_up)), "0.3333");
  EXPECT_EQ(told(divide(dec("2"), dec("3"), 4, Rounding::half_up)), "0.6667");
  EXPECT_EQ(told(divide(dec("1"), dec("0"), 4, Rounding::half_up)), "-");
  EXPECT_EQ(told(divide(dec("0"), dec("7"), 2, Rounding::up)), "0.00");
  EXPECT_EQ(told(divide(dec("1"), dec("3"), 38, Rounding::down)), "0." + std::string(38, '3'));
  EXPECT_EQ(told(divide(dec("10"), dec("3"), 38, Rounding::down)), "-");
}

}  // namespace
}  // namespace quanji::values
