#include "calendar/days.h"

#include <chrono>

namespace quanji::calendar {

Civil civil_of(base::Date date) {
  const std::chrono::year_month_day d{std::chrono::sys_days{std::chrono::days(date.days)}};
  return {static_cast<int>(d.year()), static_cast<int>(static_cast<unsigned>(d.month())), static_cast<int>(static_cast<unsigned>(d.day()))};
}

base::Date date_of(int year, int month, int day) {
  const std::chrono::sys_days days = std::chrono::year(year) / month / day;
  return {static_cast<std::int32_t>(days.time_since_epoch().count())};
}

int month_length(int year, int month) {
  const auto last = std::chrono::year(year) / month / std::chrono::last;
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

DateRange period_around(Period period, base::Date date) {
  const auto [year, month, day] = civil_of(date);
  switch (period) {
    case Period::week: {
      const auto monday = plus_days(date, 1 - weekday_of(date));
      return {monday, plus_days(monday, 6)};
    }
    case Period::month:
      return {date_of(year, month, 1), date_of(year, month, month_length(year, month))};
    case Period::quarter: {
      const int first = (month - 1) / 3 * 3 + 1;
      return {date_of(year, first, 1), date_of(year, first + 2, month_length(year, first + 2))};
    }
    case Period::year:
      break;
  }
  return {date_of(year, 1, 1), date_of(year, 12, 31)};
}

}  // namespace quanji::calendar
