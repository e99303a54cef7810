#include "domain/task_states.h"

#include <algorithm>

#include "domain/transitions.h"

namespace quanji::domain {
namespace {
using S = TaskState;
using A = TaskAct;

constexpr TaskMove moves[] = {
    {S::waiting, A::offer, S::assigned},
    {S::waiting, A::stop, S::cancelled},
    {S::waiting, A::kill, S::cancelled},
    {S::waiting, A::time_out, S::timed_out},
    {S::waiting, A::skip, S::skipped},

    {S::assigned, A::accept, S::starting},
    {S::assigned, A::refuse, S::waiting},
    {S::assigned, A::expire_offer, S::waiting},
    {S::assigned, A::reassign, S::waiting},
    {S::assigned, A::stop, S::cancelled},
    {S::assigned, A::kill, S::cancelled},

    {S::starting, A::begin, S::running},
    {S::starting, A::prepare_failed, S::failed},
    {S::starting, A::stop, S::stopping},
    {S::starting, A::kill, S::stopping},
    {S::starting, A::lose, S::lost},

    {S::running, A::succeed, S::succeeded},
    {S::running, A::fail, S::failed},
    {S::running, A::stop, S::stopping},
    {S::running, A::kill, S::stopping},
    {S::running, A::time_out, S::timed_out},
    {S::running, A::pause, S::paused},
    {S::running, A::suspend, S::suspended},
    {S::running, A::lose, S::lost},

    {S::paused, A::resume, S::running},
    {S::paused, A::stop, S::stopping},
    {S::paused, A::kill, S::stopping},
    {S::paused, A::lose, S::lost},

    {S::stopping, A::end, S::stopped},
    // Hardens what is asked of the robot; the end is the robot's word, for nobody else knows that the processes are gone.
    {S::stopping, A::kill, S::stopping},
    // It had returned before the stop reached it: calling that stopped would invite somebody to do it again.
    {S::stopping, A::succeed, S::succeeded},
    {S::stopping, A::lose, S::lost},

    {S::suspended, A::wake, S::waiting},
    {S::suspended, A::stop, S::stopped},
    {S::suspended, A::kill, S::stopped},

    {S::lost, A::rerun, S::waiting},
    {S::lost, A::give_up, S::failed},
    {S::lost, A::stop, S::failed},
    {S::lost, A::kill, S::failed},
    {S::lost, A::settle, S::done_by_hand},
    {S::lost, A::prove, S::running},

    {S::failed, A::settle, S::done_by_hand},
    {S::stopped, A::settle, S::done_by_hand},
    {S::timed_out, A::settle, S::done_by_hand},

    {S::succeeded, A::retry, S::waiting},
    {S::failed, A::retry, S::waiting},
    {S::stopped, A::retry, S::waiting},
    {S::timed_out, A::retry, S::waiting},
    {S::skipped, A::retry, S::waiting},
    {S::cancelled, A::retry, S::waiting},
    {S::done_by_hand, A::retry, S::waiting},
};

// To where the robot says it is, before what it says of it.
std::vector<TaskAct> to_running(TaskState from) {
  switch (from) {
    case S::assigned:
      return {A::accept, A::begin};
    case S::starting:
      return {A::begin};
    case S::paused:
      return {A::resume};
    case S::lost:
      return {A::prove};
    default:
      return {};
  }
}
}  // namespace

std::span<const TaskMove> task_moves() { return moves; }
base::Result<TaskState> after(TaskState from, TaskAct act) { return follow(task_moves(), from, act); }
bool allowed(TaskState from, TaskAct act) {
  return std::any_of(std::begin(moves), std::end(moves), [&](const TaskMove& m) { return m.from == from && m.act == act; });
}
bool final(TaskState state) { return state >= S::succeeded; }
bool held(TaskState state) { return state == S::starting || state == S::running || state == S::paused || state == S::stopping; }

std::vector<TaskAct> moves_for(TaskState from, RobotWord word) {
  if (final(from) || from == S::waiting || from == S::suspended) return {};
  auto walk = to_running(from);
  const auto then = [&](std::initializer_list<TaskAct> acts) {
    walk.insert(walk.end(), acts);
    return walk;
  };
  const bool stopping = from == S::stopping;
  switch (word) {
    case RobotWord::started:
      // Paused or stopping and told late that it had begun: nothing new.
      return from == S::paused || stopping ? std::vector<TaskAct>{} : walk;
    case RobotWord::resumed:
      return stopping ? std::vector<TaskAct>{} : walk;
    case RobotWord::paused:
      if (from == S::paused || stopping) return {};
      return then({A::pause});
    case RobotWord::suspended:
      return stopping ? std::vector<TaskAct>{A::end} : then({A::suspend});
    case RobotWord::success:
      return then({A::succeed});
    case RobotWord::business_failure:
    case RobotWord::system_failure:
      if (stopping) return {A::end};
      if (word == RobotWord::system_failure && from == S::starting) return {A::prepare_failed};
      return then({A::fail});
    case RobotWord::stopped:
      // Not asked for from here: somebody at the robot did it.
      return stopping ? std::vector<TaskAct>{A::end} : then({A::stop, A::end});
    case RobotWord::timed_out:
      return stopping ? std::vector<TaskAct>{A::end} : then({A::time_out});
  }
  return {};
}

std::optional<AttemptOutcome> outcome_of(TaskState state) {
  switch (state) {
    case S::succeeded:
      return AttemptOutcome::success;
    case S::failed:
      return AttemptOutcome::lost;
    case S::stopped:
      return AttemptOutcome::stopped;
    case S::timed_out:
      return AttemptOutcome::timed_out;
    case S::skipped:
      return AttemptOutcome::skipped;
    case S::cancelled:
      return AttemptOutcome::cancelled;
    default:
      return std::nullopt;
  }
}

}  // namespace quanji::domain
