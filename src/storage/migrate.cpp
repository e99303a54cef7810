#include "storage/migrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/queries.h"

namespace quanji::storage::detail {
namespace {

Error unfit(std::string zh, std::string en) {
  std::string detail = en;
  return Error(base::Code::store_unavailable, base::Text(std::move(zh), std::move(en)), std::move(detail));
}
std::string checksum_text(const Migration& migration) { return fmt::format("{:016x}", migration.checksum); }

// Statements of a text that runs outside a transaction: cut at the semicolons that end a line.
std::vector<std::string> statements_of(std::string_view text) {
  std::vector<std::string> out;
  std::string current;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.starts_with("--")) continue;
    current += line;
    current += '\n';
    if (line.ends_with(';')) out.push_back(std::exchange(current, {}));
  }
  if (current.find_first_not_of(" \n\r\t") != current.npos) out.push_back(std::move(current));
  return out;
}

Result<Rows> ask(Session& session, const Query& query) {
  QUANJI_TRY(auto outcome, session.execute(query, {}));
  return Rows(std::move(outcome.rows));
}

Status check_applied(const Rows& applied, std::span<const Migration> known, std::int64_t version) {
  std::vector<std::int64_t> there;
  for (const Row row : applied) {
    const auto number = row.integer("number");
    there.push_back(number);
    const auto ours = std::ranges::find(known, number, &Migration::number);
    if (ours == known.end() && number > known.back().number) continue;  // of a newer binary that still bears us
    if (ours == known.end() || row.text("name") != ours->name || row.text("checksum") != checksum_text(*ours))
      return unfit(fmt::format("数据库中的迁移 {} 与本程序的不一致；请使用建立该数据库的版本", row.text("name")),
                   fmt::format("The database was made with another migration {} than this program's; use the version that made it",
                               row.text("name")));
  }
  for (const auto& ours : known)
    if (ours.number <= version && std::ranges::find(there, ours.number) == there.end())
      return unfit(fmt::format("数据库缺少迁移 {}，而更新的迁移已经执行；请使用建立该数据库的版本", ours.name),
                   fmt::format("The database never had migration {} and has newer ones; use the version that made it", ours.name));
  return {};
}

Status apply(const MigrationTarget& target, const Migration& migration, base::Clock& clock) {
  if (!migration.in_transaction)
    for (const auto& statement : statements_of(migration.text)) QUANJI_DO(target.run_text(statement));
  QUANJI_DO(target.begin());
  if (migration.in_transaction) QUANJI_DO(target.run_text(std::string(migration.text)));
  const std::string checksum = checksum_text(migration);
  const auto give = [&](const Query& query, std::span<const Param> params) -> Status {
    std::vector<Scalar> values;
    for (const auto& name : target.session.form(query).params) values.push_back(std::ranges::find(params, name, &Param::name)->value);
    auto outcome = target.session.execute(query, values);
    if (!outcome.ok()) return std::move(outcome).error();
    return {};
  };
  const Param entry[] = {{"number", migration.number}, {"name", migration.name}, {"checksum", checksum}, {"now", clock.now()}};
  QUANJI_DO(give(sql::migration_done, entry));
  const Param now[] = {{"version", migration.number}, {"min_binary", migration.min_binary}};
  QUANJI_DO(give(sql::schema_set, now));
  return target.commit();
}

}  // namespace

Result<std::int64_t> migrate(const MigrationTarget& target, std::span<const Migration> known, base::Clock& clock) {
  QUANJI_DO(target.begin());
  if (auto made = target.run_text(std::string(target.tables)); !made.ok()) {
    (void)target.rollback();
    return std::move(made).error();
  }
  QUANJI_DO(target.commit());

  QUANJI_TRY(const Rows schema, ask(target.session, sql::schema_now));
  const auto version = schema[0].integer("version"), min_binary = schema[0].integer("min_binary");
  const auto newest = known.empty() ? 0 : known.back().number;
  if (newest < min_binary)
    return unfit(fmt::format("数据库已升级到第 {} 版，本程序只认识到第 {} 版；请安装新版本", version, newest),
                 fmt::format("The database is at migration {} and this program knows {} only; install the newer version", version, newest));
  QUANJI_TRY(const Rows applied, ask(target.session, sql::migration_list));
  if (known.empty()) return version;
  QUANJI_DO(check_applied(applied, known, version));
  const auto pending = std::ranges::find_if(known, [&](const Migration& m) { return m.number > version; });
  if (pending == known.end()) return version;
  if (version > 0 && target.before_first) QUANJI_DO(target.before_first(pending->number));
  for (const auto& migration : std::span(pending, known.end())) {
    if (auto applied_now = apply(target, migration, clock); !applied_now.ok()) {
      (void)target.rollback();
      const auto& why = applied_now.error();
      return Error(base::Code::store_unavailable,
                   base::Text(fmt::format("数据库迁移 {} 未能完成，数据保持原样；原因见日志", migration.name),
                              fmt::format("Migration {} could not be applied and changed nothing; the log says why", migration.name)),
                   fmt::format("migration {}: {}", migration.name, why.detail()));
    }
  }
  return newest;
}

}  // namespace quanji::storage::detail
