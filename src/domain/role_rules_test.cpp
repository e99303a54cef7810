#include "domain/role_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "domain/department_tree.h"
#include "domain/permissions.h"
#include "domain/preset_roles.h"

namespace quanji::domain {
namespace {

// More groups and verbs than this version serves: what later versions publish must not break the split either.
std::vector<std::string> everything() {
  std::vector<std::string> names;
  for (const auto* group :
       {"alert",    "api_call",      "api_client", "approval",   "asset",  "audit",    "backup", "business_date", "calendar",
        "chain",    "change_window", "credential", "department", "event",  "file",     "flow",   "grant",         "human_task",
        "license",  "log",           "package",    "queue",      "report", "resource", "robot",  "robot_group",   "role",
        "schedule", "server",        "session",    "setting",    "system", "task",     "user",   "webhook"})
    for (const auto* verb : {"change", "create", "delete", "read", "run", "stop", "use"}) names.push_back(std::string(group) + "." + verb);
  names.insert(names.end(), {"approval.act_alone", "approval.decide", "audit.export", "audit.verify"});
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> of(Preset preset) { return resolve(row_of(preset).permissions, everything()); }

TEST(RoleRules, NoPresetRoleClashesWithItself) {
  for (const auto& row : preset_roles()) {
    const auto clash = find_clash(of(row.preset));
    EXPECT_FALSE(clash) << row.name << ": " << (clash ? clash->first + " and " + clash->second : "");
    EXPECT_FALSE(of(row.preset).empty()) << row.name;
  }
}

TEST(RoleRules, EachTwoOfTheThreeAdministratorsClash) {
  for (const auto a : exclusive_presets())
    for (const auto b : exclusive_presets())
      EXPECT_EQ(find_clash(of(a), of(b)).has_value(), a != b) << row_of(a).name << " and " << row_of(b).name;
}

TEST(RoleRules, TheSystemAdministratorCannotGrantTheSecurityAdministratorCannotRunTheAuditorCannotChange) {
  for (const auto& name : of(Preset::system_administrator)) EXPECT_NE(side_of(name), Side::security) << name;
  for (const auto& name : of(Preset::security_administrator)) {
    EXPECT_NE(side_of(name), Side::work) << name;
    EXPECT_NE(side_of(name), Side::system) << name;
  }
  for (const auto& name : of(Preset::auditor)) EXPECT_EQ(side_of(name), Side::audit) << name;
  for (const auto& name : of(Preset::inspection_account)) EXPECT_TRUE(name.ends_with(".read")) << name;
}

TEST(RoleRules, AnOwnRoleCannotJoinWhatTheAdministratorsHoldApart) {
  EXPECT_TRUE(find_clash({"grant.create", "flow.run"}));
  EXPECT_TRUE(find_clash({"role.change", "setting.change"}));
  EXPECT_TRUE(find_clash({"audit.read", "approval.decide"}));
  EXPECT_TRUE(find_clash({"audit.read", "task.stop"}));
  EXPECT_FALSE(find_clash({"audit.read", "task.read"}));
  EXPECT_FALSE(find_clash({"grant.create", "user.read", "approval.decide"}));
  EXPECT_FALSE(find_clash({"robot.restart", "task.run"}));
  EXPECT_FALSE(find_clash({}));
}

TEST(RoleRules, EitherAdministratorResetsAWayInButOnlyTheSystemSideSignsOut) {
  EXPECT_FALSE(find_clash({"grant.create", "user.reset_password", "user.reset_totp"}));
  EXPECT_FALSE(find_clash({"setting.change", "user.reset_password", "user.reset_totp", "user.sign_out", "user.unlock"}));
  EXPECT_TRUE(find_clash({"grant.create", "user.sign_out"}));
  EXPECT_TRUE(find_clash({"audit.read", "user.reset_password"}));
}

TEST(RoleRules, AnOperatorStopsAndTriesRobotsAndEnrolsNone) {
  const std::vector<std::string> robots{"robot.create", "robot.disable", "robot.enable", "robot.read", "robot.revoke", "robot.try"};
  EXPECT_EQ(resolve(row_of(Preset::operator_).permissions, robots),
            (std::vector<std::string>{"robot.disable", "robot.enable", "robot.read", "robot.try"}));
  EXPECT_EQ(resolve(row_of(Preset::system_administrator).permissions, robots), robots);
}

TEST(RoleRules, WhoDoesNotAdministerUsersReadsNone) {
  for (const auto& row : preset_roles()) {
    const bool reads = !resolve(row.permissions, {"user.read"}).empty();
    EXPECT_EQ(reads, row.preset == Preset::system_administrator || row.preset == Preset::security_administrator ||
                         row.preset == Preset::department_head || row.preset == Preset::inspection_account)
        << row.name;
  }
}

TEST(RoleRules, WhetherAListClashesDoesNotDependOnItsOrder) {
  std::mt19937 random(20261124);
  const auto all = everything();
  int clashing = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> some;
    for (unsigned i = 0, n = 1 + random() % 4; i < n; ++i) some.push_back(all[random() % all.size()]);
    bool expected = false;
    for (const auto& a : some)
      for (const auto& b : some) expected |= clash(side_of(a), side_of(b));
    for (int order = 0; order < 3; ++order) {
      std::shuffle(some.begin(), some.end(), random);
      const auto cut = static_cast<std::ptrdiff_t>(random() % (some.size() + 1));
      EXPECT_EQ(find_clash({some.begin(), some.begin() + cut}, {some.begin() + cut, some.end()}).has_value(), expected);
    }
    clashing += expected;
  }
  EXPECT_GT(clashing, 200);
  EXPECT_LT(clashing, 1800);
}

TEST(PresetRoles, PatternsTakeGroupsVerbsAndNamesAndNothingElse) {
  const std::vector<std::string> published{"task.read", "task.stop", "taskforce.read", "user.read"};
  EXPECT_EQ(resolve(std::vector<std::string>{"task.*"}, published), (std::vector<std::string>{"task.read", "task.stop"}));
  EXPECT_EQ(resolve(std::vector<std::string>{"*.read"}, published), (std::vector<std::string>{"task.read", "taskforce.read", "user.read"}));
  EXPECT_EQ(resolve(std::vector<std::string>{"task.stop", "task.kill"}, published), (std::vector<std::string>{"task.stop"}));
  EXPECT_TRUE(resolve(std::vector<std::string>{"*", "*.*", "task"}, published).empty());
}

TEST(DepartmentTree, ResolvesGrantsAsWalkingUpFromEachDepartmentDoes) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    // Parents before or after their children: the order must not matter.
    const std::size_t count = 2 + random() % 30;
    std::vector<DepartmentId> ids(count);
    std::vector<std::size_t> parent(count, 0);
    DepartmentTree tree;
    for (std::size_t i = 0; i < count; ++i) {
      ids[i].ulid.bytes[15] = static_cast<std::uint8_t>(i + 1);
      if (i) parent[i] = random() % i;
    }
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (const auto i : order) tree.add(ids[i], i ? ids[parent[i]] : DepartmentId{});
    std::vector<Granted> grants;
    for (unsigned g = 0, n = random() % 6; g < n; ++g) {
      PermissionSet set;
      set.set(random() % 8);
      grants.push_back({set, ids[random() % count], random() % 2 == 0});
    }
    const auto made = tree.resolve(grants, 3);
    PermissionSet anywhere;
    for (std::size_t i = 0; i < count; ++i) {
      PermissionSet expected;
      for (const auto& grant : grants)
        for (auto at = i;; at = parent[at]) {
          if (grant.department == ids[at] && (grant.inherit || at == i)) expected |= grant.permissions;
          if (at == 0) break;
        }
      anywhere |= expected;
      for (std::size_t p = 0; p < 8; ++p) EXPECT_EQ(made.may(p, ids[i]), expected.test(p));
    }
    EXPECT_EQ(made.anywhere, anywhere);
    EXPECT_EQ(made.access_epoch, 3U);
  }
}

