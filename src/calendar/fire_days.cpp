#include "calendar/fire_days.h"

#include <algorithm>

#include "calendar/days.h"

namespace quanji::calendar {
namespace {

using base::Date;
using base::Time;
using std::optional;

constexpr std::int64_t micros_a_second = 1'000'000;
constexpr std::int64_t micros_a_day = 86400 * micros_a_second;

std::int64_t naive(Date date) { return date.days * micros_a_day; }

// The one offset of all instants a day's wall clock can mean, or nothing where the clock is set nearby.
optional<std::chrono::seconds> steady_offset(const Zone& zone, Date date) {
  const auto span = zone.span_at({naive(date)});
  const bool steady = span.begin.micros < naive(date) - 2 * micros_a_day && span.end.micros > naive(date) + 3 * micros_a_day;
  return steady ? optional(span.offset) : std::nullopt;
}

void keep_earlier(optional<Time>& best, optional<Time> t, Time after) {
  if (t && *t > after && (!best || *t < *best)) best = t;
}

optional<Time> first_on(const Cron& cron, const Zone& zone, DstPolicy policy, Time after, Date date) {
  if (const auto offset = steady_offset(zone, date)) {
    const auto midnight = naive(date) - offset->count() * micros_a_second;
    if (after.micros >= midnight + micros_a_day) return {};
    const auto from = after.micros < midnight ? 0 : (after.micros - midnight) / micros_a_second + 1;
    if (from >= 86400) return {};
    const auto second = cron.time_from(static_cast<std::int32_t>(from));
    return second ? optional(Time{midnight + *second * micros_a_second}) : std::nullopt;
  }
  if (cron.admits_every_hour()) policy = {Gap::skip, Fold::both};
  optional<Time> best;
  for (auto second = cron.time_from(0); second; second = *second < 86399 ? cron.time_from(*second + 1) : std::nullopt) {
    const auto at = zone.instants_of({date, *second});
    if (!at.first && policy.gap == Gap::first_valid) keep_earlier(best, at.after_gap, after);
    keep_earlier(best, at.first, after);
    if (policy.fold == Fold::both) keep_earlier(best, at.second, after);
  }
  return best;
}

}  // namespace

base::Result<optional<Time>> next_instant(const Cron& cron, const Zone& zone, DstPolicy policy, Time after, Date last,
                                          const FiresOn& fires_on) {
  auto date = zone.local_of(after).date;
  // Where the clock is set, instants of neighbouring days may be out of the days' order: a whole day can be jumped over.
  if (!steady_offset(zone, date)) date = plus_days(date, -2);
  for (; date <= last; ++date.days) {
    QUANJI_TRY(const bool fires, fires_on(date));
    if (!fires) continue;
    auto best = first_on(cron, zone, policy, after, date);
    if (!best) continue;
    for (int later = 1; later <= 2 && !steady_offset(zone, date); ++later) {
      QUANJI_TRY(const bool too, fires_on(plus_days(date, later)));
      if (too) keep_earlier(best, first_on(cron, zone, policy, after, plus_days(date, later)), after);
    }
    return best;
  }
  return optional<Time>();
}

}  // namespace quanji::calendar
