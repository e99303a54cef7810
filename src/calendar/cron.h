// Cron expressions: read strictly, asked for the next firing in a time zone. Pure.
//
// Five fields: minute hour day-of-month month day-of-week; six: second before them. Each field is a list of values, ranges `a-b` and steps
// `*/n`, `a-b/n`, `a/n` (from a to the end); months and days of the week may be named (JAN, MON; any case). Day of the week: 0 and 7 are
// Sunday. `?` in a day field means `*`. Beyond the classics, in lists too:
//   day of month   L the last day · L-3 three days before it · LW the last weekday (Monday to Friday)
//                  15W the weekday nearest to the 15th within the month (the 15th must exist)
//   day of week    5L or FRIL the last Friday of the month · 5#2 or FRI#2 the second
// When both day fields restrict (admit less than every day), a day that either admits fires, as POSIX says of crontab.
// Reads foreign bytes: fuzz/cron.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "calendar/zone.h"

namespace quanji::calendar {

// A planned wall-clock time that the clock jumps over: fires at the first valid instant behind the gap, or not at all.
enum class Gap : std::uint8_t { first_valid, skip };
// One that the clock shows twice: fires at the first, or at both.
enum class Fold : std::uint8_t { once, both };
// Firings that fall on one instant are one. An expression that admits every hour names no time of day: it follows elapsed time, so it skips
// gaps and fires through both halves of a fold, whatever stands here.
struct DstPolicy {
  Gap gap = Gap::first_valid;
  Fold fold = Fold::once;
};

class Cron {
 public:
  // Refuses with invalid_field: the sentence names the field, the character (counted from 1), what was expected; and what can never fire
  // (30 February).
  static base::Result<Cron> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool admits(base::Date date) const;
  bool admits_every_hour() const;
  // The first second of a day, not before the given one, that the time fields admit.
  std::optional<std::int32_t> time_from(std::int32_t second) const;

  // The first firing strictly after; absent when there is none within 50 years.
  std::optional<base::Time> next(base::Time after, const Zone& zone, DstPolicy policy = {}) const;

 private:
  friend class CronReader;
  enum class Special : std::uint8_t { last_day, last_weekday, nearest_weekday, last_in_month, nth_in_month };
  struct SpecialDay {
    Special kind;
    int day;  // days before the last, day of the month, or day of the week (0 Sunday)
    int nth;
  };
  bool admits_special(const SpecialDay& s, base::Date date) const;

  std::string text_;
  std::uint64_t seconds_ = 1, minutes_ = 0;  // bit n: value n
  std::uint32_t hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;
  std::vector<SpecialDay> of_month_, of_week_;
};

}  // namespace quanji::calendar
