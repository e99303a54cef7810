#include "services/authority.h"

#include <cstdio>
#include <map>
#include <random>

#include "services/audit_check.h"
#include "services/identity_testing.h"
#include "services/permissions.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::House;

// A model of the tree and the grants, asked by walking up: what authority must come to.
struct Model {
  std::map<base::Ulid, DepartmentId> parent;
  struct One {
    UserId user;
    DepartmentId department;
    bool inherit;
    std::string permission;
  };
  std::vector<One> grants;
  bool may(const UserId& user, const std::string& permission, const DepartmentId& department) const {
    for (const auto& grant : grants) {
      if (grant.user != user || grant.permission != permission) continue;
      for (auto at = department; !at.empty(); at = parent.contains(at.ulid) ? parent.at(at.ulid) : DepartmentId{})
        if (grant.department == at && (grant.inherit || at == department)) return true;
    }
    return false;
  }
};

void walk(House& house, unsigned seed, int steps) {
  std::printf("seed=%u\n", seed);
  std::mt19937 random(seed);
  const std::vector<std::string> permissions{"flow.run", "task.stop", "asset.read"};
  std::vector<RoleId> roles;
  for (std::size_t i = 0; i < permissions.size(); ++i) roles.push_back(house.role("role" + std::to_string(i), {permissions[i]}));
  const std::vector<UserId> users{house.user("a"), house.user("b")};
  std::vector<DepartmentId> departments{domain::root_department};
  Model model;
  std::vector<std::pair<GrantId, std::size_t>> given;
  int moved = 0;
  for (int step = 0; step < steps; ++step) {
    const auto some = [&] { return departments[random() % departments.size()]; };
    switch (random() % 4) {
      case 0: {
        const auto parent = some();
        const auto made =
            house.run(House::setup(), &create_department, NewDepartment{.parent_id = parent, .name = "d" + std::to_string(step)});
        if (!made) break;  // too deep
        departments.push_back(made->id);
        model.parent[made->id.ulid] = parent;
        break;
      }
      case 1: {
        const auto which = random() % roles.size();
        const Model::One one{users[random() % users.size()], some(), random() % 2 == 0, permissions[which]};
        if (house.grant(one.user, roles[which], one.department, one.inherit)) model.grants.push_back(one);
        break;
      }
      default: {
        const auto id = some(), parent = some();
        if (!house.run(House::setup(), &move_department, DepartmentMove{id, parent, "walk"})) break;
        model.parent[id.ulid] = parent;
        ++moved;
      }
    }
    for (const auto& user : users) {
      const auto authority = house.authority(user);
      for (const auto& permission : permissions)
        for (const auto& department : departments)
          ASSERT_EQ(authority->may(*domain::permission_number(permission), department), model.may(user, permission, department))
              << "seed=" << seed << " step=" << step << " " << permission;
    }
  }
  EXPECT_GT(moved, steps / 20);
}

TEST(Authority, MovesOfDepartmentsKeepItExact) {
  House house;
  walk(house, 20261124, 150);
}

TEST(Authority, MovesOfDepartmentsKeepItExactOnPostgreSql) {
  tests::FreshDatabase database;
  House house(database.url());
  walk(house, 20261125, 40);
}

TEST(Authority, EveryChangeOfRightsRaisesTheEpochAndOtherNodesLearnOfIt) {
  House house;
  const auto user = house.user("u");
  const auto role = house.role("r", {"flow.read"});
  const auto raised = [&](const std::function<void()>& act) {
    const auto before = access_epoch();
    act();
    return access_epoch() > before && house.authority(user)->access_epoch == access_epoch();
  };
  EXPECT_TRUE(raised([&] { ASSERT_TRUE(house.grant(user, role).ok()); }));
  EXPECT_TRUE(raised([&] { house.department("d"); }));
  EXPECT_TRUE(raised([&] { ASSERT_TRUE(house.run(House::setup(), &restrict_role, RoleRestriction{role, {"flow.read"}, "x"}).ok()); }));
  EXPECT_TRUE(raised([&] { ASSERT_TRUE(house.run(House::setup(), &disable_user, UserStop{user, "x"}).ok()); }));
  const auto known = access_epoch();
  EXPECT_FALSE(house.run(House::setup(), &disable_user, UserStop{user, "again"}).ok());
  EXPECT_EQ(access_epoch(), known);
  forget_epochs();  // another node, which saw none of this
  EXPECT_EQ(access_epoch(), 0U);
  ASSERT_TRUE(house.view([](const View& v) { return refresh_epoch(v); }).ok());
  EXPECT_EQ(access_epoch(), known);
}

TEST(Authority, AClientHasItsScopesBelowItsDepartmentAndNoMoreThanThePersonItActsFor) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a), c = house.department("c");
  const auto user = house.user("u", b);
  house.give(user, domain::Preset::business_user, b);
  std::shared_ptr<const domain::Authority> client;
  ASSERT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(client, load_client_authority(v, {"flow.*", "task.read"}, a));
                    return {};
                  })
                  .ok());
  const auto number = [](std::string_view name) { return *domain::permission_number(name); };
  EXPECT_TRUE(client->may(number("flow.publish"), a));
  EXPECT_TRUE(client->may(number("flow.run"), b));
  EXPECT_TRUE(client->may(number("task.read"), b));
  EXPECT_FALSE(client->may(number("task.stop"), b));
  EXPECT_FALSE(client->may(number("flow.run"), c));
  const auto both = acting_for(*client, *house.authority(user));
  EXPECT_TRUE(both->may(number("flow.run"), b));
  EXPECT_FALSE(both->may(number("flow.run"), a));
  EXPECT_FALSE(both->may(number("flow.publish"), b));
}

