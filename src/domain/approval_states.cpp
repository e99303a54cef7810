#include "domain/approval_states.h"

#include "domain/transitions.h"

namespace quanji::domain {
namespace {
constexpr ApprovalMove moves[] = {
    {ApprovalState::pending, ApprovalAct::approve, ApprovalState::approved},
    {ApprovalState::pending, ApprovalAct::refuse, ApprovalState::refused},
    {ApprovalState::pending, ApprovalAct::withdraw, ApprovalState::withdrawn},
    {ApprovalState::pending, ApprovalAct::expire, ApprovalState::expired},
    {ApprovalState::pending, ApprovalAct::act_alone, ApprovalState::approved},
};
}  // namespace

std::span<const ApprovalMove> approval_moves() { return moves; }
ApprovalState at(ApprovalState stored, base::Time expires_at, base::Time now) {
  return stored == ApprovalState::pending && expires_at <= now ? ApprovalState::expired : stored;
}
base::Result<ApprovalState> after(ApprovalState from, ApprovalAct act) { return follow(approval_moves(), from, act); }

}  // namespace quanji::domain
