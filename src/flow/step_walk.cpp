#include "flow/step_walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/closest_word.h"

namespace quanji::flow {

using values::Type;

void Knowledge::set(std::uint32_t slot) {
  sure.at(slot) = maybe.at(slot) = true;
  closed.at(slot) = false;
}
void Knowledge::may_set(const std::vector<const Variable*>& variables) {
  for (const auto* variable : variables) maybe.at(variable->slot) = true;
}
void Knowledge::join(const Knowledge& other) {
  if (!other.reachable) {
    for (std::size_t i = 0; i < maybe.size(); ++i)
      if (other.maybe[i]) maybe[i] = true;
    return;
  }
  for (std::size_t i = 0; i < sure.size(); ++i) {
    sure[i] = reachable ? sure[i] && other.sure[i] : other.sure[i];
    maybe[i] = maybe[i] || other.maybe[i];
    closed[i] = closed[i] || other.closed[i];
  }
  reachable = true;
}

std::vector<const Variable*> variables_set(const Steps& steps) {
  std::vector<const Variable*> out;
  const auto saved = [&](const Save& save) {
    if (save.whole) out.push_back(&*save.whole);
    for (const auto& [variable, output] : save.outputs) out.push_back(&variable);
  };
  for (const auto& step : steps) {
    if (const auto* assign = std::get_if<Set>(&step.act))
      for (const auto& [variable, value] : assign->variables) out.push_back(&variable);
    if (const auto* one = std::get_if<Do>(&step.act)) saved(one->save);
    if (const auto* call = std::get_if<Call>(&step.act)) saved(call->save);
    if (const auto* python = std::get_if<PythonBlock>(&step.act)) saved(python->save);
    if (const auto* with = std::get_if<With>(&step.act)) out.push_back(&with->as);
    if (const auto* items = std::get_if<EachItem>(&step.act)) out.push_back(&items->item);
    if (const auto* loop = std::get_if<For>(&step.act)) {
      out.push_back(&loop->item);
      if (loop->index) out.push_back(&*loop->index);
    }
    if (const auto* attempt = std::get_if<Try>(&step.act))
      for (const auto& one : attempt->catches)
        if (one.save) out.push_back(&*one.save);
    for (const auto* block : blocks_of(step)) {
      const auto inner = variables_set(*block);
      out.insert(out.end(), inner.begin(), inner.end());
    }
  }
  // A variable without a name is one that could not be read.
  out.erase(std::remove_if(out.begin(), out.end(), [](const Variable* v) { return v->name.empty(); }), out.end());
  return out;
}

StepWalk::StepWalk(const Document& document, const Surroundings& surroundings, const std::vector<std::string>& doubtful, Problems& problems)
    : document_(document), surroundings_(surroundings), doubtful_(doubtful.begin(), doubtful.end()), problems_(problems) {
  for (const auto& name : document.variables) slots_.emplace(name, static_cast<std::uint32_t>(slots_.size()));
  error_codes_ = {"timeout", "expression_failed", "expression_wrong", "expression_timed_out", "value_not_storable", "out_of_memory"};
  if (surroundings.activities)
    for (const auto& activity : surroundings.activities->all())
      for (const auto& error : activity.errors) error_codes_.push_back(error.code);
  const auto fails = [&](const auto& self, const Steps& steps) -> void {
    for (const auto& step : steps) {
      if (const auto* fail = std::get_if<Fail>(&step.act); fail && !fail->code.text.empty()) error_codes_.push_back(fail->code.text);
      for (const auto* block : blocks_of(step)) self(self, *block);
    }
  };
  fails(fails, document.steps);
  if (surroundings.flows)
    for (const auto* flow : *surroundings.flows) fails(fails, flow->steps);
}

std::optional<std::uint32_t> StepWalk::slot(std::string_view name) const {
  const auto found = slots_.find(name);
  if (found == slots_.end()) return std::nullopt;
  return found->second;
}

void StepWalk::walk() {
  Knowledge known(document_.variables.size());
  for (const auto& input : document_.inputs) {
    // A default sees the inputs above it.
    if (input.fallback) use(*input.fallback, known);
    known.set(input.variable.slot);
    if (input.type.type == Type::handle && surroundings_.activities && !input.type.handle.empty() &&
        !surroundings_.activities->has_resource(input.type.handle))
      problems_.add(ProblemCode::wrong_word, input.variable.at,
                    {fmt::format("没有“{}”这种类型，也没有活动打开这种资源", input.type.handle),
                     fmt::format("“{}” is no type, and no activity opens such a resource", input.type.handle)});
  }
  steps(document_.steps, known);
  if (known.reachable && !document_.outputs.empty())
    problems_.add(ProblemCode::output_not_returned, document_.outputs.front().at,
                  {"声明了输出，但流程可能走到末尾而没有 return", "outputs are declared, but the flow may reach its end without return"},
                  {"在末尾加一步 return", "Add a step `return` at the end"});
}

void StepWalk::steps(const Steps& steps, Knowledge& known) {
  for (const auto& one : steps) {
    if (!known.reachable) {
      problems_.add(ProblemCode::unreachable, one.at,
                    {"上面的步骤总会离开，执行不到这里", "the step above always leaves: this is never reached"},
                    {"删去它，或给上面的步骤加条件 when", "Leave it out, or give the step above a condition by `when`"});
      known.reachable = true;
      step(one, known);
      for (const auto* rest = &one + 1; rest != steps.data() + steps.size(); ++rest) step(*rest, known);
      known.reachable = false;
      return;
    }
    step(one, known);
  }
}

void StepWalk::step(const Step& step, Knowledge& known) {
  std::optional<Knowledge> before;
  if (step.when || step.on_error == OnError::go_on) before = known;
  if (step.when) condition(*step.when, known, false);
  if (step.timeout) use(*step.timeout, known);
  if (step.retry) codes(step.retry->error);
  if (step.retry && step.effect == Effect::once)
    problems_.add(
        ProblemCode::once_retried, step.at,
        {"effect: once 的步骤带 retry：失败的一次也许已经生效",
         "a step with effect: once is retried; the attempt that failed may have had its effect"},
        {"去掉 retry；或确认可以重复，写 effect: repeatable", "Leave retry out, or write effect: repeatable when repeating does no harm"});
  act(step, known);
  if (before) known.join(*before);
}

void StepWalk::act(const Step& step, Knowledge& known) {
  std::visit(
      [&](const auto& act) {
        using A = std::decay_t<decltype(act)>;
        if constexpr (std::is_same_v<A, Set>) {
          for (const auto& [variable, value] : act.variables) {
            use(value, known);
            set(variable, known);
          }
        } else if constexpr (std::is_same_v<A, Do>) {
          act_do(step, act, known);
        } else if constexpr (std::is_same_v<A, With>) {
          act_with(step, act, known);
        } else if constexpr (std::is_same_v<A, If>) {
          act_if(act, known);
        } else if constexpr (std::is_same_v<A, For>) {
          act_for(act, known);
        } else if constexpr (std::is_same_v<A, While>) {
          act_while(act, known);
        } else if constexpr (std::is_same_v<A, Break> || std::is_same_v<A, Continue>) {
          leave_loop(step, known);
        } else if constexpr (std::is_same_v<A, Try>) {
          act_try(act, known);
        } else if constexpr (std::is_same_v<A, Fail>) {
          if (act.again) use(*act.again, known);
          use(act.message, known);
          if (act.data) use(*act.data, known);
          known.reachable = false;
        } else if constexpr (std::is_same_v<A, Return>) {
          act_return(step, act, known);
        } else if constexpr (std::is_same_v<A, Call>) {
          act_call(act, known);
        } else if constexpr (std::is_same_v<A, PythonBlock>) {
          act_python(act, known);
        } else if constexpr (std::is_same_v<A, Parallel>) {
          act_parallel(act, known);
        } else if constexpr (std::is_same_v<A, EachItem>) {
          act_each_item(act, known);
        } else {
          static_assert(std::is_same_v<A, Checkpoint>);
          resume_point(step);
        }
      },
      step.act);
}

void StepWalk::act_if(const If& act, Knowledge& known) {
  Knowledge after = known;
  after.reachable = false;
  for (const auto& branch : act.branches) {
    condition(branch.condition, known, false);
    Knowledge inside = known;
    steps(branch.steps, inside);
    after.join(inside);
  }
  Knowledge inside = known;
  steps(act.otherwise, inside);
  after.join(inside);
  known = std::move(after);
}

void StepWalk::loop_body(const Steps& body, Knowledge& known, bool endless, std::initializer_list<const Variable*> variables) {
  Knowledge inside = known;
  for (const auto* variable : variables) {
    if (variable->name.empty()) continue;
    if (std::find(loop_slots_.begin(), loop_slots_.end(), variable->slot) != loop_slots_.end())
      problems_.add(ProblemCode::loop_variable_reused, variable->at,
                    {fmt::format("{} 已是外层循环的变量", variable->name),
                     fmt::format("{} is the variable of an outer loop already", variable->name)},
                    {"换一个名称", "Choose another name"});
    set(*variable, inside);
    loop_slots_.push_back(variable->slot);
  }
  Loop loop;
  loops_.push_back(&loop);
  steps(body, inside);
  loops_.pop_back();
  for (const auto* variable : variables)
    if (!variable->name.empty()) loop_slots_.pop_back();
  known.may_set(variables_set(body));
  for (const auto* variable : variables)
    if (!variable->name.empty()) known.maybe.at(variable->slot) = true;
  if (endless) known.reachable = false;
  if (loop.exits) known.join(*loop.exits);
}

void StepWalk::act_for(const For& act, Knowledge& known) {
  use(act.in, known);
  known.may_set(variables_set(act.steps));
  if (act.index)
    loop_body(act.steps, known, false, {&act.item, &*act.index});
  else
    loop_body(act.steps, known, false, {&act.item});
}

void StepWalk::act_while(const While& act, Knowledge& known) {
  known.may_set(variables_set(act.steps));
  condition(act.condition, known, true);
  const auto* literal = act.condition.literal();
  const auto* expression = act.condition.expression();
  const bool endless = (literal && literal->is(Type::boolean) && literal->boolean()) || (expression && expression->python == "True");
  loop_body(act.steps, known, endless, {});
}

void StepWalk::leave_loop(const Step& step, Knowledge& known) {
  const auto word = word_of(step.act);
  if (loops_.empty())
    problems_.add(
        ProblemCode::outside_loop, step.at, {fmt::format("{} 不在循环里", word), fmt::format("{} stands outside of a loop", word)},
        {"只能写在 for、while 或 each_item 的 steps 里（parallel 的分支除外）；结束流程用 return",
         "It belongs inside the steps of for, while or each_item, and does not leave a branch of parallel; `return` ends the flow"});
  else if (std::holds_alternative<Break>(step.act)) {
    auto& exits = loops_.back()->exits;
    if (exits)
      exits->join(known);
    else
      exits = known;
  }
  if (finally_floor_ && !loops_.empty() && loops_.size() <= *finally_floor_)
    problems_.add(ProblemCode::leaves_finally, step.at,
                  {fmt::format("finally 里的 {} 会丢掉正在处理的错误", word),
                   fmt::format("{} inside finally drops the failure that is on its way", word)},
                  {"把它移到 finally 之外", "Move it out of finally"});
  known.reachable = false;
}

void StepWalk::act_try(const Try& act, Knowledge& known) {
  const Knowledge start = known;
  Knowledge failed = start;
  failed.may_set(variables_set(act.steps));
  steps(act.steps, known);
  bool all_taken = false;
  for (const auto& one : act.catches) {
    if (all_taken)
      problems_.add(ProblemCode::catch_unreachable, one.at, {"上面的 catch 已接住全部错误", "the catch above takes every failure already"},
                    {"把接住全部错误的 catch 放在最后", "Put the catch that takes everything last"});
    all_taken = all_taken || one.error.all() || (one.error.business && one.error.system);
    codes(one.error);
    Knowledge inside = failed;
    if (one.save) set(*one.save, inside);
    steps(one.steps, inside);
    known.join(inside);
  }
  Knowledge last = start;
  for (std::size_t i = 0; i < last.maybe.size(); ++i) last.maybe[i] = known.maybe[i] || failed.maybe[i];
  const auto outer_floor = std::exchange(finally_floor_, loops_.size());
  steps(act.finally, last);
  finally_floor_ = outer_floor;
  for (const auto* variable : variables_set(act.finally))
    if (last.sure.at(variable->slot)) known.set(variable->slot);
  for (std::size_t i = 0; i < last.maybe.size(); ++i) known.maybe[i] = known.maybe[i] || last.maybe[i];
  if (!last.reachable) known.reachable = false;
}

void StepWalk::act_parallel(const Parallel& act, Knowledge& known) {
  Knowledge after = known;
  auto loops = std::exchange(loops_, {});
  const auto outer_floor = std::exchange(finally_floor_, std::nullopt);
  ++in_parallel_;
  std::vector<std::pair<const Variable*, std::size_t>> taken;
  for (std::size_t i = 0; i < act.branches.size(); ++i) {
    Knowledge inside = known;
    steps(act.branches[i].steps, inside);
    for (const auto* variable : variables_set(act.branches[i].steps)) {
      const auto other =
          std::find_if(taken.begin(), taken.end(), [&](const auto& t) { return t.first->slot == variable->slot && t.second != i; });
      if (other != taken.end())
        problems_.add(ProblemCode::parallel_same_variable, variable->at,
                      {fmt::format("{} 在另一个分支里（第 {} 行）也被赋值，结果取决于谁先谁后", variable->name, other->first->at.line),
                       fmt::format("{} is set in another branch too (line {}): what stays depends on who is last", variable->name,
                                   other->first->at.line)},
                      {"每个分支用自己的变量", "Give each branch a variable of its own"});
      else
        taken.emplace_back(variable, i);
    }
    for (std::size_t slot = 0; slot < inside.sure.size(); ++slot) {
      if (inside.sure[slot]) after.sure[slot] = true;
      if (inside.maybe[slot]) after.maybe[slot] = true;
      if (inside.closed[slot]) after.closed[slot] = true;
    }
    after.reachable = after.reachable && inside.reachable;
  }
  --in_parallel_;
  finally_floor_ = outer_floor;
  loops_ = std::move(loops);
  known = std::move(after);
}

void StepWalk::act_each_item(const EachItem& act, Knowledge& known) {
  use(act.queue, known);
  if (act.limit) use(*act.limit, known);
  if (const auto* literal = act.queue.literal(); literal && literal->is(Type::text))
    need("queues", literal->text(), act.queue.at, document_.needs.queues);
  known.may_set(variables_set(act.steps));
  loop_body(act.steps, known, false, {&act.item});
}

void StepWalk::set(const Variable& variable, Knowledge& known) {
  if (!variable.name.empty()) known.set(variable.slot);
}
void StepWalk::save(const Save& save, Knowledge& known) {
  if (save.whole) set(*save.whole, known);
  for (const auto& [variable, output] : save.outputs) set(variable, known);
}

void StepWalk::resume_point(const Step& step) {
  if (resources_.empty()) return;
  problems_.add(ProblemCode::resume_in_resource, step.at,
                {fmt::format("这里在资源 {} 打开时停留：恢复时从打开它的那一步重新开始", resources_.back().name),
                 fmt::format("the run stops here while {} is open: after a resume it starts again at the step that opens it",
                             resources_.back().name)},
                {"把它移到打开资源的步骤之外；或确认里面的步骤可以重做",
                 "Move it out of the resource's steps, or make sure that these may run again"});
}

}  // namespace quanji::flow
