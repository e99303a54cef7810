// When guessing is stopped, and whom it stops. Pure; the rows are kept by services/lock_out.
//
// A source is the caller's address (IPv6: its /64). Each try is charged before the password is looked at, so tries made at the same time
// are counted too. Three counts, each over a window of 15 minutes from its first try:
//   pair     (account, source): 5 failures lock this account for this source for 15 minutes
//   strange  the account over all sources it has not signed in from during 30 days: 20 failures lock it for strange sources
//   source   one source over all accounts: 50 failures lock the source, except for accounts known there
// A known source (one the account signed in from) is touched by its own pair only. So whoever guesses from elsewhere, from one source or
// from 500, gets at most 20 tries a quarter of an hour and cannot shut out the person at the usual desk; one strange source alone gets 5
// and cannot shut out anybody anywhere else. Success clears the pair; the other counts pass with time.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace quanji::domain {

struct LockOutRule {
  std::int64_t pair_failures = 5;
  std::int64_t strange_failures = 20;
  std::int64_t source_failures = 50;
  std::chrono::seconds window{900};
  std::chrono::seconds lock{900};
};
inline constexpr std::chrono::hours source_known_for{24 * 30};

// One count as its row holds it.
struct TryCount {
  base::Time since{};
  std::int64_t tries = 0;  // charged, failed or still under way
  std::int64_t failed = 0;
  base::Time locked_until{};
};
enum class Charge : std::uint8_t {
  go_on,
  busy,  // as many tries as may fail are under way: come back in a second
  locked,
};
// Begins the window anew when it is over; adds a try when it may go on.
Charge charge(TryCount& count, base::Time now, std::int64_t bound, const LockOutRule& rule);
// The charged try has failed.
void fail(TryCount& count, base::Time now, std::int64_t bound, const LockOutRule& rule);
// The charged try was right: it is taken back.
void succeed(TryCount& count);

// "192.0.2.7" as it is, "2001:db8:1:2::9" as "2001:db8:1:2::/64", "::ffff:192.0.2.7" as "192.0.2.7"; other text (a socket) as it is.
std::string source_of(std::string_view address);

}  // namespace quanji::domain
