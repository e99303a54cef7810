// stop, list: the run's own programs and what they started.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <functional>

#include "activities/process/process.h"

namespace quanji::activities::process {

using base::Text;
using devices::ProcessView;
using devices::Program;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Stop::Input, QF(process, "已启动的程序：连同它启动的进程", "A program that was started, with what it started"),
              QF(name, "程序名：本次执行中叫这个名字的进程", "A program's name: the run's processes of that name"),
              QF(grace, "自行结束的宽限", "How long it may take to end by itself", .fallback = "\"5s\""))
QUANJI_FIELDS(Stop::Output, QF(stopped, "结束了几个", "How many were ended"))
QUANJI_FIELDS(List::Input, QF(name, "程序名；默认为全部", "A program's name; all when not given"))
QUANJI_FIELDS(List::Output, QF(processes, "表：number、name、command、started", "A table: number, name, command, started"))

namespace {

constexpr std::chrono::microseconds grace_of_closing = std::chrono::seconds(5);

// The processes asked about that still live.
using Living = std::function<std::vector<ProcessView>()>;
// Waits until none lives or the grace is over; the failure when the run is stopped or out of time meanwhile.
Outcome<void> give_grace(ActivityContext& context, std::chrono::microseconds grace, const Living& living) {
  const auto until = context.clock().monotonic() + grace;
  while (!living().empty()) {
    const auto rest = until - context.clock().monotonic();
    if (rest <= std::chrono::microseconds(0)) return {};
    QUANJI_DO(context.sleep(std::min<std::chrono::microseconds>(rest, std::chrono::milliseconds(20))));
  }
  return {};
}
// The values of a column "started": civil time of the trade, UTC+8.
values::Value civil(base::Time time) { return values::Value::of(values::DateTime{time.micros + std::int64_t{8} * 3'600 * 1'000'000}); }

}  // namespace

Outcome<void> RunningProgram::close(ActivityContext& context) {
  auto graced = Outcome<void>();
  if (const auto tree = program_->tree(); !tree.empty()) {
    program_->ask_to_end();
    graced = give_grace(context, grace_of_closing, [this] { return program_->tree(); });
  }
  program_->kill();
  return graced;
}

Outcome<std::vector<std::shared_ptr<Program>>> programs_of(ActivityContext& context) {
  std::vector<std::shared_ptr<Program>> programs;
  for (const auto& handle : context.open_handles("process")) {
    auto running = context.find<RunningProgram>(handle);
    if (running)
      programs.push_back((*running)->program());
    else if (running.error().code != "resource_closed")  // closed by another branch just now
      return std::move(running).error();
  }
  return programs;
}

ActivityInfo Stop::info() {
  ActivityInfo info;
  info.id = "process.stop";
  info.title = {"结束程序", "Stop a program"};
  info.sentence = {"先请它结束，过了 grace 再强行结束；已经结束不算错。",
                   "Asks it to end, and ends it after `grace`; one that has ended already is no error."};
  info.effect = flow::Effect::repeatable;
  info.capabilities = {"process"};
  info.examples = {{{"结束已启动的程序", "Ends a program that was started"},
                    R"(- do: process.start
  with: {program: sleep, arguments: [600]}
  as: waiting
  steps:
    - do: process.stop
      with:
        process: =waiting
      save: stopped
- return: {stopped: =stopped}
)",
                    R"({"stopped":1})"}};
  return info;
}
Outcome<Stop::Output> Stop::run(ActivityContext& context, const Input& input) {
  if (input.process.has_value() == input.name.has_value())
    return engine::system_failure("invalid_argument", Text("process 和 name 要写一个，且只写一个", "say either `process` or `name`"));
  const std::chrono::microseconds grace(std::max<std::int64_t>(0, input.grace.micros));
  if (input.process) {
    std::shared_ptr<Program> program;
    {
      auto running = context.find<RunningProgram>(*input.process);
      if (!running && running.error().code == "resource_closed") return Output{0};
      if (!running) return std::move(running).error();
      program = (*running)->program();
    }
    if (program->tree().empty()) return Output{0};
    program->ask_to_end();
    const auto graced = give_grace(context, grace, [&] { return program->tree(); });
    program->kill();
    if (!graced) return graced.error();
    return Output{1};
  }
  QUANJI_TRY(const auto programs, programs_of(context));
  const auto named = [&] {
    std::vector<ProcessView> found;
    for (const auto& program : programs)
      for (auto& process : program->tree())
        if (process.name == *input.name) found.push_back(std::move(process));
    return found;
  };
  const auto asked = named();
  for (const auto& process : asked) devices::signal_process(process, SIGTERM);
  const auto left = [&] {
    std::vector<ProcessView> found;
    for (auto& process : named())
      if (std::find(asked.begin(), asked.end(), process) != asked.end()) found.push_back(std::move(process));
    return found;
  };
  const auto graced = give_grace(context, grace, left);
  for (int round = 0; round < 100; ++round) {
    const auto rest = left();
    if (rest.empty()) break;
    for (const auto& process : rest) devices::signal_process(process, SIGKILL);
    ::poll(nullptr, 0, 1);
  }
  if (!graced) return graced.error();
  return Output{static_cast<std::int64_t>(asked.size())};
}

ActivityInfo List::info() {
  ActivityInfo info;
  info.id = "process.list";
  info.title = {"列出进程", "List processes"};
  info.sentence = {"列出本次执行启动的程序和它们启动的进程中还活着的。",
                   "Lists what lives of the programs this run started, and of what they started."};
  info.effect = flow::Effect::none;
  info.capabilities = {"process"};
  info.examples = {{{"还在运行的 sleep", "Which sleep still runs"},
                    R"(- do: process.start
  with: {program: sleep, arguments: [600]}
  as: waiting
  steps:
    - do: process.list
      with: {name: sleep}
      save: running
    - set: {commands: "=[row['command'] for row in running]"}
- return: {commands: =commands}
)",
                    R"({"commands":["sleep 600"]})"}};
  return info;
}
Outcome<List::Output> List::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto programs, programs_of(context));
  std::vector<ProcessView> found;
  for (const auto& program : programs)
    for (auto& process : program->tree())
      if ((!input.name || process.name == *input.name) && std::find(found.begin(), found.end(), process) == found.end())
        found.push_back(std::move(process));
  std::sort(found.begin(), found.end(), [](const ProcessView& a, const ProcessView& b) { return a.number < b.number; });
  values::ColumnBuilder number(values::ColumnType::integer), name(values::ColumnType::text), command(values::ColumnType::text),
      started(values::ColumnType::datetime);
  for (const auto& process : found) {
    number.add_integer(process.number);
    name.add_text(process.name);
    command.add_text(process.command);
    started.add(civil(process.started));
  }
  QUANJI_TRY(auto table,
             values::Table::make({"number", "name", "command", "started"}, {std::move(number).finish(), std::move(name).finish(),
                                                                            std::move(command).finish(), std::move(started).finish()}));
  return Output{std::make_shared<const values::Table>(std::move(table))};
}

}  // namespace quanji::activities::process
