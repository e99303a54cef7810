// Many clients at once in one place of the tree, on both databases.
#include <atomic>
#include <thread>

#include "services/identity_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

void expect_sixteen_clients_served(testing::House& house) {
  constexpr int clients = 16, each = 20;
  const auto parent = house.department("清算部");
  const auto setup = testing::House::setup();
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client)
    threads.emplace_back([&, client] {
      for (int i = 0; i < each; ++i) {
        const NewDepartment wanted{.parent_id = parent, .name = std::to_string(client) + "-" + std::to_string(i)};
        const auto done = house.change(
            [&](Change& change) -> Status {
              QUANJI_TRY(const auto department, create_department(change, wanted));
              return write_audit(change, {.operation = "department.create", .audit = "department.created", .note = change.note()});
            },
            setup);
        EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().detail());
        made += done.ok();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, clients * each);
  static const storage::Query below{"below",
                                    {"select count(*) from departments where parent_id is not null", {}},
                                    {"select count(*) from departments where parent_id is not null", {}}};
  EXPECT_EQ(house.number(below), clients * each + 1);
}

TEST(Departments, SixteenClientsBelowOneParentAreAllServed) {
  testing::House house;
  expect_sixteen_clients_served(house);
}
TEST(Departments, SixteenClientsBelowOneParentAreAllServedOnPostgreSql) {
  tests::FreshDatabase database;
  testing::House house(database.url());
  expect_sixteen_clients_served(house);
}

// The same name from many at once: one gets it, the others are told that it is taken and not that something broke.
TEST(Departments, ANameWantedByManyGoesToOneOnPostgreSql) {
  tests::FreshDatabase database;
  testing::House house(database.url());
  const auto setup = testing::House::setup();
  std::atomic<int> made{0}, taken{0};
  std::vector<std::thread> threads;
  for (int client = 0; client < 8; ++client)
    threads.emplace_back([&] {
      const auto done = house.change(
          [&](Change& change) -> Status {
            QUANJI_TRY(const auto department,
                       create_department(change, NewDepartment{.parent_id = domain::root_department, .name = "唯一"}));
            return {};
          },
          setup);
      made += done.ok();
      taken += !done.ok() && done.error().code() == base::Code::name_taken;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(taken, 7);
}

}  // namespace
}  // namespace quanji::services
