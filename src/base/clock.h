// Time as a parameter: nobody else in the tree asks the machine what time it is.
// Reads foreign bytes: fuzz/field_text.cpp
#pragma once
#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::base {

// An instant: microseconds since 1970-01-01T00:00:00Z, as stored in every table.
struct Time {
  std::int64_t micros = 0;
  auto operator<=>(const Time&) const = default;
  Time plus(std::chrono::microseconds d) const { return {micros + d.count()}; }
  std::chrono::microseconds since(Time earlier) const { return std::chrono::microseconds(micros - earlier.micros); }
};
// A calendar day without a zone, "2026-11-20".
struct Date {
  std::int32_t days = 0;  // since 1970-01-01
  auto operator<=>(const Date&) const = default;
};

// RFC 3339 with milliseconds and the given offset: "2026-11-20T15:30:00.000+08:00".
std::string to_text(Time t, std::chrono::minutes offset = std::chrono::minutes(480));
// RFC 3339 with any offset and 0 to 9 decimals; refuses what is not a date, leap seconds and years outside 1970-2262.
Result<Time> parse_time(std::string_view text);
std::string to_text(Date d);
Result<Date> parse_date(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() = 0;                             // wall clock; may jump
  virtual std::chrono::microseconds monotonic() = 0;  // never goes back; origin is arbitrary
};
class SystemClock final : public Clock {
 public:
  Time now() override;
  std::chrono::microseconds monotonic() override;
};
// Moves only when a test moves it. Any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = {1'700'000'000'000'000}) : now_(start.micros) {}
  Time now() override { return {now_.load()}; }
  std::chrono::microseconds monotonic() override { return std::chrono::microseconds(monotonic_.load()); }
  void advance(std::chrono::microseconds d) {
    now_ += d.count();
    monotonic_ += d.count();
  }
  void jump_wall(std::chrono::microseconds d) { now_ += d.count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> monotonic_{0};
};

}  // namespace quanji::base
