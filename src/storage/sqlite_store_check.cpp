// The check of the whole database after a stop that was not clean.
#include "base/log.h"
#include "storage/sqlite_store.h"

namespace quanji::storage::detail {

void SqliteStore::start_check() {
  if (checking_.exchange(true)) return;
  {
    const std::lock_guard lock(health_mutex_);
    health_.quick_check = Health::Check::running;
    health_.quick_check_percent = 0;
  }
  const bool pushed = reads_.push(Priority::logs, [this](SqliteConnection* connection) {
    if (!connection) return;
    auto found = connection->ask_text(
        "select group_concat(name, char(10)) from (select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' "
        "escape '\\' order by name)");
    std::vector<std::string> tables;
    if (found.ok()) {
      std::string_view rest = *found;
      while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        tables.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    check_table(*connection, tables, 0);
  });
  if (!pushed) checking_ = false;
}

// One table a turn, so that a check of a large database never keeps readers waiting for all of it.
void SqliteStore::check_table(SqliteConnection& connection, const std::vector<std::string>& tables, std::size_t at) {
  if (closing_) return;
  std::string finding = "ok";
  if (at < tables.size()) {
    connection.stop_when([this] { return closing_.load(); });
    auto said = connection.ask_text("pragma quick_check(\"" + tables[at] + "\")");
    connection.stop_when({});
    if (closing_) return;
    finding = said.ok() ? *said : said.error().detail();
  }
  const bool last = at + 1 >= tables.size();
  {
    const std::lock_guard lock(health_mutex_);
    health_.quick_check_percent = tables.empty() ? 100 : static_cast<int>((at + 1) * 100 / tables.size());
    if (finding != "ok") {
      health_.quick_check = Health::Check::damaged;
      health_.quick_check_finding = finding;
    } else if (last && health_.quick_check == Health::Check::running) {
      health_.quick_check = Health::Check::clean;
    }
  }
  if (finding != "ok") base::log::error("database_damaged", {{"finding", finding}});
  if (last || !reads_.push(Priority::logs, [this, tables, at](SqliteConnection* next) {
        if (next) check_table(*next, tables, at + 1);
      }))
    checking_ = false;
}

}  // namespace quanji::storage::detail
