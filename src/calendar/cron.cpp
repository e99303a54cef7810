#include "calendar/cron.h"

#include <array>
#include <bit>

#include "calendar/days.h"
#include "calendar/fire_days.h"

namespace quanji::calendar {
namespace {

constexpr std::uint32_t every_hour = (1U << 24) - 1;
constexpr std::uint32_t every_day = 0xFFFFFFFEU;
constexpr std::uint32_t every_weekday = 0x7F;

// The first set bit at or above `from`; -1 without one.
int bit_from(std::uint64_t bits, int from) {
  if (from > 63) return -1;
  const auto rest = bits >> from << from;
  return rest == 0 ? -1 : std::countr_zero(rest);
}

}  // namespace

bool Cron::admits_every_hour() const { return hours_ == every_hour; }

bool Cron::admits_special(const SpecialDay& s, base::Date date) const {
  const auto [year, month, day] = civil_of(date);
  const int length = month_length(year, month);
  const int weekday = weekday_of(date);  // 1 Monday to 7 Sunday
  switch (s.kind) {
    case Special::last_day:
      return day == length - s.day;
    case Special::last_weekday:
      return weekday <= 5 && (day == length || (weekday == 5 && day + 2 >= length));
    case Special::nearest_weekday: {
      if (s.day > length || weekday > 5) return false;
      const int target = weekday_of(date_of(year, month, s.day));
      if (target <= 5) return day == s.day;
      if (target == 6) return day == (s.day == 1 ? 3 : s.day - 1);
      return day == (s.day == length ? s.day - 2 : s.day + 1);
    }
    case Special::last_in_month:
      return weekday % 7 == s.day && day + 7 > length;
    case Special::nth_in_month:
      break;
  }
  return weekday % 7 == s.day && (day - 1) / 7 + 1 == s.nth;
}

bool Cron::admits(base::Date date) const {
  const auto [year, month, day] = civil_of(date);
  if ((months_ >> month & 1) == 0) return false;
  bool of_month = (days_ >> day & 1) != 0;
  for (const auto& s : of_month_) of_month = of_month || admits_special(s, date);
  bool of_week = (weekdays_ >> (weekday_of(date) % 7) & 1) != 0;
  for (const auto& s : of_week_) of_week = of_week || admits_special(s, date);
  const bool month_restricts = days_ != every_day, week_restricts = weekdays_ != every_weekday;
  return month_restricts && week_restricts ? of_month || of_week : of_month && of_week;
}

std::optional<std::int32_t> Cron::time_from(std::int32_t second) const {
  const int hour = second / 3600, minute = second / 60 % 60;
  const int first_minute = bit_from(minutes_, 0), first_second = bit_from(seconds_, 0);
  if (hours_ >> hour & 1) {
    if (minutes_ >> minute & 1)
      if (const int s = bit_from(seconds_, second % 60); s >= 0) return hour * 3600 + minute * 60 + s;
    if (const int m = bit_from(minutes_, minute + 1); m >= 0) return hour * 3600 + m * 60 + first_second;
  }
  if (const int h = bit_from(hours_, hour + 1); h >= 0) return h * 3600 + first_minute * 60 + first_second;
  return {};
}

std::optional<base::Time> Cron::next(base::Time after, const Zone& zone, DstPolicy policy) const {
  const auto last = plus_days(zone.local_of(after).date, 50 * 366);
  auto found = next_instant(*this, zone, policy, after, last, [this](base::Date d) -> base::Result<bool> { return admits(d); });
  return std::move(found).value();
}

}  // namespace quanji::calendar
