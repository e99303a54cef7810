#include "storage/store.h"

#include <condition_variable>
#include <mutex>

#include "storage/postgres_store.h"
#include "storage/sqlite_store.h"

namespace quanji::storage {

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  if (!options.clock) options.clock = std::make_shared<base::SystemClock>();
  if (!options.random) options.random = std::make_shared<base::SystemRandom>();
  const std::string url = options.url;
  if (url.starts_with("sqlite:")) return detail::SqliteStore::open(std::move(options), url.substr(7));
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return detail::PostgresStore::open(std::move(options));
  return Error(base::Code::store_unavailable,
               base::Text("数据库地址须以 sqlite: 或 postgres:// 开头", "A database address begins with sqlite: or postgres://"),
               "scheme of the database url");
}

namespace {
// One answer, awaited.
class Awaited {
 public:
  void set(Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    there_ = true;
    some_.notify_one();
  }
  Status get() {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [this] { return there_; });
    return std::move(status_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  Status status_;
  bool there_ = false;
};
}  // namespace

Status Store::change(std::function<Status(Change&)> body, std::shared_ptr<const domain::Caller> caller) {
  Awaited answer;
  ChangeJob job;
  job.body = std::move(body);
  job.done = [&](Status status) { answer.set(std::move(status)); };
  job.caller = std::move(caller);
  submit(std::move(job));
  return answer.get();
}
Status Store::view(std::function<Status(const View&)> body, std::shared_ptr<const domain::Caller> caller) {
  Awaited answer;
  ViewJob job;
  job.body = std::move(body);
  job.done = [&](Status status) { answer.set(std::move(status)); };
  job.caller = std::move(caller);
  submit(std::move(job));
  return answer.get();
}

}  // namespace quanji::storage
