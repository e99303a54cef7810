#include "domain/human_task_states.h"

#include "domain/transitions.h"

namespace quanji::domain {
namespace {
using S = HumanTaskState;
using A = HumanTaskAct;
// An answer needs no claim first: claiming only keeps others away while somebody works on it.
constexpr HumanTaskMove moves[] = {
    {S::open, A::claim, S::claimed},    {S::open, A::complete, S::done},         {S::open, A::withdraw, S::withdrawn},
    {S::open, A::expire, S::expired},   {S::open, A::reassign, S::open},         {S::claimed, A::give_back, S::open},
    {S::claimed, A::complete, S::done}, {S::claimed, A::withdraw, S::withdrawn}, {S::claimed, A::expire, S::expired},
    {S::claimed, A::reassign, S::open},
};
}  // namespace

std::span<const HumanTaskMove> human_task_moves() { return moves; }
base::Result<HumanTaskState> after(HumanTaskState from, HumanTaskAct act) { return follow(human_task_moves(), from, act); }
HumanTaskState at(HumanTaskState stored, base::Time expires_at, base::Time now) {
  return !is_over(stored) && expires_at <= now ? S::expired : stored;
}

}  // namespace quanji::domain
