#include <fmt/format.h>

#include <algorithm>

#include "calendar/calendar.h"

namespace quanji::calendar {

base::Result<Calendar> combine(const Calendar& a, const Calendar& b, std::string_view word, DayType (*rule)(DayType, DayType)) {
  Plan plan;
  plan.id = fmt::format("({} {} {})", a.id(), word, b.id());
  plan.title = base::Text(fmt::format("{} {} {}", a.plan().title.zh, word, b.plan().title.zh),
                          fmt::format("{} {} {}", a.plan().title.en, word, b.plan().title.en));
  plan.version = std::max(a.plan().version, b.plan().version);
  plan.sources = a.plan().sources;
  plan.sources.insert(plan.sources.end(), b.plan().sources.begin(), b.plan().sources.end());
  plan.known_from = std::max(a.known_from(), b.known_from());
  plan.known_until = std::min(a.known_until(), b.known_until());
  plan.week = a.plan().week;
  plan.zone = a.plan().zone;
  if (plan.known_until < plan.known_from)
    return base::Error(base::Code::calendar_unknown,
                       base::Text(fmt::format("日历“{}”与“{}”没有共同已知的日期", a.id(), b.id()),
                                  fmt::format("calendars \"{}\" and \"{}\" know no date in common", a.id(), b.id())));
  std::vector<DayType> types;
  types.reserve(static_cast<std::size_t>(plan.known_until.days - plan.known_from.days) + 1);
  for (auto d = plan.known_from; d <= plan.known_until; ++d.days) types.push_back(rule(a.types_[a.index_of(d)], b.types_[b.index_of(d)]));
  return Calendar(std::move(plan), std::move(types));
}

base::Result<Calendar> both_open(const Calendar& a, const Calendar& b) {
  return combine(a, b, "and", [](DayType x, DayType y) { return std::min(x, y); });
}
base::Result<Calendar> either_open(const Calendar& a, const Calendar& b) {
  return combine(a, b, "or", [](DayType x, DayType y) { return std::max(x, y); });
}
base::Result<Calendar> open_without(const Calendar& a, const Calendar& b) {
  return combine(a, b, "not", [](DayType x, DayType y) { return y == DayType::closed ? x : DayType::closed; });
}

}  // namespace quanji::calendar
