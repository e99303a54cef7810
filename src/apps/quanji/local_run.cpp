#include "apps/quanji/local_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "activities/catalogue.h"
#include "apps/quanji/local_run_watch.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/ids.h"
#include "engine/bare_context.h"
#include "engine/local_context.h"
#include "engine/run.h"
#include "engine/trace_page.h"
#include "flow/parser.h"

namespace quanji::apps {

QUANJI_FIELDS(LocalRunFile, QF(task, "任务", "Task"), QF(package, "包", "Package", .fallback = "\"\""),
              QF(version, "版本", "Version", .fallback = "\"\""), QF(package_folder, "包目录", "The package's folder", .fallback = "\"\""),
              QF(context, "上下文目录", "Folder of the context", .fallback = "\"\""), QF(work, "工作目录", "Work folder"),
              QF(flows, "流程", "Documents"), QF(inputs, "输入", "Inputs"))

namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Result;
using base::Text;

constexpr std::size_t largest_run_file = std::size_t{64} << 20;
constexpr std::size_t largest_trace = std::size_t{128} << 20;

Error cannot(std::string_view act, const std::string& path) {
  return Error(base::Code::store_unavailable, Text(fmt::format("无法写入 {}。", path), fmt::format("cannot write {}.", path)),
               base::system_detail(act, path));
}
Result<std::string> contents(const std::string& path, std::size_t most) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return Error(base::Code::not_found,
                 Text(fmt::format("没有 {}；请给出一次运行的目录。", path), fmt::format("there is no {}: give the folder of a run.", path)),
                 base::system_detail("open", path));
  return base::read_whole(file.get(), most);
}
std::string folder_for(const CheckedFlows& checked, base::Clock& clock) {
  auto time = base::to_text(clock.now());  // 2026-11-20T15:30:00.000+08:00
  std::string plain;
  for (const char c : time.substr(0, 19))
    if (c != '-' && c != ':') plain += c == 'T' ? '-' : c;
  const auto base = fmt::format(".quanji/runs/{}-{}", plain, checked.flows.front().flow.text);
  auto folder = base;
  for (int i = 2; fs::exists(folder); ++i) folder = fmt::format("{}-{}", base, i);  // a second one within the second
  return folder;
}

}  // namespace

Result<std::string> make_local_run(const FlowSources& sources, const CheckedFlows& checked, const LocalRunWish& wish, base::Clock& clock,
                                   base::Random& random) {
  const auto folder = fs::absolute(wish.state.empty() ? folder_for(checked, clock) : wish.state).lexically_normal().string();
  if (fs::exists(folder + "/run.json"))
    return Error(base::Code::name_taken,
                 Text(fmt::format("{} 里已有一次运行；换一个 --state，或用 quanji flow resume 继续它。", folder),
                      fmt::format("there is a run in {} already: name another --state, or go on with quanji flow resume.", folder)));
  LocalRunFile run;
  run.work = wish.work.empty() ? folder + "/work" : fs::absolute(wish.work).lexically_normal().string();
  std::error_code failed;
  for (const auto& path : {folder, folder + "/values", folder + "/evidence", run.work})
    if (!fs::create_directories(path, failed) && failed) return cannot("mkdir", path);
  ::chmod(folder.c_str(), 0700);  // inputs and variables are nobody else's
  base::UlidSource ids(clock, random);
  run.task = base::id_text("tsk", ids.next());
  run.package = checked.package;
  run.version = checked.version;
  run.package_folder = sources.folder;
  if (!wish.context.empty()) run.context = fs::absolute(wish.context).lexically_normal().string();
  for (const auto& one : sources.package.flows) run.flows.push_back({one.path, one.text});
  run.inputs.text = values::to_json(wish.inputs);
  QUANJI_DO(base::create_durable_file(folder + "/run.json", base::to_json(run) + "\n", 0600));
  return folder;
}

Result<LocalRunFile> load_local_run(const std::string& folder) {
  QUANJI_TRY(const auto text, contents(folder + "/run.json", largest_run_file));
  return base::from_json_text<LocalRunFile>(text);
}

namespace {

int complain(std::FILE* err, const Error& error, int code) {
  std::fprintf(err, "%s\n%s\n", error.message().zh.c_str(), error.message().en.c_str());
  if (!error.detail().empty()) std::fprintf(err, "  %s\n", error.detail().c_str());
  return code;
}

Result<values::Variables> read_inputs(const base::JsonText& text) {
  QUANJI_TRY(auto json, base::parse_json(text.text, values::max_value_json_depth));
  return values::variables_from_json(json);
}

Result<std::unique_ptr<engine::RunContext>> context_of(const LocalRunFile& run, base::Clock& clock, base::Random& random) {
  if (run.context.empty()) return std::unique_ptr<engine::RunContext>(std::make_unique<engine::BareContext>(clock));
  QUANJI_TRY(auto local, engine::LocalContext::open(run.context, run.task, clock, random));
  return std::unique_ptr<engine::RunContext>(std::move(local));
}

// What a person reads at the end, and what he can do now.
void tell(std::FILE* err, const std::string& folder, const LocalRunFile& run, const engine::Flows& flows, const wire::Finished& finished) {
  const auto place = [&](const std::string& at) { return place_of(flows, at); };
  if (finished.waiting) {
    std::fprintf(err, "\n等待人工 / waits for a person: %s\n", finished.waiting->message.c_str());
    if (!run.context.empty())
      std::fprintf(err, "  在 %s/answers.jsonl 里加一行答案 / add a line with the answer: {\"title\":\"…\",\"values\":{…}}\n",
                   run.context.c_str());
    std::fprintf(err, "  然后 / then: quanji flow resume %s\n", folder.c_str());
    return;
  }
  if (!finished.error) return;
  std::fprintf(err, "\n%s %s  %s\n  %s\n", std::string(base::word(finished.outcome)).c_str(), finished.error->code.c_str(),
               place(finished.error->step).c_str(), finished.error->message.c_str());
  if (finished.unsettled.empty()) {
    std::fprintf(err, "  改好之后从失败处继续 / to go on where it failed: quanji flow resume %s\n", folder.c_str());
  } else {
    for (const auto& at : finished.unsettled)
      std::fprintf(err, "  不知是否已完成 / nobody knows whether it was done: %s\n", place(at).c_str());
    std::fprintf(err, "  请查明后 / find out, then: quanji flow resume %s --settle %s=done|not_done\n", folder.c_str(),
                 finished.unsettled.front().c_str());
  }
  std::fprintf(err, "  经过 / what happened: quanji flow trace %s\n", folder.c_str());
}

}  // namespace

