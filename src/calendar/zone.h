// Time zones by their IANA name, and what a time on a wall clock means in them: once, twice or never.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace quanji::calendar {

// A stretch of time during which a zone keeps one offset; begin belongs to it, end does not.
struct ZoneSpan {
  base::Time begin, end;
  std::chrono::seconds offset;  // local = UTC + offset
};

// What a wall clock shows.
struct LocalTime {
  base::Date date;
  std::int32_t second = 0;  // of the day, 0 to 86399
  auto operator<=>(const LocalTime&) const = default;
};

// The instants at which a wall clock shows a time.
struct Instants {
  std::optional<base::Time> first;   // absent in a gap: the clock jumps over this time
  std::optional<base::Time> second;  // present in a fold: the clock shows it a second time
  base::Time after_gap;              // in a gap: the first valid instant behind it
};

// A cheap value; any thread. Rules come from the machine's zone files (Debian: tzdata), which hold transitions to the end of 2037:
// later instants keep the last offset of the file.
class Zone {
 public:
  // "Asia/Shanghai", "America/New_York", "UTC". Refuses with invalid_field what the zone files do not have.
  static base::Result<Zone> find(std::string_view name);
  // Asia/Shanghai as it stands since 1991-09-15: UTC+8, no summer time; needs no zone files. Wrong for earlier instants.
  static Zone china();

  const std::string& name() const { return name_; }
  ZoneSpan span_at(base::Time t) const;
  LocalTime local_of(base::Time t) const;
  Instants instants_of(LocalTime local) const;

 private:
  struct Rules;
  Zone(std::string name, std::shared_ptr<const Rules> rules);
  std::string name_;
  std::shared_ptr<const Rules> rules_;  // none: fixed UTC+8
};

}  // namespace quanji::calendar
