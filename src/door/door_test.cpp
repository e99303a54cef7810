#include "door/door.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/fields_json.h"
#include "door/openapi.h"

namespace quanji::door {
namespace {

using base::Code;
using base::Error;
using base::Status;
using ThingId = base::Id<"tng">;

struct Thing {
  ThingId id;
  std::string name;
  std::optional<std::string> note;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Thing, QF(id, "标识", "Id", .flags = base::in_path), QF(name, "名称", "Name", .pattern = &base::name_pattern),
              QF(note, "备注", "Note"), QF(revision, "修订", "Revision", .flags = base::read_only))
struct Ref {
  ThingId id;
  std::optional<bool> deep;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Ref, QF(id, "标识", "Id", .flags = base::in_path), QF(deep, "深入", "Deep"))

const base::ListShape& shape() {
  static const base::ListShape made{
      {{"name", &base::value_ops<std::string>, {"名称", "Name"}}, {"size", &base::value_ops<std::int64_t>, {"大小", "Size"}}},
      {"createdAt", "name"},
      true,
      true};
  return made;
}

// Every operation echoes its input as a Thing; what it does beyond that is the test's.
Status echo(AnyFunction, void*, const void* in, void* out) {
  *static_cast<Thing*>(out) = *static_cast<const Thing*>(in);
  static_cast<Thing*>(out)->revision = 7;
  return {};
}
Binding binding(const TypeOps* in, const TypeOps* out = type_ops<Thing>) { return {OpKind::change, in, out, nullptr, &echo}; }

Table& table() {
  static Table t("/api/v1");
  static const bool made = [] {
    t.add({.id = "thing.create",
           .verb = Verb::post,
           .path = "/things",
           .summary = {"新建", "Create"},
           .creates = true,
           .failures = {Code::name_taken},
           .example = R"({"name":"a"})"},
          binding(type_ops<Thing>));
    auto list = binding(type_ops<base::ListQuery>, type_ops<base::Page<Thing>>);
    list.list = &shape();
    t.add({.id = "thing.list", .verb = Verb::get, .path = "/things", .summary = {"查询", "List"}, .permission = "thing.read"}, list);
    t.add({.id = "thing.read", .verb = Verb::get, .path = "/things/{id}", .summary = {"查看", "Read"}}, binding(type_ops<Ref>));
    t.add({.id = "thing.tree", .verb = Verb::get, .path = "/things/tree", .summary = {"树", "Tree"}, .permission = "-"},
          binding(type_ops<base::Nothing>));
    t.add({.id = "thing.change", .verb = Verb::patch, .path = "/things/{id}", .summary = {"修改", "Change"}},
          binding(type_ops<base::Patch<Thing>>));
    t.add({.id = "thing.delete",
           .verb = Verb::del,
           .path = "/things/{id}",
           .summary = {"删除", "Delete"},
           .deprecated_since = "2026-11-01",
           .sunset = "2027-11-01"},
          binding(type_ops<Ref>));
    return true;
  }();
  (void)made;
  return t;
}

struct Everybody : Gate {
  Status known;
  void authenticate(CallPtr, std::function<void(Status)> done) override { done(known ? Status{} : Status{known.error().clone()}); }
  Status permit(Call&) override { return {}; }
};
struct Inline : Work {
  Status outcome;
  std::string key;
  int runs = 0;
  void run(CallPtr call, std::function<void()> done) override {
    ++runs;
    key = call->idempotency_key;
    if (outcome) {
      call->result = call->operation->binding.in->given || call->operation->binding.list || call->operation->id == "thing.read" ||
                             call->operation->id == "thing.delete"
                         ? Status{}
                         : call->operation->binding.thunk(nullptr, nullptr, call->in.get(), call->out.get());
      encode_answer(*call);
    } else {
      call->result = outcome.error().clone();
    }
    done();
  }
};
struct Counting : Ear {
  std::vector<int> statuses;
  void answered(const Call&, int status, std::chrono::microseconds) override { statuses.push_back(status); }
};

struct DoorTest : testing::Test {
  Everybody gate;
  Inline work;
  Counting ear;
  base::ManualClock clock;
  base::SeededRandom random{1};
  Door door{table(), gate, work, ear, clock, random};
  std::map<std::string, std::string, std::less<>> headers;

