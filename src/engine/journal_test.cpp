#include "engine/journal.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/bytes.h"
#include "engine/position.h"
#include "engine/run_testing.h"
#include "values/table.h"

namespace quanji::engine {
namespace {

using tests::deeds;
using values::List;
using values::Map;
using values::Value;

TEST(Position, IsReadBackFromItsText) {
  const auto position = read_position("steps/3[17]/steps/0/call/steps/1[2]/steps/4[0]");
  ASSERT_EQ(position.levels.size(), 2U);
  EXPECT_EQ(position.levels[0].path, "steps/3/steps/0");
  EXPECT_EQ(position.levels[0].mark_of("steps/3")->iteration, 17);
  EXPECT_EQ(position.levels[1].path, "steps/1/steps/4");
  EXPECT_EQ(position.levels[1].mark_of("steps/1/steps/4")->iteration, 0);
  EXPECT_EQ(position.levels[1].mark_of("steps/4"), nullptr);
  EXPECT_TRUE(is_within("steps/3[1]/steps/0", "steps/3"));
  EXPECT_FALSE(is_within("steps/31", "steps/3"));
}

// Everything that leaves a trace in a journal, in one flow. Deterministic: the deeds of a whole run are a fixed set.
constexpr std::string_view everything = R"(
quanji: 1
flow: everything
inputs: {rows: {type: table}}
steps:
  - set: {total: 0, seen: []}
  - for: row
    in: =rows
    index: i
    steps:
      - set: {total: =total + row.QTY}
      - if: =i == 1
        then:
          - {do: test.pay, with: {to: ="loop%d" % i}}
        else:
          - {do: test.say, with: {text: ="row%d" % i}}
  - set: {n: 0}
  - while: =n < 2
    steps:
      - set: {n: =n + 1}
  - try:
      - {do: test.pay, with: {to: before_fail}}
      - fail: {code: wrong, message: =str(total)}
    catch:
      - error: [wrong]
        save: problem
        steps:
          - {do: test.pay, with: {to: in_catch}}
          - set: {said: =problem.message}
    finally:
      - {do: test.pay, with: {to: in_finally}}
      - set: {seen: "=seen + [said]"}
  - call: below
    with: {x: =total}
    save: below
  - parallel:
      - steps:
          - {do: test.pay, with: {to: left1}}
          - {do: test.pay, with: {to: left2}}
          - set: {left: =total + 1}
      - steps:
          - for: k
            in: [1, 2]
            steps:
              - {do: test.pay, with: {to: ="right%d" % k}}
          - set: {right: =total + 2}
  - checkpoint:
  - each_item: in
    as: it
    steps:
      - {do: test.pay, with: {to: =it.reference}}
      - set: {seen: "=seen + [it.reference]"}
  - return: {total: =total, seen: =seen, below: =below, left: =left, right: =right, row: =row, n: =n, i: =i}
)";
constexpr std::string_view below = R"(
quanji: 1
flow: below
inputs: {x: {type: integer}}
steps:
  - set: {y: =x + 1}
  - for: z
    in: [1, 2]
    steps:
      - {do: test.pay, with: {to: ="below%d" % z}}
      - set: {y: =y + z}
  - return: {y: =y}
)";
constexpr std::string_view everything_outputs =
    R"({"below":16,"i":2,"left":13,"n":2,"right":14,"row":{"QTY":4},"seen":["12","a","b"],"total":12})";

Flows everything_flows() {
  Flows flows;
  flows.add(document_of(everything));
  flows.add(document_of(below, "flows/below.yaml"));
  return flows;
}
values::Variables rows() {
  return {{"rows", Value::of(List{Value::of(Map{{"QTY", Value::of(std::int64_t{5})}}), Value::of(Map{{"QTY", Value::of(std::int64_t{3})}}),
                                  Value::of(Map{{"QTY", Value::of(std::int64_t{4})}})})}};
}
void fill_queue(TestWorld& world) { world.outside.queues["in"] = {{"qit_a", "in", "a", {}, 1}, {"qit_b", "in", "b", {}, 1}}; }
std::multiset<std::string> pays() {
  std::multiset<std::string> out;
  for (const auto& deed : deeds.list)
    if (deed.starts_with("pay:")) out.insert(deed);
  return out;
}

