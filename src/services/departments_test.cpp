#include "services/departments.h"

#include "domain/department_tree.h"
#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::House;

Result<Department> read(House& house, const DepartmentId& id) {
  return house.ask(house.as(house.system, "department.read"), &read_department, DepartmentRef{id});
}
Result<Department> move(House& house, const DepartmentId& id, const DepartmentId& parent) {
  return house.run(house.as(house.system, "department.move"), &move_department, DepartmentMove{id, parent, "why"});
}

TEST(Departments, StandUpToEightLevelsBelowTheRootAndNoDeeper) {
  House house;
  auto at = domain::root_department;
  for (int level = 1; level <= domain::max_depth; ++level) at = house.department("d" + std::to_string(level), at);
  const auto deepest = read(house, at);
  ASSERT_TRUE(deepest.ok());
  EXPECT_EQ(deepest->depth, domain::max_depth);
  EXPECT_EQ(deepest->path, "总部/d1/d2/d3/d4/d5/d6/d7/d8");
  const auto more =
      house.run(house.as(house.system, "department.create"), &create_department, NewDepartment{.parent_id = at, .name = "d9"});
  ASSERT_EQ(code_of(more), Code::invalid_field);
  EXPECT_EQ(more.error().fields().at(0).field, "parentId");
}

TEST(Departments, AMoveRewritesThePathsAndLevelsOfAllBelow) {
  House house;
  const auto a = house.department("甲"), b = house.department("乙"), below = house.department("丙", a),
             deep = house.department("丁", below);
  ASSERT_TRUE(move(house, a, b).ok());
  EXPECT_EQ(read(house, deep)->path, "总部/乙/甲/丙/丁");
  EXPECT_EQ(read(house, deep)->depth, 4);
  ASSERT_TRUE(move(house, below, domain::root_department).ok());
  EXPECT_EQ(read(house, deep)->path, "总部/丙/丁");
  EXPECT_EQ(read(house, deep)->depth, 2);
  base::Patch<DepartmentChange> rename{.value = {.id = below, .name = "戊"}, .given = 0b10};
  ASSERT_TRUE(house.run(house.as(house.system, "department.change"), &change_department, rename).ok());
  EXPECT_EQ(read(house, deep)->path, "总部/戊/丁");
}

TEST(Departments, ALoopOrTooDeepASubtreeIsRefused) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a), c = house.department("c", b);
  EXPECT_EQ(code_of(move(house, a, c)), Code::invalid_field);
  EXPECT_EQ(code_of(move(house, a, a)), Code::invalid_field);
  EXPECT_EQ(code_of(move(house, domain::root_department, a)), Code::wrong_state);
  auto chain = house.department("x1");
  for (int i = 2; i <= 6; ++i) chain = house.department("x" + std::to_string(i), chain);
  EXPECT_EQ(code_of(move(house, a, chain)), Code::invalid_field);  // 6 + 3 levels
  EXPECT_TRUE(move(house, b, chain).ok());                         // 6 + 2
}

TEST(Departments, NamesAreUniqueAmongSiblingsAndCodesEverywhere) {
  House house;
  const auto a = house.department("a");
  house.department("b");
  const auto system = house.as(house.system, "department.create");
  EXPECT_EQ(code_of(house.run(system, &create_department, NewDepartment{.parent_id = domain::root_department, .name = "a"})),
            Code::name_taken);
  const auto below = house.run(system, &create_department, NewDepartment{.parent_id = a, .name = "a", .code = "Q1"});
  ASSERT_TRUE(below.ok());
  EXPECT_EQ(code_of(house.run(system, &create_department, NewDepartment{.parent_id = a, .name = "c", .code = "Q1"})), Code::name_taken);
  EXPECT_EQ(code_of(move(house, below->id, domain::root_department)), Code::name_taken);
}

TEST(Departments, WhatHoldsSomethingIsNotDeletedAndSaysWhat) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a);
  const auto member = house.user("someone", a);
  const auto system = house.as(house.system, "department.delete");
  const auto refused = house.run(system, &delete_department, DepartmentRef{a});
  ASSERT_EQ(code_of(refused), Code::still_referenced);
  EXPECT_EQ(testing::en(refused.error()), "the department \"总部/a\" still has 1 departments below, 1 members: move or delete them first");
  ASSERT_TRUE(house.run(system, &delete_department, DepartmentRef{b}).ok());
  EXPECT_EQ(code_of(read(house, b)), Code::not_found);
  house.give(member, domain::Preset::business_user, a);
  ASSERT_TRUE(house.run(house.as(house.system, "user.delete"), &delete_user, UserDelete{member, {}, {}}).ok());
  EXPECT_TRUE(house.run(system, &delete_department, DepartmentRef{a}).ok());
}

