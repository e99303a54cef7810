#include "storage/conformance/tried_store.h"

#include <cstdlib>

#include "storage/conformance/fault_file_system.h"

namespace quanji::storage::conformance {

Home::Home(std::string kind) : kind_(std::move(kind)) {
  char folder[] = "/tmp/qstore.XXXXXX";
  folder_ = ::mkdtemp(folder);
  if (!sqlite()) database_.emplace();
}
Home::~Home() { std::filesystem::remove_all(folder_); }
StoreOptions Home::options() const {
  StoreOptions options;
  options.migrations = &probe::shipped_migrations();
  if (sqlite()) {
    options.url = "sqlite:" + folder_ + "/quanji.db";
    options.sqlite_vfs = disk::name();
  } else {
    options.url = database_->url();
  }
  return options;
}

std::unique_ptr<Store> open_or_end(StoreOptions options) {
  auto opened = Store::open(std::move(options));
  if (!opened.ok()) {
    std::fprintf(stderr, "the store does not open: %s (%s)\n", opened.error().message().en.c_str(), opened.error().detail().c_str());
    std::exit(1);
  }
  return std::move(opened).value();
}

Status put(Change& change, const std::string& name, std::int64_t amount, base::Ulid* id) {
  const base::Ulid made = change.new_ulid();
  if (id) *id = made;
  QUANJI_DO(change.run(probe::put_item, {{"id", made}, {"name", name}, {"amount", amount}, {"note", nullptr}, {"payload", nullptr}}));
  QUANJI_DO(change.run(probe::put_audit, {{"id", change.new_ulid()}, {"item", made}, {"what", "put " + name}}));
  return {};
}

std::int64_t amount_of(Store& store, const std::string& name) {
  std::int64_t amount = -1;
  const auto read = store.view([&](const View& view) -> Status {
    QUANJI_TRY(const auto row, view.row(probe::item_named, {{"name", name}}));
    if (row) amount = row->integer("amount");
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
  return amount;
}
Counts count(Store& store) {
  Counts counts;
  const auto read = store.view([&](const View& view) -> Status {
    QUANJI_TRY(const auto row, view.row(probe::counts));
    counts = {row->integer("items"), row->integer("audits"), row->integer("amounts")};
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
  return counts;
}
std::string word_of(const Status& status) {
  if (status.ok()) return "ok";
  std::string out(base::row_of(status.error().code()).word);
  if (status.error().code() == base::Code::bug) out += ": " + status.error().detail();
  return out;
}

std::future<std::string> submit(Store& store, std::function<Status(Change&)> body, Priority priority) {
  auto promise = std::make_shared<std::promise<std::string>>();
  auto future = promise->get_future();
  ChangeJob job;
  job.body = std::move(body);
  job.done = [promise](Status status) { promise->set_value(word_of(status)); };
  job.priority = priority;
  store.submit(std::move(job));
  return future;
}

Held::Held(Store& store, int writers) {
  for (int i = 0; i < writers; ++i) {
    auto in = std::make_shared<std::promise<void>>();
    auto entered = in->get_future();
    auto once = std::make_shared<std::once_flag>();
    held_.push_back(submit(
        store,
        [in, once, gone = gone_](Change&) -> Status {
          std::call_once(*once, [&] { in->set_value(); });
          gone.wait();
          return {};
        },
        Priority::finish));
    entered.wait();
  }
}
void Held::let_go() {
  if (let_) return;
  let_ = true;
  go_.set_value();
  for (auto& one : held_) one.wait();
}

}  // namespace quanji::storage::conformance
