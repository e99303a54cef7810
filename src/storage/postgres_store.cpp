#include "storage/postgres_store.h"

#include <fmt/format.h>

#include "base/log.h"
#include "storage/migrate.h"

namespace quanji::storage::detail {
namespace {

constexpr int runs = 6;  // the first and five more
constexpr std::string_view begin_change = "begin isolation level serializable", begin_batch = "begin isolation level read committed",
                           begin_view = "begin isolation level repeatable read read only";

constexpr std::string_view own_tables =
    "create table if not exists schema (version bigint not null, min_binary bigint not null);"
    "create table if not exists schema_migrations (number bigint primary key, name text not null, checksum text not null, applied_at "
    "bigint not null);"
    "insert into schema (version, min_binary) select 0, 0 where not exists (select 1 from schema);";
// Any number will do as long as it is always the same: "quanji" in ASCII.
constexpr std::string_view advisory_lock = "124748959738473";

Error outcome_unknown(const std::string& detail) {
  return Error(base::Code::store_unavailable,
               base::Text("提交时与数据库的连接中断，本次修改是否保存未知；请用同一幂等键重试",
                          "The connection was lost during the commit and it is not known whether this change was stored; retry with the "
                          "same idempotency key"),
               detail);
}

}  // namespace

PostgresStore::PostgresStore(StoreOptions options, PostgresAddress address)
    : options_(std::move(options)),
      address_(std::move(address)),
      clock_(*options_.clock),
      ulids_(*options_.clock, *options_.random),
      changes_(options_.queue_limit),
      batches_(options_.queue_limit),
      reads_(options_.queue_limit, std::max(1, options_.reading_connections)) {}

Result<std::unique_ptr<Store>> PostgresStore::open(StoreOptions options) {
  QUANJI_TRY(auto address, PostgresAddress::parse(options.url, options.password_file, options.connect_timeout));
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options), std::move(address)));
  {
    PostgresConnection connection(store->address_);
    QUANJI_DO(connection.connect());
    QUANJI_DO(store->prepare_database(connection));
  }
  auto* self = store.get();
  for (int i = 0; i < std::max(1, self->options_.writing_connections); ++i)
    self->threads_.emplace_back([self] { self->write_loop(self->changes_); });
  for (int i = 0; i < std::max(1, self->options_.batch_connections); ++i)
    self->threads_.emplace_back([self] { self->write_loop(self->batches_); });
  for (int i = 0; i < std::max(1, self->options_.reading_connections); ++i) self->threads_.emplace_back([self] { self->read_loop(); });
  return std::unique_ptr<Store>(std::move(store));
}

Status PostgresStore::prepare_database(PostgresConnection& connection) {
  if (connection.server_version() < 150000)
    return Error(base::Code::store_unavailable,
                 base::Text(fmt::format("需要 PostgreSQL 15 或更高版本，服务器为 {}", connection.server_version()),
                            fmt::format("PostgreSQL 15 or newer is needed; the server is {}", connection.server_version())),
                 "server version");
  // Order and prefixes must mean the same as in SQLite: bytes.
  QUANJI_TRY(const std::string fits,
             connection.ask_text("select datcollate in ('C', 'POSIX', 'C.UTF-8', 'C.utf8') and pg_encoding_to_char(encoding) = 'UTF8' from "
                                 "pg_database where datname = current_database()"));
  if (fits != "t")
    return Error(base::Code::store_unavailable,
                 base::Text("数据库须以 UTF8 编码、C 排序规则建立：create database quanji template template0 encoding 'UTF8' lc_collate "
                            "'C' lc_ctype 'C.UTF-8'",
                            "The database must be made with UTF8 and collation C: create database quanji template template0 encoding "
                            "'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'"),
                 "collation");
  QUANJI_TRY(const std::string version, connection.ask_text("show server_version"));
  QUANJI_TRY(const std::string fsync, connection.ask_text("show fsync"));
  QUANJI_TRY(const std::string synchronous, connection.ask_text("show synchronous_commit"));
  QUANJI_DO(connection.run_text(fmt::format("select pg_advisory_lock({})", advisory_lock)));
  const MigrationTarget target{connection,
                               [&] { return connection.run_text("begin"); },
                               [&] { return connection.run_text("commit"); },
                               [&] { return connection.connected() ? connection.run_text("rollback") : Status(); },
                               [&](const std::string& sql) { return connection.run_text(sql); },
                               {},
                               own_tables};
  const auto& migrations = options_.migrations ? *options_.migrations : shipped_migrations();
  QUANJI_TRY(const std::int64_t schema, migrate(target, migrations.postgres, clock_));
  const std::lock_guard lock(health_mutex_);
  health_.mode = "postgres";
  health_.version = version;
  health_.journal_mode = fmt::format("fsync={} synchronous_commit={}", fsync, synchronous);
  health_.schema = schema;
  return {};
}

