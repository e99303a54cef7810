#include "services/approvals.h"

#include <cstdio>
#include <random>

#include "base/fields_json.h"
#include "services/identity_testing.h"
#include "storage/change.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::Preset;
using testing::code_of;
using testing::House;

// The remark of a department is what is held, approved and edited here: `department.change`, of the system side; or, under the name
// `flow.publish`, of the work side.
struct Rename {
  DepartmentId id;
  std::string remark;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Rename, QF(id, "部门", "Department"), QF(remark, "备注", "Remark"))

Result<Department> rename(Change& change, const Rename& in) {
  base::Patch<DepartmentChange> patch{.value = {.id = in.id, .remark = in.remark}, .given = 1U << 5};
  return change_department(change, patch);
}

class Office : public House {
 public:
  Office() {
    place = department("place");
    second = user("second");
    give(second, Preset::system_administrator);
    set_approval_ports({
        .carry_out = [this](Change& change, const Approval& approval, std::string& result) -> Status {
          auto maker = std::make_shared<domain::Caller>();
          maker->kind = domain::CallerKind::user;
          maker->user = *approval.maker_id;
          maker->account = approval.maker;
          maker->second_person = true;
          aim(*maker, approval.permission);
          QUANJI_TRY(maker->authority, load_authority(change, *approval.maker_id));
          QUANJI_TRY(const auto in, base::from_json_text<Rename>(approval.input.text));
          const storage::ActingAs acting(change, maker);
          QUANJI_TRY(const auto done, rename(change, in));
          result = base::to_json(done);
          return {};
        },
        .proof_holds = [](Change&, const Proof& proof) -> Status {
          return proof.outcome ? Status{} : Status{proof.outcome.error().clone()};
        },
    });
  }
  ~Office() { set_approval_ports({}); }

  // What the platform does with an operation that waits: runs it, rolls it back, holds it.
  Result<HeldAnswer> hold_as(std::shared_ptr<domain::Caller> maker, std::string operation, const Rename& in) {
    Held held{operation, operation, base::to_json(in), {}};
    const auto rehearsed = change(
        [&](Change& c) -> Status {
          QUANJI_DO(rename(c, in));
          held.note = c.note();
          return base::Error(Code::wrong_state);
        },
        maker);
    if (rehearsed || rehearsed.error().code() != Code::wrong_state) return base::Error(Code::not_permitted);
    return run<Held, HeldAnswer>(maker, &hold, held);
  }
  Result<HeldAnswer> hold_change(const UserId& maker, std::string remark = "new") {
    return hold_as(as(maker, "department.change"), "department.change", {place, std::move(remark)});
  }
  Result<HeldAnswer> hold_publish(const UserId& maker, std::string remark = "new") {
    return hold_as(as(maker, "flow.publish"), "flow.publish", {place, std::move(remark)});
  }

  Approval look(const ApprovalId& id) {
    const auto found = ask(setup_reader(), &read_approval, ApprovalRef{id});
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : Approval{};
  }
  Result<Approval> approve_as(const UserId& checker, const ApprovalId& id, std::optional<std::string> digest = {}) {
    return run(as(checker, "approval.decide"), &approve, ApprovalDecision{id, digest ? *digest : look(id).digest, {}});
  }
  std::string remark() {
    std::string text;
    EXPECT_TRUE(view(
                    [&](const View& v) -> Status {
                      QUANJI_TRY(const auto found, read_department(v, {place}));
                      text = found.remark.value_or("");
                      return {};
                    },
                    setup())
                    .ok());
    return text;
  }
  static std::shared_ptr<domain::Caller> setup_reader() { return setup(); }

  DepartmentId place;
  UserId second;
};

TEST(Approvals, AnotherPersonApprovesAndItIsCarriedOutOnce) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok()) << testing::en(held.error());
  EXPECT_EQ(office.remark(), "");
  const auto done = office.approve_as(office.second, held->approval_id);
  ASSERT_TRUE(done.ok()) << testing::en(done.error());
  EXPECT_EQ(done->state, ApprovalState::approved);
  EXPECT_EQ(*done->checker, "second");
  EXPECT_EQ(office.remark(), "new");
  EXPECT_NE(done->result.text.find("\"remark\":\"new\""), std::string::npos);
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id)), Code::wrong_state);
}

TEST(Approvals, TheMakerNeverApprovesHisOwn) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(code_of(office.approve_as(office.system, held->approval_id)), Code::not_permitted);
  EXPECT_EQ(code_of(office.run(office.as(office.system, "approval.decide"), &refuse_approval, ApprovalRefusal{held->approval_id, "x"})),
            Code::not_permitted);
  EXPECT_EQ(office.look(held->approval_id).state, ApprovalState::pending);
}

