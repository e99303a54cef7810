#include "services/users.h"

#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::House;

TEST(Users, AnAccountIsTakenWithoutRegardToCaseUntilItsUserIsDeleted) {
  House house;
  const auto first = house.user("Zhang.San");
  const auto system = house.as(house.system, "user.create");
  const NewUser again{.account = "zhang.san", .name = "x", .department_id = domain::root_department};
  EXPECT_EQ(code_of(house.run(system, &create_user, again)), Code::name_taken);
  ASSERT_TRUE(house.run(house.as(house.system, "user.delete"), &delete_user, UserDelete{first, {}, {}}).ok());
  EXPECT_EQ(code_of(house.ask(house.as(house.system, "user.read"), &read_user, UserRef{first})), Code::not_found);
  EXPECT_TRUE(house.run(system, &create_user, again).ok());
}

TEST(Users, TelephonesAreAnsweredAndAuditedInPartOnly) {
  House house;
  const auto made = house.run(house.as(house.system, "user.create"), &create_user,
                              NewUser{.account = "u", .name = "u", .department_id = domain::root_department, .phone = "13812345678"});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(*made->phone, "138****5678");
  EXPECT_EQ(house.last_note.after.find("13812345678"), std::string::npos);
  EXPECT_EQ(masked_phone("12345"), "****45");
}

TEST(Users, DisablingEndsTheirAuthorityAndIsToldToSignIn) {
  House house;
  const auto user = house.user("u");
  house.give(user, domain::Preset::operator_);
  EXPECT_TRUE(house.may(user, "task.stop", domain::root_department));
  static std::vector<UserId> stopped;
  static const bool once = [] {
    on_user_stopped([](Change& change, const UserId& id) -> Status {
      change.after_commit([id] { stopped.push_back(id); });
      return {};
    });
    return true;
  }();
  ASSERT_TRUE(once);
  stopped.clear();
  ASSERT_TRUE(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{user, "left"}).ok());
  EXPECT_FALSE(house.may(user, "task.stop", domain::root_department));
  EXPECT_EQ(stopped, std::vector<UserId>{user});
  EXPECT_EQ(code_of(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{user, "again"})), Code::wrong_state);
  ASSERT_TRUE(house.run(house.as(house.system, "user.enable"), &enable_user, UserRef{user}).ok());
  EXPECT_TRUE(house.may(user, "task.stop", domain::root_department));
}

TEST(Users, WhoHasExpiredMayDoNothingFromThatMomentOn) {
  House house;
  const auto user = house.user("u");
  house.give(user, domain::Preset::operator_);
  const auto soon = house.clock->now().plus(std::chrono::hours(1));
  base::Patch<UserChange> expiry{.value = {.id = user, .expires_at = soon}, .given = 1U << 6};
  ASSERT_TRUE(house.run(house.as(house.system, "user.change"), &change_user, expiry).ok());
  EXPECT_TRUE(house.may(user, "task.stop", domain::root_department));
  house.clock->advance(std::chrono::hours(1));
  EXPECT_FALSE(house.may(user, "task.stop", domain::root_department));
}

TEST(Users, TheLastAdministratorOfEachKindStays) {
  House house;
  const auto other = house.user("other_system");
  house.give(other, domain::Preset::system_administrator);
  for (const auto& last : {house.security, house.auditor}) {
    EXPECT_EQ(code_of(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{last, "x"})), Code::wrong_state);
    EXPECT_EQ(code_of(house.run(house.as(house.system, "user.delete"), &delete_user, UserDelete{last, {}, {}})), Code::wrong_state);
    base::Patch<UserChange> expiry{.value = {.id = last, .expires_at = house.clock->now().plus(std::chrono::hours(1))}, .given = 1U << 6};
    EXPECT_EQ(code_of(house.run(house.as(house.system, "user.change"), &change_user, expiry)), Code::wrong_state);
  }
  EXPECT_EQ(code_of(house.run(house.as(house.system, "user.disable"), &disable_user, UserStop{house.system, "x"})), Code::not_permitted);
  ASSERT_TRUE(house.run(house.as(other, "user.disable"), &disable_user, UserStop{house.system, "x"}).ok());
  EXPECT_EQ(code_of(house.run(House::setup(), &disable_user, UserStop{other, "x"})), Code::wrong_state);
}

