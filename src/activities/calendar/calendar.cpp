#include "activities/calendar/calendar.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/group.h"
#include "activities/outside.h"
#include "calendar/calendar.h"

namespace quanji::activities {
namespace calendars {

using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

namespace {

// Ids are lower case; a flow may write "SSE".
Outcome<const calendar::Calendar*> find(ActivityContext& context, std::string id) {
  std::transform(id.begin(), id.end(), id.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return from_outside(context.outside().calendar(id));
}
ActivityInfo about(std::string_view id, base::Sentence title, base::Sentence sentence, engine::Example example,
                   std::initializer_list<std::string_view> errors = {"calendar_unknown", "not_found"}) {
  ActivityInfo info;
  info.id = id;
  info.title = title;
  info.sentence = sentence;
  info.effect = flow::Effect::none;
  info.errors = outside_errors(errors);
  info.examples = {example};
  return info;
}

}  // namespace

#define CALENDAR_FIELD                                                                                     \
  QF(calendar, "日历：sse szse bse office futures_day futures_2300 futures_0100 futures_0230，大小写均可", \
     "sse, szse, bse, office, futures_day, futures_2300, futures_0100, futures_0230; in any case", .fallback = "\"sse\"")

QUANJI_FIELDS(IsOpen::Input, QF(date, "日期", "A date"), CALENDAR_FIELD)
QUANJI_FIELDS(IsOpen::Output, QF(open, "是否开放（半日也算）", "Whether it is open, for half a day too"))
QUANJI_FIELDS(Next::Input, QF(date, "日期，不含", "A date; the answer is after it"), CALENDAR_FIELD)
QUANJI_FIELDS(Next::Output, QF(date, "下一个开放日", "The next open day"))
QUANJI_FIELDS(Previous::Input, QF(date, "日期，不含", "A date; the answer is before it"), CALENDAR_FIELD)
QUANJI_FIELDS(Previous::Output, QF(date, "上一个开放日", "The previous open day"))
QUANJI_FIELDS(AddDays::Input, QF(date, "日期", "A date"),
              QF(days, "开放日数，负数向前；0 要求当日开放", "Open days, negative for earlier; 0 wants the date itself to be open",
                 .min = -10'000, .max = 10'000),
              CALENDAR_FIELD)
QUANJI_FIELDS(AddDays::Output, QF(date, "T+n", "T+n"))
QUANJI_FIELDS(Count::Input, QF(first, "第一天，计入", "The first day, counted"), QF(last, "最后一天，计入", "The last day, counted"),
              CALENDAR_FIELD)
QUANJI_FIELDS(Count::Output, QF(count, "开放日数", "How many open days"))
QUANJI_FIELDS(Nth::Input, QF(date, "时段里的某一天", "A day of the period"),
              QF(index, "第几个：1 为第一个，-1 为最后一个", "1 is the first, -1 the last", .min = -366, .max = 366),
              QF(period, "周（周一起）、月、季、年", "Week (from Monday), month, quarter, year", .fallback = "\"month\""), CALENDAR_FIELD)
QUANJI_FIELDS(Nth::Output, QF(date, "那个开放日", "That open day"))
QUANJI_FIELDS(BusinessDate::Output, QF(date, "业务日期", "The business date"))
QUANJI_FIELDS(Phase::Input, QF(at, "时刻（日历所在时区）；缺省为现在", "A moment on the calendar's clocks; now when not given"),
              CALENDAR_FIELD)
QUANJI_FIELDS(Phase::Output, QF(phase, "pre_open auction continuous break close after_hours night",
                                "pre_open, auction, continuous, break, close, after_hours or night"))

#undef CALENDAR_FIELD

ActivityInfo IsOpen::info() {
  return about("calendar.is_open", {"是否开放日", "Is it open"}, {"这天是否开市或上班。", "Says whether a day is open."},
               {{"国庆节", "National Day"},
                R"(- do: calendar.is_open
  with: {date: 2026-10-01, calendar: SSE}
  save: open
- return: {open: =open}
)",
                R"({"open":false})"});
}
Outcome<IsOpen::Output> IsOpen::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto open, from_outside(calendar->is_open(input.date)));
  return Output{open};
}

ActivityInfo Next::info() {
  return about("calendar.next", {"下一个开放日", "Next open day"}, {"某日之后的第一个开放日。", "The first open day after a date."},
               {{"跨过国庆", "Over the National Day holidays"},
                R"(- do: calendar.next
  with: {date: 2026-09-30}
  save: day
- return: {day: =day}
)",
                R"({"day":"2026-10-08"})"});
}
Outcome<Next::Output> Next::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto date, from_outside(calendar->next_open(input.date)));
  return Output{date};
}

ActivityInfo Previous::info() {
  return about("calendar.previous", {"上一个开放日", "Previous open day"},
               {"某日之前的最后一个开放日。", "The last open day before a date."},
               {{"周一的前一日", "Before a Monday"},
                R"(- do: calendar.previous
  with: {date: 2026-11-23}
  save: day
- return: {day: =day}
)",
                R"({"day":"2026-11-20"})"});
}
Outcome<Previous::Output> Previous::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto date, from_outside(calendar->previous_open(input.date)));
  return Output{date};
}

