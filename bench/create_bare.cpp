// The other side of the create row: a bare loop over SQLite that runs the traced statements of real creates again, as prepared, with the
// same values, 100 creates a commit, synchronous FULL, nothing around them.
// create_bare DATABASE TRACE WORD [a commit]     DATABASE: a copy of the store as it was before the trace; WORD: what the texts of a
//                                                create hold, other changes are left out
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "statement_trace.h"

namespace {
using namespace quanji::bench;

sqlite3* db = nullptr;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_create_bare: %s\n", why.c_str());
  std::exit(2);
}
void must(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) give_up(sqlite3_errmsg(db));
}
int bind(sqlite3_stmt* handle, int at, const Bound& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(handle, at, *n);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(handle, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* blob = std::get_if<Blob>(&value))
    return sqlite3_bind_blob64(handle, at, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
  return sqlite3_bind_null(handle, at);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) give_up("usage: DATABASE TRACE WORD [a commit]");
  const std::size_t a_commit = argc > 4 ? static_cast<std::size_t>(std::atoi(argv[4])) : 100;
  std::ifstream file(argv[2], std::ios::binary);
  TraceReader reader(std::string(std::istreambuf_iterator<char>(file), {}));
  std::vector<std::string> texts;
  std::vector<TracedChange> creates;
  TracedChange change;
  while (reader.read(texts, change)) {
    const bool wanted =
        std::ranges::any_of(change, [&](const auto& statement) { return texts[statement.text].find(argv[3]) != std::string::npos; });
    if (wanted) creates.push_back(std::move(change));
  }
  if (creates.empty()) give_up("the trace holds no create");

  must(sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr));
  must(sqlite3_exec(db,
                    "pragma mmap_size=0; pragma temp_store=memory; pragma foreign_keys=on; pragma cache_size=-16000; "
                    "pragma journal_mode=wal; pragma synchronous=full; pragma secure_delete=fast;",
                    nullptr, nullptr, nullptr));
  std::vector<sqlite3_stmt*> prepared(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    must(sqlite3_prepare_v3(db, texts[i].data(), static_cast<int>(texts[i].size()), SQLITE_PREPARE_PERSISTENT, &prepared[i], nullptr));
  sqlite3_stmt *begin = nullptr, *commit = nullptr;
  must(sqlite3_prepare_v2(db, "begin immediate", -1, &begin, nullptr));
  must(sqlite3_prepare_v2(db, "commit", -1, &commit, nullptr));
  const auto run = [](sqlite3_stmt* handle) {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(handle);
    must(code);
    sqlite3_reset(handle);
  };
  std::size_t statements = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < creates.size();) {
    run(begin);
    for (std::size_t i = 0; i < a_commit && at < creates.size(); ++i, ++at)
      for (const auto& statement : creates[at]) {
        auto* handle = prepared[statement.text];
        for (std::size_t k = 0; k < statement.values.size(); ++k) must(bind(handle, static_cast<int>(k) + 1, statement.values[k]));
        run(handle);
        ++statements;
      }
    run(commit);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("{\"per_s\":%.0f,\"creates\":%zu,\"statements_a_create\":%.1f}\n", static_cast<double>(creates.size()) / took.count(),
              creates.size(), static_cast<double>(statements) / static_cast<double>(creates.size()));
  return 0;
}
