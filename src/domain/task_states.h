// The states of a task and what leads from one to another: data, from which the documentation is made.
//
// A task's state is that of its newest attempt. What a robot reports is a walk of one or more moves, for its reports may arrive where an
// answer was lost: `finished` for a task whose acceptance was never heard is accept, begin, succeed.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class TaskState : std::uint8_t {
  waiting,
  assigned,
  starting,
  running,
  paused,
  stopping,
  suspended,
  lost,
  succeeded,
  failed,
  stopped,
  timed_out,
  skipped,
  cancelled,
  done_by_hand
};
enum class TaskAct : std::uint8_t {
  offer,           // given to a robot, which has 30 s to take it
  accept,          // the robot took it
  refuse,          // the robot did not
  expire_offer,    // the robot did not answer in time
  reassign,        // a person takes an offer back and names another robot
  begin,           // the runner's first step
  prepare_failed,  // package, requirements or sandbox: nothing of the flow ran
  succeed,
  fail,
  end,       // stopped: at a border or by the kill
  time_out,  // the limit of waiting, of the deadline or of the run
  pause,
  resume,
  suspend,  // waits for a person, a queue or a time without a robot
  wake,     // what it waited for is here: the same attempt goes on from its checkpoint
  stop,
  kill,
  lose,     // the robot's lease ran out
  prove,    // the robot came back holding the live token
  rerun,    // after lost: a new attempt
  give_up,  // after lost: nobody will know
  settle,   // a person did it by hand
  skip,
  retry  // after the end: a new attempt
};

struct TaskMove {
  TaskState from;
  TaskAct act;
  TaskState to;
};
std::span<const TaskMove> task_moves();
// wrong_state, naming the state and what is allowed in it.
base::Result<TaskState> after(TaskState from, TaskAct act);
bool allowed(TaskState from, TaskAct act);
bool final(TaskState state);
// A robot holds it, by a lease its beat renews: starting, running, paused, stopping.
bool held(TaskState state);

// What a robot says of the attempt it holds.
enum class RobotWord : std::uint8_t { started, paused, resumed, suspended, success, business_failure, system_failure, stopped, timed_out };
// The moves from `from` that the word means; empty: it says nothing new (a late `started`). Never fails: a robot with the live token tells
// what happened, and what happened is not refused.
std::vector<TaskAct> moves_for(TaskState from, RobotWord word);

// What an attempt came to. lost: given up, never known; skipped: not run by rule.
enum class AttemptOutcome : std::uint8_t { success, business_failure, system_failure, stopped, timed_out, lost, skipped, cancelled };
// Of an attempt that ends by reaching `state` without a robot's word; nothing for a state that ends none.
std::optional<AttemptOutcome> outcome_of(TaskState state);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::TaskState, "waiting", "assigned", "starting", "running", "paused", "stopping", "suspended", "lost", "succeeded",
            "failed", "stopped", "timed_out", "skipped", "cancelled", "done_by_hand");
QUANJI_ENUM(quanji::domain::TaskAct, "offer", "accept", "refuse", "expire_offer", "reassign", "begin", "prepare_failed", "succeed", "fail",
            "end", "time_out", "pause", "resume", "suspend", "wake", "stop", "kill", "lose", "prove", "rerun", "give_up", "settle", "skip",
            "retry");
QUANJI_ENUM(quanji::domain::RobotWord, "started", "paused", "resumed", "suspended", "success", "business_failure", "system_failure",
            "stopped", "timed_out");
QUANJI_ENUM(quanji::domain::AttemptOutcome, "success", "business_failure", "system_failure", "stopped", "timed_out", "lost", "skipped",
            "cancelled");
