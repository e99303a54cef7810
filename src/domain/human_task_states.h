// The states of a human task: open claimed | done expired withdrawn.
#pragma once
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class HumanTaskState : std::uint8_t { open, claimed, done, expired, withdrawn };
// give_back: who claimed it leaves it to the others; reassign: it is for somebody else from now on.
enum class HumanTaskAct : std::uint8_t { claim, give_back, complete, withdraw, expire, reassign };

struct HumanTaskMove {
  HumanTaskState from;
  HumanTaskAct act;
  HumanTaskState to;
};
std::span<const HumanTaskMove> human_task_moves();
// wrong_state, naming the state and what is allowed in it.
base::Result<HumanTaskState> after(HumanTaskState from, HumanTaskAct act);
// What a stored state means at `now`: what nobody answered in time is expired, whether or not a timer has written it down.
HumanTaskState at(HumanTaskState stored, base::Time expires_at, base::Time now);
inline bool is_over(HumanTaskState state) { return state != HumanTaskState::open && state != HumanTaskState::claimed; }

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::HumanTaskState, "open", "claimed", "done", "expired", "withdrawn");
QUANJI_ENUM(quanji::domain::HumanTaskAct, "claim", "give_back", "complete", "withdraw", "expire", "reassign");
