#include "storage/blobs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "storage/conformance/tried_store.h"
#include "storage/queries.h"

namespace quanji::storage {
namespace {

using base::Code;
namespace fs = std::filesystem;

struct Stopped {};

// A store of each kind, with blobs in files or in the database.
class BlobsOn : public ::testing::TestWithParam<std::pair<const char*, BlobPlace>> {
 protected:
  BlobsOn() : home_(GetParam().first) {
    auto store_options = home_.options();
    store_options.migrations = nullptr;  // the shipped ones
    store_options.clock = clock_;
    store_ = conformance::open_or_end(std::move(store_options));
    open();
  }
  void open(std::int64_t keep_free = 0) {
    BlobOptions options;
    options.data_dir = home_.folder();
    options.place = GetParam().second;
    options.clock = clock_;
    options.keep_free = keep_free;
    options.tests_stop_before = [this](std::string_view step) {
      if (step == stop_before_) throw Stopped{};
    };
    auto opened = Blobs::open(*store_, std::move(options));
    ASSERT_TRUE(opened.ok()) << opened.error().detail();
    blobs_ = std::move(opened).value();
  }
  std::optional<BlobFacts> facts(const base::Digest& digest) {
    std::optional<BlobFacts> found;
    EXPECT_TRUE(store_
                    ->view([&](const View& view) -> Status {
                      QUANJI_TRY(found, blob_facts(view, digest));
                      return {};
                    })
                    .ok());
    return found;
  }
  Status name(const base::Digest& digest, std::uint8_t by) {
    return store_->change([&](Change& change) { return name_blob(change, digest, "file", base::Ulid{{by}}); });
  }
  Status unname(const base::Digest& digest, std::uint8_t by) {
    return store_->change([&](Change& change) { return unname_blob(change, digest, "file", base::Ulid{{by}}); });
  }
  std::string content(const base::Digest& digest) {
    const auto known = facts(digest);
    if (!known) return "(not there)";
    const auto read = blobs_->read_all(*known, 1 << 30);
    return read.ok() ? *read : "(" + read.error().detail() + ")";
  }
  std::int64_t sweep() {
    std::int64_t went = 0;
    for (int folder = 0; folder < 256; ++folder) {
      const auto swept = blobs_->sweep();
      EXPECT_TRUE(swept.ok()) << swept.error().detail();
      went += swept.ok() ? *swept : 0;
    }
    return went;
  }
  std::size_t files(const std::string& folder) const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(home_.folder() + folder))
      n += entry.is_regular_file() && entry.path().filename() != "lock" ? 1 : 0;
    return n;
  }
  std::unique_ptr<Staging> staged(std::string_view bytes) {
    auto staging = blobs_->stage(1 << 30);
    EXPECT_TRUE(staging.ok());
    EXPECT_TRUE((*staging)->add(bytes).ok());
    EXPECT_TRUE((*staging)->finish().ok());
    return std::move(*staging);
  }
  void put_until(std::string_view step, std::string_view bytes) {
    stop_before_ = step;
    const auto staging = staged(bytes);
    EXPECT_THROW((void)blobs_->put(*staging), Stopped);
    stop_before_ = {};
  }
  bool in_files() const { return GetParam().second == BlobPlace::directory; }
  void day() { clock_->advance(std::chrono::hours(25)); }

  conformance::Home home_;
  std::shared_ptr<base::ManualClock> clock_ = std::make_shared<base::ManualClock>();
  std::unique_ptr<Store> store_;
  std::unique_ptr<Blobs> blobs_;
  std::string_view stop_before_;
};
INSTANTIATE_TEST_SUITE_P(Places, BlobsOn,
                         ::testing::Values(std::pair{"sqlite", BlobPlace::directory}, std::pair{"postgres", BlobPlace::directory},
                                           std::pair{"postgres", BlobPlace::postgres}),
                         [](const auto& tried) {
                           return std::string(tried.param.first) + "_" + std::string(base::word(tried.param.second));
                         });

