// For tests of this room: a store in a temporary folder with audit keys in use, and callers made by hand.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/keyring.h"
#include "domain/caller.h"
#include "domain/permissions.h"
#include "services/audit.h"
#include "services/lists.h"
#include "storage/store.h"

namespace quanji::services::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::shared_ptr<const base::Keyring> test_keyring(const std::string& folder, base::Suite suite, base::Random& random) {
  auto root = base::create_root_key_file(folder + "/root.key", random);
  if (!root) std::abort();
  auto keyring = base::Keyring::create(std::move(root).value(), suite, random);
  if (!keyring) std::abort();
  return std::make_shared<const base::Keyring>(std::move(keyring).value());
}

inline std::shared_ptr<domain::Caller> clock_caller() {
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = domain::CallerKind::clock;
  caller->account = "clock";
  return caller;
}
inline std::shared_ptr<domain::Caller> person(std::uint8_t number, std::string account) {
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = domain::CallerKind::user;
  caller->channel = domain::Channel::session;
  caller->user.ulid.bytes[15] = number;
  caller->user.ulid.bytes[0] = 1;
  caller->account = std::move(account);
  caller->address = "127.0.0.1";
  caller->request_id = "req-1";
  return caller;
}

// A store, SQLite unless an address is given, with keys in use as long as it lives.
class Bench {
 public:
  using Tune = std::function<void(storage::StoreOptions&)>;
  explicit Bench(base::Suite suite = base::Suite::intl, std::string url = {}, const Tune& tune = {})
      : clock(std::make_shared<base::ManualClock>()), random(std::make_shared<base::SeededRandom>(5)) {
    keyring = test_keyring(folder.path(), suite, *random);
    auto keys = AuditKeys::from(keyring);
    EXPECT_TRUE(keys.ok());
    use_audit_keys(keys.value());
    use_cursor_mac([](std::string_view) { return std::string(16, 'm'); });
    std::filesystem::create_directories(folder.path() + "/data");
    storage::StoreOptions options;
    options.url = url.empty() ? "sqlite:" + database() : url;
    options.clock = clock;
    options.random = std::make_shared<base::SystemRandom>();
    if (tune) tune(options);
    auto opened = storage::Store::open(std::move(options));
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().detail());
    if (opened.ok()) store = std::move(opened).value();
  }
  ~Bench() { use_audit_keys(nullptr); }
  std::string database() const { return folder.path() + "/data/quanji.db"; }

  Status change(std::function<Status(Change&)> body, std::shared_ptr<const domain::Caller> caller = clock_caller()) {
    return store->change(std::move(body), std::move(caller));
  }
  Status view(std::function<Status(const View&)> body, std::shared_ptr<const domain::Caller> caller = clock_caller()) {
    return store->view(std::move(body), std::move(caller));
  }
  // One number from SQL of the test's own.
  std::int64_t number(const storage::Query& query) {
    std::int64_t found = -1;
    const auto done = view([&](const View& v) -> Status {
      QUANJI_TRY(const auto row, v.row(query));
      if (row) found = row->integer(std::size_t{0});
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().detail();
    return found;
  }
  // SQL of the test's own, without parameters: what an attacker with the database in his hands can do.
  void sql(const storage::Query& query) {
    const auto done = change([&](Change& c) -> Status {
      QUANJI_TRY([[maybe_unused]] const auto rows, c.run(query));
      return {};
    });
    EXPECT_TRUE(done.ok()) << query.name << ": " << done.error().detail();
  }

  TemporaryFolder folder;
  std::shared_ptr<base::ManualClock> clock;
  std::shared_ptr<base::SeededRandom> random;
  std::shared_ptr<const base::Keyring> keyring;
  std::unique_ptr<storage::Store> store;
};

inline Status write_sample(Change& change, int i) {
  AuditEntry entry;
  entry.operation = "user.change";
  entry.audit = "user.changed";
  entry.note.target = "usr_" + std::to_string(i);
  entry.note.name = "用户" + std::to_string(i);
  entry.note.department = domain::root_department.ulid;
  entry.note.before = R"({"name":"a)" + std::to_string(i) + "\"}";
  entry.note.after = R"({"name":"b)" + std::to_string(i) + "\"}";
  entry.note.reason = "测试";
  entry.approval = "apr_" + std::to_string(i);
  return write_audit(change, entry);
}

}  // namespace quanji::services::testing
