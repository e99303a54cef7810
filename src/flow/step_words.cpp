#include "flow/step_words.h"

#include <algorithm>
#include <array>

namespace quanji::flow {

namespace {

using Names = std::span<const std::string_view>;
constexpr std::array<std::string_view, 3> takes_with{"do", "call", "python"};
constexpr std::array<std::string_view, 2> takes_as{"do", "each_item"};
constexpr std::array<std::string_view, 4> takes_steps{"for", "while", "each_item", "do"};
constexpr std::array<std::string_view, 1> of_if{"if"}, of_for{"for"}, of_try{"try"}, of_each_item{"each_item"};

// clang-format off
constexpr std::array acts{
    ActWord{"set", {"给变量赋值：{名称: 值}", "Sets variables: {name: value}"}, false, false, false, true, false, true},
    ActWord{"do", {"执行一个活动（组.动词_名词）", "Runs an activity (group.verb_noun)"}, false, true, true, true, true, true},
    ActWord{"if", {"条件成立时执行 then", "Runs `then` when the condition holds"}, false, true, false, true, false, true},
    ActWord{"for", {"对 in 中的每一项执行 steps", "Runs the steps for each item of `in`"}, false, true, false, true, false, true},
    ActWord{"while", {"条件成立时反复执行 steps", "Runs the steps as long as the condition holds"}, false, true, false, true, false, true},
    ActWord{"break", {"离开循环", "Leaves the loop"}, true},
    ActWord{"continue", {"进入循环的下一轮", "Goes on with the loop's next turn"}, true},
    ActWord{"try", {"执行步骤，失败时由 catch 处理", "Runs steps; `catch` deals with their failures"}, false, true, false, true, false, true},
    ActWord{"fail", {"以错误结束：{kind, code, message}", "Fails: {kind, code, message}"}, false, false, false, false, false, true},
    ActWord{"return", {"结束流程并给出输出", "Ends the flow and gives its outputs"}, true},
    ActWord{"call", {"调用包里的另一个流程", "Runs another flow of the package"}, false, true, true, true, false, true},
    ActWord{"python", {"执行 Python 代码块，或包里的 模块:函数", "Runs a block of Python, or module:function of the package"}, false, true, true, true, true, true},
    ActWord{"parallel", {"同时执行几组步骤", "Runs branches of steps at the same time"}, false, true, false, true, false, true},
    ActWord{"each_item", {"逐项处理队列，直到取空", "Takes the items of a queue until it is empty"}, false, true, false, true, false, true},
    ActWord{"checkpoint", {"存盘点：之后可以从这里继续", "A point from which the run can go on later"}, true},
};
constexpr std::array parts{
    PartWord{"with", takes_with, {"输入：{名称: 值}", "Inputs: {name: value}"}},
    PartWord{"save", takes_with, {"把结果存入变量；或 {变量: 输出名}", "Keeps the result in a variable; or {variable: output}"}},
    PartWord{"as", takes_as, {"打开的资源或当前项的变量名", "The variable that holds the open resource, or the item"}},
    PartWord{"steps", takes_steps, {"步骤", "Steps"}},
    PartWord{"then", of_if, {"条件成立时的步骤", "The steps when the condition holds"}},
    PartWord{"elif", of_if, {"其他条件：[{if, then}]", "Other conditions: [{if, then}]"}},
    PartWord{"else", of_if, {"都不成立时的步骤", "The steps when none holds"}},
    PartWord{"in", of_for, {"要遍历的列表或表", "The list or table to go through"}},
    PartWord{"index", of_for, {"序号变量，从 0 开始", "A variable that counts from 0"}},
    PartWord{"catch", of_try, {"错误处理：[{error, save, steps}]", "What to do about failures: [{error, save, steps}]"}},
    PartWord{"finally", of_try, {"无论如何都执行的步骤", "Steps that run whatever happened"}},
    PartWord{"limit", of_each_item, {"最多处理多少项", "How many items at most"}},
};
constexpr std::array options{
    OptionWord{"id", {"步骤标识，文件里唯一", "The step's id, unique in the file"}},
    OptionWord{"title", {"给人看的标题", "A title for people"}},
    OptionWord{"when", {"表达式：不成立就跳过这一步", "An expression: the step is passed over when it does not hold"}},
    OptionWord{"timeout", {"时限，如 30s", "How long it may take, like 30s"}},
    OptionWord{"retry", {"失败后重试：{times, wait, factor, error}", "Tries again after a failure: {times, wait, factor, error}"}},
    OptionWord{"on_error", {"失败时：fail 失败，continue 继续", "After a failure: fail, or continue"}},
    OptionWord{"effect", {"对外部的影响：none 无，repeatable 可重复，once 只做一次", "What it does to the world: none, repeatable, once"}},
    OptionWord{"evidence", {"留证：none 不留，on_error 出错时，always 总是", "Evidence kept: none, on_error, always"}},
};
// clang-format on

template <class Rows>
auto find_in(const Rows& rows, std::string_view word) -> decltype(rows.data()) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.word == word; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::span<const ActWord> act_words() { return acts; }
std::span<const PartWord> part_words() { return parts; }
std::span<const OptionWord> option_words() { return options; }
const ActWord* find_act(std::string_view word) { return find_in(acts, word); }
const PartWord* find_part(std::string_view word) { return find_in(parts, word); }

bool option_fits(std::string_view option, const ActWord& act) {
  if (option == "timeout") return act.timeout;
  if (option == "retry") return act.retry;
  if (option == "on_error") return act.on_error;
  if (option == "effect") return act.effect;
  if (option == "evidence") return act.evidence;
  return true;
}

}  // namespace quanji::flow
