#include "services/human_tasks.h"

#include "services/queues_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::HumanTaskState;
using domain::Preset;
using std::chrono::hours;
using testing::code_of;
using testing::en;
using testing::QueueHouse;

constexpr std::string_view settle_form =
    R"([{"name":"day","title":"交收日","type":"date"},{"name":"amount","type":"decimal"},{"name":"note","required":false}])";
constexpr std::string_view settle_answers = R"({"day":"2026-11-20","amount":"12.30"})";

std::vector<std::string> heard;  // what the hook was told
Status hear(Change& change, const HumanTask& task) {
  change.after_commit([what = std::string(base::word(task.state))] { heard.push_back(what); });
  return {};
}

class HumanTasks : public QueueHouse {
 protected:
  HumanTasks() {
    heard.clear();
    on_human_task_end(&hear);
    clerk = house->user("clerk", place);
    house->give(clerk, Preset::business_user, place);
    mate = house->user("mate", place);
    house->give(mate, Preset::business_user, place);
    outsider = house->user("outsider");
    house->give(outsider, Preset::business_user, house->department("别处"));
    run.task.ulid.bytes[15] = 1;
    run.attempt.ulid.bytes[15] = 2;
    run.department = place;
    run.actor = "robot-1";
  }
  ~HumanTasks() override { on_human_task_end(nullptr); }

  Result<HumanTask> make(NewHumanTask in = {}) {
    if (in.title.empty()) in.title = "补录交收";
    if (in.form.text.empty() && in.kind == HumanTaskKind::form) in.form.text = settle_form;
    if (!in.department_id) in.department_id = place;
    return house->run(house->as(worker, "human_task.create"), &create_human_task, in);
  }
  HumanTaskId made(NewHumanTask in = {}) {
    const auto task = make(std::move(in));
    EXPECT_TRUE(task.ok()) << (task.ok() ? "" : en(task.error()));
    return task.ok() ? task->id : HumanTaskId{};
  }
  Result<HumanTask> claim(const UserId& who, const HumanTaskId& id) {
    return house->run(house->as(who, "human_task.complete"), &claim_human_task, HumanTaskRef{id});
  }
  Result<HumanTask> answer(const UserId& who, const HumanTaskId& id, std::string_view answers = settle_answers) {
    return house->run(house->as(who, "human_task.complete"), &complete_human_task, HumanTaskAnswers{id, {std::string(answers)}});
  }
  std::size_t mine(const UserId& who) {
    const auto found = house->ask(house->as(who, "human_task.complete"), &my_human_tasks, base::Nothing{});
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : en(found.error()));
    return found.ok() ? found->items.size() : 99;
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

  UserId clerk, mate, outsider;
  QueueRun run;
};
INSTANTIATE_TEST_SUITE_P(Each, HumanTasks, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); });

TEST_P(HumanTasks, WhoClaimsKeepsItFromOthersUntilHeGivesItBack) {
  const auto id = made();
  EXPECT_EQ(mine(clerk), 1U);
  EXPECT_EQ(mine(mate), 1U);
  EXPECT_EQ(mine(outsider), 0U);
  ASSERT_TRUE(claim(clerk, id).ok());
  EXPECT_EQ(mine(clerk), 1U);
  EXPECT_EQ(mine(mate), 0U);
  EXPECT_EQ(code_of(claim(mate, id)), Code::wrong_state);
  EXPECT_EQ(code_of(answer(mate, id)), Code::wrong_state);
  EXPECT_EQ(code_of(claim(clerk, id)), Code::wrong_state);
  EXPECT_EQ(code_of(house->run(house->as(mate, "human_task.complete"), &give_back_human_task, HumanTaskRef{id})), Code::wrong_state);
  ASSERT_TRUE(house->run(house->as(clerk, "human_task.complete"), &give_back_human_task, HumanTaskRef{id}).ok());
  EXPECT_TRUE(claim(mate, id).ok());
}

