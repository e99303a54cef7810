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
#include "engine/journal.h"
#include "engine/python.h"
#include "engine/run.h"
#include "engine/runner_channel.h"
#include "engine/step_list.h"
#include "engine/watch.h"

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
  void follow(RunWatch& run, const Document& document) {
    document_.store(&document);
    run_.store(&run);
  }

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
      if (RunWatch* run = run_.load()) look_after(*run);
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
  void look_after(RunWatch& run) {
    if (stop_) run.ask_stop();
    const auto number = python_.at_work();
    const auto due = run.due();
    if (due && number != 0) {
      python_.interrupt(number, *due);
      if (overrun_ != number) {
        overrun_ = number;
        channel_.send(wire::runner_message(RunnerMessageType::overrun, wire::Overrun{path(run), run.limit().count()}));
      }
    } else if (overrun_ != 0 && number != overrun_) {
      overrun_ = 0;
      channel_.send(RunnerMessage{wire::runner_version, RunnerMessageType::resumed, {}});
    }
    const auto now = clock_.monotonic();
    const auto done = run.steps_done();
    if (done != told_done_ && now - told_at_ >= std::chrono::milliseconds(100)) {
      told_done_ = done;
      told_at_ = now;
      channel_.send(wire::runner_message(RunnerMessageType::progress, wire::Progress{done, path(run)}));
    }
  }
  std::string path(const RunWatch& run) const {
    const auto* document = document_.load();
    const auto at = run.step();
    return document && at >= 0 && static_cast<std::size_t>(at) < document->steps.size() ? document->steps[static_cast<std::size_t>(at)].path
                                                                                        : "";
  }

  static constexpr int tick_milliseconds = 50;
  RunnerChannel& channel_;
  Python& python_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::optional<wire::Start> start_;     // guarded by mutex_
  bool given_ = false, broken_ = false;  // guarded by mutex_
  std::atomic<RunWatch*> run_{nullptr};
  std::atomic<const Document*> document_{nullptr};
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

// A document that cannot be run still ends its attempt: the journal says why.
Ended bad_document(const wire::Start& start, std::string_view digest, Journal& journal, const Error& error) {
  auto finished = refusal("bad_document", error);
  if (!journal.state().begun) {
    if (auto begun = journal.begin(start.attempt.text(), digest, {}); !begun)
      return refused_before_start("journal_unwritable", begun.error());
  }
  if (auto written = journal.finished(finished); !written) return refused_before_start("journal_unwritable", written.error());
  return {std::move(finished), wire::runner_exit::bad_document};
}

Result<Variables> read_inputs(const base::JsonText& text) {
  if (text.text.empty()) return Variables{};
  QUANJI_TRY(auto json, base::parse_json(text.text));
  return variables_from_json(json);
}

Ended run_task(const wire::Start& start, base::Descriptor journal_fd, Python& python, Watcher& watcher, base::Clock& clock) {
  if (journal_fd.get() < 0) return refused_before_start("no_journal", Error(Code::invalid_field, "start came without a descriptor"));
  if (auto limited = limit_processor_time(start.cpu_seconds); !limited) return refused_before_start("no_limit", limited.error());
  auto journal = Journal::open(journal_fd.get(), clock);
  if (!journal) return refused_before_start("journal_unreadable", journal.error());
  if (journal->state().finished) return {*journal->state().finished, wire::exit_code_of(journal->state().finished->outcome)};
  const auto digest = base::hex(base::sha256(start.document.text));
  auto parsed = base::parse_json(start.document.text);
  auto document = parsed ? read_document(*parsed) : Result<Document>(std::move(parsed).error());
  if (!document) return bad_document(start, digest, *journal, document.error());
  auto inputs = read_inputs(start.inputs);
  if (!inputs) return bad_document(start, digest, *journal, inputs.error());
  // Left standing for the watcher, which looks at them until the process ends.
  auto& watch = *new RunWatch(clock, std::chrono::milliseconds(start.expression_milliseconds));
  const auto& whole = *new Document(std::move(*document));
  watcher.follow(watch, whole);
  auto finished = run(whole, {start.attempt.text(), digest, std::move(*inputs)}, *journal, python, watch);
  if (!finished) return refused_before_start("journal_unwritable", finished.error());
  const auto outcome = finished->outcome;
  return {std::move(*finished), wire::exit_code_of(outcome)};
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
  auto python = Python::start({options.package_path});
  if (!python) return complain(python.error(), wire::runner_exit::refused);
  const auto sandbox = confine(options.confine);
  RunnerChannel channel(options.channel);
  channel.send(wire::runner_message(RunnerMessageType::hello, wire::Hello{::getpid(), (*python)->version(), sandbox}));
  auto* watcher = new Watcher(channel, **python, clock);  // outlives this function: the process ends with leave()
  const auto start = watcher->wait_for_start();
  if (!start) leave(wire::runner_exit::refused);
  const auto ended = run_task(*start, channel.take_descriptor(), **python, *watcher, clock);
  channel.send(wire::runner_message(RunnerMessageType::finished, ended.finished));
  leave(ended.code);
}

}  // namespace quanji::engine
