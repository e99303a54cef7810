#include "api/platform_night.h"

namespace quanji::api {
namespace {
constexpr std::int64_t hour = std::int64_t{3'600'000'000};
constexpr std::int64_t zone = 8 * hour, at = 3 * hour, day = 24 * hour;
}  // namespace

NightWatch::NightWatch(storage::Store& store, base::Clock& clock) : store_(store), clock_(clock), last_(night()) {}

std::int64_t NightWatch::night() const { return (clock_.now().micros + zone - at) / day; }

void NightWatch::tick() {
  const auto now = night();
  if (now <= last_) return;
  last_ = now;
  store_.start_check();
}

}  // namespace quanji::api