TEST_P(HumanTasks, AnswersAreCheckedAndTheEndIsTold) {
  const auto id = made();
  const auto bad = answer(clerk, id, R"({"day":"2026-02-30","amount":12.3,"other":1})");
  ASSERT_EQ(code_of(bad), Code::invalid_field);
  EXPECT_EQ(bad.error().fields().size(), 3U);
  EXPECT_TRUE(heard.empty());
  const auto done = answer(clerk, id);
  ASSERT_TRUE(done.ok()) << en(done.error());
  EXPECT_EQ(done->state, HumanTaskState::done);
  EXPECT_EQ(done->answers->text, settle_answers);
  EXPECT_EQ(done->ended_by, "clerk");
  EXPECT_EQ(heard, std::vector<std::string>{"done"});
  EXPECT_EQ(code_of(answer(clerk, id)), Code::wrong_state);
  EXPECT_EQ(mine(clerk), 0U);
}

TEST_P(HumanTasks, YesAndNoHasAFormOfItsOwn) {
  const auto id = made({.kind = HumanTaskKind::confirm, .title = "差异确认"});
  EXPECT_EQ(code_of(answer(clerk, id, R"({"confirmed":"yes"})")), Code::invalid_field);
  EXPECT_EQ(answer(clerk, id, R"({"confirmed":false,"note":"金额不符"})")->answers->text, R"({"confirmed":false,"note":"金额不符"})");
  EXPECT_EQ(code_of(make({.kind = HumanTaskKind::confirm, .form = {std::string(settle_form)}})), Code::invalid_field);
}

TEST_P(HumanTasks, WhoIsNamedDoesItWhereverHeIsAndNobodyElse) {
  const auto id = made({.user_id = outsider});
  EXPECT_EQ(mine(outsider), 1U);
  EXPECT_EQ(mine(clerk), 0U);
  EXPECT_EQ(code_of(claim(clerk, id)), Code::not_permitted);
  EXPECT_EQ(code_of(answer(clerk, id)), Code::not_permitted);
  EXPECT_TRUE(answer(outsider, id).ok());
}

TEST_P(HumanTasks, ARoleIsAskedForInTheTasksDepartment) {
  const auto id = made({.role_id = domain::id_of(Preset::checker)});
  EXPECT_EQ(mine(clerk), 0U);
  EXPECT_EQ(code_of(answer(clerk, id)), Code::not_permitted);
  // The role elsewhere is worth nothing here; with inheritance from above it is.
  const auto elsewhere = house->user("elsewhere", place);
  house->give(elsewhere, Preset::checker, house->department("自营"));
  EXPECT_EQ(code_of(claim(elsewhere, id)), Code::not_found);
  const auto above = house->user("above");
  house->give(above, Preset::checker);
  EXPECT_EQ(mine(above), 1U);
  EXPECT_TRUE(claim(above, id).ok());
}

TEST_P(HumanTasks, NoClientAndNoRobotDecides) {
  const auto id = made();
  auto client = std::make_shared<domain::Caller>(*house->as(clerk, "human_task.complete"));
  client->kind = domain::CallerKind::client;
  client->on_behalf_of = "clerk";
  EXPECT_EQ(code_of(house->run<HumanTaskRef, HumanTask>(client, &claim_human_task, HumanTaskRef{id})), Code::not_permitted);
  EXPECT_EQ(
      code_of(house->run<HumanTaskAnswers, HumanTask>(client, &complete_human_task, HumanTaskAnswers{id, {std::string(settle_answers)}})),
      Code::not_permitted);
  auto robot = std::make_shared<domain::Caller>(*client);
  robot->kind = domain::CallerKind::robot;
  EXPECT_EQ(
      code_of(house->run<HumanTaskAnswers, HumanTask>(robot, &complete_human_task, HumanTaskAnswers{id, {std::string(settle_answers)}})),
      Code::not_permitted);
}

TEST_P(HumanTasks, WhatNobodyAnsweredInTimeExpires) {
  const auto id = made({.expires_at = in(hours(1))});
  ASSERT_TRUE(claim(clerk, id).ok());
  EXPECT_EQ(code_of(make({.expires_at = in(hours(0))})), Code::invalid_field);
  later(hours(1));
  EXPECT_EQ(house->ask(house->as(clerk, "human_task.read"), &read_human_task, HumanTaskRef{id})->state, HumanTaskState::expired);
  EXPECT_EQ(code_of(answer(clerk, id)), Code::wrong_state) << "also before the timer comes";
  EXPECT_EQ(tick(&expire_human_tasks), 1);
  EXPECT_EQ(tick(&expire_human_tasks), 0);
  EXPECT_EQ(heard, std::vector<std::string>{"expired"});
}

