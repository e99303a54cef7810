#include "calendar/calendar.h"

#include <fmt/format.h>

#include <algorithm>

namespace quanji::calendar {
namespace {

using base::Code;
using base::Date;
using base::Error;
using base::Result;
using base::Text;

constexpr std::int32_t longest_days = 200 * 366;

Error refuse(const Plan& plan, std::string field, std::string zh, std::string en) {
  return Error(Code::invalid_field, Text(fmt::format("日历“{}”：{}", plan.id, zh), fmt::format("calendar \"{}\": {}", plan.id, en)))
      .with_field(std::move(field), Text(zh, en));
}

base::Status check_rows(const Plan& plan, std::vector<DayRow>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& r = rows[i];
    const auto field = fmt::format("days/{}", i);
    const auto span = fmt::format("{} – {}", to_text(r.first), to_text(r.last));
    if (r.last < r.first)
      return refuse(plan, field, fmt::format("第 {} 行 {} 的止日早于起日", i + 1, span),
                    fmt::format("row {}, {}, ends before it begins", i + 1, span));
    if (r.first < plan.known_from || r.last > plan.known_until)
      return refuse(
          plan, field, fmt::format("第 {} 行 {} 超出已知范围 {} – {}", i + 1, span, to_text(plan.known_from), to_text(plan.known_until)),
          fmt::format("row {}, {}, lies outside what is known, {} – {}", i + 1, span, to_text(plan.known_from), to_text(plan.known_until)));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const DayRow& a, const DayRow& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].first > rows[i - 1].last) continue;
    const auto date = to_text(rows[i].first);
    return refuse(plan, "days", fmt::format("{} 出现在两行中；每天只能有一行", date),
                  fmt::format("{} stands in two rows; a day may stand in one only", date));
  }
  return {};
}

base::Status check_sessions(const Plan& plan, const char* field, const std::vector<Session>& sessions, std::chrono::minutes latest) {
  auto free_from = std::chrono::minutes(0);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const auto& s = sessions[i];
    if (s.from < free_from || s.until <= s.from || s.until > latest)
      return refuse(plan, fmt::format("hours/{}/{}", field, i), fmt::format("第 {} 个时段须在前一时段之后、止于开始之后", i + 1),
                    fmt::format("session {} must follow the one before it and end after it begins", i + 1));
    free_from = s.until;
  }
  return {};
}

base::Status check_hours(const Plan& plan, bool half_days) {
  const auto day = std::chrono::minutes(24 * 60);
  const auto& hours = plan.hours;
  QUANJI_DO(check_sessions(plan, "openDay", hours.open_day, day));
  QUANJI_DO(check_sessions(plan, "halfDay", hours.half_day, day));
  if (hours.open_day.empty() && !(hours.half_day.empty() && hours.night.empty()))
    return refuse(plan, "hours/openDay", "有夜盘或半日时段而没有全日时段", "it has night or half-day sessions but none for a whole day");
  if (!hours.open_day.empty()) QUANJI_DO(check_sessions(plan, "night", hours.night, day + hours.open_day.front().from));
  if (half_days && !hours.open_day.empty() && hours.half_day.empty())
    return refuse(plan, "hours/halfDay", "有半日而没有半日的时段", "it has half days but no sessions for them");
  return {};
}

}  // namespace

std::string_view word_of(DayType type) {
  switch (type) {
    case DayType::closed:
      return "closed";
    case DayType::half:
      return "half";
    case DayType::open:
      break;
  }
  return "open";
}

Result<Calendar> Calendar::build(Plan plan) {
  if (plan.known_until < plan.known_from || plan.known_until.days - plan.known_from.days > longest_days)
    return refuse(plan, "knownUntil", "已知范围须从 knownFrom 到 knownUntil，且不超过 200 年",
                  "what is known must run from knownFrom to knownUntil, 200 years at most");
  QUANJI_DO(check_rows(plan, plan.days));
  std::vector<DayType> types;
  types.reserve(static_cast<std::size_t>(plan.known_until.days - plan.known_from.days) + 1);
  for (auto d = plan.known_from; d <= plan.known_until; ++d.days) types.push_back(plan.week[static_cast<std::size_t>(weekday_of(d)) - 1]);
  for (const auto& row : plan.days)
    for (auto d = row.first; d <= row.last; ++d.days) types[static_cast<std::size_t>(d.days - plan.known_from.days)] = row.type;
  QUANJI_DO(check_hours(plan, std::find(types.begin(), types.end(), DayType::half) != types.end()));
  return Calendar(std::move(plan), std::move(types));
}

