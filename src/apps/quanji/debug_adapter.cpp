#include "apps/quanji/debug_adapter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "activities/catalogue.h"
#include "apps/quanji/debug_stops.h"
#include "apps/quanji/flow_sources.h"
#include "apps/quanji/local_run_watch.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/bare_context.h"
#include "engine/local_context.h"
#include "engine/python.h"
#include "wire/runner.h"

namespace quanji::apps {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::Error;
using base::Result;
using base::Text;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
bool truth_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}
std::string told(const Error& error) { return error.message().zh + " / " + error.message().en; }

json::object capabilities() {
  return {{"supportsConfigurationDoneRequest", true},
          {"supportsConditionalBreakpoints", true},
          {"supportsLogPoints", true},
          {"supportsSetVariable", true},
          {"supportsEvaluateForHovers", true},
          {"supportsExceptionInfoRequest", true},
          {"supportsTerminateRequest", true},
          {"exceptionBreakpointFilters",
           json::array{json::object{{"filter", "failures"}, {"label", "所有失败 / All failures"}, {"default", false}},
                       json::object{{"filter", "uncaught"}, {"label", "没有捕获的失败 / Failures nothing catches"}, {"default", true}}}}};
}

// A folder for what the run writes, gone with the session.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "quanji-debug-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a launch asked for, ready to run.
struct Launch {
  engine::Flows flows;
  std::string main, work;
  std::unique_ptr<engine::RunContext> outside;  // null: none was named
  values::Variables inputs;
  std::optional<engine::RunRequest::From> from;
};

Result<values::Variables> variables_of(const json::object& arguments, std::string_view name) {
  const auto* given = arguments.if_contains(name);
  if (!given || given->is_null()) return values::Variables{};
  return values::variables_from_json(*given);
}

// What an argument is, where it is there.
base::Status right_kinds(const json::object& arguments) {
  const auto is = [&](std::string_view name, json::kind kind, std::string_view zh, std::string_view en) -> base::Status {
    const auto* value = arguments.if_contains(name);
    if (!value || value->is_null() || value->kind() == kind) return {};
    return Error(base::Code::invalid_field,
                 Text(fmt::format("launch 的 {} 应是{}。", name, zh), fmt::format("\"{}\" of launch is {}.", name, en)));
  };
  for (const auto* name : {"program", "flow", "context", "work"}) QUANJI_DO(is(name, json::kind::string, "文字", "a text"));
  for (const auto* name : {"inputs", "runFrom"}) QUANJI_DO(is(name, json::kind::object, "对象", "an object"));
  return is("stopOnEntry", json::kind::bool_, "真或假", "true or false");
}

