#include "calendar/firing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "calendar/shipped.h"

namespace quanji::calendar {
namespace {

base::Time at(std::string_view local) { return base::parse_time(fmt::format("{}:00+08:00", local)).value(); }

// The next `count` firings after a local time, as dates; the last word tells why there is no more.
std::string dates(std::string_view expression, DayRule rule, std::string_view after, int count, const char* id = "sse") {
  const auto cron = Cron::parse(expression).value();
  const auto zone = Zone::china();
  auto t = at(after);
  std::string out;
  for (int i = 0; i < count; ++i) {
    const auto n = next_firing({cron, zone, {}, rule, shipped_calendar(id)}, t);
    if (!n) return out + std::string(base::row_of(n.error().code()).word);
    if (!*n) return out + "none";
    out += to_text(**n).substr(0, 10) + " ";
    t = **n;
  }
  return out;
}
constexpr DayRule open_only{DayRuleKind::open_only};
constexpr DayRule rolled(Roll roll) { return {DayRuleKind::roll, roll}; }
constexpr DayRule nth(Period period, std::int32_t n) { return {DayRuleKind::nth_open, {}, period, n}; }
constexpr DayRule shifted(std::int32_t n) { return {DayRuleKind::shift, {}, {}, n}; }

TEST(Firing, OpenDaysOnlyDiffersFromAPlainWeekAsThePreviewSays) {
  const auto weekdays = "0 9 * * MON-FRI";
  EXPECT_EQ(dates(weekdays, {}, "2026-09-30T12:00", 2), "2026-10-01 2026-10-02 ");
  EXPECT_EQ(dates(weekdays, open_only, "2026-09-30T12:00", 3), "2026-10-08 2026-10-09 2026-10-12 ");
  EXPECT_EQ(dates("0 9 * * *", open_only, "2026-09-30T12:00", 4, "office"), "2026-10-08 2026-10-09 2026-10-10 2026-10-12 ");
}
TEST(Firing, ClosedDaysOnlyIsTheOtherHalf) {
  EXPECT_EQ(dates("0 9 * * MON-FRI", {DayRuleKind::closed_only}, "2026-09-24T12:00", 4), "2026-09-25 2026-10-01 2026-10-02 2026-10-05 ");
}
TEST(Firing, TheTimeOfDayOfAnOpenDayThatHasBegunIsStillMet) {
  EXPECT_EQ(dates("0 9,15 * * *", open_only, "2026-10-08T09:00", 3), "2026-10-08 2026-10-09 2026-10-09 ");
}
TEST(Firing, AClosedDayRollsAndMeetsAnotherOnlyOnce) {
  // The 1st to 5th of October come to the 8th once.
  EXPECT_EQ(dates("0 9 1-5,9 10 *", rolled(Roll::following), "2026-09-20T12:00", 2), "2026-10-08 2026-10-09 ");
  EXPECT_EQ(dates("0 9 1-5,9 10 *", rolled(Roll::preceding), "2026-09-20T12:00", 2), "2026-09-30 2026-10-09 ");
  // The last day of May 2025 is a Saturday before a holiday.
  EXPECT_EQ(dates("0 9 L * *", rolled(Roll::following), "2025-05-10T12:00", 2), "2025-06-03 2025-06-30 ");
  EXPECT_EQ(dates("0 9 L * *", rolled(Roll::modified_following), "2025-05-10T12:00", 2), "2025-05-30 2025-06-30 ");
  EXPECT_EQ(dates("0 9 1 6 *", rolled(Roll::modified_following), "2025-05-10T12:00", 1), "2025-06-03 ");
}
TEST(Firing, ADayRollsIntoAMonthTheCronDoesNotName) {
  EXPECT_EQ(dates("0 9 31 5 *", rolled(Roll::following), "2025-05-10T12:00", 1), "2025-06-03 ");
}
TEST(Firing, TheNthOpenDayOfAPeriodFires) {
  EXPECT_EQ(dates("0 9 * * *", nth(Period::month, -1), "2026-09-01T00:00", 3), "2026-09-30 2026-10-30 2026-11-30 ");
  EXPECT_EQ(dates("0 9 * * *", nth(Period::month, 3), "2026-10-01T00:00", 2), "2026-10-12 2026-11-04 ");
  EXPECT_EQ(dates("0 9 * * *", nth(Period::week, 1), "2026-09-28T12:00", 2), "2026-10-08 2026-10-12 ");
  EXPECT_EQ(dates("0 9 * * *", nth(Period::quarter, -1), "2026-01-01T00:00", 3), "2026-03-31 2026-06-30 2026-09-30 ");
  EXPECT_EQ(dates("0 9 * 2 *", nth(Period::month, 1), "2024-01-01T12:00", 2), "2024-02-01 2025-02-05 ");
}
TEST(Firing, TPlusNCountsOpenDaysFromTheAdmittedDay) {
  // The 15th of August 2026 is a Saturday: T+1 is Monday, T+2 Tuesday, T-1 Friday.
  EXPECT_EQ(dates("0 9 15 8 *", shifted(1), "2026-08-01T00:00", 1), "2026-08-17 ");
  EXPECT_EQ(dates("0 9 15 8 *", shifted(2), "2026-08-01T00:00", 1), "2026-08-18 ");
  EXPECT_EQ(dates("0 9 15 8 *", shifted(-1), "2026-08-01T00:00", 1), "2026-08-14 ");
  EXPECT_EQ(dates("0 9 30 9 *", shifted(2), "2026-08-01T00:00", 1), "2026-10-09 ");
  EXPECT_EQ(dates("0 9 * * *", shifted(1), "2026-09-30T12:00", 2), "2026-10-08 2026-10-09 ");
}
TEST(Firing, AFiringThatNeedsAnUnknownDateIsRefused) {
  EXPECT_EQ(dates("0 9 * * *", open_only, "2026-12-30T12:00", 3), "2026-12-31 calendar_unknown");
  EXPECT_EQ(dates("0 9 1 1 *", rolled(Roll::following), "2026-02-01T12:00", 1), "calendar_unknown");
  // Whether 2027-01-01 comes back to 2026-12-31 is not known; that it does not in the modified form is.
  EXPECT_EQ(dates("0 9 1 1 *", rolled(Roll::preceding), "2026-12-30T12:00", 1), "calendar_unknown");
  EXPECT_EQ(dates("0 9 L * *", rolled(Roll::modified_following), "2026-12-01T12:00", 2), "2026-12-31 calendar_unknown");
  EXPECT_EQ(dates("0 9 * * *", nth(Period::week, -1), "2026-12-20T12:00", 2), "2026-12-25 calendar_unknown");
  EXPECT_EQ(dates("0 9 * * *", {}, "2026-12-30T12:00", 3), "2026-12-31 2027-01-01 2027-01-02 ");
}
TEST(Firing, ARuleWithoutCalendarOrWithoutCountIsRefused) {
  EXPECT_EQ(dates("0 9 * * *", open_only, "2026-10-01T00:00", 1, "none"), "invalid_field");
  EXPECT_EQ(dates("0 9 * * *", shifted(0), "2026-10-01T00:00", 1), "invalid_field");
  EXPECT_EQ(dates("0 9 * * *", shifted(-2147483647 - 1), "2026-10-01T00:00", 1), "invalid_field");
  EXPECT_EQ(dates("0 9 * * *", nth(Period::month, 0), "2026-10-01T00:00", 1), "invalid_field");
}
// The preimages next_firing works with against the plain meaning: every admitted date moved by Calendar's own questions.
TEST(Firing, MovedDaysAreThoseThatTheCalendarMovesOneByOne) {
  const auto& sse = *shipped_calendar("sse");
  for (const auto* expression : {"0 9 */3 * *", "0 9 15,L * *", "0 9 * * 6", "0 9 1W 1-12/2 *", "0 9 * 10,5,2 *"}) {
    const auto cron = Cron::parse(expression).value();
    for (const auto& rule : {rolled(Roll::following), rolled(Roll::preceding), rolled(Roll::modified_following), shifted(1), shifted(2),
                             shifted(7), shifted(-1), shifted(-2), shifted(-5)}) {
      std::vector<base::Date> moved;
      const auto first = date_of(2024, 2, 1), last = date_of(2026, 11, 30);
      for (auto d = date_of(2024, 1, 2); d <= date_of(2026, 12, 31); ++d.days) {
        if (!cron.admits(d)) continue;
        const auto to = rule.kind == DayRuleKind::roll ? sse.roll(d, rule.roll) : sse.shift(d, rule.n);
        if (to && *to >= first && *to <= last) moved.push_back(*to);
      }
      std::sort(moved.begin(), moved.end());
      moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
      std::vector<base::Date> fired;
      const auto zone = Zone::china();
      for (auto t = at("2024-01-31T12:00");;) {
        const auto n = next_firing({cron, zone, {}, rule, &sse}, t);
        // What lies up to `last` is told before the end of the calendar is met.
        if (!n) {
          ASSERT_EQ(n.error().code(), base::Code::calendar_unknown);
          break;
        }
        t = n->value();
        if (zone.local_of(t).date > last) break;
        fired.push_back(zone.local_of(t).date);
      }
      EXPECT_EQ(moved, fired) << expression << " " << static_cast<int>(rule.roll) << " " << rule.n;
    }
  }
}

}  // namespace
}  // namespace quanji::calendar
