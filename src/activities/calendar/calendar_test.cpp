#include <gtest/gtest.h>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

// What an activity of the group gives: its one output as plain text, or its failure as "code kind".
std::string asked(const std::string& act, const std::string& with, ActivityWorld& world) {
  const auto finished =
      world.run_steps("- do: calendar." + act + "\n  with: {" + with + "}\n  save: x\n- return: {x: '=str(x)'}\n", R"({"x":""})");
  if (finished.error) return told(finished);
  return std::string(boost::json::parse(finished.outputs.text).at("x").as_string());
}
std::string asked(const std::string& act, const std::string& with) {
  ActivityWorld world;
  return asked(act, with, world);
}

TEST(CalendarActivities, NamesAreTakenInAnyCaseAndWrongOnesNameThoseThereAre) {
  for (const char* id : {"sse", "SSE", "Sse"}) EXPECT_EQ(asked("is_open", std::string("date: 2026-11-20, calendar: ") + id), "True");
  ActivityWorld world;
  const auto finished = world.run_steps("- do: calendar.is_open\n  with: {date: 2026-11-20, calendar: nyse}\n");
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(told(finished), "not_found business");
  EXPECT_NE(finished.error->message.find("szse"), std::string::npos) << finished.error->message;
}
TEST(CalendarActivities, ADateBeyondWhatIsKnownIsNeverGuessed) {
  for (const auto& [act, with] : std::initializer_list<std::pair<const char*, const char*>>{
           {"is_open", "date: 2027-01-01"},
           {"next", "date: 2026-12-31"},
           {"previous", "date: 2024-01-01"},
           {"add_days", "date: 2026-12-30, days: 5"},
           {"count", "first: 2026-12-01, last: 2027-01-31"},
           {"nth", "date: 2027-02-01, index: 1"},
           {"phase", "at: 2027-02-01T10:00:00"},
       })
    EXPECT_EQ(asked(act, with), "calendar_unknown business") << act;
}
TEST(CalendarActivities, MakeUpDaysAreOfficeDaysAndNoTradingDays) {
  EXPECT_EQ(asked("is_open", "date: 2026-02-14, calendar: office"), "True");
  EXPECT_EQ(asked("is_open", "date: 2026-02-14, calendar: sse"), "False");
}
TEST(CalendarActivities, TPlusNCountsFromAClosedDayTooButNothingIsNotAClosedDay) {
  EXPECT_EQ(asked("add_days", "date: 2026-11-21, days: 1"), "2026-11-23");
  EXPECT_EQ(asked("add_days", "date: 2026-11-20, days: -1"), "2026-11-19");
  EXPECT_EQ(asked("add_days", "date: 2026-11-20, days: 0"), "2026-11-20");
  EXPECT_EQ(asked("add_days", "date: 2026-11-21, days: 0"), "invalid_argument system");
}
TEST(CalendarActivities, TheNthDayOfAPeriodOrThatItHasNotSoMany) {
  EXPECT_EQ(asked("nth", "date: 2026-11-20, index: 1, period: week"), "2026-11-16");
  EXPECT_EQ(asked("nth", "date: 2026-11-20, index: -1, period: quarter"), "2026-12-31");
  EXPECT_EQ(asked("nth", "date: 2026-11-20, index: 6, period: week"), "no_match business");
  EXPECT_EQ(asked("nth", "date: 2026-10-02, index: 1, period: week"), "2026-09-28");
  EXPECT_EQ(asked("nth", "date: 2026-11-20, index: 0"), "invalid_argument system");
}
TEST(CalendarActivities, CountsBothEndsAndNothingBackwards) {
  EXPECT_EQ(asked("count", "first: 2026-11-20, last: 2026-11-23"), "2");
  EXPECT_EQ(asked("count", "first: 2026-11-23, last: 2026-11-20"), "0");
}
TEST(CalendarActivities, TheBusinessDateIsTheTasksOrToday) {
  ActivityWorld world;
  EXPECT_EQ(asked("business_date", "", world), "2023-11-15") << "in Beijing, where it is morning";
  world.business_date = base::Date{20'000};
  EXPECT_EQ(asked("business_date", "", world), "2024-10-04");
}
TEST(CalendarActivities, PhasesOfADay) {
  for (const auto& [at, phase] : std::initializer_list<std::pair<const char*, const char*>>{{"09:20:00", "auction"},
                                                                                            {"09:30:00", "continuous"},
                                                                                            {"11:30:00", "break"},
                                                                                            {"14:59:59.999999", "auction"},
                                                                                            {"22:00:00", "close"}})
    EXPECT_EQ(asked("phase", std::string("at: 2026-11-20T") + at), phase) << at;
  EXPECT_EQ(asked("phase", "at: 2026-11-21T10:00:00"), "close");
  EXPECT_EQ(asked("phase", "at: 2026-11-20T21:30:00, calendar: futures_2300"), "night") << "of Monday";
  EXPECT_EQ(asked("phase", "at: 2026-11-20T10:00:00, calendar: office"), "not_supported system");
}

}  // namespace
}  // namespace quanji::activities
