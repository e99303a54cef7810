#include "domain/user_states.h"

#include "domain/transitions.h"

namespace quanji::domain {
namespace {
constexpr UserMove moves[] = {
    {UserState::enabled, UserAct::disable, UserState::disabled},
    {UserState::enabled, UserAct::remove, UserState::deleted},
    {UserState::disabled, UserAct::enable, UserState::enabled},
    {UserState::disabled, UserAct::remove, UserState::deleted},
};
}  // namespace

std::span<const UserMove> user_moves() { return moves; }
base::Result<UserState> after(UserState from, UserAct act) { return follow(user_moves(), from, act); }

}  // namespace quanji::domain
