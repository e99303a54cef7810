#include "domain/human_task_states.h"

#include <gtest/gtest.h>

#include <map>

namespace quanji::domain {
namespace {

using S = HumanTaskState;

TEST(HumanTaskStates, EveryCellIsAsPromised) {
  const std::map<S, std::vector<std::string_view>> cells = {
      // claim, give_back, complete, withdraw, expire, reassign
      {S::open, {"claimed", ".", "done", "withdrawn", "expired", "open"}},
      {S::claimed, {".", "open", "done", "withdrawn", "expired", "open"}},
      {S::done, {".", ".", ".", ".", ".", "."}},
      {S::expired, {".", ".", ".", ".", ".", "."}},
      {S::withdrawn, {".", ".", ".", ".", ".", "."}},
  };
  for (const auto& [from, row] : cells)
    for (std::uint8_t a = 0; a < 6; ++a) {
      const auto act = static_cast<HumanTaskAct>(a);
      const auto next = after(from, act);
      EXPECT_EQ(next.ok() ? base::word(*next) : ".", row[a]) << base::word(from) << " " << base::word(act);
      if (next.ok()) continue;
      EXPECT_EQ(next.error().code(), base::Code::wrong_state);
      EXPECT_NE(next.error().message().en.find(base::word(from)), std::string::npos);
    }
}

TEST(HumanTaskStates, ExpiryNeedsNoTimerToBeTrue) {
  const base::Time noon{1'000'000};
  EXPECT_EQ(at(S::open, noon, {999'999}), S::open);
  EXPECT_EQ(at(S::open, noon, noon), S::expired);
  EXPECT_EQ(at(S::claimed, noon, noon), S::expired);
  EXPECT_EQ(at(S::done, noon, noon), S::done);
}

}  // namespace
}  // namespace quanji::domain
