#include "storage/sqlite_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace quanji::storage::detail {
namespace {

constexpr const char* words[] = {"begin", "begin immediate", "commit", "rollback", "savepoint one", "rollback to one", "release one"};

bool fails_the_disk(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

int bind(sqlite3_stmt* handle, int at, const Scalar& scalar) {
  const auto& value = scalar.value();
  if (const auto* n = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(handle, at, *n);
  if (const auto* t = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(handle, at, t->data() ? t->data() : "", t->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* b = std::get_if<Bytes>(&value)) {
    if (b->empty()) return sqlite3_bind_zeroblob(handle, at, 0);
    return sqlite3_bind_blob64(handle, at, b->data(), b->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(handle, at);
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode, const std::string& vfs) {
  // SQLite counts every allocation under one mutex of the process, for statistics nobody asks for. Refused, and as well, once it is at
  // work.
  [[maybe_unused]] static const int no_statistics = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  std::unique_ptr<SqliteConnection> made(new SqliteConnection);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  if (mode == Mode::write) {
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    // Made here so that nobody else may read it; -wal and -shm take over its mode.
    if (const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); fd >= 0) ::close(fd);
  } else {
    flags |= SQLITE_OPEN_READONLY;
  }
  const int code = sqlite3_open_v2(path.c_str(), &made->db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    const std::string why = made->db_ ? sqlite3_errmsg(made->db_) : sqlite3_errstr(code);
    return Error(base::Code::store_unavailable,
                 base::Text(fmt::format("无法打开数据库文件 {}：{}。请检查目录是否存在以及权限", path, why),
                            fmt::format("The database file {} cannot be opened: {}. Check that the folder exists and who may write there",
                                        path, why)),
                 why);
  }
  sqlite3* db = made->db_;
  sqlite3_busy_timeout(db, 5000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  QUANJI_DO(made->run_text("pragma mmap_size=0; pragma temp_store=memory; pragma foreign_keys=on; pragma cache_size=-16000;"));
  if (mode == Mode::read) {
    QUANJI_DO(made->run_text("pragma query_only=on;"));
    return made;
  }
  // Another process that still holds the file would break the rule of the one writing connection: WAL is refused then.
  QUANJI_TRY(const std::string journal, made->ask_text("pragma journal_mode=wal"));
  if (journal != "wal")
    return Error(base::Code::store_unavailable,
                 base::Text(fmt::format("{} 所在的文件系统不支持数据库日志（WAL），请换到本地磁盘", path),
                            fmt::format("The file system of {} cannot keep a write-ahead log; put it on a local disk", path)),
                 "journal_mode=" + journal);
  // Checkpoints are run by the store between groups, on this connection only.
  QUANJI_DO(made->run_text("pragma synchronous=full; pragma secure_delete=fast; pragma wal_autocheckpoint=0;"));
  sqlite3_wal_hook(
      db,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteConnection*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      made.get());
  return made;
}

void SqliteConnection::close() {
  if (!db_) return;
  for (auto& [query, statement] : statements_) sqlite3_finalize(statement.handle);
  statements_.clear();
  for (auto& word : words_) {
    sqlite3_finalize(word);
    word = nullptr;
  }
  sqlite3_close(db_);
  db_ = nullptr;
}

Error SqliteConnection::failure(int code, std::string_view what) {
  const std::string detail = fmt::format("SQLite {} ({}) in {}", db_ ? sqlite3_errmsg(db_) : "closed", code, what);
  const int primary = code & 0xff;
  const bool rolled_back = db_ && sqlite3_get_autocommit(db_) != 0;
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID) {
    trouble_ = Trouble::refused;
    return Error(base::Code::name_taken, detail);
  }
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
    trouble_ = Trouble::refused;
    return Error(base::Code::still_referenced, detail);
  }
  if (primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_RANGE || primary == SQLITE_ERROR ||
      primary == SQLITE_MISUSE || primary == SQLITE_READONLY) {
    trouble_ = Trouble::broken;
    return Error(base::Code::bug, detail);
  }
  if (fails_the_disk(code))
    trouble_ = Trouble::fatal;
  else if (primary == SQLITE_FULL)
    trouble_ = rolled_back ? Trouble::again : Trouble::no_space;
  else if (primary == SQLITE_IOERR || primary == SQLITE_NOMEM)
    trouble_ = rolled_back ? Trouble::again : Trouble::broken;
  else
    trouble_ = Trouble::broken;
  if (primary == SQLITE_FULL && when_full_) when_full_();
  if (primary == SQLITE_FULL)
    return Error(base::Code::store_unavailable,
                 base::Text("磁盘空间不足，修改未保存；清理磁盘后可重试",
                            "The disk is full and the change was not stored; make room and try again"),
                 detail)
        .with_retry_after(5);
  return Error(base::Code::store_unavailable, detail);
}

Result<Outcome> SqliteConnection::execute(const Query& query, std::span<const Scalar> values) {
  trouble_ = Trouble::none;
  if (!db_) {
    trouble_ = Trouble::unreachable;
    return Error(base::Code::store_unavailable, "the connection is closed");
  }
  auto& statement = statements_[&query];
  if (!statement.handle) {
    const int code = sqlite3_prepare_v3(db_, query.sqlite.text.data(), static_cast<int>(query.sqlite.text.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement.handle, nullptr);
    if (code != SQLITE_OK) return failure(code, query.name);
    auto columns = std::make_shared<std::vector<std::string>>();
    for (int i = 0; i < sqlite3_column_count(statement.handle); ++i) columns->push_back(sqlite3_column_name(statement.handle, i));
    statement.columns = std::move(columns);
  }
  sqlite3_stmt* handle = statement.handle;
  struct Reset {
    sqlite3_stmt* handle;
    ~Reset() { sqlite3_reset(handle); }
  } const reset{handle};
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const int code = bind(handle, static_cast<int>(i) + 1, values[i]); code != SQLITE_OK) return failure(code, query.name);

  Outcome outcome;
  const std::size_t width = statement.columns->size();
  if (width > 0) {
    outcome.rows = std::make_shared<RowsBody>();
    outcome.rows->columns = statement.columns;
  }
  int code = SQLITE_OK;
  while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
    auto& body = *outcome.rows;
    ++body.count;
    for (int i = 0; i < static_cast<int>(width); ++i) switch (sqlite3_column_type(handle, i)) {
        case SQLITE_NULL:
          body.add_null();
          break;
        case SQLITE_INTEGER:
          body.add(sqlite3_column_int64(handle, i));
          break;
        case SQLITE_TEXT: {
          const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle, i));
          body.add(RowsBody::Type::text, {text, static_cast<std::size_t>(sqlite3_column_bytes(handle, i))});
          break;
        }
        case SQLITE_BLOB: {
          const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle, i));
          body.add(RowsBody::Type::bytes, {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(handle, i))});
          break;
        }
        default:
          trouble_ = Trouble::broken;
          return Error(base::Code::bug, fmt::format("query {} answers a floating-point number in {}: decimals are text", query.name,
                                                    (*statement.columns)[static_cast<std::size_t>(i)]));
      }
  }
  if (code != SQLITE_DONE) return failure(code, query.name);
  outcome.changed = sqlite3_stmt_readonly(handle) ? 0 : sqlite3_changes64(db_);
  return outcome;
}

