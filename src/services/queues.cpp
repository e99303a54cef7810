#include "services/queues.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::QueueAct;
using domain::QueueState;

namespace {
namespace sql = storage::sql;
constexpr std::int64_t title_length = 128, text_length = 2000, reason_length = 500, day = 86'400;
}  // namespace

#define QUANJI_QUEUE_RULES                                                                                                                \
  QF(lease_seconds, "租约秒数：取出后多久须完成或续约", "Seconds an item is lent for", .min = least_lease_seconds,                        \
     .max = most_lease_seconds, .fallback = "600"),                                                                                       \
      QF(retries, "系统异常或租约到期后最多重试几次", "Tries after the first", .min = 0, .max = 100, .fallback = "3"),                    \
      QF(back_off_seconds, "第一次重试前等待秒数", "Seconds before the first retry", .min = 0, .max = day, .fallback = "60"),             \
      QF(back_off_factor, "每次等待是上次的几倍", "Each wait is so many times the one before", .min = 1, .max = 10, .fallback = "2"),     \
      QF(back_off_most_seconds, "等待最长秒数", "The longest wait in seconds", .min = 0, .max = 7 * day, .fallback = "3600"),             \
      QF(references_unique, "编号是否唯一：不查、永远、同一业务日期内、若干天内", "When a reference may not stand twice",                 \
         .fallback = "\"never\""),                                                                                                        \
      QF(reference_days, "编号在多少天内唯一", "Days a reference is taken", .min = 1, .max = 3650, .fallback = "30"),                     \
      QF(abandoned, "租约到期怎么办：重试、搁置、只告知", "What becomes of an item whose lease ran out", .fallback = "\"retry\""),        \
      QF(payload_schema, "载荷的 JSON Schema（2020-12 的子集）；空为不查", "JSON Schema of the payload (a subset of 2020-12); null: any", \
         .max = static_cast<std::int64_t>(domain::payload_schema_bytes), .fallback = "null")
#define QUANJI_QUEUE_WORDS                                                                             \
  QF(title, "显示名", "Title", .max = title_length, .pattern = &base::printable_pattern),              \
      QF(description, "说明", "Description", .max = text_length, .pattern = &base::printable_pattern), \
      QF(consumer, "由谁处理：流程或程序", "Which flow or program works on it", .max = title_length, .pattern = &base::printable_pattern)

QUANJI_FIELDS(Queue, QF(id, "队列标识", "Queue id", .flags = base::read_only),
              QF(name, "名称，部门内唯一", "Name, unique in its department", .pattern = &base::name_pattern), QUANJI_QUEUE_WORDS,
              QF(department_id, "部门", "Department"), QF(state, "状态", "State", .flags = base::read_only),
              QF(order, "次序：优先级再先后、截止早者先、按分区键先进先出", "Order in which items are handed out"), QUANJI_QUEUE_RULES,
              QF(created_at, "创建时间", "When it was made", .flags = base::read_only),
              QF(created_by, "创建人", "Who made it", .flags = base::read_only),
              QF(updated_at, "更新时间", "When it last changed", .flags = base::read_only),
              QF(updated_by, "更新人", "Who changed it last", .flags = base::read_only),
              QF(revision, "版本号", "Revision", .flags = base::read_only))
QUANJI_FIELDS(NewQueue, QF(name, "名称，部门内唯一", "Name, unique in its department", .pattern = &base::name_pattern), QUANJI_QUEUE_WORDS,
              QF(department_id, "部门；缺省为根部门", "Department; the root when not given"),
              QF(order, "次序：优先级再先后、截止早者先、按分区键先进先出", "Order in which items are handed out",
                 .fallback = "\"priority_then_age\""),
              QUANJI_QUEUE_RULES)
QUANJI_FIELDS(QueueChange, QF(id, "队列标识", "Queue id", .flags = base::in_path),
              QF(name, "名称，部门内唯一", "Name, unique in its department", .pattern = &base::name_pattern), QUANJI_QUEUE_WORDS,
              QUANJI_QUEUE_RULES)
