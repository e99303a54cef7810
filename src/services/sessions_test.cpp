#include "services/sessions.h"

#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::Gatehouse;
using Need = ProofAsk::Need;

constexpr std::string_view right = Gatehouse::good_password;

std::optional<TokenFacts> facts_of(Gatehouse& house, std::string_view token) {
  std::optional<TokenFacts> found;
  EXPECT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(found, find_token(v, token_hash(token)));
                    return {};
                  })
                  .ok());
  return found;
}

TEST(Sessions, ACookieIsOfTheSessionAndOnlyItsDigestIsStored) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  EXPECT_EQ(entered->cookie.size(), 43U);
  ASSERT_TRUE(facts_of(house, entered->cookie));
  EXPECT_EQ(facts_of(house, entered->cookie)->session_id, entered->value.session_id);
  EXPECT_FALSE(entered->value.access_token);
  static const storage::Query::Form form{"select count(*) from tokens where hash = cast('x' as blob) or length(hash) <> 32", {}};
  static const storage::Query query{"strange_tokens", form, form};
  EXPECT_EQ(house.number(query), 0);
}

TEST(Sessions, SigningInAgainEndsTheSessionOneHad) {
  Gatehouse house;
  const auto id = house.person_with_password("zhang");
  const auto first = house.enter("zhang");
  ASSERT_TRUE(first);
  Prepared<SignIn> in;
  in.proof = proved(*house.store, house.login_ask("zhang", right, "192.0.2.1"), *house.desk).value();
  const auto second = house.run(house.in_session(id, first->value.session_id), &sign_in, in);
  ASSERT_TRUE(second);
  EXPECT_NE(second->value.session_id, first->value.session_id);
  EXPECT_FALSE(facts_of(house, first->cookie));
  EXPECT_TRUE(facts_of(house, second->cookie));
}

TEST(Sessions, EndAfterEightHours) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  house.pass(std::chrono::hours(8) - std::chrono::seconds(1));
  EXPECT_TRUE(facts_of(house, entered->cookie));
  house.pass(std::chrono::seconds(1));
  EXPECT_FALSE(facts_of(house, entered->cookie));
}

TEST(Sessions, AreEndedByTheirOwnerButByNoStranger) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang"), li = house.person_with_password("li");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  const SessionRef ref{entered->value.session_id};
  EXPECT_EQ(code_of(house.run(house.as(li, "-"), &delete_session, ref)), Code::not_found);
  EXPECT_TRUE(house.run(house.as(zhang, "-"), &delete_session, ref));
  EXPECT_FALSE(facts_of(house, entered->cookie));
  EXPECT_EQ(code_of(house.run(house.as(zhang, "-"), &delete_session, ref)), Code::wrong_state);
}

TEST(Sessions, AnAdministratorEndsThemAll) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  const auto one = house.enter("zhang"), two = house.enter("zhang", right, "192.0.2.1", "", Want::token);
  ASSERT_TRUE(one && two);
  const auto out = house.run(house.as(house.system, "user.sign_out"), &sign_out_user, ActOnUser{zhang, "left"});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->ended_sessions, 2);
  EXPECT_FALSE(facts_of(house, one->cookie));
  EXPECT_FALSE(facts_of(house, *two->value.access_token));
  EXPECT_EQ(code_of(house.run(house.as(zhang, "user.sign_out"), &sign_out_user, ActOnUser{house.system, "x"})), Code::not_found);
}

TEST(Sessions, EndWhenTheUserIsDisabled) {
  join_sign_in();
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  ASSERT_TRUE(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{zhang, "left"}));
  EXPECT_FALSE(facts_of(house, entered->cookie));
}

TEST(Sessions, AListShowsOnesOwnAndWhichIsCurrent) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  house.person_with_password("li");
  const auto one = house.enter("zhang"), two = house.enter("zhang"), other = house.enter("li");
  ASSERT_TRUE(one && two && other);
  const auto page = house.ask(house.in_session(zhang, two->value.session_id), &list_own_sessions, base::ListQuery{});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 2U);
  int current = 0;
  for (const auto& session : page->items) {
    EXPECT_EQ(session.user_id, zhang);
    current += *session.current && session.id == two->value.session_id;
  }
  EXPECT_EQ(current, 1);
}

TEST(Sessions, AreShownLockedWhenIdle) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  const auto state = [&] {
    const auto page = house.ask(house.in_session(zhang, {}), &list_own_sessions, base::ListQuery{});
    return page && page->items.size() == 1 ? page->items[0].state : SessionState::ended;
  };
  house.pass(std::chrono::minutes(15));
  EXPECT_EQ(state(), SessionState::open);
  house.pass(std::chrono::seconds(1));
  EXPECT_EQ(state(), SessionState::locked);
}

