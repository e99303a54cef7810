#include "calendar/shipped.h"

#include <cstdlib>
#include <span>

namespace quanji::calendar {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct Row {
  std::string_view first, last;
  DayType type;
  base::Sentence name;
};

constexpr auto closed = DayType::closed;
constexpr auto make_up = DayType::open;

constexpr base::Sentence new_year{"元旦", "New Year"};
constexpr base::Sentence spring{"春节", "Spring Festival"};
constexpr base::Sentence qingming{"清明节", "Qingming"};
constexpr base::Sentence labour{"劳动节", "Labour Day"};
constexpr base::Sentence dragon_boat{"端午节", "Dragon Boat Festival"};
constexpr base::Sentence mid_autumn{"中秋节", "Mid-Autumn Festival"};
constexpr base::Sentence national{"国庆节", "National Day"};
constexpr base::Sentence national_mid_autumn{"国庆节、中秋节", "National Day and Mid-Autumn Festival"};
constexpr base::Sentence for_spring{"春节调休上班", "make-up day for the Spring Festival"};
constexpr base::Sentence for_new_year{"元旦调休上班", "make-up day for New Year"};
constexpr base::Sentence for_qingming{"清明节调休上班", "make-up day for Qingming"};
constexpr base::Sentence for_labour{"劳动节调休上班", "make-up day for Labour Day"};
constexpr base::Sentence for_mid_autumn{"中秋节调休上班", "make-up day for the Mid-Autumn Festival"};
constexpr base::Sentence for_national{"国庆节调休上班", "make-up day for National Day"};

// clang-format off
// Holidays on which offices and exchanges are closed alike.
constexpr Row holidays[] = {
    {"2024-01-01", "2024-01-01", closed, new_year},
    {"2024-02-10", "2024-02-17", closed, spring},
    {"2024-04-04", "2024-04-06", closed, qingming},
    {"2024-05-01", "2024-05-05", closed, labour},
    {"2024-06-08", "2024-06-10", closed, dragon_boat},
    {"2024-09-15", "2024-09-17", closed, mid_autumn},
    {"2024-10-01", "2024-10-07", closed, national},

    {"2025-01-01", "2025-01-01", closed, new_year},
    {"2025-01-28", "2025-02-04", closed, spring},
    {"2025-04-04", "2025-04-06", closed, qingming},
    {"2025-05-01", "2025-05-05", closed, labour},
    {"2025-05-31", "2025-06-02", closed, dragon_boat},
    {"2025-10-01", "2025-10-08", closed, national_mid_autumn},

    {"2026-01-01", "2026-01-03", closed, new_year},
    {"2026-02-15", "2026-02-23", closed, spring},
    {"2026-04-04", "2026-04-06", closed, qingming},
    {"2026-05-01", "2026-05-05", closed, labour},
    {"2026-06-19", "2026-06-21", closed, dragon_boat},
    {"2026-09-25", "2026-09-27", closed, mid_autumn},
    {"2026-10-01", "2026-10-07", closed, national},
};
constexpr Row exchanges_only[] = {
    {"2024-02-09", "2024-02-09", closed, spring},
};
constexpr Row office_only[] = {
    {"2024-02-04", "2024-02-04", make_up, for_spring},
    {"2024-02-18", "2024-02-18", make_up, for_spring},
    {"2024-04-07", "2024-04-07", make_up, for_qingming},
    {"2024-04-28", "2024-04-28", make_up, for_labour},
    {"2024-05-11", "2024-05-11", make_up, for_labour},
    {"2024-09-14", "2024-09-14", make_up, for_mid_autumn},
    {"2024-09-29", "2024-09-29", make_up, for_national},
    {"2024-10-12", "2024-10-12", make_up, for_national},

    {"2025-01-26", "2025-01-26", make_up, for_spring},
    {"2025-02-08", "2025-02-08", make_up, for_spring},
    {"2025-04-27", "2025-04-27", make_up, for_labour},
    {"2025-09-28", "2025-09-28", make_up, for_national},
    {"2025-10-11", "2025-10-11", make_up, for_national},

    {"2026-01-04", "2026-01-04", make_up, for_new_year},
    {"2026-02-14", "2026-02-14", make_up, for_spring},
    {"2026-02-28", "2026-02-28", make_up, for_spring},
    {"2026-05-09", "2026-05-09", make_up, for_labour},
    {"2026-09-20", "2026-09-20", make_up, for_national},
    {"2026-10-10", "2026-10-10", make_up, for_national},
};
// The notices of the exchanges name these days in the last week of the year before; offices hear earlier.
struct Notice { std::string_view document, published; };
constexpr Notice exchange_notices[] = {
    {"沪深北交易所关于 2024 年部分节假日休市安排的通知", "2023-12-26"},
    {"沪深北交易所关于 2025 年部分节假日休市安排的通知", "2024-12-23"},
    {"沪深北交易所关于 2026 年部分节假日休市安排的通知", "2025-12-22"},
};
constexpr Notice office_notices[] = {
    {"国务院办公厅关于 2024 年部分节假日安排的通知（国办发明电〔2023〕7号）", "2023-10-25"},
    {"国务院办公厅关于 2025 年部分节假日安排的通知（国办发明电〔2024〕12号）", "2024-11-12"},
    {"国务院办公厅关于 2026 年部分节假日安排的通知（国办发明电〔2025〕7号）", "2025-11-04"},
};
// clang-format on

constexpr minutes at(int hour, int minute) { return hours(hour) + minutes(minute); }

Hours stock_hours() {
  return {{{Phase::auction, at(9, 15), at(9, 25)},
           {Phase::continuous, at(9, 30), at(11, 30)},
           {Phase::continuous, at(13, 0), at(14, 57)},
           {Phase::auction, at(14, 57), at(15, 0)}},
          {},
          {}};
}
// With trading at the closing price after hours: STAR Market (SSE) and ChiNext (SZSE) only.
Hours stock_hours_with_fixed_price() {
  auto out = stock_hours();
  out.open_day.push_back({Phase::after_hours, at(15, 5), at(15, 30)});
  return out;
}
Hours futures_hours() {
  return {
      {{Phase::continuous, at(9, 0), at(10, 15)}, {Phase::continuous, at(10, 30), at(11, 30)}, {Phase::continuous, at(13, 30), at(15, 0)}},
      {},
      {}};
}
Hours futures_hours_with_night(minutes until) {
  auto out = futures_hours();
  out.night = {{Phase::auction, at(20, 55), at(20, 59)}, {Phase::night, at(21, 0), until}};
  return out;
}

base::Date date(std::string_view text) { return base::parse_date(text).value(); }

Calendar make(std::string_view id, base::Sentence title, std::span<const Row> own, std::span<const Notice> notices, Hours when) {
  Plan plan;
  plan.id = id;
  plan.title = title;
  plan.known_from = date("2024-01-01");
  plan.known_until = date("2026-12-31");
  for (const auto& n : notices) plan.sources.push_back({std::string(n.document), date(n.published)});
  for (const auto rows : {std::span<const Row>(holidays), own})
    for (const auto& r : rows) plan.days.push_back({date(r.first), date(r.last), r.type, r.name});
  plan.hours = std::move(when);
  return Calendar::build(std::move(plan)).value();
}

}  // namespace

