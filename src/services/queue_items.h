// Items of data queues: what callers see of them, and what they and people do to them. Adding, taking and ending items are hot operations
// over many callers at once (architecture.md 1); their history is the record of them. What a person does to one item is a change with an
// audit row.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "domain/queue_item_states.h"
#include "domain/queue_rules.h"
#include "services/queues.h"
#include "storage/store.h"

namespace quanji::services {

using domain::QueueItemId;

inline constexpr std::int64_t most_taken = 100, most_added = 1000;
inline constexpr std::size_t payload_bytes = 256 << 10;

struct QueueItem {
  QueueItemId id;
  QueueId queue_id;
  std::optional<std::string> reference;
  domain::ItemState state = domain::ItemState::fresh;
  std::int64_t priority = 0;
  std::optional<base::Time> not_before, deadline;
  std::optional<std::string> partition_key;
  std::optional<base::Date> business_date;
  std::optional<base::JsonText> payload, output;  // not in lists
  std::int64_t attempt = 1;                       // this is the n-th try
  QueueItemId root_id;                            // of the first try
  std::int64_t token = 0;                         // of the newest lease
  std::optional<base::Time> lease_until;
  std::optional<std::string> holder;  // who took it last: an attempt, a user, a client
  std::optional<std::string> task;    // of the attempt that took it
  std::optional<domain::FailureKind> error_kind;
  std::optional<std::string> error_code, error_message;
  std::optional<std::string> remark;  // why it was held, postponed, tried again, deleted
  std::optional<std::string> source;
  std::optional<base::Time> finished_at;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct QueueItemRef {
  QueueId id;
  QueueItemId item;
  static const base::FieldList& fields();
};
struct NewItem {
  std::optional<std::string> reference;
  base::JsonText payload;  // an object; null: {}
  std::int64_t priority = 0;
  std::optional<base::Time> not_before, deadline;
  std::optional<std::string> partition_key;
  std::optional<base::Date> business_date;
  std::optional<std::string> source;
  static const base::FieldList& fields();
};
struct AddItem {
  QueueId id;
  std::optional<std::string> reference;
  base::JsonText payload;
  std::int64_t priority = 0;
  std::optional<base::Time> not_before, deadline;
  std::optional<std::string> partition_key;
  std::optional<base::Date> business_date;
  std::optional<std::string> source;
  static const base::FieldList& fields();
};
struct AddItems {
  QueueId id;
  std::vector<NewItem> items;  // at most most_added
  static const base::FieldList& fields();
};
struct BulkRow {
  std::optional<std::string> id;
  std::int64_t code = 0;
  std::string message;
  static const base::FieldList& fields();
};
// What became of each row, in the order given.
struct BulkAnswer {
  std::int64_t total = 0, succeeded = 0, failed = 0;
  std::vector<BulkRow> items;
  static const base::FieldList& fields();
};
struct TakeItems {
  QueueId id;
  std::int64_t max = 1;
  std::optional<std::int64_t> lease_seconds;  // absent: the queue's
  static const base::FieldList& fields();
};
struct TakenItem {
  QueueItemId id;
  std::optional<std::string> reference;
  base::JsonText payload;
  std::int64_t attempt = 1, priority = 0;
  std::optional<base::Time> deadline;
  std::optional<std::string> partition_key;
  std::optional<base::Date> business_date;
  std::int64_t lease_token = 0;
  base::Time lease_until;
  static const base::FieldList& fields();
};
struct TakenItems {
  std::vector<TakenItem> items;  // in the queue's order; empty: there is none now
  domain::QueueState queue_state = domain::QueueState::active;
  static const base::FieldList& fields();
};
struct RenewItem {
  QueueId id;
  QueueItemId item;
  std::int64_t lease_token = 0;
  std::optional<std::int64_t> lease_seconds;
  static const base::FieldList& fields();
};
struct CompleteItem {
  QueueId id;
  QueueItemId item;
  std::int64_t lease_token = 0;
  std::optional<base::JsonText> output;
  static const base::FieldList& fields();
};
struct FailItem {
  QueueId id;
  QueueItemId item;
  std::int64_t lease_token = 0;
  domain::FailureKind kind = domain::FailureKind::business;
  std::string code, message;
  std::optional<base::JsonText> output;
  static const base::FieldList& fields();
};
struct PostponeItem {
  QueueId id;
  QueueItemId item;
  std::int64_t lease_token = 0;
  base::Time until;
  std::optional<std::string> reason;
  static const base::FieldList& fields();
};
// What became of an item that its holder renewed or ended.
struct ItemEnd {
  domain::ItemState state = domain::ItemState::in_progress;
  std::optional<base::Time> lease_until;      // renewed
  std::optional<QueueItemId> next;            // the item that is the next try
  std::optional<base::Time> next_not_before;  // when it is due
  static const base::FieldList& fields();
};
struct ItemReason {
  QueueId id;
  QueueItemId item;
  std::string reason;
  static const base::FieldList& fields();
};
struct RetryItem {
  QueueId id;
  QueueItemId item;
  std::string reason;
  std::optional<base::Time> not_before, deadline;  // deadline: asked for when the old one is over
  static const base::FieldList& fields();
};
struct ItemStep {
  base::Time at;
  std::string act;  // of domain::ItemAct; "add"; "late": refused for an old token
  domain::ItemState state = domain::ItemState::fresh;
  std::int64_t token = 0;
  std::string actor;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct ItemTry {
  QueueItemId id;
  std::int64_t attempt = 1;
  domain::ItemState state = domain::ItemState::fresh;
  std::optional<base::Time> finished_at;
  std::optional<std::string> error_code, error_message;
  static const base::FieldList& fields();
};
struct ItemHistory {
  std::vector<ItemStep> steps;  // of this item, in order
  std::vector<ItemTry> tries;   // of its root, the first in front
  static const base::FieldList& fields();
};

// Of the queue in the path.
const base::ListShape& queue_item_list_shape();
const storage::Listing& queue_item_listing();
Result<Page<QueueItem>> list_queue_items(const View&, const base::ListQuery&);
Result<QueueItem> read_queue_item(const View&, const QueueItemRef&);
Result<ItemHistory> read_item_history(const View&, const QueueItemRef&);

// ---- hot: In and Out as named ----
extern const storage::BatchOperation add_item;       // AddItem → QueueItem; name_taken: the reference is taken
extern const storage::BatchOperation add_items;      // AddItems → BulkAnswer
extern const storage::BatchOperation take_items;     // TakeItems → TakenItems
extern const storage::BatchOperation renew_item;     // RenewItem → ItemEnd
extern const storage::BatchOperation complete_item;  // CompleteItem → ItemEnd; the same end again is answered as the first time
extern const storage::BatchOperation fail_item;      // FailItem → ItemEnd
extern const storage::BatchOperation postpone_item;  // PostponeItem → ItemEnd

// ---- a person, one item ----
Result<QueueItem> hold_item(Change&, const ItemReason&);
Result<QueueItem> release_item(Change&, const QueueItemRef&);
// Answers the new try.
Result<QueueItem> retry_item(Change&, const RetryItem&);
// Its payload and output go; the row stays for history.
Status delete_item(Change&, const ItemReason&);

// ---- the clock: each a change of its own; how many items they moved ----
Result<std::int64_t> abandon_overdue_items(Change&, std::int64_t limit = 200);
Result<std::int64_t> expire_items(Change&, std::int64_t limit = 200);
Result<std::int64_t> fold_queue_counts(Change&);

}  // namespace quanji::services
