// From a state to another: the guarded statement, and what goes with it.
#include <algorithm>
#include <tuple>

#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using domain::ItemAct;
using domain::ItemState;
using domain::QueueOrder;
using domain::WaitingPlace;

namespace {
namespace sql = storage::sql;

std::int64_t micros_or_never(const std::optional<base::Time>& t) { return t ? t->micros : domain::never_micros; }
std::int64_t rank_in(const Queue& queue, std::int64_t priority, const std::optional<base::Time>& deadline) {
  return domain::rank_of(queue.order, priority, deadline);
}
std::string partition_of(const ItemRow& item) { return item.partition_key.value_or(""); }
bool in_order(const ItemMove& move) { return move.queue->order == QueueOrder::fifo; }
}  // namespace

QUANJI_FIELDS(ItemRow, QF(id, "项", "Item"), QF(queue_id, "队列", "Queue"), QF(state, "状态", "State"), QF(token, "令牌", "Token"),
              QF(attempt, "第几次", "Try"), QF(root_id, "首次", "First try"), QF(rank, "位次", "Rank"), QF(priority, "优先级", "Priority"),
              QF(not_before, "不早于", "Not before"), QF(deadline, "截止", "Deadline"), QF(lease_until, "租约至", "Lease until"),
              QF(partition_key, "分区键", "Partition key"), QF(business_date, "业务日期", "Business date"),
              QF(reference, "编号", "Reference"), QF(holder, "持有者", "Holder"), QF(task, "任务", "Task"))

Result<const Queue*> KnownQueues::find(const QueueId& id) {
  auto found = known_.find(id.ulid);
  if (found == known_.end()) {
    QUANJI_TRY(auto queue, find_queue(view_, id));
    found = known_.emplace(id.ulid, std::move(queue)).first;
  }
  if (!found->second) return Error(Code::not_found);
  return &*found->second;
}

Result<std::vector<ItemRow>> item_rows(const View& view, std::span<const QueueItemId> ids) {
  PackedRows rows;
  for (const auto& id : ids) rows.next(id);
  return view.all<ItemRow>(sql::queue_items_to_act_on, {{"rows", rows.json()}, {"ids", rows.ids()}});
}

void ItemWrites::wait(const Waiting& item) {
  auto& keys = item.place == WaitingPlace::ready ? ready_ : item.place == WaitingPlace::later ? later_ : behind_;
  keys.rows.next(item.item)
      .put("rank", item.rank)
      .put("deadline", micros_or_never(item.deadline))
      .put("due", item.due.value_or(base::Time{}));
  if (item.place == WaitingPlace::behind) keys.rows.put("partition", item.partition);
  PackedRows::pack(keys.queues, item.queue->id.ulid);
  PackedRows::pack(keys.ages, item.age.ulid);
}

void ItemWrites::history(const QueueItemId& item, std::string_view act, ItemState state, std::int64_t token, std::string_view actor,
                         const std::optional<std::string>& remark) {
  steps_.next(change_.new_ulid()).put("act", act).put("state", state).put("token", token).put("actor", actor).put("remark", remark);
  PackedRows::pack(steps_items_, item.ulid);
}

Status ItemWrites::write() {
  const auto insert = [&](const storage::Query& query, Keys& keys) -> Status {
    if (keys.rows.empty()) return {};
    QUANJI_DO(change_.run(query, {{"rows", keys.rows.json()},
                                  {"ids", keys.rows.ids()},
                                  {"queues", PackedRows::bytes_of(keys.queues)},
                                  {"ages", PackedRows::bytes_of(keys.ages)}}));
    return {};
  };
  QUANJI_DO(insert(sql::queue_ready_insert, ready_));
  QUANJI_DO(insert(sql::queue_later_insert, later_));
  QUANJI_DO(insert(sql::queue_behind_insert, behind_));
  if (!steps_.empty())
    QUANJI_DO(change_.run(
        sql::queue_item_history_insert,
        {{"rows", steps_.json()}, {"ids", steps_.ids()}, {"items", PackedRows::bytes_of(steps_items_)}, {"now", change_.now()}}));
  PackedRows sums;
  std::string queues;
  for (const auto& [key, n] : counts_) {
    if (n == 0) continue;
    sums.next(change_.new_ulid()).put("state", key.second).put("n", n);
    PackedRows::pack(queues, key.first);
  }
  if (!sums.empty())
    QUANJI_DO(
        change_.run(sql::queue_counts_insert, {{"rows", sums.json()}, {"ids", sums.ids()}, {"queues", PackedRows::bytes_of(queues)}}));
  return {};
}

