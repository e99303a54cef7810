#include "domain/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace quanji::domain {
namespace {

TEST(Histogram, BucketsMeetWithoutGapOrOverlap) {
  for (std::uint32_t bucket = 0; bucket < 590; ++bucket) {
    EXPECT_EQ(Histogram::bucket_of(Histogram::bucket_low(bucket)), bucket);
    EXPECT_EQ(Histogram::bucket_of(Histogram::bucket_high(bucket)), bucket);
    EXPECT_EQ(Histogram::bucket_high(bucket) + 1, Histogram::bucket_low(bucket + 1));
  }
}

// The bound that the header states, against exact percentiles, on shapes that latencies have.
TEST(Histogram, PercentilesAreWithinTheStatedBound) {
  base::SeededRandom random(11);
  const auto unit = [&] { return (static_cast<double>(random.next() >> 11) + 0.5) / 9007199254740992.0; };
  for (int shape = 0; shape < 4; ++shape) {
    Histogram histogram;
    std::vector<std::uint64_t> exact;
    for (int i = 0; i < 20'000; ++i) {
      double v = 0;
      if (shape == 0) v = 1 + unit() * 50;
      if (shape == 1) v = -std::log(unit()) * 800;
      if (shape == 2) v = std::exp(4 + 3 * unit() * unit());
      if (shape == 3) v = unit() < 0.98 ? 200 + unit() * 30 : 1e6 + unit() * 1e7;
      exact.push_back(static_cast<std::uint64_t>(v));
      histogram.add(exact.back());
    }
    std::sort(exact.begin(), exact.end());
    for (const double share : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(exact.size())));
      const auto truth = static_cast<double>(exact[std::max<std::size_t>(rank, 1) - 1]);
      EXPECT_NEAR(static_cast<double>(histogram.percentile(share)), truth, truth * 0.032 + 0.5) << "shape " << shape << " share " << share;
    }
  }
}

TEST(Histogram, MergingIsTheSameAsCountingTogether) {
  Histogram low, high, both;
  for (std::uint64_t v = 0; v < 3000; v += 7) {
    (v < 1000 ? low : high).add(v);
    both.add(v);
  }
  auto merged = high;
  merged.merge(low);
  EXPECT_EQ(merged.to_bytes(), both.to_bytes());
  Histogram empty;
  merged.merge(empty);
  empty.merge(both);
  EXPECT_EQ(empty.to_bytes(), merged.to_bytes());
}

TEST(Histogram, ComesBackFromBytesAndRefusesDamagedOnes) {
  Histogram histogram;
  for (const std::uint64_t v : {0ULL, 1ULL, 17ULL, 1'000'000ULL, ~0ULL}) histogram.add(v);
  const auto bytes = histogram.to_bytes();
  const auto back = Histogram::from_bytes(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->count(), 5U);
  EXPECT_EQ(back->max(), 1ULL << 40);
  EXPECT_EQ(back->to_bytes(), bytes);
  EXPECT_FALSE(Histogram::from_bytes({}).ok());
  EXPECT_FALSE(Histogram::from_bytes(std::vector<std::uint8_t>{2, 0, 0, 0}).ok());
  EXPECT_FALSE(Histogram::from_bytes(std::vector<std::uint8_t>{1, 0, 0, 0, 0x80}).ok());
}
TEST(Histogram, ADamagedColumnThatCountsBeyondAllMeasureIsRefused) {
  std::vector<std::uint8_t> bytes{1, 5, 5, 3, 1};
  bytes.insert(bytes.end(), 8, 0xff);
  bytes.push_back(0x7f);  // 2^63 - 1 in the second bucket
  EXPECT_FALSE(Histogram::from_bytes(bytes).ok());
}

TEST(Histogram, OneValueIsAllItsPercentiles) {
  Histogram histogram;
  histogram.add(1234);
  EXPECT_EQ(histogram.percentile(0.5), histogram.percentile(0.99));
  EXPECT_LE(histogram.percentile(0.5), 1234U);
  EXPECT_EQ(Histogram().percentile(0.5), 0U);
}

}  // namespace
}  // namespace quanji::domain
