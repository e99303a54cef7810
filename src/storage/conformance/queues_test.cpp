// How waiting calls are gathered into batches, changes into groups, and who goes first, on both databases.
#include "storage/conformance/fault_file_system.h"
#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Batches : public OnBoth {};
QUANJI_ON_BOTH(Batches);
class Queues : public OnBoth {};
QUANJI_ON_BOTH(Queues);

// ---- batches ----
struct Put {
  std::string name;
  std::int64_t amount = 0;
};
std::vector<std::size_t> batch_sizes;  // one batch thread in these tests
void put_many(Change& change, std::span<BatchCall* const> calls) {
  batch_sizes.push_back(calls.size());
  for (auto* call : calls) {
    const auto& in = *static_cast<const Put*>(call->in);
    if (in.amount < 0) {
      call->result = Error(base::Code::wrong_state);
      continue;
    }
    call->result = put(change, in.name, in.amount);
    if (call->result.ok()) *static_cast<std::string*>(call->out) = "put " + in.name;
  }
}
const BatchOperation put_operation{"put_many", put_many, Priority::take};

std::vector<std::string> gather_all(Store& store, std::vector<Put>& puts, std::vector<std::string>& outs, Held* held) {
  outs.assign(puts.size(), "");
  std::vector<std::promise<std::string>> told(puts.size());
  std::vector<BatchCall> calls(puts.size());
  for (std::size_t i = 0; i < puts.size(); ++i) {
    calls[i].in = &puts[i];
    calls[i].out = &outs[i];
    calls[i].bytes = 100;
    calls[i].done = [&told, i](BatchCall& call) { told[i].set_value(word_of(call.result)); };
    store.gather(put_operation, &calls[i]);
  }
  if (held) held->let_go();
  std::vector<std::string> words;
  for (auto& one : told) words.push_back(one.get_future().get());
  return words;
}

TEST_P(Batches, CallsThatWaitAreOneBatchAndEachGetsItsOwnAnswer) {
  options.batch_connections = 1;
  batch_sizes.clear();
  std::vector<Put> puts;
  for (int i = 0; i < 600; ++i) puts.push_back({"p" + std::to_string(i), i % 10 == 3 ? -1 : i});
  std::vector<std::string> outs;
  std::optional<Held> held;
  if (home.sqlite()) held.emplace(store(), 1);
  const auto words = gather_all(store(), puts, outs, held ? &*held : nullptr);
  for (int i = 0; i < 600; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(words[at], i % 10 == 3 ? "wrong_state" : "ok");
    EXPECT_EQ(outs[at], i % 10 == 3 ? "" : "put p" + std::to_string(i));
  }
  EXPECT_EQ(count(store()).items, 540);
  for (const auto size : batch_sizes) EXPECT_LE(size, batch_calls);
  if (home.sqlite())
    EXPECT_EQ(batch_sizes, (std::vector<std::size_t>{256, 256, 88}));
  else
    EXPECT_LT(batch_sizes.size(), 300u);
}

TEST_P(Batches, OneCallThatBreaksARuleDoesNotSpoilTheOthers) {
  options.batch_connections = 1;
  std::vector<Put> puts;
  for (int i = 0; i < 40; ++i) puts.push_back({"p" + std::to_string(i == 20 ? 19 : i), i});
  std::vector<std::string> outs;
  std::optional<Held> held;
  if (home.sqlite()) held.emplace(store(), 1);
  const auto words = gather_all(store(), puts, outs, held ? &*held : nullptr);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(words[i], i == 20 ? "name_taken" : "ok") << i;
  EXPECT_EQ(count(store()).items, 39);
  EXPECT_EQ(count(store()).audits, 39);
}

// ---- queues ----
TEST_P(Queues, TheUrgentGoFirst) {
  options.writing_connections = 1;
  Held held(store(), 1);
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::future<std::string>> jobs;
  for (const auto priority : {Priority::logs, Priority::enqueue, Priority::audit, Priority::take, Priority::finish})
    jobs.push_back(submit(
        store(),
        [&, priority](Change&) -> Status {
          const std::lock_guard lock(mutex);
          order.push_back(static_cast<int>(priority));
          return {};
        },
        priority));
  held.let_go();
  for (auto& job : jobs) EXPECT_EQ(job.get(), "ok");
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), 5u);
}