namespace {

// A new item leaves: it waits in one of the three places, and which is not asked first.
Status remove_keys(Change& change, const ItemMove& move) {
  const auto& item = move.item;
  QUANJI_TRY(auto gone, change.run(sql::queue_ready_remove,
                                   {{"queue_id", item.queue_id}, {"rank", item.rank}, {"age", item.root_id}, {"id", item.id}}));
  if (gone == 0) {
    QUANJI_TRY(gone, change.run(sql::queue_later_remove, {{"id", item.id}}));
  }
  if (gone == 0 && in_order(move)) {
    const auto partition = partition_of(item);
    QUANJI_DO(change.run(sql::queue_behind_remove,
                         {{"queue_id", item.queue_id}, {"partition_key", partition}, {"age", item.root_id}, {"id", item.id}}));
  }
  return {};
}

// The head of its partition is over: what is behind it comes to the front, or the partition ends. On PostgreSQL the row of the partition is
// held first, so that nobody steps behind it between looking and ending it.
Status advance_partition(Change& change, const ItemMove& move) {
  const auto partition = partition_of(move.item);
  QUANJI_TRY(const auto row, change.row(sql::queue_partition_lock, {{"queue_id", move.item.queue_id}, {"partition_key", partition}}));
  if (!row || row->id<QueueItemId>("head") != move.item.id) return {};
  QUANJI_TRY(const auto next, change.row(sql::queue_behind_next, {{"queue_id", move.item.queue_id}, {"partition_key", partition}}));
  if (!next) {
    QUANJI_DO(change.run(sql::queue_partition_over, {{"queue_id", move.item.queue_id}, {"partition_key", partition}}));
    return {};
  }
  const auto head = next->id<QueueItemId>("item_id");
  QUANJI_DO(change.run(sql::queue_partition_head, {{"queue_id", move.item.queue_id}, {"partition_key", partition}, {"head", head}}));
  ItemWrites::Waiting waiting{.item = head, .queue = move.queue, .rank = 0, .age = next->id<QueueItemId>("age")};
  waiting.due = next->time("due");
  if (next->integer("deadline") != domain::never_micros) waiting.deadline = next->time("deadline");
  waiting.place = domain::waiting_place(true, waiting.due, change.now());
  // At once: the new head may be the next of these moves, and then its key must be there to be removed.
  ItemWrites key(change);
  key.wait(waiting);
  return key.write();
}

// Whether the item may be handed out when it waits: of a fifo queue, whether it is, or now becomes, the head of its partition.
Result<bool> becomes_head(Change& change, const ItemMove& move, const QueueItemId& item, const QueueItemId& instead_of) {
  if (!in_order(move)) return true;
  const auto partition = partition_of(move.item);
  PackedRows rows;
  rows.next(item).put("partition", partition);
  std::string queues;
  PackedRows::pack(queues, move.item.queue_id.ulid);
  QUANJI_TRY(const auto claimed, change.rows(sql::queue_partitions_claim,
                                             {{"rows", rows.json()}, {"ids", rows.ids()}, {"queues", PackedRows::bytes_of(queues)}}));
  if (claimed.empty() || claimed[0].integer("passes") == 0) return true;
  QUANJI_TRY(const auto row, change.row(sql::queue_partition_lock, {{"queue_id", move.item.queue_id}, {"partition_key", partition}}));
  const auto head = row ? row->id<QueueItemId>("head") : item;
  if (head == item) return true;
  if (head != instead_of) return false;
  QUANJI_DO(change.run(sql::queue_partition_head, {{"queue_id", move.item.queue_id}, {"partition_key", partition}, {"head", item}}));
  return true;
}

Status follow_up(Change& change, const ItemMove& move, ItemWrites& writes) {
  const auto& item = move.item;
  writes.history(item.id, base::word(move.act), move.to, item.token, move.actor, move.remark);
  if (move.to != item.state) {
    writes.count(item.queue_id, item.state, -1);
    writes.count(item.queue_id, move.to, 1);
  }
  if (item.state == ItemState::fresh) QUANJI_DO(remove_keys(change, move));
  ItemWrites::Waiting waiting{.queue = move.queue, .age = item.root_id, .partition = partition_of(item)};
  if (move.next) {
    const auto& next = *move.next;
    writes.history(next.id, "add", next.state, 0, move.actor, move.remark);
    writes.count(item.queue_id, next.state, 1);
    QUANJI_TRY(const bool head, becomes_head(change, move, next.id, item.id));
    if (next.state != ItemState::fresh) return {};
    waiting.item = next.id;
    waiting.rank = rank_in(*move.queue, item.priority, next.deadline);
    waiting.due = next.not_before;
    waiting.deadline = next.deadline;
    waiting.place = domain::waiting_place(head, next.not_before, change.now());
    writes.wait(waiting);
    return {};
  }
  if (move.to == ItemState::fresh) {
    QUANJI_TRY(const bool head, becomes_head(change, move, item.id, item.id));
    waiting.item = item.id;
    waiting.rank = item.rank;
    waiting.due = move.not_before ? move.not_before : item.not_before;
    waiting.deadline = item.deadline;
    waiting.place = domain::waiting_place(head, waiting.due, change.now());
    writes.wait(waiting);
    return {};
  }
  if (domain::is_over(move.to) && in_order(move)) return advance_partition(change, move);
  return {};
}

}  // namespace

