// Inside of the room: the Store over PostgreSQL. A pool of threads, each with a connection of its own and blocking inside libpq: changes
// SERIALIZABLE, views REPEATABLE READ READ ONLY, batches READ COMMITTED.
#pragma once
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/postgres_connection.h"
#include "storage/rerun_turns.h"
#include "storage/run.h"
#include "storage/store.h"

namespace quanji::storage::detail {

class PostgresStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~PostgresStore() override { close(); }

  void submit(ChangeJob job) override { changes_.push(std::move(job)); }
  void submit(ViewJob job) override;
  void gather(const BatchOperation& operation, BatchCall* call) override { batches_.push(operation, call); }
  bool reads_here() const override { return false; }
  Status read_here(const std::function<Status(const View&)>& body, std::shared_ptr<const domain::Caller> caller) override;
  void start_check() override {}  // the server's own affair
  void close() override;
  Health health() const override;

 private:
  PostgresStore(StoreOptions options, PostgresAddress address);
  Status prepare_database(PostgresConnection& connection);
  void write_loop(WriteQueue& queue);
  void read_loop();
  void run_item(PostgresConnection& connection, WriteQueue& queue, WriteItem item);
  // Runs, commits, and says whether the commit is durable. Re-runs what was not the change's fault.
  Durable carry_out(PostgresConnection& connection, WriteQueue& queue, Running& running);
  std::chrono::microseconds jitter(int run) const;
  Durable write_refusal(PostgresConnection& connection, Running& running);
  Status view_on(PostgresConnection& connection, const ViewJob& job);
  void note(const Running& running, Durable durable);
  std::unique_ptr<Running> running(WriteItem item);

  // constant after construction
  const StoreOptions options_;
  const PostgresAddress address_;
  base::Clock& clock_;
  base::UlidSource ulids_;

  WriteQueue changes_, batches_;
  RerunTurns turns_;
  ReadQueue<PostgresConnection> reads_;
  std::vector<std::thread> threads_;
  std::once_flag closed_;
  mutable std::mutex health_mutex_;
  Health health_;  // guarded by health_mutex_
};

}  // namespace quanji::storage::detail
