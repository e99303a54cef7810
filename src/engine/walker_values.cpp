// Values of operands, and what becomes of results.
#include <algorithm>

#include "engine/walker.h"
#include "flow/literals.h"

namespace quanji::engine {

using base::Text;
using values::List;
using values::Map;
using values::Value;

Outcome<Value> Walker::value_of(const flow::Operand& operand) {
  if (const auto* literal = operand.literal()) return *literal;
  if (const auto* expression = operand.expression()) return run_.around.python.evaluate(program(), *expression, slots(), python_limit());
  if (const auto* list = std::get_if<flow::ListOf>(&operand.form)) {
    List out;
    out.reserve(list->items.size());
    for (const auto& item : list->items) {
      QUANJI_TRY(auto value, value_of(item));
      out.push_back(std::move(value));
    }
    return Value::of(std::move(out));
  }
  Map out;
  for (const auto& [key, inner] : std::get<flow::MapOf>(operand.form).entries) {
    QUANJI_TRY(auto value, value_of(inner));
    out.emplace_back(key, std::move(value));
  }
  return Value::of(std::move(out));
}
Outcome<Map> Walker::values_of(const flow::Arguments& arguments) {
  Map out;
  out.reserve(arguments.size());
  for (const auto& argument : arguments) {
    QUANJI_TRY(auto value, value_of(argument.value));
    out.emplace_back(argument.name, std::move(value));
  }
  return out;
}
Outcome<bool> Walker::holds(const flow::Operand& operand) {
  if (const auto* expression = operand.expression()) return run_.around.python.holds(program(), *expression, slots(), python_limit());
  if (const auto* literal = operand.literal(); literal && literal->is(values::Type::boolean)) return literal->boolean();
  return system_failure("invalid_argument", Text("条件应为表达式或 true、false", "a condition is an expression, or true or false"));
}

void Walker::assign(std::uint32_t slot, Value value) {
  slots().set(slot, std::move(value));
  auto* observer = run_.around.observer;
  if (!observer || !now_.step) return;
  const auto at = position(*now_.step);
  const std::lock_guard lock(run_.watching);
  observer->variable_set({document(), *now_.step, at, depth_}, slots().name(slot), slots().get(slot));
}
void Walker::save(const flow::Save& save, const Map& outputs, std::vector<Slots::Before>& before) {
  const auto set = [&](std::uint32_t slot, Value value) {
    before.push_back(slots().before(slot));
    assign(slot, std::move(value));
  };
  if (save.whole) set(save.whole->slot, outputs.size() == 1 ? outputs.front().second : Value::of(outputs));
  for (const auto& [variable, output] : save.outputs) {
    const auto found = std::find_if(outputs.begin(), outputs.end(), [&name = output.text](const auto& o) { return o.first == name; });
    set(variable.slot, found == outputs.end() ? Value() : found->second);
  }
}
void Walker::put_back(std::vector<Slots::Before>& before) {
  while (!before.empty()) {
    slots().put_back(std::move(before.back()));
    before.pop_back();
  }
}

void restore_slots(Slots& slots, const values::Variables& variables, const flow::Document& document) {
  for (const auto& [name, value] : variables) {
    const auto slot = flow::slot_of(document, name);
    if (slot && !(slots.is_set(*slot) && slots.get(*slot) == value)) slots.set(*slot, value);
  }
  slots.take_changed([](std::uint32_t) {});
}
void Walker::restore_scope(const values::Variables& variables) { restore_slots(slots(), variables, document()); }

Outcome<void> Walker::take(values::Variables& inputs) {
  for (const auto& [name, value] : inputs) slots().set(*flow::slot_of(document(), name), value);
  for (const auto& input : document().inputs) {
    if (inputs.contains(input.variable.name)) continue;
    auto value = input.fallback ? value_of(*input.fallback) : Outcome<Value>(Value());
    if (!value) return std::move(value).error();
    auto typed = flow::literal_as(*value, input.type);
    if (!typed)
      return system_failure("invalid_input", Text("输入“" + input.variable.name + "”的默认值：" + typed.error().message().zh,
                                                  "the default of input “" + input.variable.name + "”: " + typed.error().message().en));
    slots().set(input.variable.slot, *typed);
    inputs.emplace(input.variable.name, std::move(*typed));
  }
  slots().take_changed([](std::uint32_t) {});
  return {};
}

Outcome<values::Variables> take_inputs(const flow::Document& document, const values::Variables& given) {
  for (const auto& [name, value] : given)
    if (std::none_of(document.inputs.begin(), document.inputs.end(), [&n = name](const auto& i) { return i.variable.name == n; }))
      return system_failure("unknown_input", Text("流程没有输入“" + name + "”", "the flow has no input “" + name + "”"));
  values::Variables out;
  for (const auto& input : document.inputs) {
    const auto& name = input.variable.name;
    const auto found = given.find(name);
    if (found == given.end()) {
      if (input.required && !input.fallback)
        return system_failure("input_missing", Text("缺少输入“" + name + "”", "the input “" + name + "” is missing"));
      continue;
    }
    auto value = flow::literal_as(found->second, input.type);
    if (!value)
      return system_failure("invalid_input", Text("输入“" + name + "”：" + value.error().message().zh,
                                                  "input “" + name + "”: " + value.error().message().en));
    if (!input.choices.empty() && std::find(input.choices.begin(), input.choices.end(), *value) == input.choices.end())
      return system_failure("invalid_input", Text("输入“" + name + "”不是可选的值之一", "input “" + name + "” is none of its choices"));
    out.emplace(name, std::move(*value));
  }
  return out;
}

}  // namespace quanji::engine
