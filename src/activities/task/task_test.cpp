#include <gtest/gtest.h>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

using namespace std::chrono_literals;
using engine::TaskOutcome;
using engine::TaskView;

// Tasks that are over when they have been looked at often enough.
class Tasks : public engine::BareContext {
 public:
  using BareContext::BareContext;
  TaskView end;
  int running = 3;
  std::function<void()> looked;
  std::vector<engine::NewTask> started;
  std::vector<std::string> keys;
  base::Result<std::string> start_task(const engine::NewTask& task, std::string_view key) override {
    started.push_back(task);
    keys.emplace_back(key);
    return std::string("tsk_9");
  }
  base::Result<TaskView> look_at_task(std::string_view id) override {
    if (looked) looked();
    if (running-- > 0) return TaskView{std::string(id), "running", {}, {}, {}, {}};
    return end;
  }
};

constexpr const char* waiting =
    "- do: task.wait\n  with: {task: tsk_9}\n  save: done\n- return: {n: =done.outputs.n, state: =done.state}\n";
constexpr const char* outputs = R"({"n":0,"state":""})";

TEST(Task, WaitingEndsWithTheTaskAndGivesItsOutputs) {
  ActivityWorld world;
  Tasks tasks(world.clock());
  tasks.end = {"tsk_9", "succeeded", TaskOutcome::success, {{"n", values::Value::of(std::int64_t{5})}}, {}, {}};
  world.instead = &tasks;
  const auto before = world.clock().monotonic();
  EXPECT_EQ(told(world.run_steps(waiting, outputs)), R"({"n":5,"state":"succeeded"})");
  EXPECT_EQ(world.clock().monotonic() - before, 200ms + 400ms + 800ms) << "asked soon at first, then less often";
}
TEST(Task, AFailureIsOfTheTasksOwnKindUnlessItsStateIsWanted) {
  for (const auto& [outcome, kind] : {std::pair{TaskOutcome::business_failure, "business"},
                                      {TaskOutcome::system_failure, "system"},
                                      {TaskOutcome::stopped, "system"},
                                      {TaskOutcome::timed_out, "system"}}) {
    ActivityWorld world;
    Tasks tasks(world.clock());
    tasks.running = 0;
    tasks.end = {"tsk_9", "failed", outcome, {}, "sum_wrong", "合计不符"};
    world.instead = &tasks;
    auto finished = world.run_steps(waiting, outputs);
    ASSERT_TRUE(finished.error);
    EXPECT_EQ(told(finished), std::string("task_failed ") + kind);
    EXPECT_NE(finished.error->message.find("合计不符"), std::string::npos) << told(finished);
    finished =
        world.run_steps("- do: task.wait\n  with: {task: tsk_9, if_failed: return}\n  save: {state: state}\n- return: {state: =state}\n",
                        R"({"state":""})");
    EXPECT_EQ(told(finished), R"({"state":"failed"})");
  }
}
TEST(Task, TheStepsDeadlineAndAStopEndTheWait) {
  ActivityWorld world;
  Tasks tasks(world.clock());
  tasks.running = 1'000'000;
  world.instead = &tasks;
  const auto before = world.clock().monotonic();
  const auto late = world.run_steps("- do: task.wait\n  with: {task: tsk_9}\n  timeout: 10m\n");
  ASSERT_TRUE(late.error);
  EXPECT_EQ(late.error->code, "timed_out");
  EXPECT_EQ(world.clock().monotonic() - before, 10min);
  int looks = 0;
  tasks.looked = [&] {
    if (++looks == 4) world.control.halt.ask();
  };
  EXPECT_EQ(world.run_steps("- do: task.wait\n  with: {task: tsk_9}\n").outcome, wire::Outcome::stopped);
  EXPECT_EQ(looks, 4);
}
TEST(Task, ATaskStartsWithItsOwnBusinessDateOrThisOnes) {
  ActivityWorld world;
  Tasks tasks(world.clock());
  world.instead = &tasks;
  world.business_date = base::Date{20'000};
  const auto finished = world.run_steps(R"(- do: task.start
  with: {flow: reconcile, inputs: {n: 1}, priority: low}
- do: task.start
  with: {flow: reconcile, business_date: 2026-11-20}
)");
  ASSERT_EQ(finished.outcome, wire::Outcome::success) << told(finished);
  ASSERT_EQ(tasks.started.size(), 2U);
  EXPECT_EQ(tasks.started[0].business_date, base::Date{20'000});
  EXPECT_LT(tasks.started[0].priority, tasks.started[1].priority);
  EXPECT_EQ(values::Value::of(tasks.started[0].inputs).json(), R"({"n":1})");
  EXPECT_EQ(base::to_text(*tasks.started[1].business_date), "2026-11-20");
  EXPECT_NE(tasks.keys[0], tasks.keys[1]) << "each step has its own key";
}
TEST(Task, ATaskThatIsNotThereIsABusinessFailure) {
  ActivityWorld world;
  for (const char* act :
       {"task.read\n  with: {task: tsk_none}", "task.wait\n  with: {task: tsk_none}", "task.stop\n  with: {task: tsk_none, reason: x}"}) {
    const auto finished = world.run_steps(std::string("- do: ") + act + "\n");
    ASSERT_TRUE(finished.error) << act;
    EXPECT_EQ(told(finished), "not_found business") << act;
  }
}

}  // namespace
}  // namespace quanji::activities
