#include "services/queue_runs.h"

#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using domain::FailureKind;
using domain::ItemAct;

namespace {
namespace sql = storage::sql;

Result<ItemEnd> end_one(Change& change, const QueueRun& run, EndAsk ask) {
  ask.holder = run.attempt.text();
  ask.actor = run.actor;
  EndAsk asks[] = {std::move(ask)};
  finish(change, asks);
  if (!asks[0].result) return std::move(asks[0].result).error();
  return std::move(asks[0].end);
}

}  // namespace

Result<std::vector<QueueItemId>> add_for_run(Change& change, const QueueRun& run, std::string_view name, const std::vector<NewItem>& items,
                                             std::string_view key) {
  QUANJI_TRY(const auto queue, queue_for_run(change, name, run.department));
  AddAsk ask;
  ask.queue = queue.id;
  ask.rows = AddAsk::Rows::all_or_none;
  for (const auto& one : items) ask.items.push_back(&one);
  ask.actor = run.actor;
  ask.source_key = run.task.text() + " " + std::string(key);
  AddAsk asks[] = {std::move(ask)};
  add(change, asks);
  if (!asks[0].result) return std::move(asks[0].result).error();
  std::vector<QueueItemId> ids;
  for (const auto& row : asks[0].answers) ids.push_back(row.id);
  return ids;
}

Result<std::int64_t> count_for_run(const View& view, const QueueRun& run, std::string_view name, domain::ItemState state) {
  QUANJI_TRY(const auto queue, queue_for_run(view, name, run.department));
  QUANJI_TRY(const auto rows, view.rows(sql::queue_counts_read, {{"queue_id", queue.id}}));
  for (const auto row : rows)
    if (row.text("state") == base::word(state)) return row.integer("n");
  return std::int64_t{0};
}

Result<std::optional<TakenItem>> take_for_run(Change& change, const QueueRun& run, std::string_view name, std::string_view key) {
  QUANJI_TRY(const auto queue, queue_for_run(change, name, run.department));
  TakeAsk ask;
  ask.queue = queue.id;
  ask.holder = run.attempt.text();
  ask.actor = run.actor;
  ask.task = run.task.text();
  ask.key = std::string(key);
  TakeAsk asks[] = {std::move(ask)};
  take(change, asks);
  if (!asks[0].result) return std::move(asks[0].result).error();
  auto& items = asks[0].taken.items;
  if (items.empty()) return std::optional<TakenItem>();
  return std::optional(std::move(items.front()));
}

Result<ItemEnd> complete_for_run(Change& change, const QueueRun& run, const QueueItemId& item, const base::JsonText& output) {
  EndAsk ask;
  ask.item = item;
  ask.act = ItemAct::complete;
  if (!output.text.empty() && output.text != "null") ask.output = output;
  return end_one(change, run, std::move(ask));
}
Result<ItemEnd> fail_for_run(Change& change, const QueueRun& run, const QueueItemId& item, FailureKind kind, const std::string& code,
                             const std::string& message) {
  EndAsk ask;
  ask.item = item;
  ask.act = ItemAct::fail;
  ask.kind = kind;
  ask.code = code;
  ask.message = message;
  return end_one(change, run, std::move(ask));
}
Result<ItemEnd> postpone_for_run(Change& change, const QueueRun& run, const QueueItemId& item, base::Time until) {
  EndAsk ask;
  ask.item = item;
  ask.act = ItemAct::postpone;
  ask.until = until;
  return end_one(change, run, std::move(ask));
}
Result<ItemEnd> renew_for_run(Change& change, const QueueRun& run, const QueueItemId& item) {
  EndAsk ask;
  ask.item = item;
  ask.act = ItemAct::renew;
  return end_one(change, run, std::move(ask));
}

Status renew_items_of(Change& change, const domain::AttemptId& attempt, base::Time lease_until) {
  const auto holder = attempt.text();
  QUANJI_DO(change.run(sql::queue_items_renew_held, {{"holder", holder}, {"lease_until", lease_until}}));
  return {};
}

Result<std::int64_t> settle_items_of(Change& change, const QueueRun& run, const std::string& code, const std::string& message) {
  const auto holder = run.attempt.text();
  QUANJI_TRY(const auto rows, change.all<ItemRow>(sql::queue_items_held_by, {{"holder", holder}}));
  std::vector<EndAsk> asks;
  for (const auto& row : rows) {
    auto& ask = asks.emplace_back();
    ask.item = row.id;
    ask.act = ItemAct::fail;
    ask.kind = FailureKind::application;
    ask.code = code;
    ask.message = message;
    ask.holder = holder;
    ask.actor = run.actor;
  }
  finish(change, asks);
  for (auto& ask : asks)
    if (!ask.result) return std::move(ask.result).error();
  return static_cast<std::int64_t>(asks.size());
}

}  // namespace quanji::services
