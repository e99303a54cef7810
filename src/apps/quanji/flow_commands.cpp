#include "apps/quanji/flow_commands.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "apps/quanji/debug_adapter.h"
#include "apps/quanji/flow_edit.h"
#include "apps/quanji/flow_sources.h"
#include "apps/quanji/local_run.h"
#include "base/files.h"
#include "engine/python.h"

namespace quanji::apps {
namespace {

constexpr int exit_done = 0, exit_refused = 1, exit_usage = 2;

int refuse(std::FILE* err, const base::Error& error, int code) {
  std::fprintf(err, "%s\n%s\n", error.message().zh.c_str(), error.message().en.c_str());
  if (!error.detail().empty()) std::fprintf(err, "  %s\n", error.detail().c_str());
  return code;
}

flow::Language language_of(const std::string& given) {
  if (given == "en") return flow::Language::en;
  if (given == "zh") return flow::Language::zh;
  const char* locale = std::getenv("LC_ALL");
  if (!locale || !*locale) locale = std::getenv("LANG");
  return locale && std::string_view(locale).starts_with("en") ? flow::Language::en : flow::Language::zh;
}

// What is wrong, a line a problem. The number of errors.
std::size_t tell_problems(std::FILE* to, const std::vector<flow::Problem>& problems, flow::Language language) {
  std::size_t errors = 0;
  for (const auto& problem : problems) {
    errors += problem.severity() == flow::Severity::error ? 1 : 0;
    std::fprintf(to, "%s\n", flow::to_line(problem, language).c_str());
  }
  return errors;
}

boost::json::object json_of(const flow::Problem& problem) {
  const auto& row = flow::row_of(problem.code);
  return {{"file", problem.file},
          {"line", problem.at.line},
          {"column", problem.at.column},
          {"severity", row.severity == flow::Severity::error ? "error" : "warning"},
          {"code", row.word},
          {"message", {{"zh", problem.message.zh}, {"en", problem.message.en}}},
          {"mend", {{"zh", problem.mend.zh}, {"en", problem.mend.en}}}};
}

base::Result<values::Variables> read_inputs(const std::vector<std::string>& pairs, const std::string& file) {
  values::Variables inputs;
  if (!file.empty()) {
    const base::Descriptor opened(file == "-" ? ::dup(0) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0)
      return base::Error(base::Code::not_found, base::Text(fmt::format("读不到 {}。", file), fmt::format("cannot read {}.", file)));
    QUANJI_TRY(const auto text, base::read_whole(opened.get(), std::size_t{16} << 20));
    QUANJI_TRY(const auto json, base::parse_json(text, values::max_value_json_depth));
    QUANJI_TRY(inputs, values::variables_from_json(json));
  }
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return base::Error(base::Code::invalid_field, base::Text(fmt::format("--input 要写成 名字=值，不是“{}”。", pair),
                                                               fmt::format("--input is NAME=VALUE, not \"{}\".", pair)));
    inputs[pair.substr(0, equals)] = values::Value::of(pair.substr(equals + 1));
  }
  return inputs;
}

}  // namespace

