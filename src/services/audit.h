// The audit log: one row for every change, refusal and secret use, with a MAC of its own, in the transaction of what it tells of.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/keyring.h"
#include "base/list_query.h"
#include "domain/audit_row.h"
#include "domain/caller.h"
#include "services/rights.h"
#include "storage/change.h"
#include "storage/listing.h"

namespace quanji::services {

// The keys of rows, seals and checkpoints, all derived from the keyring. Any thread.
class AuditKeys {
 public:
  // Row and seal keys of the keyring's current MAC master; older ids are derived when a row names them. The checkpoint key is derived too
  // (Ed25519, or SM2 when the master is for HMAC-SM3), so that it needs no place of its own.
  static Result<std::shared_ptr<AuditKeys>> from(std::shared_ptr<const base::Keyring> keyring);
  ~AuditKeys();

  enum class Purpose : std::uint8_t { row, seal };
  // The id and algorithm every new MAC carries.
  const std::string& key_id() const { return key_id_; }
  std::string_view algorithm() const;
  base::Hash hash() const;
  base::Digest sign(Purpose purpose, std::span<const std::uint8_t> message) const;  // by the current key
  // False also for a key or algorithm that is not known.
  bool verify(Purpose purpose, std::string_view algorithm, std::string_view key_id, std::span<const std::uint8_t> message,
              std::span<const std::uint8_t> mac) const;
  // Of the current master, or of the one named; null for one the keyring does not have. Lives as long as this.
  const base::PrivateKey* checkpoint_key() const { return checkpoint_key(key_id_); }
  const base::PrivateKey* checkpoint_key(std::string_view key_id) const;

 private:
  AuditKeys() = default;
  struct State;
  std::string key_id_;
  std::unique_ptr<State> state_;
};
// Set once before anything is served (a test may set others between its stores). write_audit answers audit_unavailable until then.
void use_audit_keys(std::shared_ptr<AuditKeys> keys);
std::shared_ptr<AuditKeys> audit_keys();

// What the pipeline says of a change; the rest (who, from where, when, on whose behalf, request id) is the Change's caller and time.
struct AuditEntry {
  std::string_view operation, audit;
  std::int64_t result = 0;
  domain::AuditNote note;
  std::string approval;  // id text
  std::int64_t count = 1;
};
// Documents beyond this many bytes are kept as their digest only.
inline constexpr std::size_t audit_document_limit = 64 << 10;

// Failures are audit_unavailable: the change must not be committed.
Status write_audit(Change& change, const AuditEntry& entry);
// The row of a refusal (entry.result is the code). The first ten a minute of a caller, operation and node have a row each, the others of
// that minute share one with a count (flush_refusals). An unknown caller leaves no row unless entry.note.target names the account tried.
Status write_refusal(Change& change, const AuditEntry& entry);
inline constexpr std::int64_t refusal_rows_a_minute = 10;

// Once a second, by every node: keeps what write_refusal only counted, and turns the counts of minutes past into rows.
Status flush_refusals(Change& change);

// ---- reading ----
struct AuditRecord {
  domain::AuditId id;
  std::int64_t seq = 0;
  base::Time at;
  std::string operation, audit;
  std::int64_t result = 0, count = 1;
  std::string caller_kind, channel, actor, account, on_behalf_of, address, request_id, target, target_name;
  std::optional<domain::DepartmentId> department_id;
  std::string before_digest, after_digest;
  base::JsonText before_document, after_document;  // null when not kept
  std::string reason, approval, algorithm, key_id;
  static const base::FieldList& fields();
};
struct AuditRef {
  domain::AuditId id;
  static const base::FieldList& fields();
};
// Filters: actor, target, audit, operation, result, requestId; createdFrom, createdTo; sort -at or at.
const base::ListShape& audit_list_shape();
const storage::Listing& audit_listing();
Result<base::Page<AuditRecord>> list_audit(const View& view, const base::ListQuery& query);
Result<AuditRecord> read_audit(const View& view, const AuditRef& ref);

}  // namespace quanji::services
