// Items on their way: order, leases, tries, references, and that no item ever goes to two.
#include "services/queue_items.h"

#include <atomic>
#include <set>
#include <thread>

#include "services/queue_runs.h"
#include "services/queues_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::AbandonedRule;
using domain::FailureKind;
using domain::ItemState;
using domain::QueueOrder;
using domain::ReferenceRule;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::code_of;
using testing::en;
using testing::QueueHouse;

class QueueItems : public QueueHouse {};
INSTANTIATE_TEST_SUITE_P(Each, QueueItems, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); });

// ---- order ----
TEST_P(QueueItems, TheLargerPriorityComesFirstThenTheOlder) {
  const auto one = queue({});
  for (const auto& [reference, priority] : std::vector<std::pair<std::string, int>>{{"a", 0}, {"b", 5}, {"c", -5}, {"d", 5}, {"e", 0}})
    item(one, {.reference = reference, .priority = priority});
  EXPECT_EQ(references(taken(one, 3)), "b d a");
  EXPECT_EQ(references(taken(one, 100)), "e c");
  EXPECT_TRUE(taken(one).empty());
}

TEST_P(QueueItems, TheEarliestDeadlineComesFirstAndNoDeadlineLast) {
  const auto one = queue({.order = QueueOrder::earliest_deadline});
  item(one, {.reference = "none", .priority = 100});
  item(one, {.reference = "two", .deadline = in(hours(2))});
  item(one, {.reference = "one", .deadline = in(hours(1))});
  EXPECT_EQ(references(taken(one, 5)), "one two none");
}

TEST_P(QueueItems, AFifoQueueHandsOutOneOfEachPartitionAndTheNextOnlyWhenThatIsOver) {
  const auto one = queue({.order = QueueOrder::fifo});
  for (const auto* reference : {"a1", "a2", "b1", "a3", "n1", "n2"}) {
    AddItem in{.reference = reference};
    if (reference[0] != 'n') in.partition_key = std::string(1, reference[0]);
    item(one, in);
  }
  auto first = taken(one, 100);
  EXPECT_EQ(references(first), "a1 b1 n1");
  EXPECT_TRUE(taken(one, 100).empty()) << "what is behind waits";
  ASSERT_TRUE(complete(one, first[0]).ok());
  EXPECT_EQ(references(taken(one, 100)), "a2");
  // A try again keeps its place: nothing overtakes it.
  ASSERT_TRUE(fail(one, first[2], FailureKind::application).ok());
  EXPECT_TRUE(taken(one, 100).empty());
  later(minutes(2));
  EXPECT_EQ(references(taken(one, 100)), "n1");
  ASSERT_TRUE(complete(one, first[1]).ok());
  // An empty partition begins anew.
  item(one, {.reference = "b2", .partition_key = "b"});
  EXPECT_EQ(references(taken(one, 100)), "b2");
}

TEST_P(QueueItems, WhatLeavesAFifoPartitionWithoutBeingTakenLetsTheNextForward) {
  const auto one = queue({.order = QueueOrder::fifo});
  const auto head = item(one, {.reference = "1", .partition_key = "k"});
  const auto second = item(one, {.reference = "2", .partition_key = "k"});
  item(one, {.reference = "3", .deadline = in(minutes(1)), .partition_key = "k"});
  item(one, {.reference = "4", .deadline = in(minutes(1)), .partition_key = "k"});
  item(one, {.reference = "5", .partition_key = "k"});
  ASSERT_TRUE(house->run(house->as(worker, "queue.hold"), &hold_item, ItemReason{one.id, second, "x"}).ok());
  ASSERT_TRUE(house->run(house->as(worker, "queue.delete_item"), &delete_item, ItemReason{one.id, head, "x"}).ok());
  later(minutes(2));
  EXPECT_TRUE(taken(one, 9).empty());
  EXPECT_EQ(tick(&expire_items), 2);
  const auto got = taken(one, 9);
  EXPECT_EQ(references(got), "5");
  ASSERT_TRUE(house->run(house->as(worker, "queue.hold"), &release_item, QueueItemRef{one.id, second}).ok());
  EXPECT_TRUE(taken(one, 9).empty()) << "its partition is busy";
  ASSERT_TRUE(complete(one, got[0]).ok());
  EXPECT_EQ(references(taken(one, 9)), "2");
}

