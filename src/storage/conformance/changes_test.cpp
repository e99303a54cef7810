// What one change, one view and one batch promise, on both databases.
#include <set>

#include "storage/conformance/fault_file_system.h"
#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Changes : public OnBoth {};
QUANJI_ON_BOTH(Changes);
class Batches : public OnBoth {};
QUANJI_ON_BOTH(Batches);
class Reruns : public OnBoth {};
QUANJI_ON_BOTH(Reruns);
class Queues : public OnBoth {};
QUANJI_ON_BOTH(Queues);

struct Item {
  base::Id<"itm"> id;
  std::string name;
  std::int64_t amount = 0;
  std::optional<std::string> note;
  std::optional<std::vector<std::string>> payload_words;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Item, QF(id, "标识", "Identifier"), QF(name, "名称", "Name"), QF(amount, "数量", "Amount"), QF(note, "备注", "Note"),
              QF(payload_words, "词", "Words"));

TEST_P(Changes, EveryValueComesBackAsItWentIn) {
  std::vector<std::uint8_t> all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  const std::int64_t numbers[] = {0, -1, INT64_MIN, INT64_MAX, 1'700'000'000'000'000};
  const std::string texts[] = {"", "券机 '\"\\ %_", std::string(100'000, 'x'), "a\nb"};
  const auto read = store().view([&](const View& view) -> Status {
    for (const auto number : numbers)
      for (const auto& text : texts) {
        QUANJI_TRY(const auto row, view.row(probe::typed, {{"number", number}, {"text", text}, {"bytes", Bytes(all)}}));
        EXPECT_EQ(row->integer("number"), number);
        EXPECT_EQ(row->text("text"), text);
        EXPECT_TRUE(std::ranges::equal(row->bytes("bytes"), all));
      }
    QUANJI_TRY(const auto empty, view.row(probe::typed, {{"number", nullptr}, {"text", std::optional<std::string>{}}, {"bytes", Bytes{}}}));
    EXPECT_TRUE(empty->is_null("number"));
    EXPECT_TRUE(empty->is_null("text"));
    EXPECT_EQ(empty->bytes("bytes").size(), 0u);
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
}

TEST_P(Changes, ATypeIsWrittenAndReadByItsFieldList) {
  Item item{.name = "甲", .amount = 7, .note = std::nullopt};
  const auto stored = store().change([&](Change& change) -> Status {
    item.id = change.new_id<base::Id<"itm">>();
    QUANJI_TRY(const auto rows, change.run_with(probe::put_item, item, {{"payload", nullptr}}));
    EXPECT_EQ(rows, 1);
    return {};
  });
  ASSERT_EQ(word_of(stored), "ok");
  const auto read = store().view([&](const View& view) -> Status {
    QUANJI_TRY(const auto row, view.row(probe::item, {{"id", item.id}}));
    EXPECT_EQ(row->id<base::Id<"itm">>("id"), item.id);
    EXPECT_EQ(row->text("name"), "甲");
    EXPECT_TRUE(row->is_null("note"));
    // A column that is no field of the type is a bug, said at once.
    const auto unfit = view.maybe<Item>(probe::item, {{"id", item.id}});
    EXPECT_EQ(unfit.error().code(), base::Code::bug);
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
}

TEST_P(Changes, ARefusedChangeLeavesNothingAndItsRefusalStays) {
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change& change) -> Status {
    QUANJI_DO(put(change, "half"));
    return Error(base::Code::wrong_state);
  };
  job.refused = [](Change& change, const Error& why) -> Status {
    QUANJI_TRY(const auto n, change.run(probe::put_audit,
                                        {{"id", change.new_ulid()}, {"item", change.new_ulid()}, {"what", base::row_of(why.code()).word}}));
    EXPECT_EQ(n, 1);
    return {};
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "wrong_state");
  const auto counts = count(store());
  EXPECT_EQ(counts.items, 0);
  EXPECT_EQ(counts.audits, 1);
}

TEST_P(Changes, AFailingRefusalIsTheAnswerAndLeavesNothing) {
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change&) -> Status { return Error(base::Code::wrong_state); };
  job.refused = [](Change& change, const Error&) -> Status {
    QUANJI_DO(put(change, "of the refusal"));
    return Error(base::Code::audit_unavailable);
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "audit_unavailable");
  EXPECT_EQ(count(store()).items, 0);
}

TEST_P(Changes, EffectsHappenOnlyAfterTheCommitAndBeforeDone) {
  std::vector<std::string> seen;
  EXPECT_EQ(word_of(store().change([&](Change& change) -> Status {
              change.after_commit([&] { seen.push_back("refused"); });
              return Error(base::Code::frozen);
            })),
            "frozen");
  EXPECT_TRUE(seen.empty());
  std::promise<void> told;
  ChangeJob job;
  job.body = [&](Change& change) -> Status {
    change.after_commit([&] { seen.push_back("amount " + std::to_string(home.sqlite() ? 5 : amount_of(store(), "x"))); });
    change.after_commit([&] { seen.push_back("second"); });
    QUANJI_DO(put(change, "x", 5));
    EXPECT_TRUE(seen.empty());
    return {};
  };
  job.done = [&](Status) {
    seen.push_back("done");
    told.set_value();
  };
  store().submit(std::move(job));
  told.get_future().wait();
  EXPECT_EQ(seen, (std::vector<std::string>{"amount 5", "second", "done"}));
}

TEST_P(Changes, BrokenRulesHaveNames) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "ok");
  EXPECT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "name_taken");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              const auto made = change.run(probe::put_child, {{"id", change.new_ulid()}, {"item", change.new_ulid()}});
              if (!made.ok()) return made.error().clone();
              return {};
            })),
            "still_referenced");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              const auto made =
                  change.run(probe::put_item,
                             {{"id", change.new_ulid()}, {"name", "low"}, {"amount", -5000}, {"note", nullptr}, {"payload", nullptr}});
              if (!made.ok()) return Error(made.error().code());
              return {};
            })).substr(0, 3),
            "bug");
  EXPECT_EQ(count(store()).items, 1);
}

