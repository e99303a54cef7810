// Loops: for, while, each_item.
#include <fmt/format.h>

#include <algorithm>

#include "engine/step_context.h"
#include "engine/walker.h"

namespace quanji::engine {

using base::Text;
using values::Map;
using values::Type;
using values::Value;

namespace {
constexpr int item_failures_in_a_row = 3;
}

Way Walker::act_for(const flow::Step& step, const flow::For& act) {
  now_.step = &step;
  Sequence sequence;
  std::size_t from = 0;
  bool into = false;
  const auto of_value = [&](const Value& value) {
    if (value.is(Type::table))
      sequence.table = value.shared_table();
    else
      sequence.list = value;
  };
  if (resuming()) {
    if (const auto* entered = cursor_->entered(position(step), EnterKind::loop)) {
      of_value(entered->over);
      const auto* mark = target().mark_of(step.path);
      if (mark) from = static_cast<std::size_t>(std::max<std::int64_t>(mark->iteration, 0));
      into = target().path.size() > step.path.size();
      if (!into) resume_over();
    } else {
      resume_over();
    }
  }
  if (!sequence.table && !sequence.list.is(Type::list)) {
    if (const auto* expression = act.in.expression()) {
      auto found = run_.around.python.sequence(program(), *expression, slots(), python_limit());
      if (!found) return fail_at(step, std::move(found).error());
      sequence = std::move(*found);
    } else {
      auto value = value_of(act.in);
      if (!value) return fail_at(step, std::move(value).error());
      if (value->is(Type::map)) {
        values::List keys;
        for (const auto& [key, inner] : value->map()) keys.push_back(Value::of(key));
        *value = Value::of(std::move(keys));
      }
      of_value(*value);
      if (!sequence.table && !sequence.list.is(Type::list))
        return fail_at(step, system_failure("invalid_argument", Text("for 的 in 应为列表或表", "the `in` of a for is a list or a table")));
    }
    if (run_.journal) {
      const auto over = sequence.table ? Value::of(sequence.table) : sequence.list;
      Journal::Enter enter;
      enter.kind = EnterKind::loop;
      enter.over = &over;
      enter.item = act.item.name;
      if (act.index) enter.index = act.index->name;
      if (!written(run_.journal->enter(position(step), enter, slots()))) return fail_at(step, std::move(*failure_));
    }
  }
  const auto size = sequence.size();
  Way way = Way::next;
  bool ran = false;
  for (std::size_t i = from; i < size && way == Way::next; ++i) {
    enter_iteration(step, static_cast<std::int64_t>(i));
    ran = true;
    if (sequence.table)
      slots().derive_row(act.item.slot, sequence.table, i);
    else
      slots().derive(act.item.slot, sequence.list.list()[i]);
    if (act.index) slots().derive(act.index->slot, Value::of(static_cast<std::int64_t>(i)));
    way = steps(act.steps);
    if (way == Way::continue_loop) way = Way::next;
  }
  if (ran) {
    leave_loop();
    slots().settle(act.item.slot);
    if (act.index) slots().settle(act.index->slot);
  }
  return way == Way::break_loop ? Way::next : way;
}

Way Walker::act_while(const flow::Step& step, const flow::While& act) {
  std::int64_t i = 0;
  bool into = false;
  if (resuming()) {
    const auto* mark = target().mark_of(step.path);
    i = mark ? std::max<std::int64_t>(mark->iteration, 0) : 0;
    into = target().path.size() > step.path.size();
    if (!into) resume_over();
  }
  Way way = Way::next;
  for (;; ++i) {
    enter_iteration(step, i);
    if (!into) {
      std::optional<Failure> problem = must_leave();
      bool on = false;
      if (!problem) {
        auto meant = holds(act.condition);
        if (meant)
          on = *meant;
        else
          problem = std::move(meant).error();
      }
      if (problem) {
        way = fail_at(step, std::move(*problem));
        break;
      }
      if (!on) break;
    }
    into = false;
    way = steps(act.steps);
    if (way != Way::next && way != Way::continue_loop) break;
    way = Way::next;
  }
  leave_loop();
  return way == Way::break_loop ? Way::next : way;
}

Way Walker::act_each_item(const flow::Step& step, const flow::EachItem& act) {
  now_.step = &step;
  std::int64_t n = 0;
  bool into = false;
  Value resumed_item;
  if (resuming()) {
    const auto* mark = target().mark_of(step.path);
    n = mark ? std::max<std::int64_t>(mark->iteration, 0) : 0;
    const auto* entered = cursor_->entered(fmt::format("{}[{}]", position(step), n), EnterKind::item);
    if (entered) {
      into = true;
      resumed_item = entered->over;
      if (target().path.size() == step.path.size()) resume_over();
    } else {
      if (cursor_->strand.stands == Strand::Stands::done) ++n;
      resume_over();
    }
  }
  auto queue = value_of(act.queue);
  if (!queue) return fail_at(step, std::move(queue).error());
  if (!queue->is(Type::text))
    return fail_at(step, system_failure("invalid_argument", Text("each_item 需要队列的名称", "each_item needs the name of a queue")));
  std::int64_t limit = INT64_MAX;
  if (act.limit) {
    auto most = value_of(*act.limit);
    if (!most) return fail_at(step, std::move(most).error());
    if (!most->is(Type::integer)) return fail_at(step, system_failure("invalid_argument", Text("limit 应为整数", "a limit is an integer")));
    limit = most->integer();
  }
  auto& outside = run_.around.outside;
  int in_a_row = 0;
  std::optional<Failure> last;
  Way way = Way::next;
  bool ran = false;
  const auto refused = [&](const base::Error& error) { return fail_at(step, failure_of(error)); };
  for (; n < limit; ++n) {
    enter_iteration(step, n);
    ran = true;
    if (!into) {
      if (auto leave = must_leave()) {
        way = fail_at(step, std::move(*leave));
        break;
      }
      now_.at = position(step);
      auto taken = outside.take_item(queue->text(), StepContext(*this).step_key());
      if (!taken) {
        way = refused(taken.error());
        break;
      }
      if (!*taken) break;
      const auto& item = **taken;
      resumed_item = Value::of(Map{{"id", Value::of(item.id)},
                                   {"queue", Value::of(item.queue)},
                                   {"reference", Value::of(item.reference)},
                                   {"data", Value::of(item.data)},
                                   {"tries", Value::of(item.tries)}});
    }
    slots().derive(act.item.slot, resumed_item);
    if (!into && run_.journal) {
      Journal::Enter enter;
      enter.kind = EnterKind::item;
      enter.over = &resumed_item;
      enter.item = act.item.name;
      if (!written(run_.journal->enter(position(step), enter, slots()))) {
        way = fail_at(step, std::move(*failure_));
        break;
      }
    }
    into = false;
    const auto id = resumed_item.find("id")->text();
    way = steps(act.steps);
    base::Status told;
    std::vector<std::string> handled;
    if (way != Way::failed) {
      told = outside.finish_item(id, {});
      in_a_row = 0;
    } else if (is_meant(*failure_)) {
      const bool business = failure_->kind == flow::ErrorKind::business;
      in_a_row = business ? 0 : in_a_row + 1;
      auto state = outside.fail_item(id, {failure_->kind, failure_->code, failure_->message.zh + " / " + failure_->message.en});
      if (!state) told = std::move(state).error();
      run_.log(business ? LogLevel::info : LogLevel::warn, position(step), "item " + id + ": " + failure_->code);
      way = Way::next;
      last = std::move(failure_);
      failure_.reset();
      handled.swap(unknown_);
    } else {
      if (failure_->ending != Ending::suspended) (void)outside.defer_item(id, run_.around.clock.now()).ok();
      break;
    }
    if (!told) {
      // The item's steps are done: a resume only has to say so again.
      way = fail_at(step, failure_of(told.error()), Journal::Acted::settled, Journal::Back::to_last);
      break;
    }
    if (run_.journal && !written(run_.journal->step(position(step), slots(), handled))) {
      way = fail_at(step, std::move(*failure_));
      break;
    }
    run_.control.steps_done.fetch_add(1, std::memory_order_relaxed);
    if (way == Way::continue_loop) way = Way::next;
    if (way != Way::next) break;
    if (in_a_row >= item_failures_in_a_row) {
      // The machinery is broken, not the item: the next ones would fail as well.
      enter_iteration(step, n + 1);
      way = fail_at(step, std::move(*last));
      break;
    }
  }
  if (ran) {
    leave_loop();
    slots().settle(act.item.slot);
  }
  return way == Way::break_loop ? Way::next : way;
}

}  // namespace quanji::engine
