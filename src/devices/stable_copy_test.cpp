#include "devices/stable_copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_testing.h"

namespace quanji::devices {
namespace {

// A table of one moment: every row holds the same version, and so does row count modulo.
std::string table_of_version(int version, int rows) {
  testing::RawDbf raw;
  raw.fields = {{"VERSION", 'N', 9, 0}, {"FILLER", 'C', 80}};
  for (int i = 0; i < rows; ++i) raw.add({std::to_string(version), "quote"});
  return raw.bytes();
}
// The one version of all rows; -1: mixed.
int version_in(const values::Table& table) {
  for (std::size_t i = 1; i < table.rows(); ++i)
    if (table.at(i, 0) != table.at(0, 0)) return -1;
  return static_cast<int>(table.at(0, 0).integer());
}

class StableCopy : public ::testing::Test {
 protected:
  StableCopy() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-stable-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/quotes.dbf";
  }
  ~StableCopy() override { std::filesystem::remove_all(folder_); }
  // In place, in parts, as exchange programs do it. File times are set by hand: they move with each part.
  void write_part(const std::string& bytes, std::size_t from, std::size_t to) {
    const base::Descriptor fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_TRUE(write_at(fd.get(), path_, from, std::string_view(bytes).substr(from, to - from)).ok());
    const struct timespec times[2] = {{1'000, 0}, {1'000 + ++ticks_, 0}};
    ASSERT_EQ(::futimens(fd.get(), times), 0);
  }
  void write_all(const std::string& bytes) {
    write_part(bytes, 0, bytes.size());
    std::filesystem::resize_file(path_, bytes.size());
    write_part(bytes, 0, 1);
  }
  base::Result<DbfReader> open() { return open_stable_dbf(path_, base::Charset::gb18030, options_, clock_, wait_); }

  std::string folder_, path_;
  std::int64_t ticks_ = 0;
  base::ManualClock clock_;
  StableCopyOptions options_;
  std::vector<std::function<void()>> meanwhile_;  // one after another, while the reader waits
  std::size_t waits_ = 0;
  Wait wait_ = [this](std::chrono::microseconds d) -> base::Status {
    clock_.advance(d);
    if (waits_ < meanwhile_.size()) meanwhile_[waits_]();
    ++waits_;
    return {};
  };
};

TEST_F(StableCopy, AFileThatStandsStillIsCopiedAtOnce) {
  write_all(table_of_version(3, 100));
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  EXPECT_EQ(reader->name(), path_);
  EXPECT_EQ(waits_, 1U);
  // A copy: what becomes of the file does not matter any more.
  write_all(table_of_version(4, 10));
  EXPECT_EQ(version_in(reader->read({})->table), 3);
}

TEST_F(StableCopy, TheCopyMayStandInAFolderAndLeavesNoName) {
  options_.scratch_folder = folder_;
  write_all(table_of_version(3, 100));
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  EXPECT_EQ(version_in(reader->read({})->table), 3);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()), 1);
}

