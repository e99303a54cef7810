#include "services/set_up.h"

#include "services/sign_in_testing.h"
#include "storage/query.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Secret;
using testing::code_of;

// A platform nobody has set up yet.
class Fresh : public testing::Bench {
 public:
  Fresh()
      : desk(std::make_shared<const ProofDesk>(std::make_shared<KeyringBox>(keyring), clock, std::make_shared<base::SystemRandom>(),
                                               base::Suite::intl, testing::cheap())) {
    domain::publish_permissions(testing::sign_in_permissions());
    forget_epochs();
  }
  ~Fresh() { forget_epochs(); }
  std::optional<std::string> code() {
    std::optional<std::string> out;
    EXPECT_TRUE(change([&](Change& c) -> Status {
                  QUANJI_TRY(auto begun, begin_set_up(c));
                  out.reset();
                  if (begun) out = std::string(begun->reveal());
                  return {};
                }).ok());
    return out;
  }
  SetUpState state() {
    SetUpState out;
    EXPECT_TRUE(view([&](const View& v) -> Status {
                  QUANJI_TRY(out, set_up_state(v, {}));
                  return {};
                }).ok());
    return out;
  }
  static std::vector<SetUpPerson> persons() {
    return {{SetUpRole::system, "sys", "张三", "Mango-74-Tree", {}},
            {SetUpRole::security, "sec", "李四", "Window-58-Garden", {}},
            {SetUpRole::audit, "aud", "王五", {}, true}};
  }
  Result<SetUpDone> set_up_with(std::string_view code_text, std::vector<SetUpPerson> people) {
    Prepared<SetUp> in;
    in.value.code = Secret(code_text);
    in.value.persons = std::move(people);
    QUANJI_DO(view([&](const View& v) { return check_set_up(v, in.value); }));
    QUANJI_TRY(in.proof, proved(*store, set_up_ask(in.value), *desk));
    std::optional<SetUpDone> made;
    auto nobody = std::make_shared<domain::Caller>();
    QUANJI_DO(change(
        [&](Change& c) -> Status {
          QUANJI_TRY(made, services::set_up(c, in));
          return {};
        },
        nobody));
    return std::move(*made);
  }
  Result<std::shared_ptr<const Proof>> enters(std::string account, std::string_view password) {
    ProofAsk ask;
    ask.need = ProofAsk::Need::password_and_code;
    ask.account = std::move(account);
    ask.address = "192.0.2.1";
    ask.password = std::make_shared<const Secret>(password);
    return proved(*store, ask, *desk);
  }
  std::shared_ptr<const ProofDesk> desk;
};

TEST(SetUp, MakesThreeAdministratorsAtOnceAndNeverAgain) {
  Fresh fresh;
  EXPECT_TRUE(fresh.state().needed);
  const auto code = fresh.code();
  ASSERT_TRUE(code);
  EXPECT_TRUE(code->starts_with("qjs_"));
  const auto made = fresh.set_up_with(*code, Fresh::persons());
  ASSERT_TRUE(made) << made.error().message().en << made.error().detail();
  ASSERT_EQ(made->accounts.size(), 3U);
  EXPECT_FALSE(fresh.state().needed);
  EXPECT_TRUE(fresh.enters("sys", "Mango-74-Tree"));
  EXPECT_TRUE(fresh.enters("sec", "Window-58-Garden"));
  EXPECT_TRUE(made->accounts[2].one_time_code && made->accounts[2].one_time_code->starts_with("qjl_"));
  EXPECT_EQ(code_of(fresh.set_up_with(*code, Fresh::persons())), Code::wrong_state);
  EXPECT_FALSE(fresh.code());
}

