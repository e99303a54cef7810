#include "engine/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using wire::Finished;
using wire::Outcome;

namespace {

class Loop {
 public:
  Loop(const Document& document, const RunRequest& request, Journal& journal, Python& python, RunWatch& watch)
      : document_(document), request_(request), journal_(journal), python_(python), watch_(watch), variables_(journal.state().variables) {}

  Result<Finished> go() {
    const auto& before = journal_.state();
    if (before.finished) return *before.finished;
    if (!before.begun) {
      if (auto failure = take_inputs()) {
        QUANJI_DO(journal_.begin(request_.attempt, request_.document_digest, variables_));
        return end(failed(*failure, ""));
      }
      QUANJI_DO(journal_.begin(request_.attempt, request_.document_digest, variables_));
    } else if (before.attempt != request_.attempt || before.document_digest != request_.document_digest) {
      return Error(Code::wrong_state,
                   Text("运行日志属于另一次执行或另一份流程文档", "the run journal belongs to another attempt or another document"));
    }
    for (std::size_t i = 0; i < before.done.size(); ++i) watch_.step_done();
    if (!before.unsettled.empty()) {
      auto finished =
          failed({"unsettled_steps", Text("有的步骤可能已经对外生效，请人工确认是否已完成",
                                          "a step may have acted on the outside world: a person has to say whether it was done")},
                 before.unsettled.front());
      finished.unsettled = before.unsettled;
      return end(std::move(finished));
    }
    for (std::size_t i = 0; i < document_.steps.size(); ++i) {
      const auto& step = document_.steps[i];
      watch_.at_step(static_cast<std::int64_t>(i));
      if (before.done.contains(step.path)) continue;
      if (watch_.stop_asked()) return end(stopped());
      QUANJI_TRY(auto finished, one(step));
      if (finished) return end(std::move(*finished));
    }
    return end(success({}));
  }

 private:
  std::variant<Value, Failure> value_of(const Operand& operand) {
    if (const auto* literal = std::get_if<Value>(&operand)) return *literal;
    watch_.python_begins();
    auto value = python_.evaluate(std::get<Expression>(operand).text, variables_);
    watch_.python_ended();
    return value;
  }
  std::variant<Variables, Failure> values_of(const Assignments& assignments) {
    Variables out;
    for (const auto& [name, operand] : assignments) {
      auto value = value_of(operand);
      if (auto* failure = std::get_if<Failure>(&value)) return std::move(*failure);
      out[name] = std::get<Value>(std::move(value));
    }
    return out;
  }
  std::optional<Failure> take_inputs() {
    for (const auto& [name, value] : request_.inputs) {
      const auto declared =
          std::any_of(document_.inputs.begin(), document_.inputs.end(), [&name = name](const auto& i) { return i.first == name; }) ||
          std::find(document_.required_inputs.begin(), document_.required_inputs.end(), name) != document_.required_inputs.end();
      if (!declared)
        return Failure{"unknown_input", Text(fmt::format("流程没有输入“{}”", name), fmt::format("the flow has no input “{}”", name))};
    }
    for (const auto& name : document_.required_inputs)
      if (!request_.inputs.contains(name))
        return Failure{"input_missing", Text(fmt::format("缺少输入“{}”", name), fmt::format("the input “{}” is missing", name))};
    for (const auto& [name, operand] : document_.inputs) {
      if (request_.inputs.contains(name)) continue;
      auto value = value_of(operand);
      if (auto* failure = std::get_if<Failure>(&value)) return std::move(*failure);
      variables_[name] = std::get<Value>(std::move(value));
    }
    for (const auto& [name, value] : request_.inputs) variables_[name] = value;
    return std::nullopt;
  }

  // Nothing: go on with the next step.
  Result<std::optional<Finished>> one(const Step& step) {
    try {
      if (step.effect == Effect::once) QUANJI_DO(journal_.intent(step.path));
      return act(step);
    } catch (const std::exception& bug) {
      return std::optional(failed({"bug", Text("执行程序内部错误", fmt::format("a fault in the runner: {}", bug.what()))}, step.path));
    }
  }
  Result<std::optional<Finished>> act(const Step& step) {
    if (const auto* set = std::get_if<SetVariables>(&step.act)) {
      auto values = values_of(set->variables);
      if (auto* failure = std::get_if<Failure>(&values)) return std::optional(failed(*failure, step.path));
      auto& changed = std::get<Variables>(values);
      const auto written = step.effect == Effect::once ? journal_.receipt(step.path, changed) : journal_.step(step.path, changed);
      if (!written && written.error().code() == Code::too_large)
        return std::optional(
            failed({"value_too_large", Text("变量太大，写不进运行日志（一步最多 1 MB，一次执行最多 8 MB）；请改用文件",
                                            "the variables do not fit the run journal (1 MB a step, 8 MB a run): use a file")},
                   step.path));
      if (!written) return written.error().clone();
      for (auto& [name, value] : changed) variables_[name] = std::move(value);
      watch_.step_done();
      return std::optional<Finished>();
    }
    if (const auto* fail = std::get_if<Fail>(&step.act)) {
      auto message = value_of(fail->message);
      if (auto* failure = std::get_if<Failure>(&message)) return std::optional(failed(*failure, step.path));
      const auto& value = std::get<Value>(message);
      const auto text = value.type() == Value::Type::text ? value.text() : value.json();
      auto finished = failed({fail->code, Text(text, text)}, step.path);
      finished.error->message = text;
      finished.outcome = fail->kind == FailKind::business ? Outcome::business_failure : Outcome::system_failure;
      return std::optional(std::move(finished));
    }
    auto outputs = values_of(std::get<Return>(step.act).outputs);
    if (auto* failure = std::get_if<Failure>(&outputs)) return std::optional(failed(*failure, step.path));
    return std::optional(success(std::get<Variables>(std::move(outputs))));
  }

  Finished success(const Variables& outputs) {
    Finished finished;
    finished.outcome = Outcome::success;
    finished.outputs.text = to_json(outputs);
    return finished;
  }
  Finished stopped() {
    Finished finished;
    finished.outcome = Outcome::stopped;
    return finished;
  }
  Finished failed(const Failure& failure, std::string_view step) {
    if (failure.code == "stopped") return stopped();
    Finished finished;
    finished.outcome = Outcome::system_failure;
    auto message = failure.message.zh + " / " + failure.message.en;
    if (message.size() > 4000) message = failure.code;
    finished.error = wire::RunError{failure.code, std::move(message), std::string(step)};
    return finished;
  }
  Result<Finished> end(Finished finished) {
    finished.steps_done = watch_.steps_done();
    if (auto written = journal_.finished(finished); !written) {
      if (written.error().code() != Code::too_large) return std::move(written).error();
      finished = failed({"value_too_large", Text("输出太大；请改用文件", "the outputs are too large: use a file")}, "");
      finished.steps_done = watch_.steps_done();
      QUANJI_DO(journal_.finished(finished));
    }
    return finished;
  }

  const Document& document_;
  const RunRequest& request_;
  Journal& journal_;
  Python& python_;
  RunWatch& watch_;
  Variables variables_;
};

}  // namespace

Result<Finished> run(const Document& document, const RunRequest& request, Journal& journal, Python& python, RunWatch& watch) {
  return Loop(document, request, journal, python, watch).go();
}

}  // namespace quanji::engine
