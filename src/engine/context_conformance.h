// What every form of RunContext promises, as tests: included by the test of a form, which says how a world is made.
//
//   INSTANTIATE_TEST_SUITE_P(Local, ContextConformance, testing::Values(ContextForm{"local", make_local_world}));
//
// The world a form makes holds: assets `limit` (500), `rate` (decimal 1.20), `login` (the secret of counter_db); credential `counter_db`
// (username ops, password open-sesame-1, next_password open-sesame-2); empty queues `in` (three tries) and `unique` (references are
// unique); no stored files; a person who answers when the test says so.
#pragma once
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "calendar/calendar.h"
#include "engine/run_context.h"
#include "engine/testing.h"

namespace quanji::engine {

class ContextWorld {
 public:
  virtual ~ContextWorld() = default;
  virtual RunContext& context() = 0;
  virtual RunContext& other_run() = 0;  // of another run over the same world
  virtual base::ManualClock& clock() = 0;
  virtual void answer(const std::string& title, const values::Map& values) = 0;
  virtual void end_task(const std::string& id, const values::Map& outputs) = 0;
};
struct ContextForm {
  std::string name;
  std::function<std::unique_ptr<ContextWorld>()> make;
};
inline void PrintTo(const ContextForm& form, std::ostream* out) { *out << form.name; }

class ContextConformance : public testing::TestWithParam<ContextForm> {
 protected:
  ContextConformance() : world(GetParam().make()), context(world->context()) {}
  std::unique_ptr<ContextWorld> world;
  RunContext& context;

  static values::Value integer(std::int64_t n) { return values::Value::of(n); }
  static values::Map data(std::int64_t n) { return {{"n", integer(n)}}; }
  std::string added(std::string_view queue, std::int64_t n, std::string reference = "", std::int64_t priority = 0) {
    NewItem item;
    item.reference = std::move(reference);
    item.data = data(n);
    item.priority = priority;
    auto id = context.add_item(queue, item, "add" + std::to_string(++keys_));
    EXPECT_TRUE(id) << (id ? "" : id.error().message().en);
    return id ? *id : "";
  }
  std::int64_t taken(RunContext& by, std::string_view queue, std::string* id = nullptr) {
    auto item = by.take_item(queue, "take" + std::to_string(++keys_));
    EXPECT_TRUE(item) << (item ? "" : item.error().message().en);
    if (!item || !*item) return -1;
    if (id) *id = (*item)->id;
    return (*item)->data.front().second.integer();
  }
  template <class T>
  static base::Code code_of(const base::Result<T>& result) {
    return result ? base::Code::ok : result.error().code();
  }