TEST(SetUp, TheAdministratorsHaveTheirRightsAndNoOthers) {
  Fresh fresh;
  const auto made = fresh.set_up_with(*fresh.code(), Fresh::persons());
  ASSERT_TRUE(made);
  const auto may = [&](std::size_t person, std::string_view permission) {
    bool out = false;
    EXPECT_TRUE(fresh
                    .view([&](const View& v) -> Status {
                      QUANJI_TRY(const auto authority, load_authority(v, made->accounts[person].user_id));
                      out = authority->may(*domain::permission_number(permission), domain::root_department);
                      return {};
                    })
                    .ok());
    return out;
  };
  EXPECT_TRUE(may(0, "user.create"));
  EXPECT_FALSE(may(0, "grant.create"));
  EXPECT_TRUE(may(1, "grant.create"));
  EXPECT_FALSE(may(1, "task.create"));
  EXPECT_TRUE(may(2, "audit.read"));
  EXPECT_FALSE(may(2, "user.create"));
}

TEST(SetUp, AWrongOrOldCodeMakesNobody) {
  Fresh fresh;
  const auto first = fresh.code(), second = fresh.code();
  EXPECT_EQ(code_of(fresh.set_up_with("qjs_wrong", Fresh::persons())), Code::wrong_credentials);
  EXPECT_EQ(code_of(fresh.set_up_with(*first, Fresh::persons())), Code::wrong_credentials);
  fresh.clock->advance(std::chrono::minutes(60));
  EXPECT_EQ(code_of(fresh.set_up_with(*second, Fresh::persons())), Code::wrong_credentials);
  EXPECT_TRUE(fresh.state().code_expired);
}

TEST(SetUp, WithoutACodeNobodyGetsIn) {
  Fresh fresh;
  EXPECT_EQ(code_of(fresh.set_up_with("", Fresh::persons())), Code::wrong_credentials);
}

TEST(SetUp, AsksForOneOfEachRoleWithAWayIn) {
  Fresh fresh;
  const auto code = fresh.code();
  const auto with = [&](auto edit) {
    auto people = Fresh::persons();
    edit(people);
    return code_of(fresh.set_up_with(*code, std::move(people)));
  };
  EXPECT_EQ(with([](auto& p) { p[2].role = SetUpRole::system; }), Code::invalid_field);
  EXPECT_EQ(with([](auto& p) { p[1].account = "SYS"; }), Code::invalid_field);
  EXPECT_EQ(with([](auto& p) { p[2].one_time_link.reset(); }), Code::invalid_field);
  EXPECT_EQ(with([](auto& p) { p[2].password = "Staple-31-Horse"; }), Code::invalid_field);
  EXPECT_EQ(with([](auto& p) { p[0].password = "short"; }), Code::invalid_field);
  EXPECT_EQ(with([](auto&) {}), Code::ok);
}

TEST(SetUp, AFailedChangeLeavesTheCodeGood) {
  Fresh fresh;
  const auto code = fresh.code();
  auto people = Fresh::persons();
  people[1].account = "taken";
  ASSERT_TRUE(fresh.change(
      [&](Change& c) -> Status {
        NewUser user;
        user.account = "taken";
        user.name = "x";
        user.department_id = domain::root_department;
        QUANJI_DO(create_user(c, user));
        return {};
      },
      testing::House::setup()));
  EXPECT_EQ(code_of(fresh.set_up_with(*code, std::move(people))), Code::name_taken);
  EXPECT_TRUE(fresh.state().needed);
  EXPECT_TRUE(fresh.set_up_with(*code, Fresh::persons()));
}

TEST(SetUp, TheDemoMakesSixAccountsThatCanSignIn) {
  Fresh fresh;
  const auto accounts = set_up_demo(*fresh.store, *fresh.desk);
  ASSERT_TRUE(accounts) << accounts.error().message().en << accounts.error().detail();
  ASSERT_EQ(accounts->size(), 6U);
  for (const auto& account : *accounts) EXPECT_TRUE(fresh.enters(account.account, account.password.reveal())) << account.account;
  EXPECT_FALSE(fresh.state().needed);
  const auto again = set_up_demo(*fresh.store, *fresh.desk);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

}  // namespace
}  // namespace quanji::services
