// Data queues as a run sees them: by the name of the queue, its items held by the run's attempt. The caller of these has looked that the
// attempt is alive and the robot's; what they answer is judged again by nobody. Each is a change of its own, re-runnable.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/queue_items.h"

namespace quanji::services {

struct QueueRun {
  domain::TaskId task;
  domain::AttemptId attempt;
  DepartmentId department;  // of the flow: queues are looked for here and above
  std::string actor;        // what history shows, the robot's name
};

// All or none. name_taken: a reference is taken. The same key of the same task again answers the same ids.
Result<std::vector<QueueItemId>> add_for_run(Change&, const QueueRun&, std::string_view queue, const std::vector<NewItem>& items,
                                             std::string_view key);
Result<std::int64_t> count_for_run(const View&, const QueueRun&, std::string_view queue, domain::ItemState state);
// Nothing when there is none now. The same key of the same attempt again answers the same item.
Result<std::optional<TakenItem>> take_for_run(Change&, const QueueRun&, std::string_view queue, std::string_view key);
// wrong_state: the item is not in progress, or not this attempt's. The same end again is answered as the first time.
Result<ItemEnd> complete_for_run(Change&, const QueueRun&, const QueueItemId& item, const base::JsonText& output);
Result<ItemEnd> fail_for_run(Change&, const QueueRun&, const QueueItemId& item, domain::FailureKind kind, const std::string& code,
                             const std::string& message);
Result<ItemEnd> postpone_for_run(Change&, const QueueRun&, const QueueItemId& item, base::Time until);
Result<ItemEnd> renew_for_run(Change&, const QueueRun&, const QueueItemId& item);

// The attempt's lease was renewed (its robot's beat): so are those of the items it holds.
Status renew_items_of(Change&, const domain::AttemptId& attempt, base::Time lease_until);
// The attempt is over and still held items: an application failure of each, so that nothing stays in progress. How many there were.
Result<std::int64_t> settle_items_of(Change&, const QueueRun&, const std::string& code, const std::string& message);

}  // namespace quanji::services
