#include "flow/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace quanji::flow {

namespace {

using enum ProblemCode;
using enum Severity;
constexpr std::size_t most_errors = 300, most_warnings = 200;

constexpr std::array rows{
    ProblemRow{not_utf8, "not_utf8", error, {"文件不是 UTF-8", "The file is not UTF-8"}},
    ProblemRow{too_large, "too_large", error, {"文件太大", "The file is too large"}},
    ProblemRow{too_deep, "too_deep", error, {"嵌套太深", "Nested too deeply"}},
    ProblemRow{empty_document, "empty_document", error, {"文件是空的", "The file is empty"}},
    ProblemRow{yaml_syntax, "yaml_syntax", error, {"不是正确的 YAML", "Not YAML"}},
    ProblemRow{yaml_tab, "yaml_tab", error, {"缩进用了制表符", "A tab is used for indentation"}},
    ProblemRow{yaml_feature, "yaml_feature", error, {"流程不使用的 YAML 功能", "A feature of YAML that flows do not use"}},
    ProblemRow{expression_unquoted, "expression_unquoted", error, {"这个表达式要加引号", "This expression needs quotes"}},
    ProblemRow{colon_blank, "colon_blank", error, {"冒号后缺少空格", "A blank is missing after the colon"}},
    ProblemRow{full_width, "full_width", error, {"这里要用半角标点", "A full-width character stands where ASCII is needed"}},
    ProblemRow{duplicate_key, "duplicate_key", error, {"同一个词写了两次", "A word is given twice"}},
    ProblemRow{wrong_version, "wrong_version", error, {"语言版本不对", "Wrong version of the language"}},
    ProblemRow{missing_word, "missing_word", error, {"缺少必需的内容", "Something required is missing"}},
    ProblemRow{unknown_word, "unknown_word", error, {"不认识的词", "Unknown word"}},
    ProblemRow{misplaced_word, "misplaced_word", error, {"这个词不能用在这里", "This word does not belong here"}},
    ProblemRow{wrong_form, "wrong_form", error, {"写法不对：应为列表、键值表或文本", "Wrong form: a list, a map or text is expected"}},
    ProblemRow{wrong_word, "wrong_word", error, {"只能是规定的几个词之一", "Not one of the words that are possible here"}},
    ProblemRow{bad_name, "bad_name", error, {"名称不合规则", "Not a name"}},
    ProblemRow{reserved_name, "reserved_name", error, {"名称是 Python 的保留字", "The name is a word of Python"}},
    ProblemRow{name_hides, "name_hides", warning, {"名称遮住了表达式里已有的名称", "The name hides one that expressions have already"}},
    ProblemRow{ambiguous_number, "ambiguous_number", error, {"看不出是数字还是文本", "Number or text: it cannot be told"}},
    ProblemRow{wrong_duration, "wrong_duration", error, {"不是时长", "Not a duration"}},
    ProblemRow{out_of_range, "out_of_range", error, {"数值超出范围", "Out of range"}},
    ProblemRow{no_act, "no_act", error, {"步骤没有动作", "The step does nothing"}},
    ProblemRow{two_acts, "two_acts", error, {"一步只能有一个动作", "A step has one act only"}},
    ProblemRow{empty_steps, "empty_steps", warning, {"没有步骤", "No steps"}},
    ProblemRow{too_many_steps, "too_many_steps", error, {"步骤太多", "Too many steps"}},
    ProblemRow{duplicate_id, "duplicate_id", error, {"步骤标识重复", "A step id is given twice"}},
    ProblemRow{not_expression, "not_expression", error, {"这里要写表达式", "An expression is expected"}},
    ProblemRow{empty_expression, "empty_expression", error, {"= 后面没有表达式", "No expression after ="}},
    ProblemRow{expression_unfinished, "expression_unfinished", error, {"表达式没有写完", "The expression is not complete"}},
    ProblemRow{not_python, "not_python", error, {"这不是 Python 的写法", "This is not how Python says it"}},
    ProblemRow{single_equals, "single_equals", error, {"比较要用 ==", "A comparison is written =="}},
    ProblemRow{python_error, "python_error", error, {"Python 不接受", "Python refuses it"}},
    ProblemRow{unknown_variable, "unknown_variable", error, {"没有这个变量", "There is no such variable"}},
    ProblemRow{variable_set_later, "variable_set_later", error, {"变量在这里还没有值", "The variable has no value yet"}},
    ProblemRow{variable_maybe_unset, "variable_maybe_unset", warning, {"变量在这里可能没有值", "The variable may have no value here"}},
    ProblemRow{constant_condition, "constant_condition", warning, {"条件永远不变", "The condition never changes"}},
    ProblemRow{
        template_in_literal, "template_in_literal", warning, {"文本里的变量不会被替换", "A variable inside literal text is not filled in"}},
    ProblemRow{outside_loop, "outside_loop", error, {"不在循环里", "Not inside a loop"}},
    ProblemRow{unreachable, "unreachable", warning, {"永远执行不到", "Never reached"}},
    ProblemRow{catch_unreachable, "catch_unreachable", warning, {"永远轮不到这个 catch", "This catch never gets its turn"}},
    ProblemRow{leaves_finally, "leaves_finally", warning, {"从 finally 里离开会丢掉错误", "Leaving from inside finally drops the failure"}},
    ProblemRow{return_in_parallel, "return_in_parallel", error, {"parallel 的分支里不能 return", "No return from inside parallel"}},
    ProblemRow{loop_variable_reused,
               "loop_variable_reused",
               warning,
               {"里层循环改了外层循环的变量", "An inner loop takes the variable of an outer one"}},
    ProblemRow{
        parallel_same_variable, "parallel_same_variable", warning, {"两个并行分支写同一个变量", "Two parallel branches set one variable"}},
    ProblemRow{unknown_activity, "unknown_activity", error, {"没有这个活动", "There is no such activity"}},
    ProblemRow{unknown_input, "unknown_input", error, {"没有这个输入", "There is no such input"}},
    ProblemRow{missing_input, "missing_input", error, {"缺少必需的输入", "A required input is missing"}},
    ProblemRow{wrong_type, "wrong_type", error, {"类型不对", "Wrong type"}},
    ProblemRow{not_a_choice, "not_a_choice", error, {"不在可选的值里", "Not one of the values to choose from"}},
    ProblemRow{secret_literal, "secret_literal", error, {"秘密不能写在流程里", "A secret cannot stand in a flow"}},
    ProblemRow{unknown_output, "unknown_output", error, {"没有这个输出", "There is no such output"}},
    ProblemRow{nothing_to_save, "nothing_to_save", error, {"没有可保存的结果", "There is no result to save"}},
    ProblemRow{output_not_returned, "output_not_returned", warning, {"声明的输出没有返回", "A declared output is not returned"}},
    ProblemRow{error_misspelt, "error_misspelt", warning, {"错误码可能写错了", "The error code looks misspelt"}},
    ProblemRow{unknown_flow, "unknown_flow", error, {"包里没有这个流程", "The package has no such flow"}},
    ProblemRow{call_circle, "call_circle", warning, {"流程互相调用成圈", "Flows call each other in a circle"}},
    ProblemRow{unknown_python, "unknown_python", error, {"没有这个 Python 模块或函数", "There is no such Python module or function"}},
    ProblemRow{resource_without_steps,
               "resource_without_steps",
               error,
               {"打开的资源没有使用它的步骤", "A resource is opened without the steps that use it"}},
    ProblemRow{not_a_resource, "not_a_resource", error, {"这个活动不打开资源", "This activity opens no resource"}},
    ProblemRow{wrong_resource, "wrong_resource", error, {"资源的种类不对", "The wrong kind of resource"}},
    ProblemRow{resource_closed, "resource_closed", error, {"资源在这里已经关闭", "The resource is closed here"}},
    ProblemRow{
        resume_in_resource, "resume_in_resource", warning, {"恢复时资源要重新打开", "After a resume the resource has to be opened again"}},
    ProblemRow{once_retried, "once_retried", warning, {"只做一次的步骤会被重试", "A step that is to happen once is retried"}},
    ProblemRow{once_without_receipt,
               "once_without_receipt",
               warning,
               {"只做一次的步骤留不下回执", "A step that is to happen once leaves no receipt"}},
    ProblemRow{effect_weakened, "effect_weakened", warning, {"声明的副作用比活动的弱", "The effect said is weaker than the activity's"}},
    ProblemRow{need_undeclared, "need_undeclared", error, {"用到的东西没有在 needs 里声明", "Something used is not declared in needs"}},
    ProblemRow{bad_version, "bad_version", error, {"版本号不合规则", "Not a version"}},
    ProblemRow{bad_requirement, "bad_requirement", error, {"版本要求不合规则", "Not a requirement of versions"}},
    ProblemRow{no_flows, "no_flows", error, {"包里没有流程", "The package has no flows"}},
    ProblemRow{unknown_entry, "unknown_entry", error, {"入口流程不存在", "An entry is no flow of the package"}},
    ProblemRow{duplicate_flow, "duplicate_flow", error, {"两个文件是同名流程", "Two files hold flows of one name"}},
    ProblemRow{
        package_need_missing, "package_need_missing", error, {"流程需要而包没有声明", "A flow needs what the package does not declare"}},
};
static_assert(rows.size() == static_cast<std::size_t>(package_need_missing) + 1);

// A line of a report stays one line, whatever the document held.
std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

}  // namespace

