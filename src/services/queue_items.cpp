// Items as people see them, and what a person does to one.
#include "services/queue_items.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/authority.h"
#include "services/lists.h"
#include "services/queue_work.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::ItemAct;
using domain::ItemState;

namespace {
namespace sql = storage::sql;
constexpr std::int64_t reference_length = 200, reason_length = 500, code_length = 100, message_length = 4000;
}  // namespace

#define QUANJI_ITEM_GIVEN                                                                                                               \
  QF(reference, "编号：人用来找它；队列可要求唯一", "What people look for; unique when the queue says so", .min = 1,                    \
     .max = reference_length, .pattern = &base::printable_pattern),                                                                     \
      QF(payload, "载荷：JSON 对象，须符合队列的架构", "What it is about: a JSON object as the queue's schema has it",                  \
         .max = static_cast<std::int64_t>(payload_bytes), .fallback = "{}"),                                                            \
      QF(priority, "优先级，大者在前", "Larger first", .min = -1000, .max = 1000, .fallback = "0"),                                     \
      QF(not_before, "不早于此时取出", "Not handed out before"), QF(deadline, "截止：到时未取出即过期", "Not handed out from then on"), \
      QF(partition_key, "分区键：先进先出队列中同键的逐个处理", "Of a fifo queue: items of one key go one after the other", .min = 1,   \
         .max = reference_length, .pattern = &base::printable_pattern),                                                                 \
      QF(business_date, "业务日期", "Business date"),                                                                                   \
      QF(source, "来源", "Where it comes from", .max = reference_length, .pattern = &base::printable_pattern)
#define QUANJI_ITEM_PATH QF(id, "队列标识", "Queue id", .flags = base::in_path), QF(item, "队列项标识", "Item id", .flags = base::in_path)
#define QUANJI_ITEM_LEASE QUANJI_ITEM_PATH, QF(lease_token, "取出时得到的租约令牌", "The token that came with the lease", .min = 1)
#define QUANJI_ITEM_OUTPUT QF(output, "处理结果", "What came of it", .max = static_cast<std::int64_t>(payload_bytes))

