// Inside of the services: the work on queue items itself, for many asks at once. Callers of the interface come by queue_items.h, runs by
// queue_runs.h, the clock by its ticks; all of them end here.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "services/packed_rows.h"
#include "services/queue_items.h"

namespace quanji::services {

// Queues as this job has read them.
class KnownQueues {
 public:
  explicit KnownQueues(const View& view) : view_(view) {}
  // not_found when there is none. With a caller: when he has the operation's right there.
  Result<const Queue*> find(const QueueId& id);

 private:
  const View& view_;
  std::map<base::Ulid, std::optional<Queue>> known_;
};

// What a decision about an item needs to know of it.
struct ItemRow {
  QueueItemId id;
  QueueId queue_id;
  domain::ItemState state = domain::ItemState::fresh;
  std::int64_t token = 0, attempt = 1;
  QueueItemId root_id;
  std::int64_t rank = 0, priority = 0;
  std::optional<base::Time> not_before, deadline, lease_until;
  std::optional<std::string> partition_key;
  std::optional<base::Date> business_date;
  std::optional<std::string> reference, holder, task;
  static const base::FieldList& fields();
};
Result<std::vector<ItemRow>> item_rows(const View& view, std::span<const QueueItemId> ids);

// Keys, history and numbers that go with changes of items: gathered, then written by a few statements.
class ItemWrites {
 public:
  explicit ItemWrites(Change& change) : change_(change) {}
  struct Waiting {
    QueueItemId item;
    const Queue* queue = nullptr;
    std::int64_t rank = 0;
    QueueItemId age;
    std::optional<base::Time> due, deadline;
    std::string partition;
    domain::WaitingPlace place = domain::WaitingPlace::ready;
  };
  void wait(const Waiting& item);
  void count(const QueueId& queue, domain::ItemState state, std::int64_t n) { counts_[{queue.ulid, state}] += n; }
  void history(const QueueItemId& item, std::string_view act, domain::ItemState state, std::int64_t token, std::string_view actor,
               const std::optional<std::string>& remark = {});
  Status write();

 private:
  Change& change_;
  struct Keys {
    PackedRows rows;
    std::string queues, ages;
  };
  Keys ready_, later_, behind_;
  PackedRows steps_;
  std::string steps_items_;
  std::map<std::pair<base::Ulid, domain::ItemState>, std::int64_t> counts_;
};

// One item on its way from a state to another, and what goes with it.
struct ItemMove {
  ItemRow item;
  const Queue* queue = nullptr;
  domain::ItemAct act{};
  domain::ItemState to{};
  std::string actor;
  std::optional<base::JsonText> output;
  std::optional<domain::FailureKind> error_kind;
  std::optional<std::string> error_code, error_message, remark;
  std::optional<base::Time> not_before, lease_until;
  struct Next {  // the try that follows
    QueueItemId id;
    domain::ItemState state = domain::ItemState::fresh;
    std::optional<base::Time> not_before, deadline;
  };
  std::optional<Next> next;
  bool moved = false;  // false afterwards: another was faster, nothing was written for it
};
// Every item at most once.
Status carry_out(Change& change, std::span<ItemMove> moves);

struct AddAsk {
  enum class Rows : std::uint8_t { each_alone, all_or_none };
  QueueId queue;
  std::vector<const NewItem*> items;
  Rows rows = Rows::each_alone;
  std::string source_key;  // not empty: the same key again is answered as the first time, row by row
  std::string actor;
  std::shared_ptr<const domain::Caller> caller;  // null: rights were looked at already
  Status result;
  struct Row {
    QueueItemId id;
    Status why;
  };
  std::vector<Row> answers;
};
void add(Change& change, std::span<AddAsk> asks);

struct TakeAsk {
  QueueId queue;
  std::int64_t max = 1;
  std::optional<std::int64_t> lease_seconds;
  std::string holder, actor;
  std::optional<std::string> task, key;  // key: the same of the same holder again is answered as the first time
  std::shared_ptr<const domain::Caller> caller;
  Status result;
  TakenItems taken;
};
void take(Change& change, std::span<TakeAsk> asks);

struct EndAsk {
  QueueItemId item;
  std::optional<QueueId> queue;       // it must be this one's
  domain::ItemAct act{};              // renew, complete, fail, postpone
  std::optional<std::int64_t> token;  // absent: being the holder is enough
  std::string holder, actor;
  std::optional<base::JsonText> output;
  domain::FailureKind kind = domain::FailureKind::business;
  std::string code, message;
  std::optional<base::Time> until;
  std::optional<std::int64_t> lease_seconds;
  std::optional<std::string> remark;
  std::shared_ptr<const domain::Caller> caller;
  Status result;
  ItemEnd end;
};
void finish(Change& change, std::span<EndAsk> asks);

}  // namespace quanji::services