std::span<const ProblemRow> problem_table() { return rows; }
const ProblemRow& row_of(ProblemCode code) { return rows.at(static_cast<std::size_t>(code)); }

std::string to_line(const Problem& problem, Language language) {
  const bool chinese = language == Language::zh;
  const bool is_error = problem.severity() == Severity::error;
  const auto& mend = chinese ? problem.mend.zh : problem.mend.en;
  const std::string_view kind = chinese ? (is_error ? "错误" : "警告") : (is_error ? "error" : "warning");
  return one_line(fmt::format("{}:{}:{}: {}: {}{}{} [{}]", problem.file, problem.at.line, problem.at.column, kind,
                              chinese ? problem.message.zh : problem.message.en,
                              mend.empty() ? ""
                              : chinese    ? "。"
                                           : ". ",
                              mend, row_of(problem.code).word));
}

bool has_errors(std::span<const Problem> problems) {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return p.severity() == Severity::error; });
}

base::Error to_error(std::span<const Problem> problems) {
  std::vector<base::FieldProblem> fields;
  for (const auto& problem : problems) {
    if (problem.severity() != Severity::error) continue;
    base::Text reason = problem.message;
    if (!problem.mend.en.empty()) reason.zh += "。" + problem.mend.zh, reason.en += ". " + problem.mend.en;
    fields.push_back({one_line(fmt::format("{}:{}:{}", problem.file, problem.at.line, problem.at.column)), std::move(reason)});
  }
  return base::Error(base::Code::invalid_field).with_fields(std::move(fields));
}

bool Problems::full() const { return errors_ >= most_errors; }
bool Problems::has(ProblemCode code, Position at) const {
  return std::any_of(found_.begin(), found_.end(), [&](const Problem& p) { return p.code == code && p.at == at; });
}
void Problems::add(ProblemCode code, Position at, base::Text message, base::Text mend) {
  const bool is_error = row_of(code).severity == Severity::error;
  if ((is_error ? errors_ >= most_errors : found_.size() - errors_ >= most_warnings) || has(code, at)) return;
  errors_ += is_error ? 1 : 0;
  found_.push_back({code, file_, at, std::move(message), std::move(mend)});
}
std::vector<Problem> Problems::take() && {
  std::stable_sort(found_.begin(), found_.end(), [](const Problem& a, const Problem& b) { return a.at < b.at; });
  return std::move(found_);
}

}  // namespace quanji::flow