Result<std::unique_ptr<Launch>> launch_of(const DebugRequest& request, engine::Python& python, DebugStops& stops, base::Clock& clock,
                                          base::Random& random) {
  const auto& arguments = request.arguments;
  QUANJI_DO(right_kinds(arguments));
  const auto program = text_of(arguments, "program");
  if (program.empty())
    return Error(base::Code::invalid_field,
                 Text("launch 需要 program：流程文件或包目录。", "launch needs \"program\": a flow's file or a package's folder."));
  QUANJI_TRY(const auto sources, read_flow_sources(program));
  if (!sources.python_path.empty()) python.add_package_path(sources.python_path);
  auto checked = check_flows(sources, python);
  if (!checked.ok()) {
    std::string zh = "流程有错误：", en = "the flow has errors:";
    for (const auto& problem : checked.problems) {
      if (problem.severity() != flow::Severity::error) continue;
      zh += "\n" + flow::to_line(problem, flow::Language::zh);
      en += "\n" + flow::to_line(problem, flow::Language::en);
    }
    return Error(base::Code::invalid_field, Text(zh, en));
  }
  auto launch = std::make_unique<Launch>();
  launch->main = checked.flows.front().flow.text;
  if (fs::is_directory(program) && !checked.entry.empty()) launch->main = checked.entry.front();
  if (const auto named = text_of(arguments, "flow"); !named.empty()) launch->main = named;
  // Positions are told from the flow that begins.
  std::stable_partition(checked.flows.begin(), checked.flows.end(), [&](const auto& one) { return one.flow.text == launch->main; });
  std::map<const flow::Document*, std::string> paths;
  for (auto& document : checked.flows) launch->flows.add(std::move(document));
  std::error_code ignored;
  for (const auto& document : launch->flows.all())
    paths[document.get()] =
        fs::weakly_canonical(sources.folder.empty() ? fs::path(document->file) : fs::path(sources.folder) / document->file, ignored)
            .string();
  const auto* main = launch->flows.find(launch->main);
  if (!main)
    return Error(base::Code::not_found,
                 Text(fmt::format("没有流程“{}”。", launch->main), fmt::format("there is no flow \"{}\".", launch->main)));
  launch->work = text_of(arguments, "work");
  if (const auto context = text_of(arguments, "context"); !context.empty()) {
    QUANJI_TRY(launch->outside, engine::LocalContext::open(fs::absolute(context).string(), "debug", clock, random));
  }
  QUANJI_TRY(launch->inputs, variables_of(arguments, "inputs"));
  for (const auto& [name, value] : launch->inputs)
    if (std::none_of(main->inputs.begin(), main->inputs.end(), [&](const auto& one) { return one.variable.name == name; }))
      return Error(base::Code::unknown_field, Text(fmt::format("流程 {} 没有输入“{}”。", launch->main, name),
                                                   fmt::format("the flow {} has no input \"{}\".", launch->main, name)));
  if (const auto* from = arguments.if_contains("runFrom"); from && from->is_object()) {
    engine::RunRequest::From begin;
    begin.at = text_of(from->get_object(), "at");
    const auto steps = all_steps(*main);
    if (const auto* line = from->get_object().if_contains("line"); line && line->is_int64()) {
      const auto step = std::find_if(steps.begin(), steps.end(),
                                     [&](const auto* s) { return static_cast<std::int64_t>(s->at.line) >= line->get_int64(); });
      if (step != steps.end()) begin.at = (*step)->path;
    }
    if (std::none_of(steps.begin(), steps.end(), [&](const auto* s) { return s->path == begin.at; }))
      return Error(base::Code::not_found, Text(fmt::format("runFrom 指的步骤“{}”不在流程里。", begin.at),
                                               fmt::format("runFrom names the step \"{}\", which the flow has not.", begin.at)));
    QUANJI_TRY(begin.variables, variables_of(from->get_object(), "variables"));
    launch->from = std::move(begin);
  }
  stops.use(launch->flows, std::move(paths));
  if (truth_of(arguments, "stopOnEntry")) stops.stop_on_entry();
  return launch;
}

int run(Launch& launch, engine::Python& python, engine::RunControl& control, DebugStops& stops, DebugWire& wire, base::Clock& clock,
        base::Random& random) {
  const Scratch scratch;
  if (!launch.outside) launch.outside = std::make_unique<engine::BareContext>(clock);
  const auto work = launch.work.empty() ? scratch.path() + "/work" : fs::absolute(launch.work).lexically_normal().string();
  std::error_code failed;
  fs::create_directories(work, failed);
  fs::create_directories(scratch.path() + "/evidence", failed);
  if (::chdir(work.c_str()) != 0) {
    wire.output("stderr", fmt::format("进不了工作目录 {} / cannot enter the work folder {}", work, work));
    return wire::runner_exit::refused;
  }
  engine::SystemWaiting waiting(clock);
  engine::Surroundings around{clock, random, waiting, python, *launch.outside, activities::catalogue(), work, scratch.path() + "/evidence",
                              {}};
  around.facts = {"tsk_debug", "att_debug", launch.main, "", "", ""};
  around.observer = &stops;
  around.debugger = &stops;
  engine::RunRequest request{launch.flows, launch.main, "att_debug", "", launch.inputs, {}, {}, engine::RunRequest::After::stay,
                             launch.from};
  Result<wire::Finished> finished = [&] {
    const SignalWatch watch(control, python, stderr);
    return engine::run(request, around, control, nullptr);
  }();
  if (!finished) {
    wire.output("stderr", told(finished.error()));
    return wire::runner_exit::refused;
  }
  if (finished->error)
    wire.output("stderr", fmt::format("{}  {}\n  {}", finished->error->code, place_of(launch.flows, finished->error->step),
                                      finished->error->message));
  else
    wire.output("stdout", finished->outputs.text.empty() ? "{}" : finished->outputs.text);
  return wire::exit_code_of(finished->outcome);
}

