// Putting items into queues: judged one by one, written together.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>
#include <tuple>

#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Problems;
using base::Text;
using domain::ItemState;
using domain::QueueOrder;
using domain::ReferenceRule;

namespace {
namespace sql = storage::sql;

struct Row {
  AddAsk* ask = nullptr;
  std::size_t index = 0;
  QueueItemId id;
  const NewItem* in = nullptr;
  const Queue* queue = nullptr;
  std::string payload;
  Status* why() const { return &ask->answers[index].why; }
  bool good() const { return ask->result.ok() && ask->answers[index].why.ok(); }
};

Error reference_taken(const std::string& reference) {
  return Error(Code::name_taken, Text(fmt::format("编号“{}”在队列中已有，请换一个编号", reference),
                                      fmt::format("the queue has the reference \"{}\" already: take another", reference)))
      .with_field("reference", Text("编号重复", "taken"));
}

// What can be said of one item without looking at others.
Status judge(const Queue& queue, const NewItem& in, base::Time now, std::string& payload) {
  payload = in.payload.text.empty() || in.payload.text == "null" ? std::string("{}") : in.payload.text;
  if (payload.size() > payload_bytes)
    return Error(Code::too_large,
                 Text(fmt::format("载荷最大 {} KB，更大的请存为文件并给出文件标识", payload_bytes >> 10),
                      fmt::format("a payload has {} KB at most: store what is larger as a file and name it", payload_bytes >> 10)));
  Problems problems;
  QUANJI_TRY(const auto parsed, base::parse_json(payload));
  QUANJI_TRY(const auto schema, schema_of(queue));
  if (!parsed.is_object())
    problems.add(Code::invalid_field, "payload", Text("应为 JSON 对象", "a JSON object is expected"));
  else if (schema)
    schema->check(parsed, problems, "payload");
  if (in.deadline && *in.deadline <= now) problems.add(Code::invalid_field, "deadline", Text("已经过去", "is over already"));
  if (in.deadline && in.not_before && *in.not_before >= *in.deadline)
    problems.add(Code::invalid_field, "notBefore", Text("应早于截止时间", "should be before the deadline"));
  if (in.reference && queue.references_unique == ReferenceRule::per_business_date && !in.business_date)
    problems.add(Code::invalid_field, "businessDate",
                 Text("此队列的编号按业务日期唯一，须给出业务日期", "references of this queue are unique per business date: say it"));
  return std::move(problems).as_status();
}

// Rows that were added by the same key before are answered again; the rest is to be added.
Status find_earlier(Change& change, AddAsk& ask) {
  if (ask.source_key.empty()) return {};
  const auto from = ask.source_key + "#", to = ask.source_key + "$";  // '$' is the next character
  QUANJI_TRY(const auto rows, change.rows(sql::queue_items_of_source, {{"from", from}, {"to", to}}));
  for (const auto row : rows) {
    const auto tail = row.text("source_key").substr(from.size());
    std::size_t index = 0;
    std::from_chars(tail.data(), tail.data() + tail.size(), index);
    if (index < ask.answers.size()) ask.answers[index].id = row.id<QueueItemId>("id");
  }
  return {};
}

Status open_ask(Change& change, KnownQueues& queues, AddAsk& ask, std::vector<Row>& rows) {
  QUANJI_TRY(const auto* queue, queues.find(ask.queue));
  if (ask.caller) {
    const storage::ActingAs acting(change, ask.caller);
    QUANJI_DO(allow(change, queue->department_id));
  }
  QUANJI_DO(find_earlier(change, ask));
  if (!domain::takes_in(queue->state))
    return Error(Code::wrong_state, Text(fmt::format("队列“{}”正在排空，不再接收", queue->name),
                                         fmt::format("the queue \"{}\" is draining and takes nothing in", queue->name)));
  for (std::size_t i = 0; i < ask.items.size(); ++i) {
    auto& answer = ask.answers[i];
    if (!answer.id.empty()) continue;
    Row row{&ask, i, {}, ask.items[i], queue, {}};
    answer.why = judge(*queue, *row.in, change.now(), row.payload);
    if (!answer.why && ask.rows == AddAsk::Rows::all_or_none) return answer.why.error().clone();
    if (!answer.why) continue;
    row.id = answer.id = change.new_id<QueueItemId>();
    rows.push_back(std::move(row));
  }
  return {};
}

// References of the rows, where the queue wants them unique. Who is second is told; what an all-or-none ask had claimed is given back.
Status claim_references(Change& change, std::span<Row> rows) {
  struct Claim {
    Row* row;
    domain::ReferencePlace place;
    auto key() const { return std::tie(row->queue->id, *row->in->reference, place.bucket); }
  };
  std::vector<Claim> claims;
  for (auto& row : rows) {
    if (!row.in->reference) continue;
    const auto place =
        domain::reference_place(row.queue->references_unique, row.queue->reference_days, row.in->business_date, change.now());
    if (place) claims.push_back({&row, *place});
  }
  if (claims.empty()) return {};
  // In one order everywhere, so that two batches never wait for each other; the first given of equals stays first.
  std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.key() < b.key(); });
  PackedRows wanted;
  std::string queues;
  const Claim* before = nullptr;
  for (const auto& claim : claims) {
    if (before && before->key() == claim.key()) {
      *claim.row->why() = reference_taken(*claim.row->in->reference);
      continue;
    }
    before = &claim;
    wanted.next(claim.row->id).put("reference", *claim.row->in->reference).put("bucket", claim.place.bucket);
    wanted.put("until", claim.place.until_micros);
    PackedRows::pack(queues, claim.row->queue->id.ulid);
  }
  QUANJI_TRY(
      const auto won,
      change.rows(sql::queue_references_claim,
                  {{"rows", wanted.json()}, {"ids", wanted.ids()}, {"queues", PackedRows::bytes_of(queues)}, {"now", change.now()}}));
  std::set<base::Ulid> mine;
  for (const auto row : won) mine.insert(row.ulid("item_id"));
  for (const auto& claim : claims)
    if (claim.row->why()->ok() && !mine.contains(claim.row->id.ulid)) *claim.row->why() = reference_taken(*claim.row->in->reference);
  PackedRows back;
  for (auto& row : rows)
    if (row.ask->rows == AddAsk::Rows::all_or_none && !row.why()->ok() && row.ask->result) row.ask->result = row.why()->error().clone();
  for (const auto& claim : claims)
    if (!claim.row->good() && mine.contains(claim.row->id.ulid)) back.next(claim.row->id);
  if (!back.empty()) QUANJI_DO(change.run(sql::queue_references_free, {{"rows", back.json()}, {"ids", back.ids()}}));
  return {};
}

