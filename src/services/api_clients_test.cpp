#include "services/api_clients.h"

#include "base/fields_json.h"
#include "domain/signature.h"
#include "services/sign_in_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::Gatehouse;

std::optional<ClientFacts> by_key(Gatehouse& house, std::string_view key) {
  std::optional<ClientFacts> found;
  EXPECT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(found, find_client_by_key(v, key));
                    return {};
                  })
                  .ok());
  return found;
}
Result<NewApiKey> rotate(Gatehouse& house, const ApiClientId& id, std::int64_t overlap) {
  Prepared<KeyRotation> in;
  in.value.id = id;
  in.value.overlap_seconds = overlap;
  in.proof = house.made_key();
  return house.run(house.as(house.security, "api_client.rotate"), &rotate_api_key, in);
}

TEST(ApiClients, TheSecretIsShownOnceAndSealedForItsKey) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(domain::is_access_key(made->access_key));
  EXPECT_EQ(made->secret.size(), 43U);
  const auto facts = by_key(house, made->access_key);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->sealed.find(made->secret), std::string::npos);
  const auto opened = house.desk->box->open(key_place(made->access_key), facts->sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), made->secret);
  EXPECT_FALSE(house.desk->box->open(key_place("QJAKABCDEFGHIJKLMNOP2345"), facts->sealed));
  const auto read = house.ask(house.as(house.security, "api_client.read"), &read_api_client, ApiClientRef{made->id});
  ASSERT_TRUE(read);
  EXPECT_EQ(base::to_json(*read, base::Side::stored).find(made->secret), std::string::npos);
  ASSERT_TRUE(read->keys);
  ASSERT_EQ(read->keys->size(), 1U);
}

TEST(ApiClients, ScopesMustBePublishedAndSuitOneCaller) {
  Gatehouse house;
  EXPECT_EQ(code_of(house.client("a", {"user.fly"})), Code::invalid_field);
  EXPECT_EQ(code_of(house.client("b", {"approval.decide"})), Code::invalid_field);
  EXPECT_EQ(code_of(house.client("c", {"approval.*"})), Code::invalid_field);
  EXPECT_EQ(code_of(house.client("d", {"task.*", "grant.create"})), Code::invalid_field);
  EXPECT_TRUE(house.client("e", {"task.*", "user.read"}));
}

TEST(ApiClients, NamesAreUniqueInTheirDepartment) {
  Gatehouse house;
  ASSERT_TRUE(house.client("portal", {"user.read"}));
  EXPECT_EQ(code_of(house.client("portal", {"user.read"})), Code::name_taken);
  const auto other = house.department("清算部");
  EXPECT_TRUE(house.client("portal", {"user.read"}, [&](auto& c) { c.department_id = other; }));
}

TEST(ApiClients, AddressesAndExpiryAreChecked) {
  Gatehouse house;
  const auto refused = house.client("portal", {"user.read"}, [](auto& c) { c.addresses = {"10.0.0.0/8", "10.8.0.1/16"}; });
  ASSERT_EQ(code_of(refused), Code::invalid_field);
  EXPECT_EQ(refused.error().fields()[0].field, "addresses/1");
  EXPECT_EQ(code_of(house.client("portal", {"user.read"}, [&](auto& c) { c.expires_at = house.clock->now(); })), Code::invalid_field);
}

TEST(ApiClients, TwoKeysOverlapAndAThirdEndsTheRetiringOne) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  const auto second = rotate(house, made->id, 3600);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->retiring_key, made->access_key);
  EXPECT_EQ(second->retires_at, house.clock->now().plus(std::chrono::hours(1)));
  ASSERT_TRUE(by_key(house, made->access_key));
  EXPECT_EQ(by_key(house, made->access_key)->key_retires_at, second->retires_at);
  const auto third = rotate(house, made->id, 3600);
  ASSERT_TRUE(third);
  EXPECT_FALSE(by_key(house, made->access_key));
  EXPECT_TRUE(by_key(house, second->access_key));
  house.pass(std::chrono::hours(1));
  const auto read = house.ask(house.as(house.security, "api_client.read"), &read_api_client, ApiClientRef{made->id});
  ASSERT_TRUE(read && read->keys);
  ASSERT_EQ(read->keys->size(), 1U);
  EXPECT_EQ(read->keys->front().access_key, third->access_key);
}

TEST(ApiClients, ARotationWithoutOverlapEndsTheKeyAtOnce) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  ASSERT_TRUE(rotate(house, made->id, 0));
  EXPECT_FALSE(by_key(house, made->access_key));
}

