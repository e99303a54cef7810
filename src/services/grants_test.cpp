#include "services/grants.h"

#include <algorithm>

#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::Preset;
using testing::code_of;
using testing::House;

Result<Grant> grant_as_security(House& house, const UserId& user, const RoleId& role, DepartmentId department = domain::root_department) {
  return house.run(house.as(house.security, "grant.create"), &create_grant, NewGrant{user, role, department, true});
}

TEST(Grants, NobodyIsTwoOfTheThreeAdministratorsWhateverTheOrderAndTheDepartments) {
  House house;
  const auto a = house.department("a");
  std::vector<Preset> order(domain::exclusive_presets().begin(), domain::exclusive_presets().end());
  std::sort(order.begin(), order.end());
  int n = 0;
  do {
    for (const auto& second : {domain::root_department, a}) {
      const auto user = house.user("u" + std::to_string(n++));
      ASSERT_TRUE(grant_as_security(house, user, domain::id_of(order[0])).ok());
      EXPECT_EQ(code_of(grant_as_security(house, user, domain::id_of(order[1]), second)), Code::wrong_state);
      EXPECT_EQ(code_of(grant_as_security(house, user, domain::id_of(order[2]), second)), Code::wrong_state);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Grants, OwnRolesCannotBringTogetherWhatIsKeptApart) {
  House house;
  const auto granting = house.role("granting", {"grant.create", "user.read"}), running = house.role("running", {"flow.run"});
  const auto user = house.user("u");
  ASSERT_TRUE(grant_as_security(house, user, granting).ok());
  const auto refused = grant_as_security(house, user, running);
  ASSERT_EQ(code_of(refused), Code::wrong_state);
  EXPECT_NE(testing::en(refused.error()).find("flow.run"), std::string::npos);
  const auto other = house.user("other");
  ASSERT_TRUE(grant_as_security(house, other, running).ok());
  EXPECT_EQ(code_of(grant_as_security(house, other, granting)), Code::wrong_state);
}

TEST(Grants, NobodyGrantsToOrTakesFromHimself) {
  House house;
  EXPECT_EQ(code_of(grant_as_security(house, house.security, domain::id_of(Preset::checker))), Code::not_permitted);
  const auto second = house.user("second");
  const auto grant = house.give(second, Preset::security_administrator);
  EXPECT_EQ(code_of(house.run(house.as(second, "grant.delete"), &delete_grant, GrantRemoval{second, grant, "x"})), Code::not_permitted);
  EXPECT_TRUE(house.run(house.as(house.security, "grant.delete"), &delete_grant, GrantRemoval{second, grant, "x"}).ok());
}

TEST(Grants, TheSystemAdministratorAndTheAuditorCannotGrant) {
  House house;
  const auto user = house.user("u");
  const NewGrant wanted{user, domain::id_of(Preset::operator_), domain::root_department, true};
  EXPECT_EQ(code_of(house.run(house.as(house.system, "grant.create"), &create_grant, wanted)), Code::not_permitted);
  EXPECT_EQ(code_of(house.run(house.as(house.auditor, "grant.create"), &create_grant, wanted)), Code::not_found);
  EXPECT_TRUE(house.run(house.as(house.security, "grant.create"), &create_grant, wanted).ok());
  EXPECT_EQ(code_of(house.run(house.as(house.security, "grant.create"), &create_grant, wanted)), Code::name_taken);
}

TEST(Grants, AreGivenOnlyWhereTheGiverMayGive) {
  House house;
  const auto a = house.department("a"), b = house.department("b");
  const auto local = house.user("local", a), user = house.user("u", a);
  house.give(local, Preset::security_administrator, a);
  const auto role = domain::id_of(Preset::business_user);
  EXPECT_EQ(code_of(house.run(house.as(local, "grant.create"), &create_grant, NewGrant{user, role, b, false})), Code::not_found);
  EXPECT_EQ(code_of(house.run(house.as(local, "grant.create"), &create_grant, NewGrant{user, role, domain::root_department, true})),
            Code::not_found);
  EXPECT_TRUE(house.run(house.as(local, "grant.create"), &create_grant, NewGrant{user, role, a, false}).ok());
}

TEST(Grants, TheLastAdministratorKeepsHisRole) {
  House house;
  const auto grants = house.ask(house.as(house.security, "grant.read"), &list_grants, base::ListQuery{.within = house.auditor.ulid});
  ASSERT_TRUE(grants.ok()) << testing::en(grants.error());
  ASSERT_EQ(grants->items.size(), 1U);
  const GrantRemoval removal{house.auditor, grants->items[0].id, "x"};
  EXPECT_EQ(code_of(house.run(house.as(house.security, "grant.delete"), &delete_grant, removal)), Code::wrong_state);
  const auto other = house.user("other");
  house.give(other, Preset::auditor);
  EXPECT_TRUE(house.run(house.as(house.security, "grant.delete"), &delete_grant, removal).ok());
  EXPECT_EQ(house.last_note.reason, "x");
}

TEST(Grants, SayInTheAuditOnWhatTheyRest) {
  House house;
  const auto user = house.user("u");
  const auto role = house.role("r", {"flow.run"});
  ASSERT_TRUE(grant_as_security(house, user, role).ok());
  EXPECT_EQ(house.last_note.before, R"({"role":"r","roleRevision":1})");
  EXPECT_NE(house.last_note.after.find("\"roleName\":\"r\""), std::string::npos);
}

}  // namespace
}  // namespace quanji::services