TEST(Authority, TheInspectionAccountReadsEverythingAndEveryReadIsAudited) {
  House house;
  const auto user = house.user("inspector");
  house.give(user, domain::Preset::inspection_account);
  for (const auto& name : domain::permission_names())
    EXPECT_EQ(house.may(user, name, domain::root_department), name.ends_with(".read")) << name;
  bool audited = false, other = true;
  ASSERT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(audited, every_read_audited(v, user));
                    QUANJI_TRY(other, every_read_audited(v, house.auditor));
                    return {};
                  })
                  .ok());
  EXPECT_TRUE(audited);
  EXPECT_FALSE(other);
}

TEST(Explain, AgreesWithAuthorityAndNamesTheGrantThatGives) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a), c = house.department("c");
  const auto user = house.user("u", a);
  house.give(user, domain::Preset::operator_, a, true);
  house.give(user, domain::Preset::business_user, c, false);
  for (const auto& name : domain::permission_names())
    for (const auto& department : {domain::root_department, a, b, c}) {
      const auto told = house.ask(house.as(house.security, "user.read"), &explain,
                                  ExplainAsk{.user_id = user, .permission = name, .department_id = department});
      ASSERT_TRUE(told.ok());
      EXPECT_EQ(told->allowed, house.may(user, name, department)) << name;
      EXPECT_EQ(std::any_of(told->grants.begin(), told->grants.end(), [](const auto& grant) { return grant.gives; }), told->allowed);
    }
  const auto why = house.ask(house.as(house.security, "user.read"), &explain,
                             ExplainAsk{.user_id = user, .permission = "task.stop", .department_id = b});
  EXPECT_EQ(why->en,
            "Allowed: u has task.stop in \"总部/a/b\"; operator holds it and is granted above in \"总部/a\" with the departments below");
  const auto why_not = house.ask(house.as(house.security, "user.read"), &explain,
                                 ExplainAsk{.user_id = user, .permission = "role.create", .department_id = b});
  EXPECT_EQ(why_not->roles_that_would, std::vector<std::string>{"security_administrator"});
}

TEST(Explain, SaysThatADisabledUserMayDoNothing) {
  House house;
  const auto user = house.user("u");
  house.give(user, domain::Preset::operator_);
  ASSERT_TRUE(house.run(House::setup(), &disable_user, UserStop{user, "x"}).ok());
  const auto told = house.ask(house.as(house.security, "user.read"), &explain,
                              ExplainAsk{.user_id = user, .permission = "task.stop", .department_id = domain::root_department});
  ASSERT_TRUE(told.ok());
  EXPECT_FALSE(told->allowed);
  EXPECT_EQ(told->en, "Not allowed: u is disabled: no grant is in force");
}

TEST(Explain, IsForWhoMayReadGrantsThereAndForOneself) {
  House house;
  const auto user = house.user("u"), other = house.user("other");
  const ExplainAsk about_user{.user_id = user, .permission = "task.stop", .department_id = domain::root_department};
  EXPECT_TRUE(house.ask(house.as(user, "flow.read"), &explain, about_user).ok());
  EXPECT_EQ(code_of(house.ask(house.as(other, "flow.read"), &explain, about_user)), Code::not_found);
  EXPECT_EQ(code_of(house.ask(house.as(house.security, "user.read"), &explain,
                              ExplainAsk{.permission = "task.stop", .department_id = domain::root_department})),
            Code::invalid_field);
  EXPECT_EQ(code_of(house.ask(house.as(user, "flow.read"), &explain,
                              ExplainAsk{.user_id = user, .permission = "task.fly", .department_id = domain::root_department})),
            Code::invalid_field);
}

TEST(EffectivePermissions, AreThoseOfAuthorityByDepartment) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a);
  const auto user = house.user("u", a);
  house.give(user, domain::Preset::auditor, a, true);
  const auto told = house.ask(house.as(house.security, "grant.read"), &effective_permissions, EffectiveAsk{user, {}});
  ASSERT_TRUE(told.ok());
  ASSERT_EQ(told->departments.size(), 2U);
  EXPECT_EQ(told->departments[1].path, "总部/a/b");
  EXPECT_EQ(told->departments[1].permissions, (std::vector<std::string>{"audit.change", "audit.create", "audit.delete", "audit.read"}));
  const auto one = house.ask(house.as(house.security, "grant.read"), &effective_permissions, EffectiveAsk{user, b});
  ASSERT_EQ(one->departments.size(), 1U);
}

// Seal blocks run across departments, so a part of the log is nobody's own.
TEST(AuditRights, ExportAndVerifyAskForTheRoot) {
  House house;
  const auto a = house.department("a");
  const auto local = house.user("local", a);
  house.give(local, domain::Preset::auditor, a);
  EXPECT_EQ(code_of(house.ask(house.as(local, "audit.read"), &export_audit, AuditExportAsk{})), Code::not_found);
  EXPECT_EQ(code_of(house.ask(house.as(local, "audit.read"), &verify_audit_range, AuditVerifyAsk{})), Code::not_found);
  EXPECT_TRUE(house.ask(house.as(house.auditor, "audit.read"), &export_audit, AuditExportAsk{}).ok());
  EXPECT_TRUE(house.ask(house.as(house.auditor, "audit.read"), &verify_audit_range, AuditVerifyAsk{}).ok());
}

}  // namespace
}  // namespace quanji::services