TEST(ApiClients, ChangeTakesOnlyWhatIsGivenAndGuardsTheRevision) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"}, [](auto& c) { c.remark = "kept"; });
  ASSERT_TRUE(made);
  base::Patch<ApiClientChange> patch;
  patch.value.id = made->id;
  patch.value.scopes = {"department.read"};
  patch.given = std::uint64_t{1} << ApiClientChange::fields().find("scopes");
  auto caller = house.as(house.security, "api_client.change");
  caller->if_match = made->revision;
  const auto changed = house.run(caller, &change_api_client, patch);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->remark, "kept");
  EXPECT_EQ(changed->scopes, std::vector<std::string>{"department.read"});
  EXPECT_EQ(changed->revision, made->revision + 1);
  EXPECT_EQ(code_of(house.run(caller, &change_api_client, patch)), Code::changed_meanwhile);
}

TEST(ApiClients, DisablingCutsOffTokensToo) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = domain::CallerKind::client;
  caller->client = made->id;
  caller->channel = domain::Channel::signature;
  const auto token = house.run(caller, &client_token, base::Nothing{});
  ASSERT_TRUE(token);
  ASSERT_TRUE(house.run(house.as(house.security, "api_client.disable"), &disable_api_client, ApiClientAct{made->id, "leaked"}));
  ASSERT_TRUE(house.run(house.as(house.security, "api_client.enable"), &enable_api_client, ApiClientRef{made->id}));
  bool works = true;
  ASSERT_TRUE(house.view([&](const View& v) -> Status {
    QUANJI_TRY(const auto facts, find_token(v, token_hash(token->access_token)));
    works = facts.has_value();
    return {};
  }));
  EXPECT_FALSE(works);
}

TEST(ApiClients, OnlyWhoAdministersThemMaySeeOrMakeThem) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  const auto zhang = house.user("zhang");
  EXPECT_EQ(code_of(house.ask(house.as(zhang, "api_client.read"), &read_api_client, ApiClientRef{made->id})), Code::not_found);
  // Keys are security's: to the system administrator they do not exist.
  EXPECT_EQ(code_of(house.ask(house.as(house.system, "api_client.read"), &read_api_client, ApiClientRef{made->id})), Code::not_found);
  EXPECT_EQ(code_of(house.run(house.as(house.system, "api_client.disable"), &disable_api_client, ApiClientAct{made->id, "x"})),
            Code::not_found);
}

TEST(ApiClients, AreListedWithoutKeysByNameAndDepartment) {
  Gatehouse house;
  const auto other = house.department("清算部");
  ASSERT_TRUE(house.client("portal", {"user.read"}));
  ASSERT_TRUE(house.client("bus", {"user.read"}, [&](auto& c) { c.department_id = other; }));
  base::ListQuery query;
  query.filters = {{"name", "bus"}};
  const auto page = house.ask(house.as(house.security, "api_client.read"), &list_api_clients, query);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items[0].department_id, other);
  EXPECT_FALSE(page->items[0].keys);
}

TEST(ApiClients, DeletingLeavesNothingThatWorks) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  ASSERT_TRUE(house.run(house.as(house.security, "api_client.delete"), &delete_api_client, ApiClientRef{made->id}));
  EXPECT_FALSE(by_key(house, made->access_key));
}

TEST(ApiClients, NameAPersonByIdOrEmployeeNumber) {
  Gatehouse house;
  NewUser wanted;
  wanted.account = "zhang";
  wanted.name = "张三";
  wanted.department_id = domain::root_department;
  wanted.employee_no = "10086";
  const auto user = house.run(Gatehouse::setup(), &create_user, wanted);
  ASSERT_TRUE(user);
  const auto find = [&](std::string text) {
    std::optional<Standing> found;
    EXPECT_TRUE(house
                    .view([&](const View& v) -> Status {
                      QUANJI_TRY(found, find_person(v, text));
                      return {};
                    })
                    .ok());
    return found ? found->account : std::string("nobody");
  };
  EXPECT_EQ(find("10086"), "zhang");
  EXPECT_EQ(find(user->id.text()), "zhang");
  EXPECT_EQ(find("usr_nonsense"), "nobody");
  EXPECT_EQ(find("zhang"), "nobody");
}

TEST(ApiClients, LastUseIsTheLatestTold) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  const auto later = house.clock->now().plus(std::chrono::seconds(5));
  ASSERT_TRUE(house.change([&](Change& c) { return note_used(c, {{made->id, later}, {made->id, house.clock->now()}}); }));
  const auto read = house.ask(house.as(house.security, "api_client.read"), &read_api_client, ApiClientRef{made->id});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->last_used_at, later);
  EXPECT_EQ(read->revision, made->revision);
}

TEST(ApiClients, AlwaysHaveAName) {
  Gatehouse house;
  const auto made = house.client("portal", {"user.read"});
  ASSERT_TRUE(made);
  base::Patch<ApiClientChange> patch;
  patch.value.id = made->id;
  patch.given = std::uint64_t{1} << ApiClientChange::fields().find("name");
  EXPECT_EQ(code_of(house.run(house.as(house.security, "api_client.change"), &change_api_client, patch)), Code::invalid_field);
  const auto read = house.ask(house.as(house.security, "api_client.read"), &read_api_client, ApiClientRef{made->id});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "portal");
}

}  // namespace
}  // namespace quanji::services
