// The states of a user and what leads from one to another: data, from which the documentation is made.
//
// Being locked out after wrong passwords is not a state of the user: it passes by itself (sign-in keeps it).
#pragma once
#include <cstdint>
#include <span>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class UserState : std::uint8_t { enabled, disabled, deleted };
enum class UserAct : std::uint8_t { enable, disable, remove };

struct UserMove {
  UserState from;
  UserAct act;
  UserState to;
};
std::span<const UserMove> user_moves();
// wrong_state, naming the state and what is allowed in it.
base::Result<UserState> after(UserState from, UserAct act);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::UserState, "enabled", "disabled", "deleted");
QUANJI_ENUM(quanji::domain::UserAct, "enable", "disable", "delete");
