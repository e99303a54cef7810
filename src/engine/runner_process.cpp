#include "engine/runner_process.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fields_json.h"
#include "base/random.h"
#include "engine/activity_values.h"
#include "engine/bare_context.h"
#include "engine/journal.h"
#include "engine/local_context.h"
#include "engine/python.h"
#include "engine/run.h"
#include "engine/runner_channel.h"
#include "flow/checker.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using wire::Finished;
using wire::RunnerMessage;
using wire::RunnerMessageType;

namespace {

// Ends the process without waiting for threads a flow's Python left behind.
[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  ::_exit(code);
}

int complain(const Error& error, int code) {
  std::fprintf(stderr, "%s / %s (%s)\n", error.message().zh.c_str(), error.message().en.c_str(), error.detail().c_str());
  return code;
}

Finished refusal(std::string code, const Error& error) {
  std::string message = error.message().zh + " / " + error.message().en;
  for (const auto& field : error.fields()) {
    if (message.size() > 3000) break;
    message += "\n" + field.field + ": " + field.reason.zh + " / " + field.reason.en;
  }
  Finished finished;
  finished.error = wire::RunError{std::move(code), std::move(message), ""};
  return finished;
}

// Pipe and deadlines, on a thread that never takes the GIL.
class Watcher {
 public:
  Watcher(RunnerChannel& channel, Python& python, base::Clock& clock)
      : channel_(channel), python_(python), clock_(clock), thread_([this] { watch(); }) {}

  // The task; nothing when the robot went away before it gave one.
  std::optional<wire::Start> wait_for_start() {
    std::unique_lock lock(mutex_);
    started_.wait(lock, [&] { return start_ || broken_; });
    return std::move(start_);
  }
  void follow(RunControl& run) { run_.store(&run); }

 private:
  void watch() {
    for (;;) {
      RunnerMessage message;
      switch (channel_.receive(tick_milliseconds, message)) {
        case RunnerChannel::Read::gone:
          return gone();
        case RunnerChannel::Read::message:
          take(message);
          break;
        case RunnerChannel::Read::nothing:
          break;
      }
      if (RunControl* run = run_.load()) look_after(*run);
    }
  }
  void gone() {
    {
      const std::lock_guard lock(mutex_);
      broken_ = true;
    }
    started_.notify_all();
    if (run_.load()) leave(wire::runner_exit::refused);
  }
  void take(const RunnerMessage& message) {
    if (message.type == RunnerMessageType::stop) {
      stop_ = true;
    } else if (message.type == RunnerMessageType::start) {
      auto start = wire::body_as<wire::Start>(message.body);
      const std::lock_guard lock(mutex_);
      if (start_ || given_ || !start)
        broken_ = true;
      else
        start_ = std::move(*start), given_ = true;
      started_.notify_all();
    }
  }
  void look_after(RunControl& run) {
    if (stop_) run.halt.ask();
    const auto work = python_.at_work();
    if (python_.look_after(stop_)) {
      if (overrun_ != work.number) {
        overrun_ = work.number;
        channel_.send(wire::runner_message(RunnerMessageType::overrun, wire::Overrun{path(run), work.limit.time.count()}));
      }
    } else if (overrun_ != 0 && python_.at_work().number != overrun_) {
      overrun_ = 0;
      channel_.send(RunnerMessage{wire::runner_version, RunnerMessageType::resumed, {}});
    }
    const auto now = clock_.monotonic();
    const auto done = run.steps_done.load();
    if (done != told_done_ && now - told_at_ >= std::chrono::milliseconds(100)) {
      told_done_ = done;
      told_at_ = now;
      channel_.send(wire::runner_message(RunnerMessageType::progress, wire::Progress{done, path(run), 0}));
    }
  }
  static std::string path(const RunControl& run) {
    const auto* step = run.step.load();
    return step ? step->path : "";
  }

