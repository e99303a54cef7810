// Civil days: weekdays, months, and the periods a rule may name. Arithmetic on base::Date in the Gregorian calendar; no time zone.
#pragma once
#include <cstdint>

#include "base/clock.h"

namespace quanji::calendar {

struct Civil {
  int year, month, day;
};
Civil civil_of(base::Date date);
// The day must exist: month 1 to 12, day 1 to month_length.
base::Date date_of(int year, int month, int day);
int month_length(int year, int month);

// 1 Monday to 7 Sunday.
constexpr int weekday_of(base::Date date) { return ((date.days % 7) + 7 + 3) % 7 + 1; }
constexpr base::Date plus_days(base::Date date, std::int32_t days) { return {date.days + days}; }

// Both ends belong to it.
struct DateRange {
  base::Date first, last;
};
enum class Period : std::uint8_t { week, month, quarter, year };
// The week (Monday to Sunday), month, quarter or year the date lies in.
DateRange period_around(Period period, base::Date date);

}  // namespace quanji::calendar
