// Inside of the room: one SQLite connection. One thread at a time.
#pragma once
#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "storage/work.h"

namespace quanji::storage::detail {

class SqliteConnection final : public Session {
 public:
  // write: creates the file (0600), WAL, synchronous=FULL. read: SQLITE_OPEN_READONLY and query_only, and the file is there already.
  enum class Mode : std::uint8_t { write, read };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode, const std::string& vfs);
  ~SqliteConnection() override { close(); }
  void close();  // finalises and closes; later calls answer store_unavailable

  Result<Outcome> execute(const Query& query, std::span<const Scalar> values) override;
  const Query::Form& form(const Query& query) const override { return query.sqlite; }
  Trouble trouble() const override { return trouble_; }
  void when_full(std::function<void()> tell) { when_full_ = std::move(tell); }

  // Transaction words, prepared once each.
  enum class Word : std::uint8_t { begin, begin_immediate, commit, rollback, savepoint, rollback_to, release };
  Status say(Word word);
  bool in_transaction() const { return db_ && sqlite3_get_autocommit(db_) == 0; }
  // After a commit in WAL mode: pages in the log.
  int log_pages() const { return log_pages_; }
  Trouble checkpoint(int mode);
  // Plain SQL of the room itself (pragmas, migrations).
  Status run_text(const std::string& sql);
  Result<std::string> ask_text(const std::string& sql);  // first column of the first row as text; empty when none
  // Returning true from the function ends a running statement. Empty: off.
  void stop_when(std::function<bool()> stop);

 private:
  SqliteConnection() = default;
  Error failure(int code, std::string_view what);
  sqlite3_stmt* prepared(const Query& query);
  sqlite3* db_ = nullptr;
  Trouble trouble_ = Trouble::none;
  std::function<void()> when_full_;
  int log_pages_ = 0;
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::shared_ptr<const std::vector<std::string>> columns;
  };
  std::unordered_map<const Query*, Statement> statements_;
  sqlite3_stmt* words_[7] = {};
  std::function<bool()> stop_;
};

}  // namespace quanji::storage::detail
