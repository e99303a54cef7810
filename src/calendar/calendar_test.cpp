#include "calendar/calendar.h"

#include <gtest/gtest.h>

#include "calendar/shipped.h"

namespace quanji::calendar {
namespace {

using base::Code;
using base::Date;

Date day(std::string_view text) { return base::parse_date(text).value(); }
std::string text(const base::Result<Date>& d) { return d ? to_text(*d) : std::string(base::row_of(d.error().code()).word); }
std::string text(const base::Result<std::optional<Date>>& d) {
  if (!d) return std::string(base::row_of(d.error().code()).word);
  return *d ? to_text(**d) : "none";
}
const Calendar& sse() { return *shipped_calendar("sse"); }
const Calendar& office() { return *shipped_calendar("office"); }

// Monday 2024-01-01 to Wednesday 2024-01-17; the 10th and 11th closed, the 6th (Saturday) made up, the 12th half.
Plan small_plan() {
  Plan plan;
  plan.id = "small";
  plan.title = {"小日历", "small"};
  plan.known_from = day("2024-01-01");
  plan.known_until = day("2024-01-17");
  plan.days = {{day("2024-01-12"), day("2024-01-12"), DayType::half, {"半日", "half"}},
               {day("2024-01-10"), day("2024-01-11"), DayType::closed, {"停", "stop"}},
               {day("2024-01-06"), day("2024-01-06"), DayType::open, {"补", "made up"}}};
  return plan;
}
Calendar small() { return Calendar::build(small_plan()).value(); }

TEST(Days, WeekdaysMonthsAndPeriodsAreThoseOfTheGregorianCalendar) {
  EXPECT_EQ(weekday_of(day("1970-01-01")), 4);
  EXPECT_EQ(weekday_of(day("2026-11-22")), 7);
  EXPECT_EQ(weekday_of(Date{-1}), 3);
  EXPECT_EQ(month_length(2024, 2), 29);
  EXPECT_EQ(month_length(2100, 2), 28);
  const auto range = [](Period p, std::string_view d) {
    const auto r = period_around(p, day(d));
    return to_text(r.first) + " " + to_text(r.last);
  };
  EXPECT_EQ(range(Period::week, "2026-11-22"), "2026-11-16 2026-11-22");
  EXPECT_EQ(range(Period::month, "2024-02-10"), "2024-02-01 2024-02-29");
  EXPECT_EQ(range(Period::quarter, "2026-11-22"), "2026-10-01 2026-12-31");
  EXPECT_EQ(range(Period::year, "2026-11-22"), "2026-01-01 2026-12-31");
}

TEST(Calendar, ADayTellsItsTypeAndWhy) {
  const auto c = small();
  const auto mark = [&](std::string_view d) { return c.day(day(d))->mark; };
  EXPECT_EQ(mark("2024-01-05"), DayMark::ordinary);
  EXPECT_EQ(mark("2024-01-06"), DayMark::make_up);
  EXPECT_EQ(mark("2024-01-07"), DayMark::weekend);
  EXPECT_EQ(mark("2024-01-11"), DayMark::holiday);
  EXPECT_EQ(c.day(day("2024-01-11"))->name->en, "stop");
  EXPECT_EQ(c.day(day("2024-01-09"))->name, nullptr);
  EXPECT_EQ(c.day(day("2024-01-12"))->type, DayType::half);
  EXPECT_TRUE(*c.is_open(day("2024-01-12")));
}
TEST(Calendar, ADateBeyondWhatIsKnownIsRefusedInBothLanguages) {
  const auto refused = sse().is_open(day("2027-01-04"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::calendar_unknown);
  EXPECT_NE(refused.error().message().zh.find("只知道 2024-01-01 至 2026-12-31，问到的 2027-01-04 不在其中"), std::string::npos);
  EXPECT_NE(refused.error().message().en.find("knows 2024-01-01 to 2026-12-31 only, not 2027-01-04"), std::string::npos);
  EXPECT_EQ(text(sse().next_open(day("2026-12-31"))), "calendar_unknown");
  EXPECT_EQ(text(sse().previous_open(day("2024-01-02"))), "calendar_unknown");
  EXPECT_EQ(text(sse().shift(day("2026-12-30"), 2)), "calendar_unknown");
  EXPECT_EQ(text(sse().shift(day("2025-06-02"), -2147483647 - 1)), "calendar_unknown");
  EXPECT_EQ(sse().count_open(day("2026-12-01"), day("2027-01-01")).error().code(), Code::calendar_unknown);
  EXPECT_EQ(sse().day(day("2023-12-31")).error().code(), Code::calendar_unknown);
}
TEST(Calendar, OpenDaysAreFoundOnBothSides) {
  EXPECT_EQ(text(sse().next_open(day("2026-09-30"))), "2026-10-08");
  EXPECT_EQ(text(sse().previous_open(day("2026-10-08"))), "2026-09-30");
  EXPECT_EQ(text(sse().next_open(day("2026-10-09"))), "2026-10-12");
  EXPECT_EQ(text(office().next_open(day("2026-10-09"))), "2026-10-10");
}
TEST(Calendar, ShiftCountsOpenDaysFromOpenAndClosedDaysAlike) {
  EXPECT_EQ(text(sse().shift(day("2026-09-30"), 2)), "2026-10-09");
  EXPECT_EQ(text(sse().shift(day("2026-10-03"), 1)), "2026-10-08");
  EXPECT_EQ(text(sse().shift(day("2026-10-03"), -1)), "2026-09-30");
  EXPECT_EQ(text(sse().shift(day("2026-10-08"), 0)), "2026-10-08");
  EXPECT_EQ(text(sse().shift(day("2026-10-03"), 0)), "invalid_field");
}
TEST(Calendar, RollLeavesTheMonthOnlyWhenTold) {
  // Saturday 2025-05-31 is followed by a holiday on Monday and the open 2025-06-03.
  EXPECT_EQ(text(sse().roll(day("2025-05-31"), Roll::following)), "2025-06-03");
  EXPECT_EQ(text(sse().roll(day("2025-05-31"), Roll::preceding)), "2025-05-30");
  EXPECT_EQ(text(sse().roll(day("2025-05-31"), Roll::modified_following)), "2025-05-30");
  EXPECT_EQ(text(sse().roll(day("2025-06-01"), Roll::modified_following)), "2025-06-03");
  EXPECT_EQ(text(sse().roll(day("2025-06-03"), Roll::preceding)), "2025-06-03");
}
TEST(Calendar, ModifiedFollowingAtTheKnownEndNeedsTheMonthOnly) {
  auto plan = small_plan();
  plan.known_until = day("2024-03-31");  // a Sunday, the month's last day
  const auto c = Calendar::build(plan).value();
  EXPECT_EQ(text(c.roll(day("2024-03-30"), Roll::modified_following)), "2024-03-29");
  EXPECT_EQ(text(c.roll(day("2024-03-30"), Roll::following)), "calendar_unknown");
}
TEST(Calendar, TheNthOpenDayOfAPeriodIsCountedFromEitherEnd) {
  const auto d = day("2026-10-15");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, 1)), "2026-10-08");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, -1)), "2026-10-30");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, 18)), "none");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, 17)), "2026-10-30");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, -18)), "none");
  EXPECT_EQ(text(sse().nth_open(Period::week, day("2026-10-01"), 4)), "none");
  EXPECT_EQ(text(sse().nth_open(Period::week, day("2026-10-01"), -1)), "2026-09-30");
  EXPECT_EQ(text(sse().nth_open(Period::quarter, d, 1)), "2026-10-08");
  EXPECT_EQ(text(sse().nth_open(Period::quarter, day("2026-04-05"), -1)), "2026-06-30");
  EXPECT_EQ(text(sse().nth_open(Period::year, day("2025-04-05"), 243)), "2025-12-31");
  EXPECT_EQ(text(sse().nth_open(Period::year, day("2025-04-05"), -243)), "2025-01-02");
  EXPECT_EQ(text(sse().nth_open(Period::month, d, 0)), "invalid_field");
}
TEST(Calendar, TheNthOpenDayIsToldWhenTheKnownDaysSettleItAndRefusedWhenNot) {
  // The week of 2026-12-28 ends on 2027-01-03.
  const auto d = day("2026-12-30");
  EXPECT_EQ(text(sse().nth_open(Period::week, d, 1)), "2026-12-28");
  EXPECT_EQ(text(sse().nth_open(Period::week, d, 4)), "2026-12-31");
  EXPECT_EQ(text(sse().nth_open(Period::week, d, 5)), "calendar_unknown");
  EXPECT_EQ(text(sse().nth_open(Period::week, d, -1)), "calendar_unknown");
  EXPECT_EQ(text(small().nth_open(Period::month, day("2024-01-01"), 2)), "2024-01-02");
  EXPECT_EQ(text(small().nth_open(Period::month, day("2024-01-01"), -1)), "calendar_unknown");
}
TEST(Calendar, OpenDaysOfARangeAreCountedWithBothEnds) {
  EXPECT_EQ(*small().count_open(day("2024-01-05"), day("2024-01-12")), 5);
  EXPECT_EQ(*small().count_open(day("2024-01-10"), day("2024-01-11")), 0);
  EXPECT_EQ(*small().count_open(day("2024-01-09"), day("2024-01-08")), 0);
}
TEST(Calendar, APlanThatContradictsItselfIsRefusedWithTheRow) {
  const auto refused = [](auto change) {
    auto plan = small_plan();
    change(plan);
    const auto built = Calendar::build(std::move(plan));
    if (built) return std::string("accepted");
    EXPECT_EQ(built.error().code(), Code::invalid_field);
    EXPECT_FALSE(built.error().message().zh.empty());
    return built.error().fields().at(0).field;
  };
  EXPECT_EQ(refused([](Plan& p) { std::swap(p.days[1].first, p.days[1].last); }), "days/1");
  EXPECT_EQ(refused([](Plan& p) { p.days[2].last = day("2024-01-18"); }), "days/2");
  EXPECT_EQ(refused([](Plan& p) { p.days[2].last = day("2024-01-10"); }), "days");
  EXPECT_EQ(refused([](Plan& p) { p.known_until = day("2023-12-31"); }), "knownUntil");
  EXPECT_EQ(refused([](Plan& p) { p.known_until = day("2262-01-01"); }), "knownUntil");
  using std::chrono::minutes;
  const Session morning{Phase::continuous, minutes(540), minutes(690)}, noon{Phase::continuous, minutes(600), minutes(700)};
  EXPECT_EQ(refused([&](Plan& p) { p.hours.open_day = {morning, noon}; }), "hours/openDay/1");
  EXPECT_EQ(refused([&](Plan& p) { p.hours.open_day = {morning}; }), "hours/halfDay");
  EXPECT_EQ(refused([&](Plan& p) { p.hours.half_day = {morning}; }), "hours/openDay");
  EXPECT_EQ(refused([&](Plan& p) {
              p.hours.open_day = p.hours.half_day = {morning};
              p.hours.night = {{Phase::night, minutes(1260), minutes(1440 + 541)}};
            }),
            "hours/night/0");
}

