#include "workbook/number_forms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "workbook/cell.h"
#include "workbook/day_pattern.h"

namespace quanji::workbook {
namespace {

using values::Decimal;
using values::Value;

std::string read(std::string_view text, Digits digits = Digits::shortest) {
  const auto value = parse_stored_number(text, digits);
  if (!value) return "none";
  return value->is(values::Type::integer) ? "i" + std::to_string(value->integer()) : value->decimal().text();
}

TEST(Cells, AddressesAreReadAsPeopleWriteThem) {
  EXPECT_EQ(parse_cell("B7").value(), (Cell{7, 2}));
  EXPECT_EQ(parse_cell("$xfd$1048576").value(), (Cell{most_rows, most_columns}));
  EXPECT_EQ(parse_cell("aa1").value(), (Cell{1, 27}));
  for (const std::string_view bad :
       {"", "B", "7", "B0", "XFE1", "A1048577", "B7 ", "A-1", "A1:B2", "1A", "$", "A$", "AAAAAAAAAAAAAAAA1", "A99999999999999"})
    EXPECT_FALSE(parse_cell(bad).ok()) << bad;
  EXPECT_EQ(parse_range("C10:A1").value(), (Range{{1, 1}, {10, 3}}));
  EXPECT_EQ(parse_range("A:C").value(), (Range{{1, 1}, {most_rows, 3}}));
  EXPECT_EQ(parse_range("$2:5").value(), (Range{{2, 1}, {5, most_columns}}));
  EXPECT_EQ(parse_range("B2").value(), (Range{{2, 2}, {2, 2}}));
  for (const std::string_view bad : {"", ":", "A", "5", "A1:", ":B2", "A1:B", "A:5", "A1:2", "A1:B2:C3"})
    EXPECT_FALSE(parse_range(bad).ok()) << bad;
  for (std::uint32_t c = 1; c <= most_columns; ++c) ASSERT_EQ(parse_cell(column_letters(c) + "1").value().column, c);
}

TEST(StoredNumbers, DigitsAreKeptAsTheyStand) {
  EXPECT_EQ(read("12"), "i12");
  EXPECT_EQ(read("-0"), "i0");
  EXPECT_EQ(read("1.50"), "1.5");
  EXPECT_EQ(read("2.0"), "i2");
  EXPECT_EQ(read("0.1"), "0.1");
  EXPECT_EQ(read("-.5"), "-0.5");
  EXPECT_EQ(read("123456789012345"), "i123456789012345");
  EXPECT_EQ(read("1234567890123456789"), "i1234567890123456789");
  EXPECT_EQ(read("12345678901234567890"), "12345678901234567890");
  EXPECT_EQ(read("1E3"), "i1000");
  EXPECT_EQ(read("1.5e-7"), "1.5E-7");
  EXPECT_EQ(read("123456789.12345678901234"), "123456789.12345678901234");  // not a double's digits: 23 of them
  for (const std::string_view bad : {"", "-", ".", "x", "1,5", "1.2.3", "0x10", "NaN", "INF", " 1", "1 ", "1e", "--1", "1E400", "1E-300"})
    EXPECT_EQ(read(bad), "none") << bad;
}
TEST(StoredNumbers, TheSeventeenDigitsOfADoubleAreItsShortestDecimal) {
  EXPECT_EQ(read("1.1000000000000001"), "1.1");
  EXPECT_EQ(read("9.9499999999999993"), "9.95");
  EXPECT_EQ(read("2.3199999999999998E-2"), "0.0232");
  EXPECT_EQ(read("0.30000000000000004"), "0.30000000000000004");  // another double than 0.3
  EXPECT_EQ(read("0.30000000000000004", Digits::fifteen), "0.3");
  EXPECT_EQ(read("1234567890123456", Digits::fifteen), "i1234567890123460");
  EXPECT_EQ(read("9007199254740993"), "i9007199254740993");  // written whole: an identity, not a measurement
  base::SeededRandom random(7);
  for (int i = 0; i < 20000; ++i) {
    // Any decimal of 15 digits comes back through the 17 digits a spreadsheet writes.
    const auto units = static_cast<std::int64_t>(random.below(1'000'000'000'000'000));
    const auto decimal = *Decimal::make(units, -static_cast<std::int32_t>(random.below(12)));
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", decimal.approximate());
    const auto value = parse_stored_number(text, Digits::shortest);
    ASSERT_TRUE(value);
    const auto back = value->is(values::Type::integer) ? Decimal::of(value->integer()) : value->decimal();
    ASSERT_EQ(back, decimal) << text;
  }
}
TEST(StoredNumbers, WhatASpreadsheetCannotHoldIsNotWritten) {
  EXPECT_EQ(stored_number(*Decimal::parse("123456789012345")).value(), "123456789012345");
  EXPECT_FALSE(stored_number(*Decimal::parse("1234567890123456")).has_value());
  EXPECT_EQ(stored_number(*Decimal::parse("1234567890123450000")).value(), "1234567890123450000");
  EXPECT_EQ(stored_number(*Decimal::parse("0.10")).value(), "0.10");
  EXPECT_EQ(stored_number(*Decimal::parse("1E+30")).value(), "1E+30");
  EXPECT_FALSE(stored_number(INT64_MIN).has_value());
  EXPECT_EQ(stored_number(std::int64_t{-5}).value(), "-5");
}
TEST(NumberFormats, DaysAndTimesAreToldFromNumbers) {
  for (const std::string_view code : {"General", "0", "0.00", "#,##0", "0%", "0.00E+00", "@", "# ?/?", "\"day\"0", "0\\d", "[Red]0.0",
                                      "_-* #,##0\\ _€_-", "[$-804]General", "[>100]0;0.0", "[$¥-804]#,##0.00", "\"unfinished", ""})
    EXPECT_EQ(parse_format_code(code), FormKind::number) << code;
  for (const std::string_view code : {"yyyy-mm-dd", "yyyy/m/d", "d-mmm-yy", "[$-804]yyyy\"年\"m\"月\"d\"日\"", "mm/dd", "yyyy年m月", "dddd",
                                      "yyyy\\-mm\\-dd;@", "mmm", "e\"年\"", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy"})
    EXPECT_EQ(parse_format_code(code), FormKind::date) << code;
  for (const std::string_view code : {"h:mm", "hh:mm:ss", "h:mm AM/PM", "mm:ss.0", "上午/下午h\"时\"mm\"分\"", "h:mm:ss.000"})
    EXPECT_EQ(parse_format_code(code), FormKind::time) << code;
  for (const std::string_view code : {"yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", "yyyy/m/d h:mm AM/PM"})
    EXPECT_EQ(parse_format_code(code), FormKind::datetime) << code;
  for (const std::string_view code : {"[h]:mm:ss", "[mm]:ss", "[ss].00"}) EXPECT_EQ(parse_format_code(code), FormKind::duration) << code;
  EXPECT_EQ(kind_of_builtin_format(14), FormKind::date);
  EXPECT_EQ(kind_of_builtin_format(22), FormKind::datetime);
  EXPECT_EQ(kind_of_builtin_format(4), FormKind::number);
  EXPECT_EQ(parse_zero_padding("000000"), 6U);
  EXPECT_EQ(parse_zero_padding("0"), 0U);
  EXPECT_EQ(parse_zero_padding("00.0"), 0U);
}
std::string day_of(double serial, DateSystem system = DateSystem::from_1900, FormKind kind = FormKind::date) {
  const auto value = value_of_serial(serial, kind, system);
  return value ? value->display() : "none";
}
TEST(Serials, TheLeapDayThatNeverWasIsNoDay) {
  EXPECT_EQ(day_of(1), "1900-01-01");
  EXPECT_EQ(day_of(59), "1900-02-28");
  EXPECT_EQ(day_of(60), "none");
  EXPECT_EQ(day_of(61), "1900-03-01");
  EXPECT_EQ(day_of(46346), "2026-11-20");
  EXPECT_EQ(day_of(2958465), "9999-12-31");
  for (const double bad : {0.0, -1.0, 2958466.0, 1e300, std::nan("")}) EXPECT_EQ(day_of(bad), "none") << bad;
  EXPECT_EQ(day_of(0, DateSystem::from_1904), "1904-01-01");
  EXPECT_EQ(day_of(44884, DateSystem::from_1904), "2026-11-20");
}
TEST(Serials, TimesAreKeptToTheMillisecond) {
  EXPECT_EQ(day_of(0.395833333333333, DateSystem::from_1900, FormKind::time), "09:30:00");
  EXPECT_EQ(day_of(46346.395833333336, DateSystem::from_1900, FormKind::datetime), "2026-11-20T09:30:00");
  EXPECT_EQ(day_of(46346.5), "2026-11-20T12:00:00");
  EXPECT_EQ(day_of(1.5, DateSystem::from_1900, FormKind::duration), Value::of(values::Duration{129'600'000'000}).display());
  base::SeededRandom random(3);
  for (int i = 0; i < 20000; ++i) {
    const values::DateTime at{(static_cast<std::int64_t>(random.below(2'932'000)) - 25'567) * micros_of_day +
                              static_cast<std::int64_t>(random.below(86'400'000)) * 1000};
    for (const auto system : {DateSystem::from_1900, DateSystem::from_1904}) {
      const auto text = serial_of(at, system);
      if (!text) {
        EXPECT_LT(at.micros, -24'107 * micros_of_day);
        continue;
      }
      const auto back = value_of_serial(std::stod(*text), FormKind::datetime, system);
      ASSERT_TRUE(back);
      ASSERT_EQ(back->datetime(), at) << *text;
    }
  }
  EXPECT_FALSE(serial_of(values::TimeOfDay{1}).has_value());
  EXPECT_FALSE(serial_of(base::Date{-25'568}, DateSystem::from_1900).has_value());
  EXPECT_EQ(serial_of(base::Date{-25'567}, DateSystem::from_1900).value(), "1");
}
TEST(DayPatterns, AreReadAndWrittenAlike) {
  for (const std::string_view bad : {"", "yyyy", "yyyy-MM", "HH", "yyyyMMddHH", "yy-MM-dd", "yyyy-MM-dd MM", "yyyy-MM-dd x",
                                     "yyyy-MM-dd 'x", "HH:mm.SSS", "SSSSSSS", "---"})
    EXPECT_FALSE(DayPattern::parse(bad).ok()) << bad;
  const auto pattern = DayPattern::parse("yyyy'y'M/d H:mm:ss.SSS").value();
  const auto micros = pattern.read("2026y1/2 9:05:06.007");
  ASSERT_TRUE(micros);
  std::string text;
  pattern.append(text, *micros);
  EXPECT_EQ(text, "2026y1/2 9:05:06.007");
  EXPECT_FALSE(pattern.read("2026y13/2 9:05:06.007"));
  EXPECT_FALSE(pattern.read("2026y1/2 9:05:06.07"));
  EXPECT_FALSE(pattern.read("2026y1/2 24:05:06.007"));
  EXPECT_FALSE(pattern.exact(*micros + 1));
  EXPECT_TRUE(pattern.exact(*micros));
}

}  // namespace
}  // namespace quanji::workbook
