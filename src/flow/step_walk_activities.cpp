// Activities, flows that are called, what is returned: names, inputs, outputs, effects, needs.
#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "flow/closest_word.h"
#include "flow/literals.h"
#include "flow/step_walk.h"
#include "values/names.h"

namespace quanji::flow {

using base::Text;
using values::quoted;
using values::Type;
using values::Value;

namespace {

// "a, b" of what is required and not given.
template <class Inputs, class Name, class Required>
std::vector<std::string> lacking(const Inputs& inputs, const Arguments& given, Name name, Required required) {
  std::vector<std::string> out;
  for (const auto& input : inputs) {
    if (!required(input)) continue;
    const auto found = std::find_if(given.begin(), given.end(), [&](const NamedOperand& a) { return a.name == name(input); });
    const bool nothing = found != given.end() && found->value.literal() && found->value.literal()->is(Type::nothing);
    if (found == given.end() || nothing) out.push_back(std::string(name(input)));
  }
  return out;
}

Text proposal(std::string_view word, const std::vector<std::string>& known, Text otherwise) {
  auto mend = did_you_mean(closest_word(word, std::span<const std::string>(known)));
  return mend.en.empty() ? std::move(otherwise) : mend;
}

Text possible(const std::vector<std::string>& known) {
  if (known.empty()) return {};
  return {"可用：" + listed(std::span<const std::string>(known)), "Possible: " + listed(std::span<const std::string>(known))};
}

}  // namespace

const ActivityInfo* StepWalk::activity(const Word& word) {
  if (!surroundings_.activities || word.text.empty()) return nullptr;
  const auto& catalogue = *surroundings_.activities;
  if (const auto* info = catalogue.find(word.text)) return info;
  if (problems_.full()) return nullptr;
  const std::string group(word.text.substr(0, word.text.find('.')));
  std::vector<std::string> words;
  if (catalogue.has_group(group)) {
    for (const auto& id : catalogue.ids())
      if (id.starts_with(group + ".")) words.push_back(id);
  } else {
    for (const auto& one : catalogue.groups()) words.push_back(one.id);
  }
  auto mend = did_you_mean(closest_word(word.text, std::span<const std::string>(catalogue.ids())));
  if (mend.en.empty()) mend = possible(words);
  if (mend.en.empty()) mend = {"没有已知的活动", "No activities are known"};
  problems_.add(ProblemCode::unknown_activity, word.at,
                {fmt::format("没有活动“{}”", quoted(word.text)), fmt::format("there is no activity “{}”", quoted(word.text))},
                std::move(mend));
  return nullptr;
}

void StepWalk::need(std::string_view kind, const std::string& name, Position at, const std::vector<Word>& declared) {
  if (std::any_of(declared.begin(), declared.end(), [&](const Word& word) { return word.text == name; })) return;
  std::vector<std::string> names;
  names.reserve(declared.size());
  for (const auto& word : declared) names.push_back(word.text);
  problems_.add(
      ProblemCode::need_undeclared, at,
      {fmt::format("“{}”没有在 needs.{} 里声明", quoted(name), kind), fmt::format("“{}” is not declared in needs.{}", quoted(name), kind)},
      proposal(name, names,
               {fmt::format("补上 needs: {{{}: [{}]}}", kind, quoted(name)), fmt::format("Add needs: {{{}: [{}]}}", kind, quoted(name))}));
}

void StepWalk::argument(const ActivityInfo& info, const ActivityInput& input, const NamedOperand& given) {
  const auto type = type_word(input.type);
  const auto& value = given.value;
  if (const auto* expression = value.expression()) {
    // A resource by its bare name: its kind is known.
    if (type.type != Type::handle || type.handle.empty()) return;
    for (const auto& resource : resources_)
      if (resource.name == expression->python && !resource.kind.empty() && resource.kind != type.handle)
        problems_.add(ProblemCode::wrong_resource, expression->at,
                      {fmt::format("{} 是 {}，{} 的 {} 要的是 {}", resource.name, resource.kind, info.id, input.name, type.handle),
                       fmt::format("{} is a {}; {} wants a {} for {}", resource.name, resource.kind, info.id, type.handle, input.name)});
    return;
  }
  const auto* literal = value.literal();
  if (!literal) {
    const bool list = std::holds_alternative<ListOf>(value.form);
    if (!type.type || *type.type == (list ? Type::list : Type::map) || (list && *type.type == Type::table)) return;
    problems_.add(ProblemCode::wrong_type, value.at,
                  {fmt::format("{} 的 {} 应为 {}，这里是 {}", info.id, input.name, input.type, list ? "list" : "map"),
                   fmt::format("{} of {} should be {}; this is a {}", input.name, info.id, input.type, list ? "list" : "map")});
    return;
  }
  if (literal->is(Type::nothing)) return;
  if (type.type == Type::secret) {
    problems_.add(
        ProblemCode::secret_literal, value.at,
        {fmt::format("{} 是秘密，不能写在流程里", input.name), fmt::format("{} is a secret and cannot stand in a flow", input.name)},
        {"存为凭据，用 credential.get 取出", "Keep it as a credential and take it by credential.get"});
    return;
  }
  const auto converted = literal_as(*literal, type);
  if (!converted.ok()) {
    Text mend;
    if (literal->is(Type::text) && slot(literal->text()))
      mend = {fmt::format("要变量的值就写 ={}", literal->text()), fmt::format("Write ={} for the value of the variable", literal->text())};
    else if (type.type == Type::text && (literal->is(Type::integer) || literal->is(Type::decimal) || literal->is(Type::boolean)))
      mend = {fmt::format("加引号：'{}'", literal->display()), fmt::format("Put it in quotes: '{}'", literal->display())};
    problems_.add(ProblemCode::wrong_type, value.at,
                  {fmt::format("{} 的 {}：{}", info.id, input.name, converted.error().message().zh),
                   fmt::format("{} of {}: {}", input.name, info.id, converted.error().message().en)},
                  std::move(mend));
    return;
  }
  if (!input.choices.empty()) {
    std::vector<std::string> words;
    for (const auto& choice : input.choices) words.push_back(choice.word);
    const auto shown = converted->display();
    if (std::find(words.begin(), words.end(), shown) == words.end()) {
      auto mend = did_you_mean(closest_word(shown, std::span<const std::string>(words)));
      const auto all = possible(words);
      problems_.add(ProblemCode::not_a_choice, value.at,
                    {fmt::format("{} 的 {} 不能是“{}”", info.id, input.name, quoted(shown)),
                     fmt::format("{} of {} cannot be “{}”", input.name, info.id, quoted(shown))},
                    mend.en.empty() ? all : Text{all.zh + "。" + mend.zh, all.en + ". " + mend.en});
      return;
    }
  }
  if (!literal->is(Type::text)) return;
  if (input.names == Names::asset) need("assets", literal->text(), value.at, document_.needs.assets);
  if (input.names == Names::credential) need("credentials", literal->text(), value.at, document_.needs.credentials);
  if (input.names == Names::queue) need("queues", literal->text(), value.at, document_.needs.queues);
}

void StepWalk::arguments(const ActivityInfo& info, const Word& word, const Arguments& given) {
  std::vector<std::string> known;
  for (const auto& input : info.inputs) known.push_back(input.name);
  bool misspelt = false;
  for (const auto& one : given) {
    if (const auto* input = info.input(one.name)) {
      argument(info, *input, one);
      continue;
    }
    misspelt = misspelt || !closest_word(one.name, std::span<const std::string>(known)).empty();
    problems_.add(
        ProblemCode::unknown_input, one.at,
        {fmt::format("{} 没有输入“{}”", info.id, quoted(one.name)), fmt::format("{} has no input “{}”", info.id, quoted(one.name))},
        proposal(one.name, known, known.empty() ? Text{"它没有输入", "It has no inputs"} : possible(known)));
  }
  const auto absent = lacking(
      info.inputs, given, [](const ActivityInput& i) -> const std::string& { return i.name; },
      [](const ActivityInput& i) { return i.required; });
  if (!absent.empty() && !misspelt)
    problems_.add(
        ProblemCode::missing_input, word.at,
        {fmt::format("{} 缺少必需的输入：{}", info.id, listed(absent)), fmt::format("{} lacks what it needs: {}", info.id, listed(absent))},
        {fmt::format("在 with 里补上 {}", absent.front()), fmt::format("Add {} to its `with`", absent.front())});
  for (const auto& capability : info.capabilities) need("capabilities", capability, word.at, document_.needs.capabilities);
}

void StepWalk::saved_outputs(const Save& save, const std::vector<std::string>& outputs, std::string_view of) {
  if (save.empty()) return;
  if (outputs.empty()) {
    problems_.add(ProblemCode::nothing_to_save, save.whole ? save.whole->at : save.outputs.front().first.at,
                  {fmt::format("{} 没有输出", of), fmt::format("{} has no outputs", of)}, {"删去 save", "Leave save out"});
    return;
  }
  for (const auto& [variable, output] : save.outputs)
    if (std::find(outputs.begin(), outputs.end(), output.text) == outputs.end())
      problems_.add(
          ProblemCode::unknown_output, output.at,
          {fmt::format("{} 没有输出“{}”", of, quoted(output.text)), fmt::format("{} has no output “{}”", of, quoted(output.text))},
          proposal(output.text, outputs, possible(outputs)));
}

void StepWalk::effects(const Step& step, const ActivityInfo* info, bool opens) {
  if (step.effect == Effect::once && opens)
    problems_.add(
        ProblemCode::once_without_receipt, step.at,
        {"打开资源的步骤留不下回执：资源不能保存", "a step that opens a resource leaves no receipt: the resource cannot be stored"},
        {"把 effect: once 写到里面真正起作用的步骤上", "Give effect: once to the step inside that does the work"});
  if (!info) return;
  if (step.effect == Effect::once)
    for (const auto& output : info->outputs)
      if (type_word(output.type).type == Type::handle)
        problems_.add(ProblemCode::once_without_receipt, step.at,
                      {fmt::format("{} 的输出 {} 不能保存，留不下回执", info->id, output.name),
                       fmt::format("{} of {} cannot be stored: there would be no receipt", output.name, info->id)});
  if (step.effect == Effect::none && info->effect == Effect::once)
    problems_.add(ProblemCode::effect_weakened, step.at,
                  {fmt::format("{} 会影响外部，这里声明为 none", info->id),
                   fmt::format("{} changes something outside; here it is said not to", info->id)},
                  {"可以安全重复就写 repeatable，否则删去 effect", "Write repeatable when repeating does no harm, else leave effect out"});
}

void StepWalk::codes(const ErrorFilter& filter) {
  for (const auto& code : filter.codes) {
    if (std::find(error_codes_.begin(), error_codes_.end(), code.text) != error_codes_.end()) continue;
    const auto closest = closest_word(code.text, std::span<const std::string>(error_codes_));
    if (closest.empty() || word_distance(code.text, closest) > 2) continue;
    problems_.add(ProblemCode::error_misspelt, code.at,
                  {fmt::format("没有已知的错误码“{}”", code.text), fmt::format("no known error has the code “{}”", code.text)},
                  did_you_mean(closest));
  }
}

void StepWalk::act_do(const Step& step, const Do& act, Knowledge& known) {
  for (const auto& argument : act.with) use(argument.value, known);
  if (const auto* info = activity(act.activity)) {
    arguments(*info, act.activity, act.with);
    if (!info->opens.empty()) {
      problems_.add(ProblemCode::resource_without_steps, act.activity.at,
                    {fmt::format("{} 打开的 {} 要由 as 和 steps 使用，结束时自动关闭", info->id, info->opens),
                     fmt::format("{} opens a {}: `as` and `steps` use it, and it is closed after them", info->id, info->opens)},
                    {"补上 as: 变量名 和 steps:", "Add as: NAME and steps:"});
    } else {
      std::vector<std::string> outputs;
      for (const auto& output : info->outputs) outputs.push_back(output.name);
      saved_outputs(act.save, outputs, info->id);
    }
    effects(step, info, false);
    if (info->suspends) resume_point(step);
  }
  save(act.save, known);
}

void StepWalk::act_with(const Step& step, const With& act, Knowledge& known) {
  for (const auto& argument : act.with) use(argument.value, known);
  std::string kind;
  if (const auto* info = activity(act.activity)) {
    arguments(*info, act.activity, act.with);
    kind = info->opens;
    if (kind.empty())
      problems_.add(ProblemCode::not_a_resource, act.activity.at,
                    {fmt::format("{} 不打开资源，不能带 as 和 steps", info->id),
                     fmt::format("{} opens no resource: it takes no as and steps", info->id)},
                    {"结果用 save 保存，steps 写成后面的步骤", "Keep its result by save, and write the steps after it"});
    effects(step, info, true);
  }
  set(act.as, known);
  if (act.as.name.empty()) {
    steps(act.steps, known);
    return;
  }
  resources_.push_back({act.as.slot, act.as.name, kind});
  steps(act.steps, known);
  resources_.pop_back();
  known.closed.at(act.as.slot) = true;
}

const Document* StepWalk::flow(std::string_view name) const {
  if (document_.flow.text == name) return &document_;
  if (!surroundings_.flows) return nullptr;
  for (const auto* flow : *surroundings_.flows)
    if (flow->flow.text == name) return flow;
  return nullptr;
}

bool StepWalk::reaches(const Document& from, std::string_view name, std::vector<std::string>& seen) const {
  if (from.flow.text == name) return true;
  if (std::find(seen.begin(), seen.end(), from.flow.text) != seen.end()) return false;
  seen.push_back(from.flow.text);
  const auto look = [&](const auto& self, const Steps& steps) -> bool {
    for (const auto& step : steps) {
      if (const auto* call = std::get_if<Call>(&step.act))
        if (const auto* next = flow(call->flow.text); next && reaches(*next, name, seen)) return true;
      for (const auto* block : blocks_of(step))
        if (self(self, *block)) return true;
    }
    return false;
  };
  return look(look, from.steps);
}

void StepWalk::act_call(const Call& act, Knowledge& known) {
  for (const auto& argument : act.with) use(argument.value, known);
  save(act.save, known);
  if (act.flow.text.empty()) return;
  const auto* called = flow(act.flow.text);
  if (!called) {
    if (!surroundings_.flows) return;
    std::vector<std::string> names;
    for (const auto* flow : *surroundings_.flows) names.push_back(flow->flow.text);
    problems_.add(ProblemCode::unknown_flow, act.flow.at,
                  {fmt::format("包里没有流程“{}”", act.flow.text), fmt::format("the package has no flow “{}”", act.flow.text)},
                  proposal(act.flow.text, names, possible(names)));
    return;
  }
  std::vector<std::string> inputs, outputs;
  for (const auto& input : called->inputs) inputs.push_back(input.variable.name);
  for (const auto& output : called->outputs) outputs.push_back(output.name);
  bool misspelt = false;
  for (const auto& one : act.with) {
    const auto input =
        std::find_if(called->inputs.begin(), called->inputs.end(), [&](const Input& i) { return i.variable.name == one.name; });
    if (input == called->inputs.end()) {
      misspelt = misspelt || !closest_word(one.name, std::span<const std::string>(inputs)).empty();
      problems_.add(ProblemCode::unknown_input, one.at,
                    {fmt::format("流程 {} 没有输入“{}”", act.flow.text, quoted(one.name)),
                     fmt::format("the flow {} has no input “{}”", act.flow.text, quoted(one.name))},
                    proposal(one.name, inputs, inputs.empty() ? Text{"它没有输入", "It has no inputs"} : possible(inputs)));
      continue;
    }
    const auto* literal = one.value.literal();
    if (!literal) continue;
    if (input->type.type == Type::secret && !literal->is(Type::nothing)) {
      problems_.add(
          ProblemCode::secret_literal, one.value.at,
          {fmt::format("{} 是秘密，不能写在流程里", one.name), fmt::format("{} is a secret and cannot stand in a flow", one.name)},
          {"存为凭据，用 credential.get 取出", "Keep it as a credential and take it by credential.get"});
      continue;
    }
    const auto converted = literal_as(*literal, input->type);
    if (!converted.ok())
      problems_.add(ProblemCode::wrong_type, one.value.at,
                    {fmt::format("流程 {} 的 {}：{}", act.flow.text, one.name, converted.error().message().zh),
                     fmt::format("{} of the flow {}: {}", one.name, act.flow.text, converted.error().message().en)});
    else if (!input->choices.empty() && !literal->is(Type::nothing) &&
             std::find(input->choices.begin(), input->choices.end(), *converted) == input->choices.end())
      problems_.add(ProblemCode::not_a_choice, one.value.at,
                    {fmt::format("流程 {} 的 {} 不能是“{}”", act.flow.text, one.name, quoted(converted->display())),
                     fmt::format("{} of the flow {} cannot be “{}”", one.name, act.flow.text, quoted(converted->display()))});
  }
  const auto absent = lacking(
      called->inputs, act.with, [](const Input& i) -> const std::string& { return i.variable.name; },
      [](const Input& i) { return i.required; });
  if (!absent.empty() && !misspelt)
    problems_.add(ProblemCode::missing_input, act.flow.at,
                  {fmt::format("流程 {} 缺少必需的输入：{}", act.flow.text, listed(absent)),
                   fmt::format("the flow {} lacks what it needs: {}", act.flow.text, listed(absent))},
                  {fmt::format("在 with 里补上 {}", absent.front()), fmt::format("Add {} to its `with`", absent.front())});
  saved_outputs(act.save, outputs, act.flow.text);
  std::vector<std::string> seen;
  if (reaches(*called, document_.flow.text, seen))
    problems_.add(ProblemCode::call_circle, act.flow.at,
                  {fmt::format("{} 又会调用到 {}：只有条件能让它停下", act.flow.text, document_.flow.text),
                   fmt::format("{} calls {} again: only a condition ends this", act.flow.text, document_.flow.text)},
                  {"确认有条件让它停下；反复执行用 while", "Make sure that a condition ends it; `while` repeats steps"});
}

void StepWalk::act_return(const Step& step, const Return& act, Knowledge& known) {
  std::vector<std::string> names;
  for (const auto& output : document_.outputs) names.push_back(output.name);
  for (const auto& one : act.outputs) {
    use(one.value, known);
    const auto output =
        std::find_if(document_.outputs.begin(), document_.outputs.end(), [&](const Output& o) { return o.name == one.name; });
    if (output == document_.outputs.end()) {
      problems_.add(
          ProblemCode::unknown_output, one.at,
          {fmt::format("outputs 里没有声明“{}”", quoted(one.name)), fmt::format("“{}” is not declared in outputs", quoted(one.name))},
          proposal(one.name, names,
                   {fmt::format("补上 outputs: {{{}: {{type: any}}}}", quoted(one.name)),
                    fmt::format("Add outputs: {{{}: {{type: any}}}}", quoted(one.name))}));
      continue;
    }
    const auto* literal = one.value.literal();
    if (!literal) continue;
    if (const auto converted = literal_as(*literal, output->type); !converted.ok())
      problems_.add(ProblemCode::wrong_type, one.value.at,
                    {fmt::format("输出 {}：{}", one.name, converted.error().message().zh),
                     fmt::format("the output {}: {}", one.name, converted.error().message().en)});
  }
  std::vector<std::string> absent;
  for (const auto& name : names)
    if (std::none_of(act.outputs.begin(), act.outputs.end(), [&](const NamedOperand& a) { return a.name == name; })) absent.push_back(name);
  if (!absent.empty())
    problems_.add(
        ProblemCode::output_not_returned, step.at,
        {fmt::format("没有返回声明的输出：{}", listed(absent)), fmt::format("declared outputs are not returned: {}", listed(absent))},
        {"补上；确实没有就写 null", "Add them; write null for what there is none of"});
  if (in_parallel_ > 0)
    problems_.add(ProblemCode::return_in_parallel, step.at, {"parallel 的分支里不能 return", "a branch of parallel cannot return"},
                  {"把结果存入变量，在 parallel 之后 return", "Keep the result in a variable and return after parallel"});
  if (finally_floor_)
    problems_.add(ProblemCode::leaves_finally, step.at,
                  {"finally 里的 return 会丢掉正在处理的错误", "return inside finally drops the failure that is on its way"},
                  {"把它移到 finally 之外", "Move it out of finally"});
  known.reachable = false;
}

void StepWalk::act_python(const PythonBlock& act, Knowledge& known) {
  for (const auto& argument : act.with) use(argument.value, known);
  save(act.save, known);
  auto* python = surroundings_.python;
  if (!act.module.empty()) {
    auto found = PythonGrammar::Function::there;
    if (surroundings_.python_modules && std::find(surroundings_.python_modules->begin(), surroundings_.python_modules->end(), act.module) ==
                                            surroundings_.python_modules->end())
      found = PythonGrammar::Function::no_module;
    else if (python)
      found = python->look_for(act.module, act.function);
    if (found == PythonGrammar::Function::no_module)
      problems_.add(ProblemCode::unknown_python, act.code_at,
                    {fmt::format("包的 python/ 里没有模块“{}”", quoted(act.module)),
                     fmt::format("the package's python/ has no module “{}”", quoted(act.module))},
                    surroundings_.python_modules
                        ? proposal(act.module, *surroundings_.python_modules, possible(*surroundings_.python_modules))
                        : Text{});
    if (found == PythonGrammar::Function::no_function)
      problems_.add(ProblemCode::unknown_python, act.code_at,
                    {fmt::format("模块 {} 里没有函数“{}”", act.module, quoted(act.function)),
                     fmt::format("the module {} has no function “{}”", act.module, quoted(act.function))});
    return;
  }
  if (!python || act.code.empty()) return;
  if (const auto complaint = python->check(PythonGrammar::Form::block, act.code))
    problems_.add(ProblemCode::python_error,
                  {act.code_at.line + (complaint->line > 0 ? complaint->line - 1 : 0),
                   act.code_at.column + (complaint->column > 0 ? complaint->column - 1 : 0)},
                  complaint->message);
}

}  // namespace quanji::flow