int run_locally(const std::string& folder, const LocalRunHow& how, engine::Python& python, std::FILE* out, std::FILE* err) {
  constexpr int refused = wire::runner_exit::refused;
  const auto run = load_local_run(folder);
  if (!run) return complain(err, run.error(), refused);
  const base::Descriptor file(::open((folder + "/journal.qj").c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return complain(err, cannot("open", folder + "/journal.qj"), refused);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return complain(err,
                    Error(base::Code::wrong_state,
                          Text(fmt::format("{} 正由另一个进程执行。", folder), fmt::format("another process is at {}.", folder))),
                    refused);
  const base::Descriptor trace(::open((folder + "/trace.jsonl").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  base::SystemClock clock;
  base::SystemRandom random;
  engine::ValueStore store(folder + "/values");
  auto journal = engine::Journal::open(file.get(), clock, &store);
  if (!journal) return complain(err, journal.error(), refused);
  engine::Flows flows;
  std::string texts;
  for (const auto& one : run->flows) {
    flows.add(std::move(flow::read_document(one.text, one.file).document));
    texts += one.file + "\n" + one.text + "\n";
  }
  if (flows.all().empty()) return complain(err, Error(base::Code::invalid_field, folder + "/run.json"), refused);
  const auto inputs = read_inputs(run->inputs);
  if (!inputs) return complain(err, inputs.error(), refused);
  const auto outside = context_of(*run, clock, random);
  if (!outside) return complain(err, outside.error(), refused);
  // Relative paths of Python's own are below the work folder too.
  if (::chdir(run->work.c_str()) != 0) return complain(err, cannot("chdir", run->work), refused);

  const auto& main = *flows.all().front();
  base::UlidSource ids(clock, random);
  const auto attempt = base::id_text("att", ids.next());
  engine::SystemWaiting waiting(clock);
  Progress progress(err, how.quiet);
  engine::TraceLines lines(trace.get(), &progress);
  engine::Surroundings around{clock, random, waiting, python, **outside, activities::catalogue(), run->work, folder + "/evidence", {}};
  around.facts = {run->task, attempt, main.flow.text, run->package, run->version, "", {}};
  around.observer = &lines;
  engine::RunRequest request{
      flows,   main.flow.text, attempt, base::hex(base::sha256(texts)),
      *inputs, how.settled,    {},      how.resumed ? engine::RunRequest::After::go_on : engine::RunRequest::After::stay};
  engine::RunControl control;
  lines.run_begun(main.flow.text, attempt, clock.now());
  Result<wire::Finished> finished = [&] {
    const SignalWatch watch(control, python, err);
    return engine::run(request, around, control, journal->get());
  }();
  if (!finished) {
    lines.run_over("system_failure", clock.now());
    return complain(err, finished.error(), refused);
  }
  lines.run_over(finished->waiting ? "suspended" : base::word(finished->outcome), clock.now());
  tell(err, folder, *run, flows, *finished);
  if (finished->outcome == wire::Outcome::success && !finished->waiting) {
    std::string plain;
    auto json = base::parse_json(finished->outputs.text.empty() ? "{}" : finished->outputs.text, values::max_value_json_depth);
    if (!json) return complain(err, json.error(), refused);
    const auto value = values::Value::from_json(*json);
    if (!value) return complain(err, value.error(), refused);
    value->append_plain_json(plain);
    std::fprintf(out, "%s\n", plain.c_str());
  }
  return finished->waiting ? wire::runner_exit::suspended : wire::exit_code_of(finished->outcome);
}

Result<std::string> local_trace(const std::string& folder) {
  QUANJI_TRY(const auto lines, contents(folder + "/trace.jsonl", largest_trace));
  engine::TracePageOptions options;
  std::error_code failed;
  const auto evidence = fs::weakly_canonical(folder + "/evidence", failed).string() + "/";
  // Only what steps left behind: a trace says whatever its writer liked.
  options.picture = [&](const std::string& path) -> std::optional<std::string> {
    std::error_code no;
    const auto real = fs::weakly_canonical(path, no).string();
    if (no || !real.starts_with(evidence)) return std::nullopt;
    auto bytes = contents(real, std::size_t{4} << 20);
    return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
  };
  return engine::trace_page(lines, options);
}

}  // namespace quanji::apps
