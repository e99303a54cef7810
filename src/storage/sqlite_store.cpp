#include "storage/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/log.h"
#include "storage/migrate.h"

namespace quanji::storage::detail {
namespace {

using Word = SqliteConnection::Word;
using Step = std::chrono::microseconds;
constexpr Step group_time = std::chrono::milliseconds(20);
constexpr std::size_t group_changes = 256;
// A group that ran eight times as long as a commit takes has paid for it: going on would only keep those who are done waiting, and with few
// callers everybody would wait for the same commit, and the writer then for all of them.
constexpr int group_to_commit = 8;
constexpr int checkpoint_pages = 1000;
constexpr int groups_after_a_failure = 32;

constexpr std::string_view own_tables =
    "create table if not exists schema (version integer not null, min_binary integer not null) strict;"
    "create table if not exists schema_migrations (number integer primary key, name text not null, checksum text not null, applied_at "
    "integer not null) strict;"
    "insert into schema (version, min_binary) select 0, 0 where not exists (select 1 from schema);";

Status sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return Error(base::Code::store_unavailable, "fsync of " + path);
  return {};
}

// A whole copy beside the database, made before the first of the pending migrations; older copies go when it is complete.
Status snapshot(SqliteConnection& connection, const std::string& path, std::int64_t first) {
  namespace fs = std::filesystem;
  const std::string name = fmt::format("{}.before-{:04}", path, first), half = name + ".half";
  std::error_code error;
  if (fs::exists(name, error)) return {};  // made by a start that was ended during the migration
  fs::remove(half, error);
  std::string quoted;
  for (const char c : half) quoted += c == '\'' ? "''" : std::string(1, c);
  QUANJI_DO(connection.run_text("vacuum into '" + quoted + "'"));
  QUANJI_DO(sync_path(half));
  fs::permissions(half, fs::perms::owner_read | fs::perms::owner_write, error);
  fs::rename(half, name, error);
  if (error) return Error(base::Code::store_unavailable, "rename to " + name + ": " + error.message());
  const auto folder = fs::path(path).parent_path();
  QUANJI_DO(sync_path(folder.string()));
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (const std::string other = entry.path().string(); other.starts_with(path + ".before-") && other != name)
      fs::remove(entry.path(), error);
  return {};
}

}  // namespace

SqliteStore::SqliteStore(StoreOptions options, std::string path, DataLock lock)
    : options_(std::move(options)),
      path_(std::move(path)),
      clock_(*options_.clock),
      ulids_(*options_.clock, *options_.random),
      lock_(std::move(lock)),
      queue_(options_.queue_limit),
      reads_(options_.queue_limit, std::max(1, options_.readers)) {}

Result<std::unique_ptr<Store>> SqliteStore::open(StoreOptions options, const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path file(path);
  if (!file.is_absolute() || file.filename().empty())
    return Error(base::Code::store_unavailable,
                 base::Text("sqlite: 后应为数据库文件的绝对路径，例如 sqlite:/var/lib/quanji/platform/quanji.db",
                            "After sqlite: stands the absolute path of the database file, as in sqlite:/var/lib/quanji/platform/quanji.db"),
                 path);
  std::error_code error;
  if (const auto folder = file.parent_path(); !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  QUANJI_TRY(DataLock lock, DataLock::take(file.parent_path().string()));
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options), path, std::move(lock)));
  QUANJI_TRY(store->writer_, SqliteConnection::open(path, SqliteConnection::Mode::write, store->options_.sqlite_vfs));
  store->writer_->when_full(store->options_.on_full);
  auto& writer = *store->writer_;
  const MigrationTarget target{writer,
                               [&] { return writer.say(Word::begin_immediate); },
                               [&] { return writer.say(Word::commit); },
                               [&] { return writer.in_transaction() ? writer.say(Word::rollback) : Status(); },
                               [&](const std::string& sql) { return writer.run_text(sql); },
                               [&](std::int64_t first) { return snapshot(writer, path, first); },
                               own_tables};
  const auto& migrations = store->options_.migrations ? *store->options_.migrations : shipped_migrations();
  QUANJI_TRY(const std::int64_t schema, migrate(target, migrations.sqlite, store->clock_));
  auto& health = store->health_;
  health.mode = "sqlite";
  health.version = sqlite3_libversion();
  health.journal_mode = "wal synchronous=full";
  health.schema = schema;
  std::vector<std::unique_ptr<SqliteConnection>> readers;
  for (int i = 0; i < std::max(1, store->options_.readers); ++i) {
    QUANJI_TRY(auto reader, SqliteConnection::open(path, SqliteConnection::Mode::read, store->options_.sqlite_vfs));
    readers.push_back(std::move(reader));
  }
  for (auto& reader : readers)
    store->read_threads_.emplace_back(
        [self = store.get(), connection = std::move(reader)]() mutable { self->read_loop(std::move(connection)); });
  store->write_thread_ = std::thread([self = store.get()] { self->write_loop(); });
  if (!store->lock_.last_stop_was_clean()) store->start_check();
  return std::unique_ptr<Store>(std::move(store));
}