TEST_P(QueueItems, NothingIsHandedOutBeforeItsTimeNorAfterItsDeadline) {
  const auto one = queue({});
  item(one, {.reference = "early", .not_before = in(minutes(10))});
  item(one, {.reference = "late", .deadline = in(minutes(5))});
  later(minutes(6));
  EXPECT_TRUE(taken(one, 5).empty());
  later(minutes(4));
  EXPECT_EQ(references(taken(one, 5)), "early");
  EXPECT_EQ(tick(&expire_items), 1);
  EXPECT_EQ(tick(&expire_items), 0);
  EXPECT_EQ(counts(one), "in_progress 1, expired 1");
}

// ---- leases ----
TEST_P(QueueItems, EveryLeaseHasALargerTokenAndAnOldOneIsWorthNothing) {
  const auto one = queue({});
  const auto id = item(one);
  const auto first = taken(one);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].lease_until, in(seconds(600)));
  ASSERT_TRUE(postpone(one, first[0], in(minutes(1))).ok());
  EXPECT_EQ(postpone(one, first[0], in(minutes(1)))->state, ItemState::fresh) << "said again";
  EXPECT_TRUE(taken(one).empty());
  later(minutes(1));
  const auto second = taken(one);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_GT(second[0].lease_token, first[0].lease_token);
  EXPECT_EQ(second[0].attempt, 1) << "postponing is no try";
  EXPECT_EQ(code_of(complete(one, first[0])), Code::stale_token);
  EXPECT_EQ(complete(one, second[0])->state, ItemState::succeeded);
  EXPECT_EQ(complete(one, second[0])->state, ItemState::succeeded) << "the same end again is answered as the first time";
  EXPECT_EQ(code_of(fail(one, second[0], FailureKind::business)), Code::wrong_state);
  EXPECT_EQ(look(one, id).output->text, R"({"ok":true})");
  EXPECT_EQ(history(one, id), "add take postpone take late complete");
}

TEST_P(QueueItems, OnlyItsHolderEndsAnItem) {
  const auto one = queue({});
  item(one);
  const auto held = taken(one);
  const auto other = house->user("other", place);
  house->give(other, domain::Preset::operator_, place);
  const auto ended = hot<ItemEnd>(complete_item, CompleteItem{one.id, held[0].id, held[0].lease_token, {}}, other, "queue.take");
  EXPECT_EQ(code_of(ended), Code::stale_token);
  const auto elsewhere = queue({});
  EXPECT_EQ(code_of(complete(elsewhere, held[0])), Code::not_found);
  EXPECT_TRUE(complete(one, held[0]).ok());
}

TEST_P(QueueItems, ARenewedLeaseDoesNotRunOut) {
  const auto one = queue({.lease_seconds = 60});
  const auto id = item(one);
  const auto held = taken(one);
  later(seconds(50));
  const auto renewed = hot<ItemEnd>(renew_item, RenewItem{one.id, id, held[0].lease_token, 3600}, worker, "queue.take");
  ASSERT_TRUE(renewed.ok()) << en(renewed.error());
  EXPECT_EQ(renewed->lease_until, in(hours(1)));
  later(minutes(30));
  EXPECT_EQ(tick(&abandon_overdue_items), 0);
  EXPECT_TRUE(complete(one, held[0]).ok());
  EXPECT_EQ(code_of(hot<ItemEnd>(renew_item, RenewItem{one.id, id, held[0].lease_token, {}}, worker, "queue.take")), Code::wrong_state);
}

