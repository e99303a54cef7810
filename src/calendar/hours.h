// The hours of a trading day: sessions on the wall clock, and the phases between them.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace quanji::calendar {

enum class Phase : std::uint8_t { pre_open, auction, continuous, break_, close, after_hours, night };
// As on the wire: "pre_open", …, "break", ….
std::string_view word_of(Phase phase);

// A stretch of a day with one phase; from belongs to it, until does not.
struct Session {
  Phase phase;  // auction, continuous, after_hours; night in Hours::night
  std::chrono::minutes from, until;
};
// All in minutes since midnight of the calendar's zone, in order, apart from each other.
struct Hours {
  std::vector<Session> open_day, half_day;
  // The night session stands on the evening of the open day before the trading day it belongs to and may run past midnight (26 h 30 min).
  std::vector<Session> night;
};

// A session of one date as instants.
struct SessionAt {
  Phase phase;
  base::Time from, until;
  base::Date trading_day;
};
struct PhaseAt {
  Phase phase;
  std::optional<base::Date> trading_day;  // whom the instant belongs to; absent on a closed day
};

}  // namespace quanji::calendar
