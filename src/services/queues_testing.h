// For tests of data queues: a house with a queue in it, on either database, and hot operations called as their callers would.
#pragma once
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/identity_testing.h"
#include "services/queue_items.h"
#include "tests/postgres.h"

namespace quanji::services::testing {

class QueueHouse : public ::testing::TestWithParam<const char*> {
 protected:
  QueueHouse() {
    if (std::string_view(GetParam()) == "postgres") database_.emplace();
    house.emplace(database_ ? database_->url() : std::string());
    place = house->department("清算部");
    worker = house->user("worker", place);
    house->give(worker, domain::Preset::operator_, place);
  }

  // A hot operation by a person with the right of that name.
  template <class Out, class In>
  Result<Out> hot(const storage::BatchOperation& operation, const In& in, const UserId& who, std::string_view permission,
                  std::string key = {}) {
    return hot_by<Out>(operation, in, house->as(who, permission), std::move(key));
  }
  template <class Out, class In>
  Result<Out> hot_by(const storage::BatchOperation& operation, const In& in, std::shared_ptr<const domain::Caller> caller,
                     std::string key = {}) {
    Out out;
    std::promise<Status> told;
    storage::BatchCall call;
    call.in = &in;
    call.out = &out;
    call.caller = std::move(caller);
    call.key_body = base::digest(base::Hash::sha256, base::bytes_of(base::to_json(in, base::Side::stored)));
    call.key = std::move(key);
    call.done = [&](storage::BatchCall& done) { told.set_value(std::move(done.result)); };
    house->store->gather(operation, &call);
    auto result = told.get_future().get();
    if (!result) return std::move(result).error();
    return out;
  }

  Queue queue(NewQueue in) {
    if (!in.department_id) in.department_id = place;
    if (in.name.empty()) in.name = "q" + std::to_string(++made_);
    auto made = house->run(house->as(worker, "queue.create"), &create_queue, in);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : en(made.error()));
    return made.ok() ? std::move(*made) : Queue{};
  }
  Result<QueueItem> put(const Queue& to, AddItem in, std::string key = {}) {
    in.id = to.id;
    return hot<QueueItem>(add_item, in, worker, "queue.add", std::move(key));
  }
  QueueItemId item(const Queue& to, AddItem in = {}) {
    const auto made = put(to, std::move(in));
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : en(made.error()) + made.error().detail());
    return made.ok() ? made->id : QueueItemId{};
  }
  std::vector<TakenItem> taken(const Queue& from, std::int64_t max = 1) {
    auto found = hot<TakenItems>(take_items, TakeItems{from.id, max, {}}, worker, "queue.take");
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : en(found.error()) + found.error().detail());
    return found.ok() ? std::move(found->items) : std::vector<TakenItem>{};
  }
  std::string references(const std::vector<TakenItem>& items) {
    std::string all;
    for (const auto& one : items) all += (all.empty() ? "" : " ") + one.reference.value_or("-");
    return all;
  }
  Result<ItemEnd> complete(const Queue& of, const TakenItem& taken) {
    return hot<ItemEnd>(complete_item, CompleteItem{of.id, taken.id, taken.lease_token, base::JsonText{R"({"ok":true})"}}, worker,
                        "queue.take");
  }
  Result<ItemEnd> fail(const Queue& of, const TakenItem& taken, domain::FailureKind kind) {
    return hot<ItemEnd>(fail_item, FailItem{of.id, taken.id, taken.lease_token, kind, "timeout", "no answer", {}}, worker, "queue.take");
  }
  Result<ItemEnd> postpone(const Queue& of, const TakenItem& taken, base::Time until) {
    return hot<ItemEnd>(postpone_item, PostponeItem{of.id, taken.id, taken.lease_token, until, "not yet"}, worker, "queue.take");
  }
  QueueItem look(const Queue& in, const QueueItemId& id) {
    auto found = house->ask(house->as(worker, "queue.read"), &read_queue_item, QueueItemRef{in.id, id});
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : en(found.error()));
    return found.ok() ? std::move(*found) : QueueItem{};
  }
  std::string state(const Queue& in, const QueueItemId& id) { return std::string(base::word(look(in, id).state)); }
  // "new 2, failed 1": states that are not empty.
  std::string counts(const Queue& in) {
    const auto found = house->ask(house->as(worker, "queue.read"), &count_queue, QueueRef{in.id});
    EXPECT_TRUE(found.ok());
    std::string all;
    if (found.ok())
      for (const auto& one : found->items)
        if (one.count != 0) all += (all.empty() ? "" : ", ") + std::string(base::word(one.state)) + " " + std::to_string(one.count);
    return all;
  }
  // The acts of an item, in order.
  std::string history(const Queue& in, const QueueItemId& id) {
    const auto found = house->ask(house->as(worker, "queue.read"), &read_item_history, QueueItemRef{in.id, id});
    EXPECT_TRUE(found.ok());
    std::string all;
    if (found.ok())
      for (const auto& one : found->steps) all += (all.empty() ? "" : " ") + one.act;
    return all;
  }
  std::int64_t tick(Result<std::int64_t> (*work)(Change&, std::int64_t)) {
    std::int64_t moved = -1;
    EXPECT_TRUE(house
                    ->change([&](Change& c) -> Status {
                      QUANJI_TRY(moved, work(c, 100));
                      return {};
                    })
                    .ok());
    return moved;
  }
  void later(std::chrono::microseconds d) { house->clock->advance(d); }
  base::Time in(std::chrono::microseconds d) { return house->clock->now().plus(d); }

 private:
  std::optional<tests::FreshDatabase> database_;
  int made_ = 0;

 public:
  std::optional<House> house;
  DepartmentId place;
  UserId worker;
};

}  // namespace quanji::services::testing