TEST_P(QueueItems, AnItemWhoseLeaseRanOutIsTriedAgainHeldOrLeftByTheQueuesRule) {
  const auto again = queue({.retries = 1, .back_off_seconds = 0, .abandoned = AbandonedRule::retry});
  const auto hold = queue({.abandoned = AbandonedRule::hold});
  const auto alert = queue({.abandoned = AbandonedRule::alert});
  const auto first = item(again), kept = item(hold), left = item(alert);
  const auto lost = taken(again);
  taken(hold);
  taken(alert);
  later(seconds(599));
  EXPECT_EQ(tick(&abandon_overdue_items), 0);
  later(seconds(1));
  EXPECT_EQ(tick(&abandon_overdue_items), 3);
  EXPECT_EQ(tick(&abandon_overdue_items), 0);
  EXPECT_EQ(state(again, first), "retried");
  EXPECT_EQ(look(again, first).error_code, "lease_ran_out");
  EXPECT_EQ(code_of(complete(again, lost[0])), Code::wrong_state) << "the work is another's by now";
  EXPECT_EQ(counts(hold), "on_hold 1, retried 1");
  EXPECT_EQ(state(hold, kept), "retried");
  EXPECT_EQ(counts(alert), "abandoned 1");
  EXPECT_EQ(state(alert, left), "abandoned");
  static const storage::Query told{"told",
                                   {"select count(*) from events where type = 'queue.item_abandoned'", {}},
                                   {"select count(*) from events where type = 'queue.item_abandoned'", {}}};
  EXPECT_EQ(house->number(told), 3);
  // The last try is the last.
  ASSERT_EQ(taken(again)[0].attempt, 2);
  later(hours(1));
  EXPECT_EQ(tick(&abandon_overdue_items), 1);
  EXPECT_EQ(counts(again), "abandoned 1, retried 1");
}

// ---- ends ----
TEST_P(QueueItems, AnApplicationFailureIsTriedAgainAfterItsBackOffAndABusinessFailureNever) {
  const auto one = queue({.retries = 2, .back_off_seconds = 60, .back_off_factor = 2});
  const auto id = item(one, {.reference = "a", .priority = 3, .deadline = in(hours(9))});
  item(one, {.reference = "b"});
  const auto end = fail(one, taken(one)[0], FailureKind::application);
  ASSERT_TRUE(end.ok()) << en(end.error());
  EXPECT_EQ(end->state, ItemState::retried);
  ASSERT_TRUE(end->next);
  const auto next = look(one, *end->next);
  EXPECT_EQ(next.attempt, 2);
  EXPECT_EQ(next.root_id, id);
  EXPECT_EQ(next.priority, 3);
  EXPECT_EQ(next.deadline, look(one, id).deadline);
  EXPECT_EQ(next.not_before, in(seconds(60)));
  EXPECT_EQ(references(taken(one, 5)), "b");
  later(seconds(60));
  const auto second = fail(one, taken(one)[0], FailureKind::application);
  EXPECT_EQ(second->next_not_before, in(seconds(120)));
  later(seconds(120));
  const auto third = fail(one, taken(one)[0], FailureKind::application);
  EXPECT_EQ(third->state, ItemState::failed) << "no try is left";
  EXPECT_FALSE(third->next);
  EXPECT_EQ(counts(one), "in_progress 1, failed 1, retried 2");
  const auto other = queue({});
  item(other);
  EXPECT_EQ(fail(other, taken(other)[0], FailureKind::business)->state, ItemState::failed);
}

