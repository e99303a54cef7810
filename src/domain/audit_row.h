// One row of the audit log and the exact bytes its MAC is made over.
// Reads foreign bytes: fuzz/audit.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "domain/ids.h"

namespace quanji::domain {

// Everything that is said about one change, refusal or secret use. Text may be empty; nothing here is ever changed after it was written.
struct AuditRow {
  AuditId id;
  base::Time at;
  std::string operation;    // "department.create"
  std::string audit;        // "department.created"
  std::int64_t result = 0;  // 0, or the code of the refusal
  std::int64_t count = 1;   // more than 1: that many refusals of one minute in one row
  std::string caller_kind;  // "user", "client" …
  std::string channel;      // "session", "bearer" …
  std::string actor;        // id text of user, client or robot; empty for the clock and for unknown callers
  std::string account;
  std::string on_behalf_of;
  std::string address;
  std::string request_id;
  std::string target;  // id text of the thing
  std::string target_name;
  std::optional<DepartmentId> department;
  std::string before_digest, after_digest;  // lower hex by `hash` of the MAC's family, or empty
  std::string before, after;                // the documents, when they were small enough to keep
  std::string reason;
  std::string approval;   // id text of the approval that carried it
  std::string algorithm;  // of the MAC: "hmac-sha256", "hmac-sm3"
  std::string key_id;     // "mac-1"
};

// The row as JSON with sorted keys, no spaces, every member present; bytes of text as they are but for quote, backslash and control
// characters. Two rows that differ in any member differ here.
std::string canonical_json(const AuditRow& row);
// Back from canonical_json; for reading an export.
base::Result<AuditRow> parse_audit_row(std::string_view canonical);

// A leaf of a seal's tree: the row's place, its number and its MAC.
struct AuditLeaf {
  std::int64_t place = 0;  // order of the log: the row's number on SQLite, base + transaction number on PostgreSQL
  std::int64_t seq = 0;    // the row's number
  base::Digest mac{};
};
// SHA-256 or SM3 of "QJAL1" ‖ place ‖ seq ‖ mac, numbers as 8 bytes big-endian.
base::Digest leaf_digest(base::Hash hash, const AuditLeaf& leaf);
base::Hash hash_of(base::Mac mac);

// `text` as a JSON string whose bytes are otherwise kept.
void append_exact_json_string(std::string& out, std::string_view text);

}  // namespace quanji::domain