// ---- writing ----

std::unique_ptr<Running> SqliteStore::running(WriteItem item) {
  auto caller = item.job ? item.job->caller : nullptr;
  if (!item.job && item.calls.size() == 1) caller = item.calls[0]->caller;
  return std::make_unique<Running>(std::move(item), Work(clock_, ulids_, *options_.random, std::move(caller)));
}

void SqliteStore::write_loop() {
  while (auto item = queue_.wait()) {
    run_group(std::move(*item));
    if (health().fatal) break;
    if (writer_->log_pages() < checkpoint_pages) continue;
    end_idle_reads();
    if (writer_->checkpoint(SQLITE_CHECKPOINT_PASSIVE) == Trouble::fatal) {
      Group none;
      stop_for_good(none, "a checkpoint could not be synced to the disk");
      break;
    }
  }
  queue_.refuse_all(store_closed());
}

void SqliteStore::run_group(WriteItem first) {
  Group group;
  if (auto begun = writer_->say(Word::begin_immediate); !begun.ok()) {
    group.push_back(running(std::move(first)));
    group.back()->result = begun.error().clone();
    finish_group(group, Durable::no);
    return;
  }
  const auto started = clock_.monotonic();
  careful_groups_ = std::max(0, careful_groups_ - 1);
  std::size_t changes = 0;
  std::optional<WriteItem> item(std::move(first));
  bool lost = false;
  while (item) {
    changes += item->changes();
    const Next next = run_in_group(group, std::move(*item));
    item.reset();
    if (next == Next::lost) {
      lost = true;
      break;
    }
    if (next == Next::end_group || changes >= group_changes || clock_.monotonic() - started >= enough_for_a_group()) break;
    item = queue_.take();
  }
  if (lost) return run_alone(group);
  const auto committing = clock_.monotonic();
  auto committed = writer_->say(Word::commit);
  // Smoothed over the last few: one slow sync is no slow disk.
  commit_time_ += (clock_.monotonic() - committing - commit_time_) / 4;
  if (!committed.ok()) {
    if (writer_->trouble() == Trouble::fatal) return stop_for_good(group, committed.error().detail());
    if (writer_->in_transaction()) (void)writer_->say(Word::rollback);
    return run_alone(group);
  }
  finish_group(group, Durable::yes);
}

// A savepoint makes SQLite keep the old image of each page a change touches. While nothing fails, only the first change of a group has one;
// when a later one fails, the group begins anew with a savepoint each, and so do the groups after it for a while.
SqliteStore::Next SqliteStore::run_in_group(Group& group, WriteItem item) {
  const auto started = clock_.monotonic();
  const bool bare = !group.empty() && careful_groups_ == 0 && options_.rerun == StoreOptions::Rerun::when_needed;
  Next next = Next::go_on;
  if (bare) {
    group.push_back(running(std::move(item)));
    group.back()->result = run_once(*writer_, *group.back());
    if (!writer_->in_transaction()) return Next::lost;
    if (!group.back()->result.ok()) next = begin_anew(group);
  } else {
    next = run_carefully(group, running(std::move(item)));
  }
  if (next != Next::go_on) return next;
  return clock_.monotonic() - started >= group_time ? Next::end_group : Next::go_on;
}

SqliteStore::Next SqliteStore::begin_anew(Group& group) {
  careful_groups_ = groups_after_a_failure;
  Group before = std::move(group);
  group.clear();
  const auto all_lost = [&] {
    group = std::move(before);
    return Next::lost;
  };
  if (!writer_->say(Word::rollback).ok() || !writer_->say(Word::begin_immediate).ok()) return all_lost();
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i]->work.rewind();
    if (run_carefully(group, std::move(before[i])) == Next::lost) {
      for (++i; i < before.size(); ++i) group.push_back(std::move(before[i]));
      return Next::lost;
    }
  }
  return Next::go_on;
}

SqliteStore::Next SqliteStore::run_carefully(Group& group, std::unique_ptr<Running> one) {
  group.push_back(std::move(one));
  Running& now = *group.back();
  now.result = run_in_savepoint(now);
  if (!writer_->in_transaction()) return Next::lost;
  if (now.result.ok() || now.item.calls.size() <= 1) return Next::go_on;
  // A statement of the batch failed as a whole: each call alone, so that one bad call does not spoil the others.
  const std::unique_ptr<Running> whole = std::move(group.back());
  group.pop_back();
  for (std::size_t i = 0; i < whole->item.calls.size(); ++i) {
    WriteItem alone;
    alone.operation = whole->item.operation;
    alone.calls = {whole->item.calls[i]};
    group.push_back(running(std::move(alone)));
    group.back()->result = run_in_savepoint(*group.back());
    if (writer_->in_transaction()) continue;
    // The others are answered with the group: put those not yet tried back as runs of their own.
    for (++i; i < whole->item.calls.size(); ++i) {
      WriteItem rest;
      rest.operation = whole->item.operation;
      rest.calls = {whole->item.calls[i]};
      group.push_back(running(std::move(rest)));
    }
    return Next::lost;
  }
  return Next::go_on;
}

