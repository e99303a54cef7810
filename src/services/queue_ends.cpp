// Ends of items: what their holders say of them, and what the clock and the end of an attempt say in their place.
#include <fmt/format.h>

#include <algorithm>

#include "services/authority.h"
#include "services/events.h"
#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::AbandonedRule;
using domain::FailureKind;
using domain::ItemAct;
using domain::ItemState;

namespace {
namespace sql = storage::sql;

ItemMove::Next next_try(Change& change, const Queue& queue, const ItemRow& item) {
  ItemMove::Next next;
  next.id = change.new_id<QueueItemId>();
  next.not_before = change.now().plus(domain::back_off(queue.retry_rule(), item.attempt));
  next.deadline = item.deadline;
  return next;
}

// The same end again: the answer of the first time.
bool said_before(const ItemRow& item, const EndAsk& ask) {
  switch (ask.act) {
    case ItemAct::complete:
      return item.state == ItemState::succeeded;
    case ItemAct::fail:
      return item.state == ItemState::failed || item.state == ItemState::retried;
    case ItemAct::postpone:
      return item.state == ItemState::fresh;
    default:
      return false;
  }
}

// Whether the asker holds, or held last, what he speaks of.
bool is_holder(const ItemRow& item, const EndAsk& ask) {
  return item.holder && *item.holder == ask.holder && (!ask.token || *ask.token == item.token);
}

// Fills the move; nothing when there is nothing to do because it was done before.
Result<std::optional<ItemMove>> judge(Change& change, const Queue& queue, const ItemRow& item, EndAsk& ask) {
  if (!is_holder(item, ask)) {
    if (!ask.token) return Error(Code::wrong_state, Text("队列项不在本次执行手中", "the item is not in the hands of this run"));
    return Error(Code::stale_token,
                 Text(fmt::format("租约令牌 {} 已失效：队列项已由他人取走或租约已到期", *ask.token),
                      fmt::format("the lease token {} is worth nothing any more: another has the item, or the lease ran out", *ask.token)));
  }
  if (item.state != ItemState::in_progress && said_before(item, ask)) {
    ask.end.state = item.state;
    return std::optional<ItemMove>();
  }
  auto act = ask.act;
  if (act == ItemAct::fail && ask.kind == FailureKind::application && domain::another_try(queue.retry_rule(), item.attempt))
    act = ItemAct::try_again;
  ItemMove move;
  move.item = item;
  move.queue = &queue;
  move.act = act;
  move.actor = ask.actor;
  QUANJI_TRY(move.to, domain::after(item.state, act));
  move.output = ask.output;
  move.remark = ask.remark;
  if (ask.act == ItemAct::fail) {
    move.error_kind = ask.kind;
    move.error_code = ask.code;
    move.error_message = ask.message;
  }
  if (act == ItemAct::postpone) move.not_before = ask.until;
  if (act == ItemAct::renew) {
    move.lease_until = change.now().plus(std::chrono::seconds(ask.lease_seconds.value_or(queue.lease_seconds)));
    ask.end.lease_until = move.lease_until;
  }
  if (act == ItemAct::try_again) {
    move.next = next_try(change, queue, item);
    ask.end.next = move.next->id;
    ask.end.next_not_before = move.next->not_before;
  }
  ask.end.state = move.to;
  return std::optional(std::move(move));
}

Status open_ask(Change& change, KnownQueues& queues, const ItemRow& item, const EndAsk& ask, const Queue*& queue) {
  if (ask.queue && item.queue_id != *ask.queue) return Error(Code::not_found);
  QUANJI_TRY(queue, queues.find(item.queue_id));
  if (!ask.caller) return {};
  const storage::ActingAs acting(change, ask.caller);
  return allow(change, queue->department_id);
}

// One ask an item: asks of one batch that speak of the same item come one after the other.
Status finish_round(Change& change, std::span<EndAsk* const> asks) {
  std::vector<QueueItemId> ids;
  for (const auto* ask : asks) ids.push_back(ask->item);
  QUANJI_TRY(const auto rows, item_rows(change, ids));
  KnownQueues queues(change);
  ItemWrites late(change);
  std::vector<ItemMove> moves;
  std::vector<EndAsk*> movers;
  for (auto* ask : asks) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ItemRow& one) { return one.id == ask->item; });
    const Queue* queue = nullptr;
    ask->result = row == rows.end() ? Status(Error(Code::not_found)) : open_ask(change, queues, *row, *ask, queue);
    if (!ask->result) continue;
    auto judged = judge(change, *queue, *row, *ask);
    if (!judged) {
      // A late result is refused, and kept for people to see.
      if (judged.error().code() == Code::stale_token)
        late.history(row->id, "late", row->state, *ask->token, ask->actor, fmt::format("{} {}", base::word(ask->act), ask->holder));
      ask->result = std::move(judged).error();
      continue;
    }
    if (!*judged) continue;
    moves.push_back(std::move(**judged));
    movers.push_back(ask);
  }
  QUANJI_DO(carry_out(change, moves));
  for (std::size_t i = 0; i < moves.size(); ++i)
    if (!moves[i].moved)
      movers[i]->result = Error(Code::stale_token, Text("队列项刚被改变，请重新取用", "the item has just changed: take it again"));
  return late.write();
}

