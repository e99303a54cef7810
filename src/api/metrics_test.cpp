#include "api/metrics.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "api/resources/health.h"

namespace quanji::api {
namespace {

PlatformState state_with(std::size_t clients) {
  PlatformState state;
  state.version = "0.1.0";
  state.now = {1'700'000'100'000'000};
  state.started = {1'700'000'000'000'000};
  state.store.mode = "sqlite";
  state.store.version = "3.40.1 \"odd\\version\"\n";
  state.sealer.sealed_at = state.now;
  for (std::size_t i = 0; i < clients; ++i) state.calls.clients.emplace_back("key_" + std::to_string(i), i + 1);
  domain::Histogram took;
  for (std::uint64_t v = 1; v < 20'000'000; v = v * 3 / 2 + 1) took.add(v);
  state.calls.durations.emplace_back("user.list", took);
  state.calls.durations.emplace_back("", took);
  state.calls.totals.push_back({"user.list", 0, took.count()});
  state.calls.totals.push_back({"", 40002, took.count()});
  return state;
}

// The judge is Prometheus' own checker: it reads the text format and complains of names, types and help.
TEST(Metrics, PromtoolAcceptsThem) {
  for (const std::size_t clients : {std::size_t{0}, std::size_t{3}, std::size_t{500}}) {
    std::string path = (std::filesystem::temp_directory_path() / "quanji.XXXXXX").string();
    const int file = ::mkstemp(path.data());
    ASSERT_GE(file, 0);
    std::FILE* out = ::fdopen(file, "w");
    const auto text = metrics_text(state_with(clients));
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
    std::FILE* promtool = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
    ASSERT_NE(promtool, nullptr);
    std::string said;
    for (int c = 0; (c = std::fgetc(promtool)) != EOF;) said += static_cast<char>(c);
    EXPECT_EQ(::pclose(promtool), 0) << said;
    EXPECT_EQ(said, "");
    std::filesystem::remove(path);
  }
}

TEST(Metrics, ClientsAreCappedAndTheOthersAddedUp) {
  const auto text = metrics_text(state_with(500));
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = text.find("\nquanji_client_calls_total{", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, clients_in_metrics + 1);
  EXPECT_NE(text.find("quanji_client_calls_total{client=\"key_499\"} 500\n"), std::string::npos) << "the busiest is named";
  EXPECT_NE(text.find("quanji_client_calls_total{client=\"other\"} 80200\n"), std::string::npos);  // 1 + … + 400
}

TEST(Metrics, BucketsRiseAndEndWithTheCount) {
  const auto text = metrics_text(state_with(0));
  const std::string start = "quanji_call_duration_seconds_bucket{operation=\"user.list\",le=\"";
  std::uint64_t before = 0;
  std::size_t at = 0, lines = 0;
  for (; (at = text.find(start, at)) != std::string::npos; ++at, ++lines) {
    const auto value = std::stoull(text.substr(text.find("} ", at) + 2));
    EXPECT_GE(value, before);
    before = value;
  }
  EXPECT_EQ(lines, 17U);
  EXPECT_NE(text.find("quanji_call_duration_seconds_count{operation=\"user.list\"} " + std::to_string(before) + "\n"), std::string::npos);
}

TEST(Health, IsReadyOnlyWhileChangesAreTaken) {
  auto state = state_with(0);
  EXPECT_EQ(ready_answer(state).status, 200);
  EXPECT_EQ(boost::json::parse(health_answer(state).body).at("status").as_string(), "up");
  const auto not_ready = [](const PlatformState& s, const char* reason) {
    const auto answer = ready_answer(s);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find(reason), std::string::npos) << answer.body;
  };
  auto worse = state_with(0);
  worse.draining = true;
  not_ready(worse, "draining");
  worse = state_with(0);
  worse.reserve = services::ReserveState::on_reserve;
  not_ready(worse, "audit_on_reserve");
  EXPECT_EQ(health_answer(worse).status, 200);
  EXPECT_EQ(boost::json::parse(health_answer(worse).body).at("status").as_string(), "degraded");
  worse = state_with(0);
  worse.clock_skew_micros = -1'500'000;
  not_ready(worse, "clock_off");
  worse = state_with(0);
  worse.store.trouble = "disk full";
  not_ready(worse, "store_unavailable");
  worse.store.fatal = true;
  not_ready(worse, "store_fatal");
  EXPECT_EQ(health_answer(worse).status, 503);
}

TEST(Health, ASealerThatIsLateIsSaid) {
  auto state = state_with(0);
  state.sealer.sealed_at = state.now.plus(-std::chrono::seconds(31));
  EXPECT_EQ(boost::json::parse(health_answer(state).body).at("status").as_string(), "degraded");
  EXPECT_TRUE(boost::json::parse(health_answer(state).body).at("audit").at("late").as_bool());
}

TEST(Versions, V1IsListedWithItsStateAndDate) {
  const auto body = boost::json::parse(versions_answer().body);
  const auto& v1 = body.at("versions").at(0);
  EXPECT_EQ(v1.at("version").as_string(), "v1");
  EXPECT_EQ(v1.at("path").as_string(), "/api/v1");
  EXPECT_FALSE(v1.at("state").as_string().empty());
  EXPECT_FALSE(v1.at("since").as_string().empty());
}

}  // namespace
}  // namespace quanji::api
