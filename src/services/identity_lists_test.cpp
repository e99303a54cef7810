// The lists of identity and rights: every declared combination is served by an index, on both databases.
#include "services/approvals.h"
#include "services/identity_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

void explain_all(testing::House& house) {
  for (const auto* listing : {&department_listing(), &child_listing(), &user_listing(), &member_listing(), &role_listing(),
                              &grant_listing(), &approval_listing()})
    ASSERT_TRUE(house
                    .change([&](Change& c) -> Status {
                      QUANJI_TRY(const auto explained, listing->explain(c));
                      EXPECT_GE(explained.size(), 2U);
                      for (const auto& one : explained)
                        EXPECT_EQ(one.trouble, "") << listing->plan().name << " " << one.combination << ": " << one.plan;
                      return {};
                    })
                    .ok());
}

TEST(IdentityLists, AreServedByIndexes) {
  testing::House house;
  explain_all(house);
}

TEST(IdentityLists, AreServedByIndexesOnPostgreSql) {
  tests::FreshDatabase database;
  testing::House house(database.url());
  explain_all(house);
}

}  // namespace
}  // namespace quanji::services