TEST(Sessions, UnlockByPasswordOrByCodeUnderANewCookie) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  const auto key = house.with_totp(zhang);
  house.pass(std::chrono::seconds(60));
  const auto entered = house.enter("zhang", right, "192.0.2.1", base::totp(key, house.clock->now()));
  ASSERT_TRUE(entered);
  const auto unlock = [&](const ProofAsk& ask) -> Result<WithCookie<CsrfToken>> {
    QUANJI_TRY(auto proof, proved(*house.store, ask, *house.desk));
    Prepared<SessionUnlock> in;
    in.value.id = entered->value.session_id;
    in.proof = std::move(proof);
    return house.run(house.in_session(zhang, entered->value.session_id), &unlock_session, in);
  };
  const auto by_password = unlock(house.own_ask(zhang, Need::password_or_code, right));
  ASSERT_TRUE(by_password);
  EXPECT_FALSE(facts_of(house, entered->cookie));
  EXPECT_TRUE(facts_of(house, by_password->cookie));
  house.pass(std::chrono::seconds(60));
  const auto by_code = unlock(house.own_ask(zhang, Need::password_or_code, {}, base::totp(key, house.clock->now())));
  ASSERT_TRUE(by_code);
  EXPECT_FALSE(facts_of(house, by_password->cookie));
  EXPECT_EQ(code_of(unlock(house.own_ask(zhang, Need::password_or_code, {}, "000000"))), Code::wrong_credentials);
}

TEST(Sessions, TheCsrfTokenIsBoundToTheCookie) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto one = house.enter("zhang"), two = house.enter("zhang");
  ASSERT_TRUE(one && two);
  EXPECT_EQ(*one->value.csrf_token, csrf_of(token_hash(one->cookie)));
  EXPECT_NE(*one->value.csrf_token, *two->value.csrf_token);
}

TEST(Sessions, ListenersHearAfterTheCommitOnly) {
  Gatehouse house;
  house.person_with_password("zhang");
  const auto entered = house.enter("zhang");
  ASSERT_TRUE(entered);
  int heard = 0;
  auto listening = listen_to_sign_ins([&](const SignInChange& what) { heard += what.session == entered->value.session_id; });
  ASSERT_FALSE(house.change([&](Change& c) -> Status {
    QUANJI_DO(end_session(c, entered->value.session_id, "x"));
    return base::Error(Code::wrong_state);
  }));
  EXPECT_EQ(heard, 0);
  ASSERT_TRUE(house.change([&](Change& c) -> Status {
    QUANJI_DO(end_session(c, entered->value.session_id, "x"));
    return {};
  }));
  EXPECT_EQ(heard, 1);
}

TEST(Sessions, OldOnesAreSwept) {
  Gatehouse house;
  const auto zhang = house.person_with_password("zhang");
  ASSERT_TRUE(house.enter("zhang"));
  const auto sweep = [&] {
    EXPECT_TRUE(house
                    .change([&](Change& c) -> Status {
                      QUANJI_DO(sweep_sessions(c));
                      return {};
                    })
                    .ok());
    const auto page = house.ask(house.in_session(zhang, {}), &list_own_sessions, base::ListQuery{});
    return page ? page->items.size() : 99;
  };
  house.pass(std::chrono::hours(9));
  EXPECT_EQ(sweep(), 1U);
  house.pass(std::chrono::hours(24 * 31));
  EXPECT_EQ(sweep(), 0U);
}

TEST(WhoAmI, TellsRolesPermissionsAndSession) {
  Gatehouse house;
  house.password(house.system);
  const auto entered = house.enter("system");
  ASSERT_TRUE(entered);
  const auto me = house.ask(house.in_session(house.system, entered->value.session_id), &who_am_i, base::Nothing{});
  ASSERT_TRUE(me);
  EXPECT_EQ(me->account, "system");
  EXPECT_EQ(me->roles, std::vector<std::string>{"system_administrator"});
  EXPECT_NE(std::find(me->permissions.begin(), me->permissions.end(), "user.create"), me->permissions.end());
  EXPECT_EQ(me->csrf_token, entered->value.csrf_token);
  EXPECT_EQ(me->idle_seconds, 900);
  ASSERT_EQ(me->departments.size(), 1U);
}

}  // namespace
}  // namespace quanji::services
