// Dates, times and durations of flow values as text.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "base/encodings.h"
#include "values/value.h"

namespace quanji::values {
namespace {

using base::Code;
using base::Error;
using base::Text;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t whole_day = 24 * hour;

Error not_a(std::string_view zh, std::string_view en, std::string_view text) {
  const auto quoted = base::repair_utf8(base::utf8_beginning(text, 60));
  return Error(Code::invalid_field, Text(fmt::format("“{}”不是{}", quoted, zh), fmt::format("\"{}\" is not {}", quoted, en)));
}

// Exactly `digits` decimal digits, or -1.
int number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return -1;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}
bool take_date(std::string_view& text, base::Date& date) {
  using namespace std::chrono;
  const int y = number(text, 4);
  if (y < 1 || !take(text, '-')) return false;
  const int m = number(text, 2);
  if (m < 1 || !take(text, '-')) return false;
  const int d = number(text, 2);
  if (d < 1) return false;
  const year_month_day civil{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
  if (!civil.ok()) return false;
  date.days = static_cast<std::int32_t>(sys_days(civil).time_since_epoch().count());
  return true;
}
// Up to six decimals of a second; more are refused, not cut.
bool take_micros(std::string_view& text, std::int64_t& micros) {
  micros = 0;
  if (!take(text, '.')) return true;
  std::size_t digits = 0;
  for (std::int64_t scale = second / 10; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, scale /= 10)
    micros += (text[digits] - '0') * scale;
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 6;
}
// "09:30", "09:30:00", "09:30:00.5"
bool take_time(std::string_view& text, std::int64_t& micros) {
  const int h = number(text, 2);
  if (h < 0 || h > 23 || !take(text, ':')) return false;
  const int m = number(text, 2);
  if (m < 0 || m > 59) return false;
  micros = h * hour + m * minute;
  if (!take(text, ':')) return true;
  const int s = number(text, 2);
  if (s < 0 || s > 59) return false;
  std::int64_t part = 0;
  if (!take_micros(text, part)) return false;
  micros += s * second + part;
  return true;
}

void append_fraction(std::string& out, std::int64_t micros) {
  if (micros == 0) return;
  auto digits = fmt::format(".{:06}", micros);
  digits.erase(digits.find_last_not_of('0') + 1);
  out += digits;
}

struct Unit {
  std::string_view letters;
  std::int64_t micros;
};
// Adds value × unit (and its decimals) to a sum that stays within 64 bits.
bool take_amount(std::string_view& text, std::uint64_t& whole, std::string_view& decimals) {
  std::size_t at = 0;
  whole = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if (whole > std::numeric_limits<std::uint64_t>::max() / 100) return false;
    whole = whole * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  if (at == 0) return false;
  text.remove_prefix(at);
  decimals = {};
  if (text.empty() || text.front() != '.') return true;
  std::size_t digits = 1;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  decimals = text.substr(1, digits - 1);
  text.remove_prefix(digits);
  return !decimals.empty();
}
bool add_amount(UInt128& sum, std::uint64_t whole, std::string_view decimals, std::int64_t unit) {
  sum += static_cast<UInt128>(whole) * static_cast<std::uint64_t>(unit);
  // Decimals must be whole microseconds: 0.5ms is, 0.0000001s is not.
  if (decimals.size() > 12) return false;
  UInt128 part = static_cast<std::uint64_t>(unit);
  UInt128 digits = 0, scale = 1;
  for (const char c : decimals) {
    digits = digits * 10 + static_cast<unsigned>(c - '0');
    scale *= 10;
  }
  part *= digits;
  if (part % scale != 0) return false;
  sum += part / scale;
  return sum <= static_cast<UInt128>(std::numeric_limits<std::int64_t>::max()) + 1;
}
// Amounts in falling order of units, each at most once; decimals only in the last.
bool take_amounts(std::string_view& text, std::span<const Unit> units, UInt128& sum, bool& any, bool& done) {
  std::size_t next = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    std::uint64_t whole = 0;
    std::string_view decimals;
    if (done || !take_amount(text, whole, decimals)) return false;
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'A' && text[letters] <= 'z') ++letters;
    const auto word = text.substr(0, letters);
    // "T" begins the clock half of an ISO duration.
    std::size_t found = next;
    while (found < units.size() && word != units[found].letters && !(units[found].letters == "D" && word == "DT")) ++found;
    if (found == units.size()) return false;
    text.remove_prefix(units[found].letters.size());
    if (!add_amount(sum, whole, decimals, units[found].micros)) return false;
    any = true;
    done = !decimals.empty();
    next = found + 1;
  }
  return true;
}
constexpr std::array<Unit, 5> short_units{{{"d", whole_day}, {"h", hour}, {"m", minute}, {"s", second}, {"ms", second / 1000}}};
constexpr std::array<Unit, 1> iso_day{{{"D", whole_day}}};
constexpr std::array<Unit, 3> iso_clock{{{"H", hour}, {"M", minute}, {"S", second}}};

