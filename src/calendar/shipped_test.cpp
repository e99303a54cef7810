#include "calendar/shipped.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace quanji::calendar {
namespace {

using base::Date;
Date day(std::string_view text) { return base::parse_date(text).value(); }
std::int64_t open_in(const Calendar& c, int year) { return *c.count_open(date_of(year, 1, 1), date_of(year, 12, 31)); }
// The weekdays, or the days at weekends, of all years that are `open` or not.
std::string days(const Calendar& c, bool weekend, DayType type) {
  std::string out;
  for (auto d = c.known_from(); d <= c.known_until(); ++d.days)
    if ((weekday_of(d) > 5) == weekend && c.day(d)->type == type) out += to_text(d) + " ";
  return out;
}

TEST(Shipped, ExchangesOpenOn242And243And242Days) {
  for (const auto* id : {"sse", "szse", "bse", "futures_day", "futures_2300", "futures_0100", "futures_0230"}) {
    const auto& c = *shipped_calendar(id);
    EXPECT_EQ(open_in(c, 2024), 242) << id;
    EXPECT_EQ(open_in(c, 2025), 243) << id;
    EXPECT_EQ(open_in(c, 2026), 242) << id;
    EXPECT_EQ(days(c, true, DayType::open), "") << id;
  }
}
// Independent of the ranges in the tables: the closed weekdays one by one, as computed from a public calendar of the Shanghai exchange.
TEST(Shipped, ExchangesCloseOnExactlyTheseWeekdays) {
  EXPECT_EQ(days(*shipped_calendar("sse"), false, DayType::closed),
            "2024-01-01 2024-02-09 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05 2024-05-01 2024-05-02 "
            "2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04 2024-10-07 "
            "2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-03 2025-02-04 2025-04-04 2025-05-01 2025-05-02 2025-05-05 "
            "2025-06-02 2025-10-01 2025-10-02 2025-10-03 2025-10-06 2025-10-07 2025-10-08 "
            "2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23 2026-04-06 2026-05-01 2026-05-04 "
            "2026-05-05 2026-06-19 2026-09-25 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07 ");
}
TEST(Shipped, MakeUpDaysAreOfficeDaysOnly) {
  EXPECT_EQ(days(*shipped_calendar("office"), true, DayType::open),
            "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 2025-01-26 2025-02-08 2025-04-27 "
            "2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10 ");
  const auto extra = open_without(*shipped_calendar("office"), *shipped_calendar("sse")).value();
  EXPECT_EQ(days(extra, true, DayType::open), days(*shipped_calendar("office"), true, DayType::open));
  EXPECT_EQ(days(extra, false, DayType::open), "2024-02-09 ");
  EXPECT_EQ(days(open_without(*shipped_calendar("sse"), *shipped_calendar("office")).value(), false, DayType::open), "");
  EXPECT_EQ(shipped_calendar("office")->day(day("2026-10-10"))->mark, DayMark::make_up);
}
TEST(Shipped, OfficesOpenOn251And248And248Days) {
  const auto& c = *shipped_calendar("office");
  EXPECT_EQ(open_in(c, 2024), 251);
  EXPECT_EQ(open_in(c, 2025), 248);
  EXPECT_EQ(open_in(c, 2026), 248);
}
TEST(Shipped, EachCalendarNamesASourcePublishedBeforeEachYearItKnows) {
  for (const auto& c : shipped_calendars()) {
    EXPECT_FALSE(c.plan().title.zh.empty() || c.plan().title.en.empty()) << c.id();
    ASSERT_EQ(c.plan().sources.size(), 3U) << c.id();
    for (int i = 0; i < 3; ++i) {
      const auto& s = c.plan().sources[static_cast<std::size_t>(i)];
      EXPECT_EQ(civil_of(s.published).year, 2023 + i) << s.document;
      EXPECT_NE(s.document.find(fmt::format("{}", 2024 + i)), std::string::npos) << s.document;
    }
    EXPECT_EQ(to_text(c.known_until()), "2026-12-31");
  }
  EXPECT_EQ(shipped_calendar("nyse"), nullptr);
}

}  // namespace
}  // namespace quanji::calendar
