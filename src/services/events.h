// The outbox of events: written in the transaction of what they tell of, kept seven days.
#pragma once
#include <chrono>
#include <string_view>

#include "domain/ids.h"
#include "storage/change.h"

namespace quanji::services {

// `type` is "approval.created", `subject` the id text of the thing, `body` a JSON object.
base::Result<domain::EventId> emit(storage::Change& change, std::string_view type, std::string_view subject, std::string_view body);
inline constexpr std::chrono::hours events_kept_for{24 * 7};
// Deletes at most `limit` events older than seven days; how many it deleted.
base::Result<std::int64_t> sweep_events(storage::Change& change, std::int64_t limit = 500);

}  // namespace quanji::services
