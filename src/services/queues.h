// Data queues: pieces of work that robots and other programs take, each by one of them only. The queue says in which order, for how long
// an item is lent, how often and after what wait a failed one is tried again, and what its payload looks like. Items: queue_items.h.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "domain/payload_schema.h"
#include "domain/queue_item_states.h"
#include "domain/queue_rules.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::DepartmentId;
using domain::QueueId;

inline constexpr std::int64_t least_lease_seconds = 60, most_lease_seconds = 86'400;

struct Queue {
  QueueId id;
  std::string name;  // unique in its department
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> consumer;  // which flow or program works on it; for people
  DepartmentId department_id;
  domain::QueueState state = domain::QueueState::active;
  domain::QueueOrder order = domain::QueueOrder::priority_then_age;
  std::int64_t lease_seconds = 600;
  std::int64_t retries = 3;  // tries after the first, of an application failure or a lease that ran out
  std::int64_t back_off_seconds = 60, back_off_factor = 2, back_off_most_seconds = 3600;
  domain::ReferenceRule references_unique = domain::ReferenceRule::never_checked;
  std::int64_t reference_days = 30;  // of per_days
  domain::AbandonedRule abandoned = domain::AbandonedRule::retry;
  base::JsonText payload_schema;  // null: any object
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();

  domain::RetryRule retry_rule() const { return {retries, back_off_seconds, back_off_factor, back_off_most_seconds}; }
};
struct NewQueue {
  std::string name;
  std::optional<std::string> title, description, consumer;
  std::optional<DepartmentId> department_id;  // absent: the root department
  domain::QueueOrder order = domain::QueueOrder::priority_then_age;
  std::int64_t lease_seconds = 600, retries = 3, back_off_seconds = 60, back_off_factor = 2, back_off_most_seconds = 3600;
  domain::ReferenceRule references_unique = domain::ReferenceRule::never_checked;
  std::int64_t reference_days = 30;
  domain::AbandonedRule abandoned = domain::AbandonedRule::retry;
  base::JsonText payload_schema;
  static const base::FieldList& fields();
};
// All but the order, by which items wait already.
struct QueueChange {
  QueueId id;
  std::string name;
  std::optional<std::string> title, description, consumer;
  std::int64_t lease_seconds = 600, retries = 3, back_off_seconds = 60, back_off_factor = 2, back_off_most_seconds = 3600;
  domain::ReferenceRule references_unique = domain::ReferenceRule::never_checked;
  std::int64_t reference_days = 30;
  domain::AbandonedRule abandoned = domain::AbandonedRule::retry;
  base::JsonText payload_schema;
  static const base::FieldList& fields();
};
struct QueueRef {
  QueueId id;
  static const base::FieldList& fields();
};
struct QueueReason {
  QueueId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct QueueStateCount {
  domain::ItemState state = domain::ItemState::fresh;
  std::int64_t count = 0;
  static const base::FieldList& fields();
};
// Every state, and every item ever added counts in exactly one.
struct QueueCounts {
  std::vector<QueueStateCount> items;
  std::int64_t total = 0;
  static const base::FieldList& fields();
};

const base::ListShape& queue_list_shape();
const storage::Listing& queue_listing();
Result<Page<Queue>> list_queues(const View&, const base::ListQuery&);
Result<Queue> read_queue(const View&, const QueueRef&);
Result<QueueCounts> count_queue(const View&, const QueueRef&);
Result<Queue> create_queue(Change&, const NewQueue&);
Result<Queue> change_queue(Change&, const base::Patch<QueueChange>&);
// Hands out nothing; items may still be added and finished.
Result<Queue> pause_queue(Change&, const QueueReason&);
// Takes nothing in; what is there is handed out.
Result<Queue> drain_queue(Change&, const QueueReason&);
Result<Queue> resume_queue(Change&, const QueueRef&);
// Refused with still_referenced while an item is new, on hold or in progress. Its items stay for history; its name is free again.
Status delete_queue(Change&, const QueueReason&);

// ---- for other services ----
// Once before anything is served: departments learn what queues they hold.
void join_queues();
// Nothing when there is none, or it was deleted; asks for no rights.
Result<std::optional<Queue>> find_queue(const View&, const QueueId&);
// The queue a run of that department means by a name: its department's, else the nearest above. not_found names the word.
Result<Queue> queue_for_run(const View&, std::string_view name, const DepartmentId& department);
// Compiled once for each text; null when the queue takes anything. Any thread.
Result<std::shared_ptr<const domain::PayloadSchema>> schema_of(const Queue& queue);

}  // namespace quanji::services
