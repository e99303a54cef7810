// Inside of the room: brings a database to the newest migration, each step whole or not at all.
#pragma once
#include <functional>
#include <string>

#include "base/clock.h"
#include "storage/migrations.h"
#include "storage/work.h"

namespace quanji::storage::detail {

// What the migrator needs of a connection.
struct MigrationTarget {
  Session& session;
  std::function<Status()> begin, commit, rollback;
  std::function<Status(const std::string&)> run_text;      // several statements
  std::function<Status(std::int64_t first)> before_first;  // before the first pending migration of a database that is not new
  std::string_view tables;                                 // makes schema and schema_migrations when they are not there
};
// Refuses a database that is newer than this binary bears, and one whose applied migrations are not ours. Returns the newest number.
Result<std::int64_t> migrate(const MigrationTarget& target, std::span<const Migration> known, base::Clock& clock);

}  // namespace quanji::storage::detail
