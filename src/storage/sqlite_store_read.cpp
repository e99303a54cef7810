// How views read: by turns on the readers' threads, or at once on the caller's own.
#include "base/log.h"
#include "storage/sqlite_store.h"

namespace quanji::storage::detail {

using Word = SqliteConnection::Word;

Status SqliteStore::view_on(SqliteConnection& connection, const std::function<Status(const View&)>& body,
                            std::shared_ptr<const domain::Caller> caller) {
  Work work(clock_, ulids_, *options_.random, std::move(caller));
  QUANJI_DO(connection.say(Word::begin));
  const View view(connection, work);
  Status result = guarded([&] { return body(view); });
  if (result.ok() && work.failed) result = work.failed->clone();
  if (auto ended = connection.say(Word::commit); !ended.ok() && connection.in_transaction()) (void)connection.say(Word::rollback);
  return result;
}

void SqliteStore::submit(ViewJob job) {
  auto shared = std::make_shared<ViewJob>(std::move(job));
  const bool pushed = reads_.push(shared->priority, [this, shared](SqliteConnection* connection) {
    Status result = connection ? view_on(*connection, shared->body, shared->caller) : Status(store_closed());
    if (shared->done) shared->done(std::move(result));
  });
  if (!pushed && shared->done) shared->done(reads_.closed() ? store_closed() : too_many_waiting());
}

void SqliteStore::read_loop(std::unique_ptr<SqliteConnection> connection) {
  while (const auto turn = reads_.wait()) {
    const auto ran = guarded([&]() -> Status {
      turn->run(connection.get());
      return {};
    });
    reads_.give_back(*turn);
    if (!ran.ok()) base::log::failure(base::log::Level::error, "done_failed", ran.error());
  }
}

namespace {
// This thread's connections for read_here, one per store that is still open.
struct Mine {
  struct One {
    std::weak_ptr<SqliteStore::HereReaders> store;
    std::shared_ptr<SqliteStore::HereReader> reader;
  };
  std::vector<One> all;
  ~Mine() {
    for (auto& one : all)
      if (const auto store = one.store.lock()) {
        const std::lock_guard lock(store->mutex);
        one.reader.reset();
      }
  }
};
thread_local Mine mine;
// How long a moment that was read from is read from again. Nothing but this process changes the database, and it counts its commits: the
// limit is for those who look at it by other means.
constexpr auto one_moment = std::chrono::milliseconds(100);
}  // namespace

void SqliteStore::HereReader::end() {
  if (!std::exchange(reading, false)) return;
  if (!connection->say(Word::commit).ok() && connection->in_transaction()) (void)connection->say(Word::rollback);
}

// Beginning and ending a read takes SQLite two locks of the file each: while nothing was committed the last moment is as good.
Status SqliteStore::read_here(const std::function<Status(const View&)>& body, std::shared_ptr<const domain::Caller> caller) {
  const std::shared_lock gate(here_gate_);
  if (here_closed_) return store_closed();
  HereReader* reader = nullptr;
  for (auto& one : mine.all)
    if (!one.store.owner_before(here_) && !here_.owner_before(one.store)) reader = one.reader.get();
  if (!reader) {
    auto made = std::make_shared<HereReader>();
    QUANJI_TRY(made->connection, SqliteConnection::open(path_, SqliteConnection::Mode::read, options_.sqlite_vfs));
    std::erase_if(mine.all, [](const auto& one) { return one.store.expired(); });
    mine.all.push_back({here_, made});
    reader = made.get();
    const std::lock_guard lock(here_->mutex);
    here_->all.push_back(std::move(made));
  }
  const std::lock_guard in_use(reader->mutex);
  auto& connection = *reader->connection;
  const auto now = clock_.monotonic();
  // Counted before the read begins: a commit in between makes the next read begin anew, never this one miss it.
  if (const auto commits = commits_.load(std::memory_order_acquire);
      !reader->reading || reader->commits != commits || now - reader->since >= one_moment) {
    reader->end();
    QUANJI_DO(connection.say(Word::begin));
    reader->reading = true;
    reader->commits = commits;
    reader->since = now;
  }
  Work work(clock_, ulids_, *options_.random, std::move(caller));
  const View view(connection, work);
  Status result = guarded([&] { return body(view); });
  if (result.ok() && work.failed) result = work.failed->clone();
  if (!result.ok()) reader->end();
  return result;
}

// What nobody reads from any more would keep the log from being written back and begun anew.
void SqliteStore::end_idle_reads() {
  const std::lock_guard lock(here_->mutex);
  for (auto& weak : here_->all)
    if (const auto reader = weak.lock())
      if (const std::unique_lock unused(reader->mutex, std::try_to_lock); unused) reader->end();
}

}  // namespace quanji::storage::detail
