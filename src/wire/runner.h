// Messages between a robot and its one runner process over an inherited stream socket pair: length u32 (little-endian, bytes of JSON),
// JSON {v:3, type, body}. With the length of `start` the robot passes descriptors (SCM_RIGHTS): the journal first, then the folders that
// `start` names. Standard error is the log.
// Reads foreign bytes: fuzz/runner_message.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "base/fields_json.h"
#include "base/result.h"
#include "wire/robot_contract.h"

namespace quanji::wire {

inline constexpr std::int64_t runner_version = 3;
inline constexpr std::size_t max_runner_message = 4U << 20;

enum class RunnerMessageType : std::uint8_t {
  hello,     // runner → robot, once, ready for a task: sandbox up, Python initialised
  start,     // robot → runner, once, with the journal's descriptor
  stop,      // robot → runner: end at the next step border; Python is interrupted
  pause,     // robot → runner: stay at the next step border
  go_on,     // robot → runner: no longer
  paused,    // runner → robot: it stands at a border
  going_on,  // runner → robot: it has left it
  progress,  // runner → robot, at most ten a second
  line,      // runner → robot: a line of the run's log
  evidence,  // runner → robot: a file stands whole in the folder `evidence`
  ask,       // runner → robot: of the outside world; any number at a time
  answer,    // robot → runner: to an ask
  overrun,   // runner → robot: Python was asked to stop (expression limit or `stop`) and has not left yet
  resumed,   // runner → robot: it has left after all
  finished,  // runner → robot, after the journal's last record; then it exits
};
struct RunnerMessage {
  std::int64_t v = runner_version;
  RunnerMessageType type = RunnerMessageType::hello;
  base::JsonText body;
  static const base::FieldList& fields();
};

struct Hello {
  std::int64_t pid = 0;   // as the runner sees it
  std::string python;     // "3.11.2"
  SandboxReport sandbox;  // measured by the runner itself, not believed
  static const base::FieldList& fields();
};
// A folder the runner may use, by an open descriptor: what a runner that was started ahead could not be given before.
//   package   the unpacked package: python/, resources/
//   values    large values of the journal
//   evidence  pictures and files steps leave behind
enum class RunnerFolder : std::uint8_t { package, values, evidence };
struct FlowText {
  std::string file;  // "flows/reconcile.yaml"
  std::string text;  // YAML
  static const base::FieldList& fields();
};
enum class AfterEnd : std::uint8_t { stay, go_on };
// none: the runner's own (what it was started with); robot: what the flow asks goes out as `ask`.
enum class OutsideWorld : std::uint8_t { none, robot };
struct Start {
  TaskId task;
  AttemptId attempt;
  std::vector<FlowText> flows;  // the one to run first
  base::JsonText inputs;
  std::vector<RunnerFolder> folders;
  std::vector<SettledStep> settled;
  AfterEnd after_end = AfterEnd::stay;  // of a journal whose run has failed: go on where it did
  std::int64_t expression_milliseconds = 5000;
  std::int64_t cpu_seconds = 3600;
  std::optional<std::int64_t> run_seconds;  // how long the run may take; absent: as long as it likes
  std::string package, version, robot;      // what the flow sees as task.package …
  std::optional<base::Date> business_date;
  OutsideWorld outside = OutsideWorld::none;
  static const base::FieldList& fields();
};
struct Stop {
  std::string reason;  // "asked" "shutting_down" "deadline"
  static const base::FieldList& fields();
};
struct Progress {
  std::int64_t steps_done = 0;
  std::string step;              // the one at work
  std::int64_t steps_known = 0;  // of the flow's document, loops counted once
  static const base::FieldList& fields();
};
struct Held {
  std::string step;  // it is held before
  static const base::FieldList& fields();
};
struct Line {
  base::Time at;
  LogLevel level = LogLevel::info;
  std::string step, text;
  static const base::FieldList& fields();
};
struct Evidence {
  std::string file, step;  // name within the folder
  static const base::FieldList& fields();
};
// An operation of run_asks.h; who asks for whom (task, attempt, token) is filled in by the robot, whatever stands there.
// credential.open is answered {"secret":"…"}: plain, on this pipe only.
struct RunnerAsk {
  std::int64_t id = 0;  // 1, 2, 3 …
  std::string op;
  base::JsonText body;
  static const base::FieldList& fields();
};
struct RunnerAnswer {
  std::int64_t id = 0;
  std::int64_t code = 0;  // 0, or a number of the error table
  std::string zh, en;     // of a refusal
  base::JsonText data;
  static const base::FieldList& fields();
};
struct Overrun {
  std::string step;
  std::int64_t limit_milliseconds = 0;
  static const base::FieldList& fields();
};
// What the journal's last record holds too; the journal decides when both are there.
struct Finished {
  Outcome outcome = Outcome::system_failure;
  std::int64_t steps_done = 0;
  base::JsonText outputs;
  std::optional<RunError> error;
  std::vector<std::string> unsettled;
  // The run is suspended: what it waits for. `outcome` then says nothing, and the journal has no such record.
  std::optional<RunError> waiting;
  static const base::FieldList& fields();
};

// Types of the records of a run's journal (base/record_log); what stands in them: engine/journal.h. The robot reads behind the runner.
enum class JournalRecord : std::uint8_t {
  begin = 1,
  step,      // ended
  intent,    // of a `once` step
  receipt,   // in the place of `step` after an intent
  finished,  // the last, unless the run was resumed
  enter,     // what cannot be told from the path: a loop's rows, an error that was caught …
  failed,    // of a step, before anything is unwound
  suspended,
  again,    // a step with steps inside is tried once more
  resumed,  // with what a person said about intents without receipt
};

// Exit codes of quanji-runner.
namespace runner_exit {
inline constexpr int success = 0, business_failure = 10, system_failure = 11, stopped = 12, timed_out = 13, suspended = 14,
                     bad_document = 20, refused = 21;
}
int exit_code_of(Outcome outcome);

template <class T>
RunnerMessage runner_message(RunnerMessageType type, const T& body) {
  return {runner_version, type, {base::to_json(body)}};
}
// Length and JSON, ready to be written.
base::Result<std::string> write_runner_message(const RunnerMessage& message);

// Cuts a stream of bytes into messages. One thread.
class RunnerMessageReader {
 public:
  void add(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message; nothing when more bytes are needed. After a failure the stream cannot be read any further.
  base::Result<std::optional<RunnerMessage>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

}  // namespace quanji::wire

QUANJI_ENUM(quanji::wire::RunnerFolder, "package", "values", "evidence");
QUANJI_ENUM(quanji::wire::AfterEnd, "stay", "go_on");
QUANJI_ENUM(quanji::wire::OutsideWorld, "none", "robot");
QUANJI_ENUM(quanji::wire::RunnerMessageType, "hello", "start", "stop", "pause", "go_on", "paused", "going_on", "progress", "line",
            "evidence", "ask", "answer", "overrun", "resumed", "finished");
