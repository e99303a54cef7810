// Dispatch as pure functions of (state, now): who may have a task and why not, who comes first, how long anything may take. The loops that
// tick stand elsewhere; nothing here asks the time.
//
// Order: priority (higher first), then deadline, then age. A waiting task rises by one priority for every `ageing`, so a low one is not
// starved by a stream of high ones. Limits and times are settings; what stands here is what they are when nobody changed them.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "domain/caller.h"
#include "domain/task_states.h"

namespace quanji::domain {

inline constexpr std::chrono::seconds offer_life{30};
inline constexpr std::chrono::seconds beat_every{10};
inline constexpr int beats_until_suspect = 3;
inline constexpr std::int64_t top_priority = 100;

// Times and limits, from the settings.
struct DispatchRules {
  std::chrono::seconds lost_after{60};  // 20 to 600
  std::chrono::seconds ageing{600};     // one priority for so much waiting
  std::int64_t waiting_per_robot = 100;
  std::int64_t waiting_per_group = 1000;  // also of what any robot may take
};

// What happens to a task whose robot is gone (flow's choice). rerun only for a flow that declares itself repeatable.
enum class LostPolicy : std::uint8_t { alert, rerun, resume };
enum class ResumeFrom : std::uint8_t { start, failed_step, checkpoint };

// A robot as dispatch sees it.
struct RobotFace {
  RobotId id;
  std::string name;
  DepartmentId department;
  bool enabled = true;
  bool connected = false;               // to this node
  std::optional<base::Time> last_beat;  // absent: none since it connected
  bool reports_full = false;            // it refused for want of a slot and has not shown a free one since
  bool abnormal = false;                // it says so of itself: abnormal, in maintenance, disabled at the machine
  std::int64_t slots = 1;
  std::int64_t holds = 0;  // tasks of ours in its hands or offered to it
  std::vector<std::string> capabilities;
};

// A task that waits.
struct WaitingTask {
  TaskId id;
  DepartmentId department;
  std::int64_t priority = 50;
  std::optional<base::Time> deadline;
  base::Time since;                       // when it began to wait
  std::optional<RobotId> target;          // only this robot
  std::optional<RobotId> home;            // the run's journal is on this robot's disk: it goes on there or nowhere
  std::vector<std::string> capabilities;  // all are needed
  std::optional<base::Ulid> flow;
  std::int64_t flow_limit = 0;  // tasks of the flow at once; 0: any number
};

// Why a robot may not have a task now, the first that holds.
enum class WhyNot : std::uint8_t {
  not_the_target,
  journal_elsewhere,
  other_department,
  disabled,
  offline,
  silent,  // connected, but three beats are missing
  abnormal,
  lacks_capability,
  flow_at_its_limit,
  refused_just_now,
  no_free_slot
};
base::Sentence sentence_of(WhyNot reason);

// Which department stands below which: a robot serves its own department and those below it.
class DepartmentLine {
 public:
  // `parent` is empty for the root. Any order.
  void add(const DepartmentId& id, const DepartmentId& parent) { parent_[id.ulid] = parent; }
  bool within(const DepartmentId& department, const DepartmentId& above) const;

 private:
  std::unordered_map<base::Ulid, DepartmentId, UlidHash> parent_;
};

// Everything a decision is made from.
struct Floor {
  DispatchRules rules;
  DepartmentLine departments;
  std::vector<RobotFace> robots;
  std::vector<WaitingTask> waiting;
  std::unordered_map<base::Ulid, std::int64_t, UlidHash> running;  // by flow: tasks in the hands of robots or offered
  std::set<std::pair<TaskId, RobotId>> refused;                    // not to be asked again yet
};

// Nothing: the robot is a candidate. Pure.
std::optional<WhyNot> why_not(const Floor& floor, const WaitingTask& task, const RobotFace& robot, base::Time now);

// The priority a task has come to by waiting, at most top_priority.
std::int64_t risen_priority(const WaitingTask& task, const DispatchRules& rules, base::Time now);
// Whether `a` comes before `b` at `now`. A strict order: ids break ties.
bool before(const WaitingTask& a, const WaitingTask& b, const DispatchRules& rules, base::Time now);
// The same order as one number for an index, smaller first, that does not change while time passes: of two tasks the one that waits longer
// or is more urgent, one priority counting as one `ageing`. Deadlines do not show in it; a window read by it is sorted by before().
std::int64_t rank_of(std::int64_t priority, base::Time since, const DispatchRules& rules);

struct Pairing {
  TaskId task;
  RobotId robot;
  bool operator==(const Pairing&) const = default;
};
// Who gets what now: tasks in order, each to the candidate with the most free slots (then the least id). Slots and flow limits count what
// was given away before in the same plan. No task twice.
std::vector<Pairing> plan(const Floor& floor, base::Time now);

// ---- time ----

bool offer_expired(base::Time offered_at, base::Time now);
// Connected but three beats late: gets nothing new.
bool suspect(std::optional<base::Time> last_beat, base::Time now);
// What a robot that was last heard at `heard` holds is lost. `started` is when this platform began to listen: no robot is blamed for the
// time in which nobody did.
bool lost(std::optional<base::Time> heard, base::Time started, const DispatchRules& rules, base::Time now);
// When a waiting task is given up: the earlier of the wait limit and the deadline.
std::optional<base::Time> waits_until(std::optional<base::Time> wait_limit, std::optional<base::Time> deadline);

// What follows a loss. `repeatable` is what the flow declares of itself.
struct LostPlan {
  bool new_attempt = false;
  ResumeFrom from = ResumeFrom::start;
  bool alert = true;  // somebody is told in any case; alone: a person decides
};
LostPlan after_loss(LostPolicy policy, bool repeatable);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::LostPolicy, "alert", "rerun", "resume");
QUANJI_ENUM(quanji::domain::ResumeFrom, "start", "failed_step", "checkpoint");
QUANJI_ENUM(quanji::domain::WhyNot, "not_the_target", "journal_elsewhere", "other_department", "disabled", "offline", "silent", "abnormal",
            "lacks_capability", "flow_at_its_limit", "refused_just_now", "no_free_slot");
