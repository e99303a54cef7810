#include "services/run_asks.h"

#include <algorithm>

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {

// The same words in the same order on both sides of the treaty.
static_assert(std::ranges::equal(base::Spelling<wire::ItemState>::words, base::Spelling<domain::ItemState>::words));
domain::ItemState state_of(wire::ItemState state) { return static_cast<domain::ItemState>(state); }
wire::ItemState state_of(domain::ItemState state) { return static_cast<wire::ItemState>(state); }

Result<QueueItemId> item_id(const std::string& text) {
  QueueItemId id;
  QUANJI_DO(base::parse_id(text, QueueItemId::prefix(), id.ulid));
  return id;
}
std::optional<std::string> some(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

wire::HumanTaskAnswer answer_of(const HumanTask& task) {
  wire::HumanTaskAnswer answer;
  answer.human_task = task.id.text();
  if (!domain::is_over(task.state)) return answer;
  auto& said = answer.answer.emplace();
  said.end = task.state == domain::HumanTaskState::done      ? wire::QuestionEnd::answered
             : task.state == domain::HumanTaskState::expired ? wire::QuestionEnd::expired
                                                             : wire::QuestionEnd::withdrawn;
  said.values = task.answers.value_or(base::JsonText{"{}"});
  said.by = task.ended_by.value_or("");
  said.at = task.ended_at.value_or(task.expires_at);  // expired, and no timer has written it down yet
  return answer;
}

}  // namespace

Result<wire::QueueAddAnswer> answer_queue_add(Change& change, const QueueRun& run, const wire::QueueAdd& in) {
  std::vector<NewItem> items;
  for (const auto& one : in.items) {
    auto& item = items.emplace_back();
    item.reference = some(one.reference);
    item.payload = one.data;
    item.priority = one.priority;
    item.not_before = one.not_before;
    item.deadline = one.deadline;
    item.source = run.task.text();
  }
  QUANJI_TRY(const auto ids, add_for_run(change, run, in.queue, items, in.key));
  wire::QueueAddAnswer answer;
  for (const auto& id : ids) answer.ids.push_back(id.text());
  return answer;
}

Result<wire::QueueCountAnswer> answer_queue_count(const View& view, const QueueRun& run, const wire::QueueCount& in) {
  QUANJI_TRY(const auto n, count_for_run(view, run, in.queue, state_of(in.state)));
  return wire::QueueCountAnswer{n};
}

Result<wire::QueueTakeAnswer> answer_queue_take(Change& change, const QueueRun& run, const wire::QueueTake& in) {
  QUANJI_TRY(auto item, take_for_run(change, run, in.queue, in.key));
  wire::QueueTakeAnswer answer;
  if (!item) return answer;
  auto& taken = answer.item.emplace();
  taken.id = item->id.text();
  taken.queue = in.queue;
  taken.reference = item->reference.value_or("");
  taken.data = std::move(item->payload);
  taken.tries = item->attempt;
  if (item->lease_until.micros != 0) taken.lease_until = item->lease_until;
  return answer;
}

Result<wire::QueueRenewAnswer> answer_queue_renew(Change& change, const QueueRun& run, const wire::QueueRenew& in) {
  wire::QueueRenewAnswer answer;
  for (const auto& text : in.items) {
    const auto id = item_id(text);
    const auto end = id ? renew_for_run(change, run, *id) : Result<ItemEnd>(id.error().clone());
    if (!end) {
      if (end.error().code() == Code::store_unavailable || end.error().code() == Code::bug) return end.error().clone();
      answer.lost.push_back(text);
      continue;
    }
    // The earliest of them: renewed before that, none runs out.
    if (end->lease_until && (!answer.lease_until || *end->lease_until < *answer.lease_until)) answer.lease_until = end->lease_until;
  }
  return answer;
}

Status answer_queue_complete(Change& change, const QueueRun& run, const wire::QueueComplete& in) {
  QUANJI_TRY(const auto id, item_id(in.item));
  QUANJI_DO(complete_for_run(change, run, id, in.output));
  return {};
}

Result<wire::QueueFailAnswer> answer_queue_fail(Change& change, const QueueRun& run, const wire::QueueFail& in) {
  QUANJI_TRY(const auto id, item_id(in.item));
  const auto kind = in.kind == wire::FailureKind::business ? domain::FailureKind::business : domain::FailureKind::application;
  QUANJI_TRY(const auto end, fail_for_run(change, run, id, kind, in.code, in.message));
  return wire::QueueFailAnswer{state_of(end.state)};
}

Status answer_queue_postpone(Change& change, const QueueRun& run, const wire::QueuePostpone& in) {
  QUANJI_TRY(const auto id, item_id(in.item));
  QUANJI_DO(postpone_for_run(change, run, id, in.until));
  return {};
}

Result<wire::HumanTaskAnswer> answer_human_task_ask(Change& change, const QueueRun& run, const wire::HumanTaskAsk& in) {
  HumanQuestion question;
  question.kind = in.kind == wire::QuestionKind::confirm ? HumanTaskKind::confirm : HumanTaskKind::form;
  question.title = in.title;
  question.text = in.text;
  question.shown = in.shown;
  if (question.kind == HumanTaskKind::form) question.form = in.questions;
  question.for_whom = in.for_whom;
  question.expires_at = in.expires;
  QUANJI_TRY(const auto task, ask_for_run(change, run, in.key, question));
  return answer_of(task);
}

Result<wire::HumanTaskAnswer> answer_human_task_read(const View& view, const QueueRun& run, const wire::HumanTaskRead& in) {
  QUANJI_TRY(const auto task, asked_by_run(view, run.task, in.key));
  if (!task) return Error(Code::not_found, Text("没有以此键提出的问题", "nothing was asked by this key"));
  return answer_of(*task);
}

Status answer_human_task_withdraw(Change& change, const QueueRun& run, const wire::HumanTaskRead& in) {
  return withdraw_for_run(change, run, in.key);
}

}  // namespace quanji::services
