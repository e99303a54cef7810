// Queues and what a person does to them and their items.
#include "services/queues.h"

#include "services/queues_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::Preset;
using testing::code_of;
using testing::en;
using testing::QueueHouse;

class Queues : public QueueHouse {};
INSTANTIATE_TEST_SUITE_P(Each, Queues, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); });

TEST_P(Queues, ANameIsUniqueInItsDepartmentAndFreeAgainAfterDeletion) {
  const auto one = queue({.name = "reconcile", .description = "待对账"});
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.create"), &create_queue, NewQueue{.name = "reconcile", .department_id = place})),
            Code::name_taken);
  const auto elsewhere = house->run(testing::House::setup(), &create_queue, NewQueue{.name = "reconcile"});
  EXPECT_TRUE(elsewhere.ok());
  EXPECT_TRUE(house->run(house->as(worker, "queue.delete"), &delete_queue, QueueReason{one.id, "不用了"}).ok());
  EXPECT_EQ(code_of(house->ask(house->as(worker, "queue.read"), &read_queue, QueueRef{one.id})), Code::not_found);
  EXPECT_NE(queue({.name = "reconcile"}).id, one.id);
}

TEST_P(Queues, AQueueOfAnotherDepartmentIsNotThere) {
  const auto other = house->department("自营");
  const auto made = house->run(testing::House::setup(), &create_queue, NewQueue{.name = "own", .department_id = other});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(code_of(house->ask(house->as(worker, "queue.read"), &read_queue, QueueRef{made->id})), Code::not_found);
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.create"), &create_queue, NewQueue{.name = "x", .department_id = other})),
            Code::not_found);
  AddItem in;
  EXPECT_EQ(code_of(put(*made, in)), Code::not_found);
  EXPECT_EQ(code_of(hot<TakenItems>(take_items, TakeItems{made->id, 1, {}}, worker, "queue.take")), Code::not_found);
  const auto page = house->ask(house->as(worker, "queue.read"), &list_queues, base::ListQuery{});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->total, 0);
}

TEST_P(Queues, ASchemaThatIsNotUnderstoodIsRefusedWhenItIsGiven) {
  NewQueue in{.name = "x", .department_id = place, .payload_schema = {R"({"type":"object","reqired":["a"]})"}};
  const auto made = house->run(house->as(worker, "queue.create"), &create_queue, in);
  ASSERT_EQ(code_of(made), Code::invalid_field);
  EXPECT_EQ(made.error().fields().at(0).field, "payloadSchema/reqired");
}

TEST_P(Queues, ChangesHoldFromTheNextItemOnAndAStaleRevisionIsRefused) {
  const auto one = queue({});
  base::Patch<QueueChange> patch;
  patch.value.id = one.id;
  patch.value.payload_schema.text = R"({"required":["account"]})";
  patch.value.retries = 0;
  for (const auto* field : {"payload_schema", "retries"})
    patch.given |= std::uint64_t{1} << static_cast<unsigned>(QueueChange::fields().find(field));
  const auto changed = house->run(house->as(worker, "queue.change"), &change_queue, patch);
  ASSERT_TRUE(changed.ok()) << en(changed.error());
  EXPECT_EQ(changed->retries, 0);
  EXPECT_EQ(changed->lease_seconds, 600);
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(code_of(put(one, {.payload = {R"({"other":1})"}})), Code::invalid_field);
  EXPECT_TRUE(put(one, {.payload = {R"({"account":1})"}}).ok());
  auto stale = std::make_shared<domain::Caller>(*house->as(worker, "queue.change"));
  stale->if_match = 1;
  EXPECT_EQ(code_of(house->run<base::Patch<QueueChange>, Queue>(stale, &change_queue, patch)), Code::changed_meanwhile);
}

TEST_P(Queues, APausedQueueHandsOutNothingAndADrainingOneTakesNothingIn) {
  const auto one = queue({});
  item(one, {.reference = "a"});
  ASSERT_TRUE(house->run(house->as(worker, "queue.pause"), &pause_queue, QueueReason{one.id, "维护"}).ok());
  const auto none = hot<TakenItems>(take_items, TakeItems{one.id, 5, {}}, worker, "queue.take");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->items.empty());
  EXPECT_EQ(none->queue_state, domain::QueueState::paused);
  item(one, {.reference = "b"});
  ASSERT_TRUE(house->run(house->as(worker, "queue.drain"), &drain_queue, QueueReason{one.id, "下线"}).ok());
  EXPECT_EQ(code_of(put(one, {})), Code::wrong_state);
  EXPECT_EQ(references(taken(one, 5)), "a b");
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.delete"), &delete_queue, QueueReason{one.id, "x"})), Code::still_referenced);
  ASSERT_TRUE(house->run(house->as(worker, "queue.resume"), &resume_queue, QueueRef{one.id}).ok());
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.resume"), &resume_queue, QueueRef{one.id})), Code::wrong_state);
}

