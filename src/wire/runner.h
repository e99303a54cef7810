// Messages between a robot and its one runner process over an inherited stream socket pair: length u32 (little-endian, bytes of JSON),
// JSON {v:1, type, body}. The robot passes the journal's descriptor (SCM_RIGHTS) with the length of `start`. Standard error is the log.
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

inline constexpr std::int64_t runner_version = 1;
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
struct Start {
  TaskId task;
  AttemptId attempt;
  base::JsonText document;
  base::JsonText inputs;
  std::int64_t expression_milliseconds = 5000;
  std::int64_t cpu_seconds = 3600;
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
  static const base::FieldList& fields();
};

// Types of the records of a run's journal (base/record_log); what stands in them: engine/journal.h. The robot reads behind the runner.
enum class JournalRecord : std::uint8_t { begin = 1, step = 2, intent = 3, receipt = 4, finished = 5 };

// Exit codes of quanji-runner.
namespace runner_exit {
inline constexpr int success = 0, business_failure = 10, system_failure = 11, stopped = 12, timed_out = 13, bad_document = 20, refused = 21;
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

QUANJI_ENUM(quanji::wire::RunnerMessageType, "hello", "start", "stop", "progress", "overrun", "resumed", "finished");
