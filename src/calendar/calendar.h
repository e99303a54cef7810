// A calendar: a versioned set of open, closed and half days, known from one date to another, and the questions asked of it.
//
// A date outside what is known is never guessed: every question that touches one fails with calendar_unknown, and the sentence says which
// calendar, what it knows and which date was asked. "Open" means open or half day.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "calendar/days.h"
#include "calendar/hours.h"
#include "calendar/zone.h"

namespace quanji::calendar {

enum class DayType : std::uint8_t { closed, half, open };
std::string_view word_of(DayType type);

// Days that differ from the week's pattern: a holiday (closed), make-up days (open), eves with half a session (half).
struct DayRow {
  base::Date first, last;
  DayType type = DayType::closed;
  base::Text name;
};
// Where the days come from.
struct Source {
  std::string document;
  base::Date published;
};
// What a calendar is made of, as shipped, imported or edited.
struct Plan {
  std::string id;
  base::Text title;
  std::int32_t version = 1;
  std::vector<Source> sources;
  base::Date known_from, known_until;
  std::array<DayType, 7> week{DayType::open, DayType::open,   DayType::open,  DayType::open,
                              DayType::open, DayType::closed, DayType::closed};  // Monday first
  std::vector<DayRow> days;
  Hours hours;
  Zone zone = Zone::china();  // of the hours
};

// Why a day is as it is.
enum class DayMark : std::uint8_t { ordinary, weekend, holiday, make_up };
struct Day {
  DayType type;
  DayMark mark;
  const base::Text* name;  // of its row, living as long as the calendar; null without one
};
// What becomes of a date that is closed.
enum class Roll : std::uint8_t { following, preceding, modified_following };  // modified: following, unless that leaves the month

// Immutable; any thread.
class Calendar {
 public:
  // Refuses with invalid_field, naming each row, what contradicts itself: rows turned round, overlapping or outside what is known, hours
  // out of order, half days without hours while open days have them, more than 200 years.
  static base::Result<Calendar> build(Plan plan);

  const Plan& plan() const { return plan_; }
  const std::string& id() const { return plan_.id; }
  base::Date known_from() const { return plan_.known_from; }
  base::Date known_until() const { return plan_.known_until; }
  bool knows(base::Date date) const { return date >= known_from() && date <= known_until(); }

  base::Result<Day> day(base::Date date) const;
  base::Result<bool> is_open(base::Date date) const;
  base::Result<base::Date> next_open(base::Date date) const;      // strictly after
  base::Result<base::Date> previous_open(base::Date date) const;  // strictly before
  // An open date stays.
  base::Result<base::Date> roll(base::Date date, Roll roll) const;
  // The n-th open day after the date (n > 0) or the -n-th before it (n < 0), whether the date itself is open or not: T+1 of a Saturday is
  // Monday. 0 is the date itself; a closed day has no T+0 and is refused with invalid_field.
  base::Result<base::Date> shift(base::Date date, std::int32_t n) const;
  // The n-th open day (1 is the first, -1 the last) of the period the date lies in; absent when the period has fewer. Answers as soon as
  // the known days settle it: the first open day of a week that ends beyond known_until, but not its last.
  base::Result<std::optional<base::Date>> nth_open(Period period, base::Date date, std::int32_t n) const;
  // From first to last, both counted; 0 when last is before first.
  base::Result<std::int64_t> count_open(base::Date first, base::Date last) const;

  bool has_hours() const { return !plan_.hours.open_day.empty(); }
  // The sessions of a trading day in order, the night session on its eve first; none on a closed day. A night session stands only when
  // no holiday lies between the eve and the day, so none on the evening before a statutory holiday. Without hours: not_supported.
  base::Result<std::vector<SessionAt>> sessions_of(base::Date trading_day) const;
  // pre_open: an open day before its first continuous session, outside auctions. break: between sessions. close: a closed day, and the
  // rest of an open one. A night session is night, its auction auction.
  base::Result<PhaseAt> phase_at(base::Time instant) const;

 private:
  friend base::Result<Calendar> combine(const Calendar& a, const Calendar& b, std::string_view word, DayType (*rule)(DayType, DayType));
  Calendar(Plan plan, std::vector<DayType> types);
  std::size_t index_of(base::Date date) const { return static_cast<std::size_t>(date.days - plan_.known_from.days); }
  base::Error unknown(base::Date date) const;
  base::Result<bool> has_night(base::Date trading_day) const;

  Plan plan_;
  std::vector<DayType> types_;             // one a day from known_from
  std::vector<base::Date> open_days_;      // in order
  std::vector<std::int32_t> open_before_;  // how many open days lie before the i-th day; one more entry than days
};

// Set algebra. The result knows what both know, has the days of no row and no hours; its id tells how it came about: "(sse and office)".
// Fails with calendar_unknown when no date is known to both.
base::Result<Calendar> both_open(const Calendar& a, const Calendar& b);     // A and B; half where either is half
base::Result<Calendar> either_open(const Calendar& a, const Calendar& b);   // A or B; open where either is open
base::Result<Calendar> open_without(const Calendar& a, const Calendar& b);  // A not B; A's type where B is closed

}  // namespace quanji::calendar
