#include "robot/robot.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>

#include "base/fields_json.h"
#include "base/record_log.h"
#include "robot/testing.h"

namespace quanji::robot {
namespace {

using std::chrono::seconds;
using testing::TemporaryFolder;

const wire::TaskId task{base::Ulid{{1}}};
wire::AttemptId attempt_number(std::uint8_t n) { return {base::Ulid{{2, n}}}; }

// What the test makes a runner say and do.
struct Script {
  std::deque<wire::RunnerMessage> says;
  std::optional<int> exit;
  std::optional<wire::Start> given;
  bool stop_asked = false, killed = false;
};
class ScriptedRunner final : public Runner {
 public:
  explicit ScriptedRunner(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  base::Status begin(const wire::Start& start, int, std::span<const int>) override { return script_->given = start, base::Status(); }
  void ask_stop(const std::string&) override { script_->stop_asked = true; }
  void kill() override { script_->killed = true, script_->exit = 137; }
  std::vector<wire::RunnerMessage> messages() override {
    std::vector<wire::RunnerMessage> out(script_->says.begin(), script_->says.end());
    script_->says.clear();
    return out;
  }
  std::string log() override { return {}; }
  std::optional<int> ended() override { return script_->exit; }
  std::vector<int> descriptors() const override { return {}; }

 private:
  std::shared_ptr<Script> script_;
};
class ScriptedRunners final : public Runners {
 public:
  base::Result<std::unique_ptr<Runner>> start(const std::string&, wire::RunnerProfile) override {
    scripts.push_back(std::make_shared<Script>());
    scripts.back()->says.push_back(
        wire::runner_message(wire::RunnerMessageType::hello, wire::Hello{7, "3.11", {wire::SandboxLevel::full, {}}}));
    return std::unique_ptr<Runner>(std::make_unique<ScriptedRunner>(scripts.back()));
  }
  std::vector<std::shared_ptr<Script>> scripts;
};

// A robot whose platform is the test: frames by hand, time by hand.
class RobotTest : public ::testing::Test {
 protected:
  RobotTest() { live(); }
  // Another life in the same folder, as after kill -9.
  void live() {
    robot_.reset();
    sent_.clear();
    runners_.scripts.clear();
    RobotFacets facets;
    facets.who.robot = {base::Ulid{{9}}};
    facets.who.name = "clearing-1";
    facets.slots = 2;
    auto opened = Robot::open(folder_ / "robot", std::move(facets),
                              {clock_, random_, runners_, [this](std::string frame) { sent_.push_back(std::move(frame)); }});
    if (!opened) throw std::runtime_error(opened.error().message().en);
    robot_ = std::move(*opened);
  }
  void tick() { ASSERT_TRUE(robot_->tick().ok()); }
  // Frames the robot sent since the last call.
  std::vector<wire::Frame> frames() {
    std::vector<wire::Frame> out;
    for (const auto& text : sent_) out.push_back(*wire::read_frame(text));
    sent_.clear();
    return out;
  }
  wire::Frame answer_to(std::string_view op, std::string body) {
    robot_->frame_received(*wire::write_frame(wire::make_ask("p1", op, std::move(body))));
    auto all = frames();
    EXPECT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).id, "p1");
    return all.at(0);
  }
  wire::OfferAnswer offer(std::uint8_t n, std::int64_t token = 1) {
    wire::TaskOffer offer;
    offer.task = task;
    offer.attempt = attempt_number(n);
    offer.token = token;
    offer.document.text = "{}";
    offer.run_seconds = 100;
    offer.grace_seconds = 5;
    const auto answer = answer_to(wire::op::task_offer, base::to_json(offer));
    EXPECT_EQ(answer.code, 0);
    return *wire::body_as<wire::OfferAnswer>(answer.data);
  }
  void end_run(Script& script, wire::Outcome outcome = wire::Outcome::success) {
    wire::Finished finished;
    finished.outcome = outcome;
    finished.outputs.text = R"({"x":42})";
    script.says.push_back(wire::runner_message(wire::RunnerMessageType::finished, finished));
    script.exit = 0;
  }
  // The reports among what was sent; `answer`: as the platform would.
  std::vector<wire::TaskReport> reports(const char* answer_code = "0") {
    std::vector<wire::TaskReport> out;
    for (const auto& frame : frames()) {
      if (frame.op == wire::op::task_report) {
        out.push_back(*wire::body_as<wire::TaskReport>(frame.body));
        EXPECT_EQ(frame.seq, out.back().seq);
      }
      if (answer_code && frame.kind == wire::FrameKind::ask)
        robot_->frame_received("{\"v\":1,\"id\":\"" + frame.id + "\",\"kind\":\"answer\",\"code\":" + answer_code +
                               ",\"message\":\"\",\"data\":{\"stale\":[]}}");
    }
    return out;
  }
  std::string folder_of(std::uint8_t n) { return folder_ / ("robot/runs/" + attempt_number(n).text()); }

