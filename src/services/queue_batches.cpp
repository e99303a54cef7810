// The hot operations of the interface: each call becomes an ask, all asks of a batch are one piece of work.
#include <fmt/format.h>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/idempotency.h"
#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using domain::ItemAct;
using storage::BatchCall;

namespace {
namespace sql = storage::sql;
using Calls = std::span<BatchCall* const>;

// Who speaks, as history shows it, and as holder of what he takes.
template <class Ask>
void introduce(Change& change, const BatchCall& call, Ask& ask) {
  const storage::ActingAs acting(change, call.caller);
  ask.actor = actor(change);
  ask.caller = call.caller;
  if constexpr (requires { ask.holder; }) ask.holder = idempotency_client(change);
}

// Idempotency of a batch: the key's row comes first, so that a second call with it waits here; the rows it added are found by the row's
// name. `fresh`: this call has just written it, and takes it back when nothing came of it.
struct Kept {
  std::string client;
  bool fresh = false;
};
Status keep_key(Change& change, const BatchCall& call, std::string_view operation, Kept& kept, std::string& source_key) {
  if (call.key.empty()) return {};
  {
    const storage::ActingAs acting(change, call.caller);
    kept.client = idempotency_client(change);
  }
  QUANJI_TRY(auto earlier, find_idempotent(change, kept.client, operation, call.key, call.key_body));
  if (!earlier) {
    source_key = base::to_text(change.new_ulid());
    kept.fresh = true;
    const services::Kept row{.encoded = "", .id = source_key, .status = 201};
    const auto written = keep_idempotent(change, kept.client, operation, call.key, call.key_body, row, base::Nothing::fields());
    if (written) return {};
    if (written.error().code() != Code::idempotency_conflict) return written.error().clone();
    // Another call with the key was faster and is durable by now.
    kept.fresh = false;
    QUANJI_TRY(earlier, find_idempotent(change, kept.client, operation, call.key, call.key_body));
    if (!earlier) return Error(Code::idempotency_conflict);
  }
  source_key = earlier->id;
  return {};
}
Status drop_key(Change& change, const BatchCall& call, std::string_view operation, const Kept& kept) {
  if (!kept.fresh) return {};
  QUANJI_DO(change.run(sql::idempotency_delete, {{"client", kept.client}, {"operation", operation}, {"idempotency_key", call.key}}));
  return {};
}

NewItem item_in(const AddItem& in) {
  return {in.reference, in.payload, in.priority, in.not_before, in.deadline, in.partition_key, in.business_date, in.source};
}

QueueItem made_of(Change& change, const AddItem& in, const AddAsk& ask) {
  QueueItem made;
  made.id = made.root_id = ask.answers[0].id;
  made.queue_id = in.id;
  made.reference = in.reference;
  made.priority = in.priority;
  made.not_before = in.not_before;
  made.deadline = in.deadline;
  made.partition_key = in.partition_key;
  made.business_date = in.business_date;
  made.source = in.source;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = ask.actor;
  made.revision = 1;
  return made;
}

BulkAnswer answer_of(const BatchCall& call, const AddAsk& ask) {
  BulkAnswer answer;
  const bool english = call.caller && call.caller->english;
  const auto say = [&](const base::Text& text) -> const std::string& { return english ? text.en : text.zh; };
  for (const auto& row : ask.answers) {
    auto& made = answer.items.emplace_back();
    ++answer.total;
    if (row.why) {
      ++answer.succeeded;
      made.id = row.id.text();
      made.message = "ok";
      continue;
    }
    ++answer.failed;
    const auto& error = row.why.error();
    made.code = static_cast<std::int64_t>(error.code());
    made.message = say(error.message());
    for (const auto& one : error.fields())
      made.message += fmt::format("{}{}: {}", made.message.empty() ? "" : "; ", one.field, say(one.reason));
  }
  return answer;
}

template <class In>
void run_add(Change& change, Calls calls, std::string_view operation) {
  std::vector<AddAsk> asks(calls.size());
  std::vector<NewItem> singles(calls.size());
  std::vector<Kept> keys(calls.size());
  std::vector<AddAsk> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& in = *static_cast<const In*>(calls[i]->in);
    AddAsk ask;
    introduce(change, *calls[i], ask);
    ask.queue = in.id;
    if constexpr (std::is_same_v<In, AddItem>) {
      singles[i] = item_in(in);
      ask.items = {&singles[i]};
    } else {
      for (const auto& one : in.items) ask.items.push_back(&one);
    }
    calls[i]->result = keep_key(change, *calls[i], operation, keys[i], ask.source_key);
    if (!calls[i]->result) continue;
    open.push_back(std::move(ask));
    places.push_back(i);
  }
  // A key said twice in one batch: the second is asked when the first is written.
  std::vector<AddAsk> first, second;
  std::vector<std::size_t> first_places, second_places;
  for (std::size_t k = 0; k < open.size(); ++k) {
    const bool twice = !open[k].source_key.empty() &&
                       std::any_of(first.begin(), first.end(), [&](const AddAsk& other) { return other.source_key == open[k].source_key; });
    (twice ? second_places : first_places).push_back(places[k]);
    (twice ? second : first).push_back(std::move(open[k]));
  }
  const auto carry = [&](std::vector<AddAsk>& some, const std::vector<std::size_t>& at) {
    if (some.empty()) return;
    add(change, some);
    for (std::size_t k = 0; k < some.size(); ++k) {
      auto& call = *calls[at[k]];
      auto& ask = some[k];
      const bool none = std::none_of(ask.answers.begin(), ask.answers.end(), [](const AddAsk::Row& row) { return row.why.ok(); });
      if (!ask.result || none) {
        if (auto dropped = drop_key(change, call, operation, keys[at[k]]); !dropped) ask.result = std::move(dropped);
      }
      if (!ask.result) {
        call.result = std::move(ask.result);
        continue;
      }
      if constexpr (std::is_same_v<In, AddItem>) {
        if (!ask.answers[0].why) {
          call.result = std::move(ask.answers[0].why);
          continue;
        }
        *static_cast<QueueItem*>(call.out) = made_of(change, *static_cast<const AddItem*>(call.in), ask);
      } else {
        *static_cast<BulkAnswer*>(call.out) = answer_of(call, ask);
      }
    }
  };
  carry(first, first_places);
  carry(second, second_places);
}
void run_add_item(Change& change, Calls calls) { run_add<AddItem>(change, calls, "queue.add"); }
void run_add_items(Change& change, Calls calls) { run_add<AddItems>(change, calls, "queue.add_many"); }

