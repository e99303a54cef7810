// Migrations: whole or not at all, never another's, with a copy of the old database first.
#include <fstream>

#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Migrating : public OnBoth {};
QUANJI_ON_BOTH(Migrating);

Migration made(std::int64_t number, std::string_view name, std::string_view text, std::int64_t min_binary = 0) {
  return {number, name, min_binary, true, std::hash<std::string_view>{}(text), text};
}
struct Set {
  std::vector<Migration> sqlite, postgres;
  Migrations all;
  explicit Set(const std::vector<Migration>& more) {
    sqlite.assign(probe::shipped_migrations().sqlite.begin(), probe::shipped_migrations().sqlite.end());
    postgres.assign(probe::shipped_migrations().postgres.begin(), probe::shipped_migrations().postgres.end());
    sqlite.insert(sqlite.end(), more.begin(), more.end());
    postgres.insert(postgres.end(), more.begin(), more.end());
    all = {sqlite, postgres};
  }
};
std::string opening(StoreOptions options, const Set& set) {
  options.migrations = &set.all;
  const auto opened = Store::open(std::move(options));
  return opened.ok() ? "ok " + std::to_string((*opened)->health().schema)
                     : std::string(base::row_of(opened.error().code()).word) + ": " + opened.error().message().en;
}

TEST_P(Migrating, AFailingMigrationChangesNothingAndTheNextStartGoesOn) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "kept"); })), "ok");
  close();
  const Set bad({made(2, "0002_more", "create table probe_more (id bigint); create table probe_more (id bigint);")});
  EXPECT_TRUE(opening(options, bad).starts_with("store_unavailable: Migration 0002_more could not be applied"));
  const Set good(
      {made(2, "0002_more", "create table probe_more (id bigint);"), made(5, "0005_gap", "create table probe_gap (id bigint);")});
  EXPECT_EQ(opening(options, good), "ok 5");
  EXPECT_EQ(opening(options, good), "ok 5");
  const Set late({made(2, "0002_more", "create table probe_more (id bigint);"), made(3, "0003_late", "select 1;"),
                  made(5, "0005_gap", "create table probe_gap (id bigint);")});
  EXPECT_EQ(opening(options, late),
            "store_unavailable: The database never had migration 0003_late and has newer ones; use the version that made it");
}

TEST_P(Migrating, ADatabaseMadeOtherwiseIsRefused) {
  const Set ours({made(2, "0002_more", "create table probe_more (id bigint);")});
  EXPECT_EQ(opening(options, ours), "ok 2");
  const Set theirs({made(2, "0002_more", "create table probe_more (id bigint, name text);")});
  EXPECT_TRUE(opening(options, theirs).starts_with("store_unavailable: The database was made with another migration 0002_more"));
}

TEST_P(Migrating, AnOlderProgramIsLetInUntilAMigrationSaysNo) {
  const Set expand({made(2, "0002_more", "create table probe_more (id bigint);")});
  const Set contract({made(2, "0002_more", "create table probe_more (id bigint);"), made(3, "0003_less", "drop table probe_more;", 2)});
  const Set old({});
  EXPECT_EQ(opening(options, expand), "ok 2");
  EXPECT_EQ(opening(options, old), "ok 2");
  EXPECT_EQ(opening(options, contract), "ok 3");
  EXPECT_EQ(opening(options, expand), "ok 3");
  EXPECT_EQ(opening(options, old),
            "store_unavailable: The database is at migration 3 and this program knows 1 only; install the newer version");
}

TEST(Snapshot, StandsBesideTheDatabaseBeforeItIsMigrated) {
  Home home("sqlite");
  {
    auto store = open_or_end(home.options());
    ASSERT_EQ(word_of(store->change([](Change& change) { return put(change, "old"); })), "ok");
  }
  const std::string copy = home.folder() + "/quanji.db.before-0002";
  EXPECT_FALSE(std::filesystem::exists(copy));
  const Set more({made(2, "0002_more", "drop table probe_children;")});
  EXPECT_EQ(opening(home.options(), more), "ok 2");
  ASSERT_TRUE(std::filesystem::exists(copy));
  // The copy is a database of its own with everything in it.
  std::filesystem::create_directory(home.folder() + "/copy");
  std::filesystem::copy(copy, home.folder() + "/copy/quanji.db");
  auto options = home.options();
  options.url = "sqlite:" + home.folder() + "/copy/quanji.db";
  auto old = open_or_end(options);
  EXPECT_EQ(count(*old).items, 1);
}

TEST(OneProcess, ASecondStoreOnTheSameFolderIsRefused) {
  Home home("sqlite");
  auto store = open_or_end(home.options());
  const auto second = Store::open(home.options());
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().en.find("in use by another platform process"), std::string::npos);
  store.reset();
  EXPECT_TRUE(Store::open(home.options()).ok());
}

TEST(Address, PasswordsInUrlsAndUnknownDatabasesAreRefusedWithoutRepeatingThem) {
  for (const char* url : {"postgres://quanji:verysecret@localhost/x", "postgres://localhost/x?password=verysecret",
                          "postgres://quanji:verysecret@[", "mysql://x", "sqlite:relative.db"}) {
    StoreOptions options;
    options.url = url;
    const auto opened = Store::open(std::move(options));
    ASSERT_FALSE(opened.ok()) << url;
    for (const auto& said : {opened.error().message().zh, opened.error().message().en, opened.error().detail()})
      EXPECT_EQ(said.find("verysecret"), std::string::npos) << said;
  }
}

TEST(PostgresStart, TwoProgramsThatStartAtOnceMigrateOnce) {
  Home home("postgres");
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto store = Store::open(home.options());
      if (store.ok() && (*store)->health().schema == 1)
        ++opened;
      else
        ADD_FAILURE() << (store.ok() ? "schema" : store.error().detail());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(opened, 4);
}

TEST(PostgresStart, APasswordComesFromItsFile) {
  Home home("postgres");
  auto options = home.options();
  options.password_file = home.folder() + "/not-there";
  const auto refused = Store::open(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().en.find("not-there"), std::string::npos);
  std::ofstream(options.password_file) << "anything\n";  // the test's server trusts its socket
  EXPECT_TRUE(Store::open(options).ok());
}

TEST(PostgresStart, AnotherCollationIsRefusedWithTheStatementThatMakesARightOne) {
  Home home("postgres");
  const std::string other = home.database().name() + "_latin";
  tests::postgres_run("create database " + other + " template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'");
  auto options = home.options();
  options.url = tests::postgres_url_of(other);
  const auto opened = Store::open(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().en.find("create database quanji template template0"), std::string::npos);
  tests::postgres_run("drop database " + other + " with (force)");
}

}  // namespace
}  // namespace quanji::storage::conformance