TEST_P(Changes, AFailedStatementEndsTheChange) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "ok");
  const auto stored = store().change([](Change& change) -> Status {
    EXPECT_FALSE(put(change, "one").ok());
    EXPECT_EQ(word_of(put(change, "two")), "name_taken");  // the same on both: PostgreSQL cannot go on
    return {};                                             // swallowing it does not help
  });
  EXPECT_EQ(word_of(stored), "name_taken");
  EXPECT_EQ(count(store()).items, 1);
}

TEST_P(Changes, ABugInABodyIsAnAnswerAndNotTheEnd) {
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              (void)put(change, "gone");
              throw std::runtime_error("oops");
            })),
            "bug: oops");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_TRY(const auto rows, change.run(probe::set_amount, {{"name", "x"}}));
              (void)rows;
              return {};
            })),
            "bug: query set_amount was not given :amount");
  ASSERT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_DO(put(change, "a"));
              return put(change, "b");
            })),
            "ok");
  EXPECT_EQ(word_of(store().view([](const View& view) -> Status {
              QUANJI_TRY(const auto row, view.row(probe::items));
              (void)row;
              return {};
            })).substr(0, 3),
            "bug");
  EXPECT_EQ(word_of(store().change([](Change& change) {
              (void)change.caller();
              return Status();
            })),
            "bug: this job was submitted without a caller");
  EXPECT_EQ(count(store()).items, 2);
}

TEST_P(Changes, CountsAndReturningSayWhatWasChanged) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "a", 3); })), "ok");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_TRY(const auto none, change.run(probe::set_amount, {{"name", "nobody"}, {"amount", 1}}));
              EXPECT_EQ(none, 0);
              QUANJI_TRY(const auto one, change.run(probe::set_amount, {{"amount", 10}, {"name", "a"}}));
              EXPECT_EQ(one, 1);
              QUANJI_TRY(const auto row, change.row(probe::bump_returning, {{"name", "a"}}));
              EXPECT_EQ(row->integer("amount"), 11);
              QUANJI_TRY(const auto gone, change.row(probe::bump_returning, {{"name", "nobody"}}));
              EXPECT_FALSE(gone.has_value());
              return {};
            })),
            "ok");
}