// Lists leave out the condition on the department for who may read in all of them: that must be true of the whole tree.
TEST(DepartmentTree, EverywhereIsSaidOnlyOfWhatEveryDepartmentThereIsHas) {
  DepartmentId a, b;
  a.ulid.bytes[15] = 1;
  b.ulid.bytes[15] = 2;
  DepartmentTree tree;
  tree.add(a, {});
  tree.add(b, a);
  PermissionSet one;
  one.set(1);
  const auto everywhere = [](const Authority& authority) { return authority.may_everywhere(1); };
  const auto whole = tree.resolve({{one, a, true}}, 1), upper = tree.resolve({{one, a, false}}, 1),
             lower = tree.resolve({{one, b, true}}, 1), none = tree.resolve({}, 1);
  EXPECT_TRUE(everywhere(whole));
  EXPECT_TRUE(everywhere(intersection(whole, whole)));
  for (const auto* part : {&upper, &lower, &none}) {
    EXPECT_FALSE(everywhere(*part));
    EXPECT_FALSE(everywhere(intersection(whole, *part)));
    EXPECT_FALSE(everywhere(intersection(*part, whole)));
  }
  EXPECT_FALSE(everywhere(intersection(upper, lower)));
}

TEST(DepartmentTree, WhoActsForAPersonMayDoOnlyWhatBothMay) {
  DepartmentId a, b;
  a.ulid.bytes[15] = 1;
  b.ulid.bytes[15] = 2;
  DepartmentTree tree;
  tree.add(a, {});
  tree.add(b, a);
  PermissionSet one, two;
  one.set(1).set(2);
  two.set(2).set(3);
  const auto both = intersection(tree.resolve({{one, a, true}}, 5), tree.resolve({{two, b, false}}, 4));
  EXPECT_TRUE(both.may(2, b));
  EXPECT_FALSE(both.may(2, a));
  EXPECT_FALSE(both.may(1, b));
  EXPECT_FALSE(both.may_anywhere(1));
  EXPECT_FALSE(both.may_anywhere(3));
  EXPECT_EQ(both.access_epoch, 4U);
}

}  // namespace
}  // namespace quanji::domain