TEST_P(Queues, AFullQueueRefusesEarlyAndOnlyItsOwnPriority) {
  options.writing_connections = 1;
  options.queue_limit = 10;
  Held held(store(), 1);
  std::vector<std::future<std::string>> jobs;
  for (int i = 0; i < 15; ++i)
    jobs.push_back(submit(
        store(), [](Change&) { return Status(); }, Priority::logs));
  auto urgent = submit(
      store(), [](Change&) { return Status(); }, Priority::take);
  std::int64_t retry = -1;
  ChangeJob job;
  job.body = [](Change&) { return Status(); };
  job.done = [&](Status status) { retry = status.error().retry_after_seconds(); };
  job.priority = Priority::logs;
  store().submit(std::move(job));
  EXPECT_GT(retry, 0);
  held.let_go();
  int refused = 0;
  for (auto& one : jobs) refused += one.get() == "too_many_calls";
  EXPECT_EQ(refused, 5);
  EXPECT_EQ(urgent.get(), "ok");
}

std::future<std::string> submit_view(Store& store, Priority priority, std::function<void()> body) {
  auto told = std::make_shared<std::promise<std::string>>();
  ViewJob job;
  job.body = [body = std::move(body)](const View&) {
    body();
    return Status();
  };
  job.done = [told](Status status) { told->set_value(word_of(status)); };
  job.priority = priority;
  auto future = told->get_future();
  store.submit(std::move(job));
  return future;
}

TEST_P(Queues, ReportsOccupyHalfOfTheReadersAtMost) {
  const int readers = home.sqlite() ? options.readers : options.reading_connections;
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  std::mutex mutex;
  std::condition_variable some;
  int running = 0, most = 0;
  std::vector<std::future<std::string>> reports;
  for (int i = 0; i < readers * 3; ++i)
    reports.push_back(submit_view(store(), Priority::reports, [&, gone] {
      {
        const std::lock_guard lock(mutex);
        most = std::max(most, ++running);
        some.notify_all();
      }
      gone.wait();
      const std::lock_guard lock(mutex);
      --running;
    }));
  {
    std::unique_lock lock(mutex);
    some.wait(lock, [&] { return running == readers / 2; });
  }
  for (int i = 0; i < readers * 3; ++i) EXPECT_EQ(submit_view(store(), Priority::reads, [] {}).get(), "ok");
  go.set_value();
  for (auto& report : reports) EXPECT_EQ(report.get(), "ok");
  EXPECT_EQ(most, readers / 2);
}

TEST_P(Queues, ReportsAreTheFirstReadsToBeRefused) {
  options.queue_limit = 16;
  options.readers = 2;
  options.reading_connections = 2;
  std::promise<void> go, begun[2];
  const std::shared_future<void> gone = go.get_future().share();
  std::vector<std::future<std::string>> busy;
  for (auto& one : begun) {
    busy.push_back(submit_view(store(), Priority::reads, [&one, gone] {
      one.set_value();
      gone.wait();
    }));
    one.get_future().wait();
  }
  std::vector<std::future<std::string>> reports, reads;
  for (int i = 0; i < 10; ++i) {
    reports.push_back(submit_view(store(), Priority::reports, [] {}));
    reads.push_back(submit_view(store(), Priority::reads, [] {}));
  }
  go.set_value();
  int served = 0;
  for (auto& report : reports) served += report.get() == "ok";
  EXPECT_EQ(served, 2);
  for (auto& read : reads) EXPECT_EQ(read.get(), "ok");
}

