#include "base/config.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace quanji::base {
namespace {

constexpr ConfigKey keys[] = {
    {"data_dir", ConfigType::text, "/d", {"数据目录", "Data directory"}},
    {"limits.body_mb", ConfigType::integer, "10", {"大小", "Size"}},
};

// A file without a name that holds `text`.
Result<Config> loaded(std::string_view text) {
  const int fd = memfd_create("config", 0);
  EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  auto config = Config::load(keys, "/proc/self/fd/" + std::to_string(fd), {});
  close(fd);
  return config;
}

TEST(Config, TakesWhatTheFileSaysAndKeepsTheRest) {
  const auto config = loaded("[limits]\nbody_mb = 0x1F\n");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->integer("limits.body_mb"), 31);
  EXPECT_EQ(config->text("data_dir"), "/d");
}
TEST(Config, AnUnknownKeyIsNamedWithItsLine) {
  const auto config = loaded("\n[limits]\nbodymb = 1\n");
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().message().en.find(":3: there is no key limits.bodymb"), std::string::npos) << config.error().message().en;
}
TEST(Config, WhatTheParserTakesForGrantedAndTheFileBreaksIsRefusedNotTheEndOfTheProgram) {
  for (const auto* broken : {"[/a]\nx = 1\n", "data_dir = 2026-11-20T!7:30:00Z\n", "[[]", "data_dir = '", "a\u048d = 1\n"})
    EXPECT_FALSE(loaded(broken).ok()) << broken;
}

}  // namespace
}  // namespace quanji::base
