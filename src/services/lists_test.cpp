// Every list the platform offers, on both databases.
#include "services/lists.h"

#include "services/api_clients.h"
#include "services/approvals.h"
#include "services/asset_values.h"
#include "services/audit.h"
#include "services/call_log.h"
#include "services/credentials.h"
#include "services/human_tasks.h"
#include "services/identity_testing.h"
#include "services/queue_items.h"
#include "services/robots.h"
#include "services/sessions.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

void expect_all_explained(testing::House& house) {
  for (const auto* listing : {&department_listing(),     &child_listing(),
                              &user_listing(),           &member_listing(),
                              &role_listing(),           &grant_listing(),
                              &approval_listing(),       &robot_listing(),
                              &session_listing(),        &api_client_listing(),
                              &audit_listing(),          &call_listing(),
                              &credential_listing(),     &credential_version_listing(),
                              &credential_use_listing(), &asset_listing(),
                              &asset_value_listing(),    &queue_listing(),
                              &queue_item_listing(),     &human_task_listing()})
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

TEST(Lists, EveryDeclaredCombinationIsServedByAnIndex) {
  testing::House house;
  expect_all_explained(house);
}

TEST(Lists, EveryDeclaredCombinationIsServedByAnIndexOnPostgreSql) {
  tests::FreshDatabase database;
  testing::House house(database.url());
  expect_all_explained(house);
}

}  // namespace
}  // namespace quanji::services