  Answer ask(Verb verb, std::string path, std::string body = {}, std::string query = {}) {
    Ask a;
    a.verb = verb;
    a.path = "/api/v1" + std::move(path);
    a.body = std::move(body);
    a.query = std::move(query);
    a.header = [this](std::string_view name) {
      const auto found = headers.find(name);
      return found == headers.end() ? std::string_view{} : std::string_view(found->second);
    };
    Answer got;
    int answers = 0;
    door.run(std::move(a), [&](Answer answer) {
      got = std::move(answer);
      ++answers;
    });
    EXPECT_EQ(answers, 1);
    return got;
  }
  static std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [n, v] : answer.headers)
      if (n == name) return v;
    return "";
  }
  static std::string member(const Answer& answer, std::string_view pointer) {
    boost::json::error_code ec;
    const auto parsed = boost::json::parse(answer.body, ec);
    if (ec) return "not JSON: " + answer.body;
    const auto* at = parsed.find_pointer(boost::json::string_view(pointer.data(), pointer.size()), ec);
    return at ? boost::json::serialize(*at) : "absent";
  }
};
const std::string id = "/things/tng_01ARYZ6S41TSV4RRFFQ69G5FAV";

TEST(Table, LiteralSegmentsWinOverBraces) {
  EXPECT_EQ(table().find(Verb::get, "/api/v1/things/tree").operation->id, "thing.tree");
  EXPECT_EQ(table().find(Verb::get, "/api/v1/things/x").operation->id, "thing.read");
  EXPECT_EQ(table().find(Verb::get, "/api/v1/things/a%20b").parameters[0].second, "a b");
}
TEST(Table, NothingElseIsFound) {
  for (const auto* path : {"/api/v1", "/api/v1/", "/api/v1/thing", "/api/v1/things/", "/api/v1//things", "/api/v1/things/x/y", "/things",
                           "/api/v2/things", ""})
    EXPECT_EQ(table().find(Verb::get, path).operation, nullptr) << path;
}
TEST(Table, GatewaysThatKnowOnlyPostReachPatchAndDelete) {
  EXPECT_EQ(table().find(Verb::post, "/api/v1/things/x/update").operation->id, "thing.change");
  EXPECT_EQ(table().find(Verb::post, "/api/v1/things/x/delete").operation->id, "thing.delete");
  EXPECT_EQ(table().find(Verb::post, "/api/v1/things/delete").operation, nullptr);
  EXPECT_EQ(table().find(Verb::get, "/api/v1/things/x/update").operation, nullptr);
}
TEST(Table, TwoEntriesOfOneIdEndTheProgramAtStart) {
  Table t("/x");
  t.add({.id = "a.b", .path = "/a"}, binding(type_ops<Ref>));
  EXPECT_DEATH(t.add({.id = "a.b", .path = "/c"}, binding(type_ops<Ref>)), "");
  EXPECT_DEATH(t.add({.id = "a.c", .path = "/a"}, binding(type_ops<Ref>)), "");
}
TEST(Table, PermissionsAreSortedAndWithoutThoseThatNeedNone) {
  EXPECT_EQ(table().permissions(), (std::vector<std::string_view>{"thing.change", "thing.create", "thing.delete", "thing.read"}));
}

TEST(Language, TheOneOfTheHighestWeightIsSpoken) {
  for (const auto* english :
       {"en", "EN-gb", "en-GB,zh;q=0.5", "zh;q=0.5, en", "zh;q=0.8,en;q=0.9", "fr, en;q=0.1", "zh;q=0, *", "zh;q=0",
        "zh;q=0.1,*;q=0.5,en-US;q=0.3", "zh;q=0.2,*;q=0.5", "en,zh", "zh;q=0.999,en;q=1.000", "zh ;q=0.3 , en ; q=0.4"})
    EXPECT_TRUE(prefers_english(english)) << english;
  for (const auto* chinese : {"",           "zh",    "ZH-cn",      "zh,en",   "en;q=0.5, zh",      "en;q=0.8,zh-TW;q=0.9",
                              "en;q=0",     "fr",    "*",          "*;q=0.3", "en;q=0, *",         "en;q=nan",
                              "en;q=1.001", "en;q=", "en;level=1", "english", "zh;q=0.5,en;q=0.5", "en;q=0.2,*;q=0.5",
                              ";;q=1",      ","})
    EXPECT_FALSE(prefers_english(chinese)) << chinese;
}

