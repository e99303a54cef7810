// Rules of credentials: what each type holds, when its breaker opens, whose it is while it is checked out, when somebody is reminded.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "domain/ids.h"

namespace quanji::domain {

enum class CredentialType : std::uint8_t { password, account, key, certificate, totp, ukey_pin };
enum class SecretField : std::uint8_t { password, private_key, passphrase, seed, pin };

struct SecretRule {
  SecretField field;
  enum class Need : std::uint8_t { required, optional } need;
};
// What is sealed: password and account hold a password, key and certificate a private key and perhaps its passphrase, totp a seed
// (base32), ukey_pin a PIN.
std::span<const SecretRule> secret_rules(CredentialType type);
// The secrets given, held against the type: invalid_field naming each that is missing or does not belong. Fields as in JSON.
base::Status check_secrets(CredentialType type, const std::vector<SecretField>& given);

// ---- the breaker ----
// system_not_ready ("系统初始化中", "日切中", "已登录", "网络不通") is waited for and never counted.
enum class SignInOutcome : std::uint8_t { accepted, bad_secret, account_locked, system_not_ready };
struct Breaker {
  std::int64_t refusals = 0;  // since the last sign-in that was accepted
  bool open = false;          // the credential is handed to nobody until a person resets it
  bool operator==(const Breaker&) const = default;
};
// Refused sign-ins that open it: two, of a PIN one (its third wrong one destroys the token).
std::int64_t refusals_allowed(CredentialType type);
// An open breaker stays open whatever comes after: only a person closes it.
Breaker after_sign_in(const Breaker& before, CredentialType type, SignInOutcome outcome);

// ---- exclusive check-out ----
enum class Sharing : std::uint8_t { shared, exclusive };
struct CheckOut {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  bool operator==(const CheckOut&) const = default;
};
// Whether who holds it still works: known by the tasks' lease, not by a clock of the vault.
enum class HolderLease : std::uint8_t { live, over };
enum class CheckOutVerdict : std::uint8_t { granted, held_by_another, stale };
// One task at a time. The same task takes it again, with a later attempt too; with an older token it is stale. What a task whose lease is
// over has not given back goes to the next one that asks.
CheckOutVerdict check_out(Sharing sharing, const std::optional<CheckOut>& current, HolderLease lease, const CheckOut& wanted);

// ---- reminding ----
// When somebody has to be told that it expires: on the day chosen, or so many days before.
inline constexpr std::int64_t reminder_days = 30;
std::optional<base::Time> reminder_at(const std::optional<base::Time>& expires_at, const std::optional<base::Time>& chosen);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::CredentialType, "password", "account", "key", "certificate", "totp", "ukey_pin");
QUANJI_ENUM(quanji::domain::SecretField, "password", "private_key", "passphrase", "seed", "pin");
QUANJI_ENUM(quanji::domain::SignInOutcome, "accepted", "bad_secret", "account_locked", "system_not_ready");
QUANJI_ENUM(quanji::domain::CheckOutVerdict, "granted", "held_by_another", "stale");
