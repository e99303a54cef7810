#include "domain/credential_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace quanji::domain {
namespace {

using base::Code;
using base::Error;
using base::Text;
using Need = SecretRule::Need;

constexpr SecretRule one_password[] = {{SecretField::password, Need::required}};
constexpr SecretRule one_key[] = {{SecretField::private_key, Need::required}, {SecretField::passphrase, Need::optional}};
constexpr SecretRule one_seed[] = {{SecretField::seed, Need::required}};
constexpr SecretRule one_pin[] = {{SecretField::pin, Need::required}};

}  // namespace

std::span<const SecretRule> secret_rules(CredentialType type) {
  switch (type) {
    case CredentialType::password:
    case CredentialType::account:
      return one_password;
    case CredentialType::key:
    case CredentialType::certificate:
      return one_key;
    case CredentialType::totp:
      return one_seed;
    case CredentialType::ukey_pin:
      return one_pin;
  }
  return {};
}

base::Status check_secrets(CredentialType type, const std::vector<SecretField>& given) {
  std::vector<base::FieldProblem> problems;
  const auto rules = secret_rules(type);
  const auto is_given = [&](SecretField field) { return std::find(given.begin(), given.end(), field) != given.end(); };
  for (const auto& rule : rules)
    if (rule.need == Need::required && !is_given(rule.field))
      problems.push_back({std::string(base::camel_case(base::word(rule.field))),
                          Text(fmt::format("类型 {} 的凭据必须给出", base::word(type)),
                               fmt::format("a credential of the type {} needs it", base::word(type)))});
  for (const auto field : given)
    if (std::none_of(rules.begin(), rules.end(), [&](const SecretRule& rule) { return rule.field == field; }))
      problems.push_back(
          {std::string(base::camel_case(base::word(field))), Text(fmt::format("类型 {} 的凭据没有此项", base::word(type)),
                                                                  fmt::format("a credential of the type {} has none", base::word(type)))});
  if (problems.empty()) return {};
  return Error(Code::invalid_field).with_fields(std::move(problems));
}

std::int64_t refusals_allowed(CredentialType type) { return type == CredentialType::ukey_pin ? 1 : 2; }

Breaker after_sign_in(const Breaker& before, CredentialType type, SignInOutcome outcome) {
  Breaker after = before;
  switch (outcome) {
    case SignInOutcome::accepted:
      if (!before.open) after.refusals = 0;
      break;
    case SignInOutcome::bad_secret:
    case SignInOutcome::account_locked:
      ++after.refusals;
      after.open = before.open || after.refusals >= refusals_allowed(type);
      break;
    case SignInOutcome::system_not_ready:
      break;
  }
  return after;
}

CheckOutVerdict check_out(Sharing sharing, const std::optional<CheckOut>& current, HolderLease lease, const CheckOut& wanted) {
  if (sharing == Sharing::shared || !current) return CheckOutVerdict::granted;
  if (current->task == wanted.task) return wanted.token < current->token ? CheckOutVerdict::stale : CheckOutVerdict::granted;
  return lease == HolderLease::live ? CheckOutVerdict::held_by_another : CheckOutVerdict::granted;
}

std::optional<base::Time> reminder_at(const std::optional<base::Time>& expires_at, const std::optional<base::Time>& chosen) {
  if (chosen) return chosen;
  if (!expires_at) return std::nullopt;
  return expires_at->plus(-std::chrono::hours(24 * reminder_days));
}

}  // namespace quanji::domain
