// Two changes at once end as one after the other would have: every pair of operations against its two serial outcomes.
#include <condition_variable>
#include <mutex>
#include <set>

#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Concurrent : public OnBoth {};
QUANJI_ON_BOTH(Concurrent);

// Lets two bodies meet after their first reads, so that they really overlap; gives up after a while where only one can run at a time.
class Meeting {
 public:
  void meet() {
    std::unique_lock lock(mutex_);
    if (++here_ >= 2) some_.notify_all();
    some_.wait_for(lock, std::chrono::milliseconds(30), [this] { return here_ >= 2; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  int here_ = 0;
};

struct Act {
  const char* name;
  Status (*run)(Change&, Meeting&);
};

Result<std::int64_t> amount(const View& view, const char* name) {
  QUANJI_TRY(const auto row, view.row(probe::item_named, {{"name", name}}));
  return row ? row->integer("amount") : std::int64_t{-1};
}
Status set(Change& change, const char* name, std::int64_t value) {
  QUANJI_TRY(const auto n, change.run(probe::set_amount, {{"name", name}, {"amount", value}}));
  (void)n;
  return {};
}

const Act acts[] = {
    {"add_to_a",  // read, think, write: the lost update
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto now, amount(change, "a"));
       meeting.meet();
       return set(change, "a", now + 1);
     }},
    {"double_a",
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto now, amount(change, "a"));
       meeting.meet();
       return set(change, "a", now * 2);
     }},
    {"a_off_while_b_is_on",  // write skew: one of two must stay on
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto b, amount(change, "b"));
       meeting.meet();
       if (b == 0) return Error(base::Code::wrong_state);
       return set(change, "a", 0);
     }},
    {"b_off_while_a_is_on",
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto a, amount(change, "a"));
       meeting.meet();
       if (a == 0) return Error(base::Code::wrong_state);
       return set(change, "b", 0);
     }},
    {"sum_into_new",  // phantom: reads everything, adds a row
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto row, change.row(probe::counts));
       meeting.meet();
       return put(change, "sum" + std::to_string(row->integer("items")), row->integer("amounts"));
     }},
    {"make_c_once",
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto c, amount(change, "c"));
       meeting.meet();
       if (c >= 0) return Error(base::Code::wrong_state);
       return put(change, "c", 9);
     }},
    {"remove_b",
     [](Change& change, Meeting& meeting) -> Status {
       QUANJI_TRY(const auto a, amount(change, "a"));
       meeting.meet();
       QUANJI_TRY(const auto n, change.run(probe::remove_item, {{"name", a > 3 ? "a" : "b"}}));
       (void)n;
       return {};
     }},
};

std::string state_of(Store& store) {
  std::string state;
  EXPECT_EQ(word_of(store.view([&](const View& view) -> Status {
              QUANJI_TRY(const auto rows, view.rows(probe::items));
              for (const Row row : rows) state += std::string(row.text("name")) + "=" + std::to_string(row.integer("amount")) + " ";
              return {};
            })),
            "ok");
  return state;
}
void start_over(Store& store) {
  ASSERT_EQ(word_of(store.change([](Change& change) -> Status {
              QUANJI_TRY(const auto rows, change.rows(probe::items));
              for (const Row row : rows) QUANJI_DO(change.run(probe::remove_item, {{"name", row.text("name")}}));
              QUANJI_DO(put(change, "a", 3));
              return put(change, "b", 5);
            })),
            "ok");
}

TEST_P(Concurrent, EveryPairEndsAsOneOfItsTwoOrders) {
  int pairs = 0;
  for (const auto& one : acts)
    for (const auto& other : acts) {
      if (&other < &one) continue;
      std::set<std::string> serial;
      for (const auto& [first, second] : {std::pair{&one, &other}, std::pair{&other, &one}}) {
        start_over(store());
        std::string words[2];
        for (const auto* act : {first, second}) {
          Meeting alone;
          alone.meet();
          words[act == &one && (act == first || &one != &other) ? 0 : 1] =
              word_of(store().change([&](Change& change) { return act->run(change, alone); }));
        }
        if (&one == &other) std::ranges::sort(words);
        serial.insert(state_of(store()) + words[0] + " " + words[1]);
      }
      if (&one == &other) {  // the two answers of one act done twice, in either order
        start_over(store());
        std::string words[2];
        for (auto& word : words) {
          Meeting alone;
          alone.meet();
          word = word_of(store().change([&](Change& change) { return one.run(change, alone); }));
        }
        std::ranges::sort(words);
        serial = {state_of(store()) + words[0] + " " + words[1]};
      }
      for (int round = 0; round < 4; ++round) {
        start_over(store());
        Meeting meeting;
        auto a = submit(store(), [&](Change& change) { return one.run(change, meeting); });
        auto b = submit(store(), [&](Change& change) { return other.run(change, meeting); });
        std::string words[] = {a.get(), b.get()};
        if (&one == &other) std::ranges::sort(words);
        const std::string outcome = state_of(store()) + words[0] + " " + words[1];
        EXPECT_TRUE(serial.contains(outcome)) << one.name << " with " << other.name << " ended as " << outcome << "; in order "
                                              << *serial.begin() << " or " << *serial.rbegin();
      }
      ++pairs;
    }
  EXPECT_EQ(pairs, 28);
}

TEST_P(Concurrent, NoIncrementIsLostAmongManyWriters) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "n", 0); })), "ok");
  std::vector<std::thread> threads;
  std::atomic<int> stored{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto result = store().change([](Change& change) -> Status {
          QUANJI_TRY(const auto now, amount(change, "n"));
          return set(change, "n", now + 1);
        });
        EXPECT_EQ(word_of(result), "ok");
        stored += result.ok();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(amount_of(store(), "n"), stored.load());
}

// All read the same count and write the same row: nobody may run out of re-runs for the sake of those who came later.
TEST_P(Concurrent, ManyWritersOfOneRowAreAllServed) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "epoch", 0); })), "ok");
  std::vector<std::future<std::string>> jobs;
  for (int i = 0; i < 200; ++i)
    jobs.push_back(submit(store(), [i](Change& change) -> Status {
      QUANJI_TRY(const auto now, amount(change, "epoch"));
      QUANJI_TRY(const auto all, change.row(probe::counts));
      (void)all;
      QUANJI_DO(put(change, "item" + std::to_string(i), 0));
      return set(change, "epoch", now + 1);
    }));
  for (auto& job : jobs) EXPECT_EQ(job.get(), "ok");
  EXPECT_EQ(amount_of(store(), "epoch"), 200);
  EXPECT_EQ(count(store()).items, 201);
}

}  // namespace
}  // namespace quanji::storage::conformance
