#include "domain/dispatch.h"

#include <gtest/gtest.h>

#include <map>

namespace quanji::domain {
namespace {
using namespace std::chrono_literals;

constexpr base::Time noon{1'800'000'000'000'000};

template <class I>
I id(std::uint8_t n) {
  I made;
  made.ulid.bytes[15] = n;
  return made;
}
RobotFace robot(std::uint8_t n) {
  RobotFace face;
  face.id = id<RobotId>(n);
  face.name = "r" + std::to_string(n);
  face.department = root_department;
  face.connected = true;
  face.last_beat = noon;
  face.capabilities = {"python"};
  return face;
}
WaitingTask task(std::uint8_t n, std::int64_t priority = 50) {
  WaitingTask waiting;
  waiting.id = id<TaskId>(n);
  waiting.department = root_department;
  waiting.priority = priority;
  waiting.since = noon;
  return waiting;
}
Floor floor_of(std::vector<RobotFace> robots, std::vector<WaitingTask> tasks) {
  Floor floor;
  floor.departments.add(root_department, {});
  floor.robots = std::move(robots);
  floor.waiting = std::move(tasks);
  return floor;
}

TEST(Dispatch, EachReasonRulesARobotOutAndNoOther) {
  struct Case {
    WhyNot reason;
    void (*spoil)(Floor&);
  };
  const Case cases[] = {{WhyNot::not_the_target, [](Floor& f) { f.waiting[0].target = id<RobotId>(9); }},
                        {WhyNot::journal_elsewhere, [](Floor& f) { f.waiting[0].home = id<RobotId>(9); }},
                        {WhyNot::other_department, [](Floor& f) { f.robots[0].department = id<DepartmentId>(77); }},
                        {WhyNot::disabled, [](Floor& f) { f.robots[0].enabled = false; }},
                        {WhyNot::offline, [](Floor& f) { f.robots[0].connected = false; }},
                        {WhyNot::silent, [](Floor& f) { f.robots[0].last_beat = noon.plus(-31s); }},
                        {WhyNot::abnormal, [](Floor& f) { f.robots[0].abnormal = true; }},
                        {WhyNot::lacks_capability,
                         [](Floor& f) {
                           f.waiting[0].capabilities = {"python", "browser"};
                         }},
                        {WhyNot::flow_at_its_limit,
                         [](Floor& f) {
                           f.waiting[0].flow = id<TaskId>(5).ulid;
                           f.waiting[0].flow_limit = 2;
                           f.running[*f.waiting[0].flow] = 2;
                         }},
                        {WhyNot::refused_just_now,
                         [](Floor& f) {
                           f.refused.insert({f.waiting[0].id, f.robots[0].id});
                         }},
                        {WhyNot::no_free_slot, [](Floor& f) { f.robots[0].holds = 1; }},
                        {WhyNot::no_free_slot, [](Floor& f) { f.robots[0].reports_full = true; }}};
  for (const auto& one : cases) {
    auto floor = floor_of({robot(1)}, {task(1)});
    ASSERT_FALSE(why_not(floor, floor.waiting[0], floor.robots[0], noon));
    one.spoil(floor);
    EXPECT_EQ(why_not(floor, floor.waiting[0], floor.robots[0], noon), one.reason) << base::word(one.reason);
    EXPECT_TRUE(plan(floor, noon).empty()) << base::word(one.reason);
    EXPECT_FALSE(sentence_of(one.reason).zh.empty() || sentence_of(one.reason).en.empty());
  }
}

TEST(Dispatch, ARobotServesItsDepartmentAndThoseBelow) {
  const auto upper = id<DepartmentId>(2), lower = id<DepartmentId>(3), beside = id<DepartmentId>(4);
  auto floor = floor_of({robot(1)}, {task(1)});
  floor.departments.add(upper, root_department);
  floor.departments.add(lower, upper);
  floor.departments.add(beside, root_department);
  floor.robots[0].department = upper;
  const auto served = [&](const DepartmentId& of) {
    floor.waiting[0].department = of;
    return !plan(floor, noon).empty();
  };
  EXPECT_TRUE(served(upper));
  EXPECT_TRUE(served(lower));
  EXPECT_FALSE(served(root_department));
  EXPECT_FALSE(served(beside));
}

TEST(Dispatch, ALoopInTheTreeEnds) {
  DepartmentLine line;
  line.add(id<DepartmentId>(2), id<DepartmentId>(3));
  line.add(id<DepartmentId>(3), id<DepartmentId>(2));
  EXPECT_FALSE(line.within(id<DepartmentId>(2), id<DepartmentId>(9)));
}

TEST(Dispatch, PriorityThenDeadlineThenAge) {
  auto high = task(3, 60), soon = task(4), late = task(5), old = task(6);
  soon.deadline = noon.plus(1h);
  late.deadline = noon.plus(2h);
  old.since = noon.plus(-1min);
  auto young = task(7);
  auto r = robot(1);
  r.slots = 1;
  std::vector<TaskId> order;
  auto floor = floor_of({r}, {young, old, late, soon, high});
  while (!floor.waiting.empty()) {
    const auto pairs = plan(floor, noon);
    ASSERT_EQ(pairs.size(), 1U);
    order.push_back(pairs[0].task);
    std::erase_if(floor.waiting, [&](const WaitingTask& t) { return t.id == pairs[0].task; });
  }
  EXPECT_EQ(order, (std::vector{high.id, soon.id, late.id, old.id, young.id}));
}

TEST(Dispatch, ALowTaskIsNotStarvedByAStreamOfHighOnes) {
  const DispatchRules rules;
  const auto low = task(1, 1);
  int overtaken = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const auto now = noon.plus(std::chrono::minutes(minute));
    auto high = task(2, 60);
    high.since = now;
    if (before(high, low, rules, now)) ++overtaken;
  }
  EXPECT_EQ(overtaken, 59 * 10) << "59 priorities, ten minutes each, then its deadline-less age wins";
  EXPECT_EQ(risen_priority(low, rules, noon.plus(std::chrono::hours(1000))), top_priority);
  EXPECT_EQ(risen_priority(low, rules, noon.plus(-1h)), 1) << "a clock that went back gives nothing";
}

// Whatever the window holds, nobody outside of it is more than one step of ageing ahead of somebody inside.
TEST(Dispatch, TheRankOfTheIndexAgreesWithTheOrderToOneStep) {
  const DispatchRules rules;
  for (std::int64_t pa = 1; pa <= 100; pa += 7)
    for (std::int64_t pb = 1; pb <= 100; pb += 9)
      for (int minutes = 0; minutes < 600; minutes += 37) {
        auto a = task(1, pa), b = task(2, pb);
        a.since = noon.plus(-std::chrono::minutes(minutes));
        const bool clearly = rank_of(pa, a.since, rules) + std::chrono::microseconds(rules.ageing).count() < rank_of(pb, b.since, rules);
        EXPECT_TRUE(!clearly || risen_priority(a, rules, noon) >= risen_priority(b, rules, noon)) << pa << " " << pb << " " << minutes;
      }
}

TEST(Dispatch, SlotsAndFlowLimitsCountWhatThePlanGaveAway) {
  auto wide = robot(1), narrow = robot(2);
  wide.slots = 3;
  std::vector<WaitingTask> tasks;
  for (std::uint8_t n = 1; n <= 9; ++n) tasks.push_back(task(n));
  EXPECT_EQ(plan(floor_of({wide, narrow}, tasks), noon).size(), 4U);
  for (auto& one : tasks) {
    one.flow = id<TaskId>(5).ulid;
    one.flow_limit = 2;
  }
  const auto limited = plan(floor_of({wide, narrow}, tasks), noon);
  EXPECT_EQ(limited.size(), 2U);
  EXPECT_EQ(limited[0], (Pairing{id<TaskId>(1), id<RobotId>(1)})) << "to the robot with the most free slots";
}

TEST(Dispatch, NoTaskIsPlannedTwiceAndNoRobotBeyondItsSlots) {
  std::vector<RobotFace> robots;
  std::vector<WaitingTask> tasks;
  for (std::uint8_t n = 1; n <= 20; ++n) {
    robots.push_back(robot(n));
    robots.back().slots = n % 4;
  }
  for (std::uint8_t n = 1; n <= 60; ++n) {
    tasks.push_back(task(n, n % 5 + 1));
    if (n % 3 == 0) tasks.back().target = id<RobotId>(n % 20 + 1);
  }
  std::set<TaskId> given;
  std::map<RobotId, std::int64_t> load;
  for (const auto& pair : plan(floor_of(robots, tasks), noon)) {
    EXPECT_TRUE(given.insert(pair.task).second);
    ++load[pair.robot];
  }
  for (const auto& one : robots) EXPECT_LE(load[one.id], one.slots);
}

TEST(Dispatch, AnOfferEndsAfterThirtySecondsAndNotBefore) {
  EXPECT_FALSE(offer_expired(noon, noon.plus(30s - 1us)));
  EXPECT_TRUE(offer_expired(noon, noon.plus(30s)));
}

TEST(Dispatch, ARobotIsLostAfterTheSetTimeAndNoneIsBlamedForThePlatformsOwnSilence) {
  DispatchRules rules;
  EXPECT_FALSE(lost(noon, noon.plus(-1h), rules, noon.plus(59s)));
  EXPECT_TRUE(lost(noon, noon.plus(-1h), rules, noon.plus(60s)));
  EXPECT_FALSE(lost(noon, noon.plus(600s), rules, noon.plus(659s))) << "the platform was down";
  EXPECT_TRUE(lost(std::nullopt, noon, rules, noon.plus(60s)));
  rules.lost_after = 20s;
  EXPECT_TRUE(lost(noon, noon, rules, noon.plus(20s)));
}

TEST(Dispatch, TheEarlierOfWaitLimitAndDeadlineEndsTheWaiting) {
  EXPECT_FALSE(waits_until({}, {}));
  EXPECT_EQ(waits_until(noon, {}), noon);
  EXPECT_EQ(waits_until({}, noon), noon);
  EXPECT_EQ(waits_until(noon.plus(1s), noon), noon);
}

TEST(Dispatch, OnlyARepeatableFlowIsRunAgainByItself) {
  EXPECT_FALSE(after_loss(LostPolicy::alert, true).new_attempt);
  EXPECT_TRUE(after_loss(LostPolicy::rerun, true).new_attempt);
  EXPECT_FALSE(after_loss(LostPolicy::rerun, false).new_attempt);
  EXPECT_EQ(after_loss(LostPolicy::resume, false).from, ResumeFrom::checkpoint);
  for (const auto policy : {LostPolicy::alert, LostPolicy::rerun, LostPolicy::resume}) EXPECT_TRUE(after_loss(policy, true).alert);
}

}  // namespace
}  // namespace quanji::domain