TEST_P(QueueItems, EveryItemCountsInOneStateAndFoldingChangesNothing) {
  const auto one = queue({});
  for (int i = 0; i < 80; ++i) item(one);
  for (const auto& held : taken(one, 30)) ASSERT_TRUE(complete(one, held).ok());
  taken(one, 7);
  EXPECT_EQ(counts(one), "new 43, in_progress 7, succeeded 30");
  std::int64_t folded = 0;
  ASSERT_TRUE(house
                  ->change([&](Change& c) -> Status {
                    QUANJI_TRY(folded, fold_queue_counts(c));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(folded, 1);
  EXPECT_EQ(counts(one), "new 43, in_progress 7, succeeded 30");
  static const storage::Query rows{"rows", {"select count(*) from queue_counts", {}}, {"select count(*) from queue_counts", {}}};
  EXPECT_EQ(house->number(rows), 3);
}

// ---- adding ----
TEST_P(QueueItems, AReferenceIsUniqueByTheQueuesRule) {
  const auto free = queue({});
  item(free, {.reference = "a"});
  item(free, {.reference = "a"});
  const auto ever = queue({.references_unique = ReferenceRule::ever});
  item(ever, {.reference = "a"});
  EXPECT_EQ(code_of(put(ever, {.reference = "a"})), Code::name_taken);
  item(ever, {});
  item(ever, {});
  const auto dated = queue({.references_unique = ReferenceRule::per_business_date});
  item(dated, {.reference = "a", .business_date = base::Date{20'000}});
  item(dated, {.reference = "a", .business_date = base::Date{20'001}});
  EXPECT_EQ(code_of(put(dated, {.reference = "a", .business_date = base::Date{20'000}})), Code::name_taken);
  EXPECT_EQ(code_of(put(dated, {.reference = "a"})), Code::invalid_field);
  const auto days = queue({.references_unique = ReferenceRule::per_days, .reference_days = 2});
  item(days, {.reference = "a"});
  later(hours(47));
  EXPECT_EQ(code_of(put(days, {.reference = "a"})), Code::name_taken);
  later(hours(1));
  item(days, {.reference = "a"});
  EXPECT_EQ(code_of(put(days, {.reference = "a"})), Code::name_taken);
}

TEST_P(QueueItems, ATryAgainKeepsTheReferenceOfItsRoot) {
  const auto one = queue({.back_off_seconds = 0, .references_unique = ReferenceRule::ever});
  item(one, {.reference = "a"});
  ASSERT_TRUE(fail(one, taken(one)[0], FailureKind::application).ok());
  EXPECT_EQ(code_of(put(one, {.reference = "a"})), Code::name_taken);
  EXPECT_EQ(references(taken(one)), "a");
}

TEST_P(QueueItems, ManyRowsAreEachAnsweredAndTheGoodOnesAreThere) {
  const auto one = queue({.references_unique = ReferenceRule::ever, .payload_schema = {R"({"required":["n"]})"}});
  AddItems many{one.id, {}};
  for (const auto& [reference, payload] : std::vector<std::pair<std::string, std::string>>{
           {"a", R"({"n":1})"}, {"b", "{}"}, {"a", R"({"n":2})"}, {"c", R"({"n":"三"})"}, {"d", "[1]"}})
    many.items.push_back({.reference = reference, .payload = {payload}});
  const auto answer = hot<BulkAnswer>(add_items, many, worker, "queue.add");
  ASSERT_TRUE(answer.ok()) << en(answer.error());
  EXPECT_EQ(answer->total, 5);
  EXPECT_EQ(answer->succeeded, 2);
  EXPECT_EQ(answer->failed, 3);
  const std::int64_t codes[] = {0, 20001, 30002, 0, 20001};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(answer->items[i].code, codes[i]) << i << answer->items[i].message;
  EXPECT_NE(answer->items[1].message.find("payload/n"), std::string::npos);
  EXPECT_EQ(references(taken(one, 9)), "a c");
}

TEST_P(QueueItems, BadItemsAreRefusedWithTheirFields) {
  const auto one = queue({});
  const auto fields = [&](AddItem in) {
    const auto made = put(one, std::move(in));
    std::string all;
    if (!made.ok())
      for (const auto& field : made.error().fields()) all += field.field + " ";
    return all;
  };
  EXPECT_EQ(fields({.payload = {"[1]"}}), "payload ");
  EXPECT_EQ(fields({.deadline = in(seconds(0))}), "deadline ");
  EXPECT_EQ(fields({.not_before = in(hours(2)), .deadline = in(hours(1))}), "notBefore ");
  EXPECT_EQ(code_of(put(one, {.payload = {"{\"x\":\"" + std::string(payload_bytes, 'x') + "\"}"}})), Code::too_large);
  EXPECT_EQ(counts(one), "");
}

TEST_P(QueueItems, TheSameKeyAgainAddsNothing) {
  const auto one = queue({.references_unique = ReferenceRule::ever});
  const auto first = put(one, {.reference = "a"}, "key-1");
  ASSERT_TRUE(first.ok()) << en(first.error());
  const auto again = put(one, {.reference = "a"}, "key-1");
  ASSERT_TRUE(again.ok()) << en(again.error());
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(code_of(put(one, {.reference = "b"}, "key-1")), Code::idempotency_conflict);
  EXPECT_EQ(code_of(put(one, {.reference = "a"}, "key-2")), Code::name_taken);
  EXPECT_EQ(code_of(put(one, {.reference = "b"}, "key-2")), Code::ok) << "only successes are kept";
  EXPECT_EQ(counts(one), "new 2");
  AddItems many{one.id, {{.reference = "m1"}, {.reference = "a"}, {.reference = "m2"}}};
  const auto once = hot<BulkAnswer>(add_items, many, worker, "queue.add", "key-3");
  const auto twice = hot<BulkAnswer>(add_items, many, worker, "queue.add", "key-3");
  ASSERT_TRUE(once.ok() && twice.ok());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(once->items[i].id, twice->items[i].id);
  EXPECT_EQ(counts(one), "new 4");
}

// ---- many at once ----
TEST_P(QueueItems, AnItemGoesToOneTakerOnlyHoweverManyThereAre) {
  const auto one = queue({});
  constexpr int takers = 12, items = 600;
  for (int from = 0; from < items; from += 200) {
    AddItems many{one.id, {}};
    for (int i = 0; i < 200; ++i) many.items.push_back({.reference = std::to_string(from + i)});
    ASSERT_EQ(hot<BulkAnswer>(add_items, many, worker, "queue.add")->succeeded, 200);
  }
  std::mutex mutex;
  std::multiset<std::string> seen;
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  const auto caller = house->as(worker, "queue.take");
  for (int n = 0; n < takers; ++n)
    threads.emplace_back([&, n] {
      for (;;) {
        auto some = hot_by<TakenItems>(take_items, TakeItems{one.id, 1 + n % 5, {}}, caller);
        EXPECT_TRUE(some.ok()) << (some.ok() ? "" : some.error().detail());
        if (!some.ok() || some->items.empty()) return;
        for (const auto& held : some->items) {
          const auto done = hot_by<ItemEnd>(complete_item, CompleteItem{one.id, held.id, held.lease_token, {}}, caller);
          EXPECT_TRUE(done.ok()) << (done.ok() ? "" : en(done.error()) + done.error().detail());
          ended += done.ok();
          const std::scoped_lock lock(mutex);
          seen.insert(*held.reference);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ended, items);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(items));
  for (int i = 0; i < items; ++i) EXPECT_EQ(seen.count(std::to_string(i)), 1U) << i;
  EXPECT_EQ(counts(one), "succeeded 600");
}

TEST_P(QueueItems, AddersAndTakersOfFifoPartitionsLoseNothingAndKeepTheOrder) {
  const auto one = queue({.order = QueueOrder::fifo});
  constexpr int partitions = 4, each = 30;
  std::atomic<int> left{partitions * each};
  std::mutex mutex;
  std::map<std::string, std::vector<int>> order;
  std::vector<std::thread> threads;
  const auto adder = house->as(worker, "queue.add"), taker = house->as(worker, "queue.take");
  for (int p = 0; p < partitions; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) {
        AddItem in{.id = one.id, .reference = std::to_string(i), .partition_key = "p" + std::to_string(p)};
        const auto made = hot_by<QueueItem>(add_item, in, adder);
        EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().detail());
        if (!made.ok()) --left;
      }
    });
  for (int n = 0; n < 6; ++n)
    threads.emplace_back([&] {
      while (left > 0) {
        auto some = hot_by<TakenItems>(take_items, TakeItems{one.id, 3, {}}, taker);
        if (!some.ok()) {
          ADD_FAILURE() << some.error().detail();
          return;
        }
        for (const auto& held : some->items) {
          {
            const std::scoped_lock lock(mutex);
            order[*held.partition_key].push_back(std::stoi(*held.reference));
          }
          const auto done = hot_by<ItemEnd>(complete_item, CompleteItem{one.id, held.id, held.lease_token, {}}, taker);
          EXPECT_TRUE(done.ok()) << (done.ok() ? "" : en(done.error()) + done.error().detail());
          --left;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  for (int p = 0; p < partitions; ++p) {
    const auto& got = order["p" + std::to_string(p)];
    ASSERT_EQ(got.size(), static_cast<std::size_t>(each));
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end())) << p;
  }
  static const storage::Query rest{"rest", {"select count(*) from queue_partitions", {}}, {"select count(*) from queue_partitions", {}}};
  EXPECT_EQ(house->number(rest), 0);
}

// ---- runs ----
class QueueRuns : public QueueHouse {
 protected:
  QueueRun run_of(std::uint8_t n) {
    QueueRun run;
    run.task.ulid.bytes[15] = n;
    run.task.ulid.bytes[0] = 1;
    run.attempt.ulid = run.task.ulid;
    run.attempt.ulid.bytes[1] = 1;
    run.department = place;
    run.actor = "robot-" + std::to_string(n);
    return run;
  }
  template <class T>
  Result<T> in_change(const std::function<Result<T>(Change&)>& work) {
    std::optional<Result<T>> result;
    const auto done = house->change([&](Change& c) -> Status {
      result.emplace(work(c));
      if (!result->ok()) return result->error().clone();
      return {};
    });
    if (!done) return done.error().clone();
    return std::move(*result);
  }
  Result<std::optional<TakenItem>> take_as(const QueueRun& run, const std::string& name, const std::string& key) {
    return in_change<std::optional<TakenItem>>([&](Change& c) { return take_for_run(c, run, name, key); });
  }
};
INSTANTIATE_TEST_SUITE_P(Each, QueueRuns, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); });

TEST_P(QueueRuns, ARunFindsTheQueueOfItsDepartmentOrAbove) {
  ASSERT_TRUE(house->run(testing::House::setup(), &create_queue, NewQueue{.name = "shared"}).ok());
  const auto own = queue({.name = "own"});
  item(own, {.reference = "a"});
  const auto run = run_of(1);
  EXPECT_EQ((*take_as(run, "own", "k1"))->reference, "a");
  EXPECT_FALSE(*take_as(run, "shared", "k2"));
  EXPECT_EQ(code_of(take_as(run, "none", "k3")), Code::not_found);
  auto stranger = run;
  stranger.department = house->department("别处");
  EXPECT_EQ(code_of(take_as(stranger, "own", "k4")), Code::not_found);
}

TEST_P(QueueRuns, TheSameKeyOfARunAgainIsAnsweredAsTheFirstTime) {
  const auto one = queue({.name = "work", .references_unique = ReferenceRule::ever});
  const auto run = run_of(1), other = run_of(2);
  const auto add = [&](const std::string& key, std::vector<NewItem> items) {
    return in_change<std::vector<QueueItemId>>([&](Change& c) { return add_for_run(c, run, "work", items, key); });
  };
  const auto ids = add("add1", {{.reference = "a"}, {.reference = "b"}});
  ASSERT_TRUE(ids.ok()) << en(ids.error());
  EXPECT_EQ(*add("add1", {{.reference = "a"}, {.reference = "b"}}), *ids);
  // All of them or none.
  EXPECT_EQ(code_of(add("add2", {{.reference = "c"}, {.reference = "a"}})), Code::name_taken);
  ASSERT_TRUE(add("add3", {{.reference = "c"}}).ok());
  const auto held = take_as(run, "work", "take1");
  ASSERT_TRUE(held.ok() && *held);
  EXPECT_EQ((*take_as(run, "work", "take1"))->id, (*held)->id);
  EXPECT_NE((*take_as(other, "work", "take1"))->id, (*held)->id);
  EXPECT_EQ(counts(one), "new 1, in_progress 2");
}

TEST_P(QueueRuns, AnItemIsEndedByTheRunThatHoldsItAndNoOther) {
  const auto one = queue({.name = "work"});
  const auto id = item(one);
  const auto run = run_of(1), other = run_of(2);
  ASSERT_TRUE(*take_as(run, "work", "k"));
  const auto finish_as = [&](const QueueRun& who) {
    return in_change<ItemEnd>([&](Change& c) { return complete_for_run(c, who, id, {R"({"n":1})"}); });
  };
  EXPECT_EQ(code_of(finish_as(other)), Code::wrong_state);
  EXPECT_TRUE(finish_as(run).ok());
  EXPECT_TRUE(finish_as(run).ok()) << "again";
  EXPECT_EQ(look(one, id).task, run.task.text());
}

TEST_P(QueueRuns, ARunThatEndsLeavesNothingInProgress) {
  const auto one = queue({.name = "work", .retries = 1, .back_off_seconds = 0});
  item(one, {.reference = "a"});
  item(one, {.reference = "b"});
  const auto run = run_of(1);
  ASSERT_TRUE(*take_as(run, "work", "k1"));
  ASSERT_TRUE(*take_as(run, "work", "k2"));
  // The robot's beat carries their leases.
  later(minutes(9));
  ASSERT_TRUE(house->change([&](Change& c) { return renew_items_of(c, run.attempt, in(minutes(10))); }).ok());
  later(minutes(9));
  EXPECT_EQ(tick(&abandon_overdue_items), 0);
  EXPECT_EQ(*in_change<std::int64_t>([&](Change& c) { return settle_items_of(c, run, "runner_died", "the runner ended"); }), 2);
  EXPECT_EQ(counts(one), "new 2, retried 2");
  EXPECT_EQ(*in_change<std::int64_t>([&](Change& c) { return settle_items_of(c, run, "runner_died", "again"); }), 0);
}

}  // namespace
}  // namespace quanji::services