FlowCommands::FlowCommands(CLI::App& root) {
  auto* group = root.add_subcommand("flow", "流程：检查、执行、继续、查看经过，无需平台 / Flows without a platform");
  group->require_subcommand(1);
  group->footer(
      "例 / From a file to its trace:\n"
      "  quanji flow check hello.yaml\n"
      "  quanji flow run hello.yaml --input name=券机\n"
      "  quanji flow trace .quanji/runs/20261120-153000-hello");

  check_ = group->add_subcommand("check", "检查流程或包：一次说出所有问题 / Tells all problems at once: file, line, column, how to mend");
  check_->add_option("subject", given_.subjects, "流程文件，或含 package.yaml 的目录 / A flow's file, or a folder with package.yaml")
      ->required();
  check_->add_option("-o,--output", given_.output, "文字或 JSON / What is printed (=table)")->check(CLI::IsMember({"table", "json"}));
  check_->add_option("--language", given_.language, "zh 或 en，缺省随 LANG / Language, by default that of LANG")
      ->check(CLI::IsMember({"zh", "en"}));
  check_->footer("例 / Example:\n  quanji flow check settlement/");

  run_ = group->add_subcommand("run", "在本机执行；每一步先记入日志文件，随时可断 / Runs it here; journalled, may be killed at any moment");
  run_->add_option("subject", given_.subject,
                   "流程文件，或含 package.yaml 的目录（执行其 entry 的第一个）/ A flow's file or a package's folder")
      ->required();
  run_->add_option("--input", given_.inputs, "输入 名字=值，可多次 / An input, once or more often");
  run_->add_option("--inputs", given_.inputs_file, "输入的 JSON 文件，- 为标准输入 / Inputs as a JSON file");
  run_->add_option(
      "--context", given_.context,
      "资产、凭据、队列等所在目录（assets.toml credentials.toml queues/ answers.jsonl）/ Folder with assets, credentials, queues");
  run_->add_option("--work", given_.work, "工作目录，缺省在本次运行内 / Work folder (=work/ of the run)");
  run_->add_option("--state", given_.state, "本次运行的目录 / Folder of the run (=.quanji/runs/TIME-FLOW)");
  run_->add_flag("--quiet", given_.quiet, "不逐步报告 / No line for each step");
  run_->footer(
      "例 / Example:\n  quanji flow run hello.yaml --input name=券机\n"
      "# 在本进程内执行，不隔离；机器人执行时才在沙箱里 / In this process, without the sandbox a robot runs it in\n"
      "# 退出码 / Exit: 0 成功 success, 10 业务异常 business failure, 11 系统异常 system failure, 12 stopped, 13 timed out, 14 等待人工 "
      "waits");

  resume_ = group->add_subcommand("resume", "从断处或失败处继续 / Goes on where a run was cut off or failed");
  resume_->add_option("run", given_.subject, "运行的目录 / The run's folder")->required();
  resume_->add_option("--settle", given_.settled,
                      "步骤=done 或 步骤=not_done：人工确认这一步到底做了没有 / Whether a step whose outcome nobody knows was done");
  resume_->add_flag("--quiet", given_.quiet, "不逐步报告 / No line for each step");
  resume_->footer("例 / Example:\n  quanji flow resume .quanji/runs/20261120-153000-pay --settle steps/3=done");

  trace_ = group->add_subcommand("trace",
                                 "把一次运行写成一个 HTML 文件 / Writes a run as one HTML file: time line, variables, pictures, errors");
  trace_->add_option("run", given_.subject, "运行的目录 / The run's folder")->required();
  trace_->add_option("--into", given_.into, "写到哪个文件 / File to write (=trace.html in the run's folder)");
  trace_->footer("例 / Example:\n  quanji flow trace .quanji/runs/20261120-153000-hello --into hello.html");

  edit_ =
      group->add_subcommand("edit", "改流程文件，保留注释和次序（需要 node） / Edits a flow's file; comments and order stay (needs node)");
  edit_->add_option("file", given_.subject, "流程文件 / The flow's file")->required();
  edit_->add_option("--edits", given_.edits, "改动的 JSON 列表，- 为标准输入 / The edits as a JSON list, - is standard input")->required();
  edit_->add_option("--language", given_.language, "zh 或 en，缺省随 LANG / Language, by default that of LANG")
      ->check(CLI::IsMember({"zh", "en"}));
  edit_->footer(
      "例 / Example:\n  echo '[{\"op\": \"set\", \"at\": \"steps/0/timeout\", \"value\": \"30m\"}]' | quanji flow edit hello.yaml --edits "
      "-\n"
      "# op: set, remove, insert, move {to}; at: title, inputs/day/type, steps/2/with/file, steps/- (末尾 / the end)");

  debug_ = group->add_subcommand("debug",
                                 "调试适配器（DAP），编辑器经标准输入输出驱动 / Debug adapter for editors, on standard input and output");
  debug_->footer(
      "例 / Example:\n  quanji flow debug\n"
      "# launch: {\"program\": \"hello.yaml\", \"inputs\": {}, \"stopOnEntry\": true, \"runFrom\": {\"line\": 12, \"variables\": {}}}");
}

std::optional<int> FlowCommands::run(std::FILE* out, std::FILE* err) {
  if (*check_) return check(out, err);
  if (*run_) return start(out, err);
  if (*resume_) return resume(out, err);
  if (*trace_) return trace(out, err);
  if (*debug_) return run_debug_adapter();
  if (*edit_) return edit_flow(given_.subject, given_.edits, language_of(given_.language), out, err);
  return std::nullopt;
}