TEST_F(JournalTest, AJournalCutAtAnyRecordGoesOnToTheSameOutcomeWithoutRepeatingAnEffect) {
  const auto flows = everything_flows();
  MemoryJournal whole;
  fill_queue(world);
  const auto finished = world.run(flows, &whole, rows());
  ASSERT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  ASSERT_EQ(finished.outputs.text, everything_outputs);
  const auto all = pays();
  ASSERT_EQ(all.size(), 12U);
  const auto bytes = whole.bytes();
  const auto scan = base::read_records(base::bytes_of(bytes));
  // The deeds up to a record are told by the receipts before it: cut there, run on, and count again.
  for (std::size_t cut = 1; cut < scan.records.size(); ++cut) {
    std::multiset<std::string> done;
    std::vector<std::string> open;
    for (std::size_t i = 0; i < cut; ++i) {
      const auto json = *base::parse_json(scan.records[i].json, 200);
      const auto type = static_cast<wire::JournalRecord>(scan.records[i].type);
      const auto* at = json.get_object().if_contains("at");
      if (type == wire::JournalRecord::intent) open.emplace_back(at->get_string());
      if (type == wire::JournalRecord::receipt) {
        std::erase(open, std::string(at->get_string()));
        done.insert("once");
      }
    }
    MemoryJournal torn(std::string_view(bytes).substr(0, scan.records[cut].offset + cut % 9));
    deeds.clear();
    std::vector<Settled> settled;
    for (const auto& at : open) settled.push_back({at, false, {}});
    const auto resumed = world.run(flows, &torn, rows(), settled);
    ASSERT_EQ(resumed.outcome, wire::Outcome::success) << "cut at " << cut << ": " << scan.records[cut].json << "\n" << error_of(resumed);
    ASSERT_EQ(resumed.outputs.text, everything_outputs) << "cut at " << cut << ": " << scan.records[cut].json;
    if (done.size() + pays().size() != all.size())
      ADD_FAILURE() << "cut at " << cut << ": " << scan.records[cut].json << ": " << deeds.text();
    const auto state = read_journal(torn.bytes());
    ASSERT_TRUE(state) << state.error().message().en;
    ASSERT_TRUE(state->finished);
    ASSERT_TRUE(state->unsettled.empty());
  }
}

// Which step is at work on this thread.
thread_local std::string place_at_work;
struct PlaceWatcher final : RunObserver {
  void step_begun(const StepPlace& place, base::Time) override { place_at_work = place.at; }
};

// kill -9 at any moment: what is left is the journal as far as it was written, and what had happened outside by then.
TEST_F(JournalTest, KilledAtAnyMomentNoEffectHappensTwiceWithoutSomebodyHavingBeenAsked) {
  const auto flows = everything_flows();
  struct Moment {
    std::size_t journal;  // its size when the deed was done
    std::string place, deed;
  };
  int asked = 0, kills = 0, ended = 0;
  for (unsigned seed = 1; seed <= 80; ++seed) {
    std::mt19937 chance(seed);
    PlaceWatcher watcher;
    TestWorld seeded;
    seeded.catalogue = tests::catalogue();
    seeded.observer = &watcher;
    fill_queue(seeded);
    std::string journal;  // what the disk holds
    std::vector<Settled> settled;
    std::map<std::string, std::string> done_at;  // place → deed: what happened outside, whatever the journal says
    std::multiset<std::string> happened;
    for (int life = 0; life < 60; ++life) {
      MemoryJournal disk(journal);
      std::vector<Moment> moments;
      std::mutex mutex;
      tests::at_effect = [&](const std::string& what) {
        const std::lock_guard lock(mutex);
        moments.push_back({disk.bytes().size(), place_at_work, what});
      };
      const auto finished = seeded.run(flows, &disk, rows(), settled);
      tests::at_effect = nullptr;
      settled.clear();
      const auto whole = disk.bytes();
      const bool lives = chance() % 6 == 0 || life == 59;
      const auto end = lives ? whole.size() : journal.size() + chance() % (whole.size() - journal.size() + 1);
      for (const auto& moment : moments) {
        if (!moment.deed.starts_with("pay:")) continue;
        // Killed with the intent on the disk: before the deed or after it, who knows.
        if (moment.journal > end || (moment.journal == end && !lives && chance() % 2)) continue;
        happened.insert(moment.deed);
        done_at[moment.place] = moment.deed;
      }
      journal = whole.substr(0, end);
      if (lives) {
        ASSERT_EQ(finished.outcome, wire::Outcome::success) << "seed=" << seed << " " << error_of(finished);
        ASSERT_EQ(finished.outputs.text, everything_outputs) << "seed=" << seed;
        ++ended;
        break;
      }
      ++kills;
      const auto state = read_journal(journal);
      ASSERT_TRUE(state) << "seed=" << seed << " " << state.error().message().en;
      for (const auto& doubt : doubts(*state)) {
        ++asked;
        settled.push_back({doubt.at, done_at.contains(doubt.at), {}});
      }
    }
    const std::set<std::string> once(happened.begin(), happened.end());
    EXPECT_EQ(once.size(), happened.size()) << "seed=" << seed;
    EXPECT_EQ(once.size(), 12U) << "seed=" << seed;
  }
  EXPECT_EQ(ended, 80);
  EXPECT_GT(asked, 20);
  EXPECT_GT(kills, 200);
}