std::unique_ptr<Running> PostgresStore::running(WriteItem item) {
  auto caller = item.job ? item.job->caller : nullptr;
  if (!item.job && item.calls.size() == 1) caller = item.calls[0]->caller;
  return std::make_unique<Running>(std::move(item), Work(clock_, ulids_, *options_.random, std::move(caller)));
}

void PostgresStore::write_loop(WriteQueue& queue) {
  PostgresConnection connection(address_);
  connection.when_full(options_.on_full);
  while (auto item = queue.wait()) run_item(connection, queue, std::move(*item));
}

void PostgresStore::run_item(PostgresConnection& connection, WriteQueue& queue, WriteItem item) {
  auto now = running(std::move(item));
  const Durable durable = carry_out(connection, queue, *now);
  const bool one_call_spoilt_all = durable == Durable::no && now->item.calls.size() > 1 && now->work.trouble != Trouble::unreachable &&
                                   now->work.trouble != Trouble::again;
  if (!one_call_spoilt_all) {
    note(*now, durable);
    answer(*now, durable);
    return;
  }
  for (auto* call : now->item.calls) {
    WriteItem one;
    one.operation = now->item.operation;
    one.calls = {call};
    auto alone = running(std::move(one));
    const Durable stored = carry_out(connection, queue, *alone);
    note(*alone, stored);
    answer(*alone, stored);
  }
}

Durable PostgresStore::carry_out(PostgresConnection& connection, WriteQueue& queue, Running& running) {
  auto& work = running.work;
  bool reconnected = false, seen_refusal = false, met_others = false;
  const bool is_job = running.item.job.has_value();
  for (int run = 1;; ++run) {
    if (met_others) queue.pause(jitter(run));
    met_others = false;
    if (run > 1) work.rewind();
    if (auto connected = connection.connect(); !connected.ok()) {
      work.trouble = Trouble::unreachable;
      running.result = std::move(connected);
      return Durable::no;
    }
    // A batch needs no turn: READ COMMITTED with guarded statements, nothing of it fails for having met others but a deadlock.
    std::optional<RerunTurns::Turn> turn;
    if (is_job) turn.emplace(turns_, run);
    const bool twice = is_job && options_.rerun == StoreOptions::Rerun::every_change_twice;
    Status result = connection.run_text(std::string(is_job ? begin_change : begin_batch) + (twice ? "; savepoint one" : ""));
    if (!result.ok()) work.trouble = connection.trouble();
    if (result.ok()) {
      result = twice ? run_twice(connection, running, [&] { return connection.run_text("rollback to savepoint one"); })
                     : run_once(connection, running);
      if (result.ok()) {
        result = connection.run_text("commit");
        if (result.ok()) {
          running.result = Status();
          return Durable::yes;
        }
        work.trouble = connection.trouble();
        if (work.trouble == Trouble::unreachable) {  // never run again: it may be stored
          running.result = outcome_unknown(result.error().detail());
          return Durable::no;
        }
      }
    }
    if (connection.connected()) (void)connection.run_text("rollback");
    // Before the commit was sent nothing can have been stored: a lost connection is worth one more try on a new one.
    if (work.trouble == Trouble::unreachable && !reconnected && !queue.closed()) {
      reconnected = true;
      continue;
    }
    if (work.trouble == Trouble::again && run < runs && !queue.closed()) {
      met_others = true;
      continue;
    }
    // A broken rule may be the work of a concurrent change that this one should have seen first: look once more.
    if (is_job && work.trouble == Trouble::refused && !seen_refusal) {
      seen_refusal = true;
      continue;
    }
    running.result = std::move(result);
    if (!is_refusal(running)) {
      work.effects.clear();
      return Durable::no;
    }
    turn.reset();
    return write_refusal(connection, running);
  }
}

