// Expressions and the variables they use.
#include <fmt/format.h>

#include <algorithm>

#include "flow/closest_word.h"
#include "flow/python_names.h"
#include "flow/step_walk.h"
#include "flow/yaml_mend.h"
#include "values/names.h"

namespace quanji::flow {

using base::Text;
using values::quoted;
using values::Type;

Position position_in(const Expression& expression, std::size_t offset) {
  const std::string_view text = expression.python;
  offset = std::min(offset, text.size());
  const auto line_start = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  if (line_start == std::string_view::npos) return {expression.at.line, expression.at.column + characters_before(text, offset)};
  const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return {expression.at.line + static_cast<std::uint32_t>(lines),
          1 + characters_before(text.substr(line_start + 1), offset - line_start - 1)};
}

bool StepWalk::is_known_name(std::string_view name) const {
  if (is_flow_name(name) || is_python_builtin(name) || is_python_module(name) || name.starts_with("__")) return true;
  return std::find(surroundings_.names.begin(), surroundings_.names.end(), name) != surroundings_.names.end();
}

void StepWalk::use_name(const std::string& name, Position at, const Knowledge& known) {
  const auto slot = this->slot(name);
  if (doubtful_.contains(name) || problems_.full()) return;
  if (slot && known.sure[*slot] && !known.closed[*slot]) return;
  if (is_known_name(name)) return;
  if (!slot) {
    std::string meant;
    if (name == "true" || name == "TRUE") meant = "True";
    if (name == "false" || name == "FALSE") meant = "False";
    if (name == "null" || name == "none" || name == "NULL" || name == "nil") meant = "None";
    if (meant.empty()) meant = closest_word(name, std::span<const std::string>(document_.variables));
    if (meant.empty()) meant = closest_word(name, flow_names());
    if (meant.empty()) meant = closest_word(name, python_builtins());
    auto mend = did_you_mean(meant);
    if (meant.empty())
      mend = {"先用 set 或 save 给它赋值，或声明为 inputs；要文本就加引号",
              "Set it before by set or save, or declare it in inputs; text goes in quotes"};
    problems_.add(ProblemCode::unknown_variable, at,
                  {fmt::format("没有变量“{}”", quoted(name)), fmt::format("there is no variable “{}”", quoted(name))}, std::move(mend));
    return;
  }
  if (known.closed[*slot]) {
    problems_.add(ProblemCode::resource_closed, at,
                  {fmt::format("资源 {} 在它的 steps 之后已经关闭", name), fmt::format("the resource {} is closed after its steps", name)},
                  {"把这一步移到打开它的步骤的 steps 里", "Move this step into the steps of the one that opens it"});
  } else if (!known.maybe[*slot]) {
    problems_.add(ProblemCode::variable_set_later, at,
                  {fmt::format("变量 {} 在这里还没有赋值", name), fmt::format("the variable {} has no value yet here", name)},
                  {"把赋值的步骤移到前面", "Move the step that sets it above"});
  } else if (known.reachable) {
    problems_.add(
        ProblemCode::variable_maybe_unset, at,
        {fmt::format("变量 {} 在某些情况下没有赋值", name), fmt::format("the variable {} has no value on some ways to this place", name)},
        {"在前面先用 set 给一个初值", "Give it a first value by set above"});
  }
}

void StepWalk::use(const Expression& expression, const Knowledge& known) {
  if (expression.python.empty()) return;
  const auto scan = read_expression(expression.python);
  if (scan.unfinished != PythonScan::Unfinished::no) {
    const bool text = scan.unfinished == PythonScan::Unfinished::text;
    problems_.add(ProblemCode::expression_unfinished, expression.at,
                  {text ? "表达式里的引号没有关上" : "表达式里的括号没有关上",
                   text ? "a quote in this expression is never closed" : "a bracket in this expression is never closed"},
                  {"补上它；表达式里有“ #”、“: ”或写在 {…}、[…] 里时，整体加引号",
                   "Close it; an expression that holds “ #” or “: ”, or stands inside {…} or […], has to be in quotes"});
    return;
  }
  if (scan.extra_bracket) {
    problems_.add(ProblemCode::expression_unfinished, position_in(expression, *scan.extra_bracket),
                  {"这个括号没有对应的左括号", "this bracket closes nothing"}, {"删去它，或补上左括号", "Leave it out, or open it"});
    return;
  }
  if (scan.foreign) {
    const auto at = position_in(expression, scan.foreign->offset);
    if (scan.full_width)
      problems_.add(ProblemCode::full_width, at,
                    {fmt::format("表达式里用了全角“{}”", scan.foreign->found),
                     fmt::format("the expression holds a full-width “{}”", scan.foreign->found)},
                    {fmt::format("改成半角 {}", scan.foreign->python), fmt::format("Write {}", scan.foreign->python)});
    else
      problems_.add(ProblemCode::not_python, at,
                    {fmt::format("Python 没有“{}”", scan.foreign->found), fmt::format("Python has no “{}”", scan.foreign->found)},
                    scan.foreign->python.empty()
                        ? Text{}
                        : Text{fmt::format("写成 {}", scan.foreign->python), fmt::format("Write {}", scan.foreign->python)});
    return;
  }
  if (scan.single_equals) {
    problems_.add(ProblemCode::single_equals, position_in(expression, *scan.single_equals),
                  {"表达式里不能赋值；比较用 ==", "an expression does not assign; a comparison is written =="},
                  {"写成 ==；赋值用 set", "Write ==; a variable is set by `set`"});
    return;
  }
  for (const auto& call : scan.calls)
    if (call.name == "asset" && !slot("asset")) need("assets", call.text, position_in(expression, call.offset), document_.needs.assets);
  for (const auto& name : scan.names) use_name(name.name, position_in(expression, name.offset), known);
  if (surroundings_.python) {
    if (const auto complaint = surroundings_.python->check(PythonGrammar::Form::expression, expression.python)) {
      Position at = expression.at;
      if (complaint->line <= 1)
        at.column += complaint->column > 0 ? complaint->column - 1 : 0;
      else
        at = {at.line + complaint->line - 1, complaint->column};
      problems_.add(ProblemCode::python_error, at, complaint->message);
    }
  }
}

void StepWalk::use(const Operand& operand, const Knowledge& known) {
  if (const auto* expression = operand.expression()) use(*expression, known);
  if (const auto* list = std::get_if<ListOf>(&operand.form))
    for (const auto& item : list->items) use(item, known);
  if (const auto* map = std::get_if<MapOf>(&operand.form))
    for (const auto& [key, value] : map->entries) use(value, known);
}

void StepWalk::condition(const Operand& operand, const Knowledge& known, bool may_be_true_always) {
  use(operand, known);
  const auto* literal = operand.literal();
  const auto* expression = operand.expression();
  std::optional<bool> constant;
  if (literal && literal->is(Type::boolean)) constant = literal->boolean();
  if (expression && (expression->python == "True" || expression->python == "False")) constant = expression->python == "True";
  if (!constant || (*constant && may_be_true_always)) return;
  problems_.add(
      ProblemCode::constant_condition, operand.at,
      {fmt::format("条件总是{}", *constant ? "成立" : "不成立"), fmt::format("this condition {} holds", *constant ? "always" : "never")});
}

}  // namespace quanji::flow