Status carry_out(Change& change, std::span<ItemMove> moves) {
  if (moves.empty()) return {};
  PackedRows rows;
  for (const auto& move : moves) {
    rows.next(move.item.id).put("from", move.item.state).put("token", move.item.token).put("state", move.to).put("actor", move.actor);
    if (move.output) rows.put("output", move.output->text);
    rows.put("error_kind", move.error_kind).put("error_code", move.error_code).put("error_message", move.error_message);
    rows.put("remark", move.remark).put("not_before", move.not_before).put("lease_until", move.lease_until);
    if (domain::is_over(move.to)) rows.put("finished_at", change.now());
  }
  QUANJI_TRY(const auto moved, change.rows(sql::queue_items_move, {{"rows", rows.json()}, {"ids", rows.ids()}, {"now", change.now()}}));
  for (const auto row : moved) {
    const auto id = row.id<QueueItemId>("id");
    for (auto& move : moves)
      if (move.item.id == id) move.moved = true;
  }

  PackedRows copies;
  std::string olds;
  PackedRows freed;
  for (const auto& move : moves) {
    if (!move.moved) continue;
    if (move.to == ItemState::deleted) freed.next(move.item.root_id);
    if (!move.next) continue;
    copies.next(move.next->id).put("state", move.next->state).put("not_before", move.next->not_before).put("deadline", move.next->deadline);
    copies.put("rank", rank_in(*move.queue, move.item.priority, move.next->deadline)).put("actor", move.actor).put("remark", move.remark);
    PackedRows::pack(olds, move.item.id.ulid);
  }
  if (!copies.empty())
    QUANJI_DO(change.run(sql::queue_items_copy,
                         {{"rows", copies.json()}, {"ids", copies.ids()}, {"olds", PackedRows::bytes_of(olds)}, {"now", change.now()}}));
  if (!freed.empty()) QUANJI_DO(change.run(sql::queue_references_free, {{"rows", freed.json()}, {"ids", freed.ids()}}));

  // Partitions are held in one order everywhere, so that two batches seldom wait for each other.
  std::vector<const ItemMove*> order;
  for (const auto& move : moves)
    // What is renewed stays where it is; a row a renewal would be history that nobody reads.
    if (move.moved && move.act != ItemAct::renew) order.push_back(&move);
  std::stable_sort(order.begin(), order.end(), [](const ItemMove* a, const ItemMove* b) {
    return std::tie(a->item.queue_id, a->item.partition_key) < std::tie(b->item.queue_id, b->item.partition_key);
  });
  ItemWrites writes(change);
  for (const auto* move : order) QUANJI_DO(follow_up(change, *move, writes));
  return writes.write();
}

}  // namespace quanji::services