Calendar::Calendar(Plan plan, std::vector<DayType> types) : plan_(std::move(plan)), types_(std::move(types)) {
  open_before_.reserve(types_.size() + 1);
  open_before_.push_back(0);
  for (std::size_t i = 0; i < types_.size(); ++i) {
    if (types_[i] != DayType::closed) open_days_.push_back(plus_days(plan_.known_from, static_cast<std::int32_t>(i)));
    open_before_.push_back(static_cast<std::int32_t>(open_days_.size()));
  }
}

Error Calendar::unknown(Date date) const {
  const auto from = to_text(known_from()), until = to_text(known_until()), asked = to_text(date);
  return Error(Code::calendar_unknown, Text(fmt::format("日历“{}”（{}）只知道 {} 至 {}，问到的 {} 不在其中；请导入那一年的休市或放假安排",
                                                        id(), plan_.title.zh, from, until, asked),
                                            fmt::format("calendar \"{}\" ({}) knows {} to {} only, not {}; import the days of that year",
                                                        id(), plan_.title.en, from, until, asked)));
}

Result<Day> Calendar::day(Date date) const {
  if (!knows(date)) return unknown(date);
  const auto type = types_[index_of(date)];
  const bool weekend = plan_.week[static_cast<std::size_t>(weekday_of(date)) - 1] == DayType::closed;
  const auto row = std::partition_point(plan_.days.begin(), plan_.days.end(), [&](const DayRow& r) { return r.last < date; });
  const auto* name = row != plan_.days.end() && row->first <= date ? &row->name : nullptr;
  if (type == DayType::closed) return Day{type, name || !weekend ? DayMark::holiday : DayMark::weekend, name};
  return Day{type, weekend ? DayMark::make_up : DayMark::ordinary, name};
}

Result<bool> Calendar::is_open(Date date) const {
  if (!knows(date)) return unknown(date);
  return types_[index_of(date)] != DayType::closed;
}

Result<Date> Calendar::next_open(Date date) const { return shift(date, 1); }
Result<Date> Calendar::previous_open(Date date) const { return shift(date, -1); }

Result<Date> Calendar::roll(Date date, Roll roll) const {
  QUANJI_TRY(const bool open, is_open(date));
  if (open) return date;
  if (roll == Roll::preceding) return previous_open(date);
  auto following = next_open(date);
  if (roll == Roll::following) return following;
  const auto month = period_around(Period::month, date);
  // Nothing open up to the month's end settles it, even where the day that follows is not known.
  if (following.ok() ? *following > month.last : month.last <= known_until()) return previous_open(date);
  return following;
}

Result<Date> Calendar::shift(Date date, std::int32_t n) const {
  if (!knows(date)) return unknown(date);
  const auto i = index_of(date);
  if (n == 0) {
    if (types_[i] != DayType::closed) return date;
    return Error(Code::invalid_field,
                 Text(fmt::format("{} 在日历“{}”中休市，没有 T+0；请先用 roll 选定前一或后一开市日", to_text(date), id()),
                      fmt::format("{} is closed in calendar \"{}\" and has no T+0; roll it to the open day before or after first",
                                  to_text(date), id())));
  }
  const auto at = n > 0 ? std::int64_t{open_before_[i + 1]} + n - 1 : std::int64_t{open_before_[i]} + n;
  if (at < 0) return unknown(plus_days(known_from(), -1));
  if (at >= static_cast<std::int64_t>(open_days_.size())) return unknown(plus_days(known_until(), 1));
  return open_days_[static_cast<std::size_t>(at)];
}

Result<std::optional<Date>> Calendar::nth_open(Period period, Date date, std::int32_t n) const {
  if (n == 0)
    return Error(Code::invalid_field, Text("第 n 个开市日从 1 数起，或从 -1 倒数，没有第 0 个",
                                           "the n-th open day counts from 1, or from -1 backwards; there is no 0th"));
  const auto [first, last] = period_around(period, date);
  const auto start = n > 0 ? first : last;
  if (!knows(start)) return unknown(start);
  const auto i = index_of(start);
  const auto at = n > 0 ? std::int64_t{open_before_[i]} + n - 1 : std::int64_t{open_before_[i + 1]} + n;
  if (at >= 0 && at < static_cast<std::int64_t>(open_days_.size())) {
    const auto found = open_days_[static_cast<std::size_t>(at)];
    if (found >= first && found <= last) return std::optional(found);
  }
  if (last > known_until()) return unknown(plus_days(known_until(), 1));
  if (first < known_from()) return unknown(plus_days(known_from(), -1));
  return std::optional<Date>();
}

Result<std::int64_t> Calendar::count_open(Date first, Date last) const {
  if (!knows(first)) return unknown(first);
  if (!knows(last)) return unknown(last);
  if (last < first) return std::int64_t{0};
  return std::int64_t{open_before_[index_of(last) + 1]} - open_before_[index_of(first)];
}

}  // namespace quanji::calendar
