#include "services/credentials.h"

#include "base/fields_json.h"
#include "services/vault_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::CredentialType;
using domain::SignInOutcome;
using std::chrono::hours;
using testing::code_of;
using testing::VaultHouse;

class Credentials : public testing::OnBothDatabases {};
QUANJI_ON_BOTH_DATABASES(Credentials);

constexpr std::string_view canary = "Canary-5e9d";

TEST_P(Credentials, AreOpenedByTheGrantedTaskAndReadBackByNobody) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok()) << made.error().detail() << testing::en(made.error());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house->task(house->robot("r1"));
  for (const auto kind : {base::KeyKind::ecdsa_p256, base::KeyKind::sm2})
    EXPECT_EQ(house->open(seat, "counter", 0, "password", kind).value(), canary);
  EXPECT_EQ(house->sealed_answers.find(canary), std::string::npos);
  const auto read = house->ask(house->as(house->security, "credential.read"), &read_credential, CredentialRef{made->id});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(base::to_json(*read, base::Side::stored).find(canary), std::string::npos);
  EXPECT_EQ(read->secret_fields, std::vector{domain::SecretField::password});
  EXPECT_TRUE(read->last_used_at && read->last_used_by);
  base::ListQuery query;
  query.within = made->id.ulid;
  const auto uses = house->ask(house->as(house->security, "credential.read"), &list_credential_uses, query);
  ASSERT_TRUE(uses.ok());
  ASSERT_EQ(uses->items.size(), 2U);
  EXPECT_EQ(uses->items[0].task, seat.task);
  EXPECT_EQ(uses->items[0].field, "password");
}

TEST_P(Credentials, ANakedKeyOfTheTreatyIsAnsweredBySm2) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house->task(house->robot("r1"));
  const auto key = base::PrivateKey::generate(base::KeyKind::sm2, *house->desk->random);
  wire::CredentialOpen in{
      {seat.task.ulid}, {seat.attempt.ulid}, seat.token, "counter", 1, "password", base::base64url(key.public_key().to_raw())};
  const auto answer = house->run(house->robot_caller(seat), &open_credential, in);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(base::sm2_decrypt(key, base::from_base64url(answer->sealed).value(), *house->desk->random)->reveal(), canary);
  in.seal_to = "AAAA";
  EXPECT_EQ(code_of(house->run(house->robot_caller(seat), &open_credential, in)), Code::invalid_field);
}

TEST_P(Credentials, DoNotExistForWhomTheyWereNotGrantedTo) {
  const auto below = house->department("清算部"), other = house->department("别处");
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  const auto robot = house->robot("r1"), robot2 = house->robot("r2");
  const auto zhang = house->user("zhang"), li = house->user("li");
  house->give(zhang, domain::Preset::operator_, below);
  EXPECT_EQ(code_of(house->open(house->task(robot), "counter")), Code::not_found);
  EXPECT_EQ(code_of(house->open(house->task(robot), "none")), Code::not_found);
  const std::pair<VaultGrantKind, std::string> grants[] = {{VaultGrantKind::user, zhang.text()},
                                                           {VaultGrantKind::role, domain::id_of(domain::Preset::operator_).text()},
                                                           {VaultGrantKind::department, below.text()},
                                                           {VaultGrantKind::robot, robot.text()},
                                                           {VaultGrantKind::flow, std::string(testing::flow_id)}};
  for (const auto& [kind, subject] : grants) {
    const auto grant = house->grant_to(made->id, kind, subject);
    ASSERT_TRUE(grant.ok());
    EXPECT_EQ(code_of(house->grant_to(made->id, kind, subject)), Code::wrong_state);
    EXPECT_TRUE(house->open(house->task(robot, below, std::string(testing::flow_id), zhang), "counter").ok()) << subject;
    EXPECT_EQ(code_of(house->open(house->task(robot2, other, "another", li), "counter")), Code::not_found) << subject;
    ASSERT_TRUE(
        house->run(house->as(house->security, "credential.grant"), &revoke_credential, CredentialGrantEnd{made->id, grant->id, "x"}));
    EXPECT_EQ(code_of(house->open(house->task(robot, below, std::string(testing::flow_id), zhang), "counter")), Code::not_found);
  }
  EXPECT_EQ(code_of(house->grant_to(made->id, VaultGrantKind::robot, zhang.text())), Code::invalid_field);
  EXPECT_EQ(code_of(house->grant_to(made->id, VaultGrantKind::user, "usr_01ARYZ6S41TSV4RRFFQ69G5FAV")), Code::invalid_field);
}

TEST_P(Credentials, AnOldTokenOpensNothing) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  auto seat = house->task(house->robot("r1"));
  const auto old = seat;
  house->tasks[seat.attempt.ulid].second = seat.token + 1;
  EXPECT_EQ(code_of(house->open(old, "counter")), Code::stale_token);
  house->tasks.erase(seat.attempt.ulid);
  EXPECT_EQ(code_of(house->open(old, "counter")), Code::stale_token);
}

