// The states of a two-person approval: pending | approved, refused, expired, withdrawn. All but pending are final.
#pragma once
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class ApprovalState : std::uint8_t { pending, approved, refused, expired, withdrawn };
// act_alone is the emergency act: approved without a checker, to be checked afterwards.
enum class ApprovalAct : std::uint8_t { approve, refuse, withdraw, expire, act_alone };

struct ApprovalMove {
  ApprovalState from;
  ApprovalAct act;
  ApprovalState to;
};
std::span<const ApprovalMove> approval_moves();
// What a stored state means at `now`: a pending approval past its time is expired, whether or not a timer has written it down.
ApprovalState at(ApprovalState stored, base::Time expires_at, base::Time now);
// wrong_state, naming the state and what is allowed in it.
base::Result<ApprovalState> after(ApprovalState from, ApprovalAct act);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::ApprovalState, "pending", "approved", "refused", "expired", "withdrawn");
QUANJI_ENUM(quanji::domain::ApprovalAct, "approve", "refuse", "withdraw", "expire", "act_alone");
