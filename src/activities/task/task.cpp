#include "activities/task/task.h"

#include <fmt/format.h>

#include "activities/group.h"

namespace quanji::activities {
namespace task {

using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using engine::TaskOutcome;
using values::Value;

QUANJI_FIELDS(Start::Input, QF(flow, "流程名", "The flow's name"),
              QF(inputs, "流程的输入：名字→值", "The flow's inputs by name", .fallback = "{}"),
              QF(priority, "优先级", "The more urgent go first", .fallback = "\"normal\""),
              QF(business_date, "新任务的业务日期；缺省为本任务的", "The new task's business date; this task's when not given"))
QUANJI_FIELDS(Start::Output, QF(task, "任务号", "The task's id"))
QUANJI_FIELDS(Wait::Input, QF(task, "任务号", "The task's id"),
              QF(if_failed, "没有成功时：报 task_failed，或返回状态", "When it does not succeed: task_failed, or its state is returned",
                 .fallback = "\"fail\""))
QUANJI_FIELDS(Wait::Output, QF(state, "状态", "Its state"), QF(outputs, "它的输出", "Its outputs"))
QUANJI_FIELDS(Read::Input, QF(task, "任务号", "The task's id"))
QUANJI_FIELDS(Read::Output, QF(info, "id、state、outcome（未结束为空）、outputs、code、message",
                               "id, state, outcome (nothing while it is not over), outputs, code, message"))
QUANJI_FIELDS(Stop::Input, QF(task, "任务号", "The task's id"),
              QF(how, "soft：当前步骤结束后停；kill：立即", "soft: after the step it is in; kill: at once", .fallback = "\"soft\""),
              QF(reason, "原因，留档", "Why, for the record", .min = 1, .max = 1'024))

namespace {
Value outcome_of(const engine::TaskView& view) { return view.outcome ? Value::of(std::string(base::word(*view.outcome))) : Value(); }
Value map_of(const engine::TaskView& view) {
  return Value::of(values::Map{{"id", Value::of(view.id)},
                               {"state", Value::of(view.state)},
                               {"outcome", outcome_of(view)},
                               {"outputs", Value::of(view.outputs)},
                               {"code", Value::of(view.error_code)},
                               {"message", Value::of(view.error_message)}});
}
}  // namespace

ActivityInfo Start::info() {
  ActivityInfo info;
  info.id = "task.start";
  info.title = {"启动任务", "Start a task"};
  info.sentence = {"启动另一个流程，得任务号，不等它。", "Starts another flow; answers the task's id without waiting for it."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"启动后看它的状态", "Started, then looked at"},
                    R"(- do: task.start
  with:
    flow: reconcile
    inputs: {market: sse}
    priority: high
  save: task
- do: task.read
  with: {task: =task}
  save: info
- return: {state: =info.state}
)",
                    R"({"state":"waiting"})"}};
  return info;
}
Outcome<Start::Output> Start::run(ActivityContext& context, const Input& input) {
  const auto date = input.business_date ? input.business_date : context.facts().business_date;
  QUANJI_TRY(auto id,
             from_outside(context.outside().start_task({input.flow, input.inputs, rank_of(input.priority), date}, context.step_key())));
  return Output{std::move(id)};
}

ActivityInfo Wait::info() {
  ActivityInfo info;
  info.id = "task.wait";
  info.title = {"等任务结束", "Wait for a task"};
  info.sentence = {
      "等任务结束，得其状态和输出；等待期间占用机器人，用步骤的 timeout 限时。",
      "Waits for a task's end and answers its state and outputs; the robot is kept meanwhile, the step's timeout is the limit."};
  info.effect = flow::Effect::none;
  info.errors = outside_errors({"not_found", "task_failed"});
  info.examples = {{{"被停止的任务", "A task that was stopped"},
                    R"(- do: task.start
  with: {flow: reconcile}
  save: task
- do: task.stop
  with: {task: =task, reason: 日期错了}
- do: task.wait
  with: {task: =task, if_failed: return}
  timeout: 1m
  save: {state: state}
- return: {state: =state}
)",
                    R"({"state":"stopped"})"}};
  return info;
}
Outcome<Wait::Output> Wait::run(ActivityContext& context, const Input& input) {
  for (Patience patience;;) {
    QUANJI_TRY(auto view, from_outside(context.outside().look_at_task(input.task)));
    if (view.outcome == TaskOutcome::success || (view.outcome && input.if_failed == IfFailed::return_))
      return Output{std::move(view.state), std::move(view.outputs)};
    if (view.outcome) {
      const auto why = view.error_code.empty() ? std::string() : fmt::format(" ({}: {})", view.error_code, view.error_message);
      auto failure = outside_failure(
          "task_failed",
          Text(fmt::format("任务 {} 没有成功：{}{}；要自己判断则用 if_failed: return", view.id, view.state, why),
               fmt::format("the task {} did not succeed: {}{}; to judge it yourself: if_failed: return", view.id, view.state, why)),
          map_of(view));
      if (view.outcome == TaskOutcome::business_failure) failure.kind = flow::ErrorKind::business;
      return failure;
    }
    QUANJI_DO(patience.wait(context));
  }
}

ActivityInfo Read::info() {
  ActivityInfo info;
  info.id = "task.read";
  info.title = {"读任务", "Read a task"};
  info.sentence = {"读任务的状态和输出，不等待。", "Reads a task's state and outputs without waiting."};
  info.effect = flow::Effect::none;
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"还没结束", "Not over yet"},
                    R"(- do: task.start
  with: {flow: reconcile}
  save: task
- do: task.read
  with: {task: =task}
  save: info
- return: {over: =info.outcome is not None}
)",
                    R"({"over":false})"}};
  return info;
}
Outcome<Read::Output> Read::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto view, from_outside(context.outside().look_at_task(input.task)));
  return Output{map_of(view).map()};
}

ActivityInfo Stop::info() {
  ActivityInfo info;
  info.id = "task.stop";
  info.title = {"停止任务", "Stop a task"};
  info.sentence = {"停止任务；已结束的不变。", "Stops a task; one that is over stays as it is."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"启动错了", "Started by mistake"},
                    R"(- do: task.start
  with: {flow: reconcile}
  save: task
- do: task.stop
  with: {task: =task, how: kill, reason: 启动错了}
- do: task.read
  with: {task: =task}
  save: info
- return: {state: =info.state}
)",
                    R"({"state":"stopped"})"}};
  return info;
}
Outcome<Stop::Output> Stop::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(from_outside(context.outside().stop_task(input.task, input.how, input.reason)));
  return Output{};
}

}  // namespace task

void add_task(Activities& to) {
  to.insert(to.end(), {engine::activity<task::Start>(), engine::activity<task::Wait>(), engine::activity<task::Read>(),
                       engine::activity<task::Stop>()});
}

}  // namespace quanji::activities
