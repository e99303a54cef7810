// Acts without steps inside.
#include <fmt/format.h>

#include "engine/activity_values.h"
#include "engine/step_context.h"
#include "engine/walker.h"

namespace quanji::engine {

using base::Text;
using values::Map;
using values::Type;
using values::Value;

namespace {

// The value with every live secret in its texts masked.
Value masked(const Value& value) {
  if (value.is(Type::text)) return Value::of(base::log::mask(value.text()));
  if (value.is(Type::list)) {
    values::List list;
    for (const auto& one : value.list()) list.push_back(masked(one));
    return Value::of(std::move(list));
  }
  if (value.is(Type::map)) {
    Map map;
    for (const auto& [name, one] : value.map()) map.emplace_back(name, masked(one));
    return Value::of(std::move(map));
  }
  return value;
}

// Whether a failure leaves open what a `once` step has done.
Journal::Acted acted_of(bool once, const Failure& failure) {
  const bool open = failure.ending == Ending::stopped || failure.ending == Ending::timed_out || failure.code == "timed_out" ||
                    failure.code == "expression_timed_out" || failure.code == "bug";
  return once && open ? Journal::Acted::unknown : Journal::Acted::settled;
}
}  // namespace

Way Walker::act_set(const flow::Step& step, const flow::Set& set) {
  now_.step = &step;
  std::vector<Slots::Before> before;
  for (const auto& [variable, operand] : set.variables) {
    auto value = value_of(operand);
    if (!value) {
      put_back(before);
      return fail_at(step, std::move(value).error());
    }
    before.push_back(slots().before(variable.slot));
    assign(variable.slot, std::move(*value));
  }
  if (done(step, false) == Way::next) return Way::next;
  put_back(before);
  return fail_at(step, std::move(*failure_));
}

std::optional<Way> Walker::passed_as_promised(const flow::Step& step) {
  std::map<std::string, values::Variables, std::less<>>::node_type promise;
  {
    const std::lock_guard lock(run_.guard);
    if (run_.promised.empty()) return std::nullopt;
    promise = run_.promised.extract(position(step));
  }
  if (!promise) return std::nullopt;
  for (auto& [name, value] : promise.mapped())
    if (const auto slot = flow::slot_of(document(), name)) slots().set(*slot, value);
  // What it would have saved and nobody knows is nothing, not something older.
  const auto clear = [&](const flow::Save& save) {
    const auto nothing = [&](const flow::Variable& variable) {
      if (!promise.mapped().contains(variable.name)) slots().set(variable.slot, Value());
    };
    if (save.whole) nothing(*save.whole);
    for (const auto& [variable, output] : save.outputs) nothing(variable);
  };
  if (const auto* act = std::get_if<flow::Do>(&step.act)) clear(act->save);
  if (const auto* act = std::get_if<flow::PythonBlock>(&step.act)) clear(act->save);
  return done(step, true);
}

Outcome<Map> Walker::call_activity(const flow::Step& step, const Activity& activity, const flow::Arguments& with, bool once,
                                   Journal::Acted& acted) {
  QUANJI_TRY(auto arguments, values_of(with));
  ErasedObject input(activity.input), output(activity.output);
  QUANJI_DO(fill_input(activity, input.get(), arguments));
  now_.at = position(step);
  if (run_.around.fakes)
    if (auto faked = run_.around.fakes->answer(step, activity, arguments)) return std::move(*faked);
  if (once && run_.journal && !written(run_.journal->intent(now_.at))) return std::move(*failure_);
  StepContext context(*this);
  auto outcome = [&]() -> Outcome<void> {
    try {
      return activity.run(context, input.get(), output.get());
    } catch (const std::exception& bug) {
      return system_failure(
          "bug", Text(fmt::format("活动 {} 内部错误", activity.info.id), fmt::format("a fault in {}: {}", activity.info.id, bug.what())));
    }
  }();
  const auto evidence = step.evidence.value_or(run_.around.evidence);
  if (evidence == flow::Evidence::always || (!outcome && evidence == flow::Evidence::on_error && outcome.error().ending == Ending::none))
    leave_evidence(arguments);
  if (!outcome) {
    acted = acted_of(once, outcome.error());
    mask_secrets(outcome.error());
    return std::move(outcome).error();
  }
  return take_output(activity, output.get());
}
// What a library says of a failure may repeat what it was given; it goes to journal, log and people.
void Walker::mask_secrets(Failure& failure) {
  {
    const std::lock_guard lock(run_.guard);
    if (run_.live_secrets.empty()) return;
  }
  failure.message.zh = base::log::mask(failure.message.zh);
  failure.message.en = base::log::mask(failure.message.en);
  failure.data = masked(failure.data);
}
void Walker::leave_evidence(const Map& arguments) {
  StepContext context(*this);
  for (const auto& [name, value] : arguments) {
    if (!value.is(Type::handle)) continue;
    auto held = run_.resources.hold(context, value.handle());
    if (held) (*held)->show(context);
  }
}

Way Walker::act_do(const flow::Step& step, const flow::Do& act) {
  now_.step = &step;
  now_.evidence.clear();
  const auto found = run_.activities.find(act.activity.text);
  if (found == run_.activities.end())
    return fail_at(step, system_failure("unknown_activity", Text(fmt::format("没有活动“{}”", act.activity.text),
                                                                 fmt::format("there is no activity “{}”", act.activity.text))));
  const bool once = is_once(step, found->second->info.effect);
  if (once)
    if (const auto way = passed_as_promised(step)) return *way;
  auto acted = Journal::Acted::settled;
  auto outputs = call_activity(step, *found->second, act.with, once, acted);
  if (!outputs) return fail_at(step, std::move(outputs).error(), acted);
  std::vector<Slots::Before> before;
  save(act.save, *outputs, before);
  if (done(step, once) == Way::next) return Way::next;
  // Done, and it cannot be recorded: a `once` step stays open, somebody has to be asked.
  put_back(before);
  return fail_at(step, std::move(*failure_), once ? Journal::Acted::unknown : Journal::Acted::settled);
}

Way Walker::act_python(const flow::Step& step, const flow::PythonBlock& act) {
  now_.step = &step;
  now_.evidence.clear();
  const bool once = is_once(step, flow::Effect::once);
  if (once)
    if (const auto way = passed_as_promised(step)) return *way;
  auto with = values_of(act.with);
  if (!with) return fail_at(step, std::move(with).error());
  if (once && run_.journal && !written(run_.journal->intent(position(step)))) return fail_at(step, std::move(*failure_));
  auto limit = python_limit();
  limit.time = deadline_ == for_ever
                   ? std::chrono::hours(24 * 365)
                   : std::max(std::chrono::milliseconds(1),
                              std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - run_.around.clock.monotonic()));
  auto result = run_.around.python.run(program(), step.number, act, values::Variables(with->begin(), with->end()), slots(), limit);
  if (!result) {
    const auto acted = acted_of(once, result.error());
    return fail_at(step, std::move(result).error(), acted);
  }
  std::vector<Slots::Before> before;
  const bool several = !act.save.outputs.empty();
  if (several && !result->is(Type::map))
    return fail_at(step, system_failure("wrong_type", Text("save 要取多个输出，Python 应返回 dict",
                                                           "`save` takes single outputs: Python has to return a dict")));
  save(act.save, several ? result->map() : Map{{"result", *result}}, before);
  if (done(step, once) == Way::next) return Way::next;
  put_back(before);
  return fail_at(step, std::move(*failure_), once ? Journal::Acted::unknown : Journal::Acted::settled);
}

