#include "domain/queue_item_states.h"

#include <gtest/gtest.h>

#include <map>

namespace quanji::domain {
namespace {

using S = ItemState;
using A = ItemAct;

// Written by hand, not from the table: a row a state, a column an act, '.' is refused.
TEST(QueueItemStates, EveryCellIsAsPromised) {
  const std::string_view acts[] = {"take",    "renew", "complete", "fail",   "try_again", "postpone",
                                   "abandon", "hold",  "release",  "expire", "retry",     "delete"};
  const std::map<std::string_view, std::vector<std::string_view>> cells = {
      {"new", {"in_progress", ".", ".", ".", ".", ".", ".", "on_hold", ".", "expired", ".", "deleted"}},
      {"on_hold", {".", ".", ".", ".", ".", ".", ".", ".", "new", ".", ".", "deleted"}},
      {"in_progress", {".", "in_progress", "succeeded", "failed", "retried", "new", "abandoned", ".", ".", ".", ".", "."}},
      {"succeeded", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "deleted"}},
      {"failed", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "retried", "deleted"}},
      {"abandoned", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "retried", "deleted"}},
      {"retried", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
      {"expired", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "retried", "deleted"}},
      {"deleted", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
  };
  for (std::uint8_t s = 0; s < std::size(base::Spelling<S>::words); ++s) {
    const auto from = static_cast<S>(s);
    const auto row = cells.find(base::word(from));
    ASSERT_NE(row, cells.end()) << base::word(from);
    for (std::uint8_t a = 0; a < std::size(base::Spelling<A>::words); ++a) {
      const auto act = static_cast<A>(a);
      ASSERT_EQ(base::word(act), acts[a]);
      const auto next = after(from, act);
      const auto wanted = row->second[a];
      EXPECT_EQ(next.ok() ? base::word(*next) : ".", wanted) << base::word(from) << " " << base::word(act);
      if (next.ok()) continue;
      EXPECT_EQ(next.error().code(), base::Code::wrong_state);
      EXPECT_NE(next.error().message().en.find(base::word(from)), std::string::npos);
      EXPECT_NE(next.error().message().zh.find(base::word(act)), std::string::npos);
    }
  }
}

TEST(QueueItemStates, NoMoveStandsTwice) {
  for (const auto& one : item_moves())
    EXPECT_EQ(std::count_if(item_moves().begin(), item_moves().end(),
                            [&](const ItemMove& other) { return other.from == one.from && other.act == one.act; }),
              1);
}

TEST(QueueItemStates, WhatIsOverLeavesOnlyByAPersonOrARule) {
  for (const auto& move : item_moves()) {
    if (is_over(move.from)) {
      EXPECT_TRUE(move.act == A::retry || move.act == A::discard) << base::word(move.act);
    }
  }
  EXPECT_FALSE(is_over(S::fresh) || is_over(S::on_hold) || is_over(S::in_progress));
  EXPECT_TRUE(is_over(S::succeeded) && is_over(S::failed) && is_over(S::abandoned) && is_over(S::retried) && is_over(S::expired) &&
              is_over(S::deleted));
}

TEST(QueueItemStates, AnItemPastItsDeadlineIsExpiredWithoutATimer) {
  const base::Time noon{1'000'000};
  EXPECT_EQ(at(S::fresh, noon, {999'999}), S::fresh);
  EXPECT_EQ(at(S::fresh, noon, noon), S::expired);
  EXPECT_EQ(at(S::fresh, std::nullopt, noon), S::fresh);
  // What somebody works on, or a person keeps back, is not taken from him by the clock.
  EXPECT_EQ(at(S::in_progress, noon, noon), S::in_progress);
  EXPECT_EQ(at(S::on_hold, noon, noon), S::on_hold);
}

TEST(QueueStates, EveryCellIsAsPromised) {
  using Q = QueueState;
  const std::map<Q, std::vector<std::string_view>> cells = {
      {Q::active, {"paused", "draining", ".", "deleted"}},
      {Q::paused, {".", "draining", "active", "deleted"}},
      {Q::draining, {"paused", ".", "active", "deleted"}},
      {Q::deleted, {".", ".", ".", "."}},
  };
  for (const auto& [from, row] : cells)
    for (std::uint8_t a = 0; a < 4; ++a) {
      const auto next = after(from, static_cast<QueueAct>(a));
      EXPECT_EQ(next.ok() ? base::word(*next) : ".", row[a]) << base::word(from) << " " << base::word(static_cast<QueueAct>(a));
    }
  EXPECT_TRUE(hands_out(Q::draining) && !hands_out(Q::paused) && !hands_out(Q::deleted));
  EXPECT_TRUE(takes_in(Q::paused) && !takes_in(Q::draining) && !takes_in(Q::deleted));
}

}  // namespace
}  // namespace quanji::domain