 private:
  int keys_ = 0;
};

TEST_P(ContextConformance, AssetsHaveTheirTypesAndCanBeSet) {
  EXPECT_EQ(context.asset("limit")->json(), "500");
  EXPECT_EQ(context.asset("rate")->json(), R"({"$decimal":"1.20"})");
  EXPECT_TRUE(context.asset("login")->is(values::Type::secret));
  EXPECT_EQ(code_of(context.asset("limits")), base::Code::not_found);
  ASSERT_TRUE(context.set_asset("limit", integer(501), "k1").ok());
  EXPECT_EQ(world->other_run().asset("limit")->json(), "501");
  EXPECT_EQ(code_of(context.set_asset("none", integer(1), "k2")), base::Code::not_found);
}
TEST_P(ContextConformance, ASecretIsOpenedByItsReferenceOnly) {
  const auto view = context.credential("counter_db");
  ASSERT_TRUE(view);
  EXPECT_EQ(values::Value::of(view->plain).json(), R"({"username":"ops"})");
  EXPECT_EQ(view->secret_fields, (std::vector<std::string>{"next_password", "password"}));
  const auto secret = context.open_secret({"counter_db", view->version, "password"});
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->reveal(), "open-sesame-1");
  EXPECT_EQ(context.open_secret(context.asset("login")->secret())->reveal(), "open-sesame-1");
  EXPECT_EQ(code_of(context.open_secret({"counter_db", view->version + 1, "password"})), base::Code::changed_meanwhile);
  EXPECT_EQ(code_of(context.open_secret({"counter_db", view->version, "username"})), base::Code::not_found);
  EXPECT_EQ(code_of(context.credential("none")), base::Code::not_found);
}
TEST_P(ContextConformance, ASecretThatIsSetIsANewVersionAndOldReferencesAreTooOld) {
  const values::SecretRef old{"counter_db", context.credential("counter_db")->version, "password"};
  const values::SecretRef next{"counter_db", old.version, "next_password"};
  for (int again = 0; again < 2; ++again) ASSERT_TRUE(context.set_secret("counter_db", "password", next, "k").ok()) << "said twice";
  auto& other = world->other_run();
  EXPECT_EQ(other.credential("counter_db")->version, old.version + 1) << "changed once";
  EXPECT_EQ(other.open_secret({"counter_db", old.version + 1, "password"})->reveal(), "open-sesame-2");
  EXPECT_EQ(code_of(context.open_secret(old)), base::Code::changed_meanwhile);
  EXPECT_EQ(code_of(context.set_secret("counter_db", "password", old, "k2")), base::Code::changed_meanwhile);
  EXPECT_EQ(code_of(context.set_secret("none", "password", old, "k3")), base::Code::not_found);
  EXPECT_EQ(code_of(context.set_secret("counter_db", "username", {"counter_db", 0, "password"}, "k4")), base::Code::not_found);
}
TEST_P(ContextConformance, ItemsComeByPriorityThenInTheirOrderAndToOneRunOnly) {
  added("in", 1);
  added("in", 2, "", 5);
  added("in", 3);
  EXPECT_EQ(taken(context, "in"), 2);
  EXPECT_EQ(taken(world->other_run(), "in"), 1);
  EXPECT_EQ(taken(context, "in"), 3);
  EXPECT_EQ(taken(context, "in"), -1);
  EXPECT_EQ(code_of(context.take_item("none", "k")), base::Code::not_found);
}
TEST_P(ContextConformance, TheSameKeyDoesNothingTwice) {
  NewItem item;
  item.data = data(1);
  const auto first = context.add_item("in", item, "same"), second = context.add_item("in", item, "same");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  const auto one = context.take_item("in", "take"), again = context.take_item("in", "take");
  ASSERT_TRUE(one && *one && again && *again);
  EXPECT_EQ((*one)->id, (*again)->id);
  EXPECT_EQ(taken(context, "in"), -1) << "there was only one";
  const auto task = context.start_task({"other", {}, 0, {}}, "t"), same = context.start_task({"other", {}, 0, {}}, "t");
  ASSERT_TRUE(task && same);
  EXPECT_EQ(*task, *same);
}
TEST_P(ContextConformance, AnItemEndsOnceAndOnlyByWhoHoldsIt) {
  const auto id = added("in", 1);
  EXPECT_EQ(code_of(context.finish_item(id, {})), base::Code::wrong_state) << "nobody has taken it";
  std::string mine;
  ASSERT_EQ(taken(context, "in", &mine), 1);
  EXPECT_EQ(mine, id);
  EXPECT_EQ(code_of(world->other_run().finish_item(id, {})), base::Code::wrong_state);
  EXPECT_TRUE(context.finish_item(id, {{"sum", integer(5)}}).ok());
  EXPECT_TRUE(context.finish_item(id, {{"sum", integer(5)}}).ok()) << "said again, as after a crash";
  EXPECT_EQ(code_of(context.fail_item(id, {})), base::Code::wrong_state);
}
TEST_P(ContextConformance, ABusinessFailureIsFinalAndASystemFailureIsTriedAgain) {
  added("in", 1);
  std::string id;
  ASSERT_EQ(taken(context, "in", &id), 1);
  EXPECT_EQ(*context.fail_item(id, {flow::ErrorKind::business, "bad", "no"}), ItemState::failed);
  EXPECT_EQ(taken(context, "in"), -1);
  added("in", 2);
  for (int tries = 1; tries <= 3; ++tries) {
    auto item = context.take_item("in", "system" + std::to_string(tries));
    ASSERT_TRUE(item && *item) << tries;
    EXPECT_EQ((*item)->tries, tries);
    EXPECT_EQ(*context.fail_item((*item)->id, {flow::ErrorKind::system, "away", "no"}), tries < 3 ? ItemState::retried : ItemState::failed);
  }
  EXPECT_EQ(taken(context, "in"), -1);
}
TEST_P(ContextConformance, AnItemThatIsDeferredComesBackInItsTime) {
  added("in", 1);
  std::string id;
  ASSERT_EQ(taken(context, "in", &id), 1);
  EXPECT_EQ(code_of(world->other_run().defer_item(id, world->clock().now())), base::Code::wrong_state);
  for (int again = 0; again < 2; ++again)
    ASSERT_TRUE(context.defer_item(id, world->clock().now().plus(std::chrono::minutes(10))).ok()) << "said again, as after a crash";
  EXPECT_EQ(taken(context, "in"), -1);
  world->clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(taken(context, "in"), 1);
}
TEST_P(ContextConformance, AnItemIsNotTakenBeforeItsTimeNorAfterItsDeadline) {
  NewItem later;
  later.data = data(1);
  later.not_before = world->clock().now().plus(std::chrono::hours(1));
  later.deadline = world->clock().now().plus(std::chrono::hours(2));
  ASSERT_TRUE(context.add_item("in", later, "a").ok());
  EXPECT_EQ(taken(context, "in"), -1);
  world->clock().advance(std::chrono::hours(3));
  EXPECT_EQ(taken(context, "in"), -1);
}
TEST_P(ContextConformance, AUniqueReferenceIsThereOnce) {
  added("unique", 1, "r1");
  NewItem item;
  item.reference = "r1";
  EXPECT_EQ(code_of(context.add_item("unique", item, "other")), base::Code::name_taken);
  added("in", 1, "r1");
  added("in", 2, "r1");
}
TEST_P(ContextConformance, ManyItemsAreAddedAllOrNone) {
  std::vector<NewItem> items(3);
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i].reference = "r" + std::to_string(i), items[i].data = data(static_cast<std::int64_t>(i));
  for (int again = 0; again < 2; ++again) {
    const auto added = context.add_items("unique", items, "k");
    ASSERT_TRUE(added) << added.error().message().en;
    EXPECT_EQ(*added, 3);
  }
  EXPECT_EQ(*context.count_items("unique", ItemState::fresh), 3) << "the same key adds nothing twice";
  std::vector<NewItem> more(2);
  more[0].reference = "r3", more[1].reference = "r2";
  EXPECT_EQ(code_of(context.add_items("unique", more, "k2")), base::Code::name_taken);
  more[0].reference = more[1].reference = "r4";
  EXPECT_EQ(code_of(context.add_items("unique", more, "k3")), base::Code::name_taken) << "twice among themselves";
  EXPECT_EQ(*context.count_items("unique", ItemState::fresh), 3);
  EXPECT_EQ(*context.add_items("in", {}, "k4"), 0);
  EXPECT_EQ(code_of(context.add_items("none", more, "k5")), base::Code::not_found);
  for (std::int64_t n = 0; n < 3; ++n) EXPECT_EQ(taken(context, "unique"), n) << "in their order";
}
TEST_P(ContextConformance, ItemsAreCountedByTheirState) {
  for (int n = 0; n < 3; ++n) added("in", n);
  std::string id;
  taken(context, "in", &id);
  ASSERT_TRUE(context.finish_item(id, {}).ok());
  taken(context, "in", &id);
  ASSERT_TRUE(context.fail_item(id, {flow::ErrorKind::system, "away", "no"}).ok());
  taken(context, "in", &id);
  EXPECT_EQ(*context.count_items("in", ItemState::succeeded), 1);
  EXPECT_EQ(*context.count_items("in", ItemState::retried), 1);
  EXPECT_EQ(*context.count_items("in", ItemState::in_progress), 1);
  EXPECT_EQ(*context.count_items("in", ItemState::fresh), 1) << "the next try of the one that failed";
  EXPECT_EQ(code_of(context.count_items("none", ItemState::fresh)), base::Code::not_found);
}
TEST_P(ContextConformance, AQuestionExpiresWhenItsFirstAskingSaid) {
  Question question;
  question.title = "quick?";
  question.expires = world->clock().now().plus(std::chrono::minutes(10));
  EXPECT_FALSE(*context.ask(question, "q"));
  world->clock().advance(std::chrono::minutes(11));
  question.expires = world->clock().now().plus(std::chrono::minutes(10));
  const auto ended = context.ask(question, "q");
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, QuestionEnd::expired) << "asking again does not put it off";
}
TEST_P(ContextConformance, AQuestionWaitsForItsAnswer) {
  Question question;
  question.title = "approve?";
  const auto before = context.ask(question, "q1");
  ASSERT_TRUE(before) << before.error().message().en;
  EXPECT_FALSE(*before);
  world->answer("approve?", {{"confirmed", values::Value::of(true)}});
  for (int again = 0; again < 2; ++again) {
    const auto answer = context.ask(question, "q1");
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(values::Value::of((*answer)->values).json(), R"({"confirmed":true})");
  }
  const auto other = context.ask(question, "q2");
  ASSERT_TRUE(other);
  EXPECT_FALSE(*other) << "one answer answers one question";
  ASSERT_TRUE(context.withdraw_question("q2").ok());
  EXPECT_EQ((*context.ask(question, "q2"))->end, QuestionEnd::withdrawn);
  EXPECT_EQ(code_of(context.withdraw_question("q3")), base::Code::not_found);
}
TEST_P(ContextConformance, FilesAreStoredByNameAndComeBackAsTheyWere) {
  TemporaryFolder folder;
  const auto from = folder.path() + "/from", to = folder.path() + "/to";
  std::ofstream(from) << "清算";
  const auto stored = context.store_file("reports/a.txt", from);
  ASSERT_TRUE(stored) << stored.error().message().en;
  EXPECT_EQ(stored->size, 6);
  EXPECT_EQ(stored->digest.size(), 64U);
  ASSERT_TRUE(world->other_run().fetch_file("reports/a.txt", to).ok());
  std::string text;
  std::ifstream(to) >> text;
  EXPECT_EQ(text, "清算");
  ASSERT_TRUE(context.store_file("other.txt", from).ok());
  const auto all = context.list_files(""), some = context.list_files("reports/");
  ASSERT_TRUE(all && some);
  EXPECT_EQ(all->size(), 2U);
  ASSERT_EQ(some->size(), 1U);
  EXPECT_EQ(some->front().name, "reports/a.txt");
  EXPECT_TRUE(context.delete_file("other.txt").ok());
  EXPECT_EQ(code_of(context.delete_file("other.txt")), base::Code::not_found);
  EXPECT_EQ(code_of(context.fetch_file("other.txt", to)), base::Code::not_found);
  for (const char* name : {"../x", "/etc/passwd", "a/../../x", "", "a//b"})
    EXPECT_EQ(code_of(context.store_file(name, from)), base::Code::invalid_field) << name;
}
TEST_P(ContextConformance, ATaskIsReadUntilItIsOver) {
  const auto id = context.start_task({"other", data(1), 5, base::Date{20'000}}, "k");
  ASSERT_TRUE(id);
  EXPECT_FALSE(context.look_at_task(*id)->outcome);
  world->end_task(*id, {{"sum", integer(7)}});
  const auto view = context.look_at_task(*id);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->outcome, TaskOutcome::success);
  EXPECT_EQ(values::Value::of(view->outputs).json(), R"({"sum":7})");
  EXPECT_EQ(code_of(context.look_at_task("tsk_none")), base::Code::not_found);
  EXPECT_TRUE(context.stop_task(*id, StopWay::soft, "late").ok());
  EXPECT_EQ(context.look_at_task(*id)->outcome, TaskOutcome::success) << "what is over stays as it is";
}
TEST_P(ContextConformance, ATaskThatIsStoppedIsOver) {
  const auto id = context.start_task({"other", {}, 0, {}}, "k");
  ASSERT_TRUE(id);
  for (int again = 0; again < 2; ++again) EXPECT_TRUE(context.stop_task(*id, StopWay::kill, "wrong day").ok());
  EXPECT_EQ(context.look_at_task(*id)->outcome, TaskOutcome::stopped);
  EXPECT_EQ(code_of(context.stop_task("tsk_none", StopWay::soft, "")), base::Code::not_found);
}
TEST_P(ContextConformance, CalendarsAreFoundByTheirId) {
  ASSERT_TRUE(context.calendar("sse").ok());
  EXPECT_EQ((*context.calendar("sse"))->id(), "sse");
  EXPECT_EQ(code_of(context.calendar("moon")), base::Code::not_found);
}
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContextConformance);

}  // namespace quanji::engine