  static constexpr int tick_milliseconds = 50;
  RunnerChannel& channel_;
  Python& python_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::optional<wire::Start> start_;     // guarded by mutex_
  bool given_ = false, broken_ = false;  // guarded by mutex_
  std::atomic<RunControl*> run_{nullptr};
  // of the thread
  bool stop_ = false;
  std::uint64_t overrun_ = 0;
  std::int64_t told_done_ = -1;
  std::chrono::microseconds told_at_{-1'000'000};
  std::thread thread_;
};

struct Ended {
  Finished finished;
  int code = wire::runner_exit::refused;
};

Ended refused_before_start(std::string code, const Error& error) { return {refusal(std::move(code), error), wire::runner_exit::refused}; }

// Documents that cannot be run still end their attempt: the journal says why.
Ended bad_document(const wire::Start& start, std::string_view digest, Journal& journal, const Error& error) {
  auto finished = refusal("bad_document", error);
  if (!journal.state().begun) {
    if (auto begun = journal.begin(start.attempt.text(), digest, "", {}); !begun)
      return refused_before_start("journal_unwritable", begun.error());
  }
  if (auto written = journal.finished(finished); !written) return refused_before_start("journal_unwritable", written.error());
  return {std::move(finished), wire::runner_exit::bad_document};
}

Result<values::Variables> read_variables(const base::JsonText& text) {
  if (text.text.empty()) return values::Variables{};
  QUANJI_TRY(auto json, base::parse_json(text.text, values::max_value_json_depth));
  return values::variables_from_json(json);
}

// All documents, with all problems at once.
Result<Flows> read_flows(const wire::Start& start, Catalogue catalogue) {
  std::vector<flow::ActivityGroup> groups;
  for (const auto* activity : catalogue) {
    const std::string group(activity->info.id.substr(0, activity->info.id.find('.')));
    if (std::none_of(groups.begin(), groups.end(), [&](const auto& g) { return g.id == group; })) groups.push_back({group, {}});
  }
  QUANJI_TRY(const auto known, flow_catalogue(std::move(groups), catalogue));
  std::vector<flow::Reading> readings;
  for (const auto& one : start.flows) readings.push_back(flow::read_document(one.text, one.file));
  std::vector<const flow::Document*> documents;
  documents.reserve(readings.size());
  for (const auto& reading : readings) documents.push_back(&reading.document);
  std::vector<flow::Problem> problems;
  for (auto& reading : readings) {
    const bool readable = reading.ok();
    problems.insert(problems.end(), reading.problems.begin(), reading.problems.end());
    if (!readable) continue;
    auto more = flow::check_document(reading.document, {&known, documents, std::nullopt, nullptr, {}}, reading.doubtful);
    problems.insert(problems.end(), more.begin(), more.end());
  }
  if (flow::has_errors(problems)) return flow::to_error(problems);
  Flows flows;
  for (auto& reading : readings) flows.add(std::move(reading.document));
  return flows;
}

std::string folder_of_descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

Ended run_task(const wire::Start& start, std::vector<base::Descriptor> passed, const RunnerOptions& options, Python& python,
               Watcher& watcher, base::Clock& clock) {
  if (passed.size() != 1 + start.folders.size())
    return refused_before_start("no_journal", Error(Code::invalid_field, "start came without its descriptors"));
  if (auto limited = limit_processor_time(start.cpu_seconds); !limited) return refused_before_start("no_limit", limited.error());
  std::string work = options.work;
  char here[4096];
  if (::getcwd(here, sizeof here)) work = here;
  std::string evidence;
  std::unique_ptr<ValueStore> store;
  for (std::size_t i = 0; i < start.folders.size(); ++i) {
    const auto path = folder_of_descriptor(passed[i + 1].get());
    if (start.folders[i] == wire::RunnerFolder::values) store = std::make_unique<ValueStore>(path);
    if (start.folders[i] == wire::RunnerFolder::evidence) evidence = path;
    if (start.folders[i] == wire::RunnerFolder::package) python.add_package_path(path + "/python");
  }
  auto journal = Journal::open(passed[0].get(), clock, store.get());
  if (!journal) return refused_before_start("journal_unreadable", journal.error());
  const auto& before = (*journal)->state();
  if (before.finished && start.after_end == wire::AfterEnd::stay) return {*before.finished, wire::exit_code_of(before.finished->outcome)};
  std::string texts;
  for (const auto& one : start.flows) texts += one.file + "\n" + one.text + "\n";
  const auto digest = base::hex(base::sha256(texts));
  auto flows = read_flows(start, options.catalogue);
  if (!flows) return bad_document(start, digest, **journal, flows.error());
  auto inputs = read_variables(start.inputs);
  if (!inputs) return bad_document(start, digest, **journal, inputs.error());
  std::vector<Settled> settled;
  for (const auto& one : start.settled) {
    auto set = read_variables(one.set);
    if (!set) return bad_document(start, digest, **journal, set.error());
    settled.push_back({one.step, one.done, std::move(*set)});
  }
  // Left standing for the watcher, which looks at it until the process ends.
  auto& control = *new RunControl;
  watcher.follow(control);
  SystemWaiting waiting(clock);
  base::SystemRandom random;
  std::unique_ptr<RunContext> made = std::make_unique<BareContext>(clock);
  if (!options.context.empty()) {
    // The task is the same on every attempt: what a run holds stays its own when it goes on.
    auto local = LocalContext::open(options.context, start.task.text(), clock, random);
    if (!local) return refused_before_start("no_context", local.error());
    made = std::move(*local);
  }
  RunContext& outside = *made;
  Surroundings around{clock, random, waiting, python, outside, options.catalogue, work, evidence, {}};
  const auto& main = *flows->all().front();
  around.facts = {start.task.text(), start.attempt.text(), main.flow.text, start.package, start.version, start.robot};
  around.expression_limit = std::chrono::milliseconds(start.expression_milliseconds);
  RunRequest request{*flows,
                     main.flow.text,
                     start.attempt.text(),
                     digest,
                     std::move(*inputs),
                     std::move(settled),
                     {},
                     start.after_end == wire::AfterEnd::go_on ? RunRequest::After::go_on : RunRequest::After::stay};
  if (start.run_seconds) request.time = std::chrono::seconds(*start.run_seconds);
  auto finished = run(request, around, control, journal->get());
  if (!finished) return refused_before_start("journal_unwritable", finished.error());
  const auto code = finished->waiting ? wire::runner_exit::suspended : wire::exit_code_of(finished->outcome);
  return {std::move(*finished), code};
}

}  // namespace