TEST_P(HumanTasks, ATaskIsGivenToOthersOrWithdrawn) {
  const auto id = made();
  ASSERT_TRUE(claim(clerk, id).ok());
  const auto given =
      house->run(house->as(worker, "human_task.reassign"), &reassign_human_task, HumanTaskReassign{id, {}, {}, mate, "休假"});
  ASSERT_TRUE(given.ok()) << en(given.error());
  EXPECT_EQ(given->state, HumanTaskState::open);
  EXPECT_EQ(code_of(claim(clerk, id)), Code::not_permitted);
  EXPECT_TRUE(claim(mate, id).ok());
  UserId nobody;
  nobody.ulid.bytes[0] = 9;
  EXPECT_EQ(code_of(house->run(house->as(worker, "human_task.reassign"), &reassign_human_task, HumanTaskReassign{id, {}, {}, nobody, "x"})),
            Code::invalid_field);
  const auto over = house->run(house->as(worker, "human_task.withdraw"), &withdraw_human_task, HumanTaskReason{id, "已处理"});
  ASSERT_TRUE(over.ok()) << en(over.error());
  EXPECT_EQ(over->reason, "已处理");
  EXPECT_EQ(heard, std::vector<std::string>{"withdrawn"});
  EXPECT_EQ(code_of(house->run(house->as(worker, "human_task.withdraw"), &withdraw_human_task, HumanTaskReason{id, "x"})),
            Code::wrong_state);
}

TEST_P(HumanTasks, ARunAsksOnceByItsKeyAndReadsTheAnswer) {
  const auto ask = [&](const std::string& key, HumanQuestion question) {
    return in_change<HumanTask>([&](Change& c) { return ask_for_run(c, run, key, question); });
  };
  HumanQuestion question{.title = "补录", .form = {std::string(settle_form)}, .for_whom = "clerk", .expires_at = in(hours(2))};
  const auto first = ask("step-3", question);
  ASSERT_TRUE(first.ok()) << en(first.error());
  EXPECT_EQ(first->user_id, clerk);
  EXPECT_EQ(first->task, run.task.text());
  question.expires_at = in(hours(9));
  EXPECT_EQ(ask("step-3", question)->expires_at, first->expires_at) << "the first asking says when it expires";
  question.for_whom = "checker";
  EXPECT_EQ(ask("step-4", question)->role_id, domain::id_of(Preset::checker));
  question.for_whom = "nobody-there";
  EXPECT_EQ(code_of(ask("step-5", question)), Code::not_found);
  ASSERT_TRUE(answer(clerk, first->id).ok());
  std::optional<HumanTask> read;
  ASSERT_TRUE(house
                  ->view([&](const View& v) -> Status {
                    QUANJI_TRY(read, asked_by_run(v, run.task, "step-3"));
                    return {};
                  })
                  .ok());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->answers->text, settle_answers);
  // Withdrawing what is over changes nothing; withdrawing what waits ends it.
  for (const auto* key : {"step-3", "step-4", "step-9"})
    EXPECT_TRUE(house->change([&](Change& c) { return withdraw_for_run(c, run, key); }).ok()) << key;
  EXPECT_EQ(heard, (std::vector<std::string>{"done", "withdrawn"}));
}

TEST_P(HumanTasks, ABadFormReachesNobody) {
  EXPECT_EQ(code_of(make({.form = {"[]"}})), Code::invalid_field);
  EXPECT_EQ(code_of(make({.form = {R"([{"name":"A"}])"}})), Code::invalid_field);
  EXPECT_EQ(code_of(make({.shown = {"[]"}})), Code::invalid_field);
  EXPECT_EQ(mine(clerk), 0U);
}

}  // namespace
}  // namespace quanji::services
