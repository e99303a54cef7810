#include "calendar/cron.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace quanji::calendar {
namespace {

base::Time at(std::string_view text) { return base::parse_time(text).value(); }
Cron cron(std::string_view text) {
  auto c = Cron::parse(text);
  if (!c) ADD_FAILURE() << c.error().message().en;
  return std::move(c).value();
}
// The next `count` firings in local time: date and time without zone.
std::string next(std::string_view expression, std::string_view after, int count = 1, const Zone& zone = Zone::china(),
                 DstPolicy policy = {}) {
  const auto c = cron(expression);
  auto t = at(after);
  std::string out;
  for (int i = 0; i < count; ++i) {
    const auto n = c.next(t, zone, policy);
    if (!n) return out + "none";
    const auto offset = std::chrono::duration_cast<std::chrono::minutes>(zone.span_at(*n).offset);
    out += (i ? " " : "") + to_text(*n, offset).substr(0, 19) + (zone.name() == "Asia/Shanghai" ? "" : to_text(*n, offset).substr(23));
    t = *n;
  }
  return out;
}
std::string days(std::string_view day_fields, std::string_view after, int count) {
  const auto c = cron(fmt::format("0 0 {}", day_fields));
  auto t = at(after);
  std::string out;
  for (int i = 0; i < count; ++i) {
    const auto n = c.next(t, Zone::china());
    if (!n) return out + "none";
    out += (i ? " " : "") + to_text(*n).substr(0, 10);
    t = *n;
  }
  return out;
}
constexpr auto sunday = "2026-11-22T10:00:00+08:00";

TEST(Cron, TheNextFiringIsStrictlyAfter) {
  EXPECT_EQ(next("30 9 * * *", "2026-11-22T09:30:00+08:00"), "2026-11-23T09:30:00");
  EXPECT_EQ(next("30 9 * * *", "2026-11-22T09:29:59.999999+08:00"), "2026-11-22T09:30:00");
  EXPECT_EQ(next("30 9 * * *", "2026-11-22T09:30:00.000001+08:00"), "2026-11-23T09:30:00");
  EXPECT_EQ(next("59 23 31 12 *", "2026-12-31T23:59:00+08:00"), "2027-12-31T23:59:00");
}
TEST(Cron, SixFieldsBeginWithSeconds) {
  EXPECT_EQ(next("*/20 59 23 * * *", "2026-11-22T23:59:20+08:00", 3), "2026-11-22T23:59:40 2026-11-23T23:59:00 2026-11-23T23:59:20");
  EXPECT_EQ(next("15,45 0 9-10 * * *", "2026-11-22T09:00:15+08:00", 3), "2026-11-22T09:00:45 2026-11-22T10:00:15 2026-11-22T10:00:45");
  EXPECT_EQ(next("* * * * * *", "2026-11-22T23:59:59+08:00"), "2026-11-23T00:00:00");
}
TEST(Cron, ListsRangesStepsAndNamesAreRead) {
  EXPECT_EQ(next("0-10/5,50 8 * * *", sunday, 4), "2026-11-23T08:00:00 2026-11-23T08:05:00 2026-11-23T08:10:00 2026-11-23T08:50:00");
  EXPECT_EQ(next("20/20 8 * * *", sunday, 3), "2026-11-23T08:20:00 2026-11-23T08:40:00 2026-11-24T08:20:00");
  EXPECT_EQ(days("* * mon-fri", sunday, 6), "2026-11-23 2026-11-24 2026-11-25 2026-11-26 2026-11-27 2026-11-30");
  EXPECT_EQ(days("1 jan,Jul ?", sunday, 2), "2027-01-01 2027-07-01");
  EXPECT_EQ(days("* * SAT-SUN", sunday, 3), "2026-11-28 2026-11-29 2026-12-05");
  EXPECT_EQ(days("* * 0", sunday, 1), days("* * 7", sunday, 1));
  EXPECT_EQ(days("* * 5-7", sunday, 4), "2026-11-27 2026-11-28 2026-11-29 2026-12-04");
}
TEST(Cron, TheLastDaysOfAMonthFollowItsLength) {
  EXPECT_EQ(days("L * *", "2027-01-01T00:00:00+08:00", 3), "2027-01-31 2027-02-28 2027-03-31");
  EXPECT_EQ(days("L 2 *", sunday, 2), "2027-02-28 2028-02-29");
  EXPECT_EQ(days("L-1 2 *", sunday, 2), "2027-02-27 2028-02-28");
  EXPECT_EQ(days("L-30 * *", sunday, 3), "2026-12-01 2027-01-01 2027-03-01");
  EXPECT_EQ(days("1,L 12 *", sunday, 3), "2026-12-01 2026-12-31 2027-12-01");
  EXPECT_EQ(days("LW * *", "2027-01-01T00:00:00+08:00", 3), "2027-01-29 2027-02-26 2027-03-31");
}
TEST(Cron, TheNearestWeekdayStaysInTheMonth) {
  EXPECT_EQ(days("15W 11 *", sunday, 1), "2027-11-15");                                   // a Monday
  EXPECT_EQ(days("15W 5 *", sunday, 1), "2027-05-14");                                    // the 15th is a Saturday
  EXPECT_EQ(days("15W 8 *", sunday, 1), "2027-08-16");                                    // a Sunday
  EXPECT_EQ(days("1W 5 *", sunday, 1), "2027-05-03");                                     // Saturday the 1st: not back into April
  EXPECT_EQ(days("31W 1 *", sunday, 1), "2027-01-29");                                    // Sunday the 31st: not on into February
  EXPECT_EQ(days("30W 1-3 *", "2027-01-01T00:00:00+08:00", 2), "2027-01-29 2027-03-30");  // February has no 30th
}
TEST(Cron, TheNthAndTheLastWeekdayOfAMonthAreFound) {
  EXPECT_EQ(days("* * FRI#2", sunday, 2), "2026-12-11 2027-01-08");
  EXPECT_EQ(days("* * 1#1,1#3", "2026-12-01T00:00:00+08:00", 3), "2026-12-07 2026-12-21 2027-01-04");
  EXPECT_EQ(days("* * 7#5", sunday, 2), "2026-11-29 2027-01-31");
  EXPECT_EQ(days("* * 5L", sunday, 2), "2026-11-27 2026-12-25");
  EXPECT_EQ(days("* * sunL", sunday, 2), "2026-11-29 2026-12-27");
  EXPECT_EQ(days("* * MON,FRIL", sunday, 3), "2026-11-23 2026-11-27 2026-11-30");
}
TEST(Cron, WhenBothDayFieldsRestrictEitherAdmits) {
  EXPECT_EQ(days("13 * FRI", "2026-12-01T12:00:00+08:00", 4), "2026-12-04 2026-12-11 2026-12-13 2026-12-18");
  EXPECT_EQ(days("*/1 * FRI", sunday, 2), "2026-11-27 2026-12-04");
  EXPECT_EQ(days("13 * 0-7", sunday, 2), "2026-12-13 2027-01-13");
}
TEST(Cron, RareDaysAreFoundDecadesAhead) {
  EXPECT_EQ(days("29 2 *", "2096-03-01T00:00:00+08:00", 1), "2104-02-29");
  EXPECT_EQ(days("* 2 1#5", "2028-03-01T00:00:00+08:00", 1), "2044-02-29");
}
TEST(Cron, ARefusalNamesTheCharacterAndTheMendInBothLanguages) {
  const auto refused = [](std::string_view text) {
    const auto c = Cron::parse(text);
    if (c) return std::string("accepted");
    EXPECT_EQ(c.error().code(), base::Code::invalid_field);
    EXPECT_FALSE(c.error().message().zh.empty());
    return c.error().message().en;
  };
  EXPECT_EQ(refused("60 * * * *"), "cron expression, character 1: minute must be 0 to 59, not \"60\"");
  EXPECT_EQ(refused("0 9 32 * *"), "cron expression, character 5: day of month must be 1 to 31, not \"32\"");
  EXPECT_EQ(refused("0 9 0 * *"), "cron expression, character 5: day of month must be 1 to 31, not \"0\"");
  EXPECT_EQ(refused("0 9 * * MOM"), "cron expression, character 9: day of week must be 0 to 7, not \"MOM\"");
  EXPECT_EQ(refused("0 9 * * 周一"), "cron expression, character 9: day of week must be 0 to 7, not \"周一\"");
  EXPECT_EQ(refused("0 9  * foo *"), "cron expression, character 8: month must be 1 to 12, not \"foo\"");
  EXPECT_EQ(refused("0 9 * *"),
            "cron expression, character 8: 5 fields (minute hour day month weekday) or 6 (second first) are expected, here are 4");
  EXPECT_EQ(refused("0 0 9 * * * 2026").substr(0, 30), "cron expression, character 13:");
  EXPECT_EQ(refused("").substr(0, 29), "cron expression, character 1:");
  EXPECT_EQ(refused("*/90 * * * *"), "cron expression, character 3: the step of minute must be 1 to 59, not \"90\"");
  EXPECT_EQ(refused("*/0 * * * *"), "cron expression, character 3: the step of minute must be 1 to 59, not \"0\"");
  EXPECT_EQ(refused("*/ * * * *"), "cron expression, character 3: the step of minute must be 1 to 59, here is nothing");
  EXPECT_EQ(refused("0 22-2 * * *").substr(0, 61), "cron expression, character 5: the range ends before it begins");
  EXPECT_EQ(refused("1,,2 * * * *"), "cron expression, character 3: a value is expected beside the comma");
  EXPECT_EQ(refused("1, * * * *"), "cron expression, character 3: a value is expected beside the comma");
  EXPECT_EQ(refused("5x * * * *"), "cron expression, character 2: \"x\" cannot stand here in the minute field");
  EXPECT_EQ(refused("? * * * *"), "cron expression, character 1: \"?\" belongs to the two day fields only");
  EXPECT_EQ(refused("0 0 * * L").substr(0, 64), "cron expression, character 9: a day of the week must stand befor");
  EXPECT_EQ(refused("0 0 * * 1#6"), "cron expression, character 11: 1 to 5 must follow \"#\", not \"6\"");
  EXPECT_EQ(refused("0 0 L-31 * *"), "cron expression, character 7: 1 to 30 must follow \"L-\", not \"31\"");
  EXPECT_EQ(refused("0 0 1-5W * *"), "cron expression, character 6: one day must stand before \"W\", like 15W");
  EXPECT_EQ(refused("0 0 30 2 *"), "cron expression, character 5: this day never comes in these months, like 30 February");
  EXPECT_EQ(refused("0 0 0 31W 4,6 *"), "cron expression, character 7: this day never comes in these months, like 30 February");
  EXPECT_EQ(refused("99999999999999999999 * * * *").substr(0, 55), "cron expression, character 1: minute must be 0 to 59, n");
  EXPECT_EQ(refused(std::string(2000, '*')).substr(0, 32), "cron expression, character 1001:");
  EXPECT_NE(Cron::parse("0 9 32 * *").error().message().zh.find("第 5 个字符处：“日”须在 1–31 之间，不能是“32”"), std::string::npos);
}

TEST(CronAndSummerTime, AJumpedOverTimeFiresBehindTheGapOrNot) {
  const auto berlin = Zone::find("Europe/Berlin").value();  // 2026-03-29 02:00 becomes 03:00
  constexpr auto eve = "2026-03-28T12:00:00+01:00";
  EXPECT_EQ(next("30 2 * * *", eve, 2, berlin), "2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00");
  EXPECT_EQ(next("30 2 * * *", eve, 1, berlin, {Gap::skip, Fold::once}), "2026-03-30T02:30:00+02:00");
  EXPECT_EQ(next("0,30 2,3 * * *", eve, 3, berlin), "2026-03-29T03:00:00+02:00 2026-03-29T03:30:00+02:00 2026-03-30T02:00:00+02:00");
}
TEST(CronAndSummerTime, ATimeShownTwiceFiresOnceOrTwice) {
  const auto berlin = Zone::find("Europe/Berlin").value();  // 2026-10-25 03:00 becomes 02:00
  constexpr auto eve = "2026-10-24T12:00:00+02:00";
  EXPECT_EQ(next("30 2 * * *", eve, 2, berlin), "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00");
  EXPECT_EQ(next("30 2 * * *", eve, 3, berlin, {Gap::skip, Fold::both}),
            "2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00 2026-10-26T02:30:00+01:00");
}
TEST(CronAndSummerTime, AnExpressionOfEveryHourFollowsElapsedTime) {
  const auto berlin = Zone::find("Europe/Berlin").value();
  EXPECT_EQ(next("30 * * * *", "2026-03-29T00:45:00+01:00", 2, berlin), "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00");
  EXPECT_EQ(next("30 * * * *", "2026-10-25T01:45:00+02:00", 3, berlin),
            "2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00 2026-10-25T03:30:00+01:00");
}
TEST(CronAndSummerTime, AWholeDayJumpedOverFiresAtTheNextMidnight) {
  const auto apia = Zone::find("Pacific/Apia").value();  // 2011-12-30 never was
  EXPECT_EQ(next("0 9 30 12 *", "2011-12-29T00:00:00-10:00", 1, apia), "2011-12-31T00:00:00+14:00");
  EXPECT_EQ(next("0 9 30 12 *", "2011-12-29T00:00:00-10:00", 1, apia, {Gap::skip, Fold::once}), "2012-12-30T09:00:00+14:00");
}
TEST(Zone, UnknownNamesAreRefusedAndChinaNeedsNoFiles) {
  const auto refused = Zone::find("Asia/Peking");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), base::Code::invalid_field);
  EXPECT_NE(refused.error().message().zh.find("没有时区“Asia/Peking”"), std::string::npos);
  EXPECT_FALSE(Zone::find("../../etc/passwd"));
  EXPECT_FALSE(Zone::find(""));
  const auto files = Zone::find("Asia/Shanghai").value();
  for (auto t = at("1992-01-01T00:00:00Z"); t < at("2037-01-01T00:00:00Z"); t = t.plus(std::chrono::hours(997)))
    ASSERT_EQ(files.local_of(t), Zone::china().local_of(t)) << to_text(t);
}
TEST(Zone, LocalTimeRoundsDownBeforeTheEpochToo) {
  const auto utc = Zone::find("UTC").value();
  EXPECT_EQ(utc.local_of({-1}), (LocalTime{{-1}, 86399}));
  EXPECT_EQ(Zone::china().local_of({0}), (LocalTime{{0}, 8 * 3600}));
}

}  // namespace
}  // namespace quanji::calendar
