// For tests: one store of each kind with the probe tables, in a folder or database of its own.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "storage/probe.h"
#include "storage/store.h"
#include "tests/postgres.h"

namespace quanji::storage::probe {
const Migrations& shipped_migrations();
}

namespace quanji::storage::conformance {

// Where one database lives, over several openings of it.
class Home {
 public:
  explicit Home(std::string kind);
  ~Home();
  const std::string& kind() const { return kind_; }
  bool sqlite() const { return kind_ == "sqlite"; }
  StoreOptions options() const;
  const std::string& folder() const { return folder_; }
  const tests::FreshDatabase& database() const { return *database_; }

 private:
  std::string kind_, folder_;
  std::optional<tests::FreshDatabase> database_;
};
// Opens or ends the test program with the reason.
std::unique_ptr<Store> open_or_end(StoreOptions options);

// Every promise is tried on both; the test's name ends with the database's.
class OnBoth : public ::testing::TestWithParam<const char*> {
 protected:
  OnBoth() : home(GetParam()) {}
  Store& store() {
    if (!store_) store_ = open_or_end(options);
    return *store_;
  }
  void reopen() {
    store_.reset();
    store_ = open_or_end(options);
  }
  void close() { store_.reset(); }
  Home home;
  StoreOptions options = home.options();

 private:
  std::unique_ptr<Store> store_;
};
#define QUANJI_ON_BOTH(Suite) \
  INSTANTIATE_TEST_SUITE_P(Both, Suite, ::testing::Values("sqlite", "postgres"), [](const auto& tried) { return std::string(tried.param); })

// Puts an item and its audit row, as every change of the platform does.
Status put(Change& change, const std::string& name, std::int64_t amount = 0, base::Ulid* id = nullptr);
std::int64_t amount_of(Store& store, const std::string& name);
struct Counts {
  std::int64_t items = 0, audits = 0, amounts = 0;
};
Counts count(Store& store);
std::string word_of(const Status& status);  // "ok" or the word of its code

// Submits without waiting; get() waits.
std::future<std::string> submit(Store& store, std::function<Status(Change&)> body, Priority priority = Priority::enqueue);

// Holds the writers of a store (all of them) until it is let go.
class Held {
 public:
  Held(Store& store, int writers);
  ~Held() { let_go(); }
  void let_go();

 private:
  std::promise<void> go_;
  std::shared_future<void> gone_ = go_.get_future().share();
  std::vector<std::future<std::string>> held_;
  bool let_ = false;
};

}  // namespace quanji::storage::conformance
