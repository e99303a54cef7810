#include "calendar/firing.h"

#include "calendar/fire_days.h"

namespace quanji::calendar {
namespace {

using base::Date;
using base::Result;

constexpr std::int32_t most_days = 1000;

bool admits_any(const Cron& cron, Date first, Date last) {
  for (; first <= last; ++first.days)
    if (cron.admits(first)) return true;
  return false;
}

// Whether an admitted day rolls to this open one.
Result<bool> rolled_to(const Cron& cron, const Calendar& calendar, Roll roll, Date date) {
  if (cron.admits(date)) return true;
  if (roll != Roll::preceding) {
    for (auto d = plus_days(date, -1);; --d.days) {
      QUANJI_TRY(const bool open, calendar.is_open(d));
      if (open) break;
      if (cron.admits(d)) {
        QUANJI_TRY(const auto to, calendar.roll(d, roll));
        if (to == date) return true;
      }
    }
  }
  if (roll == Roll::following) return false;
  for (auto d = plus_days(date, 1);; ++d.days) {
    // Only days of the same month come back: those beyond need not be known.
    if (roll == Roll::modified_following && d > period_around(Period::month, date).last) return false;
    QUANJI_TRY(const bool open, calendar.is_open(d));
    if (open) return false;
    if (cron.admits(d)) {
      QUANJI_TRY(const auto to, calendar.roll(d, roll));
      if (to == date) return true;
    }
  }
}

// Whether an admitted day lies n open days before this open one: those between the open day that is n before it and the one next to that.
Result<bool> shifted_to(const Cron& cron, const Calendar& calendar, std::int32_t n, Date date) {
  QUANJI_TRY(const auto origin, calendar.shift(date, -n));
  if (n > 0) {
    QUANJI_TRY(const auto next, n == 1 ? Result<Date>(date) : calendar.next_open(origin));
    return admits_any(cron, origin, plus_days(next, -1));
  }
  QUANJI_TRY(const auto previous, n == -1 ? Result<Date>(date) : calendar.previous_open(origin));
  return admits_any(cron, plus_days(previous, 1), origin);
}

Result<bool> fires_on(const Firing& f, Date date) {
  const auto& calendar = *f.calendar;
  const auto& rule = f.rule;
  QUANJI_TRY(const bool open, calendar.is_open(date));
  switch (rule.kind) {
    case DayRuleKind::any:
      break;
    case DayRuleKind::open_only:
      return open && f.cron.admits(date);
    case DayRuleKind::closed_only:
      return !open && f.cron.admits(date);
    case DayRuleKind::roll:
      return open ? rolled_to(f.cron, calendar, rule.roll, date) : Result<bool>(false);
    case DayRuleKind::nth_open: {
      if (!open || !f.cron.admits(date)) return false;
      QUANJI_TRY(const auto nth, calendar.nth_open(rule.period, date, rule.n));
      return nth == date;
    }
    case DayRuleKind::shift:
      return open ? shifted_to(f.cron, calendar, rule.n, date) : Result<bool>(false);
  }
  return f.cron.admits(date);
}

}  // namespace

std::string_view word_of(DayRuleKind kind) {
  switch (kind) {
    case DayRuleKind::any:
      return "any";
    case DayRuleKind::open_only:
      return "open_only";
    case DayRuleKind::closed_only:
      return "closed_only";
    case DayRuleKind::roll:
      return "roll";
    case DayRuleKind::nth_open:
      return "nth_open";
    case DayRuleKind::shift:
      break;
  }
  return "shift";
}

Result<std::optional<base::Time>> next_firing(const Firing& f, base::Time after) {
  if (f.rule.kind == DayRuleKind::any) return f.cron.next(after, f.zone, f.dst);
  if (!f.calendar) return base::Error(base::Code::invalid_field, base::Text("日期规则需要一个日历", "a day rule needs a calendar"));
  const bool counts = f.rule.kind == DayRuleKind::nth_open || f.rule.kind == DayRuleKind::shift;
  if (counts && (f.rule.n == 0 || f.rule.n > most_days || f.rule.n < -most_days))
    return base::Error(base::Code::invalid_field,
                       base::Text("日期规则的 n 须在 1–1000 或 -1000–-1 之间；要“开市日当天”请用“仅开市日”",
                                  "n of a day rule must be 1 to 1000 or -1 to -1000; for the open day itself choose open days only"));
  // The day after the last known one is asked too: it answers calendar_unknown.
  return next_instant(f.cron, f.zone, f.dst, after, plus_days(f.calendar->known_until(), 1), [&f](Date date) { return fires_on(f, date); });
}

}  // namespace quanji::calendar