// Before a re-run: the second comes at once, for what it met is over or waits for it; later ones spread over other nodes' changes.
std::chrono::microseconds PostgresStore::jitter(int run) const {
  return std::chrono::microseconds(run == 2 ? 0 : options_.random->below(std::uint64_t{1000} << (run - 1)));
}

// The refusal's row, in a transaction of its own: the body's has been rolled back. running.result is the refusal and stays the answer.
Durable PostgresStore::write_refusal(PostgresConnection& connection, Running& running) {
  const Error why = running.result.error().clone();
  const auto mark = running.work.next_ulid;
  for (int run = 1;; ++run) {
    if (run > 1) changes_.pause(jitter(run));
    running.work.next_ulid = mark;
    Status written = connection.connect();
    const RerunTurns::Turn turn(turns_, run);
    if (written.ok()) written = connection.run_text(std::string(begin_change));
    if (written.ok()) written = run_refused(connection, running, why);
    const bool ran = written.ok();
    if (ran) written = connection.run_text("commit");
    if (written.ok()) return Durable::yes;
    const Trouble trouble = running.work.failed ? running.work.trouble : connection.trouble();
    if (connection.connected()) (void)connection.run_text("rollback");
    const bool may_be_stored = ran && trouble == Trouble::unreachable;
    if ((trouble == Trouble::again || trouble == Trouble::unreachable) && !may_be_stored && run < runs && !changes_.closed()) continue;
    running.work.effects.clear();
    running.result = std::move(written);
    return Durable::no;
  }
}

void PostgresStore::note(const Running& running, Durable durable) {
  const std::lock_guard lock(health_mutex_);
  if (durable == Durable::yes) {
    ++health_.commits;
    health_.changes += running.item.changes();
    health_.last_commit = clock_.now();
    health_.trouble.clear();
  } else if (!running.result.ok() && running.result.error().code() == base::Code::store_unavailable) {
    health_.trouble = running.result.error().detail();
  }
}

Status PostgresStore::view_on(PostgresConnection& connection, const ViewJob& job) {
  for (int run = 1;; ++run) {
    QUANJI_DO(connection.connect());
    Work work(clock_, ulids_, *options_.random, job.caller);
    Status result = connection.run_text(std::string(begin_view));
    if (result.ok()) {
      const View view(connection, work);
      result = guarded([&] { return job.body(view); });
      if (result.ok() && work.failed) result = work.failed->clone();
    }
    const bool lost = !connection.connected();
    if (!lost) (void)connection.run_text("commit");
    if (!lost || run == 2) return result;
  }
}

void PostgresStore::submit(ViewJob job) {
  auto shared = std::make_shared<ViewJob>(std::move(job));
  const bool pushed = reads_.push(shared->priority, [this, shared](PostgresConnection* connection) {
    Status result = view_on(*connection, *shared);
    if (shared->done) shared->done(std::move(result));
  });
  if (!pushed && shared->done) shared->done(reads_.closed() ? store_closed() : too_many_waiting());
}

void PostgresStore::read_loop() {
  PostgresConnection connection(address_);
  while (const auto turn = reads_.wait()) {
    const auto ran = guarded([&]() -> Status {
      turn->run(&connection);
      return {};
    });
    reads_.give_back(*turn);
    if (!ran.ok()) base::log::failure(base::log::Level::error, "done_failed", ran.error());
  }
}

Status PostgresStore::read_here(const std::function<Status(const View&)>&, std::shared_ptr<const domain::Caller>) {
  return Error(base::Code::not_supported, "read_here is for SQLite; ask reads_here() first");
}

void PostgresStore::close() {
  std::call_once(closed_, [this] {
    changes_.close();
    batches_.close();
    reads_.close();
    for (auto& thread : threads_) thread.join();
  });
}

Health PostgresStore::health() const {
  Health out;
  {
    const std::lock_guard lock(health_mutex_);
    out = health_;
  }
  out.waiting = changes_.size() + batches_.size() + reads_.size();
  return out;
}

}  // namespace quanji::storage::detail