TEST_F(StableCopy, AFileWrittenMeanwhileIsTriedAgain) {
  const auto next = table_of_version(4, 100);
  write_all(table_of_version(3, 100));
  meanwhile_ = {[&] { write_part(next, 0, 3'000); }, [&] { write_part(next, 3'000, 6'000); },
                [&] { write_part(next, 6'000, next.size()); }};
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  EXPECT_EQ(waits_, 4U);
  EXPECT_EQ(version_in(reader->read({})->table), 4);
}

TEST_F(StableCopy, AShortenedFileIsWaitedForUntilItIsWhole) {
  const auto next = table_of_version(4, 100);
  write_part(next, 0, 5'000);
  meanwhile_ = {[] {}, [] {}, [&] { write_part(next, 5'000, next.size()); }};
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  EXPECT_EQ(version_in(reader->read({})->table), 4);
}

TEST_F(StableCopy, WhatNeverStandsStillIsRefusedInTime) {
  write_all(table_of_version(3, 100));
  for (int i = 0; i < 2'000; ++i) meanwhile_.emplace_back([this] { write_part(table_of_version(4, 100), 0, 10); });
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::changed_meanwhile);
  EXPECT_NE(refused.error().message().en.find("quotes.dbf was rewritten all the time for 5.0 s"), std::string::npos)
      << refused.error().message().en;
  EXPECT_LE(clock_.monotonic(), options_.deadline + 2 * options_.settle);
}

TEST_F(StableCopy, WhatStaysIncompleteIsNamedSo) {
  const auto next = table_of_version(4, 100);
  write_part(next, 0, next.size() - 50);
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::unreadable_body);
  EXPECT_NE(refused.error().message().en.find("incomplete"), std::string::npos);
}

TEST_F(StableCopy, AMomentWithoutAFileIsBridged) {
  meanwhile_ = {[] {}, [&] { write_all(table_of_version(5, 10)); }};
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  meanwhile_.clear();
  std::filesystem::remove(path_);
  EXPECT_EQ(open().error().code(), base::Code::not_found);
}

TEST_F(StableCopy, AStoppedRunWaitsNoLonger) {
  write_all(table_of_version(3, 10));
  const auto stopped = open_stable_dbf(path_, base::Charset::gb18030, options_, clock_,
                                       [](auto) -> base::Status { return base::Error(base::Code::frozen); });
  EXPECT_EQ(stopped.error().code(), base::Code::frozen);
}

TEST_F(StableCopy, TooLargeIsSaidBeforeCopying) {
  write_all(table_of_version(3, 100));
  options_.most_bytes = 100;
  EXPECT_EQ(open().error().code(), base::Code::too_large);
}

TEST_F(StableCopy, AFileReplacedByRenamingIsOneOfTheTwo) {
  write_all(table_of_version(3, 100));
  meanwhile_ = {[&] {
    std::ofstream(folder_ + "/new", std::ios::binary) << table_of_version(4, 50);
    std::filesystem::rename(folder_ + "/new", path_);
  }};
  auto reader = open();
  ASSERT_TRUE(reader.ok()) << reader.error().message().en;
  EXPECT_EQ(version_in(reader->read({})->table), 3);
}

// A real writer with the machine's own file times: rewrites every row in place, in parts of 4 KiB, then rests 200 ms.
TEST_F(StableCopy, AWriterEvery200MillisecondsIsNeverSeenTorn) {
  std::ofstream(path_, std::ios::binary) << table_of_version(0, 1);
  std::mutex lock;
  std::condition_variable changed;
  bool stop = false;
  const auto rest = [&](std::chrono::microseconds d) {
    std::unique_lock held(lock);
    return !changed.wait_for(held, d, [&] { return stop; });
  };
  std::thread writer([&] {
    int version = 1;
    do {
      const int rows = 2'000 + version % 3;
      const auto bytes = table_of_version(version, rows);
      const base::Descriptor fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
      // Sizes differ by a row, so that a stale header does not fit; most rewritings keep the size.
      if (::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0) return;
      for (std::size_t at = 0; at < bytes.size(); at += 4'096) {
        if (!write_at(fd.get(), path_, at, std::string_view(bytes).substr(at, 4'096)).ok()) return;
        std::this_thread::yield();
      }
      if (version % 5 != 0)
        ++version;
      else
        version += 3;  // the same size again
    } while (rest(std::chrono::milliseconds(200)));
  });
  base::SystemClock clock;
  std::mutex own;
  std::condition_variable never;
  const Wait wait = [&](std::chrono::microseconds d) -> base::Status {
    std::unique_lock held(own);
    (void)never.wait_for(held, d, [] { return false; });
    return {};
  };
  options_.settle = std::chrono::milliseconds(60);  // on a machine with much to do, a writer may stop longer in the middle than usual
  int last = 0, seen = 0;
  for (int look = 0; look < 15; ++look) {
    auto reader = open_stable_dbf(path_, base::Charset::gb18030, options_, clock, wait);
    ASSERT_TRUE(reader.ok()) << reader.error().message().en;
    const auto rows = reader->read({});
    ASSERT_TRUE(rows.ok());
    const int version = version_in(rows->table);
    EXPECT_NE(version, -1) << "rows of two versions";
    EXPECT_GE(version, last);
    seen += version != last ? 1 : 0;
    last = version;
  }
  {
    const std::scoped_lock held(lock);
    stop = true;
  }
  changed.notify_all();
  writer.join();
  EXPECT_GE(seen, 2);
}

}  // namespace
}  // namespace quanji::devices