TEST_P(Credentials, ARotationTakesOverAtItsTimeAndOldReferencesAreTold) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house->task(house->robot("r1"));
  ASSERT_TRUE(house->rotate(made->id, "second").ok());
  EXPECT_EQ(house->open(seat, "counter").value(), "second");
  EXPECT_EQ(code_of(house->open(seat, "counter", 1)), Code::changed_meanwhile);
  EXPECT_EQ(house->open(seat, "counter", 2).value(), "second");
  const auto planned = house->rotate(made->id, "third", house->clock->now().plus(hours(2)));
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(planned->version, 2);
  EXPECT_EQ(planned->latest_version, 3);
  EXPECT_EQ(planned->next_version_at, house->clock->now().plus(hours(2)));
  EXPECT_EQ(house->open(seat, "counter").value(), "second");
  house->pass(hours(2));
  EXPECT_EQ(house->open(seat, "counter").value(), "third");
  base::ListQuery query;
  query.within = made->id.ulid;
  const auto versions = house->ask(house->as(house->security, "credential.read"), &list_credential_versions, query);
  ASSERT_TRUE(versions.ok());
  EXPECT_EQ(versions->items.size(), 3U);
  EXPECT_EQ(code_of(house->rotate(made->id, "x", house->clock->now())), Code::invalid_field);
}

TEST_P(Credentials, AnExclusiveOneIsWithOneTaskAtATime) {
  const auto made = house->credential("counter", [](auto& c) { c.exclusive = true; });
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto robot = house->robot("r1");
  const auto one = house->task(robot), two = house->task(robot);
  EXPECT_TRUE(house->open(one, "counter").ok());
  EXPECT_TRUE(house->open(one, "counter").ok());
  EXPECT_EQ(code_of(house->open(two, "counter")), Code::wrong_state);
  EXPECT_EQ(code_of(house->run(house->as(house->security, "credential.delete"), &delete_credential, CredentialRef{made->id})),
            Code::still_referenced);
  ASSERT_TRUE(house->change([&](Change& c) { return give_back_credentials(c, one.attempt); }).ok());
  EXPECT_TRUE(house->open(two, "counter").ok());
  EXPECT_EQ(code_of(house->open(one, "counter")), Code::wrong_state);
  // A holder that is gone keeps nobody waiting.
  house->tasks.erase(two.attempt.ulid);
  EXPECT_TRUE(house->open(one, "counter").ok());
  ASSERT_TRUE(house->run(house->as(house->security, "credential.disable"), &release_credential, CredentialAct{made->id, "hangs"}).ok());
  EXPECT_TRUE(house->run(house->as(house->security, "credential.delete"), &delete_credential, CredentialRef{made->id}).ok());
}

TEST_P(Credentials, TwoRefusedSignInsCutItOffUntilAPersonResetsIt) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house->grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house->task(house->robot("r1"));
  const auto report = [&](SignInOutcome outcome) {
    return house->run(house->robot_caller(seat), &report_sign_in,
                      SignInReport{seat.task, seat.attempt, seat.token, "counter", outcome, {}});
  };
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(report(SignInOutcome::system_not_ready)->breaker_open);
  EXPECT_FALSE(report(SignInOutcome::bad_secret)->breaker_open);
  EXPECT_EQ(report(SignInOutcome::accepted)->refusals, 0);
  EXPECT_FALSE(report(SignInOutcome::bad_secret)->breaker_open);
  EXPECT_TRUE(report(SignInOutcome::account_locked)->breaker_open);
  EXPECT_EQ(code_of(house->open(seat, "counter")), Code::wrong_state);
  static const storage::Query told{"told",
                                   {"select count(1) from events where type = 'credential.breaker_opened'", {}},
                                   {"select count(1) from events where type = 'credential.breaker_opened'", {}}};
  EXPECT_EQ(house->number(told), 1);
  ASSERT_TRUE(
      house->run(house->as(house->security, "credential.reset_breaker"), &reset_credential_breaker, CredentialAct{made->id, "checked"}));
  EXPECT_TRUE(house->open(seat, "counter").ok());
  ASSERT_TRUE(house->run(house->as(house->security, "credential.disable"), &disable_credential, CredentialAct{made->id, "leaked"}));
  EXPECT_EQ(code_of(house->open(seat, "counter")), Code::wrong_state);
}

