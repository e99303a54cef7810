// The treaty between platform and robot: groups, verbs and messages, declared once for both wings and both transports. It grows by the
// eight groups of the published interface. Additive only within v1; never reuses types of the domain.
// Answered on both sides today: robot.read, robot.beat, task.offer (with `document`), task.stop, task.report. The others are agreed and not
// yet bound: whoever is asked one answers no_such_operation. What a run asks of the platform stands in run_asks.h.
// Reads foreign bytes: fuzz/robot_frame.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/ids.h"
#include "base/result.h"
#include "wire/frame.h"
#include "wire/run_asks.h"

namespace quanji::wire {

using RobotId = base::Id<"rob">;

inline constexpr std::string_view channel_path = "/robot-channel/v1";
inline constexpr std::string_view gateway_path = "/robot-gateway/v1";

enum class RobotState : std::uint8_t { idle, assigned, running, abnormal, disabled, maintenance };

// How closely a run is shut in: what was asked for was reached, some of it, or none.
enum class SandboxLevel : std::uint8_t { full, partial, off };
struct SandboxReport {
  SandboxLevel level = SandboxLevel::off;
  std::vector<std::string> missing;  // words for `partial`: "network_namespace", "seccomp" …
  static const base::FieldList& fields();
};

// robot.read — what a robot says of itself.
struct RobotFacts {
  std::optional<RobotId> id;
  std::string name;
  std::string version;  // of the program, "0.1.0"
  std::string os;       // "Debian GNU/Linux 12 (bookworm)"
  std::string arch;     // "x86_64"
  std::string user;     // the account it runs under
  RobotState state = RobotState::idle;
  std::int64_t slots = 1, free_slots = 1;
  std::vector<std::string> capabilities;  // "python"
  SandboxReport sandbox;                  // what its last trial run reached
  base::Time at;                          // by its own clock
  static const base::FieldList& fields();
};

// An attempt in the robot's hands. The token rises with every grant; work under an old one is stale.
struct HeldAttempt {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  static const base::FieldList& fields();
};
// robot.beat — every 10 s ± jitter, and at once after the channel opened.
struct Beat {
  std::int64_t number = 0;  // rises within one life of the robot
  RobotState state = RobotState::idle;
  std::int64_t slots = 1, free_slots = 1;
  std::vector<HeldAttempt> held;
  std::int64_t waiting_reports = 0;  // in the spool, not yet acknowledged
  base::Time at;
  std::optional<bool> draining;                           // takes nothing new until told otherwise on its machine
  std::optional<std::int64_t> clock_offset_milliseconds;  // its clock less the platform's, by the last answered beat
  std::optional<std::int64_t> disk_free_bytes;            // where its data stand
  std::optional<std::int64_t> cached_bytes;               // of packages
  static const base::FieldList& fields();
};
struct BeatAnswer {
  std::vector<AttemptId> stale;  // of those held: given to somebody else, or settled; the robot drops them
  std::optional<base::Time> at;  // the platform's clock
  static const base::FieldList& fields();
};

// task.offer — valid for 30 s. A repeated offer of the same attempt and token is answered the same again. After it has accepted, the robot
// prepares (fetches the package) and starts by itself.
struct PackageRef {
  std::string name, version;
  std::string sha256;  // of the archive, lower hex
  std::int64_t size = 0;
  static const base::FieldList& fields();
};
// What a runner may reach. `desktop` comes with browsers.
enum class RunnerProfile : std::uint8_t { closed, network };
//   start        from the first step
//   failed_step  a new attempt: goes on where the attempt `resume_of` failed, from its journal on this robot
//   checkpoint   the same attempt after a suspension, or after `lost` (then `resume_of` is it or an older one): goes on where it stands
enum class ResumeFrom : std::uint8_t { start, failed_step, checkpoint };
// What a person said about a step whose outcome nobody knew, or that a resource begun anew would repeat.
struct SettledStep {
  std::string step;
  bool done = false;
  base::JsonText set;  // done: what it would have saved, by variable
  static const base::FieldList& fields();
};
struct TaskOffer {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  base::JsonText document;                    // a flow document as JSON, instead of a package: trial runs
  base::JsonText inputs;                      // {name: value}; absent: none
  std::optional<std::int64_t> run_seconds;    // limit of the whole run; absent: 3600
  std::optional<std::int64_t> grace_seconds;  // after a soft stop, before the kill; absent: 30
  std::optional<PackageRef> package;
  std::optional<std::string> flow;  // of the package, the one to run
  RunnerProfile profile = RunnerProfile::closed;
  ResumeFrom resume = ResumeFrom::start;
  std::optional<AttemptId> resume_of;          // whose journal; absent: its own
  std::vector<SettledStep> settled;            // with failed_step and checkpoint
  std::optional<std::int64_t> attempt_number;  // 1, 2, 3 …
  std::optional<base::Date> business_date;
  static const base::FieldList& fields();
};
enum class OfferDecision : std::uint8_t { accept, refuse };
struct OfferAnswer {
  OfferDecision decision = OfferDecision::refuse;
  // Of a refusal: "no_free_slot" "shutting_down" "sandbox_too_weak" "stale_token" "disk_full" "journal_missing" "nothing_to_run".
  std::optional<std::string> reason;
  static const base::FieldList& fields();
};

// task.stop — soft: the flow ends at a step border, after grace it is killed; kill: at once.
struct TaskStop {
  TaskId task;
  AttemptId attempt;
  StopMode mode = StopMode::soft;
  static const base::FieldList& fields();
};
// task.pause, task.resume — the run is held at the next step border, and goes on. Reports `paused` and `resumed` say when. Time goes on
// counting. Said twice is said once; not_found when the robot does not hold the attempt.
struct TaskHold {
  TaskId task;
  AttemptId attempt;
  static const base::FieldList& fields();
};

// task.report — on the robot's disk (fsync) before it is sent; sent until answered; its key is (task, attempt, seq).
// progress: at most one is on its way per attempt. suspended: the robot is free; a later task.offer of the same attempt goes on.
enum class ReportKind : std::uint8_t { started, progress, paused, resumed, suspended, finished };
enum class Outcome : std::uint8_t { success, business_failure, system_failure, stopped, timed_out };
struct RunError {
  std::string code;     // "expression_failed", "package_refused", "runner_died" …
  std::string message;  // for a person, Chinese and English
  std::string step;     // path of the step, "steps/2"; empty: not in a step
  static const base::FieldList& fields();
};
struct TaskReport {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::int64_t seq = 0;  // 1, 2, 3 … within the attempt
  ReportKind kind = ReportKind::started;
  base::Time at;
  std::optional<std::int64_t> steps_done;
  std::optional<SandboxReport> sandbox;     // started
  std::optional<Outcome> outcome;           // finished
  base::JsonText outputs;                   // finished, success: {name: value}
  std::optional<RunError> error;            // finished, without success
  std::vector<std::string> unsettled;       // steps with an intent and no receipt: "was it done?"
  std::optional<std::int64_t> steps_known;  // progress: of the flow's document, loops counted once
  std::optional<std::string> step;          // progress, paused, suspended: path of the step
  std::optional<base::Time> until;          // suspended: to be offered again then, if nothing else comes before
  std::optional<std::string> human_task;    // suspended: id of the human task it waits for
  static const base::FieldList& fields();
};

enum class Asker : std::uint8_t { platform, robot };
struct Verb {
  std::string_view op;
  Asker asker;
  base::Sentence sentence;
  const base::FieldList& (*input)();
  const base::FieldList& (*output)();
};
// The whole contract, by op.
std::span<const Verb> robot_contract();
const Verb* find_verb(std::string_view op);

namespace op {
inline constexpr std::string_view robot_read = "robot.read", robot_beat = "robot.beat", task_offer = "task.offer", task_stop = "task.stop",
                                  task_pause = "task.pause", task_resume = "task.resume", task_report = "task.report";
}

// A frame's body or data as a type of the contract; keys of a newer peer are ignored.
template <class T>
base::Result<T> body_as(const base::JsonText& text) {
  return base::from_json_text<T>(text.text.empty() ? std::string_view("{}") : std::string_view(text.text));
}

}  // namespace quanji::wire

QUANJI_ENUM(quanji::wire::RobotState, "idle", "assigned", "running", "abnormal", "disabled", "maintenance");
QUANJI_ENUM(quanji::wire::SandboxLevel, "full", "partial", "off");
QUANJI_ENUM(quanji::wire::OfferDecision, "accept", "refuse");
QUANJI_ENUM(quanji::wire::RunnerProfile, "closed", "network");
QUANJI_ENUM(quanji::wire::ResumeFrom, "start", "failed_step", "checkpoint");
QUANJI_ENUM(quanji::wire::ReportKind, "started", "progress", "paused", "resumed", "suspended", "finished");
QUANJI_ENUM(quanji::wire::Outcome, "success", "business_failure", "system_failure", "stopped", "timed_out");
