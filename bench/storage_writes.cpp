// bench_storage_writes: durable single creates (resource, audit and idempotency rows) through the store from 64 producers, against a bare
// C loop of the same statements at 100 a commit. SQLite, synchronous=FULL, the two alternated three times, medians. Prints one JSON line.
//   storage_writes [FOLDER] [CREATES]     FOLDER must be on a disk, not in memory; default: the current folder, 20000
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "storage/store.h"

namespace {

using namespace quanji;
namespace fs = std::filesystem;

constexpr const char* tables =
    "create table things (id blob primary key, name text not null, state text not null, created_at integer not null, revision integer not "
    "null) strict;"
    "create unique index things_name on things (name);"
    "create table trail (id blob primary key, at integer not null, actor text not null, act text not null, target blob not null, details "
    "text not null, mac blob not null) strict;"
    "create table keys_used (client text not null, operation text not null, key text not null, digest blob not null, answer text not null, "
    "at integer not null,"
    " primary key (client, operation, key)) strict, without rowid;";
constexpr std::string_view thing_text = "insert into things (id, name, state, created_at, revision) values (?1, ?2, 'enabled', ?3, 1)";
constexpr std::string_view trail_text =
    "insert into trail (id, at, actor, act, target, details, mac) values (?1, ?2, 'bench', 'thing.created', ?3, ?4, ?5)";
constexpr std::string_view key_text =
    "insert into keys_used (client, operation, key, digest, answer, at) values ('bench', 'thing.create', ?1, ?2, ?3, ?4)";
constexpr std::string_view thing_names[] = {"id", "name", "at"}, trail_names[] = {"id", "at", "target", "details", "mac"},
                           key_names[] = {"key", "digest", "answer", "at"};
const storage::Query put_thing{"put_thing", {thing_text, thing_names}, {}};
const storage::Query put_trail{"put_trail", {trail_text, trail_names}, {}};
const storage::Query put_key{"put_key", {key_text, key_names}, {}};
const std::string details(300, 'd'), answer(300, 'a');
const std::vector<std::uint8_t> code(32, 7);

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

double ours(const std::string& folder, int creates, std::uint64_t& commits) {
  const storage::Migration ground{1, "0001_bench", 0, true, 1, tables};
  const storage::Migrations migrations{{&ground, 1}, {}};
  storage::StoreOptions options;
  options.url = "sqlite:" + folder + "/ours/quanji.db";
  options.migrations = &migrations;
  auto opened = storage::Store::open(options);
  if (!opened.ok()) give_up(opened.error().detail());
  auto& store = **opened;
  std::atomic<int> next{0}, left{creates};
  std::promise<void> finished;
  std::function<void()> produce = [&] {
    const int n = next++;
    if (n >= creates) return;
    storage::ChangeJob job;
    job.body = [n](storage::Change& change) -> base::Status {
      const auto id = change.new_ulid();
      const std::string name = "thing-" + std::to_string(n);
      QUANJI_DO(change.run(put_thing, {{"id", id}, {"name", name}, {"at", change.now()}}));
      QUANJI_DO(
          change.run(put_trail, {{"id", change.new_ulid()}, {"at", change.now()}, {"target", id}, {"details", details}, {"mac", code}}));
      QUANJI_DO(change.run(put_key, {{"key", name}, {"digest", code}, {"answer", answer}, {"at", change.now()}}));
      return {};
    };
    job.done = [&](base::Status status) {
      if (!status.ok()) give_up(status.error().detail());
      if (--left == 0)
        finished.set_value();
      else
        produce();
    };
    store.submit(std::move(job));
  };
  const double took = seconds_of([&] {
    for (int i = 0; i < 64; ++i) produce();
    finished.get_future().wait();
  });
  commits = store.health().commits;
  store.close();
  return creates / took;
}

double bare(const std::string& folder, int creates) {
  fs::create_directories(folder + "/bare");
  sqlite3* db = nullptr;
  const auto must = [&](int code_now) {
    if (code_now != SQLITE_OK && code_now != SQLITE_DONE) give_up(sqlite3_errmsg(db));
  };
  must(sqlite3_open_v2((folder + "/bare/quanji.db").c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                       nullptr));
  must(sqlite3_exec(
      db, "pragma journal_mode=wal; pragma synchronous=full; pragma mmap_size=0; pragma cache_size=-16000; pragma temp_store=memory;",
      nullptr, nullptr, nullptr));
  must(sqlite3_exec(db, tables, nullptr, nullptr, nullptr));
  sqlite3_stmt *thing = nullptr, *trail = nullptr, *key = nullptr;
  const auto prepare = [&](std::string_view text, sqlite3_stmt** to) {
    must(sqlite3_prepare_v3(db, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, to, nullptr));
  };
  prepare(thing_text, &thing);
  prepare(trail_text, &trail);
  prepare(key_text, &key);
  base::SystemClock clock;
  base::SystemRandom random;
  base::UlidSource ulids(clock, random);
  const double took = seconds_of([&] {
    for (int n = 0; n < creates;) {
      must(sqlite3_exec(db, "begin immediate", nullptr, nullptr, nullptr));
      for (int i = 0; i < 100 && n < creates; ++i, ++n) {
        const auto id = ulids.next(), audit = ulids.next();
        const auto now = clock.now().micros;
        const std::string name = "thing-" + std::to_string(n);
        sqlite3_bind_blob(thing, 1, id.bytes.data(), 16, SQLITE_STATIC);
        sqlite3_bind_text(thing, 2, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
        sqlite3_bind_int64(thing, 3, now);
        sqlite3_bind_blob(trail, 1, audit.bytes.data(), 16, SQLITE_STATIC);
        sqlite3_bind_int64(trail, 2, now);
        sqlite3_bind_blob(trail, 3, id.bytes.data(), 16, SQLITE_STATIC);
        sqlite3_bind_text(trail, 4, details.data(), static_cast<int>(details.size()), SQLITE_STATIC);
        sqlite3_bind_blob(trail, 5, code.data(), 32, SQLITE_STATIC);
        sqlite3_bind_text(key, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
        sqlite3_bind_blob(key, 2, code.data(), 32, SQLITE_STATIC);
        sqlite3_bind_text(key, 3, answer.data(), static_cast<int>(answer.size()), SQLITE_STATIC);
        sqlite3_bind_int64(key, 4, now);
        for (auto* statement : {thing, trail, key}) {
          must(sqlite3_step(statement));
          sqlite3_reset(statement);
        }
      }
      must(sqlite3_exec(db, "commit", nullptr, nullptr, nullptr));
    }
  });
  for (auto* statement : {thing, trail, key}) sqlite3_finalize(statement);
  sqlite3_close(db);
  return creates / took;
}

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of[of.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::string below = argc > 1 ? argv[1] : ".";
  const int creates = argc > 2 ? std::atoi(argv[2]) : 20000;
  std::vector<double> our_rates, bare_rates, ratios;
  double changes_a_commit = 0;
  for (int run = 0; run < 3; ++run) {
    std::string folder = below + "/bench-storage.XXXXXX";
    if (!::mkdtemp(folder.data())) give_up("no folder below " + below);
    folder = fs::absolute(folder).string();
    std::uint64_t commits = 1;
    bare_rates.push_back(bare(folder, creates));
    our_rates.push_back(ours(folder, creates, commits));
    ratios.push_back(our_rates.back() / bare_rates.back());
    changes_a_commit = static_cast<double>(creates) / static_cast<double>(commits);
    fs::remove_all(folder);
  }
  std::string load;
  std::getline(std::ifstream("/proc/loadavg") >> std::ws, load, ' ');
  std::printf(
      "{\"row\":\"storage_writes\",\"ours\":%.0f,\"peer\":%.0f,\"ratio\":%.3f,\"goal\":0.6,\"runs\":3,\"load\":%s,\"changes_a_commit\":%."
      "0f}\n",
      median(our_rates), median(bare_rates), median(ratios), load.c_str(), changes_a_commit);
  return 0;
}