TEST_P(BlobsOn, WhatIsPutIsThereWithItsDigestsAndReadInAnyPart) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += std::to_string(i);  // more than one chunk
  auto staging = blobs_->stage(10 << 20);
  ASSERT_TRUE(staging.ok());
  for (std::size_t at = 0; at < bytes.size(); at += 70'001) ASSERT_TRUE((*staging)->add(std::string_view(bytes).substr(at, 70'001)).ok());
  ASSERT_TRUE((*staging)->finish().ok());
  const auto put = blobs_->put(**staging);
  ASSERT_TRUE(put.ok()) << put.error().detail();
  EXPECT_EQ(put->sha256, base::sha256(bytes));
  EXPECT_EQ(put->sm3, base::sm3(bytes));
  EXPECT_EQ(put->crc32, static_cast<std::int64_t>(::crc32_z(0, base::bytes_of(bytes).data(), bytes.size())));
  EXPECT_EQ(put->size, static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(put->place, GetParam().second);
  EXPECT_TRUE(content(put->sha256) == bytes);
  EXPECT_EQ(facts(put->sha256)->sm3, put->sm3);

  const auto reader = blobs_->reader(*put);
  ASSERT_TRUE(reader.ok());
  const auto part = [&](std::int64_t from, std::size_t most) {
    std::promise<std::string> read;
    (*reader)->read(from, most, [&](Result<std::string> piece) { read.set_value(piece.ok() ? *piece : "failed"); });
    return read.get_future().get();
  };
  EXPECT_EQ(part(0, 10), bytes.substr(0, 10));
  EXPECT_EQ(part((1 << 20) + 5, 7), bytes.substr((1 << 20) + 5, 7));
  EXPECT_EQ(bytes.substr((1 << 20) - 3).find(part((1 << 20) - 3, 100)), 0U);
  EXPECT_EQ(part(static_cast<std::int64_t>(bytes.size()), 100), "");
  staging->reset();
  EXPECT_EQ(files("/tmp"), 0U);
}

TEST_P(BlobsOn, NothingIsABlobToo) {
  const auto put = blobs_->keep("");
  ASSERT_TRUE(put.ok());
  EXPECT_EQ(put->size, 0);
  EXPECT_EQ(content(put->sha256), "");
}

TEST_P(BlobsOn, TheSameContentIsOneBlob) {
  const auto first = blobs_->keep("twice"), second = blobs_->keep("twice");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->sha256, second->sha256);
  EXPECT_EQ(files("/blobs"), in_files() ? 1U : 0U);
  EXPECT_EQ(files("/tmp"), 0U);
}

TEST_P(BlobsOn, MoreThanTheLimitIsRefusedAndLeavesNothing) {
  auto staging = blobs_->stage(10);
  ASSERT_TRUE((*staging)->add("0123456789").ok());
  const auto more = (*staging)->add("x");
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().code(), Code::too_large);
  EXPECT_FALSE((*staging)->finish().ok()) << "what failed once fails always";
  staging->reset();
  EXPECT_EQ(files("/tmp"), 0U);
}

TEST_P(BlobsOn, AFullDiskRefusesBeforeItIsFull) {
  open(std::int64_t{1} << 60);
  auto staging = blobs_->stage(10);
  const auto refused = (*staging)->add("x");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::store_unavailable);
}

TEST_P(BlobsOn, WhatNobodyNamesGoesAfterADayAndWhatSomebodyNamesStays) {
  const auto kept = blobs_->keep("kept"), lost = blobs_->keep("lost");
  ASSERT_TRUE(name(kept->sha256, 1).ok());
  ASSERT_TRUE(name(kept->sha256, 2).ok());
  EXPECT_EQ(sweep(), 0);
  day();
  EXPECT_EQ(sweep(), 1);
  EXPECT_FALSE(facts(lost->sha256));
  EXPECT_EQ(content(kept->sha256), "kept");
  EXPECT_EQ(files("/blobs"), in_files() ? 1U : 0U);
  const auto missing = name(lost->sha256, 1);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), Code::not_found);

  ASSERT_TRUE(unname(kept->sha256, 1).ok());
  day();
  EXPECT_EQ(sweep(), 0) << "one name is left";
  ASSERT_TRUE(unname(kept->sha256, 2).ok());
  EXPECT_EQ(sweep(), 0) << "the day begins when the last name goes";
  day();
  EXPECT_EQ(sweep(), 1);
  EXPECT_EQ(files("/blobs"), 0U);
}

TEST_P(BlobsOn, PuttingItAgainGivesItAnotherDay) {
  const auto put = blobs_->keep("again");
  clock_->advance(std::chrono::hours(23));
  ASSERT_TRUE(blobs_->keep("again").ok());
  clock_->advance(std::chrono::hours(23));
  EXPECT_EQ(sweep(), 0);
  EXPECT_TRUE(name(put->sha256, 1).ok());
}