Status finish_all(Change& change, std::span<EndAsk> asks) {
  std::vector<EndAsk*> waiting;
  for (auto& ask : asks) {
    ask.end = {};
    waiting.push_back(&ask);
  }
  while (!waiting.empty()) {
    std::vector<EndAsk*> now, then;
    for (auto* ask : waiting) {
      const bool met = std::any_of(now.begin(), now.end(), [&](const EndAsk* other) { return other->item == ask->item; });
      (met ? then : now).push_back(ask);
    }
    QUANJI_DO(finish_round(change, now));
    waiting = std::move(then);
  }
  return {};
}

Status tell_abandoned(Change& change, const ItemMove& move, std::string_view rule) {
  std::string body = R"({"queueId":")" + move.item.queue_id.text() + R"(","queue":)";
  base::append_json_string(body, move.queue->name);
  body += R"(,"reference":)";
  base::append_json_string(body, move.item.reference.value_or(""));
  body += R"(,"holder":)";
  base::append_json_string(body, move.item.holder.value_or(""));
  body += fmt::format(R"(,"attempt":{},"then":"{}"}})", move.item.attempt, rule);
  QUANJI_DO(emit(change, "queue.item_abandoned", move.item.id.text(), body));
  return {};
}

}  // namespace

void finish(Change& change, std::span<EndAsk> asks) {
  if (const auto done = finish_all(change, asks); !done)
    for (auto& ask : asks) ask.result = done.error().clone();
}

Result<std::int64_t> abandon_overdue_items(Change& change, std::int64_t limit) {
  QUANJI_TRY(const auto rows, change.all<ItemRow>(sql::queue_items_leases_over, {{"now", change.now()}, {"limit", limit}}));
  KnownQueues queues(change);
  std::vector<ItemMove> moves;
  for (const auto& row : rows) {
    const auto queue = queues.find(row.queue_id);
    if (!queue || row.state != ItemState::in_progress) continue;
    ItemMove move{.item = row, .queue = *queue, .act = ItemAct::abandon, .to = ItemState::abandoned, .actor = actor(change)};
    move.error_kind = FailureKind::application;
    move.error_code = "lease_ran_out";
    move.error_message = "租约到期，既未完成也未续约 · the lease ran out";
    moves.push_back(std::move(move));
  }
  // Those tried again keep their place in the order, so they go on from here before anything behind them is let forward.
  std::vector<ItemMove> plain, again;
  for (auto& move : moves) {
    const bool follows = move.queue->abandoned != AbandonedRule::alert && domain::another_try(move.queue->retry_rule(), move.item.attempt);
    if (follows) {
      move.next = next_try(change, *move.queue, move.item);
      if (move.queue->abandoned == AbandonedRule::hold) {
        move.next->state = ItemState::on_hold;
        move.next->not_before.reset();
        move.remark = "租约到期，待人工放行 · the lease ran out: a person releases it";
      }
    }
    QUANJI_DO(tell_abandoned(change, move, follows ? base::word(move.queue->abandoned) : base::word(AbandonedRule::alert)));
    (follows ? again : plain).push_back(std::move(move));
  }
  QUANJI_DO(carry_out(change, plain));
  // In the table two moves, abandon and then retry; nobody could see what is between them.
  for (auto& move : again) {
    QUANJI_TRY(move.to, domain::after(move.to, ItemAct::retry));
  }
  QUANJI_DO(carry_out(change, again));
  return static_cast<std::int64_t>(moves.size());
}

Result<std::int64_t> expire_items(Change& change, std::int64_t limit) {
  QUANJI_TRY(const auto rows, change.all<ItemRow>(sql::queue_items_past_deadline, {{"now", change.now()}, {"limit", limit}}));
  KnownQueues queues(change);
  std::vector<ItemMove> moves;
  for (const auto& row : rows) {
    const auto queue = queues.find(row.queue_id);
    if (!queue) continue;
    QUANJI_TRY(const auto to, domain::after(row.state, ItemAct::expire));
    moves.push_back({.item = row, .queue = *queue, .act = ItemAct::expire, .to = to, .actor = actor(change)});
  }
  QUANJI_DO(carry_out(change, moves));
  return static_cast<std::int64_t>(moves.size());
}

Result<std::int64_t> fold_queue_counts(Change& change) {
  QUANJI_TRY(const auto scattered, change.rows(sql::queue_counts_scattered));
  ItemWrites writes(change);
  for (const auto row : scattered) {
    const auto queue = row.id<QueueId>("queue_id");
    QUANJI_TRY(const auto parts, change.rows(sql::queue_counts_take_out, {{"queue_id", queue}}));
    for (const auto part : parts)
      for (std::size_t i = 0; i < std::size(base::Spelling<ItemState>::words); ++i)
        if (part.text("state") == base::Spelling<ItemState>::words[i]) writes.count(queue, static_cast<ItemState>(i), part.integer("n"));
  }
  QUANJI_DO(writes.write());
  return static_cast<std::int64_t>(scattered.size());
}

}  // namespace quanji::services
