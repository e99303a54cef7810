// Messages between a robot and its one runner process over an inherited stream socket pair: length u32 (little-endian, bytes of JSON),
// JSON {v:2, type, body}. With the length of `start` the robot passes descriptors (SCM_RIGHTS): the journal first, then the folders that
// `start` names. Standard error is the log.
// Reads foreign bytes: fuzz/runner_message.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/fields_json.h"
#include "base/result.h"
#include "wire/robot_contract.h"

namespace quanji::wire {

inline constexpr std::int64_t runner_version = 2;
inline constexpr std::size_t max_runner_message = 4U << 20;

enum class RunnerMessageType : std::uint8_t {
  hello,     // runner → robot, once, ready for a task: sandbox up, Python initialised
  start,     // robot → runner, once, with the journal's descriptor
  stop,      // robot → runner: end at the next step border; Python is interrupted
  progress,  // runner → robot, at most ten a second
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
// What a runner may reach. `desktop` comes with browsers.
enum class RunnerProfile : std::uint8_t { closed, network };
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
// What a person said about a step whose outcome nobody knew, or that a resource begun anew would repeat.
struct SettledStep {
  std::string step;
  bool done = false;
  base::JsonText set;  // done: what it would have saved, by variable
  static const base::FieldList& fields();
};
enum class AfterEnd : std::uint8_t { stay, go_on };
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
  static const base::FieldList& fields();
};
struct Stop {
  std::string reason;  // "asked" "shutting_down" "deadline"
  static const base::FieldList& fields();
};
struct Progress {
  std::int64_t steps_done = 0;
  std::string step;  // the one at work
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

QUANJI_ENUM(quanji::wire::RunnerProfile, "closed", "network");
QUANJI_ENUM(quanji::wire::RunnerFolder, "package", "values", "evidence");
QUANJI_ENUM(quanji::wire::AfterEnd, "stay", "go_on");
QUANJI_ENUM(quanji::wire::RunnerMessageType, "hello", "start", "stop", "progress", "overrun", "resumed", "finished");
