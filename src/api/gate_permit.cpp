#include "api/gate_parts.h"
#include "services/audit.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Status;

bool PlatformGate::lacks_permission(const Needs& needs, const domain::Caller& caller) const {
  return needs.unpublished || (needs.permission != SIZE_MAX && !(caller.authority && caller.authority->may_anywhere(needs.permission)));
}

void PlatformGate::enter(const door::CallPtr& call, Done done) {
  if (!lacks_permission(needs_of(*call->operation), *static_cast<const domain::Caller*>(call->caller.get()))) return done({});
  refuse(call, Error(Code::not_permitted), std::move(done));
}

// A row of the refusal, and the nonce of a signed change with it. Refusals are under the caller's rate as well: they cost the store a look.
void PlatformGate::refuse(const door::CallPtr& call, Error why, Done done) {
  if (auto allowed = within_rates(*call); !allowed) return done(std::move(allowed));
  const auto reason = std::make_shared<const Error>(std::move(why));
  storage::ChangeJob job;
  job.caller = std::static_pointer_cast<const domain::Caller>(call->caller);
  job.body = [this, call, reason](storage::Change& change) -> Status {
    const auto& operation = *call->operation;
    // Not of a replay: its row could be there before that of the call it repeats, which would then be refused too.
    if (needs_of(operation).spends_in_change && reason->code() != Code::replayed) QUANJI_DO(keep_nonce(change, *call));
    services::AuditEntry entry;
    entry.operation = operation.id;
    entry.audit = operation.audit.empty() ? operation.id : operation.audit;
    entry.result = static_cast<std::int64_t>(reason->code());
    return services::write_refusal(change, entry);
  };
  // Refused it is, whether or not that could be written down.
  job.done = [reason, done = std::move(done)](const Status&) { done(reason->clone()); };
  store_.submit(std::move(job));
}

Status PlatformGate::permit(door::Call& call) {
  const auto& operation = *call.operation;
  const auto& caller = *static_cast<const domain::Caller*>(call.caller.get());
  if (caller.kind == domain::CallerKind::nobody && operation.entry != door::Entry::open) return Error(Code::not_signed_in);
  if (caller.kind != domain::CallerKind::nobody && lacks_permission(needs_of(operation), caller)) return Error(Code::not_permitted);
  return within_rates(call);
}

Status PlatformGate::within_rates(door::Call& call) {
  const auto& operation = *call.operation;
  const auto& needs = needs_of(operation);
  const auto& caller = *static_cast<const GateCaller*>(static_cast<const domain::Caller*>(call.caller.get()));
  const auto now = clock_.monotonic();
  const auto limited = [&](const RateVerdict& verdict) -> Status {
    call.extra_headers.emplace_back("RateLimit-Limit", std::to_string(verdict.limit));
    call.extra_headers.emplace_back("RateLimit-Remaining", std::to_string(verdict.remaining));
    call.extra_headers.emplace_back("RateLimit-Reset", std::to_string(verdict.reset_seconds));
    return Error(Code::too_many_calls).with_retry_after(verdict.retry_after_seconds);
  };
  if (caller.kind == domain::CallerKind::nobody) {
    const auto verdict = rates_.take(RateLimits::key_of(caller.address, 1), RateRule::of(options_.open_per_second), now);
    return verdict.allowed ? Status{} : limited(verdict);
  }

  const auto& id = caller.kind == domain::CallerKind::client ? caller.client.ulid : caller.user.ulid;
  std::int64_t per_second = 0;
  std::uint64_t purpose = 2;
  switch (operation.rate) {
    case door::Rate::report:
      per_second = report_rate_;
      purpose = 3;
      break;
    case door::Rate::robot:
      per_second = robot_rate_;
      purpose = 4;
      break;
    case door::Rate::person:
    case door::Rate::client:
      per_second = caller.kind == domain::CallerKind::client ? (caller.rate_per_second > 0 ? caller.rate_per_second : client_rate_.load())
                                                             : person_rate_.load();
      break;
  }
  if (const auto verdict = rates_.take(RateLimits::key_of(id, purpose), RateRule::of(per_second), now); !verdict.allowed)
    return limited(verdict);
  if (needs.own_per_second > 0) {
    constexpr std::uint64_t first_operation = 16;
    const auto verdict = rates_.take(RateLimits::key_of(id, first_operation + needs.number), RateRule::of(needs.own_per_second), now);
    if (!verdict.allowed) return limited(verdict);
  }
  return {};
}

}  // namespace quanji::api