TEST_F(JournalTest, AStepThatMayHaveActedIsNeverRunAgainBlindly) {
  const auto flows = [] {
    Flows made;
    made.add(document_of("{quanji: 1, flow: pays, steps: [{set: {x: 1}}, {do: test.pay, with: {to: a}, save: r}, {return: {r: =r}}]}"));
    return made;
  }();
  MemoryJournal whole;
  EXPECT_EQ(world.run(flows, &whole).outcome, wire::Outcome::success);
  const auto bytes = whole.bytes();
  const auto scan = base::read_records(base::bytes_of(bytes));
  ASSERT_EQ(scan.records.size(), 5U);  // begin, step, intent, receipt, finished
  const std::string after_intent(bytes.substr(0, scan.records[3].offset));
  MemoryJournal torn(after_intent);
  deeds.clear();
  const auto asked = world.run(flows, &torn);
  EXPECT_EQ(asked.error->code, "unsettled_steps");
  EXPECT_EQ(asked.unsettled, std::vector<std::string>{"steps/1"});
  EXPECT_EQ(deeds.text(), "");
  {
    MemoryJournal said_done(after_intent);
    const auto finished = world.run(flows, &said_done, {}, {{"steps/1", true, {{"r", Value::of(std::string("slip 5"))}}}});
    EXPECT_EQ(finished.outputs.text, R"({"r":"slip 5"})") << error_of(finished);
    EXPECT_EQ(deeds.text(), "");
  }
  {
    MemoryJournal said_not(after_intent);
    EXPECT_EQ(world.run(flows, &said_not, {}, {{"steps/1", false, {}}}).outcome, wire::Outcome::success);
    EXPECT_EQ(deeds.text(), "pay:a");
  }
  // The question asked and written down is answered later, by a new attempt.
  const auto later = world.run(flows, &torn, {}, {{"steps/1", true, {}}}, RunRequest::After::go_on);
  EXPECT_EQ(later.outputs.text, R"({"r":null})") << error_of(later);
}
TEST_F(JournalTest, AnAttemptThatFailedGoesOnAtTheFailedStepWithTheSameVariables) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - set: {n: 0}
  - try:
      - for: x
        in: [1, 2, 3]
        steps:
          - set: {n: =n + x}
          - {do: test.pay, with: {to: =str(x)}, when: =x < 3}
          - {do: test.flaky, with: {name: =str(x)}}
    catch:
      - error: [other]
        steps: []
    finally:
      - set: {n: =n + 1000}
  - return: {n: =n}
)"));
  MemoryJournal journal;
  deeds.failures["2"] = 1;
  const auto failed = world.run(flows, &journal);
  EXPECT_EQ(error_of(failed), "flaky@steps/1/try/0[1]/steps/2: 不行 / no");
  EXPECT_EQ(deeds.text(), "pay:1 done:1 pay:2 fail:2");
  deeds.list.clear();
  EXPECT_EQ(world.run(flows, &journal).error->code, "flaky") << "an attempt that has ended stays so";
  const auto finished = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(finished.outputs.text, R"({"n":1006})") << error_of(finished);
  EXPECT_EQ(deeds.text(), "done:2 done:3");
}
TEST_F(JournalTest, ARunThatWasStoppedGoesOnWhereItWas) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - parallel:
      - steps: [{do: test.pay, with: {to: a}}, {do: test.say, with: {text: a}}]
      - steps: [{do: test.pay, with: {to: b}}, {do: test.say, with: {text: b}}]
  - return: {}
)"));
  MemoryJournal journal;
  RunControl control;
  tests::at_effect = [&](const std::string& what) {
    if (what.starts_with("pay:")) control.halt.ask();
  };
  EXPECT_EQ(world.run(flows, &journal, {}, {}, RunRequest::After::stay, &control).outcome, wire::Outcome::stopped);
  tests::at_effect = nullptr;
  const auto finished = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(finished.outcome, wire::Outcome::success) << error_of(finished);
  auto all = deeds.list;
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"pay:a", "pay:b", "say:a", "say:b"}));
}
TEST_F(JournalTest, ARunThatWaitsForAPersonIsSuspendedAndGoesOnWithTheAnswer) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - {do: test.pay, with: {to: a}}
  - try:
      - {do: test.ask, with: {title: ok}, save: answer}
    catch:
      - steps: [{do: test.say, with: {text: never}}]
    finally:
      - {do: test.say, with: {text: finally}}
  - return: {answer: =answer.yes}
)"));
  MemoryJournal journal;
  const auto suspended = world.run(flows, &journal);
  ASSERT_TRUE(suspended.waiting);
  EXPECT_EQ(suspended.waiting->step, "steps/1/try/0");
  EXPECT_EQ(deeds.text(), "pay:a");
  EXPECT_TRUE(world.run(flows, &journal).waiting) << "still nobody has answered";
  world.outside.answers["ok"] = Map{{"yes", Value::of(true)}};
  const auto finished = world.run(flows, &journal);
  EXPECT_EQ(finished.outputs.text, R"({"answer":true})") << error_of(finished);
  EXPECT_EQ(deeds.text(), "pay:a say:finally");
}
TEST_F(JournalTest, InsideAResourceARunBeginsAtItsHeadAndAsksAboutWhatWasDoneThere) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - set: {n: 1}
  - do: test.open
    with: {name: front}
    as: door
    steps:
      - set: {n: =n + 1}
      - {do: test.pay, with: {to: a}, save: {r: receipt}}
      - {do: test.flaky, with: {name: x}}
      - {do: test.knock, with: {door: =door}}
  - return: {n: =n, r: =r}
)"));
  MemoryJournal journal;
  deeds.failures["x"] = 1;
  EXPECT_EQ(world.run(flows, &journal).error->code, "flaky");
  EXPECT_EQ(deeds.text(), "open:front pay:a fail:x closed:front");
  deeds.list.clear();
  const auto asked = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(asked.error->code, "unsettled_steps");
  EXPECT_EQ(asked.unsettled, std::vector<std::string>{"steps/1/steps/1"});
  const auto finished = world.run(flows, &journal, {}, {{"steps/1/steps/1", true, {}}}, RunRequest::After::go_on);
  EXPECT_EQ(finished.outputs.text, R"({"n":2,"r":"a 1"})") << error_of(finished);
  EXPECT_EQ(deeds.text(), "open:front done:x knock:front closed:front");
}
TEST_F(JournalTest, WhatAOnceStepDidWhenItsTimeWasOverIsUnknown) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - {do: test.wait, with: {time: 1h}, effect: once, timeout: 5s}
  - return: {}
)"));
  MemoryJournal journal;
  EXPECT_EQ(world.run(flows, &journal).error->code, "timed_out");
  const auto asked = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(asked.unsettled, std::vector<std::string>{"steps/0"});
  EXPECT_EQ(world.run(flows, &journal, {}, {{"steps/0", true, {}}}, RunRequest::After::go_on).outcome, wire::Outcome::success);
}
TEST_F(JournalTest, ACatchTakesAnUnknownOutcomeOnItself) {
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - try: [{do: test.wait, with: {time: 1h}, effect: once, timeout: 5s}]
    catch:
      - error: [timed_out]
        steps: [{do: test.flaky, with: {name: x}}]
)"));
  MemoryJournal journal;
  deeds.failures["x"] = 1;
  EXPECT_EQ(world.run(flows, &journal).error->code, "flaky");
  EXPECT_EQ(world.run(flows, &journal, {}, {}, RunRequest::After::go_on).outcome, wire::Outcome::success);
}
TEST_F(JournalTest, ADamagedByteStopsTheRunBeforeAnythingIsWritten) {
  const auto flows = everything_flows();
  MemoryJournal whole;
  fill_queue(world);
  world.run(flows, &whole, rows());
  const auto bytes = whole.bytes();
  int refused = 0;
  for (std::size_t at = 0; at + 300 < bytes.size(); at += 41) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    MemoryJournal memory(damaged);
    auto journal = Journal::open(memory.fd(), world.clock, nullptr);
    if (journal) continue;
    EXPECT_EQ(memory.bytes(), damaged);
    ++refused;
  }
  EXPECT_GT(refused, 100);
}
TEST_F(JournalTest, AJournalOfAnotherDocumentIsRefused) {
  Flows flows;
  flows.add(document_of("{quanji: 1, flow: f, steps: [{set: {a: 1}}]}"));
  MemoryJournal memory;
  world.run(flows, &memory);
  auto journal = Journal::open(memory.fd(), world.clock, nullptr);
  ASSERT_TRUE(journal);
  RunControl control;
  Surroundings around{world.clock, world.random, world.waiting, python_of_tests(), world.outside, world.catalogue, world.work.path(), "",
                      {}};
  RunRequest request{flows, "f", "att_1", "another", {}, {}, {}, RunRequest::After::stay};
  auto finished = run(request, around, control, journal->get());
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code(), base::Code::wrong_state);
}
}  // namespace
}  // namespace quanji::engine