TEST(Users, WhatTheyOwnIsTakenOverBeforeTheyAreDeleted) {
  House house;
  const auto user = house.user("u"), heir = house.user("heir");
  const auto made = house.run(house.as(house.system, "department.create"), &create_department,
                              NewDepartment{.parent_id = domain::root_department, .name = "a", .leader_id = user});
  ASSERT_TRUE(made.ok());
  const auto system = house.as(house.system, "user.delete");
  const auto refused = house.run(system, &delete_user, UserDelete{user, {}, {}});
  ASSERT_EQ(code_of(refused), Code::still_referenced);
  EXPECT_EQ(testing::en(refused.error()), "u still owns 1 departments led: name who takes over in transferTo");
  EXPECT_EQ(code_of(house.run(system, &delete_user, UserDelete{user, user, {}})), Code::invalid_field);
  ASSERT_TRUE(house.run(system, &delete_user, UserDelete{user, heir, "left"}).ok());
  const auto led = house.ask(house.as(house.system, "department.read"), &read_department, DepartmentRef{made->id});
  EXPECT_EQ(*led->leader_id, heir);
}

TEST(Users, AreSeenAndMovedOnlyWithinTheDepartmentsOfWhoAsks) {
  House house;
  const auto a = house.department("a"), b = house.department("b");
  const auto mine = house.user("mine", a), theirs = house.user("theirs", b), clerk = house.user("clerk", a);
  const auto role = house.role("clerk", {"user.read", "user.move", "user.create"});
  ASSERT_TRUE(house.grant(clerk, role, a).ok());
  EXPECT_TRUE(house.ask(house.as(clerk, "user.read"), &read_user, UserRef{mine}).ok());
  EXPECT_EQ(code_of(house.ask(house.as(clerk, "user.read"), &read_user, UserRef{theirs})), Code::not_found);
  EXPECT_EQ(code_of(house.run(house.as(clerk, "user.move"), &move_user, UserMove{mine, b})), Code::not_found);
  EXPECT_EQ(code_of(house.run(house.as(clerk, "user.create"), &create_user, NewUser{.account = "n", .name = "n", .department_id = b})),
            Code::not_found);
  const auto listed = house.ask(house.as(clerk, "user.read"), &list_users, base::ListQuery{});
  ASSERT_TRUE(listed.ok()) << testing::en(listed.error());
  EXPECT_EQ(listed->total, 2);
  base::ListQuery members;
  members.within = a.ulid;
  const auto in_a = house.ask(house.as(house.system, "user.read"), &list_members, members);
  ASSERT_TRUE(in_a.ok()) << testing::en(in_a.error());
  EXPECT_EQ(in_a->total, 2);
}

TEST(Users, KeywordAndFiltersFindThem) {
  House house;
  ASSERT_TRUE(house
                  .run(house.as(house.system, "user.create"), &create_user,
                       NewUser{.account = "wang",
                               .name = "王五",
                               .department_id = domain::root_department,
                               .employee_no = "E7",
                               .kind = UserKind::outsourced})
                  .ok());
  const auto found = [&](base::ListQuery query) {
    const auto page = house.ask(house.as(house.system, "user.read"), &list_users, query);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : testing::en(page.error()));
    return page.ok() && page->items.size() == 1 && page->items[0].account == "wang";
  };
  base::ListQuery by_keyword, by_number, by_kind;
  by_keyword.keyword = "王";
  by_number.filters = {{"employeeNo", "E7"}};
  by_kind.filters = {{"kind", "outsourced"}, {"state", "enabled"}};
  by_kind.sort = "-createdAt";
  EXPECT_TRUE(found(by_keyword));
  EXPECT_TRUE(found(by_number));
  EXPECT_TRUE(found(by_kind));
}

}  // namespace
}  // namespace quanji::services
