#include <gtest/gtest.h>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

using namespace std::chrono_literals;
using engine::NewItem;
using engine::QueueItem;

std::string code_of(const wire::Finished& finished) { return finished.error ? finished.error->code : "no failure"; }

// An outside world whose queue does what a test says.
class Scripted : public engine::BareContext {
 public:
  using BareContext::BareContext;
  std::function<base::Result<std::optional<QueueItem>>(int call, std::string_view key)> take;
  std::vector<std::string> keys;
  base::Result<std::optional<QueueItem>> take_item(std::string_view, std::string_view key) override {
    keys.emplace_back(key);
    return take(static_cast<int>(keys.size()), key);
  }
};

TEST(Queue, ATableIsAddedWholeOrNotAtAll) {
  ActivityWorld world;
  const auto finished = world.run_steps(R"(- do: queue.add_item
  with: {queue: unique, data: {n: 1}, reference: "2"}
- try:
    - do: queue.add_items
      with: {queue: unique, table: [{code: 1}, {code: 2}], reference: code}
  catch:
    - error: duplicate_key
      save: problem
      steps: []
- do: queue.count
  with: {queue: unique}
  save: count
- return: {kind: =problem.kind, count: =count}
)",
                                        R"({"kind":"","count":0})");
  EXPECT_EQ(told(finished), R"({"count":1,"kind":"business"})");
}
TEST(Queue, AColumnThatIsNotThereIsNamedWithThoseThatAre) {
  ActivityWorld world;
  const auto finished = world.run_steps("- do: queue.add_items\n  with: {queue: in, table: [{code: 1}], reference: cod}\n");
  EXPECT_EQ(code_of(finished), "not_found");
  EXPECT_NE(finished.error->message.find("code"), std::string::npos) << told(finished);
}
TEST(Queue, AnItemIsTakenAsSoonAsItsTimeComesWhileSomebodyWaits) {
  ActivityWorld world;
  const auto before = world.clock().monotonic();
  // The clock of tests begins at 2023-11-15 06:13:20 Beijing time.
  const auto finished = world.run_steps(R"(- do: queue.add_item
  with: {queue: in, data: {n: 7}, after: 2023-11-15T06:23:20}
- do: queue.take_item
  with: {queue: in, wait: 1h}
  save: item
- return: {n: =item.data.n, tries: =item.tries, queue: =item.queue}
)",
                                        R"({"n":0,"tries":0,"queue":""})");
  EXPECT_EQ(told(finished), R"({"n":7,"queue":"in","tries":1})");
  const auto waited = world.clock().monotonic() - before;
  EXPECT_GE(waited, 10min);
  EXPECT_LE(waited, 10min + 5s) << "asked at least every five seconds";
}
TEST(Queue, NothingComesWhenTheWaitIsOver) {
  ActivityWorld world;
  const auto before = world.clock().monotonic();
  const auto finished = world.run_steps(
      "- do: queue.take_item\n  with: {queue: in, wait: 90s}\n  save: item\n- return: {none: =item is None}\n", R"({"none":1})");
  EXPECT_EQ(told(finished), R"({"none":true})");
  EXPECT_EQ(world.clock().monotonic() - before, 90s);
}
TEST(Queue, TheStepsDeadlineEndsTheWait) {
  ActivityWorld world;
  const auto before = world.clock().monotonic();
  const auto finished = world.run_steps("- do: queue.take_item\n  with: {queue: in, wait: 1h}\n  timeout: 1m\n");
  EXPECT_EQ(code_of(finished), "timed_out");
  EXPECT_EQ(world.clock().monotonic() - before, 1min);
}
TEST(Queue, AStopEndsTheWait) {
  ActivityWorld world;
  Scripted outside(world.clock());
  outside.take = [&](int call, std::string_view) {
    if (call == 3) world.control.halt.ask();
    return std::optional<QueueItem>();
  };
  world.instead = &outside;
  EXPECT_EQ(world.run_steps("- do: queue.take_item\n  with: {queue: in, wait: 1h}\n").outcome, wire::Outcome::stopped);
  EXPECT_EQ(outside.keys.size(), 3U) << "it was not asked again";
}
TEST(Queue, TryingAStepAgainAsksWithTheSameKeyAndAnotherIterationWithAnother) {
  ActivityWorld world;
  Scripted outside(world.clock());
  outside.take = [](int call, std::string_view) -> base::Result<std::optional<QueueItem>> {
    if (call == 1) return base::Error(base::Code::store_unavailable);
    return std::optional(QueueItem{"in.1", "in", "", {}, 1});
  };
  world.instead = &outside;
  const auto finished = world.run_steps(R"(- for: n
  in: [1, 2]
  steps:
    - do: queue.take_item
      with: {queue: in}
      retry: {times: 2, wait: 1s}
)");
  ASSERT_EQ(finished.outcome, wire::Outcome::success) << told(finished);
  ASSERT_EQ(outside.keys.size(), 3U);
  EXPECT_FALSE(outside.keys[0].empty());
  EXPECT_EQ(outside.keys[0], outside.keys[1]);
  EXPECT_NE(outside.keys[1], outside.keys[2]);
}
TEST(Queue, AnItemThatEndedCannotEndAnotherWay) {
  ActivityWorld world;
  const auto finished = world.run_steps(R"(- do: queue.add_item
  with: {queue: in, data: {}}
- do: queue.take_item
  with: {queue: in}
  save: item
- do: queue.finish_item
  with: {item: =item}
- do: queue.fail_item
  with: {item: =item, code: late, message: 晚了}
)");
  EXPECT_EQ(code_of(finished), "wrong_state");
  EXPECT_EQ(finished.outcome, wire::Outcome::system_failure);
}
TEST(Queue, ABusinessFailureIsFinal) {
  ActivityWorld world;
  const auto finished = world.run_steps(R"(- do: queue.add_item
  with: {queue: in, data: {}}
- do: queue.take_item
  with: {queue: in}
  save: item
- do: queue.fail_item
  with: {item: =item, code: closed, message: 已销户}
  save: became
- do: queue.count
  with: {queue: in, state: failed}
  save: failed
- return: {became: =became, failed: =failed}
)",
                                        R"({"became":"","failed":0})");
  EXPECT_EQ(told(finished), R"({"became":"failed","failed":1})");
}
TEST(Queue, WhatIsNoItemIsToldSo) {
  ActivityWorld world;
  for (const char* item : {"{}", "{id: 5}"}) {
    const auto finished = world.run_steps(std::string("- do: queue.finish_item\n  with: {item: ") + item + "}\n");
    EXPECT_EQ(code_of(finished), "invalid_argument") << item;
    EXPECT_NE(finished.error->message.find("each_item"), std::string::npos);
  }
  EXPECT_EQ(code_of(world.run_steps("- do: queue.finish_item\n  with: {item: {id: in.none}}\n")), "not_found");
}
TEST(Queue, ARunWithoutAContextSaysWhatIsMissing) {
  ActivityWorld world;
  engine::BareContext bare(world.clock());
  world.instead = &bare;
  const auto finished = world.run_steps("- do: queue.count\n  with: {queue: in}\n");
  EXPECT_EQ(code_of(finished), "not_supported");
  EXPECT_NE(finished.error->message.find("队列"), std::string::npos) << told(finished);
}

}  // namespace
}  // namespace quanji::activities
