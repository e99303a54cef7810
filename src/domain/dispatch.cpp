#include "domain/dispatch.h"

#include <algorithm>

namespace quanji::domain {
namespace {
using std::chrono::microseconds;

bool has_all(const std::vector<std::string>& wanted, const std::vector<std::string>& there) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& one) { return std::find(there.begin(), there.end(), one) != there.end(); });
}
}  // namespace

base::Sentence sentence_of(WhyNot reason) {
  switch (reason) {
    case WhyNot::not_the_target:
      return {"任务指定了其他机器人", "the task names another robot"};
    case WhyNot::journal_elsewhere:
      return {"要从断点继续，运行记录在另一台机器人上", "it goes on where it was, and the run's journal is on another robot"};
    case WhyNot::other_department:
      return {"机器人不属于任务所在部门或其上级部门", "the robot is not of the task's department nor of one above it"};
    case WhyNot::disabled:
      return {"机器人已停用或吊销", "the robot is disabled or revoked"};
    case WhyNot::offline:
      return {"机器人不在线", "the robot is not connected"};
    case WhyNot::silent:
      return {"机器人已连接，但连续三次没有心跳", "the robot is connected but three of its beats are missing"};
    case WhyNot::abnormal:
      return {"机器人自报异常、维护或停用", "the robot says that it is abnormal, in maintenance or disabled"};
    case WhyNot::lacks_capability:
      return {"机器人缺少任务需要的能力", "the robot lacks a capability the task needs"};
    case WhyNot::flow_at_its_limit:
      return {"流程的并发任务数已到上限", "as many tasks of the flow run as may run at once"};
    case WhyNot::refused_just_now:
      return {"机器人刚刚拒绝了这个任务，稍后再问", "the robot refused this task just now and is asked again later"};
    case WhyNot::no_free_slot:
      return {"机器人没有空闲执行位", "the robot has no free slot"};
  }
  return {};
}

bool DepartmentLine::within(const DepartmentId& department, const DepartmentId& above) const {
  auto at = department;
  for (int level = 0; level <= 64; ++level) {  // a loop in a broken tree ends here
    if (at == above) return true;
    const auto found = parent_.find(at.ulid);
    if (found == parent_.end() || found->second.empty()) return false;
    at = found->second;
  }
  return false;
}

std::optional<WhyNot> why_not(const Floor& floor, const WaitingTask& task, const RobotFace& robot, base::Time now) {
  if (task.target && *task.target != robot.id) return WhyNot::not_the_target;
  if (task.home && *task.home != robot.id) return WhyNot::journal_elsewhere;
  if (!floor.departments.within(task.department, robot.department)) return WhyNot::other_department;
  if (!robot.enabled) return WhyNot::disabled;
  if (!robot.connected) return WhyNot::offline;
  if (suspect(robot.last_beat, now)) return WhyNot::silent;
  if (robot.abnormal) return WhyNot::abnormal;
  if (!has_all(task.capabilities, robot.capabilities)) return WhyNot::lacks_capability;
  if (task.flow && task.flow_limit > 0)
    if (const auto running = floor.running.find(*task.flow); running != floor.running.end() && running->second >= task.flow_limit)
      return WhyNot::flow_at_its_limit;
  if (floor.refused.contains({task.id, robot.id})) return WhyNot::refused_just_now;
  if (robot.reports_full || robot.holds >= robot.slots) return WhyNot::no_free_slot;
  return std::nullopt;
}

std::int64_t risen_priority(const WaitingTask& task, const DispatchRules& rules, base::Time now) {
  const auto waited = std::max(microseconds(0), now.since(task.since));
  return std::min(top_priority, task.priority + waited / microseconds(rules.ageing));
}

bool before(const WaitingTask& a, const WaitingTask& b, const DispatchRules& rules, base::Time now) {
  if (const auto pa = risen_priority(a, rules, now), pb = risen_priority(b, rules, now); pa != pb) return pa > pb;
  if (a.deadline != b.deadline) return a.deadline && (!b.deadline || *a.deadline < *b.deadline);
  if (a.since != b.since) return a.since < b.since;
  return a.id < b.id;
}

std::int64_t rank_of(std::int64_t priority, base::Time since, const DispatchRules& rules) {
  return since.micros - priority * microseconds(rules.ageing).count();
}

std::vector<Pairing> plan(const Floor& given, base::Time now) {
  auto floor = given;
  std::sort(floor.waiting.begin(), floor.waiting.end(),
            [&](const WaitingTask& a, const WaitingTask& b) { return before(a, b, floor.rules, now); });
  const auto free_of = [](const RobotFace& robot) { return robot.slots - robot.holds; };
  std::vector<Pairing> pairs;
  std::erase_if(floor.robots, [&](const RobotFace& robot) { return robot.reports_full || !robot.connected || free_of(robot) <= 0; });
  std::int64_t free = 0;
  for (const auto& robot : floor.robots) free += free_of(robot);
  for (const auto& task : floor.waiting) {
    if (free == 0) break;
    RobotFace* best = nullptr;
    for (auto& robot : floor.robots) {
      if (why_not(floor, task, robot, now)) continue;
      if (!best || free_of(robot) > free_of(*best) || (free_of(robot) == free_of(*best) && robot.id < best->id)) best = &robot;
    }
    if (!best) continue;
    ++best->holds;
    --free;
    if (task.flow) ++floor.running[*task.flow];
    pairs.push_back({task.id, best->id});
  }
  return pairs;
}

bool offer_expired(base::Time offered_at, base::Time now) { return now.since(offered_at) >= offer_life; }
bool suspect(std::optional<base::Time> last_beat, base::Time now) {
  return last_beat && now.since(*last_beat) > beats_until_suspect * microseconds(beat_every);
}
bool lost(std::optional<base::Time> heard, base::Time started, const DispatchRules& rules, base::Time now) {
  const auto from = heard ? std::max(*heard, started) : started;
  return now.since(from) >= rules.lost_after;
}
std::optional<base::Time> waits_until(std::optional<base::Time> wait_limit, std::optional<base::Time> deadline) {
  if (!wait_limit) return deadline;
  if (!deadline) return wait_limit;
  return std::min(*wait_limit, *deadline);
}

LostPlan after_loss(LostPolicy policy, bool repeatable) {
  switch (policy) {
    case LostPolicy::alert:
      return {};
    case LostPolicy::rerun:
      return {.new_attempt = repeatable, .from = ResumeFrom::start};
    case LostPolicy::resume:
      return {.new_attempt = true, .from = ResumeFrom::checkpoint};
  }
  return {};
}

}  // namespace quanji::domain
