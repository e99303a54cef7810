// The calendars that come with the product, known from 2024-01-01 to 2026-12-31.
//
//   sse, szse, bse   trading days of the Shanghai, Shenzhen and Beijing exchanges, with the hours of stocks
//   office           office days (工作日) by the State Council's notices, with make-up Saturdays and Sundays (调休); no hours
//   futures_day, futures_2300, futures_0100, futures_0230
//                    commodity futures, by the end of the product's night session (day: none); closed on the exchanges' days
//
// Make-up days are office days only: no exchange opens on them. The eve of the Spring Festival of 2024 (2024-02-09) is the one weekday in
// these years on which the office is open and the exchanges are closed.
#pragma once
#include <string_view>
#include <vector>

#include "calendar/calendar.h"

namespace quanji::calendar {

// In the order above; they live as long as the program. Any thread.
const std::vector<Calendar>& shipped_calendars();
// Null when there is none of this id.
const Calendar* shipped_calendar(std::string_view id);

}  // namespace quanji::calendar
