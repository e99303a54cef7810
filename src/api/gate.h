// People and API clients at the door: who is it, and may they. Cookie, bearer token or signature; known ones are answered from memory
// without asking the database, unknown ones are looked up once and remembered.
//
// What makes memory forget: the access epoch (grants, roles, departments, users), this process's own sign-in changes (after their commit),
// and the sign-in epoch raised by other nodes, read once a second.
//
// Headers: Authorization: Bearer, or the X-… of a signature (domain/signature.h), or the session cookie; with a cookie every call but a GET
// carries X-Csrf-Token. X-Quanji-Passive: 1 marks what a page asks for by itself: it does not keep a session awake.
#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/rate_limits.h"
#include "base/clock.h"
#include "base/digest.h"
#include "domain/caller.h"
#include "domain/signature.h"
#include "door/door.h"
#include "services/api_clients.h"
#include "services/sessions.h"
#include "services/tokens.h"
#include "storage/store.h"

namespace quanji::api {

// A signed body that is taken in piece by piece is announced by its digest: lower hex, by the signature's hash.
inline constexpr std::string_view body_digest_header = "x-body-digest";

// The nonce of a signed change becomes a row of the change's own transaction: replayed when it was there. Nothing for other callers.
base::Status spend_nonce(storage::Change& change, const door::Call& call);

// The same for a signed change that is refused, in what is written of the refusal: who overheard it cannot send it again when things have
// changed. Ok also when the nonce is there already.
base::Status keep_nonce(storage::Change& change, const door::Call& call);

// Nonces of signed calls, for as long as their signatures could come again. For reads it is all there is; for changes it stands before the
// row, and alone for those that never came to a transaction (too many calls, unreadable, store unavailable). Any thread.
class NonceMemory {
 public:
  enum class Seen : std::uint8_t { first, again, full };
  explicit NonceMemory(std::size_t limit = 1'000'000) : limit_(limit) {}
  Seen add(const domain::ApiClientId& client, std::string_view nonce, std::chrono::microseconds now);
  std::size_t size() const;

 private:
  const std::size_t limit_;  // of one generation
  mutable std::mutex mutex_;
  std::array<std::unordered_set<std::uint64_t>, 3> generations_;  // guarded by mutex_, newest first
  std::chrono::microseconds begun_{-1};
};

struct GateOptions {
  std::unordered_map<std::string, std::int64_t> operation_per_second;  // operations with a limit of their own, per caller
  std::int64_t open_per_second = 50;                                   // calls of one address that is not signed in
  std::size_t remembered = 100'000;                                    // tokens and keys in memory
};

class PlatformGate final : public door::Gate {
 public:
  // Must outlive the calls under way. Signed reads from before this moment are refused: their nonces are forgotten.
  PlatformGate(storage::Store& store, base::Clock& clock, std::shared_ptr<const services::SecretBox> box,
               const std::vector<const door::Table*>& tables, GateOptions options = {});
  ~PlatformGate() override;
  void authenticate(door::CallPtr call, std::function<void(base::Status)> done) override;
  base::Status permit(door::Call& call) override;

  // Once a second: learns other nodes' changes, writes down who was active, sweeps.
  void tick();
  // Tests and the last moment before the end: waits until what is in memory is written.
  base::Status flush();
  std::size_t remembered() const;

 private:
  struct Identity;
  struct KeyEntry;
  struct Needs;
  struct GateCaller;
  using IdentityPtr = std::shared_ptr<Identity>;
  using Done = std::function<void(base::Status)>;
  struct DigestHash {
    std::size_t operator()(const base::Digest& digest) const;
  };

  void by_token(const door::CallPtr& call, std::string_view token, services::TokenKind kind, Done done);
  void by_signature(const door::CallPtr& call, const domain::SignatureHeaders& headers, Done done);
  enum class Known : std::uint8_t { no, yes };
  void nobody(const door::CallPtr& call, base::Error why, const Done& done, Known known = Known::no);
  // For who is known and let in: refuses what he may do nowhere, and writes that down; then `done`.
  void enter(const door::CallPtr& call, Done done);
  void refuse(const door::CallPtr& call, base::Error why, Done done);
  bool lacks_permission(const Needs& needs, const domain::Caller& caller) const;
  base::Status within_rates(door::Call& call);
  base::Status let_in(door::Call& call, const IdentityPtr& identity);
  base::Status check_signature(door::Call& call, KeyEntry& key, const domain::SignedRequest& request);
  void spend_change_nonce(const door::CallPtr& call, const domain::ApiClientId& client, const std::string& nonce, Done done);
  void spend_read_nonce(const door::CallPtr& call, const domain::ApiClientId& client, const std::string& nonce, Done done);
  bool fresh(const Identity& identity) const;
  void forget(const services::SignInChange& what);
  void collect(std::vector<services::Seen>& seen, std::vector<services::Used>& used);
  const Needs& needs_of(const door::Operation& operation) const;

  base::Result<IdentityPtr> load_token(const storage::View& view, const base::Digest& hash, services::TokenKind kind) const;
  base::Result<IdentityPtr> load_client(const storage::View& view, const services::ClientFacts& client, std::string_view behalf) const;
  base::Result<std::shared_ptr<KeyEntry>> load_key(const storage::View& view, std::string_view access_key, std::string_view behalf) const;

  // constant after construction
  storage::Store& store_;
  base::Clock& clock_;
  const std::shared_ptr<const services::SecretBox> box_;
  const GateOptions options_;
  const base::Time started_;
  std::unordered_map<const door::Operation*, Needs> needs_;

  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<base::Digest, IdentityPtr, DigestHash> tokens;  // guarded by mutex
    std::unordered_map<std::string, std::shared_ptr<KeyEntry>> keys;   // guarded by mutex; access key, line feed, person
  };
  static constexpr std::size_t shards = 16;
  std::array<Shard, shards> shards_;
  Shard& shard_of(const base::Digest& hash) { return shards_[hash[31] % shards]; }
  Shard& shard_of(std::string_view key) { return shards_[std::hash<std::string_view>{}(key) % shards]; }

  std::atomic<std::uint64_t> generation_{1};  // rises when another node changed something of sign-in
  std::atomic<std::uint64_t> forgotten_{0};   // rises with every own change: what was read before is not remembered
  std::mutex epoch_mutex_;
  std::uint64_t seen_epoch_ = 0;  // guarded by epoch_mutex_
  NonceMemory nonces_;
  RateLimits rates_;
  std::atomic<std::int64_t> person_rate_{0}, client_rate_{0}, report_rate_{0}, robot_rate_{0};
  struct Reaches;  // for what comes back after the gate is gone
  std::shared_ptr<Reaches> reaches_;
  std::shared_ptr<void> listening_;
};

}  // namespace quanji::api
