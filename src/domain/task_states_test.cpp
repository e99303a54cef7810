#include "domain/task_states.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace quanji::domain {
namespace {

constexpr auto states = base::Spelling<TaskState>::words;
constexpr auto acts = base::Spelling<TaskAct>::words;
constexpr std::size_t state_count = std::size(base::Spelling<TaskState>::words);
constexpr std::size_t act_count = std::size(base::Spelling<TaskAct>::words);
constexpr std::size_t word_count = std::size(base::Spelling<RobotWord>::words);

// The page's table, written out once more by hand: "act>state" for each state.
const std::map<std::string, std::set<std::string>> promised = {
    {"waiting", {"offer>assigned", "stop>cancelled", "kill>cancelled", "time_out>timed_out", "skip>skipped"}},
    {"assigned", {"accept>starting", "refuse>waiting", "expire_offer>waiting", "reassign>waiting", "stop>cancelled", "kill>cancelled"}},
    {"starting", {"begin>running", "prepare_failed>failed", "stop>stopping", "kill>stopping", "lose>lost"}},
    {"running",
     {"succeed>succeeded", "fail>failed", "stop>stopping", "kill>stopping", "time_out>timed_out", "pause>paused", "suspend>suspended",
      "lose>lost"}},
    {"paused", {"resume>running", "stop>stopping", "kill>stopping", "lose>lost"}},
    {"stopping", {"end>stopped", "kill>stopping", "succeed>succeeded", "lose>lost"}},
    {"suspended", {"wake>waiting", "stop>stopped", "kill>stopped"}},
    {"lost", {"rerun>waiting", "give_up>failed", "stop>failed", "kill>failed", "settle>done_by_hand", "prove>running"}},
    {"succeeded", {"retry>waiting"}},
    {"failed", {"retry>waiting", "settle>done_by_hand"}},
    {"stopped", {"retry>waiting", "settle>done_by_hand"}},
    {"timed_out", {"retry>waiting", "settle>done_by_hand"}},
    {"skipped", {"retry>waiting"}},
    {"cancelled", {"retry>waiting"}},
    {"done_by_hand", {"retry>waiting"}}};

TEST(TaskStates, EveryCellIsAllowedOrRefusedAsThePageSays) {
  std::size_t cells = 0;
  for (std::size_t s = 0; s < state_count; ++s)
    for (std::size_t a = 0; a < act_count; ++a, ++cells) {
      const auto from = static_cast<TaskState>(s);
      const auto act = static_cast<TaskAct>(a);
      const auto next = after(from, act);
      std::string found;
      for (const auto& one : promised.at(std::string(states[s])))
        if (one.starts_with(std::string(acts[a]) + ">")) found = one.substr(one.find('>') + 1);
      ASSERT_EQ(next.ok(), !found.empty()) << states[s] << " " << acts[a];
      EXPECT_EQ(allowed(from, act), next.ok());
      if (next.ok()) {
        EXPECT_EQ(base::word(*next), found);
        continue;
      }
      EXPECT_EQ(next.error().code(), base::Code::wrong_state);
      EXPECT_NE(next.error().message().en.find(states[s]), std::string::npos);
      for (const auto& one : promised.at(std::string(states[s])))
        EXPECT_NE(next.error().message().en.find(one.substr(0, one.find('>'))), std::string::npos) << "what is allowed is not named";
    }
  EXPECT_EQ(cells, state_count * act_count);
}

TEST(TaskStates, NoMoveIsSaidTwice) {
  std::set<std::pair<TaskState, TaskAct>> seen;
  for (const auto& move : task_moves()) EXPECT_TRUE(seen.insert({move.from, move.act}).second);
}

TEST(TaskStates, FinalStatesAreLeftOnlyByAPerson) {
  for (const auto& move : task_moves())
    EXPECT_TRUE(!final(move.from) || move.act == TaskAct::retry || move.act == TaskAct::settle) << base::word(move.from);
}

// What a robot says with the live token is never refused: every word in every state is a walk along the table, or says nothing new.
TEST(TaskStates, EveryWordOfARobotIsAWalkAlongTheTable) {
  for (std::size_t s = 0; s < state_count; ++s)
    for (std::size_t w = 0; w < word_count; ++w) {
      auto at = static_cast<TaskState>(s);
      const auto word = static_cast<RobotWord>(w);
      for (const auto act : moves_for(at, word)) {
        const auto next = after(at, act);
        ASSERT_TRUE(next.ok()) << states[s] << " told " << base::word(word) << ": " << base::word(act) << " in " << base::word(at);
        at = *next;
      }
      const bool ends = word >= RobotWord::success;
      const auto from = static_cast<TaskState>(s);
      const bool in_hand = held(from) || from == TaskState::assigned || from == TaskState::lost;
      EXPECT_TRUE(!ends || !in_hand || final(at)) << states[s] << " told " << base::word(word) << " is " << base::word(at);
    }
}

TEST(TaskStates, AFinishedReportEndsATaskWhoseAcceptanceWasNeverHeard) {
  EXPECT_EQ(moves_for(TaskState::assigned, RobotWord::success), (std::vector{TaskAct::accept, TaskAct::begin, TaskAct::succeed}));
  EXPECT_EQ(moves_for(TaskState::lost, RobotWord::success), (std::vector{TaskAct::prove, TaskAct::succeed}));
  EXPECT_TRUE(moves_for(TaskState::succeeded, RobotWord::success).empty());
  EXPECT_TRUE(moves_for(TaskState::waiting, RobotWord::success).empty()) << "nobody holds it";
}

TEST(TaskStates, WhatReturnedBeforeTheStopHasSucceededAndTheRestIsStopped) {
  EXPECT_EQ(moves_for(TaskState::stopping, RobotWord::success), (std::vector{TaskAct::succeed}));
  for (const auto word : {RobotWord::business_failure, RobotWord::system_failure, RobotWord::stopped, RobotWord::timed_out})
    EXPECT_EQ(moves_for(TaskState::stopping, word), (std::vector{TaskAct::end}));
}

}  // namespace
}  // namespace quanji::domain