TEST(Approvals, APersonAClientActedForIsTheMaker) {
  Office office;
  auto client = office.as(office.system, "department.change");
  client->kind = domain::CallerKind::client;
  client->client.ulid.bytes[15] = 9;
  client->on_behalf_of = client->account;
  client->account = "robot platform";
  const auto held = office.hold_as(client, "department.change", {office.place, "new"});
  ASSERT_TRUE(held.ok()) << testing::en(held.error());
  EXPECT_EQ(office.look(held->approval_id).maker, "system");
  EXPECT_EQ(code_of(office.approve_as(office.system, held->approval_id)), Code::not_permitted);
  EXPECT_TRUE(office.approve_as(office.second, held->approval_id).ok());
}

TEST(Approvals, NoClientAndNoRobotDecides) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  for (const auto kind : {domain::CallerKind::client, domain::CallerKind::robot, domain::CallerKind::clock}) {
    auto caller = office.as(office.second, "approval.decide");
    caller->kind = kind;
    const auto refused = office.run(caller, &approve, ApprovalDecision{held->approval_id, office.look(held->approval_id).digest, {}});
    EXPECT_EQ(code_of(refused), Code::not_permitted);
  }
  auto nobody = office.as(office.system, "department.change");
  nobody->kind = domain::CallerKind::client;
  nobody->user = {};
  EXPECT_EQ(code_of(office.hold_as(nobody, "department.change", {office.place, "x"})), Code::not_permitted);
}

TEST(Approvals, WhatBelongsToTheAdministratorsIsNotSignedByABusinessChecker) {
  Office office;
  const auto checker = office.user("checker"), developer = office.user("developer");
  office.give(checker, Preset::checker);
  office.give(developer, Preset::flow_developer);
  const auto role = office.role("editor", {"flow.publish", "department.read"});
  ASSERT_TRUE(office.grant(developer, role).ok());
  const auto change = office.hold_change(office.system, "one");
  const auto publish = office.hold_publish(developer, "two");
  ASSERT_TRUE(change.ok() && publish.ok());
  EXPECT_EQ(code_of(office.approve_as(checker, change->approval_id)), Code::not_permitted);
  EXPECT_TRUE(office.approve_as(checker, publish->approval_id).ok());
  EXPECT_EQ(code_of(office.approve_as(office.auditor, change->approval_id)), Code::not_found);
  const auto again = office.hold_change(office.system, "three");
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(office.approve_as(office.security, again->approval_id).ok());
}

TEST(Approvals, WhatWasReadIsWhatIsSigned) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  const auto read = office.look(held->approval_id).digest;
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id, std::string(64, '0'))), Code::changed_meanwhile);
  const base::Patch<ApprovalChange> edit{.value = {held->approval_id, "another reason"}, .given = 0b10};
  EXPECT_EQ(code_of(office.run(office.as(office.second, "approval.read"), &change_approval, edit)), Code::not_permitted);
  ASSERT_TRUE(office.run(office.as(office.system, "approval.read"), &change_approval, edit).ok());
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id, read)), Code::changed_meanwhile);
  EXPECT_TRUE(office.approve_as(office.second, held->approval_id).ok());
}

TEST(Approvals, ARowChangedBehindTheMakersBackIsNotApproved) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  static const storage::Query tamper{"t_tamper", {"update approvals set input = replace(input, 'new', 'own')", {}}, {"select 1", {}}};
  office.sql(tamper);
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id)), Code::changed_meanwhile);
  EXPECT_EQ(office.remark(), "");
}

TEST(Approvals, AThingThatHasChangedSinceIsNotApproved) {
  Office office;
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  ASSERT_TRUE(office.run(House::setup(), &rename, Rename{office.place, "meanwhile"}).ok());
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id)), Code::changed_meanwhile);
  EXPECT_EQ(office.remark(), "meanwhile");
  EXPECT_EQ(office.look(held->approval_id).state, ApprovalState::pending);
}

