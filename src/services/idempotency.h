// Idempotency keys: the same client, operation and key give the first answer again for 24 hours; another body is a conflict.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/fields.h"
#include "storage/change.h"

namespace quanji::services {

using base::Result;
using base::Status;
using storage::Change;
using storage::View;

// What was kept of the first answer.
struct Kept {
  std::string encoded;  // JSON of `data`; empty when it was larger than 16 KiB: read the thing again by `id`
  std::string id;       // id text of the thing made; may be empty when `encoded` is not
  std::int64_t revision = -1;
  std::int64_t status = 200;     // as answered: 201, 202
  bool without_secrets = false;  // the first answer held a secret, this one does not
};
inline constexpr std::size_t kept_answer_limit = 16 << 10;
inline constexpr std::chrono::hours kept_for{24};
inline constexpr std::size_t idempotency_key_limit = 128;  // characters, 1 … 128, printable ASCII

// Who a key belongs to: client, user or robot id text.
std::string idempotency_client(const View& view);
// invalid_field for a key that is empty, too long or not printable ASCII.
Status check_idempotency_key(std::string_view key);

// Before the operation's function runs, in its own change. idempotency_conflict when the key was used with another body.
// A key older than 24 h is as if it had never been used.
Result<std::optional<Kept>> find_idempotent(Change& change, std::string_view client, std::string_view operation, std::string_view key,
                                            const base::Digest& body);
// After it succeeded, in the same change. `answer` is the list of the answered type: fields marked secret_once are left out of what is
// kept. On PostgreSQL a second change with the same key waits here for the first and is then run again.
Status keep_idempotent(Change& change, std::string_view client, std::string_view operation, std::string_view key, const base::Digest& body,
                       const Kept& kept, const base::FieldList& answer);
// Deletes at most `limit` keys older than 24 h; how many it deleted.
Result<std::int64_t> sweep_idempotent(Change& change, std::int64_t limit = 500);

// The JSON of a value of the list's type without the members marked secret_once, at any depth.
Result<std::string> without_secrets(const base::FieldList& list, std::string_view encoded);

}  // namespace quanji::services