Status SqliteStore::run_in_savepoint(Running& running) {
  QUANJI_DO(writer_->say(Word::savepoint));
  const auto undo = [this]() -> Status {
    if (!writer_->in_transaction()) return Error(base::Code::store_unavailable, "SQLite rolled the transaction back");
    return writer_->say(Word::rollback_to);
  };
  Status result =
      options_.rerun == StoreOptions::Rerun::every_change_twice ? run_twice(*writer_, running, undo) : run_once(*writer_, running);
  if (!writer_->in_transaction()) return result;
  if (!result.ok()) {
    QUANJI_DO(undo());
    if (is_refusal(running)) {
      if (auto written = run_refused(*writer_, running, result.error()); !written.ok()) {
        if (writer_->in_transaction()) QUANJI_DO(undo());
        result = std::move(written);
        running.work.effects.clear();
      }
    } else {
      running.work.effects.clear();
    }
    if (!writer_->in_transaction()) return result;
  }
  QUANJI_DO(writer_->say(Word::release));
  return result;
}

// After SQLite gave up the whole transaction: every change once more, each in a transaction of its own.
void SqliteStore::run_alone(Group& group) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    Running& now = *group[i];
    Group only;
    now.work.rewind();
    Durable durable = Durable::no;
    if (auto begun = writer_->say(Word::begin_immediate); !begun.ok()) {
      now.result = std::move(begun);
    } else {
      now.result = run_in_savepoint(now);
      if (writer_->in_transaction()) {
        if (auto committed = writer_->say(Word::commit); committed.ok()) {
          durable = Durable::yes;
        } else {
          if (writer_->trouble() == Trouble::fatal) {
            Group rest;
            for (std::size_t k = i; k < group.size(); ++k) rest.push_back(std::move(group[k]));
            return stop_for_good(rest, committed.error().detail());
          }
          now.result = std::move(committed);
          if (writer_->in_transaction()) (void)writer_->say(Word::rollback);
        }
      } else if (now.result.ok()) {
        now.result = Error(base::Code::store_unavailable, "SQLite rolled the transaction back");
      }
    }
    only.push_back(std::move(group[i]));
    finish_group(only, durable);
  }
}

std::chrono::microseconds SqliteStore::enough_for_a_group() const {
  constexpr Step least = std::chrono::microseconds(500);
  return std::clamp(group_to_commit * commit_time_, least, group_time);
}

void SqliteStore::finish_group(Group& group, Durable durable) {
  if (durable == Durable::yes) commits_.fetch_add(1, std::memory_order_release);
  {
    const std::lock_guard lock(health_mutex_);
    if (durable == Durable::yes) {
      ++health_.commits;
      health_.last_commit = clock_.now();
      health_.trouble.clear();
      for (const auto& one : group) health_.changes += one->item.changes();
    } else {
      for (const auto& one : group)
        if (!one->result.ok()) health_.trouble = one->result.error().detail();
    }
  }
  for (auto& one : group) answer(*one, durable);
}

void SqliteStore::stop_for_good(Group& group, const std::string& why) {
  {
    const std::lock_guard lock(health_mutex_);
    health_.fatal = true;
    health_.trouble = why;
  }
  queue_.close();
  base::log::error("store_stopped", {{"why", why}});
  for (auto& one : group) {
    one->result = Error(base::Code::store_unavailable,
                        base::Text("磁盘写入失败，本次修改是否保存未知；平台将重新启动，请用同一幂等键重试",
                                   "The disk failed and it is not known whether this change was stored; the platform starts again, retry "
                                   "with the same idempotency key"),
                        why);
    answer(*one, Durable::no);
  }
  queue_.refuse_all(store_closed());
  if (options_.on_fatal) options_.on_fatal(why);
}

// ---- close, health ----

void SqliteStore::close() {
  std::call_once(closed_, [this] {
    closing_ = true;
    queue_.close();
    if (write_thread_.joinable()) write_thread_.join();
    reads_.close();
    for (auto& thread : read_threads_) thread.join();
    {
      const std::unique_lock gate(here_gate_);
      here_closed_ = true;
      const std::lock_guard lock(here_->mutex);
      for (auto& weak : here_->all)
        if (const auto reader = weak.lock()) reader->connection->close();
    }
    if (!writer_) return;
    const bool fatal = health().fatal;
    if (!fatal && !read_threads_.empty()) {
      const Trouble trouble = writer_->checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
      writer_->close();
      if (trouble != Trouble::fatal) lock_.mark_clean();
    } else {
      writer_->close();
    }
  });
}

Health SqliteStore::health() const {
  Health out;
  {
    const std::lock_guard lock(health_mutex_);
    out = health_;
  }
  out.waiting = queue_.size() + reads_.size();
  return out;
}

}  // namespace quanji::storage::detail
