#include "base/own_process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

TEST(OwnProcess, TakesAsManyDescriptorsAsAreAllowed) {
  rlimit before{}, after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  allow_many_descriptors();
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(OwnProcess, CodeAndDataGoOnWorkingAfterTheStartWasLeft) {
  const std::string text = "123456789";
  const auto before = hex(sha256(text));
  leave_what_the_start_needed();
  EXPECT_EQ(hex(sha256(text)), before);
}

}  // namespace
}  // namespace quanji::base
