#include "services/run_asks.h"

#include "services/queues_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::en;

// The asks of one run, as a robot makes them, on either database.
class RunAsks : public testing::QueueHouse {
 protected:
  RunAsks() {
    run_.task.ulid.bytes[15] = run_.attempt.ulid.bytes[15] = 7;
    run_.department = place;
    run_.actor = "robot-7";
  }
  template <class Out, class In>
  Result<Out> ask(Result<Out> (*how)(Change&, const QueueRun&, const In&), const In& in) {
    std::optional<Result<Out>> answer;
    const auto done = house->change([&](Change& c) -> Status {
      answer.emplace(how(c, run_, in));
      return answer->ok() ? Status() : Status(answer->error().clone());
    });
    if (!done) return done.error().clone();
    return std::move(*answer);
  }
  template <class In>
  Status tell(Status (*how)(Change&, const QueueRun&, const In&), const In& in) {
    return house->change([&](Change& c) { return how(c, run_, in); });
  }
  template <class Out, class In>
  Result<Out> see(Result<Out> (*how)(const View&, const QueueRun&, const In&), const In& in) {
    std::optional<Result<Out>> answer;
    EXPECT_TRUE(house
                    ->change([&](Change& c) -> Status {
                      answer.emplace(how(c, run_, in));
                      return {};
                    })
                    .ok());
    return std::move(*answer);
  }
  wire::QueueTakeAnswer take(std::string key) {
    wire::QueueTake in;
    in.queue = "work";
    in.key = std::move(key);
    auto answer = ask(&answer_queue_take, in);
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : en(answer.error()));
    return answer.ok() ? std::move(*answer) : wire::QueueTakeAnswer{};
  }
  std::int64_t count(wire::ItemState state) {
    wire::QueueCount in;
    in.queue = "work";
    in.state = state;
    const auto answer = see(&answer_queue_count, in);
    return answer.ok() ? answer->count : -1;
  }
  QueueRun run_;
};
INSTANTIATE_TEST_SUITE_P(Each, RunAsks, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); });

TEST_P(RunAsks, ItemsAreAddedTakenAndEndedInTheWordsOfTheTreaty) {
  const auto one = queue({.name = "work", .retries = 1, .back_off_seconds = 0});
  wire::QueueAdd add;
  add.queue = "work";
  add.key = "add";
  for (const auto* reference : {"a", "b", "c"}) add.items.push_back({.reference = reference, .data = {R"({"n":1})"}});
  const auto added = ask(&answer_queue_add, add);
  ASSERT_TRUE(added.ok()) << en(added.error());
  EXPECT_EQ(added->ids.size(), 3U);
  EXPECT_EQ(count(wire::ItemState::fresh), 3);

  const auto first = take("k1"), second = take("k2"), third = take("k3");
  ASSERT_TRUE(first.item && second.item && third.item);
  EXPECT_FALSE(take("k4").item) << "there are no more";
  EXPECT_EQ(first.item->id, added->ids[0]);
  EXPECT_EQ(first.item->reference, "a");
  EXPECT_EQ(first.item->data.text, R"({"n":1})");
  EXPECT_EQ(first.item->tries, 1);
  EXPECT_TRUE(first.item->lease_until);

  wire::QueueComplete complete;
  complete.item = first.item->id;
  complete.output = {R"({"ok":true})"};
  EXPECT_TRUE(tell(&answer_queue_complete, complete).ok());
  wire::QueueFail fail;
  fail.item = second.item->id;
  fail.kind = wire::FailureKind::system;
  fail.code = "timeout";
  const auto failed = ask(&answer_queue_fail, fail);
  ASSERT_TRUE(failed.ok()) << en(failed.error());
  EXPECT_EQ(failed->state, wire::ItemState::retried) << "the queue allows another try";
  wire::QueuePostpone postpone;
  postpone.item = third.item->id;
  postpone.until = in(std::chrono::hours(1));
  EXPECT_TRUE(tell(&answer_queue_postpone, postpone).ok());
  EXPECT_EQ(counts(one), "new 2, succeeded 1, retried 1");
}

TEST_P(RunAsks, ALeaseThatIsLostIsNamedAndTheOthersAreRenewed) {
  const auto one = queue({.name = "work"});
  item(one, {.reference = "a"});
  const auto held = take("k");
  ASSERT_TRUE(held.item);
  wire::QueueRenew renew;
  renew.items = {held.item->id, "qit_01ARYZ6S41TSV4RRFFQ69G5FAV", "nonsense"};
  later(std::chrono::minutes(1));
  const auto answer = ask(&answer_queue_renew, renew);
  ASSERT_TRUE(answer.ok()) << en(answer.error());
  EXPECT_EQ(answer->lost, (std::vector<std::string>{"qit_01ARYZ6S41TSV4RRFFQ69G5FAV", "nonsense"}));
  ASSERT_TRUE(answer->lease_until);
  EXPECT_GT(*answer->lease_until, *held.item->lease_until);
}

TEST_P(RunAsks, AnItemThatIsNoItemIsRefused) {
  wire::QueueComplete complete;
  complete.item = "tsk_01ARYZ6S41TSV4RRFFQ69G5FAV";
  EXPECT_EQ(code_of(tell(&answer_queue_complete, complete)), Code::wrong_id_type);
}

TEST_P(RunAsks, AQuestionIsAskedOnceReadAndTakenBack) {
  wire::HumanTaskAsk question;
  question.key = "steps/3";
  question.title = "补录交收";
  question.questions = {R"([{"name":"day","type":"date"}])"};
  const auto asked = ask(&answer_human_task_ask, question);
  ASSERT_TRUE(asked.ok()) << en(asked.error());
  EXPECT_FALSE(asked->answer) << "nobody has said anything yet";
  EXPECT_EQ(ask(&answer_human_task_ask, question)->human_task, asked->human_task) << "the same key asks nothing new";
  wire::HumanTaskRead read;
  read.key = "steps/3";
  EXPECT_EQ(see(&answer_human_task_read, read)->human_task, asked->human_task);
  EXPECT_TRUE(tell(&answer_human_task_withdraw, read).ok());
  const auto after = see(&answer_human_task_read, read);
  ASSERT_TRUE(after.ok() && after->answer);
  EXPECT_EQ(after->answer->end, wire::QuestionEnd::withdrawn);
  read.key = "steps/4";
  EXPECT_EQ(code_of(see(&answer_human_task_read, read)), Code::not_found);
}

}  // namespace
}  // namespace quanji::services
