#include <gtest/gtest.h>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

using namespace std::chrono_literals;

std::string code_of(const wire::Finished& finished) { return finished.error ? finished.error->code : "no failure"; }

constexpr const char* asking = R"(
quanji: 1
flow: f
needs: {queues: [in]}
outputs: {day: {type: date}, by: {type: text}, asked: {type: integer}}
steps:
  - do: queue.add_item
    with: {queue: in, data: {}}
  - do: human.ask
    with:
      title: 哪天交收
      form: {day: {title: 交收日, type: date}, how: {choices: [a, b], required: false}}
      within: 10m
    save: answer
  - do: queue.count
    with: {queue: in}
    save: asked
  - return: {day: =answer.day, by: =answer.answered_by, asked: =asked}
)";

class Human : public testing::Test {
 protected:
  wire::Finished run(const char* yaml = asking) { return world.run(yaml, {}, &journal); }
  void answer(std::string_view values) {
    world.write("answers.jsonl", R"({"title":"哪天交收","by":"wang.wu","values":)" + std::string(values) + "}\n");
  }
  // What was asked, a line each.
  std::vector<boost::json::object> questions() const {
    std::ifstream file(world.context_folder.path() + "/questions.jsonl");
    std::vector<boost::json::object> all;
    for (std::string line; std::getline(file, line);) all.push_back(boost::json::parse(line).as_object());
    return all;
  }
  ActivityWorld world;
  engine::MemoryJournal journal;
};

TEST_F(Human, ARunIsSuspendedUntilSomebodyAnswersAndGoesOnFromThere) {
  auto finished = run();
  ASSERT_TRUE(finished.waiting) << told(finished);
  EXPECT_EQ(finished.waiting->step, "steps/1");
  EXPECT_TRUE(run().waiting) << "nobody has answered yet";
  EXPECT_EQ(questions().size(), 1U) << "asked once";
  answer(R"({"day":"2026-11-20"})");
  finished = run();
  EXPECT_EQ(told(finished), R"({"asked":1,"by":"wang.wu","day":{"$date":"2026-11-20"}})") << "and the step before was not done again";
}
TEST_F(Human, WhatIsAskedIsWrittenForThePersonWhoAnswers) {
  ASSERT_TRUE(run().waiting);
  const auto asked = questions().at(0);
  EXPECT_EQ(asked.at("title").as_string(), "哪天交收");
  const auto& fields = asked.at("fields").as_array();
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(boost::json::serialize(fields[0]), R"({"name":"day","title":"交收日","type":"date","required":true,"choices":[]})");
  EXPECT_TRUE(asked.contains("expires"));
}
TEST_F(Human, NobodyInTimeIsAFailureAndAskingAgainDoesNotPutItOff) {
  ASSERT_TRUE(run().waiting);
  world.manual_clock.advance(9min);
  ASSERT_TRUE(run().waiting);
  world.manual_clock.advance(2min);
  const auto finished = run();
  EXPECT_EQ(code_of(finished), "expired");
  EXPECT_EQ(finished.outcome, wire::Outcome::business_failure);
}
TEST_F(Human, AQuestionThatWasWithdrawnEndsItsStep) {
  ASSERT_TRUE(run().waiting);
  ASSERT_TRUE(world.outside->withdraw_question(std::string(questions().at(0).at("key").as_string())).ok());
  EXPECT_EQ(code_of(run()), "withdrawn");
}
TEST_F(Human, AnAnswerThatDoesNotFitItsFormIsToldWithItsField) {
  for (const auto& [values, word] :
       {std::pair<const char*, const char*>{R"({"day":"soon"})", "day"}, {"{}", "day"}, {R"({"day":"2026-11-20","how":"c"})", "how"}}) {
    ActivityWorld fresh;
    fresh.write("answers.jsonl", std::string(R"({"title":"哪天交收","values":)") + values + "}\n");
    const auto finished = fresh.run(asking);
    EXPECT_EQ(code_of(finished), "bad_value") << values;
    EXPECT_NE(finished.error->message.find(word), std::string::npos) << finished.error->message;
  }
}
TEST_F(Human, AFormOfThePackageIsAskedByItsName) {
  world.write("answers.jsonl", R"({"form":"unknown_popup","by":"z","values":{"button":"确定","answered_by":"nobody"}})");
  const auto finished = world.run_steps(R"(- do: human.ask
  with: {title: 弹窗, form: unknown_popup, who: operators}
  save: answer
- return: {button: =answer.button, by: =answer.answered_by}
)",
                                        R"({"button":"","by":""})");
  EXPECT_EQ(told(finished), R"({"button":"确定","by":"z"})") << "who answered is no field of the form";
  EXPECT_EQ(questions().at(0).at("for_whom").as_string(), "operators");
}
TEST_F(Human, AFormThatIsWrongIsRefusedBeforeAnybodyIsAsked) {
  for (const char* form :
       {"5", "{}", "{Day: {type: date}}", "{day: date}", "{day: {type: day}}", "{day: {typ: date}}", "{day: {choices: a}}"}) {
    const auto finished = world.run_steps(std::string("- do: human.ask\n  with: {title: x, form: ") + form + "}\n");
    EXPECT_EQ(code_of(finished), "invalid_argument") << form;
  }
  EXPECT_TRUE(questions().empty());
}
TEST_F(Human, NoIsAnAnswerAndWhatIsNeitherIsNot) {
  world.write("answers.jsonl", "{\"title\":\"放行\",\"by\":\"z\",\"values\":{\"confirmed\":false}}\n{\"title\":\"放行\",\"values\":{}}\n");
  const char* steps =
      "- do: human.confirm\n  with: {title: 放行, text: 放行吗}\n  save: said\n- return: {yes: =said.confirmed, by: =said.answered_by}\n";
  EXPECT_EQ(told(world.run_steps(steps, R"({"yes":1,"by":""})")), R"({"by":"z","yes":false})");
  std::filesystem::remove(world.context_folder.path() + "/questions.jsonl");
  world.write("answers.jsonl", "{\"title\":\"放行2\",\"values\":{}}\n");
  EXPECT_EQ(code_of(world.run_steps("- do: human.confirm\n  with: {title: 放行2, text: 放行吗}\n")), "bad_value");
}

}  // namespace
}  // namespace quanji::activities
