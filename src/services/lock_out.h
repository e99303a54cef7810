// Tries at signing in, counted in rows so that a restart or another node forgets nothing. The rule: domain/lock_out_rules.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/lock_out_rules.h"
#include "services/rights.h"

namespace quanji::services {

// Somebody tries to prove to be `account` from `address`. An account that does not exist is counted like any other.
struct TryAt {
  std::string account;
  std::optional<domain::UserId> user;  // when there is one
  std::string address;
};
domain::LockOutRule lock_out_rule();  // by the settings security.max_failures and security.lockout_minutes
// Before the proof is looked at, in a change of its own. locked_out with the seconds to wait, or too_many_calls while other tries are under
// way.
Status charge_try(Change&, const TryAt&);
// Afterwards. fail_try is committed although the caller is refused.
Status fail_try(Change&, const TryAt&);
Status succeed_try(Change&, const TryAt&);  // needs user; the source is known from now on
// Neither right nor wrong (a second factor was asked for): the charge is taken back.
Status release_try(Change&, const TryAt&);
// An administrator's act: forgets all counts of the account.
Status unlock_account(Change&, std::string_view account);
// Rows that say nothing any more, at most `limit`.
Result<std::int64_t> sweep_tries(Change&, std::int64_t limit = 500);

}  // namespace quanji::services
