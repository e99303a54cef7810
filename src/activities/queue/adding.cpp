// Into queues, and how much is in them.
#include "activities/group.h"
#include "activities/queue/queue.h"
#include "values/names.h"
#include "values/table.h"

namespace quanji::activities {
namespace queue {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(AddItem::Input, QF(queue, "队列名", "The queue's name"), QF(data, "这一项的数据", "The item's data"),
              QF(reference, "业务编号；队列要求时须唯一", "The item's own key, unique when the queue says so", .max = 256),
              QF(priority, "优先级", "The more urgent go first", .fallback = "\"normal\""),
              QF(due, "过了此时不再处理（北京时间）", "Not taken any more after this moment (Beijing time)"),
              QF(after, "不早于此时处理（北京时间）", "Not taken before this moment (Beijing time)"))
QUANJI_FIELDS(AddItem::Output, QF(item, "项的标识", "The item's id"))
QUANJI_FIELDS(AddItems::Input, QF(queue, "队列名", "The queue's name"),
              QF(table, "表，每行一项，列即数据", "A table: each row is an item, its columns the data"),
              QF(reference, "放业务编号的列", "The column that holds the item's own key"),
              QF(priority, "优先级", "The more urgent go first", .fallback = "\"normal\""),
              QF(due, "过了此时不再处理（北京时间）", "Not taken any more after this moment (Beijing time)"),
              QF(after, "不早于此时处理（北京时间）", "Not taken before this moment (Beijing time)"))
QUANJI_FIELDS(AddItems::Output, QF(count, "加了几项", "How many items were added"))
QUANJI_FIELDS(Count::Input, QF(queue, "队列名", "The queue's name"), QF(state, "哪个状态", "Which state", .fallback = "\"new\""))
QUANJI_FIELDS(Count::Output, QF(count, "几项", "How many"))

namespace {
template <class Input>
engine::NewItem item_of(const Input& input) {
  engine::NewItem item;
  item.priority = rank_of(input.priority);
  if (input.after) item.not_before = instant_of(*input.after);
  if (input.due) item.deadline = instant_of(*input.due);
  return item;
}
}  // namespace

ActivityInfo AddItem::info() {
  ActivityInfo info;
  info.id = "queue.add_item";
  info.title = {"加一项", "Add an item"};
  info.sentence = {"向队列加一项，得其标识。", "Adds one item to a queue; answers its id."};
  info.effect = flow::Effect::repeatable;
  info.names = {{"queue", flow::Names::queue}};
  info.errors = outside_errors({"not_found", "duplicate_key"});
  info.examples = {{{"一户待核对的客户", "A client to be checked"},
                    R"(- do: queue.add_item
  with:
    queue: in
    reference: "6001"
    data: {client: "6001", amount: 12.50}
    priority: high
- do: queue.count
  with: {queue: in}
  save: waiting
- return: {waiting: =waiting}
)",
                    R"({"waiting":1})"}};
  return info;
}
Outcome<AddItem::Output> AddItem::run(ActivityContext& context, const Input& input) {
  auto item = item_of(input);
  item.data = input.data;
  item.reference = input.reference.value_or("");
  QUANJI_TRY(auto id, from_outside(context.outside().add_item(input.queue, item, context.step_key())));
  return Output{std::move(id)};
}

ActivityInfo AddItems::info() {
  ActivityInfo info;
  info.id = "queue.add_items";
  info.title = {"把表加入队列", "Add a table's rows"};
  info.sentence = {"把表的每一行加为一项，整批或全不。", "Adds each row of a table as an item, all or none."};
  info.effect = flow::Effect::repeatable;
  info.names = {{"queue", flow::Names::queue}};
  info.errors = outside_errors({"not_found", "duplicate_key"});
  info.examples = {{{"每户一项", "An item for each client"},
                    R"(- do: queue.add_items
  with:
    queue: unique
    table:
      - {client: "6001", amount: 12.50}
      - {client: "6002", amount: 3.10}
    reference: client
  save: added
- return: {added: =added}
)",
                    R"({"added":2})"}};
  return info;
}
Outcome<AddItems::Output> AddItems::run(ActivityContext& context, const Input& input) {
  const auto& table = *input.table;
  std::optional<std::size_t> column;
  if (input.reference) {
    QUANJI_TRY(column, from_outside(table.need(*input.reference)));
  }
  std::vector<engine::NewItem> items(table.rows(), item_of(input));
  for (std::size_t row = 0; row < items.size(); ++row) {
    if (row % 4096 == 0) QUANJI_DO(context.go_on());
    items[row].data = table.row(row);
    if (column)
      if (const auto value = table.at(row, *column); !value.is(values::Type::nothing)) items[row].reference = value.display();
  }
  QUANJI_TRY(const auto count, from_outside(context.outside().add_items(input.queue, items, context.step_key())));
  return Output{count};
}

ActivityInfo Count::info() {
  ActivityInfo info;
  info.id = "queue.count";
  info.title = {"数队列项", "Count items"};
  info.sentence = {"某状态的项数。", "Counts items of a state."};
  info.effect = flow::Effect::none;
  info.names = {{"queue", flow::Names::queue}};
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"还有几项", "How many are left"},
                    R"(- do: queue.count
  with: {queue: in, state: new}
  save: left
- return: {left: =left}
)",
                    R"({"left":0})"}};
  return info;
}
Outcome<Count::Output> Count::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto count, from_outside(context.outside().count_items(input.queue, input.state)));
  return Output{count};
}

}  // namespace queue

void add_queue(Activities& to) {
  to.insert(to.end(), {engine::activity<queue::AddItem>(), engine::activity<queue::AddItems>(), engine::activity<queue::TakeItem>(),
                       engine::activity<queue::FinishItem>(), engine::activity<queue::FailItem>(), engine::activity<queue::DeferItem>(),
                       engine::activity<queue::Count>()});
}

}  // namespace quanji::activities
