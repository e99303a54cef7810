#include "robot/spool.h"

#include <gtest/gtest.h>

#include <fstream>

#include "robot/channel.h"
#include "robot/testing.h"

namespace quanji::robot {
namespace {

using testing::TemporaryFolder;

wire::TaskReport report(std::uint8_t attempt, std::int64_t seq, std::size_t padding = 0) {
  wire::TaskReport out;
  out.task = {base::Ulid{{1}}};
  out.attempt = {base::Ulid{{2, attempt}}};
  out.seq = seq;
  if (padding) out.outputs.text = "\"" + std::string(padding, 'x') + "\"";
  return out;
}
Spool open(const TemporaryFolder& folder) {
  std::filesystem::create_directories(folder / "spool");
  auto spool = Spool::open(folder / "spool");
  if (!spool) throw std::runtime_error(spool.error().message().en);
  return std::move(*spool);
}
std::size_t segments(const TemporaryFolder& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "spool")) ++count;
  return count;
}

TEST(Spool, KeepsItsOrderOverRestartsUntilAcknowledged) {
  TemporaryFolder folder;
  {
    auto spool = open(folder);
    for (std::int64_t seq = 1; seq <= 3; ++seq) ASSERT_TRUE(spool.add(report(1, seq)).ok());
    ASSERT_TRUE(spool.acknowledge(report(1, 2).attempt, 2).ok());
  }
  auto spool = open(folder);
  ASSERT_EQ(spool.waiting().size(), 2U);
  EXPECT_EQ(spool.waiting().front().seq, 1);
  EXPECT_EQ(spool.waiting().back().seq, 3);
  EXPECT_TRUE(spool.holds(report(1, 3).attempt, 3));
  EXPECT_FALSE(spool.holds(report(1, 2).attempt, 2));
}
TEST(Spool, TornAtAnyByteItLosesOnlyWhatWasNotFinished) {
  TemporaryFolder folder;
  {
    auto spool = open(folder);
    ASSERT_TRUE(spool.add(report(1, 1)).ok());
    ASSERT_TRUE(spool.add(report(2, 1)).ok());
  }
  const auto path = folder / "spool/00000001.seg";
  const auto size = std::filesystem::file_size(path);
  std::ifstream whole(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (std::size_t cut = size / 2; cut < size; ++cut) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, cut);
    auto spool = open(folder);
    ASSERT_EQ(spool.waiting().size(), 1U) << "cut at " << cut;
    ASSERT_TRUE(spool.add(report(3, 1)).ok());
    ASSERT_EQ(open(folder).waiting().size(), 2U) << "cut at " << cut;
  }
}
TEST(Spool, SegmentsWhoseReportsAreAllAcknowledgedAreDeleted) {
  TemporaryFolder folder;
  auto spool = open(folder);
  for (std::uint8_t n = 1; n <= 100; ++n) ASSERT_TRUE(spool.add(report(n, 1, 200'000)).ok());
  EXPECT_GE(segments(folder), 3U);
  for (std::uint8_t n = 2; n <= 100; ++n) ASSERT_TRUE(spool.acknowledge(report(n, 1).attempt, 1).ok());
  EXPECT_GE(segments(folder), 3U) << "the first still waits";
  ASSERT_TRUE(spool.acknowledge(report(1, 1).attempt, 1).ok());
  EXPECT_EQ(segments(folder), 1U);
  EXPECT_TRUE(open(folder).waiting().empty());
}
TEST(Reconnect, PausesGrowToHalfAMinuteAndAreNeverTheSameForTwoRobots) {
  base::SeededRandom one(1), two(2);
  Reconnect first(one), second(two);
  bool apart = false;
  for (int i = 0; i < 20; ++i) {
    const auto a = first.next_pause(), b = second.next_pause();
    apart = apart || a != b;
    const auto middle = std::min(500'000LL << std::min(i, 6), 30'000'000LL);
    EXPECT_GE(a.count(), middle - middle / 3 - 1);
    EXPECT_LE(a.count(), middle + middle / 3 + 1);
  }
  EXPECT_TRUE(apart);
  first.held();
  EXPECT_LT(first.next_pause(), std::chrono::seconds(1));
}

}  // namespace
}  // namespace quanji::robot