// Which of the rows are the heads of their partitions: the first of each that found its partition empty.
Result<std::set<base::Ulid>> claim_partitions(Change& change, std::span<Row> rows) {
  std::map<std::pair<base::Ulid, std::string>, const Row*> first;
  for (const auto& row : rows)
    if (row.good() && row.queue->order == QueueOrder::fifo)
      first.emplace(std::pair(row.queue->id.ulid, row.in->partition_key.value_or("")), &row);
  std::set<base::Ulid> heads;
  if (first.empty()) return heads;
  PackedRows wanted;
  std::string queues;
  for (const auto& [key, row] : first) {
    wanted.next(row->id).put("partition", key.second);
    PackedRows::pack(queues, key.first);
  }
  QUANJI_TRY(const auto claimed, change.rows(sql::queue_partitions_claim,
                                             {{"rows", wanted.json()}, {"ids", wanted.ids()}, {"queues", PackedRows::bytes_of(queues)}}));
  for (const auto row : claimed)
    if (row.integer("passes") == 0) heads.insert(first.at({row.ulid("queue_id"), std::string(row.text("partition_key"))})->id.ulid);
  return heads;
}

Status add_all(Change& change, std::span<AddAsk> asks) {
  KnownQueues queues(change);
  std::vector<Row> rows;
  for (auto& ask : asks) {
    ask.answers.clear();
    ask.answers.resize(ask.items.size());
    std::vector<Row> own;
    ask.result = open_ask(change, queues, ask, own);
    if (ask.result) std::move(own.begin(), own.end(), std::back_inserter(rows));
  }
  QUANJI_DO(claim_references(change, rows));
  QUANJI_TRY(const auto heads, claim_partitions(change, rows));

  PackedRows items;
  std::string of_queue;
  ItemWrites writes(change);
  for (const auto& row : rows) {
    if (!row.good()) continue;
    const auto& in = *row.in;
    const auto rank = domain::rank_of(row.queue->order, in.priority, in.deadline);
    items.next(row.id).put("reference", in.reference).put("priority", in.priority).put("not_before", in.not_before);
    items.put("deadline", in.deadline).put("partition", in.partition_key).put("date", in.business_date).put("payload", row.payload);
    items.put("rank", rank).put("source", in.source).put("actor", row.ask->actor);
    if (!row.ask->source_key.empty()) items.put("source_key", fmt::format("{}#{}", row.ask->source_key, row.index));
    PackedRows::pack(of_queue, row.queue->id.ulid);
    const bool head = row.queue->order != QueueOrder::fifo || heads.contains(row.id.ulid);
    writes.wait({.item = row.id,
                 .queue = row.queue,
                 .rank = rank,
                 .age = row.id,
                 .due = in.not_before,
                 .deadline = in.deadline,
                 .partition = in.partition_key.value_or(""),
                 .place = domain::waiting_place(head, in.not_before, change.now())});
    writes.history(row.id, "add", ItemState::fresh, 0, row.ask->actor);
    writes.count(row.queue->id, ItemState::fresh, 1);
  }
  if (items.empty()) return {};
  QUANJI_DO(change.run(sql::queue_items_insert,
                       {{"rows", items.json()}, {"ids", items.ids()}, {"queues", PackedRows::bytes_of(of_queue)}, {"now", change.now()}}));
  return writes.write();
}

}  // namespace

void add(Change& change, std::span<AddAsk> asks) {
  if (const auto done = add_all(change, asks); !done)
    for (auto& ask : asks) ask.result = done.error().clone();
}

}  // namespace quanji::services