QUANJI_FIELDS(QueueRef, QF(id, "队列标识", "Queue id", .flags = base::in_path))
QUANJI_FIELDS(QueueReason, QF(id, "队列标识", "Queue id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(QueueStateCount, QF(state, "状态", "State"), QF(count, "项数", "Items in it"))
QUANJI_FIELDS(QueueCounts, QF(items, "各状态的项数", "Items by state"), QF(total, "总数", "Items in all"))

namespace {

const ResourceList& queues_list() {
  using storage::ColumnType;
  using storage::FilterOp;
  static const ResourceList list(
      storage::ListPlan{.name = "queues",
                        .from = "queues",
                        .columns = {"id",
                                    "name",
                                    "title",
                                    "description",
                                    "consumer",
                                    "department_id",
                                    "state",
                                    "\"order\"",
                                    "lease_seconds",
                                    "retries",
                                    "back_off_seconds",
                                    "back_off_factor",
                                    "back_off_most_seconds",
                                    "references_unique",
                                    "reference_days",
                                    "abandoned",
                                    "payload_schema",
                                    "created_at",
                                    "created_by",
                                    "updated_at",
                                    "updated_by",
                                    "revision"},
                        .filters = {{"name", "name", FilterOp::eq, ColumnType::text, "queues_by_name"},
                                    {"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "queues_by_department"},
                                    {"state", "state", FilterOp::eq, ColumnType::text, ""},
                                    {"scope", "department_id", FilterOp::in, ColumnType::bytes, "queues_by_department"}},
                        .sorts = {{"created_at", "created_at", ColumnType::integer, "queues_by_created"}},
                        .default_sort = "-created_at",
                        .keyword_columns = {"name", "title"},
                        .size = storage::ListPlan::Size::small,
                        .always_sqlite = "state <> 'deleted'",
                        .always_postgres = "state <> 'deleted'"},
      {{"name", &base::value_ops<std::string>, {"名称", "Name"}},
       {"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}},
       {"state", &base::value_ops<QueueState>, {"状态", "State"}}});
  return list;
}

Result<Queue> queue_for_act(const View& view, const QueueId& id) {
  QUANJI_TRY(auto found, find_queue(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}

std::string stored(const Queue& queue) { return base::to_json(queue, base::Side::stored); }
void tell(Change& change, const Queue& queue, std::string before, std::string after, std::string reason = {}) {
  change.note() = {queue.id.text(), queue.name, queue.department_id.ulid, std::move(before), std::move(after), std::move(reason)};
}

Status check_name(const View& view, const Queue& queue) {
  QUANJI_TRY(const auto row, view.row(sql::queue_named, {{"department_id", queue.department_id}, {"name", queue.name}}));
  if (row && row->id<QueueId>("id") != queue.id)
    return Error(Code::name_taken, Text(fmt::format("部门内已有名为“{}”的队列，请换一个名称", queue.name),
                                        fmt::format("the department already has a queue named \"{}\": take another name", queue.name)))
        .with_field("name", Text("名称重复", "taken in the department"));
  return {};
}

Status write(Change& change, Queue& queue) {
  queue.updated_at = change.now();
  queue.updated_by = actor(change);
  // The order stays as it was made and is no parameter here.
  QUANJI_TRY(const auto n, change.run_with(sql::queue_update, queue));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++queue.revision;
  return {};
}

Result<Queue> turn(Change& change, const QueueId& id, QueueAct act, std::string reason) {
  QUANJI_TRY(auto queue, queue_for_act(change, id));
  QUANJI_DO(expect_revision(change, queue.revision));
  const auto before = stored(queue);
  QUANJI_TRY(queue.state, domain::after(queue.state, act));
  QUANJI_DO(write(change, queue));
  tell(change, queue, before, stored(queue), std::move(reason));
  return queue;
}

}  // namespace

const base::ListShape& queue_list_shape() { return queues_list().shape(); }
const storage::Listing& queue_listing() { return queues_list().listing(); }
Result<Page<Queue>> list_queues(const View& view, const base::ListQuery& query) { return queues_list().read<Queue>(view, query); }
Result<Queue> read_queue(const View& view, const QueueRef& ref) { return queue_for_act(view, ref.id); }

Result<QueueCounts> count_queue(const View& view, const QueueRef& ref) {
  QUANJI_DO(queue_for_act(view, ref.id));
  QUANJI_TRY(const auto rows, view.rows(sql::queue_counts_read, {{"queue_id", ref.id}}));
  QueueCounts counts;
  for (std::size_t i = 0; i < std::size(base::Spelling<domain::ItemState>::words); ++i) {
    auto& made = counts.items.emplace_back(QueueStateCount{static_cast<domain::ItemState>(i)});
    for (const auto row : rows)
      if (row.text("state") == base::word(made.state)) made.count = row.integer("n");
    counts.total += made.count;
  }
  return counts;
}

Result<Queue> create_queue(Change& change, const NewQueue& in) {
  Queue made;
  made.department_id = in.department_id.value_or(domain::root_department);
  QUANJI_DO(allow(change, made.department_id));
  QUANJI_DO(takes_new(change, made.department_id, "departmentId"));
  made.id = change.new_id<QueueId>();
  made.name = in.name;
  made.title = in.title;
  made.description = in.description;
  made.consumer = in.consumer;
  made.order = in.order;
  made.lease_seconds = in.lease_seconds;
  made.retries = in.retries;
  made.back_off_seconds = in.back_off_seconds;
  made.back_off_factor = in.back_off_factor;
  made.back_off_most_seconds = in.back_off_most_seconds;
  made.references_unique = in.references_unique;
  made.reference_days = in.reference_days;
  made.abandoned = in.abandoned;
  made.payload_schema = in.payload_schema;
  QUANJI_DO(check_name(change, made));
  QUANJI_DO(schema_of(made));
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::queue_insert, made));
  tell(change, made, {}, stored(made));
  return made;
}

Result<Queue> change_queue(Change& change, const base::Patch<QueueChange>& patch) {
  QUANJI_TRY(auto queue, queue_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, queue.revision));
  const auto before = stored(queue);
  take_given(patch, queue);
  if (was_given(patch, "name")) QUANJI_DO(check_name(change, queue));
  QUANJI_DO(schema_of(queue));
  QUANJI_DO(write(change, queue));
  tell(change, queue, before, stored(queue));
  return queue;
}

Result<Queue> pause_queue(Change& change, const QueueReason& in) { return turn(change, in.id, QueueAct::pause, in.reason); }
Result<Queue> drain_queue(Change& change, const QueueReason& in) { return turn(change, in.id, QueueAct::drain, in.reason); }
Result<Queue> resume_queue(Change& change, const QueueRef& in) { return turn(change, in.id, QueueAct::resume, {}); }

Status delete_queue(Change& change, const QueueReason& in) {
  QUANJI_TRY(auto queue, queue_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, queue.revision));
  QUANJI_TRY(const auto live, change.row(sql::queue_live_count, {{"id", in.id}}));
  if (const auto n = live ? live->integer("n") : 0; n != 0)
    return Error(Code::still_referenced,
                 Text(fmt::format("队列“{}”还有 {} 项未结束；请先处理完或删除", queue.name, n),
                      fmt::format("the queue \"{}\" still has {} items that are not over: finish or delete them first", queue.name, n)));
  const auto before = stored(queue);
  QUANJI_TRY(queue.state, domain::after(queue.state, QueueAct::remove));
  const auto name = std::exchange(queue.name, queue.id.text());
  QUANJI_DO(write(change, queue));
  tell(change, queue, before, {}, in.reason);
  change.note().name = name;
  return {};
}

namespace {
Result<std::int64_t> queues_in(const View& view, const DepartmentId& id) {
  QUANJI_TRY(const auto row, view.row(sql::queue_department_count, {{"id", id}}));
  return row ? row->integer("n") : 0;
}
}  // namespace

void join_queues() {
  static const bool joined = [] {
    register_department_contents({{"数据队列", "data queues"}, &queues_in});
    return true;
  }();
  (void)joined;
}

Result<std::optional<Queue>> find_queue(const View& view, const QueueId& id) {
  QUANJI_TRY(auto found, view.maybe<Queue>(sql::queue_by_id, {{"id", id}}));
  if (found && found->state == QueueState::deleted) found.reset();
  return found;
}

Result<Queue> queue_for_run(const View& view, std::string_view name, const DepartmentId& department) {
  QUANJI_TRY(const auto row, view.row(sql::queue_named_upwards, {{"department_id", department}, {"name", name}}));
  if (!row)
    return Error(Code::not_found, Text(fmt::format("没有名为“{}”的队列", name), fmt::format("there is no queue named \"{}\"", name)));
  QUANJI_TRY(auto found, find_queue(view, row->id<QueueId>("id")));
  if (!found) return Error(Code::not_found);
  return std::move(*found);
}

Result<std::shared_ptr<const domain::PayloadSchema>> schema_of(const Queue& queue) {
  using Schema = std::shared_ptr<const domain::PayloadSchema>;
  const auto& text = queue.payload_schema.text;
  if (text.empty() || text == "null") return Schema();
  static std::mutex mutex;
  static std::deque<std::pair<std::string, Schema>> known;  // guarded by mutex; the newest in front
  {
    const std::scoped_lock lock(mutex);
    for (const auto& one : known)
      if (one.first == text) return one.second;
  }
  QUANJI_TRY(auto schema, domain::read_payload_schema(text));
  auto made = std::make_shared<const domain::PayloadSchema>(std::move(schema));
  const std::scoped_lock lock(mutex);
  known.emplace_front(text, made);
  if (known.size() > 64) known.pop_back();
  return made;
}

}  // namespace quanji::services