TEST_P(BlobsOn, AKillBeforeTheRowIsWrittenLosesNothingThatWasAcknowledgedAndIsMendedByPuttingItAgain) {
  for (const auto* step : {"rename", "chunk", "row"}) {
    if (in_files() == (std::string_view(step) == "chunk")) continue;
    if (!in_files() && std::string_view(step) == "rename") continue;
    const std::string bytes = std::string("half ") + step;
    put_until(step, bytes);
    EXPECT_FALSE(facts(base::sha256(bytes))) << step;
    EXPECT_FALSE(name(base::sha256(bytes), 1).ok()) << "nothing may lean on it";
    ASSERT_TRUE(blobs_->keep(bytes).ok()) << step;
    EXPECT_EQ(content(base::sha256(bytes)), bytes) << step;
  }
}

TEST_P(BlobsOn, WhatAKillLeftBehindIsCleanedAway) {
  put_until("row", "stray");
  {
    stop_before_ = "unlink";
    ASSERT_TRUE(blobs_->keep("swept").ok());
    day();
    if (in_files()) {
      EXPECT_THROW((void)blobs_->sweep(), Stopped);
      EXPECT_EQ(files("/blobs"), 2U);
    }
    stop_before_ = {};
  }
  // Files have the machine's time: they are a day old to a clock that stands beyond it.
  clock_->jump_wall(base::SystemClock().now().plus(std::chrono::hours(26)).since(clock_->now()));
  sweep();
  EXPECT_EQ(files("/blobs"), 0U);
  static const Query chunks{"chunks", {"select count(*) as n from blob_chunks", {}}, {"select count(*) as n from blob_chunks", {}}};
  EXPECT_TRUE(store_
                  ->view([&](const View& view) -> Status {
                    QUANJI_TRY(const auto row, view.row(chunks));
                    EXPECT_EQ(row->integer("n"), 0);
                    return {};
                  })
                  .ok());
}

TEST_P(BlobsOn, StagingFilesOfAProcessThatIsGoneAreRemovedAndThoseOfALivingOneAreNot) {
  const auto living = staged("living");
  std::ofstream(home_.folder() + "/tmp/upload-01ARYZ6S41TSV4RRFFQ69G5FAV") << "left";
  std::ofstream(home_.folder() + "/tmp/other") << "not ours";
  open();
  EXPECT_EQ(files("/tmp"), 2U);
  EXPECT_TRUE(fs::exists(living->path()));
}

TEST_P(BlobsOn, AFileThatIsGoneIsToldAndPutAnew) {
  if (!in_files()) return;
  const auto put = blobs_->keep("missing");
  ASSERT_TRUE(name(put->sha256, 1).ok());
  fs::remove_all(home_.folder() + "/blobs/" + base::hex(put->sha256).substr(0, 2) + "/" + base::hex(put->sha256));
  const auto reader = blobs_->reader(*put);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code(), Code::store_unavailable);
  ASSERT_TRUE(blobs_->keep("missing").ok());
  EXPECT_EQ(content(put->sha256), "missing");
  day();
  EXPECT_EQ(sweep(), 0) << "its name was not forgotten";
}

// Whoever was told that it is there for a day finds it there.
TEST_P(BlobsOn, ManyWhoPutAndSweepAtOnceNeverLoseWhatWasPut) {
  std::atomic<bool> over{false};
  std::thread sweeper([&] {
    while (!over) {
      clock_->advance(std::chrono::hours(25));
      EXPECT_TRUE(blobs_->sweep().ok());
    }
  });
  std::vector<std::thread> putters;
  for (int who = 0; who < 3; ++who)
    putters.emplace_back([&, who] {
      for (int i = 0; i < 15; ++i) {
        const std::string bytes = "content " + std::to_string(i % 3);
        const auto put = blobs_->keep(bytes);
        ASSERT_TRUE(put.ok()) << put.error().detail();
        // The clock runs a day at a time here, so it may be gone before it is named; named, it stays.
        if (!name(put->sha256, static_cast<std::uint8_t>(who + 1)).ok()) continue;
        EXPECT_EQ(content(put->sha256), bytes);
        ASSERT_TRUE(unname(put->sha256, static_cast<std::uint8_t>(who + 1)).ok());
      }
    });
  for (auto& putter : putters) putter.join();
  over = true;
  sweeper.join();
}

TEST(Blobs, DigestsOfCallersAre64HexadecimalDigits) {
  EXPECT_TRUE(digest_from_hex(base::hex(base::sha256("x"))).ok());
  for (const auto* wrong : {"", "ab", "zz"}) EXPECT_FALSE(digest_from_hex(wrong).ok());
  EXPECT_FALSE(digest_from_hex(std::string(66, 'a')).ok());
}

}  // namespace
}  // namespace quanji::storage
