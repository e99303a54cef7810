#include "services/assets.h"

#include <filesystem>
#include <fstream>

#include "base/fields_json.h"
#include "services/vault_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using domain::AssetScope;
using domain::AssetType;
using std::chrono::hours;
using testing::code_of;

class Assets : public testing::OnBothDatabases {};
QUANJI_ON_BOTH_DATABASES(Assets);

constexpr std::string_view server_id = "srv_01ARYZ6S41TSV4RRFFQ69G5FAV";

TEST_P(Assets, TheNarrowestScopeWinsAndSaysWhichItIs) {
  const auto below = house->department("清算部"), deep = house->department("一组", below);
  const auto made = house->asset("limit", AssetType::integer, "1");
  ASSERT_TRUE(made.ok()) << testing::en(made.error()) << made.error().detail();
  const auto robot = house->robot("r1", deep);
  const auto seat = house->task(robot, deep);
  AssetQuestion by_task{.name = "limit", .task = seat.task};
  EXPECT_EQ(house->resolved(by_task), "1 global 1");
  ASSERT_TRUE(house->set(made->id, AssetScope::department, below.text(), "2").ok());
  EXPECT_EQ(house->resolved(by_task), "2 department 2");
  ASSERT_TRUE(house->set(made->id, AssetScope::department, deep.text(), "3").ok());
  EXPECT_EQ(house->resolved(by_task), "3 department 3");
  EXPECT_EQ(house->resolved({.name = "limit", .department = below}), "2 department 2");
  ASSERT_TRUE(house->set(made->id, AssetScope::server, std::string(server_id), "4").ok());
  EXPECT_EQ(house->resolved(by_task), "4 server 4");
  ASSERT_TRUE(house->set(made->id, AssetScope::robot, robot.text(), "5").ok());
  EXPECT_EQ(house->resolved(by_task), "5 robot 5");
  EXPECT_EQ(house->resolved({.name = "limit", .robot = robot}), "5 robot 5");
  ASSERT_TRUE(house->set(made->id, AssetScope::task, seat.task.text(), "6").ok());
  EXPECT_EQ(house->resolved(by_task), "6 task 6");
  EXPECT_EQ(house->resolved({.name = "limit"}), "1 global 1");
  EXPECT_EQ(house->resolved({.name = "none"}), "not_found");
  // A cleared scope falls through to the next wider one.
  ASSERT_TRUE(house
                  ->run(house->as(house->developer, "asset.change"), &clear_asset_value,
                        AssetValueClear{made->id, AssetScope::task, seat.task.text(), "done"})
                  .ok());
  EXPECT_EQ(house->resolved(by_task), "5 robot 5");
  EXPECT_EQ(code_of(house->set(made->id, AssetScope::robot, std::string(server_id), "1")), Code::invalid_field);
  EXPECT_EQ(code_of(house->set(made->id, AssetScope::robot, "rob_01ARYZ6S41TSV4RRFFQ69G5FAV", "1")), Code::invalid_field);
  EXPECT_EQ(code_of(house->set(made->id, AssetScope::global, "", "\"one\"")), Code::invalid_field);
}

TEST_P(Assets, TheDepartmentsOwnAssetStandsBeforeOnesAboveAndSharedOnes) {
  const auto below = house->department("清算部"), other = house->department("别处");
  const auto top = house->asset("limit", AssetType::integer, "1");
  const auto own = house->asset("limit", AssetType::integer, "2", below);
  const auto shared = house->asset("rate", AssetType::decimal, "\"0.50\"", other);
  ASSERT_TRUE(top.ok() && own.ok() && shared.ok());
  EXPECT_EQ(house->resolved({.name = "limit", .department = below}), "2 global 1");
  EXPECT_EQ(house->resolved({.name = "limit", .department = other}), "1 global 1");
  EXPECT_EQ(house->resolved({.name = "rate", .department = below}), "not_found");
  ASSERT_TRUE(house
                  ->run(house->as(house->developer, "asset.grant"), &grant_asset,
                        NewAssetGrant{shared->id, VaultGrantKind::department, below.text()})
                  .ok());
  EXPECT_EQ(house->resolved({.name = "rate", .department = below}), "\"0.50\" global 1");
  EXPECT_EQ(code_of(house->asset("limit", AssetType::integer, "3", below)), Code::name_taken);
}

