// What of a journal is on the disk, and when: fdatasync is counted by standing in its place.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/record_log.h"
#include "engine/journal.h"
#include "engine/testing.h"
#include "engine/testing_activities.h"

namespace {
std::mutex guard;
int watched = -1;                  // guarded by guard
std::vector<std::size_t> on_disk;  // guarded by guard; how long the watched file was at each sync
}  // namespace

extern "C" int fdatasync(int fd) {
  {
    const std::lock_guard lock(guard);
    struct stat found = {};
    if (fd == watched && ::fstat(fd, &found) == 0) on_disk.push_back(static_cast<std::size_t>(found.st_size));
  }
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace quanji::engine {
namespace {

class Watch {
 public:
  explicit Watch(int fd) {
    const std::lock_guard lock(guard);
    watched = fd;
    on_disk.clear();
  }
  ~Watch() {
    const std::lock_guard lock(guard);
    watched = -1;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  static std::vector<std::size_t> syncs() {
    const std::lock_guard lock(guard);
    return on_disk;
  }
};

TEST(JournalOnDisk, IntentReceiptCheckpointAndEndAreThereBeforeTheRunGoesOn) {
  TestWorld world;
  world.catalogue = tests::catalogue();
  tests::deeds.clear();
  Flows flows;
  flows.add(document_of(R"({quanji: 1, flow: f, steps: [
    {set: {x: 1}}, {do: test.pay, with: {to: a}, save: r}, {set: {x: 2}}, {checkpoint: }, {set: {x: 3}}, {return: {x: =x}}]})"));
  MemoryJournal journal;
  const Watch watch(journal.fd());
  std::size_t at_the_deed = 0, written_then = 0;
  tests::at_effect = [&](const std::string&) {
    at_the_deed = Watch::syncs().empty() ? 0 : Watch::syncs().back();
    written_then = journal.bytes().size();
  };
  const auto finished = world.run(flows, &journal);
  tests::at_effect = nullptr;
  ASSERT_EQ(finished.outcome, wire::Outcome::success);
  EXPECT_GT(at_the_deed, 0U);
  EXPECT_EQ(at_the_deed, written_then) << "the deed began before its intent was on the disk";

  const auto bytes = journal.bytes();
  const auto scan = base::read_records(base::bytes_of(bytes));
  std::vector<std::size_t> promised;
  for (std::size_t i = 0; i < scan.records.size(); ++i) {
    const auto type = static_cast<wire::JournalRecord>(scan.records[i].type);
    const auto end = i + 1 < scan.records.size() ? scan.records[i + 1].offset : scan.good;
    if (type == wire::JournalRecord::intent || type == wire::JournalRecord::receipt || type == wire::JournalRecord::finished)
      promised.push_back(end);
  }
  ASSERT_EQ(promised.size(), 3U);
  const auto syncs = Watch::syncs();
  for (const auto end : promised) EXPECT_NE(std::find(syncs.begin(), syncs.end(), end), syncs.end()) << "byte " << end;
  // The checkpoint is the fourth: between receipt and end, whatever was written before it.
  EXPECT_TRUE(std::any_of(syncs.begin(), syncs.end(), [&](std::size_t at) { return at > promised[1] && at < promised[2]; }));
  // Steps that can be done again are not worth a wait for the disk.
  EXPECT_EQ(syncs.size(), 4U);
}

TEST(JournalOnDisk, ADeedThatCouldNotBeRecordedIsInDoubt) {
  TestWorld world;
  world.catalogue = tests::catalogue();
  tests::deeds.clear();
  Flows flows;
  flows.add(document_of(R"({quanji: 1, flow: f, steps: [{do: test.say, with: {text: '="x" * 2000000'}, effect: once, save: {r: said}}]})"));
  MemoryJournal journal;
  EXPECT_EQ(world.run(flows, &journal).error->code, "value_too_large");
  const auto again = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(again.error->code, "unsettled_steps");
  EXPECT_EQ(again.unsettled, std::vector<std::string>{"steps/0"});
  EXPECT_EQ(tests::deeds.list.size(), 1U);
}

}  // namespace
}  // namespace quanji::engine
