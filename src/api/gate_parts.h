// Inside of the gate: what it remembers of a caller and of an operation. For gate*.cpp only.
#pragma once
#include "api/gate.h"
#include "domain/address_list.h"
#include "services/settings.h"

namespace quanji::api {

inline constexpr std::int64_t second = 1'000'000;
inline constexpr std::int64_t nonce_generation_micros = (domain::signature_window_seconds + 10) * second;

// Somebody who was recognised; everything but the atomics is constant, so that calls share it.
struct PlatformGate::Identity {
  domain::CallerKind kind = domain::CallerKind::nobody;
  domain::Channel channel = domain::Channel::bearer;
  domain::UserId user;
  domain::ApiClientId client;
  domain::SessionId session;
  std::string account, on_behalf_of;
  domain::DepartmentId department;
  std::shared_ptr<const domain::Authority> authority;
  std::uint64_t generation = 0;
  base::Time expires_at;
  std::string csrf;              // of a cookie
  std::int64_t idle_micros = 0;  // 0: never locks
  bool locked = false;
  services::Owed owed = services::Owed::nothing;
  domain::AddressList addresses;
  bool always_ok = false;
  bool every_read_audited = false;
  std::int64_t rate_per_second = 0;         // 0: the rule of its kind
  std::atomic<std::int64_t> seen_at{0};     // the last call the person made
  std::atomic<std::int64_t> written_at{0};  // what of it the store knows
};

struct PlatformGate::KeyEntry {
  KeyEntry(IdentityPtr who, const base::Secret& secret)
      : identity(std::move(who)), sha256(base::Mac::hmac_sha256, secret), sm3(base::Mac::hmac_sm3, secret) {}
  IdentityPtr identity;
  std::mutex mutex;
  base::MacKey sha256, sm3;  // guarded by mutex
};

// What one operation asks of its caller, worked out once.
struct PlatformGate::Needs {
  std::size_t permission = SIZE_MAX, read_permission = SIZE_MAX;
  bool unpublished = false;  // needs a permission that nobody can hold
  bool when_locked = false;  // answered in a locked session
  bool when_password_owed = false;
  bool when_factor_owed = false;
  bool spends_in_change = false;  // its nonce is a row of its own transaction
  std::uint64_t number = 0;
  std::int64_t own_per_second = 0;
};

struct PlatformGate::GateCaller : domain::Caller {
  std::int64_t rate_per_second = 0;
};

struct PlatformGate::Reaches {
  std::mutex mutex;
  PlatformGate* gate = nullptr;  // guarded by mutex
};

}  // namespace quanji::api
