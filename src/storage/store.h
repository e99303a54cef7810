// Store: the port to the database. SQLite (one writing connection in one process, group commit) or PostgreSQL (a pool); the same jobs,
// the same promises. Every body runs on a thread of the store; `done` comes exactly once for every job.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/result.h"
#include "storage/change.h"
#include "storage/migrations.h"

namespace quanji::storage {

// Who goes first when there is more work than time; each has a bounded queue of its own. Views after `reads` (reports, checks) may
// occupy at most half of the readers, and of them an eighth of a queue may wait: they are the first reads to be refused.
enum class Priority : std::uint8_t { finish, take, beats, audit, reads, reports, enqueue, logs };
inline constexpr std::size_t priorities = 8;

struct ChangeJob {
  std::function<Status(Change&)> body;                   // may run several times; the last run counts
  std::function<Status(Change&, const Error&)> refused;  // writes what must stay of a refusal, after the body was rolled back; may be empty
  std::function<void(Status)> done;  // once; ok = durable. On a storage thread, on the submitter's when the queue is full
  std::shared_ptr<const domain::Caller> caller;
  Priority priority = Priority::enqueue;
};
struct ViewJob {
  std::function<Status(const View&)> body;  // runs again when the connection was lost under it: it overwrites, never appends
  std::function<void(Status)> done;
  std::shared_ptr<const domain::Caller> caller;
  Priority priority = Priority::reads;
};

// One caller's part of a hot operation. The door owns it until `done` returns.
struct BatchCall {
  const void* in = nullptr;
  void* out = nullptr;
  Status result;          // set by the batch function for its own call; ok before it runs
  std::size_t bytes = 0;  // size of the input, counts toward the 1 MB of a batch
  std::string key;        // the caller's idempotency key, empty when none was given; the batch function honours it (services/idempotency.h)
  base::Digest key_body{};  // of what was asked under that key
  std::shared_ptr<const domain::Caller> caller;
  std::function<void(BatchCall&)> done;  // once, when `result` is final and durable
};
// A hot operation: set-based SQL for all calls that were waiting. It may run again (then every `result` is ok and every `out` is
// overwritten), and writes nothing for a call it refuses. On PostgreSQL it runs READ COMMITTED: guarded statements only.
struct BatchOperation {
  std::string_view name;
  void (*run)(Change&, std::span<BatchCall* const>);
  Priority priority;
};
inline constexpr std::size_t batch_calls = 256;
inline constexpr std::size_t batch_bytes = 1 << 20;

struct StoreOptions {
  // "sqlite:/path/quanji.db" (the folder is the data directory; it is locked) or "postgres://user@host:port/database?…", sockets by ?host=.
  std::string url;
  std::string password_file;           // PostgreSQL; a password in the URL is refused
  std::shared_ptr<base::Clock> clock;  // empty: the system's
  std::shared_ptr<base::Random> random;
  const Migrations* migrations = nullptr;  // empty: the shipped ones
  std::size_t queue_limit = 4096;          // jobs waiting per priority
  int readers = 2;                         // SQLite reader threads
  int writing_connections = 8;             // PostgreSQL
  int reading_connections = 4;
  int batch_connections = 2;
  std::chrono::milliseconds connect_timeout{5000};
  std::string sqlite_vfs;  // tests: the name of a registered file system that fails on purpose
  enum class Rerun : std::uint8_t { when_needed, every_change_twice } rerun = Rerun::when_needed;  // twice: tests; differing runs are a bug
  // A statement or commit met a full disk: called at once on a thread of the store, before the change is run again or refused. Quick.
  std::function<void()> on_full;
  std::function<void(const std::string& why)> on_fatal;  // nothing is acknowledged any more: the program should stop and start again
};

struct Health {
  enum class Check : std::uint8_t { not_needed, running, clean, damaged };
  std::string mode;          // "sqlite" or "postgres"
  std::string version;       // of the database
  std::string journal_mode;  // SQLite: "wal"; PostgreSQL: "fsync=on synchronous_commit=on"
  std::int64_t schema = 0;   // number of the newest migration
  base::Time last_commit{};
  std::uint64_t commits = 0;  // transactions committed
  std::uint64_t changes = 0;  // changes and batch calls in them
  std::size_t waiting = 0;    // jobs in all queues
  Check quick_check = Check::not_needed;
  int quick_check_percent = 100;
  std::string quick_check_finding;
  bool fatal = false;
  std::string trouble;  // why the last change could not be stored; empty when the last one could
};

class Store {
 public:
  // Opens, migrates and starts the threads.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  virtual void submit(ChangeJob job) = 0;
  virtual void submit(ViewJob job) = 0;
  // Gathers the call with those of the same operation that wait while the last commit runs; no timer.
  virtual void gather(const BatchOperation& operation, BatchCall* call) = 0;

  // SQLite: point reads on the calling thread, which gets a read-only connection of its own. Others refuse with not_supported.
  virtual bool reads_here() const = 0;
  virtual Status read_here(const std::function<Status(const View&)>& body, std::shared_ptr<const domain::Caller> caller = {}) = 0;

  // Start-up and tests: submit and wait. Never on a storage thread.
  Status change(std::function<Status(Change&)> body, std::shared_ptr<const domain::Caller> caller = {});
  Status view(std::function<Status(const View&)> body, std::shared_ptr<const domain::Caller> caller = {});

  // SQLite: looks through the database in the background, table by table; told by health(). Done by itself after an unclean stop.
  virtual void start_check() = 0;
  // Answers what waits, then closes; later jobs are answered store_unavailable. Called by the destructor too.
  virtual void close() = 0;
  virtual Health health() const = 0;

 protected:
  Store() = default;
};

}  // namespace quanji::storage
