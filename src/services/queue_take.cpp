// Handing out items: their keys are taken from `ready` in the queue's order, so that no two takers ever see the same.
#include <algorithm>

#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using domain::ItemState;

namespace {
namespace sql = storage::sql;
constexpr std::int64_t promoted_at_once = 500;

// Items whose time has come stand in `ready` from now on.
Status promote(Change& change, const Queue& queue) {
  QUANJI_TRY(const auto due,
             change.rows(sql::queue_later_due, {{"queue_id", queue.id}, {"now", change.now()}, {"limit", promoted_at_once}}));
  if (due.empty()) return {};
  ItemWrites writes(change);
  for (const auto row : due) {
    ItemWrites::Waiting waiting{.item = row.id<QueueItemId>("item_id"), .queue = &queue, .rank = row.integer("rank")};
    waiting.age = row.id<QueueItemId>("age");
    if (row.integer("deadline") != domain::never_micros) waiting.deadline = row.time("deadline");
    writes.wait(waiting);
  }
  return writes.write();
}

TakenItem taken_from(const storage::Row& row) {
  TakenItem item;
  item.id = row.id<QueueItemId>("id");
  if (!row.is_null("reference")) item.reference = row.text("reference");
  if (!row.is_null("payload")) item.payload.text = row.text("payload");
  item.attempt = row.integer("attempt");
  item.priority = row.integer("priority");
  if (!row.is_null("deadline")) item.deadline = row.time("deadline");
  if (!row.is_null("partition_key")) item.partition_key = row.text("partition_key");
  if (!row.is_null("business_date")) item.business_date = base::Date{static_cast<std::int32_t>(row.integer("business_date"))};
  item.lease_token = row.integer("token");
  item.lease_until = row.is_null("lease_until") ? base::Time{} : row.time("lease_until");
  return item;
}

// The item that the same holder took by the same key, whatever became of it since.
Status find_earlier(Change& change, TakeAsk& ask) {
  if (!ask.key) return {};
  QUANJI_TRY(const auto row, change.row(sql::queue_items_taken_by_key, {{"holder", ask.holder}, {"take_key", *ask.key}}));
  if (!row) return {};
  QUANJI_TRY(const auto item, change.row(sql::queue_item_by_id, {{"id", row->id<QueueItemId>("id")}}));
  if (item) ask.taken.items.push_back(taken_from(*item));
  return {};
}

struct Turn {
  const Queue* queue = nullptr;
  std::vector<TakeAsk*> asks;
};

Status hand_out(Change& change, const Turn& turn) {
  const auto& queue = *turn.queue;
  QUANJI_DO(promote(change, queue));
  std::int64_t wanted = 0;
  for (const auto* ask : turn.asks) wanted += ask->max;
  QUANJI_TRY(const auto keys, change.rows(sql::queue_ready_take, {{"queue_id", queue.id}, {"now", change.now()}, {"limit", wanted}}));
  if (keys.empty()) return {};
  struct Key {
    std::int64_t rank;
    base::Ulid age, item;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> order;
  for (const auto row : keys) order.push_back({row.integer("rank"), row.ulid("age"), row.ulid("item_id")});
  std::sort(order.begin(), order.end());

  PackedRows grants;
  std::map<base::Ulid, TakeAsk*> whose;
  std::size_t at = 0;
  for (auto* ask : turn.asks) {
    const auto lease = std::chrono::seconds(ask->lease_seconds.value_or(queue.lease_seconds));
    for (std::int64_t i = 0; i < ask->max && at < order.size(); ++i, ++at) {
      whose[order[at].item] = ask;
      grants.next(order[at].item).put("lease_until", change.now().plus(lease)).put("holder", ask->holder).put("actor", ask->actor);
      grants.put("task", ask->task).put("take_key", ask->key);
    }
  }
  QUANJI_TRY(const auto granted,
             change.rows(sql::queue_items_grant, {{"rows", grants.json()}, {"ids", grants.ids()}, {"now", change.now()}}));
  std::map<base::Ulid, storage::Row> by_id;
  for (const auto row : granted) by_id.emplace(row.ulid("id"), row);
  ItemWrites writes(change);
  for (const auto& key : order) {
    const auto found = by_id.find(key.item);
    if (found == by_id.end()) continue;
    auto* ask = whose.at(key.item);
    auto item = taken_from(found->second);
    writes.history(item.id, "take", ItemState::in_progress, item.lease_token, ask->actor, ask->holder);
    writes.count(queue.id, ItemState::fresh, -1);
    writes.count(queue.id, ItemState::in_progress, 1);
    ask->taken.items.push_back(std::move(item));
  }
  return writes.write();
}

Status open_ask(Change& change, KnownQueues& queues, TakeAsk& ask, const Queue*& queue) {
  QUANJI_TRY(queue, queues.find(ask.queue));
  if (ask.caller) {
    const storage::ActingAs acting(change, ask.caller);
    QUANJI_DO(allow(change, queue->department_id));
  }
  ask.taken.queue_state = queue->state;
  return find_earlier(change, ask);
}

Status take_all(Change& change, std::span<TakeAsk> asks) {
  KnownQueues queues(change);
  std::map<base::Ulid, Turn> turns;
  for (auto& ask : asks) {
    ask.taken = {};
    const Queue* queue = nullptr;
    ask.result = open_ask(change, queues, ask, queue);
    if (!ask.result || !ask.taken.items.empty() || !domain::hands_out(queue->state)) continue;
    auto& turn = turns[queue->id.ulid];
    turn.queue = queue;
    turn.asks.push_back(&ask);
  }
  for (const auto& [id, turn] : turns) QUANJI_DO(hand_out(change, turn));
  return {};
}

}  // namespace

void take(Change& change, std::span<TakeAsk> asks) {
  if (const auto done = take_all(change, asks); !done)
    for (auto& ask : asks) ask.result = done.error().clone();
}

}  // namespace quanji::services
