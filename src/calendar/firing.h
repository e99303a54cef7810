// When a schedule fires: a cron, a time zone, what to do where the clock is set, and a day rule on a calendar. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "calendar/calendar.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

namespace quanji::calendar {

// What the calendar makes of the days the cron admits. The time of day stays; days that come to one date fire once.
enum class DayRuleKind : std::uint8_t {
  any,        // the calendar is not asked
  open_only,  // an admitted day that is closed does not fire
  closed_only,
  roll,      // an admitted day that is closed moves as `roll` says
  nth_open,  // an admitted day fires when it is the n-th open day of its period: "0 9 * * *" with the month's -1 is its last open day
  shift,     // T+n: fires n open days after an admitted day (before, when n is negative); closed days count as Calendar::shift says
};
struct DayRule {
  DayRuleKind kind = DayRuleKind::any;
  Roll roll = Roll::following;
  Period period = Period::month;
  std::int32_t n = 0;
};
// "any", "open_only", …, as on the wire.
std::string_view word_of(DayRuleKind kind);

struct Firing {
  const Cron& cron;
  const Zone& zone;  // the dates of the calendar are those of this zone
  DstPolicy dst;
  DayRule rule;
  const Calendar* calendar = nullptr;  // may be null with DayRuleKind::any only
};

// The first firing strictly after. With a rule a date the calendar does not know is never guessed: once the next firing depends on one the
// answer is calendar_unknown. Absent when nothing fires within 50 years (without a rule). Refuses with invalid_field a rule without
// calendar, and n of 0 or beyond 1000 days either way.
base::Result<std::optional<base::Time>> next_firing(const Firing& firing, base::Time after);

}  // namespace quanji::calendar
