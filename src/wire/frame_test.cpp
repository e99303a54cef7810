#include "wire/frame.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "base/bytes.h"
#include "base/random.h"
#include "wire/enrolment.h"
#include "wire/robot_contract.h"
#include "wire/runner.h"

namespace quanji::wire {
namespace {

TEST(Frame, HasTheShapeOfTheConventions) {
  auto ask = make_ask("p1", op::task_offer, R"({"a":1})");
  ask.token = 7;
  ask.seq = 2;
  EXPECT_EQ(*write_frame(ask), R"({"v":1,"id":"p1","kind":"ask","op":"task.offer","token":7,"seq":2,"body":{"a":1}})");
  EXPECT_EQ(*write_frame(make_answer("p1", "{}")), R"({"v":1,"id":"p1","kind":"answer","code":0,"message":"ok","data":{}})");
  const auto refusal = *read_frame(*write_frame(make_refusal("p1", base::Error(base::Code::stale_token))));
  EXPECT_EQ(refusal.code, 30006);
  EXPECT_EQ(refusal_of(refusal).code(), base::Code::stale_token);
}
TEST(Frame, IgnoresWhatANewerPeerAddsAndRefusesWhatItCannotAnswer) {
  EXPECT_TRUE(read_frame(R"({"v":1,"id":"a","kind":"ask","op":"robot.read","body":{},"priority":9})").ok());
  for (const char* wrong :
       {R"({"v":2,"id":"a","kind":"ask","op":"robot.read"})", R"({"v":1,"id":"","kind":"ask","op":"robot.read"})",
        R"({"v":1,"id":"a b","kind":"ask","op":"x"})", R"({"v":1,"id":"a","kind":"ask"})", R"({"v":1,"id":"a","kind":"answer","data":{}})",
        R"({"v":1,"id":"a","kind":"shout","op":"x"})", "[]", "nonsense"})
    EXPECT_FALSE(read_frame(wrong).ok()) << wrong;
}
TEST(Frame, WithoutAnIdIsRefusedWhateverItsKind) {
  for (const auto* wrong :
       {R"({"v":1,"kind":"tell","op":"x.y"})", R"({"v":1,"id":"","kind":"ask","op":"x.y"})", R"({"v":1,"kind":"answer","code":0})"})
    EXPECT_FALSE(read_frame(wrong).ok()) << wrong;
}
TEST(Frame, IsAtMostAQuarterOfAMegabyte) {
  const auto big = "\"" + std::string(max_frame_bytes, 'x') + "\"";
  EXPECT_EQ(write_frame(make_answer("a", big)).error().code(), base::Code::too_large);
  EXPECT_EQ(read_frame(std::string(max_frame_bytes + 1, ' ')).error().code(), base::Code::too_large);
}
TEST(RobotContract, EveryVerbIsNamedOnceAndHasBothMessages) {
  std::set<std::string_view> names;
  for (const auto& verb : robot_contract()) {
    EXPECT_TRUE(names.insert(verb.op).second) << verb.op;
    EXPECT_EQ(find_verb(verb.op), &verb);
    EXPECT_FALSE(verb.sentence.zh.empty() || verb.sentence.en.empty());
    EXPECT_FALSE(verb.input().type().empty() || verb.output().type().empty());
  }
  EXPECT_EQ(find_verb("task.dance"), nullptr);
}
TEST(RobotContract, EveryAskForARunSaysWhichAttemptItSpeaksFor) {
  for (const auto& verb : robot_contract()) {
    if (verb.asker != Asker::robot || verb.op == op::robot_beat || verb.op == op::package_read_part) continue;
    for (const auto* name : {"task", "attempt", "token"}) EXPECT_GE(verb.input().find(name), 0) << verb.op << " " << name;
  }
  FileRead read;
  read.task = {base::Ulid{{1}}};
  read.attempt = {base::Ulid{{2}}};
  read.token = 7;
  read.name = "a";
  const auto held = body_as<HeldAttempt>({base::to_json(read)});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->attempt, read.attempt);
  EXPECT_EQ(held->token, 7);
}
TEST(RobotContract, AnOfferOfATrialRunIsReadAsBeforeAndOneOfAPackageComesOutWhole) {
  const auto trial = body_as<TaskOffer>({R"({"task":"tsk_01ARYZ6S41TSV4RRFFQ69G5FAV","attempt":"att_01ARYZ6S41TSV4RRFFQ69G5FAV","token":1,)"
                                         R"("document":{"flow":"t"}})"});
  ASSERT_TRUE(trial) << trial.error().message().en;
  EXPECT_EQ(trial->profile, RunnerProfile::closed);
  EXPECT_EQ(trial->resume, ResumeFrom::start);
  TaskOffer offer;
  offer.task = trial->task;
  offer.attempt = trial->attempt;
  offer.token = 3;
  offer.package = PackageRef{"clearing", "1.2.0", std::string(64, 'a'), 1000};
  offer.flow = "reconcile";
  offer.profile = RunnerProfile::network;
  offer.resume = ResumeFrom::failed_step;
  offer.resume_of = trial->attempt;
  offer.settled = {{"steps/3", true, {R"({"n":1})"}}};
  offer.business_date = base::Date{20'000};
  const auto again = body_as<TaskOffer>({base::to_json(offer)});
  ASSERT_TRUE(again);
  EXPECT_EQ(base::to_json(*again), base::to_json(offer));
  EXPECT_EQ(again->package->version, "1.2.0");
  EXPECT_EQ(again->business_date, offer.business_date);
  offer.package->sha256 = "short";
  EXPECT_FALSE(body_as<TaskOffer>({base::to_json(offer)}));
}
TEST(RobotContract, APartOfAFileFitsAFrame) {
  FilePart part;
  part.name = std::string(1024, 'n');
  part.sha256 = std::string(64, 'a');
  part.total = 1 << 30;
  part.body = base::base64(base::Bytes(max_part_bytes, 0xff));
  const auto frame = write_frame(make_ask("r1", op::file_write_part, base::to_json(part)));
  ASSERT_TRUE(frame) << frame.error().message().en;
  ASSERT_TRUE(body_as<FilePart>(read_frame(*frame)->body));
  part.body += "AAAAAAAAAAAAAAAA";
  EXPECT_FALSE(body_as<FilePart>({base::to_json(part)})) << "more than a part";
}
TEST(EnrolmentCode, CarriesTheAuthorityAndIsNeverQuotedInARefusal) {
  base::SeededRandom random(3);
  const auto authority = base::sha256("authority");
  const auto code = EnrolmentCode::make(random, authority);
  const std::string text(code.text().reveal());
  EXPECT_EQ(text.size(), 4U + 43 + 1 + 32);
  const auto again = EnrolmentCode::parse(text);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->secret == code.secret);
  EXPECT_TRUE(again->names(authority));
  EXPECT_FALSE(again->names(base::sha256("another")));
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto refused = EnrolmentCode::parse(std::string_view(text).substr(0, cut));
    ASSERT_FALSE(refused) << cut;
    EXPECT_EQ(refused.error().message().en.find(text.substr(4, 10)), std::string::npos);
  }
  EXPECT_FALSE(EnrolmentCode::parse(text + "0").ok());
}
TEST(EnrolmentCode, StandsInTheBodyOfTheRequestAndNowhereElse) {
  base::SeededRandom random(3);
  EnrolRequest request;
  request.code = EnrolmentCode::make(random, {}).secret.clone();
  request.name = "clearing-1";
  EXPECT_EQ(base::to_json(request).find("qje_"), std::string::npos);
  const auto body = enrol_body(request);
  const auto parsed = base::parse_json(body.reveal());
  ASSERT_TRUE(parsed);
  const auto read = base::from_json<EnrolRequest>(*parsed);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->code == request.code);
  EXPECT_EQ(read->name, "clearing-1");
}
TEST(RunnerMessages, ComeOutTheSameHoweverTheStreamIsCut) {
  const auto stream = *write_runner_message(runner_message(RunnerMessageType::progress, Progress{3, "steps/3", 9})) +
                      *write_runner_message({runner_version, RunnerMessageType::resumed, {}});
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    RunnerMessageReader reader;
    std::vector<RunnerMessageType> types;
    for (const auto piece : {std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) {
      reader.add(piece);
      for (auto next = reader.next(); next.ok() && *next; next = reader.next()) types.push_back((*next)->type);
    }
    ASSERT_EQ(types, (std::vector{RunnerMessageType::progress, RunnerMessageType::resumed})) << "cut at " << cut;
  }
}
TEST(RunnerMessages, ALengthNobodyWritesBreaksTheStreamForGood) {
  RunnerMessageReader reader;
  reader.add(std::string_view("\xff\xff\xff\xff", 4));
  EXPECT_FALSE(reader.next().ok());
  reader.add(*write_runner_message({runner_version, RunnerMessageType::resumed, {}}));
  EXPECT_FALSE(reader.next().ok());
}

}  // namespace
}  // namespace quanji::wire
