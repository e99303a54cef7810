#include "api/ear.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <map>
#include <thread>

#include "services/audit_testing.h"

namespace quanji::api {
namespace {

using services::testing::Bench;

struct Scene {
  Scene() {
    for (int i = 0; i < 8; ++i) {
      auto& operation = operations.emplace_back(std::make_unique<door::Operation>());
      ids.push_back("thing.act" + std::to_string(i));
      operation->id = ids.back();
    }
    for (int i = 0; i < 20; ++i) callers.push_back(services::testing::person(static_cast<std::uint8_t>(i), "client" + std::to_string(i)));
  }
  std::unique_ptr<door::Call> call(int operation, int caller, base::Code code) const {
    auto made = std::make_unique<door::Call>();
    made->operation = operations[static_cast<std::size_t>(operation)].get();
    if (caller >= 0) made->caller = callers[static_cast<std::size_t>(caller)];
    made->ask.path = "/api/v1/things/thg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    made->ask.address = "127.0.0.1";
    made->request_id = "req_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    if (code != base::Code::ok) made->result = base::Error(code);
    return made;
  }
  std::deque<std::string> ids;
  std::vector<std::unique_ptr<door::Operation>> operations;
  std::vector<std::shared_ptr<domain::Caller>> callers;
};

CallEar::Settings settings() {
  CallEar::Settings made;
  made.run = base::Ulid{{9}};
  made.caller = services::testing::clock_caller();
  made.successes_logged = 1'000'000;
  return made;
}
services::CallStats stats(Bench& bench) {
  services::CallStats found;
  const auto done = bench.view([&](const services::View& v) -> base::Status {
    services::CallStatsAsk ask;
    ask.from = v.now().plus(-std::chrono::hours(24));
    ask.to = v.now().plus(std::chrono::hours(1));
    QUANJI_TRY(found, services::call_stats(v, ask));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail();
  return found;
}
const storage::Query count_log{"t_count_log", {"select count(*) from call_log", {}}, {"select count(*) from call_log", {}}};

// What is counted must equal what was sent, whatever the threads, minutes and flushes between.
TEST(CallEar, CountsAreExactOverAHundredThousandAnswersFromThreads) {
  Bench bench;
  Scene scene;
  auto with = settings();
  with.log_entries = 200'000;
  with.log_bytes = 100 << 20;
  CallEar ear(*bench.clock, with);
  constexpr int threads = 4, each = 25'000;
  std::map<std::pair<std::string, std::string>, std::pair<std::int64_t, std::int64_t>> sent[threads];
  std::vector<std::vector<std::uint64_t>> took(threads);
  std::atomic<int> running{threads};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      base::SeededRandom random(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < each; ++i) {
        const int operation = static_cast<int>(random.below(8)), caller = static_cast<int>(random.below(21)) - 1;
        const auto code = random.below(10) == 0 ? base::Code::not_found : base::Code::ok;
        const auto micros = 20 + random.below(5000) * random.below(20) / 7;
        const auto call = scene.call(operation, caller, code);
        ear.answered(*call, code == base::Code::ok ? 200 : 404, std::chrono::microseconds(micros));
        auto& count = sent[t][{caller < 0 ? "" : scene.callers[static_cast<std::size_t>(caller)]->user.text(),
                               scene.ids[static_cast<std::size_t>(operation)]}];
        ++count.first;
        if (code != base::Code::ok) ++count.second;
        took[static_cast<std::size_t>(t)].push_back(micros);
        if (i % 1000 == 0) bench.clock->advance(std::chrono::seconds(1));
      }
      --running;
    });
  while (running > 0) {
    ear.tick(*bench.store);
    std::this_thread::yield();
  }
  for (auto& thread : all) thread.join();
  ASSERT_TRUE(ear.flush(*bench.store).ok());

  std::map<std::pair<std::string, std::string>, std::pair<std::int64_t, std::int64_t>> expected;
  for (const auto& part : sent)
    for (const auto& [key, count] : part) {
      expected[key].first += count.first;
      expected[key].second += count.second;
    }
  const auto found = stats(bench);
  EXPECT_EQ(found.count, threads * each);
  ASSERT_EQ(found.items.size(), expected.size());
  for (const auto& item : found.items) {
    const auto& [count, errors] = expected[{item.client, item.operation}];
    EXPECT_EQ(item.count, count) << item.client << " " << item.operation;
    EXPECT_EQ(item.errors, errors);
  }
  EXPECT_EQ(bench.number(count_log), threads * each);
  // Percentiles of everything, against the exact ones.
  std::vector<std::uint64_t> exact;
  for (const auto& part : took) exact.insert(exact.end(), part.begin(), part.end());
  std::sort(exact.begin(), exact.end());
  domain::Histogram together;
  for (const auto& [operation, histogram] : ear.snapshot().durations) together.merge(histogram);
  for (const double share : {0.5, 0.95, 0.99}) {
    const auto truth = static_cast<double>(exact[static_cast<std::size_t>(share * static_cast<double>(exact.size())) - 1]);
    EXPECT_NEAR(static_cast<double>(together.percentile(share)), truth, truth * 0.05);
  }
  EXPECT_EQ(ear.snapshot().log_lost, 0U);
}

TEST(CallEar, WhatCouldNotBeWrittenIsWrittenLaterAndOnce) {
  Bench bench;
  Scene scene;
  CallEar ear(*bench.clock, settings());
  for (int i = 0; i < 50; ++i) ear.answered(*scene.call(1, 1, base::Code::ok), 200, std::chrono::microseconds(100));
  auto store = std::move(bench.store);
  store->close();
  EXPECT_FALSE(ear.flush(*store).ok());
  store.reset();
  storage::StoreOptions options;
  options.url = "sqlite:" + bench.database();
  options.clock = bench.clock;
  auto again = storage::Store::open(std::move(options));
  ASSERT_TRUE(again.ok());
  bench.store = std::move(again).value();
  ear.answered(*scene.call(1, 1, base::Code::ok), 200, std::chrono::microseconds(100));
  ASSERT_TRUE(ear.flush(*bench.store).ok());
  ASSERT_TRUE(ear.flush(*bench.store).ok());
  EXPECT_EQ(stats(bench).count, 51);
  EXPECT_EQ(bench.number(count_log), 51);
}

TEST(CallEar, AnAnswerOfAMinuteLongPastOverwritesNothing) {
  Bench bench;
  Scene scene;
  CallEar ear(*bench.clock, settings());
  const auto one = [&] {
    ear.answered(*scene.call(0, 0, base::Code::ok), 200, std::chrono::microseconds(5));
    ASSERT_TRUE(ear.flush(*bench.store).ok());
  };
  one();
  bench.clock->advance(std::chrono::minutes(10));
  one();
  bench.clock->jump_wall(-std::chrono::minutes(10));  // the wall clock was put back
  one();
  EXPECT_EQ(stats(bench).count, 3);
}

TEST(CallEar, MemoryIsBoundedAndEveryCallIsCountedAllTheSame) {
  Bench bench;
  Scene scene;
  auto with = settings();
  with.log_entries = 100;
  with.series = 5;
  CallEar ear(*bench.clock, with);
  for (int i = 0; i < 1000; ++i) ear.answered(*scene.call(i % 8, i % 20, base::Code::ok), 200, std::chrono::microseconds(5));
  const auto snapshot = ear.snapshot();
  EXPECT_EQ(snapshot.heard, 1000U);
  EXPECT_EQ(snapshot.log_lost, 900U);
  ASSERT_TRUE(ear.flush(*bench.store).ok());
  EXPECT_EQ(stats(bench).count, 1000);
  EXPECT_EQ(bench.number(count_log), 100);
  // Room again once it was written.
  ear.answered(*scene.call(0, 0, base::Code::ok), 200, std::chrono::microseconds(5));
  EXPECT_EQ(ear.snapshot().log_lost, 900U);
}

TEST(CallEar, AFloodOfSuccessesIsCountedWholeAndLoggedInPart) {
  Bench bench;
  Scene scene;
  auto with = settings();
  with.successes_logged = 10;
  CallEar ear(*bench.clock, with);
  const auto hundred = [&](int operation, int caller, base::Code code) {
    for (int i = 0; i < 100; ++i)
      ear.answered(*scene.call(operation, caller, code), code == base::Code::ok ? 200 : 404, std::chrono::microseconds(5));
    ASSERT_TRUE(ear.flush(*bench.store).ok());
  };
  hundred(0, 0, base::Code::ok);
  EXPECT_EQ(bench.number(count_log), 10);
  hundred(0, 0, base::Code::ok);  // what was flushed is over: the next second has room again
  EXPECT_EQ(bench.number(count_log), 20);
  hundred(0, 1, base::Code::ok);  // one caller's flood hides nobody else
  EXPECT_EQ(bench.number(count_log), 30);
  hundred(0, 0, base::Code::not_found);
  EXPECT_EQ(bench.number(count_log), 130);
  EXPECT_EQ(stats(bench).count, 400);
  EXPECT_EQ(ear.snapshot().log_thinned, 270U);
  EXPECT_EQ(ear.snapshot().log_lost, 0U);
}

TEST(CallEar, TheLogHoldsNoQueryAndNoEndlessPath) {
  Bench bench;
  Scene scene;
  CallEar ear(*bench.clock, settings());
  auto call = scene.call(0, 0, base::Code::ok);
  call->operation = nullptr;
  call->ask.path = "/" + std::string(5000, 'a');
  call->ask.query = "token=hush";
  call->ask.body = "hush";
  ear.answered(*call, 404, std::chrono::microseconds(5));
  ASSERT_TRUE(ear.flush(*bench.store).ok());
  static const storage::Query longest{"t_longest", {"select max(length(path)) from call_log", {}}, {"select 1", {}}};
  static const storage::Query hush{"t_hush", {"select count(*) from call_log where path like '%hush%'", {}}, {"select 1", {}}};
  EXPECT_EQ(bench.number(longest), 200);
  EXPECT_EQ(bench.number(hush), 0);
}

TEST(CallEar, HearingIsCheap) {
  Bench bench;
  Scene scene;
  CallEar ear(*bench.clock, settings());
  std::vector<std::unique_ptr<door::Call>> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(scene.call(i % 8, i % 20, i % 9 ? base::Code::ok : base::Code::not_found));
  constexpr int n = 40'000;
  base::SystemClock clock;
  const auto started = clock.monotonic();
  for (int i = 0; i < n; ++i)
    ear.answered(*calls[static_cast<std::size_t>(i) % calls.size()], 200, std::chrono::microseconds(100 + i % 400));
  const auto each = static_cast<double>((clock.monotonic() - started).count()) * 1000.0 / n;
  std::printf("answered(): %.0f ns\n", each);
  EXPECT_LT(each, 50'000) << "even under sanitizers";
}

}  // namespace
}  // namespace quanji::api