ActivityInfo AddDays::info() {
  return about("calendar.add_days", {"加开放日", "Add open days"}, {"T+n、T-n：开放日的第 n 个之后或之前。", "T+n, T-n in open days."},
               {{"T+1 交收", "Settled on T+1"},
                R"(- do: calendar.add_days
  with: {date: 2026-11-20, days: 1}
  save: settles
- return: {settles: =settles}
)",
                R"({"settles":"2026-11-23"})"});
}
Outcome<AddDays::Output> AddDays::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto date, from_outside(calendar->shift(input.date, static_cast<std::int32_t>(input.days))));
  return Output{date};
}

ActivityInfo Count::info() {
  return about("calendar.count", {"数开放日", "Count open days"},
               {"两日之间的开放日数（含两端）。", "Open days from first to last, both counted."},
               {{"十一月的交易日", "Trading days of November"},
                R"(- do: calendar.count
  with: {first: 2026-11-01, last: 2026-11-30}
  save: days
- return: {days: =days}
)",
                R"({"days":21})"});
}
Outcome<Count::Output> Count::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto count, from_outside(calendar->count_open(input.first, input.last)));
  return Output{count};
}

ActivityInfo Nth::info() {
  return about("calendar.nth", {"第 n 个开放日", "The n-th open day"},
               {"某日所在周、月、季、年的第 n 个开放日（-1 为最后）。",
                "The n-th open day of the week, month, quarter or year of a date; -1 is the last."},
               {{"月末交易日", "The last trading day of the month"},
                R"(- do: calendar.nth
  with: {date: 2026-10-15, index: -1, period: month}
  save: day
- return: {day: =day}
)",
                R"({"day":"2026-10-30"})"},
               {"calendar_unknown", "not_found", "no_match"});
}
Outcome<Nth::Output> Nth::run(ActivityContext& context, const Input& input) {
  if (input.index == 0)
    return engine::system_failure("invalid_argument",
                                  Text("index：从 1 或 -1 数起，没有 0", "index: counted from 1 or from -1, there is no 0"));
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  QUANJI_TRY(const auto date, from_outside(calendar->nth_open(input.period, input.date, static_cast<std::int32_t>(input.index))));
  if (date) return Output{*date};
  const auto day = values::date_text(input.date);
  return outside_failure("no_match",
                         Text(fmt::format("{} 所在的时段（{}）没有第 {} 个开放日", day, base::word(input.period), input.index),
                              fmt::format("the {} of {} has no open day number {}", base::word(input.period), day, input.index)));
}

ActivityInfo BusinessDate::info() {
  return about(
      "calendar.business_date", {"业务日期", "Business date"},
      {"本任务的业务日期；任务没有给时为今天（北京时间）。", "The task's business date; today (Beijing time) when the task has none."},
      {{"总有一个", "There always is one"},
       R"(- do: calendar.business_date
  save: day
- return: {known: =day is not None}
)",
       R"({"known":true})"},
      {});
}
Outcome<BusinessDate::Output> BusinessDate::run(ActivityContext& context, const Input&) {
  if (const auto date = context.facts().business_date) return Output{*date};
  return Output{calendar::Zone::china().local_of(context.clock().now()).date};
}

ActivityInfo Phase::info() {
  return about("calendar.phase", {"交易阶段", "Market phase"}, {"某一时刻的交易阶段。", "The market's phase at a moment."},
               {{"午间", "At noon"},
                R"(- do: calendar.phase
  with: {at: 2026-11-20T12:00:00}
  save: phase
- return: {phase: =phase}
)",
                R"({"phase":"break"})"});
}
Outcome<Phase::Output> Phase::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto* calendar, find(context, input.calendar));
  auto at = context.clock().now();
  if (input.at) {
    constexpr std::int64_t day = 86'400'000'000;
    const auto days = input.at->micros / day - (input.at->micros % day < 0 ? 1 : 0);
    const auto of_day = input.at->micros - days * day;
    const auto instants =
        calendar->plan().zone.instants_of({{static_cast<std::int32_t>(days)}, static_cast<std::int32_t>(of_day / 1'000'000)});
    at = instants.first ? instants.first->plus(std::chrono::microseconds(of_day % 1'000'000)) : instants.after_gap;
  }
  QUANJI_TRY(const auto phase, from_outside(calendar->phase_at(at)));
  return Output{std::string(calendar::word_of(phase.phase))};
}

}  // namespace calendars

void add_calendar(Activities& to) {
  using namespace calendars;
  to.insert(to.end(), {engine::activity<IsOpen>(), engine::activity<Next>(), engine::activity<Previous>(), engine::activity<AddDays>(),
                       engine::activity<Count>(), engine::activity<Nth>(), engine::activity<BusinessDate>(), engine::activity<Phase>()});
}

}  // namespace quanji::activities
