#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace quanji::base {
namespace {

constexpr std::int64_t second = 1'000'000;

TEST(TimeText, IsIsoWithMillisecondsAndOffset) {
  EXPECT_EQ(to_text(Time{0}, std::chrono::minutes(0)), "1970-01-01T00:00:00.000+00:00");
  EXPECT_EQ(to_text(Time{1'795'500'245'678'901}, std::chrono::minutes(480)), "2026-11-24T14:04:05.678+08:00");
  EXPECT_EQ(to_text(Time{1'795'500'245'678'901}, std::chrono::minutes(-210)), "2026-11-24T02:34:05.678-03:30");
  EXPECT_EQ(to_text(Time{-1}, std::chrono::minutes(0)), "1969-12-31T23:59:59.999+00:00");
}

TEST(TimeText, IsReadBackToTheMillisecond) {
  SeededRandom random(20261124);
  for (int i = 0; i < 20'000; ++i) {
    const Time time{static_cast<std::int64_t>(random.below(9'000'000'000)) * second + static_cast<std::int64_t>(random.below(1000)) * 1000};
    const std::chrono::minutes offset(static_cast<int>(random.below(24 * 60)) - 12 * 60);
    const auto text = to_text(time, offset);
    const auto read = parse_time(text);
    ASSERT_TRUE(read.ok()) << text;
    ASSERT_EQ(read->micros, time.micros) << text;
  }
}

}  // namespace
}  // namespace quanji::base