  TemporaryFolder folder_;
  base::ManualClock clock_;
  base::SeededRandom random_{1};
  ScriptedRunners runners_;
  std::deque<std::string> sent_;
  std::unique_ptr<Robot> robot_;
};

TEST_F(RobotTest, AnswersWhatItIs) {
  const auto answer = answer_to(wire::op::robot_read, "{}");
  EXPECT_EQ(answer.code, 0);
  const auto facts = wire::body_as<wire::RobotFacts>(answer.data);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name, "clearing-1");
  EXPECT_EQ(facts->free_slots, 2);
  EXPECT_EQ(facts->state, wire::RobotState::idle);
}
TEST_F(RobotTest, RefusesWhatItDoesNotKnowAndSurvivesWhatItCannotRead) {
  EXPECT_EQ(answer_to("robot.dance", "{}").code, 40002);
  EXPECT_EQ(answer_to(wire::op::task_offer, R"({"task":"tsk_nonsense"})").code, 20004);
  for (const char* frame : {"", "{", "[]", "{\"v\":2,\"id\":\"a\",\"kind\":\"ask\",\"op\":\"robot.read\"}",
                            "{\"v\":1,\"id\":\"a\",\"kind\":\"answer\",\"code\":0,\"data\":7}"})
    robot_->frame_received(frame);
  EXPECT_TRUE(frames().empty());
}
TEST_F(RobotTest, BeatsAtOnceAndThenEveryTenSecondsGiveOrTakeOne) {
  robot_->channel_opened();
  tick();
  auto sent = frames();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].op, wire::op::robot_beat);
  clock_.advance(std::chrono::milliseconds(8'900));
  tick();
  EXPECT_TRUE(frames().empty());
  clock_.advance(std::chrono::milliseconds(2'200));
  tick();
  EXPECT_EQ(frames().size(), 1U);
  robot_->channel_closed();
  clock_.advance(seconds(60));
  tick();
  EXPECT_TRUE(frames().empty());
}
TEST_F(RobotTest, AnOfferWithoutADocumentIsRefusedAndLeavesNothing) {
  wire::TaskOffer offer;
  offer.task = task;
  offer.attempt = attempt_number(1);
  offer.token = 1;
  offer.package = wire::PackageRef{"clearing", "1.2.0", std::string(64, 'a'), 1000};
  offer.flow = "reconcile";
  const auto answer = wire::body_as<wire::OfferAnswer>(answer_to(wire::op::task_offer, base::to_json(offer)).data);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->reason, "nothing_to_run");
  EXPECT_FALSE(std::filesystem::exists(folder_of(1)));
  EXPECT_TRUE(runners_.scripts.empty());
}
TEST_F(RobotTest, AnOfferIsOnTheDiskBeforeItIsAcceptedAndTheSameOfferIsTheSameRun) {
  EXPECT_EQ(offer(1).decision, wire::OfferDecision::accept);
  EXPECT_TRUE(std::filesystem::exists(folder_of(1) + "/offer.json"));
  EXPECT_EQ(offer(1).decision, wire::OfferDecision::accept);
  EXPECT_EQ(runners_.scripts.size(), 1U) << "accepted twice, run once";
  EXPECT_EQ(offer(1, 9).reason, "stale_token");
  EXPECT_EQ(offer(2).decision, wire::OfferDecision::accept);
  EXPECT_EQ(offer(3).reason, "no_free_slot");
  EXPECT_FALSE(std::filesystem::exists(folder_of(3)));
}
TEST_F(RobotTest, ARunIsReportedStartedAndFinishedUntilThePlatformAnswers) {
  robot_->channel_opened();
  offer(1);
  tick();
  ASSERT_TRUE(runners_.scripts[0]->given);
  end_run(*runners_.scripts[0]);
  tick();
  const auto first = reports(nullptr);  // no answer
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].kind, wire::ReportKind::started);
  EXPECT_EQ(first[1].outcome, wire::Outcome::success);
  EXPECT_EQ(first[1].outputs.text, R"({"x":42})");
  tick();
  EXPECT_TRUE(reports(nullptr).empty()) << "under way: not sent twice on one connection";
  robot_->channel_closed();
  robot_->channel_opened();
  tick();
  EXPECT_EQ(reports("90002").size(), 2U) << "a platform that cannot store them has not got them";
  clock_.advance(seconds(6));
  tick();
  EXPECT_EQ(reports("0").size(), 2U);
  clock_.advance(seconds(60));
  tick();
  EXPECT_TRUE(reports().empty());
  EXPECT_TRUE(std::filesystem::exists(folder_of(1) + "/done"));
}
TEST_F(RobotTest, AStaleTokenEndsTheTellingOfALateResult) {
  robot_->channel_opened();
  offer(1);
  tick();
  end_run(*runners_.scripts[0]);
  tick();
  EXPECT_EQ(reports("30006").size(), 2U);
  clock_.advance(seconds(60));
  tick();
  EXPECT_TRUE(reports().empty());
}
TEST_F(RobotTest, AfterARestartReportsArriveAndTheRunIsNotRepeated) {
  offer(1);
  tick();
  end_run(*runners_.scripts[0]);
  tick();
  live();
  robot_->channel_opened();
  tick();
  EXPECT_EQ(reports("0").size(), 2U);
  tick();
  EXPECT_TRUE(runners_.scripts.empty());
  live();
  robot_->channel_opened();
  tick();
  EXPECT_TRUE(reports("0").empty()) << "acknowledged before";
  EXPECT_EQ(offer(1).decision, wire::OfferDecision::accept);
  EXPECT_TRUE(runners_.scripts.empty()) << "a result the platform has is never run again";
}
TEST_F(RobotTest, AnUnfinishedRunIsAskedAboutBeforeItGoesOn) {
  offer(1);
  offer(2, 5);
  tick();
  live();
  tick();
  EXPECT_TRUE(runners_.scripts.empty());
  robot_->channel_opened();
  tick();
  auto sent = frames();
  std::vector<wire::HeldAttempt> held;
  std::string beat_id;
  for (const auto& frame : sent)
    if (frame.op == wire::op::robot_beat) held = wire::body_as<wire::Beat>(frame.body)->held, beat_id = frame.id;
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[1].token, 5);
  wire::BeatAnswer answer;
  answer.stale = {attempt_number(2)};
  robot_->frame_received(*wire::write_frame(wire::make_answer(beat_id, base::to_json(answer))));
  tick();
  EXPECT_EQ(runners_.scripts.size(), 1U) << "the live one goes on, the stale one does not";
  EXPECT_TRUE(std::filesystem::exists(folder_of(2) + "/done"));
  live();
  EXPECT_TRUE(robot_->working());
  robot_->channel_opened();
  tick();
  for (const auto& frame : frames()) {
    if (frame.op == wire::op::robot_beat) {
      EXPECT_EQ(wire::body_as<wire::Beat>(frame.body)->held.size(), 1U);
    }
  }
}
TEST_F(RobotTest, ARunnerThatDiesIsASystemFailureNotADeadRobot) {
  robot_->channel_opened();
  offer(1);
  tick();
  runners_.scripts[0]->exit = 139;
  tick();
  const auto all = reports();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].outcome, wire::Outcome::system_failure);
  EXPECT_EQ(all[1].error->code, "runner_died");
  EXPECT_EQ(offer(2).decision, wire::OfferDecision::accept);
}
TEST_F(RobotTest, ARunBeyondItsLimitIsStoppedThenKilledAndTimedOut) {
  robot_->channel_opened();
  offer(1);
  tick();
  clock_.advance(seconds(99));
  tick();
  EXPECT_FALSE(runners_.scripts[0]->stop_asked);
  clock_.advance(seconds(1));
  tick();
  EXPECT_TRUE(runners_.scripts[0]->stop_asked);
  EXPECT_FALSE(runners_.scripts[0]->killed);
  clock_.advance(seconds(5));
  tick();
  EXPECT_TRUE(runners_.scripts[0]->killed);
  tick();
  EXPECT_EQ(reports().back().outcome, wire::Outcome::timed_out);
}
TEST_F(RobotTest, PythonThatDoesNotLeaveHasTwoSeconds) {
  offer(1);
  tick();
  auto& script = *runners_.scripts[0];
  script.says.push_back(wire::runner_message(wire::RunnerMessageType::overrun, wire::Overrun{"steps/1", 5000}));
  tick();
  clock_.advance(std::chrono::milliseconds(1'900));
  tick();
  EXPECT_FALSE(script.killed);
  script.says.push_back({wire::runner_version, wire::RunnerMessageType::resumed, {}});
  tick();
  clock_.advance(seconds(10));
  tick();
  EXPECT_FALSE(script.killed) << "it left in time";
  script.says.push_back(wire::runner_message(wire::RunnerMessageType::overrun, wire::Overrun{"steps/2", 5000}));
  tick();
  clock_.advance(seconds(2));
  tick();
  EXPECT_TRUE(script.killed);
}
TEST_F(RobotTest, AKillIsImmediateAndAStopHasItsGrace) {
  robot_->channel_opened();
  offer(1);
  offer(2);
  tick();
  reports();
  const auto stop = [&](std::uint8_t n, wire::StopMode mode) {
    return answer_to(wire::op::task_stop, base::to_json(wire::TaskStop{task, attempt_number(n), mode})).code;
  };
  EXPECT_EQ(stop(1, wire::StopMode::kill), 0);
  EXPECT_EQ(stop(2, wire::StopMode::soft), 0);
  EXPECT_EQ(stop(3, wire::StopMode::soft), 40001);
  tick();
  EXPECT_TRUE(runners_.scripts[0]->killed);
  EXPECT_TRUE(runners_.scripts[1]->stop_asked);
  EXPECT_FALSE(runners_.scripts[1]->killed);
  tick();
  EXPECT_EQ(reports().back().outcome, wire::Outcome::stopped);
}

}  // namespace
}  // namespace quanji::robot
