#include "storage/offline.h"

#include <chrono>

#include "storage/postgres_connection.h"
#include "storage/sqlite_connection.h"
#include "storage/work.h"

namespace quanji::storage {

Status read_offline(const std::string& url, const std::string& password_file, const std::function<Status(const View&)>& body) {
  base::SystemClock clock;
  base::SystemRandom random;
  base::UlidSource ulids(clock, random);
  detail::Work work(clock, ulids, random, nullptr);
  if (url.starts_with("sqlite:")) {
    QUANJI_TRY(auto connection, detail::SqliteConnection::open(url.substr(7), detail::SqliteConnection::Mode::read, {}));
    QUANJI_DO(connection->say(detail::SqliteConnection::Word::begin));
    const View view(*connection, work);
    auto done = detail::guarded([&] { return body(view); });
    // A reader has nothing to lose: how its transaction ends does not matter.
    (void)connection->say(detail::SqliteConnection::Word::rollback);
    return done;
  }
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://"))
    return Error(base::Code::store_unavailable,
                 base::Text("数据库地址须以 sqlite: 或 postgres:// 开头", "A database address begins with sqlite: or postgres://"),
                 "scheme of the database url");
  QUANJI_TRY(const auto address, detail::PostgresAddress::parse(url, password_file, std::chrono::seconds(5)));
  detail::PostgresConnection connection(address);
  QUANJI_DO(connection.connect());
  QUANJI_DO(connection.run_text("begin isolation level repeatable read read only"));
  const View view(connection, work);
  auto done = detail::guarded([&] { return body(view); });
  (void)connection.run_text("rollback");
  return done;
}

}  // namespace quanji::storage