TEST_P(Assets, AValueHoldsFromItsTimeAndIsRolledBackTo) {
  const auto made = house->asset("day", AssetType::date, "\"2026-11-20\"");
  ASSERT_TRUE(made.ok());
  const auto planned = house->set(made->id, AssetScope::global, "", "\"2026-11-23\"", house->clock->now().plus(hours(1)));
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(house->resolved({.name = "day"}), "\"2026-11-20\" global 1");
  house->pass(hours(1));
  EXPECT_EQ(house->resolved({.name = "day"}), "\"2026-11-23\" global 2");
  EXPECT_EQ(code_of(house->set(made->id, AssetScope::global, "", "\"2026-11-24\"", house->clock->now())), Code::invalid_field);
  const auto back = house->run(house->as(house->developer, "asset.change"), &roll_back_asset, AssetRollBack{made->id, 1, "wrong"});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->rolled_back_to, 1);
  EXPECT_EQ(house->resolved({.name = "day"}), "\"2026-11-20\" global 3");
  EXPECT_EQ(code_of(house->run(house->as(house->developer, "asset.change"), &roll_back_asset, AssetRollBack{made->id, 9, "x"})),
            Code::invalid_field);
  base::ListQuery query;
  query.within = made->id.ulid;
  const auto history = house->ask(house->as(house->developer, "asset.read"), &list_asset_values, query);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->items.size(), 3U);
  EXPECT_EQ(history->items[0].version, 3);
}

TEST_P(Assets, ASecretOneIsOpenedByTasksOnlyAlsoAfterARollBack) {
  const auto made = house->asset("token", AssetType::secret, "Canary-77aa");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(house->resolved({.name = "token"}), "secret global 1");
  AssetValueSet in;
  in.id = made->id;
  in.secret_value = base::Secret(std::string_view("Second-1"));
  ASSERT_TRUE(seal_secrets(in, *house->desk).ok());
  ASSERT_TRUE(house->run(house->as(house->developer, "asset.change"), &set_asset_value, in).ok());
  const auto seat = house->task(house->robot("r1"));
  const auto read =
      house->ask(house->robot_caller(seat), &read_asset_value, wire::AssetRead{{seat.task.ulid}, {seat.attempt.ulid}, seat.token, "token"});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->value.text, R"({"$secret":{"credential":"asset:token","field":"value","version":2}})");
  EXPECT_EQ(house->open(seat, "asset:token", 2, "value").value(), "Second-1");
  ASSERT_TRUE(house->run(house->as(house->developer, "asset.change"), &roll_back_asset, AssetRollBack{made->id, 1, "x"}).ok());
  EXPECT_EQ(house->open(seat, "asset:token", 3, "value").value(), "Canary-77aa");
  EXPECT_EQ(code_of(house->open(seat, "asset:token", 1, "value")), Code::changed_meanwhile);
  EXPECT_EQ(code_of(house->open(seat, "asset:none", 1, "value")), Code::not_found);
  EXPECT_EQ(code_of(house->set(made->id, AssetScope::global, "", "\"plain\"")), Code::invalid_field);
}

TEST_P(Assets, AFlowSetsWhatItsDepartmentOwnsOnceForEachKey) {
  const auto below = house->department("清算部");
  const auto own = house->asset("count", AssetType::decimal, "\"1.20\"", below), above = house->asset("limit", AssetType::integer, "1");
  ASSERT_TRUE(own.ok() && above.ok());
  const auto seat = house->task(house->robot("r1", below), below);
  const auto read = [&](std::string name) {
    return house->ask(house->robot_caller(seat), &read_asset_value,
                      wire::AssetRead{{seat.task.ulid}, {seat.attempt.ulid}, seat.token, std::move(name)});
  };
  const auto write = [&](std::string name, std::string value, std::string key) {
    return house->run(
        house->robot_caller(seat), &write_asset_value,
        wire::AssetWrite{{seat.task.ulid}, {seat.attempt.ulid}, seat.token, std::move(name), {std::move(value)}, std::move(key)});
  };
  EXPECT_EQ(read("count")->value.text, R"({"$decimal":"1.20"})");
  ASSERT_TRUE(write("count", R"({"$decimal":"2.5"})", "a").ok());
  ASSERT_TRUE(write("count", R"({"$decimal":"9"})", "a").ok());
  EXPECT_EQ(read("count")->value.text, R"({"$decimal":"2.5"})");
  EXPECT_EQ(code_of(write("count", "\"x\"", "b")), Code::invalid_field);
  EXPECT_EQ(code_of(write("limit", "2", "c")), Code::not_permitted);
  EXPECT_EQ(code_of(write("none", "2", "d")), Code::not_found);
  ASSERT_TRUE(house
                  ->run(house->as(house->developer, "asset.grant"), &grant_asset,
                        NewAssetGrant{above->id, VaultGrantKind::flow, std::string(testing::flow_id)})
                  .ok());
  EXPECT_TRUE(write("limit", "2", "e").ok());
}

