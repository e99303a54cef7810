#include "engine/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/walker.h"
#include "flow/literals.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Text;
using values::Map;
using values::Value;
using wire::Finished;

void Flows::add(flow::Document document) { documents_.push_back(std::make_unique<const flow::Document>(std::move(document))); }
const flow::Document* Flows::find(std::string_view name) const {
  const auto found = std::find_if(documents_.begin(), documents_.end(), [&](const auto& d) { return d->flow.text == name; });
  return found == documents_.end() ? nullptr : found->get();
}

namespace {

class Ended {
 public:
  Ended(const RunControl& control, Journal* journal) : control_(control), journal_(journal) {}

  Finished success(const values::Variables& outputs) const {
    auto finished = outcome(wire::Outcome::success);
    finished.outputs.text = values::to_json(outputs);
    return finished;
  }
  Finished failed(const Failure& failure) const {
    auto finished = outcome(failure.ending == Ending::stopped                                             ? wire::Outcome::stopped
                            : failure.ending == Ending::timed_out                                         ? wire::Outcome::timed_out
                            : failure.kind == flow::ErrorKind::business && failure.ending == Ending::none ? wire::Outcome::business_failure
                                                                                                          : wire::Outcome::system_failure);
    if (failure.ending == Ending::stopped && failure.code == "stopped") return finished;
    auto message = failure.message.zh == failure.message.en ? failure.message.zh : failure.message.zh + " / " + failure.message.en;
    if (message.size() > 4000) message = base::Text(failure.code, failure.code).zh;
    finished.error = wire::RunError{failure.code, std::move(message), failure.step};
    return finished;
  }
  Finished suspended(const Failure& failure) const {
    auto finished = outcome(wire::Outcome::stopped);
    finished.waiting = wire::RunError{failure.code, failure.message.zh + " / " + failure.message.en, failure.step};
    return finished;
  }
  // Writes it; outputs that do not fit are a failure of their own.
  Result<Finished> write(Finished finished) const {
    if (!journal_) return finished;
    if (finished.waiting) return finished;  // its record stands already; the run is not at its end
    if (auto written = journal_->finished(finished); !written) {
      if (written.error().code() != Code::too_large) return std::move(written).error();
      finished = failed(system_failure("value_too_large", Text("输出太大；请改用文件", "the outputs are too large: use a file")));
      QUANJI_DO(journal_->finished(finished));
    }
    return finished;
  }

 private:
  Finished outcome(wire::Outcome outcome) const {
    Finished finished;
    finished.outcome = outcome;
    finished.steps_done = control_.steps_done.load();
    return finished;
  }
  const RunControl& control_;
  Journal* journal_;
};

Outcome<values::Variables> take_outputs(const flow::Document& document, const Map& returned) {
  values::Variables out;
  if (document.outputs.empty()) {
    for (const auto& [name, value] : returned) out[name] = value;
    return out;
  }
  for (const auto& output : document.outputs) {
    const auto found = std::find_if(returned.begin(), returned.end(), [&](const auto& one) { return one.first == output.name; });
    if (found == returned.end()) {
      out[output.name] = Value();
      continue;
    }
    auto value = flow::literal_as(found->second, output.type);
    if (!value)
      return system_failure("invalid_output", Text("输出“" + output.name + "”：" + value.error().message().zh,
                                                   "output “" + output.name + "”: " + value.error().message().en));
    out[output.name] = std::move(*value);
  }
  return out;
}

Result<Finished> go(const flow::Document& document, const RunRequest& request, const Surroundings& around, RunControl& control,
                    Journal* journal) {
  const Ended ended(control, journal);
  Run run(request, around, control, journal);
  around.python.set_world({&around.outside, &around.clock, around.facts});
  Walker walker(run, document, Slots(document.variables), control.halt);
  if (request.time) walker.limit(around.clock.monotonic() + *request.time);

  std::optional<Strand> resumed;
  if (journal && journal->state().begun) {
    const auto& before = journal->state();
    if (before.document_digest != request.document_digest || before.flow != request.flow)
      return Error(Code::wrong_state,
                   Text("运行日志属于另一份流程文档；流程改过之后不能从中途继续",
                        "the run journal belongs to another document: a flow that was changed cannot go on from the middle"));
    if (before.attempt != request.attempt && request.after_end == RunRequest::After::stay)
      return Error(Code::wrong_state, Text("运行日志属于另一次执行", "the run journal belongs to another attempt"));
    if (before.finished && (request.after_end == RunRequest::After::stay || before.finished->outcome == wire::Outcome::success))
      return *before.finished;
    control.steps_done = before.steps_done;
    std::vector<std::string> open;
    for (const auto& doubt : doubts(before))
      if (std::none_of(request.settled.begin(), request.settled.end(), [&](const Settled& s) { return s.at == doubt.at; }))
        open.push_back(doubt.at);
    if (!open.empty()) {
      auto failure =
          system_failure("unsettled_steps", Text("有的步骤可能已经对外生效，请人工确认是否已完成",
                                                 "a step may have acted on the outside world: a person has to say whether it was done"));
      failure.step = open.front();
      auto finished = ended.failed(failure);
      finished.unsettled = std::move(open);
      if (before.finished) return finished;
      return ended.write(std::move(finished));
    }
    run.promised = before.promised;
    for (const auto& one : request.settled) {
      if (!one.done) continue;
      const auto receipt = before.receipts.find(one.at);
      run.promised[one.at] = receipt != before.receipts.end() ? receipt->second : one.set;
    }
    QUANJI_DO(journal->resumed(request.attempt, request.settled));
    resumed = resume_point(before.main);
    if (!resumed->scopes.empty()) walker.restore_scope(resumed->scopes.front());
    if (resumed->stands != Strand::Stands::nowhere) walker.resume_at(*resumed);
  } else {
    auto inputs = take_inputs(document, request.inputs);
    std::optional<Failure> problem;
    values::Variables given;
    if (inputs)
      given = std::move(*inputs);
    else
      problem = std::move(inputs).error();
    if (!problem)
      if (auto taken = walker.take(given); !taken) problem = std::move(taken).error();
    if (journal) QUANJI_DO(journal->begin(request.attempt, request.document_digest, request.flow, given));
    if (problem) return ended.write(ended.failed(*problem));
    if (request.from && !journal) {
      resumed.emplace();
      resumed->stands = Strand::Stands::before;
      resumed->at = request.from->at;
      walker.restore_scope(request.from->variables);
      walker.resume_at(*resumed);
    }
  }

  const Way way = walker.walk(document.steps);
  walker.close_rest();
  {
    const std::lock_guard lock(run.guard);
    if (run.broken) return std::move(*run.broken);
  }
  if (way == Way::failed) {
    const auto& failure = walker.failure();
    return ended.write(failure.ending == Ending::suspended ? ended.suspended(failure) : ended.failed(failure));
  }
  auto outputs = take_outputs(document, walker.returned());
  return ended.write(outputs ? ended.success(*outputs) : ended.failed(outputs.error()));
}

}  // namespace

Result<Finished> run(const RunRequest& request, const Surroundings& around, RunControl& control, Journal* journal) {
  const auto* document = request.flows.find(request.flow);
  if (!document)
    return Error(Code::not_found, Text("包里没有流程“" + request.flow + "”", "the package has no flow “" + request.flow + "”"));
  return go(*document, request, around, control, journal);
}

}  // namespace quanji::engine