Status SqliteConnection::say(Word word) {
  trouble_ = Trouble::none;
  if (!db_) return Error(base::Code::store_unavailable, "the connection is closed");
  const auto at = static_cast<std::size_t>(word);
  if (!words_[at])
    if (const int code = sqlite3_prepare_v3(db_, words[at], -1, SQLITE_PREPARE_PERSISTENT, &words_[at], nullptr); code != SQLITE_OK)
      return failure(code, words[at]);
  const int code = sqlite3_step(words_[at]);
  Status said;
  if (code != SQLITE_DONE) {
    said = failure(code, words[at]);
    if (word == Word::commit && (code & 0xff) == SQLITE_IOERR) trouble_ = Trouble::fatal;
  }
  sqlite3_reset(words_[at]);
  return said;
}

Trouble SqliteConnection::checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, nullptr, nullptr);
  if (code == SQLITE_OK) log_pages_ = 0;
  if ((code & 0xff) == SQLITE_IOERR) return Trouble::fatal;  // pages the kernel dropped would be missed when the log starts over
  if ((code & 0xff) == SQLITE_FULL) return Trouble::no_space;
  return Trouble::none;
}

Status SqliteConnection::run_text(const std::string& sql) {
  trouble_ = Trouble::none;
  if (const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK)
    return failure(code, std::string_view(sql).substr(0, 200));
  return {};
}

Result<std::string> SqliteConnection::ask_text(const std::string& sql) {
  trouble_ = Trouble::none;
  sqlite3_stmt* handle = nullptr;
  if (const int code = sqlite3_prepare_v2(db_, sql.c_str(), -1, &handle, nullptr); code != SQLITE_OK) return failure(code, sql);
  std::string out;
  const int code = sqlite3_step(handle);
  if (code == SQLITE_ROW)
    if (const auto* text = sqlite3_column_text(handle, 0)) out = reinterpret_cast<const char*>(text);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    auto error = failure(code, sql);
    sqlite3_finalize(handle);
    return error;
  }
  sqlite3_finalize(handle);
  return out;
}

void SqliteConnection::stop_when(std::function<bool()> stop) {
  stop_ = std::move(stop);
  if (!stop_) {
    sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    return;
  }
  sqlite3_progress_handler(
      db_, 10000, [](void* self) { return static_cast<SqliteConnection*>(self)->stop_() ? 1 : 0; }, this);
}

}  // namespace quanji::storage::detail