TEST(Approvals, AMakerWhoLostHisRightsIsNotCarriedOut) {
  Office office;
  const auto third = office.user("third");
  const auto grant = office.give(third, Preset::system_administrator);
  const auto held = office.hold_change(third);
  ASSERT_TRUE(held.ok());
  ASSERT_TRUE(office.run(office.as(office.security, "grant.delete"), &delete_grant, GrantRemoval{third, grant, "x"}).ok());
  EXPECT_NE(code_of(office.approve_as(office.second, held->approval_id)), Code::ok);
  office.give(third, Preset::system_administrator);
  ASSERT_TRUE(office.run(office.as(office.system, "user.disable"), &disable_user, UserStop{third, "x"}).ok());
  EXPECT_EQ(code_of(office.approve_as(office.second, held->approval_id)), Code::wrong_state);
  EXPECT_EQ(office.remark(), "");
}

TEST(Approvals, ExpireAndRefusalsAreKept) {
  Office office;
  const auto late = office.hold_change(office.system), refused = office.hold_change(office.system, "other");
  ASSERT_TRUE(late.ok() && refused.ok());
  const auto said =
      office.run(office.as(office.second, "approval.decide"), &refuse_approval, ApprovalRefusal{refused->approval_id, "too wide"});
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->state, ApprovalState::refused);
  office.clock->advance(std::chrono::hours(24));
  EXPECT_EQ(office.look(late->approval_id).state, ApprovalState::expired);
  EXPECT_EQ(code_of(office.approve_as(office.second, late->approval_id)), Code::wrong_state);
  std::int64_t written = 0;
  ASSERT_TRUE(office
                  .change([&](Change& c) -> Status {
                    QUANJI_TRY(written, expire_approvals(c, 10));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(written, 1);
  base::ListQuery query;
  query.filters = {{"state", "refused"}};
  const auto page = office.ask(office.as(office.second, "approval.read"), &list_approvals, query);
  ASSERT_TRUE(page.ok()) << testing::en(page.error());
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(*page->items[0].decision_reason, "too wide");
}

TEST(Approvals, AreAskedForByTheSettings) {
  House house;
  const auto asks = [&](std::string_view operation) {
    bool answer = false;
    EXPECT_TRUE(house
                    .view([&](const View& v) -> Status {
                      QUANJI_TRY(answer, asks_second_person(v, operation));
                      return {};
                    })
                    .ok());
    return answer;
  };
  EXPECT_TRUE(asks("grant.create"));
  ASSERT_TRUE(house.change([](Change& c) { return settings::put(c, "approvals.operations", R"(["role.change"])"); }).ok());
  EXPECT_FALSE(asks("grant.create"));
  EXPECT_TRUE(asks("role.change"));
  ASSERT_TRUE(house.change([](Change& c) { return settings::put(c, "approvals.required", "false"); }).ok());
  EXPECT_FALSE(asks("role.change"));
}

class Emergency : public ::testing::Test {
 protected:
  Emergency() {
    officer = office.user("officer");
    const auto role = office.role("publisher", {"flow.publish", "approval.act_alone", "approval.read", "department.read"});
    EXPECT_TRUE(office.grant(officer, role).ok());
    EXPECT_TRUE(
        office
            .change([](Change& c) { return settings::put(c, "approvals.emergency_operations", R"(["flow.publish","department.change"])"); })
            .ok());
  }
  Result<Approval> act(const UserId& who, const ApprovalId& id, std::string incident = "INC-1", std::string totp = "123456") {
    auto proof = std::make_shared<Proof>();
    proof->totp_on = !totp.empty();
    if (totp != "123456") proof->outcome = base::Error(Code::wrong_credentials);
    Prepared<EmergencyAct> in{{id, office.look(id).digest, std::move(incident), "nobody answers", std::move(totp)}, std::move(proof)};
    return office.run(office.as(who, "approval.act_alone"), &act_alone, in);
  }
  Office office;
  UserId officer;
};

TEST_F(Emergency, OneActsAloneAfterWaitingAndAnotherChecksAfterwards) {
  const auto held = office.hold_publish(officer);
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(code_of(act(officer, held->approval_id)), Code::wrong_state);
  office.clock->advance(std::chrono::minutes(15));
  EXPECT_EQ(code_of(act(officer, held->approval_id, "INC-1", "000000")), Code::wrong_credentials);
  EXPECT_EQ(code_of(act(officer, held->approval_id, "INC-1", "")), Code::totp_required);
  const auto done = act(officer, held->approval_id);
  ASSERT_TRUE(done.ok()) << testing::en(done.error());
  EXPECT_EQ(done->state, ApprovalState::approved);
  EXPECT_EQ(done->after_check, AfterCheckState::due);
  EXPECT_EQ(*done->after_check_due, office.clock->now().plus(std::chrono::hours(24)));
  EXPECT_EQ(office.remark(), "new");
  EXPECT_EQ(office.last_note.reason, "INC-1: nobody answers");
  static const storage::Query told{"t_told", {"select count(*) from events where type = 'approval.acted_alone'", {}}, {"select 1", {}}};
  EXPECT_EQ(office.number(told), 1);
  base::ListQuery query;
  query.filters = {{"afterCheck", "due"}};
  EXPECT_EQ(office.ask(office.as(office.second, "approval.read"), &list_approvals, query)->items.size(), 1U);

  const auto checker = office.user("checker");
  office.give(checker, Preset::checker);
  const AfterCheck check{held->approval_id, AfterCheckOutcome::objected, "was reachable"};
  EXPECT_EQ(code_of(office.run(office.as(officer, "approval.decide"), &check_after, check)), Code::not_permitted);
  const auto checked = office.run(office.as(checker, "approval.decide"), &check_after, check);
  ASSERT_TRUE(checked.ok()) << testing::en(checked.error());
  EXPECT_EQ(checked->after_check, AfterCheckState::objected);
  EXPECT_EQ(code_of(office.run(office.as(checker, "approval.decide"), &check_after, check)), Code::wrong_state);
}

TEST_F(Emergency, AnAfterCheckThatIsNotMadeInTimeIsToldOnceAndCanStillBeMade) {
  const auto held = office.hold_publish(officer);
  ASSERT_TRUE(held.ok());
  office.clock->advance(std::chrono::minutes(15));
  ASSERT_TRUE(act(officer, held->approval_id).ok());
  static const storage::Query told{
      "t_overdue", {"select count(*) from events where type = 'approval.after_check_overdue'", {}}, {"select 1", {}}};
  const auto tick = [&] {
    return office.change([](Change& c) -> Status {
      QUANJI_DO(tell_overdue_after_checks(c, 100));
      return {};
    });
  };
  office.clock->advance(std::chrono::hours(24) - std::chrono::seconds(1));
  ASSERT_TRUE(tick().ok());
  EXPECT_EQ(office.number(told), 0);
  office.clock->advance(std::chrono::seconds(1));
  ASSERT_TRUE(tick().ok());
  ASSERT_TRUE(tick().ok());
  EXPECT_EQ(office.number(told), 1);
  EXPECT_EQ(office.look(held->approval_id).after_check, AfterCheckState::overdue);
  const auto checker = office.user("checker");
  office.give(checker, Preset::checker);
  const auto checked =
      office.run(office.as(checker, "approval.decide"), &check_after, AfterCheck{held->approval_id, AfterCheckOutcome::accepted, "late"});
  ASSERT_TRUE(checked.ok()) << testing::en(checked.error());
  EXPECT_EQ(checked->after_check, AfterCheckState::accepted);
}

TEST_F(Emergency, IsNeverForWhatBelongsToTheAdministrators) {
  const auto role = office.role("alone", {"approval.act_alone"});
  ASSERT_TRUE(office.grant(office.system, role).ok());
  const auto held = office.hold_change(office.system);
  ASSERT_TRUE(held.ok());
  office.clock->advance(std::chrono::hours(1));
  EXPECT_EQ(code_of(act(office.system, held->approval_id)), Code::not_permitted);
}

TEST_F(Emergency, EndsHalfAnHourAfterTheFirstActOfItsIncident) {
  const auto first = office.hold_publish(officer, "one");
  office.clock->advance(std::chrono::minutes(15));
  ASSERT_TRUE(act(officer, first->approval_id).ok());
  const auto second = office.hold_publish(officer, "two");
  office.clock->advance(std::chrono::minutes(30));
  ASSERT_TRUE(act(officer, second->approval_id).ok());
  const auto third = office.hold_publish(officer, "three");
  office.clock->advance(std::chrono::minutes(15));
  EXPECT_EQ(code_of(act(officer, third->approval_id)), Code::wrong_state);
  EXPECT_TRUE(act(officer, third->approval_id, "INC-2").ok());
}

TEST_F(Emergency, IsOnlyForNamedOperations) {
  ASSERT_TRUE(office.change([](Change& c) { return settings::put(c, "approvals.emergency_operations", "[]"); }).ok());
  const auto held = office.hold_publish(officer);
  office.clock->advance(std::chrono::minutes(15));
  EXPECT_EQ(code_of(act(officer, held->approval_id)), Code::not_permitted);
}

// A walk over everything that can happen to approvals, against a model of the rules: whatever the order, nobody approves his own, nothing
// is approved that was edited, changed, decided or expired, or by who may not decide.
TEST(Approvals, NoWalkThroughApproveEditWithdrawExpireAndRoleChangeBreaksTheRules) {
  constexpr unsigned seed = 20261124;
  constexpr int walks = 5000;
  std::printf("seed=%u\n", seed);
  std::mt19937 random(seed);
  Office office;
  const auto third = office.user("third");
  const auto role = office.role("runner", {"department.change", "department.read", "user.change"});
  std::vector<UserId> people{office.system, office.second, third};
  ASSERT_TRUE(office.grant(third, role).ok());
  std::array<bool, 3> decides{true, true, false};
  std::optional<GrantId> third_decides;
  const auto deciding = office.role("deciding", {"approval.decide", "approval.read"});

  // Rights change rarely enough to be kept, as a session keeps them until the epoch rises.
  std::array<std::shared_ptr<domain::Caller>, 3> known;
  const auto caller = [&](std::size_t who, std::string_view permission) {
    if (!known[who] || known[who]->authority->access_epoch != access_epoch()) known[who] = office.as(people[who], permission);
    auto made = std::make_shared<domain::Caller>(*known[who]);
    House::aim(*made, permission);
    return made;
  };
  struct Open {
    ApprovalId id;
    std::size_t maker;
    std::string digest, stale_digest;
    std::int64_t thing;  // how often the thing had changed when it was held
    base::Time expires;
    bool pending = true;
  };
  std::int64_t thing = 0;
  int approved = 0, refused_approvals = 0, serial = 0;
  for (int walk = 0; walk < walks; ++walk) {
    const std::size_t maker = random() % 3;
    const auto held =
        office.hold_as(caller(maker, "department.change"), "department.change", {office.place, "r" + std::to_string(serial++)});
    ASSERT_TRUE(held.ok()) << testing::en(held.error()) << " seed=" << seed << " walk=" << walk;
    Open open{held->approval_id, maker, {}, std::string(64, '0'), thing, held->expires_at};
    open.digest = office.look(open.id).digest;
    for (int step = 0; step < 4 && open.pending; ++step) {
      const auto who = random() % 3;
      const auto where = [&] { return "seed=" + std::to_string(seed) + " walk=" + std::to_string(walk) + " step=" + std::to_string(step); };
      const bool in_time = office.clock->now() < open.expires;
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          const bool right = random() % 3 != 0;
          const auto done =
              office.run(caller(who, "approval.decide"), &approve, ApprovalDecision{open.id, right ? open.digest : open.stale_digest, {}});
          const bool expected = right && who != open.maker && decides[who] && in_time && open.thing == thing;
          ASSERT_EQ(done.ok(), expected) << where() << (done.ok() ? "" : " " + testing::en(done.error()));
          expected ? ++approved : ++refused_approvals;
          if (expected) {
            ASSERT_NE(*done->checker_id, *done->maker_id);
            ++thing;
            open.pending = false;
          }
          break;
        }
        case 3: {
          const base::Patch<ApprovalChange> edit{.value = {open.id, "reason " + std::to_string(serial++)}, .given = 0b10};
          const auto done = office.run(caller(who, "approval.read"), &change_approval, edit);
          ASSERT_EQ(done.ok(), who == open.maker && in_time) << where();
          if (done.ok()) {
            open.stale_digest = open.digest;
            open.digest = done->digest;
          }
          break;
        }
        case 4: {
          const auto done = office.run(caller(who, "approval.read"), &withdraw_approval, ApprovalRefusal{open.id, "x"});
          ASSERT_EQ(done.ok(), who == open.maker && in_time) << where();
          open.pending = !done.ok();
          break;
        }
        case 5:
          office.clock->advance(std::chrono::hours(random() % 3 == 0 ? 24 : 1));
          break;
        case 6: {  // the role of the third person changes
          if (third_decides) {
            ASSERT_TRUE(office.run(House::setup(), &delete_grant, GrantRemoval{third, *third_decides, "walk"}).ok());
            third_decides.reset();
          } else {
            const auto given = office.grant(third, deciding);
            ASSERT_TRUE(given.ok());
            third_decides = given->id;
          }
          decides[2] = third_decides.has_value();
          break;
        }
        default:
          if (random() % 2 == 0) {
            ASSERT_TRUE(office.run(House::setup(), &rename, Rename{office.place, "e" + std::to_string(serial++)}).ok());
            ++thing;
          }
      }
    }
  }
  std::printf("walks=%d approved=%d refused=%d\n", walks, approved, refused_approvals);
  EXPECT_GT(approved, walks / 10);
  EXPECT_GT(refused_approvals, walks / 4);
}

}  // namespace
}  // namespace quanji::services