const std::vector<Calendar>& shipped_calendars() {
  static const std::vector<Calendar> all{
      make("sse", {"上海证券交易所交易日", "Shanghai Stock Exchange"}, exchanges_only, exchange_notices, stock_hours_with_fixed_price()),
      make("szse", {"深圳证券交易所交易日", "Shenzhen Stock Exchange"}, exchanges_only, exchange_notices, stock_hours_with_fixed_price()),
      make("bse", {"北京证券交易所交易日", "Beijing Stock Exchange"}, exchanges_only, exchange_notices, stock_hours()),
      make("office", {"工作日（含调休）", "office days with make-up days"}, office_only, office_notices, {}),
      make("futures_day", {"商品期货，无夜盘", "commodity futures, no night session"}, exchanges_only, exchange_notices, futures_hours()),
      make("futures_2300", {"商品期货，夜盘至 23:00", "commodity futures, night session until 23:00"}, exchanges_only, exchange_notices,
           futures_hours_with_night(at(23, 0))),
      make("futures_0100", {"商品期货，夜盘至次日 01:00", "commodity futures, night session until 01:00"}, exchanges_only, exchange_notices,
           futures_hours_with_night(at(25, 0))),
      make("futures_0230", {"商品期货，夜盘至次日 02:30", "commodity futures, night session until 02:30"}, exchanges_only, exchange_notices,
           futures_hours_with_night(at(26, 30))),
  };
  return all;
}

const Calendar* shipped_calendar(std::string_view id) {
  for (const auto& c : shipped_calendars())
    if (c.id() == id) return &c;
  return nullptr;
}

}  // namespace quanji::calendar