TEST_P(Credentials, AFlowThatChangedAPasswordWritesItOnceForEachKey) {
  const auto made = house->credential("counter"), next = house->credential("counter-next", {}, "Next-71");
  ASSERT_TRUE(made.ok() && next.ok());
  for (const auto& id : {made->id, next->id}) ASSERT_TRUE(house->grant_to(id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house->task(house->robot("r1"));
  wire::CredentialWrite in{{seat.task.ulid}, {seat.attempt.ulid}, seat.token, "counter", "password", "counter-next", 1, "password",
                           "steps/3"};
  ASSERT_TRUE(house->run(house->robot_caller(seat), &write_credential_secret, in).ok());
  ASSERT_TRUE(house->run(house->robot_caller(seat), &write_credential_secret, in).ok());
  EXPECT_EQ(house->open(seat, "counter", 2).value(), "Next-71");
  in.key = "steps/4";
  in.from_version = 7;
  EXPECT_EQ(code_of(house->run(house->robot_caller(seat), &write_credential_secret, in)), Code::changed_meanwhile);
  in.from_version = 1;
  in.field = "pin";
  EXPECT_EQ(code_of(house->run(house->robot_caller(seat), &write_credential_secret, in)), Code::not_found);
}

TEST_P(Credentials, ATestSaysWhatIsWrong) {
  const auto made = house->credential("counter", [&](auto& c) { c.expires_at = house->clock->now().plus(hours(1)); });
  ASSERT_TRUE(made.ok());
  const auto test = [&] {
    return house->run(house->as(house->security, "credential.test"), &test_credential, CredentialRef{made->id}).value();
  };
  EXPECT_TRUE(test().ok);
  house->pass(hours(2));
  const auto expired = test();
  EXPECT_FALSE(expired.ok);
  for (const auto& check : expired.checks) EXPECT_EQ(check.ok, check.name != "expiry") << check.name;
}

TEST_P(Credentials, SomebodyIsRemindedOnce) {
  ASSERT_TRUE(house->credential("soon", [&](auto& c) { c.expires_at = house->clock->now().plus(hours(24 * 40)); }).ok());
  const auto told = [&] {
    std::int64_t n = -1;
    EXPECT_TRUE(house
                    ->change([&](Change& c) -> Status {
                      QUANJI_TRY(n, remind_of_credentials(c, 10));
                      return {};
                    })
                    .ok());
    return n;
  };
  EXPECT_EQ(told(), 0);
  house->pass(hours(24 * 11));
  EXPECT_EQ(told(), 1);
  EXPECT_EQ(told(), 0);
}

TEST_P(Credentials, AreTheSecurityAdministratorsAndNobodyElseLearnsOfThem) {
  const auto made = house->credential("counter");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(code_of(house->credential("counter")), Code::name_taken);
  EXPECT_EQ(code_of(house->ask(house->as(house->system, "credential.read"), &read_credential, CredentialRef{made->id})), Code::not_found);
  EXPECT_EQ(code_of(house->run(house->as(house->system, "credential.disable"), &disable_credential, CredentialAct{made->id, "x"})),
            Code::not_found);
  const auto below = house->department("清算部");
  const auto moved = house->run(house->as(house->security, "credential.transfer"), &transfer_credential,
                                CredentialTransfer{made->id, below, house->developer, "moved"});
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(moved->department_id, below);
  EXPECT_EQ(moved->owner_id, house->developer);
  EXPECT_TRUE(house->credential("counter").ok());
  EXPECT_EQ(code_of(house->run(house->as(house->system, "department.delete"), &delete_department, DepartmentRef{below})),
            Code::still_referenced);
}

TEST_P(Credentials, OnlyTheSecretsOfTheTypeAreTaken) {
  EXPECT_EQ(code_of(house->credential("a", [](auto& c) { c.password.reset(); })), Code::invalid_field);
  EXPECT_EQ(code_of(house->credential("b", [](auto& c) { c.pin = base::Secret(std::string_view("1234")); })), Code::invalid_field);
  EXPECT_EQ(code_of(house->credential("c", [](auto& c) { c.certificate = "x"; })), Code::invalid_field);
  const auto totp = house->credential("d", [](auto& c) {
    c.type = CredentialType::totp;
    c.password.reset();
    c.seed = base::Secret(std::string_view("jbsw y3dp ehpk 3pxp"));
  });
  ASSERT_TRUE(totp.ok());
  EXPECT_EQ(code_of(house->credential("e",
                                      [](auto& c) {
                                        c.type = CredentialType::totp;
                                        c.password.reset();
                                        c.seed = base::Secret(std::string_view("not base32!"));
                                      })),
            Code::invalid_field);
  // A secret of another type is refused when it is rotated in.
  EXPECT_EQ(code_of(house->rotate(totp->id, "x")), Code::invalid_field);
}

TEST_P(Credentials, AnEnvelopeMovedToAnotherRowDoesNotOpen) {
  const auto one = house->credential("one"), two = house->credential("two", {}, "Other-8");
  ASSERT_TRUE(one.ok() && two.ok());
  static const storage::Query swap{"swap",
                                   {"update credential_versions set sealed = (select v.sealed from credential_versions v where "
                                    "v.credential_id <> credential_versions.credential_id)",
                                    {}},
                                   {"update credential_versions set sealed = (select v.sealed from credential_versions v where "
                                    "v.credential_id <> credential_versions.credential_id)",
                                    {}}};
  house->sql(swap);
  ASSERT_TRUE(house->grant_to(one->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  EXPECT_EQ(code_of(house->open(house->task(house->robot("r1")), "one")), Code::bad_signature);
  EXPECT_FALSE(house->run(house->as(house->security, "credential.test"), &test_credential, CredentialRef{one->id})->ok);
}

}  // namespace
}  // namespace quanji::services