int FlowCommands::check(std::FILE* out, std::FILE* err) const {
  base::SystemClock clock;
  std::vector<FlowSources> all;
  std::string python_path;
  for (const auto& subject : given_.subjects) {
    auto sources = read_flow_sources(subject);
    if (!sources) return refuse(err, sources.error(), exit_refused);
    if (python_path.empty()) python_path = sources->python_path;
    all.push_back(std::move(*sources));
  }
  const auto python = engine::Python::start({python_path, &clock});
  if (!python) return refuse(err, python.error(), exit_refused);
  std::size_t errors = 0, flows = 0;
  boost::json::array problems;
  for (const auto& sources : all) {
    (*python)->add_package_path(sources.python_path);
    const auto checked = check_flows(sources, **python);
    flows += checked.flows.size();
    if (given_.output == "json") {
      for (const auto& problem : checked.problems) {
        problems.push_back(json_of(problem));
        errors += problem.severity() == flow::Severity::error ? 1 : 0;
      }
    } else {
      errors += tell_problems(out, checked.problems, language_of(given_.language));
    }
  }
  if (given_.output == "json")
    std::fprintf(out, "%s\n", boost::json::serialize(boost::json::object{{"flows", flows}, {"problems", problems}}).c_str());
  else if (errors == 0)
    std::fprintf(out, "%s\n",
                 (language_of(given_.language) == flow::Language::en ? fmt::format("{} flow(s), no errors", flows)
                                                                     : fmt::format("{} 个流程，没有错误", flows))
                     .c_str());
  return errors == 0 ? exit_done : exit_refused;
}

int FlowCommands::start(std::FILE* out, std::FILE* err) const {
  base::SystemClock clock;
  base::SystemRandom random;
  auto sources = read_flow_sources(given_.subject);
  if (!sources) return refuse(err, sources.error(), exit_refused);
  const auto python = engine::Python::start({sources->python_path, &clock});
  if (!python) return refuse(err, python.error(), exit_refused);
  auto checked = check_flows(*sources, **python);
  if (tell_problems(err, checked.problems, language_of(given_.language)) > 0) return exit_refused;
  if (!sources->folder.empty() && std::filesystem::is_directory(given_.subject) && !checked.entry.empty()) {
    // A package's folder: the first of its entries begins.
    const auto is_entry = [&](const auto& document) { return document.flow.text == checked.entry.front(); };
    const auto found = std::find_if(checked.flows.begin(), checked.flows.end(), is_entry);
    const auto at = found - checked.flows.begin();
    std::rotate(checked.flows.begin(), found, found + 1);
    std::rotate(sources->package.flows.begin(), sources->package.flows.begin() + at, sources->package.flows.begin() + at + 1);
  }
  auto inputs = read_inputs(given_.inputs, given_.inputs_file);
  if (!inputs) return refuse(err, inputs.error(), exit_usage);
  const auto folder = make_local_run(*sources, checked, {given_.state, given_.context, given_.work, std::move(*inputs)}, clock, random);
  if (!folder) return refuse(err, folder.error(), exit_refused);
  std::fprintf(err, "%s\n", folder->c_str());
  return run_locally(*folder, {{}, false, given_.quiet}, **python, out, err);
}

int FlowCommands::resume(std::FILE* out, std::FILE* err) const {
  base::SystemClock clock;
  const auto folder = std::filesystem::absolute(given_.subject).lexically_normal().string();
  const auto run = load_local_run(folder);
  if (!run) return refuse(err, run.error(), exit_refused);
  LocalRunHow how;
  how.resumed = true;
  how.quiet = given_.quiet;
  for (const auto& one : given_.settled) {
    const auto equals = one.rfind('=');
    const auto word = equals == std::string::npos ? std::string() : one.substr(equals + 1);
    if (word != "done" && word != "not_done")
      return refuse(
          err,
          base::Error(base::Code::invalid_field, base::Text(fmt::format("--settle 要写成 步骤=done 或 步骤=not_done，不是“{}”。", one),
                                                            fmt::format("--settle is STEP=done or STEP=not_done, not \"{}\".", one))),
          exit_usage);
    how.settled.push_back({one.substr(0, equals), word == "done", {}});
  }
  const auto python = engine::Python::start({run->package_folder.empty() ? "" : run->package_folder + "/python", &clock});
  if (!python) return refuse(err, python.error(), exit_refused);
  return run_locally(folder, how, **python, out, err);
}

int FlowCommands::trace(std::FILE* out, std::FILE* err) const {
  const auto page = local_trace(given_.subject);
  if (!page) return refuse(err, page.error(), exit_refused);
  const auto into = given_.into.empty() ? given_.subject + "/trace.html" : given_.into;
  const base::Descriptor file(::open(into.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  std::string_view rest = *page;
  while (file.get() >= 0 && !rest.empty()) {
    const auto n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (file.get() < 0 || !rest.empty())
    return refuse(
        err,
        base::Error(base::Code::store_unavailable, base::Text(fmt::format("无法写入 {}。", into), fmt::format("cannot write {}.", into))),
        exit_refused);
  std::fprintf(out, "%s\n", into.c_str());
  return exit_done;
}

}  // namespace quanji::apps
