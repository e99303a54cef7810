// Loaded in front of the platform (LD_PRELOAD), it writes the statements of every change to the file QUANJI_BENCH_TRACE names, with the
// values as bound. Format: statement_trace.h.
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "statement_trace.h"

namespace {
using namespace quanji::bench;

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

struct Statement {
  std::vector<Bound> values;
  bool running = false;
};
// A change runs on the store's one writing thread, and a statement is one thread's at a time.
thread_local std::unordered_map<sqlite3_stmt*, Statement> statements;
thread_local TracedChange change;
thread_local bool in_transaction = false;

std::mutex file_mutex;
std::unordered_map<std::string, std::uint32_t> texts;  // guarded by file_mutex

std::uint32_t number_of(const char* text, std::string& out) {
  const auto [found, fresh] = texts.try_emplace(text, static_cast<std::uint32_t>(texts.size()));
  if (fresh) {
    out += 'T';
    put_text(out, text);
  }
  return found->second;
}

void write_change(const std::vector<const char*>& sql) {
  static const int file = [] {
    const char* path = std::getenv("QUANJI_BENCH_TRACE");
    return path ? ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  }();
  const std::lock_guard lock(file_mutex);
  std::string out;
  for (std::size_t i = 0; i < change.size(); ++i) change[i].text = number_of(sql[i], out);
  out += 'C';
  put(out, static_cast<std::uint32_t>(change.size()));
  for (const auto& statement : change) {
    put(out, statement.text);
    put(out, static_cast<std::uint32_t>(statement.values.size()));
    for (const auto& value : statement.values) put_value(out, value);
  }
  if (file >= 0 && ::write(file, out.data(), out.size()) != static_cast<ssize_t>(out.size())) std::abort();
}

void bound(sqlite3_stmt* statement, int at, Bound value) {
  auto& values = statements[statement].values;
  if (values.size() < static_cast<std::size_t>(at)) values.resize(static_cast<std::size_t>(at));
  values[static_cast<std::size_t>(at) - 1] = std::move(value);
}

thread_local std::vector<const char*> sql_of_change;

void change_ends() {
  if (!change.empty()) write_change(sql_of_change);
  change.clear();
  sql_of_change.clear();
}
void begins(sqlite3_stmt* handle) {
  const char* sql = sqlite3_sql(handle);
  if (!sql) return;  // SQLite's own
  const auto starts = [sql](std::string_view with) { return std::string_view(sql).starts_with(with); };
  if (starts("begin immediate")) {
    in_transaction = true;
  } else if (starts("commit") || starts("rollback") || starts("savepoint") || starts("release")) {
    change_ends();
    if (starts("commit") || sql == std::string_view("rollback")) in_transaction = false;
  } else if (in_transaction) {
    change.push_back({0, statements[handle].values});
    sql_of_change.push_back(sql);
    // Changes of a group that are not kept apart by savepoints: a change with a key ends by keeping its answer.
    if (starts("insert into idempotency")) change_ends();
  }
}

}  // namespace

extern "C" {

int sqlite3_bind_int64(sqlite3_stmt* statement, int at, sqlite3_int64 value) {
  static const auto real = next<decltype(sqlite3_bind_int64)>("sqlite3_bind_int64");
  bound(statement, at, static_cast<std::int64_t>(value));
  return real(statement, at, value);
}
int sqlite3_bind_text64(sqlite3_stmt* statement, int at, const char* text, sqlite3_uint64 size, void (*free)(void*), unsigned char coding) {
  static const auto real = next<decltype(sqlite3_bind_text64)>("sqlite3_bind_text64");
  bound(statement, at, std::string(text, size));
  return real(statement, at, text, size, free, coding);
}
int sqlite3_bind_blob64(sqlite3_stmt* statement, int at, const void* bytes, sqlite3_uint64 size, void (*free)(void*)) {
  static const auto real = next<decltype(sqlite3_bind_blob64)>("sqlite3_bind_blob64");
  bound(statement, at, Blob{std::string(static_cast<const char*>(bytes), size)});
  return real(statement, at, bytes, size, free);
}
int sqlite3_bind_zeroblob(sqlite3_stmt* statement, int at, int size) {
  static const auto real = next<decltype(sqlite3_bind_zeroblob)>("sqlite3_bind_zeroblob");
  bound(statement, at, Blob{std::string(static_cast<std::size_t>(size), '\0')});
  return real(statement, at, size);
}
int sqlite3_bind_null(sqlite3_stmt* statement, int at) {
  static const auto real = next<decltype(sqlite3_bind_null)>("sqlite3_bind_null");
  bound(statement, at, {});
  return real(statement, at);
}
int sqlite3_step(sqlite3_stmt* statement) {
  static const auto real = next<decltype(sqlite3_step)>("sqlite3_step");
  auto& here = statements[statement];
  if (!here.running) {
    here.running = true;
    begins(statement);
  }
  return real(statement);
}
int sqlite3_reset(sqlite3_stmt* statement) {
  static const auto real = next<decltype(sqlite3_reset)>("sqlite3_reset");
  statements[statement].running = false;
  return real(statement);
}
int sqlite3_finalize(sqlite3_stmt* statement) {
  static const auto real = next<decltype(sqlite3_finalize)>("sqlite3_finalize");
  statements.erase(statement);
  return real(statement);
}
}