// The canary: nothing that is kept or said holds it in clear.
TEST(Vault, ACanarySecretStandsNowhereInTheDatabaseItsLogsAnswersAuditOrEvents) {
  testing::VaultHouse house;
  const std::string first = "Canary-One-4b1f", second = "Canary-Two-9c3d", third = "Canary-Three-e7";
  const auto made = house.credential("counter", {}, first);
  ASSERT_TRUE(made.ok());
  const auto note_of_creation = house.last_note;
  const auto rotated = house.rotate(made->id, second);
  const auto asset = house.asset("token", AssetType::secret, third);
  ASSERT_TRUE(rotated.ok() && asset.ok());
  ASSERT_TRUE(house.grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house.task(house.robot("r1"));
  ASSERT_EQ(house.open(seat, "counter").value(), second);
  ASSERT_EQ(house.open(seat, "asset:token", 1, "value").value(), third);
  std::string said = house.sealed_answers + base::to_json(*made, base::Side::stored) + base::to_json(*rotated, base::Side::stored) +
                     base::to_json(*asset, base::Side::stored) + note_of_creation.before + note_of_creation.after + house.last_note.before +
                     house.last_note.after;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(house.folder.path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    said.append(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_NE(said.find("counter"), std::string::npos);  // what is searched is what was written
  for (const auto& canary : {first, second, third})
    for (const auto& form :
         {canary, base::base64(base::bytes_of(canary)), base::base64url(base::bytes_of(canary)), base::hex(base::bytes_of(canary))})
      EXPECT_EQ(said.find(form), std::string::npos) << form;
}

// An input held for a second person carries the envelope and no secret, and is carried out from it.
TEST(Vault, AHeldInputCarriesTheEnvelopeOnly) {
  testing::VaultHouse house;
  NewCredential in;
  in.name = "held";
  in.department_id = domain::root_department;
  in.password = base::Secret(std::string_view("Canary-held"));
  ASSERT_TRUE(seal_secrets(in, *house.desk).ok());
  EXPECT_FALSE(in.password);
  const auto held = base::to_json(in, base::Side::stored);
  EXPECT_EQ(held.find("Canary"), std::string::npos);
  auto again = base::from_json_text<NewCredential>(held, base::Unknown::refuse);
  ASSERT_TRUE(again.ok());
  const auto made = house.run(house.as(house.security, "credential.create"), &create_credential, *again);
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(house.grant_to(made->id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  EXPECT_EQ(house.open(house.task(house.robot("r1")), "held").value(), "Canary-held");
  // No caller gives an envelope of his own.
  EXPECT_FALSE(base::from_json<NewCredential>(base::parse_json(held).value()).ok());
}

// The rule of re-runs: two runs of one change say the same.
TEST(Vault, ChangesMayRunTwice) {
  testing::VaultHouse house({}, [](storage::StoreOptions& options) { options.rerun = storage::StoreOptions::Rerun::every_change_twice; });
  const auto made = house.credential("counter"), next = house.credential("next", {}, "Next-1");
  ASSERT_TRUE(made.ok() && next.ok());
  for (const auto& id : {made->id, next->id}) ASSERT_TRUE(house.grant_to(id, VaultGrantKind::flow, std::string(testing::flow_id)).ok());
  const auto seat = house.task(house.robot("r1"));
  ASSERT_TRUE(house.rotate(made->id, "two").ok());
  EXPECT_TRUE(
      house
          .run(house.robot_caller(seat), &write_credential_secret,
               wire::CredentialWrite{{seat.task.ulid}, {seat.attempt.ulid}, seat.token, "counter", "password", "next", 1, "password", "k"})
          .ok());
  EXPECT_EQ(house.open(seat, "counter").value(), "Next-1");
  const auto asset = house.asset("token", AssetType::secret, "x1");
  EXPECT_TRUE(asset.ok());
}

}  // namespace
}  // namespace quanji::services
