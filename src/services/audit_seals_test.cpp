#include "services/audit_seals.h"

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "services/audit_check.h"
#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

using testing::Bench;

const base::Ulid here{{1}}, there{{2}};
const storage::Query count_blocks{"t_count_blocks", {"select count(*) from audit_seals", {}}, {"select count(*) from audit_seals", {}}};
const storage::Query count_checkpoints{
    "t_count_checkpoints", {"select count(*) from audit_checkpoints", {}}, {"select count(*) from audit_checkpoints", {}}};

void write(Bench& bench, int rows) {
  for (int i = 0; i < rows; ++i) ASSERT_TRUE(bench.change([&](Change& c) { return testing::write_sample(c, i); }).ok());
}
SealOutcome seal(Bench& bench, const base::Ulid& node = here, SealRules rules = {}) {
  SealOutcome outcome;
  const auto done = bench.change([&](Change& c) -> Status {
    QUANJI_TRY(outcome, seal_audit(c, node, rules));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail();
  return outcome;
}
CheckReport check(Bench& bench, CheckSettings settings = {}) {
  CheckReport report;
  const auto done = bench.view([&](const View& v) -> Status {
    QUANJI_TRY(report, check_audit(*audit_keys(), stored_audit(v, 0, INT64_MAX, INT64_MIN, INT64_MAX), settings));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail();
  for (std::size_t i = 0; i < report.faults.size() && i < 5; ++i)
    ::testing::Test::RecordProperty("fault" + std::to_string(i), report.faults[i].detail);
  return report;
}
std::string in_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Suites : public ::testing::TestWithParam<base::Suite> {};
TEST_P(Suites, WhatWasWrittenIsSealedAndChecksClean) {
  Bench bench(GetParam());
  write(bench, 30);
  const auto first = seal(bench);
  EXPECT_EQ(first.rows, 30);
  EXPECT_TRUE(first.checkpoint.has_value()) << "the first block is pinned at once";
  EXPECT_EQ(seal(bench).rows, 0) << "no row, no block";
  write(bench, 5);
  EXPECT_EQ(seal(bench).block, 2);
  write(bench, 3);
  CheckSettings settings;
  settings.checkpoints.push_back(*first.checkpoint);
  settings.numbers = CheckSettings::Numbers::without_gaps;
  const auto report = check(bench, settings);
  EXPECT_TRUE(report.clean()) << (report.faults.empty() ? "" : report.faults[0].detail);
  EXPECT_EQ(report.rows, 38);
  EXPECT_EQ(report.blocks, 2);
  EXPECT_EQ(report.unsealed, 3);
}
INSTANTIATE_TEST_SUITE_P(Both, Suites, ::testing::Values(base::Suite::intl, base::Suite::gm));

TEST(AuditSeals, AFullBlockAsksForAnother) {
  Bench bench;
  write(bench, 25);
  SealRules rules;
  rules.rows_a_block = 10;
  EXPECT_TRUE(seal(bench, here, rules).more);
  EXPECT_TRUE(seal(bench, here, rules).more);
  const auto last = seal(bench, here, rules);
  EXPECT_FALSE(last.more);
  EXPECT_EQ(last.rows, 5);
  EXPECT_TRUE(check(bench).clean());
}

TEST(AuditSeals, OneNodeSealsUntilItsLeaseIsOver) {
  Bench bench;
  write(bench, 1);
  EXPECT_EQ(seal(bench, here).rows, 1);
  write(bench, 1);
  EXPECT_EQ(seal(bench, there).lease, SealOutcome::Lease::theirs);
  bench.clock->advance(std::chrono::seconds(6));
  EXPECT_EQ(seal(bench, there).rows, 1);
  EXPECT_EQ(seal(bench, here).lease, SealOutcome::Lease::theirs);
}

TEST(AuditSeals, ACheckpointIsDueAfterAnHourOrManyBlocks) {
  Bench bench;
  SealRules rules;
  rules.checkpoint_blocks = 3;
  write(bench, 1);
  EXPECT_TRUE(seal(bench, here, rules).checkpoint.has_value());
  for (int i = 0; i < 2; ++i) {
    write(bench, 1);
    EXPECT_FALSE(seal(bench, here, rules).checkpoint.has_value());
  }
  write(bench, 1);
  EXPECT_TRUE(seal(bench, here, rules).checkpoint.has_value());
  bench.clock->advance(std::chrono::minutes(61));
  EXPECT_FALSE(seal(bench, here, rules).checkpoint.has_value()) << "nothing new to pin";
  write(bench, 1);
  EXPECT_TRUE(seal(bench, here, rules).checkpoint.has_value());
  EXPECT_EQ(bench.number(count_checkpoints), 3);
}

TEST(AuditSeals, CheckpointsReachEveryFolderAlsoAfterAFolderWasAway) {
  Bench bench;
  const auto one = bench.folder.path() + "/audit/checkpoints", two = bench.folder.path() + "/second";
  AuditSealer::Settings settings;
  settings.node = here;
  settings.folders = {one, two + "/not-yet"};
  settings.rules.checkpoint_blocks = 1;
  settings.caller = testing::clock_caller();
  std::ofstream(two).put('x');  // a file where the folder should be
  {
    AuditSealer sealer(*bench.store, settings);
    for (int i = 0; i < 3; ++i) {
      write(bench, 2);
      sealer.tick();
      while (sealer.state().block < i + 1) std::this_thread::yield();
    }
    EXPECT_FALSE(sealer.deliver().ok());
    std::filesystem::remove(two);
    EXPECT_TRUE(sealer.deliver().ok());
    EXPECT_EQ(sealer.state().rows, 6);
    EXPECT_EQ(sealer.state().trouble, "");
  }
  for (const auto& folder : settings.folders) {
    for (const char* name : {"/0000000001.checkpoint", "/0000000002.checkpoint", "/0000000003.checkpoint"}) {
      const auto read = domain::parse_checkpoint(in_file(folder + name));
      ASSERT_TRUE(read.ok()) << folder << name;
      EXPECT_TRUE(domain::check_checkpoint(*read, audit_keys()->checkpoint_key()->public_key()).ok());
    }
    EXPECT_EQ(CheckpointFolder(folder).newest().value(), 3);
  }
}

TEST(AuditSeals, RotatedKeysLeaveOldRowsAndCheckpointsGood) {
  Bench bench;
  write(bench, 4);
  const auto old = seal(bench).checkpoint;
  ASSERT_TRUE(old.has_value());
  // The same root with a new master: what a rotation leaves after a restart.
  auto root = base::load_root_key_file(bench.folder.path() + "/root.key");
  ASSERT_TRUE(root.ok());
  auto ring = base::Keyring::load(std::move(root).value(), bench.keyring->document(), *bench.random);
  ASSERT_TRUE(ring.ok());
  ASSERT_TRUE(ring->new_mac_master().ok());
  auto keys = AuditKeys::from(std::make_shared<const base::Keyring>(std::move(ring).value()));
  ASSERT_TRUE(keys.ok());
  const auto before = audit_keys()->key_id();
  use_audit_keys(keys.value());
  EXPECT_NE(audit_keys()->key_id(), before);
  write(bench, 4);
  seal(bench);
  CheckSettings settings;
  settings.checkpoints.push_back(*old);
  EXPECT_TRUE(check(bench, settings).clean());
}

// Rows whose transaction began early and committed late must not fall between two seals.
TEST(AuditSealsOnPostgres, SealingBesideConcurrentCommitsLosesNoRow) {
  tests::FreshDatabase database;
  Bench bench(base::Suite::intl, database.url());
  ASSERT_TRUE(bench.store);
  constexpr int writers = 6, each = 60;
  std::atomic<int> written{0}, running{writers};
  std::vector<std::thread> threads;
  for (int t = 0; t < writers; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto done = bench.change([&](Change& c) -> Status {
          for (int k = 0; k < 1 + t % 3; ++k) QUANJI_DO(testing::write_sample(c, i));
          return {};
        });
        if (done.ok()) written += 1 + t % 3;
      }
      --running;
    });
  SealRules rules;
  rules.rows_a_block = 50;
  int rounds = 0;
  while (running > 0) {
    // The store runs a change again that met another; one that met too many is left to the next round.
    (void)bench.change([&](Change& c) -> Status {
      QUANJI_TRY([[maybe_unused]] const auto outcome, seal_audit(c, here, rules));
      return {};
    });
    ++rounds;
  }
  for (auto& thread : threads) thread.join();
  while (seal(bench, here, rules).more) {
  }
  const auto report = check(bench);
  EXPECT_TRUE(report.clean()) << (report.faults.empty() ? "" : report.faults[0].detail);
  EXPECT_EQ(report.rows, written);
  EXPECT_EQ(report.unsealed, 0);
  EXPECT_GT(report.blocks, 1);
  EXPECT_GT(written, writers * each);
  std::printf("rows %lld blocks %lld seal rounds beside writers %d\n", static_cast<long long>(report.rows),
              static_cast<long long>(report.blocks), rounds);
}

TEST(AuditSealsOnPostgres, PlacesGoOnRisingInAClusterThatCountsFromTheStart) {
  tests::FreshDatabase database;
  Bench bench(base::Suite::intl, database.url());
  ASSERT_TRUE(bench.store);
  static const storage::Query far{"t_far", {"select 1", {}}, {"update audit_base set base = 1000000 where one = 1", {}}};
  static const storage::Query restored{"t_restored", {"select 1", {}}, {"update audit_base set base = 0 where one = 1", {}}};
  bench.sql(far);
  write(bench, 3);
  EXPECT_EQ(seal(bench).rows, 3);
  bench.sql(restored);
  ASSERT_TRUE(bench.change([](Change& c) { return raise_places(c); }).ok());
  write(bench, 2);
  EXPECT_EQ(seal(bench).rows, 2);
  const auto report = check(bench);
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.unsealed, 0);
}

}  // namespace
}  // namespace quanji::services
