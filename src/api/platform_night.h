// What the platform does to its store once a night, when the offices are closed: looks through the database for damage.
#pragma once
#include <cstdint>

#include "base/clock.h"
#include "storage/store.h"

namespace quanji::api {

// One thread (the ticker). The night's hour is 03:00 in the zone times are shown in.
class NightWatch {
 public:
  // The night of `clock`'s present moment counts as done: a start after an unclean stop looks by itself.
  NightWatch(storage::Store& store, base::Clock& clock);
  // Starts the check when a night's hour has come since the last one; missed nights are made up for by one check.
  void tick();

 private:
  std::int64_t night() const;
  storage::Store& store_;
  base::Clock& clock_;
  std::int64_t last_;
};

}  // namespace quanji::api