QUANJI_FIELDS(QueueItem, QF(id, "队列项标识", "Item id"), QF(queue_id, "队列", "Queue"), QF(reference, "编号", "Reference"),
              QF(state, "状态", "State"), QF(priority, "优先级", "Priority"), QF(not_before, "不早于", "Not before"),
              QF(deadline, "截止", "Deadline"), QF(partition_key, "分区键", "Partition key"),
              QF(business_date, "业务日期", "Business date"), QF(payload, "载荷；列表中不给出", "Payload, not in lists"),
              QF(output, "处理结果；列表中不给出", "Output, not in lists"), QF(attempt, "第几次尝试", "Which try this is"),
              QF(root_id, "首次尝试的队列项", "The item of the first try"), QF(token, "最近的租约令牌", "Token of the newest lease"),
              QF(lease_until, "租约至", "Lease until"), QF(holder, "取出者", "Who took it last"),
              QF(task, "取出它的任务", "The task that took it"), QF(error_kind, "异常种类", "Kind of failure"),
              QF(error_code, "异常代码", "Code of the failure"), QF(error_message, "异常说明", "What went wrong"),
              QF(remark, "说明", "Why it was held, postponed or tried again"), QF(source, "来源", "Where it comes from"),
              QF(finished_at, "结束时间", "When it was over"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(QueueItemRef, QUANJI_ITEM_PATH)
QUANJI_FIELDS(NewItem, QUANJI_ITEM_GIVEN)
QUANJI_FIELDS(AddItem, QF(id, "队列标识", "Queue id", .flags = base::in_path), QUANJI_ITEM_GIVEN)
QUANJI_FIELDS(AddItems, QF(id, "队列标识", "Queue id", .flags = base::in_path),
              QF(items, "队列项，最多 1000 个", "Items, 1 000 at most", .min = 1, .max = most_added))
QUANJI_FIELDS(BulkRow, QF(id, "队列项标识；失败的没有", "Item id; none when it failed"),
              QF(code, "0 为成功，否则为错误码", "0: done; else the code of the failure"), QF(message, "说明", "What is wrong with it"))
QUANJI_FIELDS(BulkAnswer, QF(total, "总数", "Rows in all"), QF(succeeded, "成功数", "Rows done"), QF(failed, "失败数", "Rows refused"),
              QF(items, "逐行结果", "What became of each row"))
QUANJI_FIELDS(TakeItems, QF(id, "队列标识", "Queue id", .flags = base::in_path),
              QF(max, "最多取几项", "How many at most", .min = 1, .max = most_taken, .fallback = "1"),
              QF(lease_seconds, "租约秒数；缺省按队列", "Seconds of the lease; the queue's when not given", .min = least_lease_seconds,
                 .max = most_lease_seconds))
QUANJI_FIELDS(TakenItem, QF(id, "队列项标识", "Item id"), QF(reference, "编号", "Reference"), QF(payload, "载荷", "Payload"),
              QF(attempt, "第几次尝试", "Which try this is"), QF(priority, "优先级", "Priority"), QF(deadline, "截止", "Deadline"),
              QF(partition_key, "分区键", "Partition key"), QF(business_date, "业务日期", "Business date"),
              QF(lease_token, "租约令牌：续约和结束时须给出", "Token of the lease: whoever renews or ends it says it"),
              QF(lease_until, "租约至", "Lease until"))
QUANJI_FIELDS(TakenItems, QF(items, "取出的项，按队列次序", "The items, in the queue's order", .max = most_taken),
              QF(queue_state, "队列状态；暂停时不取出", "State of the queue: a paused one hands out nothing"))
QUANJI_FIELDS(RenewItem, QUANJI_ITEM_LEASE,
              QF(lease_seconds, "从现在起的租约秒数；缺省按队列", "Seconds of the lease from now on", .min = least_lease_seconds,
                 .max = most_lease_seconds))
QUANJI_FIELDS(CompleteItem, QUANJI_ITEM_LEASE, QUANJI_ITEM_OUTPUT)
QUANJI_FIELDS(FailItem, QUANJI_ITEM_LEASE,
              QF(kind, "业务异常不再尝试，系统异常按队列规则重试", "business is final, application is tried again by the queue's rule",
                 .fallback = "\"business\""),
              QF(code, "异常代码", "Code of the failure", .min = 1, .max = code_length, .pattern = &base::printable_pattern),
              QF(message, "异常说明", "What went wrong", .max = message_length, .pattern = &base::printable_pattern, .fallback = "\"\""),
              QUANJI_ITEM_OUTPUT)
QUANJI_FIELDS(PostponeItem, QUANJI_ITEM_LEASE, QF(until, "推迟到", "Not handed out again before"),
              QF(reason, "原因", "Why", .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(ItemEnd, QF(state, "状态", "State"), QF(lease_until, "续租至", "Lease until, when it was renewed"),
              QF(next, "下一次尝试的队列项", "The item of the next try"),
              QF(next_not_before, "下一次尝试不早于", "When the next try is due"))
QUANJI_FIELDS(ItemReason, QUANJI_ITEM_PATH, QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(RetryItem, QUANJI_ITEM_PATH, QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern),
              QF(not_before, "不早于", "Not before"),
              QF(deadline, "新的截止时间；原截止已过时必填", "A new deadline; asked for when the old one is over"))
QUANJI_FIELDS(ItemStep, QF(at, "时间", "When"), QF(act, "动作", "What was done"), QF(state, "之后的状态", "State afterwards"),
              QF(token, "租约令牌", "Token of the lease"), QF(actor, "由谁", "By whom"), QF(remark, "说明", "Remark"))
QUANJI_FIELDS(ItemTry, QF(id, "队列项标识", "Item id"), QF(attempt, "第几次", "Which try"), QF(state, "状态", "State"),
              QF(finished_at, "结束时间", "When it was over"), QF(error_code, "异常代码", "Code of the failure"),
              QF(error_message, "异常说明", "What went wrong"))
QUANJI_FIELDS(ItemHistory, QF(steps, "本项的经过", "What was done to this item"),
              QF(tries, "同一事项的各次尝试", "The tries of the same piece of work"))

namespace {

const ResourceList& items_list() {
  using storage::ColumnType;
  using storage::FilterOp;
  // Ids rise with time, so the list is sorted by them and a span of time is one of ids: one column fewer in every index.
  static const ResourceList list(
      storage::ListPlan{.name = "queue_items",
                        .from = "queue_items",
                        .columns = {"id",          "queue_id",      "reference",     "state",      "priority",   "not_before",
                                    "deadline",    "partition_key", "business_date", "attempt",    "root_id",    "token",
                                    "lease_until", "holder",        "task",          "error_kind", "error_code", "error_message",
                                    "remark",      "source",        "finished_at",   "created_at", "created_by", "updated_at",
                                    "updated_by",  "revision"},
                        .filters = {{"queue_id", "queue_id", FilterOp::eq, ColumnType::bytes, "queue_items_by_queue"},
                                    {"state", "state", FilterOp::eq, ColumnType::text, ""},
                                    {"reference", "reference", FilterOp::eq, ColumnType::text, ""},
                                    {"business_date", "business_date", FilterOp::eq, ColumnType::integer, ""},
                                    {"partition_key", "partition_key", FilterOp::eq, ColumnType::text, ""},
                                    {"holder", "holder", FilterOp::eq, ColumnType::text, ""},
                                    {"task", "task", FilterOp::eq, ColumnType::text, ""},
                                    {"created", "id", FilterOp::range, ColumnType::bytes, ""}},
                        .sorts = {{"created_at", "id", ColumnType::bytes, "queue_items_by_queue"}},
                        .default_sort = "-created_at"},
      {{"state", &base::value_ops<ItemState>, {"状态", "State"}},
       {"reference", &base::value_ops<std::string>, {"编号", "Reference"}},
       {"business_date", &base::value_ops<base::Date>, {"业务日期", "Business date"}},
       {"partition_key", &base::value_ops<std::string>, {"分区键", "Partition key"}},
       {"holder", &base::value_ops<std::string>, {"取出者", "Who took it last"}},
       {"task", &base::value_ops<std::string>, {"任务", "Task"}}});
  return list;
}

// The smallest id of that millisecond.
base::Ulid first_id_at(base::Time t) {
  base::Ulid id;
  auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(t.micros / 1000, 0));
  for (int i = 5; i >= 0; --i, millis >>= 8) id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(millis & 0xff);
  return id;
}

Result<Queue> queue_of(const View& view, const QueueId& id) {
  QUANJI_TRY(auto queue, find_queue(view, id));
  if (!queue) return Error(Code::not_found);
  QUANJI_DO(allow(view, queue->department_id));
  return std::move(*queue);
}
Result<QueueItem> item_of(const View& view, const QueueId& queue, const QueueItemId& id) {
  QUANJI_DO(queue_of(view, queue));
  QUANJI_TRY(auto found, view.maybe<QueueItem>(sql::queue_item_by_id, {{"id", id}}));
  if (!found || found->queue_id != queue) return Error(Code::not_found);
  found->state = domain::at(found->state, found->deadline, view.now());
  return std::move(*found);
}

// One item by one person: rights, the move, the audit's note.
Result<QueueItem> act_on(Change& change, const QueueId& queue_id, const QueueItemId& id, ItemAct act, const std::string& reason,
                         std::optional<ItemMove::Next> next = {}) {
  QUANJI_TRY(const auto queue, queue_of(change, queue_id));
  const QueueItemId ids[] = {id};
  QUANJI_TRY(auto rows, item_rows(change, ids));
  if (rows.empty() || rows[0].queue_id != queue_id) return Error(Code::not_found);
  QUANJI_TRY(auto before, item_of(change, queue_id, id));
  QUANJI_DO(expect_revision(change, before.revision));
  ItemMove move{.item = rows[0], .queue = &queue, .act = act, .actor = actor(change)};
  // By what is true now: what nobody took in time is expired, written down or not.
  const auto state = domain::at(move.item.state, move.item.deadline, change.now());
  QUANJI_TRY(move.to, domain::after(state, act));
  if (!reason.empty()) move.remark = reason;
  move.next = std::move(next);
  const auto next_id = move.next ? move.next->id : id;
  ItemMove moves[] = {std::move(move)};
  QUANJI_DO(carry_out(change, moves));
  if (!moves[0].moved) return Error(Code::changed_meanwhile);
  QUANJI_TRY(auto after, change.maybe<QueueItem>(sql::queue_item_by_id, {{"id", next_id}}));
  if (!after) return Error(Code::bug, "an item is gone after a person's act");
  const auto slim = [](QueueItem& item) {  // payloads may hold customers' data: the audit says who did what to which item
    item.payload.reset();
    item.output.reset();
    return base::to_json(item, base::Side::stored);
  };
  auto shown = *after;
  change.note() = {
      id.text(), fmt::format("{} {}", queue.name, before.reference.value_or("")), queue.department_id.ulid, slim(before), slim(shown),
      reason};
  return std::move(*after);
}

}  // namespace

const base::ListShape& queue_item_list_shape() { return items_list().shape(); }
const storage::Listing& queue_item_listing() { return items_list().listing(); }
Result<Page<QueueItem>> list_queue_items(const View& view, const base::ListQuery& query) {
  const QueueId queue{query.within.value_or(base::Ulid{})};
  QUANJI_DO(queue_of(view, queue));
  auto asked = query;
  base::Ulid from, to;
  std::vector<storage::ListValue> fixed{{"queue_id", {queue}}};
  if (asked.created_from) {
    from = first_id_at(*asked.created_from);
    fixed.push_back({"created_from", {from}});
  }
  if (asked.created_to) {
    to = first_id_at(*asked.created_to);
    fixed.push_back({"created_to", {to}});
  }
  asked.created_from.reset();
  asked.created_to.reset();
  return items_list().read<QueueItem>(view, asked, std::move(fixed));
}
Result<QueueItem> read_queue_item(const View& view, const QueueItemRef& ref) { return item_of(view, ref.id, ref.item); }
Result<ItemHistory> read_item_history(const View& view, const QueueItemRef& ref) {
  QUANJI_TRY(const auto item, item_of(view, ref.id, ref.item));
  ItemHistory history;
  QUANJI_TRY(history.steps, view.all<ItemStep>(sql::queue_item_history_read, {{"item_id", ref.item}}));
  QUANJI_TRY(history.tries, view.all<ItemTry>(sql::queue_item_tries, {{"root_id", item.root_id}}));
  return history;
}

Result<QueueItem> hold_item(Change& change, const ItemReason& in) { return act_on(change, in.id, in.item, ItemAct::hold, in.reason); }
Result<QueueItem> release_item(Change& change, const QueueItemRef& in) { return act_on(change, in.id, in.item, ItemAct::release, {}); }
Result<QueueItem> retry_item(Change& change, const RetryItem& in) {
  const QueueItemId ids[] = {in.item};
  QUANJI_DO(queue_of(change, in.id));
  QUANJI_TRY(const auto rows, item_rows(change, ids));
  if (rows.empty() || rows[0].queue_id != in.id) return Error(Code::not_found);
  ItemMove::Next next{
      .id = change.new_id<QueueItemId>(), .not_before = in.not_before, .deadline = in.deadline ? in.deadline : rows[0].deadline};
  if (next.deadline && *next.deadline <= change.now())
    return Error(Code::invalid_field)
        .with_field("deadline", in.deadline ? Text("已经过去", "is over already")
                                            : Text("原截止时间已过，请给出新的", "the old one is over: give a new one"));
  return act_on(change, in.id, in.item, ItemAct::retry, in.reason, std::move(next));
}
Status delete_item(Change& change, const ItemReason& in) {
  QUANJI_DO(act_on(change, in.id, in.item, ItemAct::discard, in.reason));
  return {};
}

}  // namespace quanji::services
