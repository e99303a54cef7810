#include "domain/approval_states.h"

#include <gtest/gtest.h>

#include "domain/user_states.h"

namespace quanji::domain {
namespace {

TEST(ApprovalStates, EveryStateButPendingIsFinal) {
  for (const auto from : {ApprovalState::approved, ApprovalState::refused, ApprovalState::expired, ApprovalState::withdrawn})
    for (const auto act : {ApprovalAct::approve, ApprovalAct::refuse, ApprovalAct::withdraw, ApprovalAct::expire, ApprovalAct::act_alone}) {
      const auto next = after(from, act);
      ASSERT_FALSE(next.ok());
      EXPECT_EQ(next.error().code(), base::Code::wrong_state);
      EXPECT_NE(next.error().message().en.find(base::word(from)), std::string::npos);
    }
  EXPECT_EQ(*after(ApprovalState::pending, ApprovalAct::refuse), ApprovalState::refused);
  EXPECT_EQ(*after(ApprovalState::pending, ApprovalAct::act_alone), ApprovalState::approved);
}

TEST(ApprovalStates, ExpiryNeedsNoTimerToBeTrue) {
  const base::Time noon{1'000'000};
  EXPECT_EQ(at(ApprovalState::pending, noon, {999'999}), ApprovalState::pending);
  EXPECT_EQ(at(ApprovalState::pending, noon, noon), ApprovalState::expired);
  EXPECT_EQ(at(ApprovalState::approved, noon, noon.plus(std::chrono::hours(1))), ApprovalState::approved);
}

TEST(UserStates, ARefusalNamesTheStateAndWhatIsAllowed) {
  EXPECT_EQ(*after(UserState::disabled, UserAct::enable), UserState::enabled);
  const auto next = after(UserState::disabled, UserAct::disable);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().message().en, "the state is disabled: cannot disable, can enable, delete");
  EXPECT_FALSE(after(UserState::deleted, UserAct::enable).ok());
}

}  // namespace
}  // namespace quanji::domain