int run_runner(const RunnerOptions& options, base::Clock& clock) {
  // Once as who starts us and, if that may not, once as who we become: the robot's folder above it is closed to everybody else, and the
  // root of an enclosure, which has no powers over files, may not enter what belongs to the runner's user.
  const bool inside = options.work.empty() || ::chdir(options.work.c_str()) == 0;
  if (auto done = give_up_privileges(options.run_as); !done) return complain(done.error(), wire::runner_exit::refused);
  if (!inside && ::chdir(options.work.c_str()) != 0)
    return complain(Error(Code::store_unavailable, base::system_detail("chdir", options.work)), wire::runner_exit::refused);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what a flow prints belongs to its log
  auto python = Python::start({options.package_path, &clock});
  if (!python) return complain(python.error(), wire::runner_exit::refused);
  const auto sandbox = confine(options.confine);
  // The first digest makes the library's pool of locked pages, some milliseconds: before hello, where nobody waits for them.
  (void)base::sha256("");
  RunnerChannel channel(options.channel);
  channel.send(wire::runner_message(RunnerMessageType::hello, wire::Hello{::getpid(), (*python)->version(), sandbox}));
  auto* watcher = new Watcher(channel, **python, clock);  // outlives this function: the process ends with leave()
  const auto start = watcher->wait_for_start();
  if (!start) leave(wire::runner_exit::refused);
  const auto ended = run_task(*start, channel.take_descriptors(), options, **python, *watcher, clock);
  channel.send(wire::runner_message(RunnerMessageType::finished, ended.finished));
  leave(ended.code);
}

}  // namespace quanji::engine
