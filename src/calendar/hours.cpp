#include "calendar/hours.h"

#include <fmt/format.h>

#include "calendar/calendar.h"

namespace quanji::calendar {
namespace {

using base::Date;
using base::Result;
using base::Time;

base::Error no_hours(const Calendar& calendar) {
  return base::Error(base::Code::not_supported, base::Text(fmt::format("日历“{}”只有日期，没有交易时段", calendar.id()),
                                                           fmt::format("calendar \"{}\" has days only, no sessions", calendar.id())));
}

// A wall clock's time as an instant; in a gap the end of the gap, in a fold the first.
Time instant_of(const Zone& zone, Date date, std::chrono::minutes minutes) {
  const auto total = minutes.count();
  const auto at =
      zone.instants_of({plus_days(date, static_cast<std::int32_t>(total / 1440)), static_cast<std::int32_t>(total % 1440 * 60)});
  return at.first.value_or(at.after_gap);
}

// What an open day shows at a second since its midnight.
Phase phase_in(const std::vector<Session>& sessions, std::chrono::seconds second) {
  bool traded = false;
  for (const auto& s : sessions) {
    if (second < s.from) {
      if (s.phase == Phase::after_hours) return Phase::close;
      return traded ? Phase::break_ : Phase::pre_open;
    }
    if (second < s.until) return s.phase;
    traded = traded || s.phase != Phase::auction;
  }
  return Phase::close;
}

}  // namespace

std::string_view word_of(Phase phase) {
  switch (phase) {
    case Phase::pre_open:
      return "pre_open";
    case Phase::auction:
      return "auction";
    case Phase::continuous:
      return "continuous";
    case Phase::break_:
      return "break";
    case Phase::close:
      return "close";
    case Phase::after_hours:
      return "after_hours";
    case Phase::night:
      break;
  }
  return "night";
}

Result<bool> Calendar::has_night(Date trading_day) const {
  if (plan_.hours.night.empty()) return false;
  for (auto d = plus_days(trading_day, -1);; --d.days) {
    QUANJI_TRY(const auto between, day(d));
    if (between.type != DayType::closed) return true;
    if (between.mark == DayMark::holiday) return false;
  }
}

Result<std::vector<SessionAt>> Calendar::sessions_of(Date trading_day) const {
  if (!has_hours()) return no_hours(*this);
  QUANJI_TRY(const auto today, day(trading_day));
  std::vector<SessionAt> out;
  if (today.type == DayType::closed) return out;
  const auto add = [&](const std::vector<Session>& sessions, Date date) {
    for (const auto& s : sessions)
      out.push_back({s.phase, instant_of(plan_.zone, date, s.from), instant_of(plan_.zone, date, s.until), trading_day});
  };
  QUANJI_TRY(const bool night, has_night(trading_day));
  if (night) {
    QUANJI_TRY(const auto eve, previous_open(trading_day));
    add(plan_.hours.night, eve);
  }
  add(today.type == DayType::half ? plan_.hours.half_day : plan_.hours.open_day, trading_day);
  return out;
}

Result<PhaseAt> Calendar::phase_at(Time instant) const {
  if (!has_hours()) return no_hours(*this);
  const auto local = plan_.zone.local_of(instant);
  QUANJI_TRY(const auto today, day(local.date));
  const auto& night = plan_.hours.night;
  // The instant may lie in the night that began this evening, or in the one of last evening.
  for (const int evening : {0, 1}) {
    const auto second = std::chrono::seconds(local.second + evening * 86400);
    if (night.empty() || second < night.front().from || second >= night.back().until) continue;
    const auto eve = plus_days(local.date, -evening);
    QUANJI_TRY(const bool eve_open, is_open(eve));
    if (!eve_open) continue;
    QUANJI_TRY(const auto trading_day, next_open(eve));
    QUANJI_TRY(const bool stands, has_night(trading_day));
    if (stands) return PhaseAt{phase_in(night, second), trading_day};
  }
  if (today.type == DayType::closed) return PhaseAt{Phase::close, {}};
  const auto& sessions = today.type == DayType::half ? plan_.hours.half_day : plan_.hours.open_day;
  return PhaseAt{phase_in(sessions, std::chrono::seconds(local.second)), local.date};
}

}  // namespace quanji::calendar
