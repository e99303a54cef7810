#include "calendar/zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace quanji::calendar {
namespace {

using std::chrono::seconds;

constexpr std::int64_t micros_a_second = 1'000'000;
constexpr std::int64_t far_seconds = 9'000'000'000'000;  // what base::Time can hold
constexpr std::int64_t widest_offset = 27 * 3600;        // no zone was ever further from UTC, with an hour to spare

base::Time time_of(std::int64_t s) { return {std::clamp(s, -far_seconds, far_seconds) * micros_a_second}; }
std::int64_t whole_seconds(base::Time t) {
  const auto s = t.micros / micros_a_second;
  return s * micros_a_second > t.micros ? s - 1 : s;
}

}  // namespace

struct Zone::Rules {
  const date::time_zone* zone;
};

Zone::Zone(std::string name, std::shared_ptr<const Rules> rules) : name_(std::move(name)), rules_(std::move(rules)) {}

Zone Zone::china() { return {"Asia/Shanghai", nullptr}; }

base::Result<Zone> Zone::find(std::string_view name) {
  std::string why = "no such zone";
  try {
    if (const auto* zone = date::locate_zone(name)) return Zone(std::string(name), std::make_shared<const Rules>(Rules{zone}));
  } catch (const std::exception& e) {
    why = e.what();
  }
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("没有时区“{}”；请写 IANA 名称，如 Asia/Shanghai", name),
                                fmt::format("there is no time zone \"{}\"; write an IANA name such as Asia/Shanghai", name)),
                     std::move(why));
}

ZoneSpan Zone::span_at(base::Time t) const {
  if (!rules_) return {time_of(-far_seconds), time_of(far_seconds), seconds(8 * 3600)};
  const auto info = rules_->zone->get_info(date::sys_seconds(seconds(whole_seconds(t))));
  return {time_of(info.begin.time_since_epoch().count()), time_of(info.end.time_since_epoch().count()), info.offset};
}

LocalTime Zone::local_of(base::Time t) const {
  const auto local = whole_seconds(t) + span_at(t).offset.count();
  auto day = local / 86400;
  if (day * 86400 > local) --day;
  return {{static_cast<std::int32_t>(day)}, static_cast<std::int32_t>(local - day * 86400)};
}

Instants Zone::instants_of(LocalTime local) const {
  const auto naive = std::int64_t{local.date.days} * 86400 + local.second;
  Instants out;
  const auto last = time_of(naive + widest_offset);
  for (auto span = span_at(time_of(naive - widest_offset));; span = span_at(span.end)) {
    const auto here = time_of(naive - span.offset.count());
    if (here >= span.begin && here < span.end) (out.first ? out.second : out.first) = here;
    // Too late for this span and, as no later one took it, too early for the next: the gap ends where that one begins.
    if (here >= span.end) out.after_gap = span.end;
    if (span.end > last) return out;
  }
}

}  // namespace quanji::calendar
