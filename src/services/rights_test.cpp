#include "services/rights.h"

#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using testing::House;

Scope scope_of(House& house, const std::shared_ptr<const domain::Caller>& caller) {
  Scope found{Scope::Reach::every, {}};
  EXPECT_TRUE(house
                  .view(
                      [&](const View& v) -> Status {
                        found = scope(v);
                        return {};
                      },
                      caller)
                  .ok());
  return found;
}
std::size_t listed(House& house, const std::shared_ptr<const domain::Caller>& caller) {
  std::size_t count = 99;
  EXPECT_TRUE(house
                  .view(
                      [&](const View& v) -> Status {
                        base::ListQuery query;
                        query.sort = user_list_shape().sorts.empty() ? "" : std::string(user_list_shape().sorts.front());
                        QUANJI_TRY(const auto page, list_users(v, query));
                        count = page.items.size();
                        return {};
                      },
                      caller)
                  .ok());
  return count;
}

TEST(Scope, AnAuthorityWithoutDepartmentsSeesNothing) {
  House house;
  const auto caller = house.as(house.system, "user.read");
  EXPECT_TRUE(scope_of(house, caller).every());
  EXPECT_EQ(listed(house, caller), 3U);
  for (const bool empty : {true, false}) {
    auto authority = std::make_shared<domain::Authority>();
    if (!empty) {
      // Everything in every department it names is not everything there is: that has to be said.
      authority->anywhere.set();
      authority->by_department[base::Ulid{{9}}].set();
    }
    caller->authority = authority;
    EXPECT_FALSE(scope_of(house, caller).every());
    EXPECT_EQ(scope_of(house, caller).departments.size(), empty ? 0U : 1U);
    EXPECT_EQ(listed(house, caller), 0U);
  }
  auto everywhere = std::make_shared<domain::Authority>();
  everywhere->everywhere.set();
  caller->authority = everywhere;
  EXPECT_TRUE(scope_of(house, caller).every());
}
TEST(Scope, WithoutAuthorityOrPermissionNothingIsSeen) {
  House house;
  const auto caller = house.as(house.system, "user.read");
  caller->permission = SIZE_MAX;
  EXPECT_EQ(listed(house, caller), 0U);
  House::aim(*caller, "user.read");
  caller->authority = nullptr;
  EXPECT_EQ(listed(house, caller), 0U);
}
TEST(Scope, ALostGrantLeavesAnEmptyListNotAFullOne) {
  House house;
  const auto user = house.user("u");
  const auto grant = house.give(user, domain::Preset::system_administrator);
  EXPECT_GT(listed(house, house.as(user, "user.read")), 0U);
  ASSERT_TRUE(house.change([&](Change& c) { return delete_grant(c, GrantRemoval{user, grant, "x"}); }, House::setup()).ok());
  EXPECT_FALSE(scope_of(house, house.as(user, "user.read")).every());
  EXPECT_EQ(listed(house, house.as(user, "user.read")), 0U);
}

}  // namespace
}  // namespace quanji::services