TEST_P(Changes, AViewSeesOneMoment) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "a", 1); })), "ok");
  EXPECT_EQ(word_of(store().view([&](const View& view) -> Status {
              QUANJI_TRY(const auto before, view.row(probe::counts));
              EXPECT_EQ(word_of(store().change([](Change& change) { return put(change, "b", 1); })), "ok");
              QUANJI_TRY(const auto after, view.row(probe::counts));
              EXPECT_EQ(before->integer("items"), after->integer("items"));
              return {};
            })),
            "ok");
  EXPECT_EQ(count(store()).items, 2);
}

TEST_P(Changes, AViewCannotWrite) {
  EXPECT_NE(word_of(store().view([&](const View& view) -> Status {
              QUANJI_TRY(const auto rows, view.rows(probe::bump_returning, {{"name", "a"}}));
              (void)rows;
              return {};
            })),
            "ok");
}

TEST_P(Changes, ReadsOnTheCallersThreadSeeWhatIsCommitted) {
  if (!store().reads_here()) {
    EXPECT_EQ(word_of(store().read_here([](const View&) { return Status(); })), "not_supported");
    return;
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(t) + "." + std::to_string(i);
        EXPECT_EQ(word_of(store().change([&](Change& change) { return put(change, name, i); })), "ok");
        EXPECT_EQ(word_of(store().read_here([&](const View& view) -> Status {
                    QUANJI_TRY(const auto row, view.row(probe::item_named, {{"name", name}}));
                    EXPECT_TRUE(row.has_value());
                    return {};
                  })),
                  "ok");
      }
    });
  for (auto& thread : threads) thread.join();
  store().close();
  EXPECT_EQ(word_of(store().read_here([](const View&) { return Status(); })), "store_unavailable");
}

TEST_P(Changes, AfterCloseEveryJobIsAnswered) {
  auto& closed = store();
  std::vector<std::future<std::string>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(submit(closed, [i](Change& change) { return put(change, std::to_string(i)); }));
  closed.close();
  for (auto& one : waiting) EXPECT_EQ(one.get(), "ok");  // what waited was carried out
  EXPECT_EQ(word_of(closed.change([](Change&) { return Status(); })), "store_unavailable");
  EXPECT_EQ(word_of(closed.view([](const View&) { return Status(); })), "store_unavailable");
}

TEST_P(Reruns, TheSecondRunGetsTheSameIdsTimeAndChance) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  std::vector<std::string> runs;
  EXPECT_EQ(word_of(store().change([&](Change& change) -> Status {
              base::Ulid id;
              QUANJI_DO(put(change, "same", 1, &id));
              const auto drawn = change.random().next();
              runs.push_back(base::to_text(id) + std::to_string(drawn) + std::to_string(change.now().micros));
              return {};
            })),
            "ok");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(count(store()).items, 1);
  EXPECT_EQ(count(store()).audits, 1);
}

TEST_P(Reruns, AChangeThatRemembersOutsideOfItselfIsFound) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  int outside = 0;
  EXPECT_EQ(word_of(store().change([&](Change& change) { return put(change, "n", ++outside); })).substr(0, 3), "bug");
  EXPECT_EQ(count(store()).items, 0);
}

TEST_P(Reruns, RefusalsAndTheirRowsComeOnceInTwoRuns) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change& change) -> Status {
    QUANJI_DO(put(change, "x"));
    return put(change, "x");
  };
  job.refused = [](Change& change, const Error&) -> Status {
    QUANJI_TRY(const auto n, change.run(probe::put_audit, {{"id", change.new_ulid()}, {"item", change.new_ulid()}, {"what", "no"}}));
    (void)n;
    return {};
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "name_taken");
  EXPECT_EQ(count(store()).audits, 1);
  EXPECT_EQ(count(store()).items, 0);
}

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