// Requests as they come; those that a held run answers go to its queue.
class Reader {
 public:
  Reader(DebugWire& wire, DebugRequests& held, DebugRequests& session, DebugStops& stops, engine::RunControl& control)
      : wire_(wire), held_(held), session_(session), stops_(stops), control_(control) {}
  void run() {
    while (auto request = wire_.read()) {
      const auto& command = request->command;
      if (command == "initialize") {
        wire_.answer(*request, capabilities());
      } else if (command == "threads") {
        wire_.answer(*request, {{"threads", json::array{json::object{{"id", 1}, {"name", "流程 / flow"}}}}});
      } else if (command == "setBreakpoints") {
        stops_.set_breakpoints(*request);
      } else if (command == "setExceptionBreakpoints") {
        stops_.set_exception_breakpoints(*request);
      } else if (command == "pause") {
        stops_.pause();
        wire_.answer(*request);
      } else if (command == "terminate" || command == "disconnect") {
        const bool last = command == "disconnect";
        leave();
        wire_.answer(*request);
        if (last) return session_.close();
      } else if (command == "launch" || command == "configurationDone") {
        session_.add(*request);
      } else if (command == "attach") {
        wire_.refuse(*request, "只支持 launch / only launch is supported");
      } else if (!held_.add(*request)) {
        wire_.refuse_running(*request);
      }
    }
    leave();
    session_.close();
  }

 private:
  void leave() {
    stops_.let_go();
    control_.halt.ask();
    held_.close();
  }
  DebugWire& wire_;
  DebugRequests &held_, &session_;
  DebugStops& stops_;
  engine::RunControl& control_;
};

}  // namespace

int run_debug_adapter() {
  // What Python prints must not fall into the protocol.
  const base::Descriptor out(::dup(STDOUT_FILENO));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  base::SystemClock clock;
  base::SystemRandom random;
  auto python = engine::Python::start({"", &clock});
  if (!python) {
    std::fprintf(stderr, "%s\n", told(python.error()).c_str());
    return 1;
  }
  DebugWire wire(STDIN_FILENO, out.get());
  DebugRequests held, session;
  DebugStops stops(wire, held);
  engine::RunControl control;
  std::thread reader([&] { Reader(wire, held, session, stops, control).run(); });
  std::unique_ptr<Launch> launch;
  bool configured = false, over = false;
  while (auto request = session.take()) {
    if (request->command == "launch") {
      auto made = launch_of(*request, **python, stops, clock, random);
      if (!made) {
        wire.refuse(*request, told(made.error()));
        wire.event("terminated");
        continue;
      }
      launch = std::move(*made);
      wire.answer(*request);
      wire.event("initialized");  // now breakpoints can be placed
    } else {
      configured = true;
      wire.answer(*request);
    }
    if (!launch || !configured || over) continue;
    over = true;
    const int code = run(*launch, **python, control, stops, wire, clock, random);
    wire.event("exited", {{"exitCode", code}});
    wire.event("terminated");
  }
  reader.join();
  return wire.broken() ? 1 : 0;
}

}  // namespace quanji::apps