TEST(Algebra, CombinedDaysAreOpenAsTheWordSays) {
  const auto d = [](const Calendar& c, std::string_view date) { return word_of(c.day(day(date))->type); };
  const auto both = both_open(sse(), office()).value();
  const auto either = either_open(sse(), office()).value();
  const auto make_up = open_without(office(), sse()).value();
  EXPECT_EQ(d(both, "2026-10-10"), "closed");
  EXPECT_EQ(d(either, "2026-10-10"), "open");
  EXPECT_EQ(d(make_up, "2026-10-10"), "open");
  EXPECT_EQ(d(make_up, "2026-10-09"), "closed");
  EXPECT_EQ(both.id(), "(sse and office)");
  EXPECT_EQ(both.plan().sources.size(), sse().plan().sources.size() + office().plan().sources.size());
  const auto half = small();
  EXPECT_EQ(d(both_open(half, office()).value(), "2024-01-12"), "half");
  EXPECT_EQ(d(either_open(half, office()).value(), "2024-01-12"), "open");
  EXPECT_EQ(d(open_without(half, office()).value(), "2024-01-12"), "closed");
  EXPECT_EQ(d(open_without(half, office()).value(), "2024-01-06"), "open");
}
TEST(Algebra, TheResultKnowsNoMoreThanBoth) {
  const auto c = either_open(small(), sse()).value();
  EXPECT_EQ(to_text(c.known_from()), "2024-01-01");
  EXPECT_EQ(to_text(c.known_until()), "2024-01-17");
  EXPECT_EQ(text(c.next_open(day("2024-01-17"))), "calendar_unknown");
  auto plan = small_plan();
  plan.days.clear();
  plan.known_from = plan.known_until = day("2023-06-01");
  const auto refused = both_open(Calendar::build(plan).value(), sse());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::calendar_unknown);
}
TEST(Algebra, ACombinedCalendarHasDaysButNoHours) {
  const auto c = both_open(sse(), office()).value();
  EXPECT_EQ(c.sessions_of(day("2026-10-09")).error().code(), Code::not_supported);
}

}  // namespace
}  // namespace quanji::calendar