TEST(GroupCommit, ManyWaitingChangesShareOneSync) {
  Home home("sqlite");
  auto store = open_or_end(home.options());
  ASSERT_EQ(word_of(store->change([](Change& change) { return put(change, "first"); })), "ok");
  const auto before = store->health();
  const auto syncs = disk::syncs();
  Held held(*store, 1);
  std::vector<std::future<std::string>> jobs;
  for (int i = 0; i < 200; ++i) jobs.push_back(submit(*store, [i](Change& change) { return put(change, std::to_string(i)); }));
  held.let_go();
  for (auto& job : jobs) EXPECT_EQ(job.get(), "ok");
  const auto after = store->health();
  EXPECT_EQ(after.changes - before.changes, 201u);
  // Slow machines end a group by time; the point is far fewer than one each.
  EXPECT_LE(after.commits - before.commits, 40u);
  EXPECT_LE(disk::syncs() - syncs, static_cast<std::int64_t>(after.commits - before.commits) + 4);
  EXPECT_EQ(count(*store).items, 201);
}

TEST(GroupCommit, OneRefusedChangeOfAGroupTakesNobodyWithIt) {
  Home home("sqlite");
  auto store = open_or_end(home.options());
  Held held(*store, 1);
  std::vector<std::future<std::string>> jobs;
  for (int i = 0; i < 30; ++i)
    jobs.push_back(submit(*store, [i](Change& change) -> Status {
      QUANJI_DO(put(change, "n" + std::to_string(i)));
      if (i % 3 == 0) return Error(base::Code::frozen);
      return {};
    }));
  held.let_go();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(jobs[static_cast<std::size_t>(i)].get(), i % 3 == 0 ? "frozen" : "ok");
  EXPECT_EQ(count(*store).items, 20);
}

TEST(GroupCommit, ARefusalBehindOthersRunsTheGroupAgainAndItsRefusalStays) {
  Home home("sqlite");
  auto options = home.options();
  options.clock = std::make_shared<base::ManualClock>();  // a group that takes long ends early: here no time passes
  auto store = open_or_end(options);
  std::vector<int> runs(12), effects(12);
  std::vector<std::future<std::string>> jobs;
  std::promise<std::string> refused;
  {
    Held held(*store, 1);
    for (std::size_t i = 0; i < 12; ++i) {
      if (i == 7) {
        ChangeJob job;
        job.body = [&](Change& change) -> Status {
          ++runs[7];
          QUANJI_DO(put(change, "not to stay"));
          change.after_commit([&] { ++effects[7]; });
          return Error(base::Code::frozen);
        };
        job.refused = [](Change& change, const Error&) { return put(change, "its refusal"); };
        job.done = [&](Status status) { refused.set_value(word_of(status)); };
        store->submit(std::move(job));
        continue;
      }
      jobs.push_back(submit(*store, [&, i](Change& change) {
        ++runs[i];
        change.after_commit([&, i] { ++effects[i]; });
        return put(change, "n" + std::to_string(i), static_cast<std::int64_t>(i));
      }));
    }
  }
  for (auto& job : jobs) EXPECT_EQ(job.get(), "ok");
  EXPECT_EQ(refused.get_future().get(), "frozen");
  EXPECT_EQ(count(*store).items, 12) << "eleven changes and one refusal";
  EXPECT_EQ(amount_of(*store, "n11"), 11);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(effects[i], i == 7 ? 0 : 1) << i;
  EXPECT_GE(*std::ranges::max_element(runs), 2) << "the group was not run again: what this test is for did not happen";
}

TEST(GroupCommit, TheSameIdsAreGivenWhenAGroupRunsAgain) {
  Home home("sqlite");
  auto options = home.options();
  options.clock = std::make_shared<base::ManualClock>();
  auto store = open_or_end(options);
  std::vector<base::Ulid> given;
  std::vector<std::future<std::string>> jobs;
  {
    Held held(*store, 1);
    jobs.push_back(submit(*store, [](Change& change) { return put(change, "first"); }));
    jobs.push_back(submit(*store, [&](Change& change) -> Status {
      base::Ulid id;
      QUANJI_DO(put(change, "second", 0, &id));
      given.push_back(id);
      return {};
    }));
    jobs.push_back(submit(*store, [](Change&) -> Status { return Error(base::Code::frozen); }));
  }
  EXPECT_EQ(jobs[0].get(), "ok");
  EXPECT_EQ(jobs[1].get(), "ok");
  EXPECT_EQ(jobs[2].get(), "frozen");
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0], given[1]);
}

}  // namespace
}  // namespace quanji::storage::conformance
