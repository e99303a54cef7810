#include "calendar/hours.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calendar/shipped.h"

namespace quanji::calendar {
namespace {

base::Time at(std::string_view local) { return base::parse_time(fmt::format("{}:00+08:00", local)).value(); }
base::Date day(std::string_view text) { return base::parse_date(text).value(); }
std::string phase(const char* id, std::string_view local) {
  const auto p = shipped_calendar(id)->phase_at(at(local));
  if (!p) return std::string(base::row_of(p.error().code()).word);
  return fmt::format("{} {}", word_of(p->phase), p->trading_day ? to_text(*p->trading_day) : "-");
}
std::string sessions(const char* id, std::string_view date) {
  const auto all = shipped_calendar(id)->sessions_of(day(date));
  if (!all) return std::string(base::row_of(all.error().code()).word);
  std::string out;
  for (const auto& s : *all)
    out += fmt::format("{} {} {}; ", word_of(s.phase), to_text(s.from).substr(5, 11), to_text(s.until).substr(11, 5));
  return out;
}

TEST(Hours, AStockDayGoesThroughItsPhases) {
  const std::pair<const char*, const char*> expected[] = {
      {"00:00", "pre_open"},   {"09:14", "pre_open"},   {"09:15", "auction"}, {"09:24", "auction"},     {"09:25", "pre_open"},
      {"09:30", "continuous"}, {"11:29", "continuous"}, {"11:30", "break"},   {"12:59", "break"},       {"13:00", "continuous"},
      {"14:56", "continuous"}, {"14:57", "auction"},    {"15:00", "close"},   {"15:05", "after_hours"}, {"15:29", "after_hours"},
      {"15:30", "close"},      {"23:59", "close"}};
  for (const auto& [time, word] : expected)
    EXPECT_EQ(phase("sse", fmt::format("2026-10-08T{}", time)), fmt::format("{} 2026-10-08", word)) << time;
  EXPECT_EQ(phase("bse", "2026-10-08T15:10"), "close 2026-10-08");
}
TEST(Hours, AClosedDayIsClosedAllDayAndBelongsToNone) {
  EXPECT_EQ(phase("sse", "2026-10-10T10:00"), "close -");
  EXPECT_EQ(phase("sse", "2026-10-01T10:00"), "close -");
  EXPECT_EQ(sessions("sse", "2026-10-10"), "");
  EXPECT_EQ(phase("sse", "2027-01-01T10:00"), "calendar_unknown");
  EXPECT_EQ(phase("office", "2026-10-08T10:00"), "not_supported");
}
TEST(Hours, ANightSessionBelongsToTheNextTradingDay) {
  EXPECT_EQ(phase("futures_0230", "2026-11-18T21:00"), "night 2026-11-19");
  EXPECT_EQ(phase("futures_0230", "2026-11-19T02:29"), "night 2026-11-19");
  EXPECT_EQ(phase("futures_0230", "2026-11-19T02:30"), "pre_open 2026-11-19");
  EXPECT_EQ(phase("futures_0230", "2026-11-18T20:55"), "auction 2026-11-19");
  EXPECT_EQ(phase("futures_0230", "2026-11-18T20:59"), "pre_open 2026-11-19");
  EXPECT_EQ(phase("futures_0230", "2026-11-18T20:54"), "close 2026-11-18");
  // Friday's night runs into Saturday and is Monday's.
  EXPECT_EQ(phase("futures_0230", "2026-11-20T21:30"), "night 2026-11-23");
  EXPECT_EQ(phase("futures_0230", "2026-11-21T02:00"), "night 2026-11-23");
  EXPECT_EQ(phase("futures_0230", "2026-11-21T02:30"), "close -");
  EXPECT_EQ(phase("futures_0230", "2026-11-23T01:00"), "pre_open 2026-11-23");
  EXPECT_EQ(phase("futures_2300", "2026-11-20T23:00"), "close 2026-11-20");
  EXPECT_EQ(phase("futures_0100", "2026-11-21T00:59"), "night 2026-11-23");
  EXPECT_EQ(phase("futures_day", "2026-11-20T21:30"), "close 2026-11-20");
}
TEST(Hours, NoNightSessionStandsBeforeAHoliday) {
  EXPECT_EQ(phase("futures_0230", "2026-09-30T21:30"), "close 2026-09-30");
  EXPECT_EQ(phase("futures_0230", "2026-10-01T01:00"), "close -");
  // Friday before the weekend of Qingming, whose Monday is closed; the day before a Friday's holiday; the last day of 2024.
  EXPECT_EQ(phase("futures_0230", "2026-04-03T21:30"), "close 2026-04-03");
  EXPECT_EQ(phase("futures_0230", "2026-06-18T21:30"), "close 2026-06-18");
  EXPECT_EQ(phase("futures_0230", "2024-12-31T21:30"), "close 2024-12-31");
  // Behind the holiday the nights come back, on the first open day.
  EXPECT_EQ(phase("futures_0230", "2026-10-08T21:30"), "night 2026-10-09");
  // A weekend with a make-up day of the offices is an ordinary one for the exchanges.
  EXPECT_EQ(phase("futures_0230", "2026-10-09T21:30"), "night 2026-10-12");
}
TEST(Hours, ANightWhoseTradingDayIsNotKnownIsNotGuessed) {
  EXPECT_EQ(phase("futures_0230", "2026-12-31T20:00"), "close 2026-12-31");
  EXPECT_EQ(phase("futures_0230", "2026-12-31T21:30"), "calendar_unknown");
  EXPECT_EQ(phase("futures_day", "2026-12-31T21:30"), "close 2026-12-31");
}
TEST(Hours, TheSessionsOfATradingDayBeginOnItsEve) {
  EXPECT_EQ(sessions("futures_0230", "2026-11-23"),
            "auction 11-20T20:55 20:59; night 11-20T21:00 02:30; continuous 11-23T09:00 10:15; continuous 11-23T10:30 11:30; "
            "continuous 11-23T13:30 15:00; ");
  EXPECT_EQ(sessions("futures_0230", "2026-10-08"),
            "continuous 10-08T09:00 10:15; continuous 10-08T10:30 11:30; continuous 10-08T13:30 15:00; ");
  // 2024-01-01 is a holiday: that no night stands before 2024-01-02 is known without the days of 2023.
  EXPECT_EQ(sessions("futures_2300", "2024-01-02").substr(0, 22), "continuous 01-02T09:00");
  EXPECT_EQ(phase("futures_0230", "2026-11-23T10:20"), "break 2026-11-23");
}
TEST(Hours, AHalfDayHasItsOwnSessionsInTheCalendarsZone) {
  Plan plan;
  plan.id = "new_york";
  plan.known_from = day("2026-11-23");
  plan.known_until = day("2026-12-31");
  plan.zone = Zone::find("America/New_York").value();
  plan.days = {{day("2026-11-26"), day("2026-11-26"), DayType::closed, {}}, {day("2026-11-27"), day("2026-11-27"), DayType::half, {}}};
  using std::chrono::minutes;
  plan.hours.open_day = {{Phase::continuous, minutes(570), minutes(960)}};
  plan.hours.half_day = {{Phase::continuous, minutes(570), minutes(780)}};
  const auto c = Calendar::build(plan).value();
  const auto p = [&](const char* t) { return word_of(c.phase_at(base::parse_time(t).value())->phase); };
  EXPECT_EQ(p("2026-11-25T15:00:00-05:00"), "continuous");
  EXPECT_EQ(p("2026-11-27T12:59:59-05:00"), "continuous");
  EXPECT_EQ(p("2026-11-27T13:00:00-05:00"), "close");
  EXPECT_EQ(to_text(c.sessions_of(day("2026-11-27"))->at(0).from, minutes(0)), "2026-11-27T14:30:00.000+00:00");
}

}  // namespace
}  // namespace quanji::calendar
