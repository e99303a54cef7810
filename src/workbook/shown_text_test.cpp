#include "workbook/shown_text.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace quanji::workbook {
namespace {

using values::Decimal;
using values::Value;

std::string number(const char* digits, const char* code) {
  return shown_text(Value::of(*Decimal::parse(digits)), code).value_or("(nothing)");
}

TEST(ShownText, NumbersUnderTheFormatsOfTheTrade) {
  EXPECT_EQ(number("1234567.891", "#,##0.00"), "1,234,567.89");
  EXPECT_EQ(number("-0.5", "#,##0.00"), "-0.50");
  EXPECT_EQ(number("0.125", "0.00%"), "12.50%");
  EXPECT_EQ(number("1", "000000"), "000001");
  EXPECT_EQ(number("12.5", "0.##"), "12.5");
  EXPECT_EQ(number("12", "0.##"), "12.");
  EXPECT_EQ(number("0.4", "#"), "");
  EXPECT_EQ(number("0.005", "0.00"), "0.01");
  EXPECT_EQ(number("-0.001", "0.00"), "0.00");
  EXPECT_EQ(number("1234567", "#,##0,"), "1,235");
  EXPECT_EQ(number("5", "\"￥\"#,##0.00"), "￥5.00");
  EXPECT_EQ(number("5", "[$￥-804]#,##0.00"), "￥5.00");
  EXPECT_EQ(number("-5", "#,##0.00;[Red](#,##0.00)"), "(5.00)");
  EXPECT_EQ(number("-1234.5", "_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * \"-\"??_ ;_ @_ "), "-1,234.50");
  EXPECT_EQ(number("0", "_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * \"-\"??_ ;_ @_ "), "-");
  EXPECT_EQ(number("7.10", ""), "7.10");
  EXPECT_EQ(number("3", "0\"股\""), "3股");
}
TEST(ShownText, DaysAndTimes) {
  const auto at = Value::of(*values::parse_datetime("2026-03-05T14:07:09"));
  EXPECT_EQ(shown_text(at, "yyyy-mm-dd hh:mm:ss"), "2026-03-05 14:07:09");
  EXPECT_EQ(shown_text(at, "yyyy\"年\"m\"月\"d\"日\""), "2026年3月5日");
  EXPECT_EQ(shown_text(at, "h:mm AM/PM"), "2:07 PM");
  EXPECT_EQ(shown_text(at, "aaaa"), "星期四");
  EXPECT_EQ(shown_text(at, "d-mmm-yy"), "5-Mar-26");
  EXPECT_EQ(shown_text(at, "mm:ss.0"), "07:09.0");
  EXPECT_EQ(shown_text(at, "yyyy/m/d;@"), "2026/3/5");
  EXPECT_EQ(shown_text(Value::of(values::Duration{90'061'000'000}), "[h]:mm:ss"), "25:01:01");
}
TEST(ShownText, TextsAndTruthAndWhatIsNotWorkedOut) {
  EXPECT_EQ(shown_text(Value::of(std::string("x")), "0.00"), "x");
  EXPECT_EQ(shown_text(Value::of(std::string("x")), "@\"!\""), "x!");
  EXPECT_EQ(shown_text(Value::of(true), "0.00"), "TRUE");
  EXPECT_EQ(shown_text(Value(), "0.00"), "");
  for (const char* code : {"0.00E+00", "# ?/?", "[>100]0;0.0", "000-0000", "[DBNum1]0", "\"open"})
    EXPECT_EQ(number("5", code), "(nothing)") << code;
}

}  // namespace
}  // namespace quanji::workbook