void run_take(Change& change, Calls calls) {
  std::vector<TakeAsk> asks(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& in = *static_cast<const TakeItems*>(calls[i]->in);
    introduce(change, *calls[i], asks[i]);
    asks[i].queue = in.id;
    asks[i].max = in.max;
    asks[i].lease_seconds = in.lease_seconds;
  }
  take(change, asks);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i]->result = std::move(asks[i].result);
    if (calls[i]->result) *static_cast<TakenItems*>(calls[i]->out) = std::move(asks[i].taken);
  }
}

template <class In, ItemAct act>
void run_finish(Change& change, Calls calls) {
  std::vector<EndAsk> asks(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& in = *static_cast<const In*>(calls[i]->in);
    auto& ask = asks[i];
    introduce(change, *calls[i], ask);
    ask.queue = in.id;
    ask.item = in.item;
    ask.act = act;
    ask.token = in.lease_token;
    if constexpr (requires { in.output; }) ask.output = in.output;
    if constexpr (requires { in.kind; }) {
      ask.kind = in.kind;
      ask.code = in.code;
      ask.message = in.message;
    }
    if constexpr (requires { in.until; }) {
      ask.until = in.until;
      ask.remark = in.reason;
    }
    if constexpr (requires { in.lease_seconds; }) ask.lease_seconds = in.lease_seconds;
  }
  finish(change, asks);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i]->result = std::move(asks[i].result);
    if (calls[i]->result) *static_cast<ItemEnd*>(calls[i]->out) = std::move(asks[i].end);
  }
}

}  // namespace

const storage::BatchOperation add_item{"queue.add", &run_add_item, storage::Priority::enqueue};
const storage::BatchOperation add_items{"queue.add_many", &run_add_items, storage::Priority::enqueue};
const storage::BatchOperation take_items{"queue.take", &run_take, storage::Priority::take};
const storage::BatchOperation renew_item{"queue.renew", &run_finish<RenewItem, ItemAct::renew>, storage::Priority::finish};
const storage::BatchOperation complete_item{"queue.complete", &run_finish<CompleteItem, ItemAct::complete>, storage::Priority::finish};
const storage::BatchOperation fail_item{"queue.fail", &run_finish<FailItem, ItemAct::fail>, storage::Priority::finish};
const storage::BatchOperation postpone_item{"queue.postpone", &run_finish<PostponeItem, ItemAct::postpone>, storage::Priority::finish};

}  // namespace quanji::services
