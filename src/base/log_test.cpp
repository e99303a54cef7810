#include "base/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/bytes.h"
#include "base/encodings.h"

namespace quanji::base {
namespace {

class Log : public testing::Test {
 protected:
  Log() { begin(log::Level::info); }
  ~Log() override { log::stop(); }
  void begin(log::Level level) {
    EXPECT_TRUE(log::start({.level = level, .write = [this](std::string_view line) { lines.emplace_back(line); }}, clock).ok());
  }
  boost::json::object last() { return boost::json::parse(lines.back()).as_object(); }
  ManualClock clock{{1'795'000'000'000'000}};
  std::vector<std::string> lines;
};

TEST_F(Log, ALineIsOneJsonObjectWithItsFields) {
  const std::string name = "r\"1\"\n";
  log::info("robot_connected", {{"robot", name}, {"slots", 2}, {"share", 0.5}, {"fresh", true}, {"kind", "plain"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      lines[0],
      R"({"time":"2026-11-18T19:06:40.000+08:00","level":"info","event":"robot_connected","robot":"r\"1\"\n","slots":2,"share":0.5,"fresh":true,"kind":"plain"})");
}
TEST_F(Log, LinesBelowTheLevelAreNotMade) {
  log::debug("unseen");
  EXPECT_TRUE(lines.empty());
  log::set_level(log::Level::error);
  log::warn("unseen");
  EXPECT_TRUE(lines.empty());
  log::error("seen");
  EXPECT_EQ(lines.size(), 1U);
  log::set_level(log::Level::off);
  log::error("unseen");
  EXPECT_EQ(lines.size(), 1U);
  EXPECT_FALSE(log::enabled(log::Level::off));
}
TEST_F(Log, RequestIdsNestAndBelongToTheirThread) {
  const log::RequestScope outer("req_1");
  {
    const log::RequestScope inner("req_2");
    log::info("inside");
    EXPECT_EQ(last().at("request"), "req_2");
    std::thread([] { log::info("elsewhere"); }).join();
    EXPECT_FALSE(last().contains("request"));
  }
  log::info("after");
  EXPECT_EQ(last().at("request"), "req_1");
}
TEST_F(Log, AFailureSaysCodeSentenceAndDetail) {
  log::failure(log::Level::warn, "disk", Error(Code::too_large, "9 bytes"), {{"path", "a"}});
  EXPECT_EQ(last().at("code"), "too_large");
  EXPECT_EQ(last().at("detail"), "9 bytes");
  EXPECT_EQ(last().at("path"), "a");
}
TEST_F(Log, WhatIsNoUtf8IsRepairedAndLongValuesAreCut) {
  log::info("odd", {{"bytes", std::string("a\xff")}, {"long", std::string(20'000, 'x')}, {"control", std::string("a\x01\x1f")}});
  EXPECT_TRUE(is_utf8(lines[0]));
  EXPECT_EQ(last().at("bytes").as_string(), "a\xEF\xBF\xBD");
  EXPECT_LT(last().at("long").as_string().size(), 17'000U);
  EXPECT_NE(lines[0].find("(20000 bytes)"), std::string::npos);
}
TEST_F(Log, ALiveSecretIsMaskedInEverySpellingAndNotAfterwards) {
  const std::string plain = "p@ss w\"ör+d/€";
  const Secret secret{std::string_view(plain)};
  const auto bytes = bytes_of(plain);
  std::vector<std::string> spellings = {plain,
                                        hex(bytes),
                                        base64(bytes),
                                        base64url(bytes),
                                        "p%40ss%20w%22%C3%B6r%2Bd%2F%E2%82%AC",
                                        "p%40ss%20w%22%c3%b6r%2bd%2f%e2%82%ac",
                                        "p%40ss+w%22%C3%B6r%2Bd%2F%E2%82%AC"};
  {
    const log::LiveSecret live(secret);
    for (const auto& spelling : spellings) {
      log::info("leak", {{"text", "before " + spelling + " after"}, {spelling, 1}});
      EXPECT_EQ(lines.back().find(spelling), std::string::npos) << spelling;
      EXPECT_EQ(last().at("text").as_string(), "before *** after") << spelling;
    }
    // JSON inside a string: the quote is escaped.
    log::info("leak", {{"body", R"({"password":"p@ss w\"ör+d/€"})"}});
    EXPECT_EQ(last().at("body").as_string(), R"({"password":"***"})");
    // Inside a longer base64 text, at each alignment.
    for (std::size_t before = 0; before < 6; ++before)
      for (std::size_t after = 0; after < 4; ++after) {
        const auto whole = std::string(before, 'u') + plain + std::string(after, 'v');
        for (const auto& text : {base64(bytes_of(whole)), base64url(bytes_of(whole))}) {
          log::info("leak", {{"authorization", text}});
          const auto shown = std::string(last().at("authorization").as_string());
          ASSERT_NE(shown.find("***"), std::string::npos) << before << ' ' << after;
          // At most one letter on either side, which the neighbours share, may be left of the secret's own.
          EXPECT_LE(shown.size(), 3 + (before * 8 + 5) / 6 + (after * 8 + 5) / 6 + 4) << shown;
        }
      }
    // Cut off at the length limit: masked before it is cut.
    log::info("leak", {{"text", std::string(16 * 1024 - 5, 'x') + plain}});
    EXPECT_EQ(lines.back().find("p@ss"), std::string::npos);
  }
  log::info("later", {{"text", plain}});
  EXPECT_EQ(last().at("text").as_string(), plain);
}
TEST_F(Log, SecretsInErrorsRequestIdsEventsAndNumbersAreMasked) {
  const Secret digits(std::string_view("86420135"));
  const log::LiveSecret live(digits);
  const log::RequestScope scope("86420135");
  log::failure(log::Level::error, "86420135", Error(Code::bug, "pin 86420135 refused"), {{"pin", 86420135}, {"share", 86420135.0}});
  EXPECT_EQ(lines.back().find("86420135"), std::string::npos);
  EXPECT_EQ(last().at("pin"), "***");
}
TEST_F(Log, SecretsThatOverlapLeaveNothingBetween) {
  const Secret a(std::string_view("abcdef")), b(std::string_view("defghi"));
  const log::LiveSecret live_a(a), live_b(b);
  EXPECT_EQ(log::mask("x abcdefghi y abcdef y defghi"), "x *** y *** y ***");
  EXPECT_EQ(log::mask("abcdefabcdef"), "***");
}
TEST_F(Log, Utf16TextIsMasked) {
  const Secret a(std::string_view("hunter22"));
  const log::LiveSecret live(a);
  std::string wide;
  for (const char c : std::string("hunter22")) wide += {c, '\0'};
  EXPECT_EQ(log::mask("x" + wide + "y"), "x***y");
}
TEST_F(Log, VeryShortSecretsAreNotMasked) {
  const Secret a(std::string_view("abc"));
  const log::LiveSecret live(a);
  EXPECT_EQ(log::mask("abc"), "abc");
}
TEST_F(Log, ThreadsMayLogAndRegisterAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      const Secret secret(std::string_view("thread secret"));
      for (int i = 0; i < 50; ++i) {
        const log::LiveSecret live(secret);
        log::info("busy", {{"text", "thread secret"}});
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(lines.size(), 200U);
  for (const auto& line : lines) EXPECT_EQ(line.find("thread secret"), std::string::npos);
}
TEST_F(Log, AWriterThatThrowsIsCountedAndNothingComesOut) {
  ASSERT_TRUE(log::start({.write = [](std::string_view) { throw std::runtime_error("full"); }}, clock).ok());
  const auto before = log::lost();
  log::info("unwritten");
  EXPECT_EQ(log::lost(), before + 1);
}
TEST_F(Log, AFileIsAppendedToAndClosedToOthers) {
  char pattern[] = "/tmp/quanji-log-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  const auto path = folder + "/platform.log";
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(log::start({.file = path}, clock).ok());
    log::info("started");
    log::stop();
  }
  std::ifstream file(path);
  std::string line;
  int count = 0;
  for (; std::getline(file, line); ++count) EXPECT_EQ(boost::json::parse(line).at("event"), "started");
  EXPECT_EQ(count, 2);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07, 0U);
  EXPECT_EQ(log::start({.file = folder + "/no/such.log"}, clock).error().code(), Code::store_unavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace quanji::base