TEST_P(Queues, WhatIsHeldIsHandedOutOnlyAfterItsRelease) {
  const auto one = queue({});
  const auto first = item(one, {.reference = "a", .payload = {R"({"customer":"secret"})"}});
  item(one, {.reference = "b"});
  const auto held = house->run(house->as(worker, "queue.hold"), &hold_item, ItemReason{one.id, first, "待核"});
  ASSERT_TRUE(held.ok()) << en(held.error());
  EXPECT_EQ(held->remark, "待核");
  EXPECT_EQ(house->last_note.target, first.text());
  EXPECT_EQ(house->last_note.before.find("secret"), std::string::npos);
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.hold"), &hold_item, ItemReason{one.id, first, "x"})), Code::wrong_state);
  EXPECT_EQ(references(taken(one, 5)), "b");
  ASSERT_TRUE(house->run(house->as(worker, "queue.hold"), &release_item, QueueItemRef{one.id, first}).ok());
  EXPECT_EQ(references(taken(one, 5)), "a");
  EXPECT_EQ(history(one, first), "add hold release take");
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.hold"), &hold_item, ItemReason{one.id, first, "x"})), Code::wrong_state);
}

TEST_P(Queues, WhatFailedIsTriedAgainByAPersonAsTheNextTryOfTheSameRoot) {
  const auto one = queue({});
  const auto first = item(one, {.reference = "a", .payload = {R"({"n":1})"}, .priority = 7});
  ASSERT_EQ(fail(one, taken(one)[0], domain::FailureKind::business)->state, domain::ItemState::failed);
  const auto next = house->run(house->as(worker, "queue.retry"), &retry_item, RetryItem{one.id, first, "已补正", {}, {}});
  ASSERT_TRUE(next.ok()) << en(next.error());
  EXPECT_EQ(next->attempt, 2);
  EXPECT_EQ(next->root_id, first);
  EXPECT_EQ(next->priority, 7);
  EXPECT_EQ(state(one, first), "retried");
  const auto again = taken(one, 5);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].id, next->id);
  EXPECT_EQ(again[0].payload.text, R"({"n":1})");
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.retry"), &retry_item, RetryItem{one.id, first, "x", {}, {}})), Code::wrong_state);
  const auto tries = house->ask(house->as(worker, "queue.read"), &read_item_history, QueueItemRef{one.id, next->id});
  ASSERT_TRUE(tries.ok());
  ASSERT_EQ(tries->tries.size(), 2U);
  EXPECT_EQ(tries->tries[0].error_code, "timeout");
}

TEST_P(Queues, WhatExpiredIsTriedAgainWithANewDeadlineOnly) {
  const auto one = queue({});
  const auto id = item(one, {.deadline = in(std::chrono::minutes(1))});
  later(std::chrono::minutes(2));
  EXPECT_EQ(state(one, id), "expired") << "without a timer";
  EXPECT_TRUE(taken(one).empty());
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.retry"), &retry_item, RetryItem{one.id, id, "x", {}, {}})), Code::invalid_field);
  const auto next = house->run(house->as(worker, "queue.retry"), &retry_item, RetryItem{one.id, id, "x", {}, in(std::chrono::hours(1))});
  ASSERT_TRUE(next.ok()) << en(next.error());
  EXPECT_EQ(taken(one)[0].id, next->id);
  EXPECT_EQ(counts(one), "in_progress 1, retried 1");
}

TEST_P(Queues, ADeletedItemLosesItsContentAndFreesItsReference) {
  const auto one = queue({.references_unique = domain::ReferenceRule::ever});
  const auto id = item(one, {.reference = "a", .payload = {R"({"customer":"x"})"}});
  EXPECT_EQ(code_of(put(one, {.reference = "a"})), Code::name_taken);
  ASSERT_TRUE(house->run(house->as(worker, "queue.delete_item"), &delete_item, ItemReason{one.id, id, "重复"}).ok());
  const auto gone = look(one, id);
  EXPECT_EQ(gone.state, domain::ItemState::deleted);
  EXPECT_FALSE(gone.payload);
  EXPECT_TRUE(taken(one).empty());
  item(one, {.reference = "a"});
  const auto held = taken(one);
  EXPECT_EQ(code_of(house->run(house->as(worker, "queue.delete_item"), &delete_item, ItemReason{one.id, held[0].id, "x"})),
            Code::wrong_state);
}

TEST_P(Queues, ItemsAreListedByStateReferenceDateAndTime) {
  const auto one = queue({}), other = queue({});
  item(other, {.reference = "z"});
  item(one, {.reference = "a", .business_date = base::Date{20'000}});
  later(std::chrono::minutes(1));
  const auto border = house->clock->now();
  item(one, {.reference = "b"});
  ASSERT_EQ(references(taken(one)), "a");
  const auto list = [&](std::vector<base::GivenFilter> filters, std::optional<base::Time> from = {}) {
    base::ListQuery query;
    query.within = one.id.ulid;
    query.filters = std::move(filters);
    query.created_from = from;
    query.sort = "createdAt";
    const auto page = house->ask(house->as(worker, "queue.read"), &list_queue_items, query);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : en(page.error()));
    std::string all;
    if (page.ok())
      for (const auto& row : page->items) all += row.reference.value_or("-");
    return all;
  };
  EXPECT_EQ(list({}), "ab");
  EXPECT_EQ(list({{"state", "in_progress"}}), "a");
  EXPECT_EQ(list({{"reference", "b"}}), "b");
  EXPECT_EQ(list({{"businessDate", base::to_text(base::Date{20'000})}}), "a");
  EXPECT_EQ(list({}, border), "b");
}

}  // namespace
}  // namespace quanji::services
