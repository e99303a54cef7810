// kill -9 under load: the parent holds the list of what was acknowledged, the child dies in the middle, nothing on the list is missing
// and nothing is there by half.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Killed : public OnBoth {};
QUANJI_ON_BOTH(Killed);

// Never returns: opens the store and makes items as fast as it can, 16 at a time, writing each id to the pipe after its acknowledgement.
[[noreturn]] void work_until_killed(const StoreOptions& options, int pipe) {
  auto opened = Store::open(options);
  if (!opened.ok()) {
    std::fprintf(stderr, "child: %s\n", opened.error().detail().c_str());
    ::_exit(3);
  }
  auto& store = **opened;
  const auto make_next = [&](const auto& self) -> void {
    auto id = std::make_shared<base::Ulid>();
    ChangeJob job;
    job.body = [id](Change& change) { return put(change, "n" + base::to_text(change.new_ulid()), 1, id.get()); };
    job.done = [id, pipe, &self](Status status) {
      if (status.ok() && ::write(pipe, id->bytes.data(), 16) != 16) ::_exit(4);
      self(self);
    };
    store.submit(std::move(job));
  };
  for (int i = 0; i < 16; ++i) make_next(make_next);
  for (;;) ::pause();
}

TEST_P(Killed, NothingAcknowledgedIsLostAndNothingIsThereByHalf) {
  const char* asked = std::getenv("QUANJI_KILL_CYCLES");
  const int cycles = asked ? std::atoi(asked) : 3;
  close();
  { auto made = open_or_end(options); }  // the tables are there before the first child
  std::set<base::Ulid> acknowledged;
  base::SeededRandom random(static_cast<std::uint64_t>(cycles) + 7);
  for (int cycle = 0; cycle < cycles; ++cycle) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      work_until_killed(options, ends[1]);
    }
    ::close(ends[1]);
    const std::uint64_t enough = 50 + random.below(400);
    base::Ulid id;
    std::uint64_t read = 0;
    const auto take = [&] {
      std::size_t got = 0;
      while (got < 16) {
        const auto n = ::read(ends[0], id.bytes.data() + got, 16 - got);
        if (n <= 0) return false;
        got += static_cast<std::size_t>(n);
      }
      EXPECT_TRUE(acknowledged.insert(id).second);
      ++read;
      return true;
    };
    while (read < enough && take()) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (take()) {  // what it had told before it died counts
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;
    ASSERT_GE(read, enough);

    auto store = open_or_end(options);
    std::set<base::Ulid> there;
    ASSERT_EQ(word_of(store->view([&](const View& view) -> Status {
                QUANJI_TRY(const auto rows, view.rows(probe::items_and_audit));
                for (const Row row : rows) {
                  there.insert(row.ulid("id"));
                  EXPECT_EQ(row.integer("audits"), 1);
                }
                return {};
              })),
              "ok");
    const auto counts = count(*store);
    EXPECT_EQ(counts.items, counts.audits);
    EXPECT_TRUE(std::ranges::includes(there, acknowledged));
    if (home.sqlite()) {
      // It was no orderly stop: the database is looked through in the background.
      while (store->health().quick_check == Health::Check::running) (void)count(*store);
      EXPECT_EQ(store->health().quick_check, Health::Check::clean);
    }
  }
  std::printf("%s: %d kills, %zu acknowledged changes verified\n", GetParam(), cycles, acknowledged.size());
}

TEST(CleanStop, NeedsNoCheckOfTheDatabase) {
  Home home("sqlite");
  { auto store = open_or_end(home.options()); }
  auto store = open_or_end(home.options());
  EXPECT_EQ(store->health().quick_check, Health::Check::not_needed);
  store->start_check();
  while (store->health().quick_check == Health::Check::running) (void)count(*store);
  EXPECT_EQ(store->health().quick_check, Health::Check::clean);
}

TEST(CleanStop, ADamagedDatabaseIsNamedInHealth) {
  Home home("sqlite");
  {
    auto store = open_or_end(home.options());
    for (int i = 0; i < 300; ++i)
      ASSERT_EQ(
          word_of(store->change([&](Change& change) { return put(change, "a longer name so that pages fill " + std::to_string(i)); })),
          "ok");
  }
  const std::string path = home.folder() + "/quanji.db";
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const auto size = ::lseek(fd, 0, SEEK_END);
  const std::string rubbish(4096, '\xAB');
  // The last three pages: rows or index entries of the filled tables.
  for (int page = 1; page <= 3; ++page) ASSERT_EQ(::pwrite(fd, rubbish.data(), rubbish.size(), size - page * 4096), 4096);
  ::close(fd);
  auto store = open_or_end(home.options());
  store->start_check();
  while (store->health().quick_check == Health::Check::running) (void)store->view([](const View&) { return Status(); });
  EXPECT_EQ(store->health().quick_check, Health::Check::damaged);
  EXPECT_FALSE(store->health().quick_check_finding.empty());
}

}  // namespace
}  // namespace quanji::storage::conformance