struct Parts {
  bool negative;
  std::uint64_t days, hours, minutes, seconds;
  std::int64_t micros;
};
Parts parts_of(Duration duration) {
  const auto size = duration.micros < 0 ? 0 - static_cast<std::uint64_t>(duration.micros) : static_cast<std::uint64_t>(duration.micros);
  return {duration.micros < 0,  size / whole_day,       size % whole_day / hour,
          size % hour / minute, size % minute / second, static_cast<std::int64_t>(size % second)};
}

}  // namespace

std::string date_text(base::Date date) {
  // Outside of the years a date is written with, its number of days: no reader takes it for a date.
  if (date.days < -719162 || date.days > 2932896) return fmt::format("day {}", date.days);
  return base::to_text(date);
}

base::Result<base::Date> parse_date(std::string_view text) {
  auto rest = text;
  base::Date date;
  if (!take_date(rest, date) || !rest.empty()) return not_a("日期（应如 2026-11-20）", "a date (like 2026-11-20)", text);
  return date;
}

std::string to_text(TimeOfDay time) {
  auto out = fmt::format("{:02}:{:02}:{:02}", time.micros / hour, time.micros % hour / minute, time.micros % minute / second);
  append_fraction(out, time.micros % second);
  return out;
}

base::Result<TimeOfDay> parse_time_of_day(std::string_view text) {
  auto rest = text;
  TimeOfDay time;
  if (!take_time(rest, time.micros) || !rest.empty())
    return not_a("时刻（应如 09:30:00）", "a time of day (like 09:30:00, six decimals at most)", text);
  return time;
}

std::string to_text(DateTime at) {
  const auto days = at.micros / whole_day - (at.micros % whole_day < 0 ? 1 : 0);
  const auto in_range = days >= INT32_MIN && days <= INT32_MAX;
  return date_text({in_range ? static_cast<std::int32_t>(days) : INT32_MAX}) + "T" + to_text(TimeOfDay{at.micros - days * whole_day});
}

base::Result<DateTime> parse_datetime(std::string_view text) {
  auto rest = text;
  base::Date date;
  std::int64_t micros = 0;
  if (!take_date(rest, date) || !(take(rest, 'T') || take(rest, ' ')) || !take_time(rest, micros) || !rest.empty())
    return not_a("日期时间（应如 2026-11-20T09:30:00，不带时区）", "a date and time (like 2026-11-20T09:30:00, without a zone)", text);
  return DateTime{date.days * whole_day + micros};
}

std::string to_text(Duration duration) {
  const auto parts = parts_of(duration);
  std::string out;
  if (parts.negative) out += '-';
  if (parts.days) fmt::format_to(std::back_inserter(out), "{}d", parts.days);
  if (parts.hours) fmt::format_to(std::back_inserter(out), "{}h", parts.hours);
  if (parts.minutes) fmt::format_to(std::back_inserter(out), "{}m", parts.minutes);
  if (parts.seconds || parts.micros || duration.micros == 0) {
    fmt::format_to(std::back_inserter(out), "{}", parts.seconds);
    append_fraction(out, parts.micros);
    out += 's';
  }
  return out;
}

std::string iso_text(Duration duration) {
  const auto parts = parts_of(duration);
  std::string out = parts.negative ? "-P" : "P";
  if (parts.days) fmt::format_to(std::back_inserter(out), "{}D", parts.days);
  if (parts.days && !parts.hours && !parts.minutes && !parts.seconds && !parts.micros) return out;
  out += 'T';
  if (parts.hours) fmt::format_to(std::back_inserter(out), "{}H", parts.hours);
  if (parts.minutes) fmt::format_to(std::back_inserter(out), "{}M", parts.minutes);
  if (parts.seconds || parts.micros || duration.micros == 0) {
    fmt::format_to(std::back_inserter(out), "{}", parts.seconds);
    append_fraction(out, parts.micros);
    out += 'S';
  }
  return out;
}

base::Result<Duration> parse_duration(std::string_view text) {
  const auto refuse = [&] { return not_a("时长（应如 30s、1m30s、2h 或 PT1M30S）", "a duration (like 30s, 1m30s, 2h or PT1M30S)", text); };
  auto rest = text;
  const bool negative = take(rest, '-');
  UInt128 sum = 0;
  bool any = false, done = false;
  if (take(rest, 'P')) {
    if (!take_amounts(rest, iso_day, sum, any, done)) return refuse();
    if (take(rest, 'T')) {
      any = false;
      if (!take_amounts(rest, iso_clock, sum, any, done)) return refuse();
    }
  } else if (!take_amounts(rest, short_units, sum, any, done)) {
    return refuse();
  }
  if (!any || !rest.empty()) return refuse();
  const auto most = static_cast<UInt128>(std::numeric_limits<std::int64_t>::max());
  if (sum > most + (negative ? 1 : 0)) return refuse();
  return Duration{negative ? static_cast<std::int64_t>(-static_cast<Int128>(sum)) : static_cast<std::int64_t>(sum)};
}

}  // namespace quanji::values
