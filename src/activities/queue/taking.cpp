// Out of queues: taking an item, and how it ends.
#include <algorithm>

#include "activities/queue/queue.h"

namespace quanji::activities::queue {

using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Value;

QUANJI_FIELDS(TakeItem::Input, QF(queue, "队列名", "The queue's name"),
              QF(wait, "没有时等多久", "How long to wait for one when there is none", .fallback = "\"0s\""))
QUANJI_FIELDS(TakeItem::Output, QF(item, "项：id、queue、reference、data、tries（第几次）；没有则为空",
                                   "The item: id, queue, reference, data, tries; nothing when there is none"))
QUANJI_FIELDS(FinishItem::Input, QF(item, "取到的项", "An item that was taken"),
              QF(result, "结果，随项保存", "What the item gave; kept with it", .fallback = "{}"))
QUANJI_FIELDS(FailItem::Input, QF(item, "取到的项", "An item that was taken"),
              QF(kind, "业务失败为最终结果；系统失败由队列规则重试",
                 "A business failure is final; a system failure is tried again by the queue's rule", .fallback = "\"business\""),
              QF(code, "错误码", "The failure's code", .min = 1, .max = 63), QF(message, "说明", "A sentence for a person", .max = 4'096))
QUANJI_FIELDS(FailItem::Output, QF(state, "结果：failed 或 retried（会再试）", "What became of it: failed, or retried (a new try waits)"))
QUANJI_FIELDS(DeferItem::Input, QF(item, "取到的项", "An item that was taken"),
              QF(after, "不早于此时再处理（北京时间）", "Not taken again before this moment (Beijing time)"))

namespace {
Outcome<std::string> id_of(const values::Map& item) {
  for (const auto& [name, value] : item)
    if (name == "id" && value.is(values::Type::text)) return value.text();
  return engine::system_failure("invalid_argument", Text("item：应为 queue.take_item 或 each_item 得到的项，含 id",
                                                         "item: an item of queue.take_item or each_item is meant, with its id"));
}
constexpr const char* take_first = R"(- do: queue.add_item
  with: {queue: in, data: {client: "6001"}}
- do: queue.take_item
  with: {queue: in}
  save: item
)";
}  // namespace

ActivityInfo TakeItem::info() {
  ActivityInfo info;
  info.id = "queue.take_item";
  info.title = {"取一项", "Take an item"};
  info.sentence = {"取下一项，在结束或推迟之前只归本次执行；没有则为空。",
                   "Takes the next item, which is this run's until it is ended or put off; nothing when there is none."};
  info.effect = flow::Effect::repeatable;
  info.names = {{"queue", flow::Names::queue}};
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"取出刚加入的", "What was added is taken"},
                    R"(- do: queue.add_item
  with: {queue: in, data: {client: "6001"}}
- do: queue.take_item
  with: {queue: in, wait: 10s}
  save: item
- return: {client: =item.data.client, tries: =item.tries}
)",
                    R"({"client":"6001","tries":1})"}};
  return info;
}
Outcome<TakeItem::Output> TakeItem::run(ActivityContext& context, const Input& input) {
  const auto until = context.clock().monotonic() + std::chrono::microseconds(std::max<std::int64_t>(input.wait.micros, 0));
  for (Patience patience;;) {
    QUANJI_TRY(auto item, from_outside(context.outside().take_item(input.queue, context.step_key())));
    if (item)
      return Output{values::Map{{"id", Value::of(item->id)},
                                {"queue", Value::of(item->queue)},
                                {"reference", Value::of(item->reference)},
                                {"data", Value::of(item->data)},
                                {"tries", Value::of(item->tries)}}};
    const auto now = context.clock().monotonic();
    if (now >= until) return Output{};
    QUANJI_DO(patience.wait(context, until - now));
  }
}

ActivityInfo FinishItem::info() {
  ActivityInfo info;
  info.id = "queue.finish_item";
  info.title = {"完成一项", "Finish an item"};
  info.sentence = {"标记成功。", "Marks an item done."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found", "wrong_state"});
  static const std::string steps = std::string(take_first) + R"(- do: queue.finish_item
  with: {item: =item, result: {checked: true}}
- do: queue.count
  with: {queue: in, state: succeeded}
  save: done
- return: {done: =done}
)";
  info.examples = {{{"取出、处理、完成", "Taken, worked on, done"}, steps, R"({"done":1})"}};
  return info;
}
Outcome<FinishItem::Output> FinishItem::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto id, id_of(input.item));
  QUANJI_DO(from_outside(context.outside().finish_item(id, input.result)));
  return Output{};
}

ActivityInfo FailItem::info() {
  ActivityInfo info;
  info.id = "queue.fail_item";
  info.title = {"一项失败", "Fail an item"};
  info.sentence = {"标记失败：业务失败为最终结果，系统失败由队列规则重试。",
                   "Marks an item failed: a business failure is final, a system failure is tried again by the queue's rule."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found", "wrong_state"});
  static const std::string steps = std::string(take_first) + R"(- do: queue.fail_item
  with: {item: =item, kind: system, code: counter_away, message: 柜台连不上}
  save: became
- return: {became: =became}
)";
  info.examples = {{{"柜台连不上，以后再试", "The counter is away: try again later"}, steps, R"({"became":"retried"})"}};
  return info;
}
Outcome<FailItem::Output> FailItem::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto id, id_of(input.item));
  QUANJI_TRY(const auto state, from_outside(context.outside().fail_item(id, {input.kind, input.code, input.message})));
  return Output{state};
}

ActivityInfo DeferItem::info() {
  ActivityInfo info;
  info.id = "queue.defer_item";
  info.title = {"推迟一项", "Put an item off"};
  info.sentence = {"放回队列，到某时再处理。", "Puts an item back until a time."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found", "wrong_state"});
  static const std::string steps = std::string(take_first) + R"(- do: queue.defer_item
  with: {item: =item, after: 2099-12-31T09:00:00}
- do: queue.take_item
  with: {queue: in}
  save: next
- return: {next: =next}
)";
  info.examples = {{{"以后再说", "Not now"}, steps, R"({"next":null})"}};
  return info;
}
Outcome<DeferItem::Output> DeferItem::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto id, id_of(input.item));
  QUANJI_DO(from_outside(context.outside().defer_item(id, instant_of(input.after))));
  return Output{};
}

}  // namespace quanji::activities::queue
