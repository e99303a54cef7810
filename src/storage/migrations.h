// Forward-only migrations: numbered SQL per database, embedded, checksummed, each once and whole.
//   storage/migrations/{sqlite,postgres}/NNNN_words.sql, the same names in both folders; a number below one already applied is refused.
//   No deferred constraints: they would break at the commit of a whole group.
//   `-- min_binary: N` on a line of its own: binaries whose newest migration is older than N may not open the database afterwards.
//   `-- transaction: none` (PostgreSQL): statements run one by one outside a transaction and must bear being repeated
//   (`create index concurrently`); everything else runs in one transaction with its entry in the list.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace quanji::storage {

struct Migration {
  std::int64_t number;
  std::string_view name;    // "0001_ground"
  std::int64_t min_binary;  // 0: nothing said
  bool in_transaction;
  std::uint64_t checksum;  // FNV-1a (64 bit) of the file
  std::string_view text;
};
struct Migrations {
  std::span<const Migration> sqlite, postgres;
};
const Migrations& shipped_migrations();  // made from storage/migrations

}  // namespace quanji::storage
