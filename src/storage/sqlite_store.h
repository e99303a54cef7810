// Inside of the room: the Store over one SQLite file. One writer thread with the only connection that writes; groups of waiting changes
// share one commit; readers and checkpoints as ../../docs/design/architecture.md 2 says.
#pragma once
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/data_lock.h"
#include "storage/run.h"
#include "storage/sqlite_connection.h"
#include "storage/store.h"

namespace quanji::storage::detail {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const std::string& path);
  ~SqliteStore() override { close(); }

  void submit(ChangeJob job) override { queue_.push(std::move(job)); }
  void submit(ViewJob job) override;
  void gather(const BatchOperation& operation, BatchCall* call) override { queue_.push(operation, call); }
  bool reads_here() const override { return true; }
  Status read_here(const std::function<Status(const View&)>& body, std::shared_ptr<const domain::Caller> caller) override;
  void start_check() override;
  void close() override;
  Health health() const override;

  // A thread's connection for read_here, and the moment it reads from, which stays open from one read to the next.
  struct HereReader {
    std::mutex mutex;  // the thread's while it reads; the writer's when it ends what nobody uses
    std::unique_ptr<SqliteConnection> connection;
    // guarded by mutex
    bool reading = false;
    std::uint64_t commits = 0;  // of the store when the moment began
    std::chrono::microseconds since{};
    void end();
  };
  // Those of all threads that ever read.
  struct HereReaders {
    std::mutex mutex;
    std::vector<std::weak_ptr<HereReader>> all;  // guarded by mutex
  };

 private:
  using Group = std::vector<std::unique_ptr<Running>>;
  SqliteStore(StoreOptions options, std::string path, DataLock lock);
  void write_loop();
  void read_loop(std::unique_ptr<SqliteConnection> connection);
  void run_group(WriteItem first);
  std::chrono::microseconds enough_for_a_group() const;
  void end_idle_reads();
  enum class Next : std::uint8_t { go_on, end_group, lost };
  Next run_in_group(Group& group, WriteItem item);
  Next begin_anew(Group& group);
  Next run_carefully(Group& group, std::unique_ptr<Running> one);
  Status run_in_savepoint(Running& running);
  void run_alone(Group& group);
  void finish_group(Group& group, Durable durable);
  void stop_for_good(Group& group, const std::string& why);
  void check_table(SqliteConnection& connection, const std::vector<std::string>& tables, std::size_t at);
  std::unique_ptr<Running> running(WriteItem item);
  Status view_on(SqliteConnection& connection, const std::function<Status(const View&)>& body,
                 std::shared_ptr<const domain::Caller> caller);

  // constant after construction
  const StoreOptions options_;
  const std::string path_;
  base::Clock& clock_;
  base::UlidSource ulids_;
  DataLock lock_;
  std::unique_ptr<SqliteConnection> writer_;  // used by open, then by the writer thread only

  std::chrono::microseconds commit_time_{};  // writer thread only
  std::atomic<std::uint64_t> commits_{0};
  int careful_groups_ = 0;  // writer thread only: groups still to come in which every change has a savepoint

  WriteQueue queue_;
  ReadQueue<SqliteConnection> reads_;
  std::thread write_thread_;
  std::vector<std::thread> read_threads_;
  std::atomic<bool> closing_{false};
  std::atomic<bool> checking_{false};
  std::shared_mutex here_gate_;  // shared while a read_here runs; unique to close
  bool here_closed_ = false;     // guarded by here_gate_
  std::shared_ptr<HereReaders> here_ = std::make_shared<HereReaders>();
  std::once_flag closed_;

  mutable std::mutex health_mutex_;
  Health health_;  // guarded by health_mutex_
};

}  // namespace quanji::storage::detail
