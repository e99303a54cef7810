// Inside the room: from days that fire to the next instant, through gaps and folds.
#pragma once
#include <functional>
#include <optional>

#include "calendar/cron.h"

namespace quanji::calendar {

using FiresOn = std::function<base::Result<bool>(base::Date)>;
// The first instant strictly after at which the cron's time of day falls on a day that fires; days up to `last` are asked, in order, and
// the first failure is the answer.
base::Result<std::optional<base::Time>> next_instant(const Cron& cron, const Zone& zone, DstPolicy policy, base::Time after,
                                                     base::Date last, const FiresOn& fires_on);

}  // namespace quanji::calendar
