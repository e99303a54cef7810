#include "services/roles.h"

#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::Preset;
using testing::code_of;
using testing::House;

base::Patch<RoleChange> permissions_of(const RoleId& id, std::vector<std::string> permissions) {
  return {.value = {.id = id, .permissions = std::move(permissions)}, .given = 1U << 3};
}

TEST(Roles, ThePresetOnesAreThoseOfTheProgramAndNobodyChangesThem) {
  House house;
  base::ListQuery query;
  query.page_size = 200;
  query.filters = {{"preset", "true"}};
  const auto page = house.ask(house.as(house.security, "role.read"), &list_roles, query);
  ASSERT_TRUE(page.ok()) << testing::en(page.error());
  EXPECT_EQ(page->items.size(), domain::preset_roles().size());
  for (const auto& preset : domain::preset_roles()) {
    const auto found = house.ask(house.as(house.security, "role.read"), &read_role, RoleRef{domain::id_of(preset.preset)});
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->name, preset.name);
    EXPECT_EQ(found->title, preset.title.zh);
    EXPECT_EQ(found->permissions, domain::permissions_of(preset.preset));
    EXPECT_EQ(code_of(house.run(house.as(house.security, "role.change"), &change_role, permissions_of(found->id, {"flow.run"}))),
              Code::wrong_state);
    EXPECT_EQ(code_of(house.run(house.as(house.security, "role.delete"), &delete_role, RoleRef{found->id})), Code::wrong_state);
  }
}

TEST(Roles, HoldPublishedPermissionsThatDoNotClash) {
  House house;
  const auto security = house.as(house.security, "role.create");
  const auto unknown = house.run(security, &create_role, NewRole{.name = "r", .title = "r", .permissions = {"flow.run", "flow.fly"}});
  ASSERT_EQ(code_of(unknown), Code::invalid_field);
  EXPECT_EQ(unknown.error().fields().at(0).field, "permissions/1");
  EXPECT_EQ(
      code_of(house.run(security, &create_role, NewRole{.name = "r", .title = "r", .permissions = {"grant.create", "setting.change"}})),
      Code::invalid_field);
  const auto made =
      house.run(security, &create_role, NewRole{.name = "r", .title = "r", .permissions = {"task.read", "flow.run", "task.read"}});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->permissions, (std::vector<std::string>{"flow.run", "task.read"}));
  EXPECT_EQ(code_of(house.run(security, &create_role, NewRole{.name = "r", .title = "other", .permissions = {"flow.run"}})),
            Code::name_taken);
}

TEST(Roles, AChangeReachesTheirHoldersAtOnceAndMayNotMakeThemClash) {
  House house;
  const auto role = house.role("r", {"flow.read"}), granting = house.role("granting", {"grant.create"});
  const auto user = house.user("u");
  ASSERT_TRUE(house.grant(user, role).ok());
  ASSERT_TRUE(house.grant(user, granting).ok());
  const auto refused = house.run(house.as(house.security, "role.change"), &change_role, permissions_of(role, {"flow.run"}));
  ASSERT_EQ(code_of(refused), Code::wrong_state);
  EXPECT_NE(testing::en(refused.error()).find("its holder u"), std::string::npos);
  ASSERT_TRUE(house.run(house.as(house.security, "role.change"), &change_role, permissions_of(role, {"flow.read", "task.read"})).ok());
  EXPECT_TRUE(house.may(user, "task.read", domain::root_department));
  ASSERT_TRUE(house.run(house.as(house.security, "role.restrict"), &restrict_role, RoleRestriction{role, {"task.read"}, "less"}).ok());
  EXPECT_FALSE(house.may(user, "task.read", domain::root_department));
  EXPECT_TRUE(house.may(user, "flow.read", domain::root_department));
}

TEST(Roles, NobodyRaisesHimselfThroughARoleHeHolds) {
  House house;
  const auto role = house.role("r", {"role.change", "role.read"});
  const auto user = house.user("u");
  ASSERT_TRUE(house.grant(user, role).ok());
  EXPECT_EQ(code_of(house.run(house.as(user, "role.change"), &change_role, permissions_of(role, {"role.change", "grant.create"}))),
            Code::not_permitted);
  EXPECT_TRUE(house.run(house.as(house.security, "role.change"), &change_role, permissions_of(role, {"role.change", "grant.create"})).ok());
}

TEST(Roles, WhatSomebodyHoldsIsNotDeleted) {
  House house;
  const auto role = house.role("r", {"flow.read"});
  const auto user = house.user("u");
  const auto grant = house.grant(user, role);
  ASSERT_TRUE(grant.ok());
  const auto refused = house.run(house.as(house.security, "role.delete"), &delete_role, RoleRef{role});
  ASSERT_EQ(code_of(refused), Code::still_referenced);
  EXPECT_EQ(testing::en(refused.error()), "the role r is held by 1 (u): revoke it first");
  ASSERT_TRUE(house.run(house.as(house.security, "grant.delete"), &delete_grant, GrantRemoval{user, grant->id, "x"}).ok());
  EXPECT_TRUE(house.run(house.as(house.security, "role.delete"), &delete_role, RoleRef{role}).ok());
}

// Who grants in one department must see what there is to grant; only the root changes it.
TEST(Roles, AreReadByWhoGrantsInOneDepartmentAndChangedInTheRootOnly) {
  House house;
  const auto a = house.department("a");
  const auto local = house.user("local", a);
  house.give(local, Preset::security_administrator, a);
  const auto role = house.role("r", {"flow.read"});
  EXPECT_TRUE(house.ask(house.as(local, "role.read"), &read_role, RoleRef{role}).ok());
  const auto page = house.ask(house.as(local, "role.read"), &list_roles, base::ListQuery{});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->items.size(), domain::preset_roles().size() + 1);
  EXPECT_FALSE(house.run(house.as(local, "role.delete"), &delete_role, RoleRef{role}).ok());
  EXPECT_FALSE(house.run(house.as(local, "role.change"), &change_role, permissions_of(role, {"flow.run"})).ok());
  EXPECT_TRUE(house.run(house.as(house.security, "role.delete"), &delete_role, RoleRef{role}).ok());
}

}  // namespace
}  // namespace quanji::services
