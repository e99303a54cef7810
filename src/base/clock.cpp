#include "base/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <charconv>

namespace quanji::base {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

Error not_a(const char* zh, const char* en, std::string_view text) {
  return Error(Code::invalid_field, Text(fmt::format("“{}”不是{}", text, zh), fmt::format("\"{}\" is not {}", text, en)));
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
bool take_date(std::string_view& text, sys_days& out) {
  const int y = number(text, 4);
  if (y < 1970 || y > 2262 || !take(text, '-')) return false;
  const int m = number(text, 2);
  if (m < 0 || !take(text, '-')) return false;
  const int d = number(text, 2);
  if (d < 0) return false;
  const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
  if (!date.ok()) return false;
  out = sys_days(date);
  return true;
}

}  // namespace

std::string to_text(Time t, std::chrono::minutes offset) {
  using namespace std::chrono;
  const sys_time<microseconds> local{microseconds(t.micros) + offset};
  const auto whole_day = floor<days>(local);
  const year_month_day date{whole_day};
  const hh_mm_ss<milliseconds> clock{floor<milliseconds>(local - whole_day)};
  const auto off = static_cast<unsigned>(std::abs(offset.count()));
  // By hand: times stand several in each answer, and a format string is read anew for each.
  std::string text = "0000-00-00T00:00:00.000+00:00";
  const auto put = [&text](std::size_t at, std::size_t digits, unsigned value) {
    for (std::size_t i = digits; i-- > 0; value /= 10) text[at + i] = static_cast<char>('0' + value % 10);
  };
  const int y = static_cast<int>(date.year());
  const bool four_digits = y >= 0 && y <= 9999;
  if (four_digits) put(0, 4, static_cast<unsigned>(y));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, static_cast<unsigned>(clock.hours().count()));
  put(14, 2, static_cast<unsigned>(clock.minutes().count()));
  put(17, 2, static_cast<unsigned>(clock.seconds().count()));
  put(20, 3, static_cast<unsigned>(clock.subseconds().count()));
  if (offset.count() < 0) text[23] = '-';
  put(24, 2, off / 60);
  put(27, 2, off % 60);
  if (!four_digits) text.replace(0, 4, fmt::format("{:04}", y));
  return text;
}

Result<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto whole = text;
  const auto refuse = [&] { return not_a("时间（应如 2026-11-20T15:30:00+08:00）", "a time (like 2026-11-20T15:30:00+08:00)", whole); };
  sys_days date;
  if (!take_date(text, date)) return refuse();
  if (!take(text, 'T') && !take(text, 't')) return refuse();
  const int h = number(text, 2);
  if (h < 0 || h > 23 || !take(text, ':')) return refuse();
  const int m = number(text, 2);
  if (m < 0 || m > 59 || !take(text, ':')) return refuse();
  const int s = number(text, 2);
  if (s < 0 || s > 59) return refuse();
  std::int64_t micros = 0;
  if (take(text, '.')) {
    std::size_t digits = 0;
    for (std::int64_t scale = 100'000; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, scale /= 10)
      micros += (text[digits] - '0') * scale;
    if (digits == 0 || digits > 9) return refuse();
    text.remove_prefix(digits);
  }
  minutes offset{0};
  if (!take(text, 'Z') && !take(text, 'z')) {
    const bool minus = take(text, '-');
    if (!minus && !take(text, '+')) return refuse();
    const int oh = number(text, 2);
    if (oh < 0 || oh > 23 || !take(text, ':')) return refuse();
    const int om = number(text, 2);
    if (om < 0 || om > 59) return refuse();
    offset = minutes((minus ? -1 : 1) * (oh * 60 + om));
  }
  if (!text.empty()) return refuse();
  const auto instant = date.time_since_epoch() + hours(h) + minutes(m) + seconds(s) - offset;
  return Time{duration_cast<microseconds>(instant).count() + micros};
}

std::string to_text(Date d) {
  const year_month_day date{sys_days{std::chrono::days(d.days)}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

Result<Date> parse_date(std::string_view text) {
  const auto whole = text;
  sys_days date;
  if (!take_date(text, date) || !text.empty()) return not_a("日期（应如 2026-11-20）", "a date (like 2026-11-20)", whole);
  return Date{static_cast<std::int32_t>(date.time_since_epoch().count())};
}

Time SystemClock::now() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return {t.tv_sec * 1'000'000LL + t.tv_nsec / 1000};
}
std::chrono::microseconds SystemClock::monotonic() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::microseconds(t.tv_sec * 1'000'000LL + t.tv_nsec / 1000);
}

}  // namespace quanji::base