Way Walker::act_fail(const flow::Step& step, const flow::Fail& act) {
  now_.evidence.clear();
  if (act.again) {
    auto value = run_.around.python.evaluate(program(), *act.again, slots(), python_limit());
    if (!value) return fail_at(step, std::move(value).error());
    auto failure = failure_of_value(*value);
    return fail_at(step, failure ? std::move(*failure) : failure_of(failure.error()));
  }
  auto message = value_of(act.message);
  if (!message) return fail_at(step, std::move(message).error());
  const auto said = message->is(Type::nothing) ? act.code.text : message->display();
  auto failure = business_failure(act.code.text, Text(said, said));
  failure.kind = act.kind;
  if (act.data) {
    auto data = value_of(*act.data);
    if (!data) return fail_at(step, std::move(data).error());
    failure.data = std::move(*data);
  }
  return fail_at(step, std::move(failure));
}

Way Walker::act_return(const flow::Step& step, const flow::Return& act) {
  auto outputs = values_of(act.outputs);
  if (!outputs) return fail_at(step, std::move(outputs).error());
  returned_ = std::move(*outputs);
  return Way::returned;
}

Way Walker::act_checkpoint(const flow::Step& step) {
  if (done(step, false) != Way::next) return fail_at(step, std::move(*failure_));
  if (run_.journal && !written(run_.journal->sync())) return fail_at(step, std::move(*failure_));
  return Way::next;
}

}  // namespace quanji::engine
