#include "domain/lock_out_rules.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

using std::chrono::seconds;
const base::Time start{1'700'000'000'000'000};

TEST(LockOutRules, FiveFailuresLockForFifteenMinutes) {
  TryCount count;
  const LockOutRule rule;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(charge(count, start, 5, rule), Charge::go_on) << i;
    fail(count, start, 5, rule);
  }
  EXPECT_EQ(charge(count, start.plus(seconds(899)), 5, rule), Charge::locked);
  EXPECT_EQ(charge(count, start.plus(seconds(900)), 5, rule), Charge::go_on);
  EXPECT_EQ(count.failed, 0);
}
TEST(LockOutRules, TriesUnderWayCountBeforeTheyFail) {
  TryCount count;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(charge(count, start, 5, {}), Charge::go_on);
  EXPECT_EQ(charge(count, start, 5, {}), Charge::busy);
  succeed(count);
  EXPECT_EQ(charge(count, start, 5, {}), Charge::go_on);
}
TEST(LockOutRules, AWindowPassesFromItsFirstTry) {
  TryCount count;
  const LockOutRule rule;
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(charge(count, start.plus(seconds(i)), 5, rule), Charge::go_on);
    fail(count, start.plus(seconds(i)), 5, rule);
  }
  ASSERT_EQ(charge(count, start.plus(seconds(900)), 5, rule), Charge::go_on);
  EXPECT_EQ(count.tries, 1);
}
TEST(LockOutRules, ARightTryIsTakenBackButNotAFailedOne) {
  TryCount count;
  ASSERT_EQ(charge(count, start, 5, {}), Charge::go_on);
  fail(count, start, 5, {});
  succeed(count);
  EXPECT_EQ(count.tries, 1);
}
TEST(LockOutRules, ASourceIsAnIpv4AddressOrAnIpv6Network) {
  EXPECT_EQ(source_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(source_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(source_of("::ffff:c000:0207"), "192.0.2.7");
  EXPECT_EQ(source_of("2001:db8:1:2::9"), source_of("2001:db8:1:2:ffff::1"));
  EXPECT_NE(source_of("2001:db8:1:2::9"), source_of("2001:db8:1:3::9"));
  EXPECT_EQ(source_of("local"), "local");
}

}  // namespace
}  // namespace quanji::domain