TEST_F(DoorTest, ACreateIsAnsweredWith201AndItsETag) {
  const auto answer = ask(Verb::post, "/things", R"({"name":"a"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(header(answer, "ETag"), "\"7\"");
  EXPECT_EQ(member(answer, "/code"), "0");
  EXPECT_EQ(member(answer, "/data/name"), "\"a\"");
  EXPECT_EQ(ear.statuses, std::vector<int>{201});
}
TEST_F(DoorTest, TheCallersRequestIdIsKeptWhenItIsDecent) {
  headers["x-request-id"] = "abc-1";
  EXPECT_EQ(member(ask(Verb::post, "/things", R"({"name":"a"})"), "/requestId"), "\"abc-1\"");
  headers["x-request-id"] = "a\"b";
  EXPECT_EQ(member(ask(Verb::post, "/things", R"({"name":"a"})"), "/requestId").substr(0, 5), "\"req_");
}
TEST_F(DoorTest, BrokenJsonIsUnreadableAndUnknownFieldsAreNamed) {
  EXPECT_EQ(ask(Verb::post, "/things", "{").status, 400);
  EXPECT_EQ(ask(Verb::post, "/things", "\xff").status, 400);
  const auto answer = ask(Verb::post, "/things", R"({"name":"a","nome":1})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(member(answer, "/code"), "20002");
  EXPECT_EQ(member(answer, "/errors/0/field"), "\"nome\"");
  EXPECT_EQ(work.runs, 0);
}
TEST_F(DoorTest, DepthIsBounded) { EXPECT_EQ(ask(Verb::post, "/things", std::string(5000, '[') + std::string(5000, ']')).status, 400); }
TEST_F(DoorTest, ABodyOnAReadAndAQueryOnAChangeAreRefused) {
  EXPECT_EQ(ask(Verb::get, id, "{}").status, 400);
  EXPECT_EQ(ask(Verb::post, "/things", R"({"name":"a"})", "x=1").status, 422);
}
TEST_F(DoorTest, AnIdOfTheWrongTypeInThePathIsSaidSo) {
  const auto answer = ask(Verb::get, "/things/usr_01ARYZ6S41TSV4RRFFQ69G5FAV");
  EXPECT_EQ(member(answer, "/code"), "20004");
  EXPECT_EQ(answer.status, 422);
}
TEST_F(DoorTest, WhatIsNoTextLeadsNowhereAndEveryAnswerIsJson) {
  EXPECT_EQ(ask(Verb::get, "/things/%ff").status, 404);
  std::string name = "a";
  for (int i = 0; i < 40; ++i) name += "%E5%88%B8";
  for (const auto* query : {"name=%ED%A0%80", "name=%E0%80%80", "name=%F4%90%80%80"})
    EXPECT_EQ(ask(Verb::get, "/things", {}, query).status, 400);
  for (const auto& query : {name + "=1", name + "=1&" + name + "=2"})
    EXPECT_TRUE(base::parse_json(ask(Verb::get, "/things", {}, query).body).ok()) << query;
}
TEST_F(DoorTest, SentencesComeInTheCallersLanguage) {
  EXPECT_NE(ask(Verb::post, "/things", "{}").body.find("必填"), std::string::npos);
  headers["accept-language"] = "en-GB,zh;q=0.5";
  EXPECT_NE(ask(Verb::post, "/things", "{}").body.find("is required"), std::string::npos);
  headers["accept-language"] = "zh-CN,en";
  EXPECT_NE(ask(Verb::post, "/things", "{}").body.find("必填"), std::string::npos);
}
TEST_F(DoorTest, AWrongVerbIsAnsweredWithThoseThatAreThere) {
  const auto answer = ask(Verb::patch, "/things");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(header(answer, "Allow"), "POST, GET");
}
TEST_F(DoorTest, WhoIsRefusedAtTheGateNeverReachesTheWork) {
  gate.known = Error(Code::not_signed_in);
  const auto answer = ask(Verb::post, "/things", "not even JSON");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(work.runs, 0);
}
TEST_F(DoorTest, ARefusalCarriesItsCodeAndRetryAfter) {
  work.outcome = Error(Code::too_many_calls).with_retry_after(3);
  const auto answer = ask(Verb::post, "/things", R"({"name":"a"})");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(header(answer, "Retry-After"), "3");
  EXPECT_EQ(member(answer, "/reason"), "\"too_many_calls\"");
}
TEST_F(DoorTest, TheDetailForTheLogNeverLeaves) {
  work.outcome = Error(Code::bug, "secret detail");
  EXPECT_EQ(ask(Verb::post, "/things", R"({"name":"a"})").body.find("secret detail"), std::string::npos);
}
TEST_F(DoorTest, AnIdempotencyKeyReachesTheWorkOnCreatesOnly) {
  headers["idempotency-key"] = "k1";
  ask(Verb::post, "/things", R"({"name":"a"})");
  EXPECT_EQ(work.key, "k1");
  ask(Verb::del, id);
  EXPECT_EQ(work.key, "");
  headers["idempotency-key"] = std::string(129, 'k');
  EXPECT_EQ(ask(Verb::post, "/things", R"({"name":"a"})").status, 422);
}
TEST_F(DoorTest, ADeprecatedOperationSaysSo) {
  const auto answer = ask(Verb::del, id);
  EXPECT_EQ(header(answer, "Deprecation"), "2026-11-01");
  EXPECT_EQ(header(answer, "Sunset"), "2027-11-01");
}
TEST_F(DoorTest, ListsTakeTheirDeclaredWordsOnly) {
  EXPECT_EQ(ask(Verb::get, "/things", "", "name=a&size=3&sort=-name&pageSize=200&keyword=x&createdFrom=2026-01-01T00:00:00Z").status, 200);
  for (const auto* query : {"colour=red", "size=big", "sort=size", "pageSize=201", "pageSize=0", "page=0", "page=1&cursor=x",
                            "createdFrom=yesterday", "name=a&name=b", "name=%zz", "name=%ff"})
    EXPECT_GE(ask(Verb::get, "/things", "", query).status, 400) << query;
}
TEST_F(DoorTest, AMatchingIfNoneMatchCostsNoBody) {
  work.outcome = {};
  headers["if-none-match"] = "\"0\"";
  const auto answer = ask(Verb::get, id);
  EXPECT_EQ(answer.status, 304);
  EXPECT_TRUE(answer.body.empty());
}

TEST(OpenApi, DescribesEveryOperationOnceAndAlwaysTheSameWay) {
  const auto text = openapi(table(), {"券机", "Quanji", "0.1.0", "d"});
  EXPECT_EQ(text, openapi(table(), {"券机", "Quanji", "0.1.0", "d"}));
  const auto parsed = boost::json::parse(text);
  for (const auto& operation : table().all()) {
    auto verb = std::string(word(operation->verb));
    for (auto& c : verb) c = static_cast<char>(std::tolower(c));
    ASSERT_TRUE(parsed.at("paths").as_object().contains("/api/v1" + std::string(operation->path))) << operation->path;
    EXPECT_TRUE(parsed.at("paths").at("/api/v1" + std::string(operation->path)).as_object().contains(verb)) << operation->id;
  }
  const auto& input = parsed.at("components").at("schemas").at("ThingInput").as_object();
  EXPECT_FALSE(input.at("properties").as_object().contains("revision"));
  EXPECT_FALSE(input.at("properties").as_object().contains("id"));
  EXPECT_EQ(boost::json::serialize(input.at("required")), R"(["name"])");
  EXPECT_EQ(boost::json::serialize(parsed.at("components").at("schemas").at("ThingPatch").at("properties").at("note").at("type")),
            R"(["string","null"])");
}
TEST(Pages, TheErrorTableIsPublishedWhole) {
  const auto page = error_codes_page();
  for (const auto& row : base::code_table()) EXPECT_NE(page.find(std::string(row.word)), std::string::npos) << row.word;
}

}  // namespace
}  // namespace quanji::door
