#include "services/events.h"

#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

base::Result<domain::EventId> emit(storage::Change& change, std::string_view type, std::string_view subject, std::string_view body) {
  const auto id = change.new_id<domain::EventId>();
  QUANJI_TRY([[maybe_unused]] const auto written,
             change.run(sql::event_insert, {{"id", id}, {"type", type}, {"at", change.now()}, {"subject", subject}, {"body", body}}));
  return id;
}

base::Result<std::int64_t> sweep_events(storage::Change& change, std::int64_t limit) {
  return change.run(sql::events_sweep, {{"before", change.now().plus(-events_kept_for)}, {"limit", limit}});
}

}  // namespace quanji::services
