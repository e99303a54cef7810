// The treaty between platform and robot: groups, verbs and messages, declared once for both wings and both transports. It grows by the
// eight groups of the published interface; what stands here works. Additive only within v1; never reuses types of the domain.
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

namespace quanji::wire {

using RobotId = base::Id<"rob">;
using TaskId = base::Id<"tsk">;
using AttemptId = base::Id<"att">;

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
  static const base::FieldList& fields();
};
struct BeatAnswer {
  std::vector<AttemptId> stale;  // of those held: given to somebody else, or settled; the robot drops them
  std::optional<base::Time> at;  // the platform's clock
  static const base::FieldList& fields();
};

// task.offer — valid for 30 s. A repeated offer of the same attempt and token is answered the same again.
struct TaskOffer {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  base::JsonText document;                    // the flow document as JSON (until packages travel by digest)
  base::JsonText inputs;                      // {name: value}; absent: none
  std::optional<std::int64_t> run_seconds;    // limit of the whole run; absent: 3600
  std::optional<std::int64_t> grace_seconds;  // after a soft stop, before the kill; absent: 30
  static const base::FieldList& fields();
};
enum class OfferDecision : std::uint8_t { accept, refuse };
struct OfferAnswer {
  OfferDecision decision = OfferDecision::refuse;
  std::optional<std::string> reason;  // of a refusal: "no_free_slot" "shutting_down" "sandbox_too_weak" "stale_token"
  static const base::FieldList& fields();
};

// task.stop — soft: the flow ends at a step border, after grace it is killed; kill: at once.
enum class StopMode : std::uint8_t { soft, kill };
struct TaskStop {
  TaskId task;
  AttemptId attempt;
  StopMode mode = StopMode::soft;
  static const base::FieldList& fields();
};

// task.report — on the robot's disk (fsync) before it is sent; sent until answered; its key is (task, attempt, seq).
enum class ReportKind : std::uint8_t { started, progress, finished };
enum class Outcome : std::uint8_t { success, business_failure, system_failure, stopped, timed_out };
struct RunError {
  std::string code;     // "expression_failed"
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
  std::optional<SandboxReport> sandbox;  // started
  std::optional<Outcome> outcome;        // finished
  base::JsonText outputs;                // finished, success: {name: value}
  std::optional<RunError> error;         // finished, without success
  std::vector<std::string> unsettled;    // steps with an intent and no receipt: "was it done?"
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
                                  task_report = "task.report";
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
QUANJI_ENUM(quanji::wire::StopMode, "soft", "kill");
QUANJI_ENUM(quanji::wire::ReportKind, "started", "progress", "finished");
QUANJI_ENUM(quanji::wire::Outcome, "success", "business_failure", "system_failure", "stopped", "timed_out");
