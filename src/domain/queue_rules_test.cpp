#include "domain/queue_rules.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

using std::chrono::seconds;

TEST(QueueRules, TheLargerPriorityIsFirstAndItsDeadlineDoesNotMatter) {
  constexpr auto order = QueueOrder::priority_then_age;
  EXPECT_LT(rank_of(order, 10, {}), rank_of(order, 9, base::Time{1}));
  EXPECT_LT(rank_of(order, 0, {}), rank_of(order, -1, {}));
  EXPECT_EQ(rank_of(order, 5, base::Time{1}), rank_of(order, 5, {}));
}

TEST(QueueRules, TheEarlierDeadlineIsFirstAndNoDeadlineIsLast) {
  constexpr auto order = QueueOrder::earliest_deadline;
  EXPECT_LT(rank_of(order, 0, base::Time{5}), rank_of(order, 100, base::Time{6}));
  EXPECT_LT(rank_of(order, 0, base::Time{9'000'000'000'000'000}), rank_of(order, 100, {}));
}

TEST(QueueRules, FifoKnowsAgeOnly) { EXPECT_EQ(rank_of(QueueOrder::fifo, 9, base::Time{5}), rank_of(QueueOrder::fifo, -9, {})); }

TEST(QueueRules, TriesAreTheFirstAndTheRetries) {
  const RetryRule rule{.retries = 2};
  EXPECT_TRUE(another_try(rule, 1) && another_try(rule, 2));
  EXPECT_FALSE(another_try(rule, 3));
  EXPECT_FALSE(another_try({.retries = 0}, 1));
}

TEST(QueueRules, WaitsGrowToTheirLimitAndNeverOverflow) {
  const RetryRule rule{.retries = 9, .first_seconds = 60, .factor = 2, .most_seconds = 300};
  EXPECT_EQ(back_off(rule, 1), seconds(60));
  EXPECT_EQ(back_off(rule, 2), seconds(120));
  EXPECT_EQ(back_off(rule, 3), seconds(240));
  EXPECT_EQ(back_off(rule, 4), seconds(300));
  EXPECT_EQ(back_off(rule, 1'000'000'000), seconds(300));
  EXPECT_EQ(back_off({.first_seconds = 0, .factor = 10}, 7), seconds(0));
  EXPECT_EQ(back_off({.first_seconds = 60, .factor = 1, .most_seconds = 3600}, 1'000'000'000), seconds(60));
  // A limit below the first wait does not shorten it.
  EXPECT_EQ(back_off({.first_seconds = 600, .most_seconds = 60}, 3), seconds(600));
}

TEST(QueueRules, AReferenceIsTakenForAsLongAsTheRuleSays) {
  const base::Time now{1'000'000};
  EXPECT_FALSE(reference_place(ReferenceRule::never_checked, 0, {}, now));
  const auto ever = reference_place(ReferenceRule::ever, 0, base::Date{20'000}, now);
  EXPECT_TRUE(ever && ever->bucket == 0 && ever->until_micros == never_micros);
  const auto dated = reference_place(ReferenceRule::per_business_date, 0, base::Date{20'000}, now);
  EXPECT_TRUE(dated && dated->bucket == 20'000 && dated->until_micros == never_micros);
  const auto days = reference_place(ReferenceRule::per_days, 3, base::Date{20'000}, now);
  EXPECT_TRUE(days && days->bucket == 0);
  EXPECT_EQ(days->until_micros, now.plus(std::chrono::hours(72)).micros);
}

TEST(QueueRules, AnItemIsReadyWhenItIsDueAndNothingOfItsPartitionIsBeforeIt) {
  const base::Time now{100};
  EXPECT_EQ(waiting_place(true, {}, now), WaitingPlace::ready);
  EXPECT_EQ(waiting_place(true, base::Time{100}, now), WaitingPlace::ready);
  EXPECT_EQ(waiting_place(true, base::Time{101}, now), WaitingPlace::later);
  EXPECT_EQ(waiting_place(false, base::Time{101}, now), WaitingPlace::behind);
  EXPECT_EQ(waiting_place(false, {}, now), WaitingPlace::behind);
}

}  // namespace
}  // namespace quanji::domain
