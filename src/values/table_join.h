// Joining two tables by keys, and looking up columns in another table. nothing never equals nothing.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/table.h"
#include "values/table_keys.h"

namespace quanji::values {

enum class JoinKind : std::uint8_t { inner, left, right, full, semi, anti };
std::string_view word_of(JoinKind kind);
std::optional<JoinKind> join_kind_of(std::string_view word);

struct JoinKey {
  std::string left, right;  // `right` empty: the same name
};
struct Join {
  JoinKind kind = JoinKind::inner;
  std::vector<JoinKey> keys;
  // For names that both tables have (a key of one name on both sides stands once, without suffix).
  std::string left_suffix;
  std::string right_suffix = "_right";
  Duplicates left_duplicates = Duplicates::allow;
  Duplicates right_duplicates = Duplicates::allow;
  std::size_t most_rows = 100'000'000;  // more pairs than this are refused: a join by a wrong key
};
// The left table's columns, then the right one's without those keys. Rows in the order of the left table, for each the right rows in their
// order; then, for right and full, right rows without a partner. semi and anti: left rows that have, have not a partner.
// Failures: invalid_field; "keys/0/left", "right_suffix", "left_duplicates" (names the first key that stands twice and both rows) …
base::Result<Table> join(const Table& left, const Table& right, const Join& how);

struct LookupColumn {
  std::string from;
  std::string as;  // empty: the same name
  Value fallback;  // where the other table has no row for the key
};
struct Lookup {
  std::vector<JoinKey> keys;
  std::vector<LookupColumn> columns;
  Duplicates duplicates = Duplicates::refuse;  // in the other table; allow: its first row counts
};
// The table with columns of `other` added; its rows stay as they are.
base::Result<Table> look_up(const Table& table, const Table& other, const Lookup& how);

// Columns of key pairs; problems at FIELD/0/left, FIELD/0/right. At least one is needed.
KeyPair need_keys(const Table& left, const Table& right, std::span<const JoinKey> keys, std::string_view field, base::Problems& problems);

}  // namespace quanji::values