TEST(Departments, ADisabledOneTakesNothingNewAndStaysReadable) {
  House house;
  const auto a = house.department("a");
  const auto off = house.run(house.as(house.system, "department.disable"), &disable_department, DepartmentStop{a, "closed"});
  ASSERT_TRUE(off.ok());
  EXPECT_EQ(house.last_note.reason, "closed");
  EXPECT_EQ(code_of(house.run(house.as(house.system, "department.create"), &create_department, NewDepartment{.parent_id = a, .name = "x"})),
            Code::wrong_state);
  EXPECT_EQ(
      code_of(house.run(house.as(house.system, "user.create"), &create_user, NewUser{.account = "u", .name = "u", .department_id = a})),
      Code::wrong_state);
  EXPECT_TRUE(read(house, a).ok());
  ASSERT_TRUE(house.run(house.as(house.system, "department.enable"), &enable_department, DepartmentRef{a}).ok());
  house.department("x", a);
}

TEST(Departments, WhoMayNotSeeOneIsToldItDoesNotExist) {
  House house;
  const auto a = house.department("a"), b = house.department("b");
  const auto head = house.user("head", a);
  house.give(head, domain::Preset::department_head, a);
  EXPECT_TRUE(house.ask(house.as(head, "department.read"), &read_department, DepartmentRef{a}).ok());
  EXPECT_EQ(code_of(house.ask(house.as(head, "department.read"), &read_department, DepartmentRef{b})), Code::not_found);
  EXPECT_EQ(code_of(house.run(house.as(head, "department.disable"), &disable_department, DepartmentStop{a, "x"})), Code::not_permitted);
  EXPECT_EQ(code_of(house.run(house.as(head, "department.disable"), &disable_department, DepartmentStop{b, "x"})), Code::not_found);
  const auto tree = house.ask(house.as(head, "department.read"), &department_tree, base::Nothing{});
  ASSERT_TRUE(tree.ok());
  ASSERT_EQ(tree->items.size(), 1U);
  EXPECT_EQ(tree->items[0].id, a);
  EXPECT_EQ(tree->items[0].users, 1);
  const auto many = house.ask(house.as(head, "department.read"), &read_departments, DepartmentIds{{b, a, DepartmentId{}}});
  ASSERT_TRUE(many.ok());
  ASSERT_EQ(many->items.size(), 1U);
  EXPECT_EQ(many->items[0].id, a);
}

TEST(Departments, TheTreeIsDrawnParentsFirstAndSiblingsInOrder) {
  House house;
  const auto system = house.as(house.system, "department.create");
  const auto late = house.run(system, &create_department, NewDepartment{.parent_id = domain::root_department, .name = "a", .order = 9});
  const auto early = house.run(system, &create_department, NewDepartment{.parent_id = domain::root_department, .name = "z", .order = 1});
  ASSERT_TRUE(late.ok() && early.ok());
  house.department("k", late->id);
  const auto tree = house.ask(house.as(house.system, "department.read"), &department_tree, base::Nothing{});
  ASSERT_TRUE(tree.ok());
  std::vector<std::string> names;
  for (const auto& row : tree->items) names.push_back(row.name);
  EXPECT_EQ(names, (std::vector<std::string>{"总部", "z", "a", "k"}));
  EXPECT_EQ(tree->items[0].children, 2);
}

TEST(Departments, ListsFilterAndKeepToWhatTheCallerMaySee) {
  House house;
  const auto a = house.department("a"), b = house.department("b", a);
  house.department("c");
  const auto head = house.user("head", a);
  house.give(head, domain::Preset::department_head, a);
  base::ListQuery query;
  const auto all = house.ask(house.as(house.system, "department.read"), &list_departments, query);
  ASSERT_TRUE(all.ok()) << testing::en(all.error());
  EXPECT_EQ(all->total, 4);
  const auto seen = house.ask(house.as(head, "department.read"), &list_departments, query);
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->items.size(), 2U);
  EXPECT_EQ(seen->items[1].id, b);
  query.filters = {{"parentId", a.text()}};
  const auto below = house.ask(house.as(house.system, "department.read"), &list_departments, query);
  ASSERT_TRUE(below.ok());
  ASSERT_EQ(below->items.size(), 1U);
  base::ListQuery children;
  children.within = a.ulid;
  const auto listed = house.ask(house.as(house.system, "department.read"), &list_children, children);
  ASSERT_TRUE(listed.ok()) << testing::en(listed.error());
  EXPECT_EQ(listed->items.at(0).id, b);
}

TEST(Departments, AStaleRevisionIsRefused) {
  House house;
  const auto a = house.department("a");
  auto system = house.as(house.system, "department.change");
  system->if_match = 1;
  base::Patch<DepartmentChange> remark{.value = {.id = a, .remark = "r"}, .given = 1U << 5};
  const auto once = house.run(system, &change_department, remark);
  ASSERT_TRUE(once.ok());
  EXPECT_EQ(once->revision, 2);
  EXPECT_EQ(*once->remark, "r");
  EXPECT_EQ(code_of(house.run(system, &change_department, remark)), Code::changed_meanwhile);
}

}  // namespace
}  // namespace quanji::services
