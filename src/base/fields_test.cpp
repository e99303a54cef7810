#include "base/fields.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/secret.h"

namespace quanji::base {
namespace {
enum class Colour : std::uint8_t { red, deep_blue };
using ThingId = Id<"tng">;
}  // namespace
}  // namespace quanji::base
QUANJI_ENUM(quanji::base::Colour, "red", "deep_blue");

namespace quanji::base {
namespace {

struct Part {
  std::string name;
  std::int64_t amount = 0;
  static const FieldList& fields();
};
QUANJI_FIELDS(Part, QF(name, "名称", "Name", .min = 1, .max = 5), QF(amount, "数量", "Amount", .min = 1, .max = 9))

struct Thing {
  ThingId id;
  std::string name;
  std::optional<std::string> code;
  std::int64_t size_in_bytes = 0;
  bool enabled = false;
  Colour colour = Colour::red;
  std::optional<Time> seen_at;
  Date day;
  std::vector<Part> parts;
  std::vector<std::string> tags;
  JsonText extra;
  double share = 0;
  static const FieldList& fields();
};
QUANJI_FIELDS(Thing, QF(id, "标识", "Id", .flags = read_only), QF(name, "名称", "Name", .pattern = &name_pattern),
              QF(code, "编码", "Code", .max = 3), QF(size_in_bytes, "大小", "Size", .fallback = "7"),
              QF(enabled, "启用", "Enabled", .fallback = "true"), QF(colour, "颜色", "Colour", .fallback = "\"red\""),
              QF(seen_at, "时间", "Seen"), QF(day, "日期", "Day", .fallback = "\"2026-01-02\""),
              QF(parts, "部件", "Parts", .max = 2, .fallback = "[]"), QF(tags, "标签", "Tags", .fallback = "[]"),
              QF(extra, "其他", "Extra", .fallback = "null"), QF(share, "占比", "Share", .fallback = "0"))

boost::json::value parsed(std::string_view text) { return *parse_json(text); }
// "field: English reason" of every problem.
std::string problems_of(std::string_view text) {
  const auto thing = from_json<Thing>(parsed(text));
  if (thing) return "";
  std::string all = std::string(row_of(thing.error().code()).word);
  for (const auto& problem : thing.error().fields()) all += "\n" + problem.field + ": " + problem.reason.en;
  return all;
}

TEST(Fields, JsonNamesAreCamelCaseOfTheCppName) {
  EXPECT_EQ(camel_case("size_in_bytes"), "sizeInBytes");
  EXPECT_EQ(camel_case("id"), "id");
  EXPECT_EQ(camel_case("seenAt"), "seenAt");
  EXPECT_EQ(Thing::fields().json_name(3), "sizeInBytes");
  EXPECT_EQ(Thing::fields().find_json("seenAt"), 6);
  EXPECT_EQ(Thing::fields().find_json("seen_at"), -1);
}

TEST(Fields, ADigitAfterAnUnderscoreEndsTheProgramAtStart) { EXPECT_DEATH(camel_case("part_2"), ""); }

TEST(Fields, AbsentFieldsTakeTheirFallback) {
  const auto thing = from_json<Thing>(parsed(R"({"name":"a"})"));
  ASSERT_TRUE(thing.ok());
  EXPECT_EQ(thing->size_in_bytes, 7);
  EXPECT_TRUE(thing->enabled);
  EXPECT_EQ(to_text(thing->day), "2026-01-02");
  EXPECT_FALSE(thing->code);
}

TEST(Fields, EveryProblemIsNamedAtOnceWithItsPlace) {
  EXPECT_EQ(
      problems_of(R"({"name":"Not A Name","code":"four","colour":"green","parts":[{"name":"","amount":10}],"nonsense":1,"id":"tng_0"})"),
      "invalid_field\n"
      "name: lower-case letters, digits, _ and -, beginning with a letter or digit, 63 at most\n"
      "code: at most 3 characters, found 4\n"
      "colour: must be one of: red, deep_blue\n"
      "parts/0/name: at least 1 characters\n"
      "parts/0/amount: must be between 1 and 9\n"
      "nonsense: there is no such field\n"
      "id: is read-only: leave it out");
}

TEST(Fields, ARequiredFieldThatIsMissingIsNamed) { EXPECT_EQ(problems_of("{}"), "invalid_field\nname: is required"); }
TEST(Fields, OnlyUnknownFieldsGiveTheirOwnCode) {
  EXPECT_EQ(problems_of(R"({"name":"a","x":1})"), "unknown_field\nx: there is no such field");
}
TEST(Fields, WrongTypesAreRefusedNotConverted) {
  EXPECT_EQ(problems_of(R"({"name":1})"), "invalid_field\nname: must be text");
  EXPECT_EQ(problems_of(R"({"name":"a","sizeInBytes":"7"})"), "invalid_field\nsizeInBytes: must be a whole number");
  EXPECT_EQ(problems_of(R"({"name":"a","sizeInBytes":7.5})"), "invalid_field\nsizeInBytes: must be a whole number");
  EXPECT_EQ(problems_of(R"({"name":"a","enabled":"true"})"), "invalid_field\nenabled: must be true or false");
  EXPECT_EQ(problems_of(R"({"name":"a","parts":{}})"), "invalid_field\nparts: must be an array");
  EXPECT_EQ(problems_of("[]"), "invalid_field\n: must be an object");
}
TEST(Fields, ADoubledKeyIsRefusedWhereTheParserKeepsBoth) {
  // Boost.JSON keeps the last of two equal keys, so the refusal must not depend on which one it kept.
  const auto thing = from_json<Thing>(parsed(R"({"name":"a","name":"b"})"));
  ASSERT_TRUE(thing.ok());
  EXPECT_EQ(thing->name, "b");
}
TEST(Fields, CharactersAreCountedNotBytes) { EXPECT_EQ(problems_of(R"({"name":"a","code":"券机人"})"), ""); }
TEST(Fields, TheNameOfAnUnknownFieldIsCutBetweenCharacters) {
  std::string name = "a";
  for (int i = 0; i < 40; ++i) name += "券";
  const auto problems = problems_of("{\"name\":\"a\",\"" + name + "\":1}");
  EXPECT_TRUE(is_utf8(problems)) << problems;
}
TEST(Fields, ANumberNoDoubleHoldsIsRefused) {
  EXPECT_EQ(problems_of(R"({"name":"a","share":1e999})"), "invalid_field\nshare: must be a number");
}
TEST(Fields, FreeJsonHoldsNoNumberThatCannotBeReadAgain) {
  EXPECT_EQ(problems_of(R"({"name":"a","extra":{"b":[1e999]}})"), "invalid_field\nextra: holds a number that is too large");
}
TEST(Fields, AnIdThatIsNotThereIsStoredAndReadAgain) {
  Thing thing;
  thing.name = "a";
  const auto again = from_json_text<Thing>(to_json(thing, Side::stored));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->id.empty());
}
TEST(Fields, ListsAreBounded) {
  EXPECT_EQ(problems_of(R"({"name":"a","parts":[{},{},{}]})"), "invalid_field\nparts: at most 2 items, found 3");
}
TEST(Fields, AHostileBodyIsAnsweredWithFiftyProblemsAtMost) {
  std::string body = R"({"name":"a")";
  for (int i = 0; i < 500; ++i) body += ",\"x" + std::to_string(i) + "\":1";
  const auto thing = from_json<Thing>(parsed(body + "}"));
  ASSERT_FALSE(thing.ok());
  EXPECT_EQ(thing.error().fields().size(), 50U);
}

TEST(Fields, WhatIsEncodedIsDecodedTheSame) {
  Thing thing;
  thing.id.ulid.bytes[0] = 1;
  thing.name = "a";
  thing.code = "x";
  thing.colour = Colour::deep_blue;
  thing.seen_at = Time{1'700'000'000'123'000};
  thing.parts = {{"p", 3}};
  thing.tags = {"t1", "a\"\\\n\x01券"};
  thing.extra.text = R"({"a":[1,2]})";
  thing.share = 0.25;
  const auto text = to_json(thing, Side::stored);
  const auto again = from_json_text<Thing>(text);
  ASSERT_TRUE(again.ok()) << text;
  EXPECT_EQ(to_json(*again, Side::stored), text);
  EXPECT_EQ(again->name, thing.name);
  EXPECT_EQ(again->seen_at, thing.seen_at);
}

TEST(Fields, AColumnGivesBackWhatItTook) {
  Thing thing;
  thing.name = "n";
  thing.id.ulid.bytes[3] = 9;
  thing.parts = {{"p", 3}};
  thing.share = 1.5;
  thing.seen_at = Time{5};
  Thing other;
  for (const auto& field : Thing::fields().all()) {
    std::string scratch;
    ASSERT_TRUE(from_scalar(*field.ops, field.in(&other), to_scalar(*field.ops, field.in(&thing), scratch)).ok()) << field.name;
  }
  EXPECT_EQ(to_json(other, Side::stored), to_json(thing, Side::stored));
}

TEST(Fields, APatchChangesOnlyWhatWasGivenAndNullClears) {
  Thing thing;
  thing.name = "old";
  thing.code = "c";
  thing.size_in_bytes = 3;
  Patch<Thing> patch;
  Problems problems;
  decode(Thing::fields(), &patch.value, parsed(R"({"code":null,"sizeInBytes":4})"), problems, Side::request, Unknown::refuse, &patch.given,
         true);
  ASSERT_TRUE(problems.found.empty());
  patch.apply_to(thing);
  EXPECT_EQ(thing.name, "old");
  EXPECT_FALSE(thing.code);
  EXPECT_EQ(thing.size_in_bytes, 4);
}
TEST(Fields, APatchCannotClearWhatMustBeThere) {
  Patch<Thing> patch;
  Problems problems;
  decode(Thing::fields(), &patch.value, parsed(R"({"name":null})"), problems, Side::request, Unknown::refuse, &patch.given, true);
  ASSERT_EQ(problems.found.size(), 1U);
  EXPECT_EQ(problems.found[0].reason.en, "cannot be cleared");
}

struct Login {
  std::string account;
  Secret password;
  static const FieldList& fields();
};
QUANJI_FIELDS(Login, QF(account, "账号", "Account"), QF(password, "口令", "Password", .max = 128, .flags = write_only))

TEST(Fields, ASecretIsTakenAndNeverGivenBack) {
  Login login;
  Problems problems;
  decode(Login::fields(), &login, parsed(R"({"account":"a","password":"hush"})"), problems);
  ASSERT_TRUE(problems.found.empty());
  EXPECT_EQ(login.password.reveal(), "hush");
  for (const auto side : {Side::request, Side::stored}) EXPECT_EQ(to_json(login, side).find("hush"), std::string::npos);
}

TEST(Fields, QueryTextIsReadByTheFieldsType) {
  Thing thing;
  Problems problems;
  const auto& list = Thing::fields();
  decode_text(list.all()[3], &thing, "12", problems);
  decode_text(list.all()[4], &thing, "true", problems);
  decode_text(list.all()[9], &thing, "a,b", problems);
  EXPECT_TRUE(problems.found.empty());
  EXPECT_EQ(thing.size_in_bytes, 12);
  EXPECT_EQ(thing.tags, (std::vector<std::string>{"a", "b"}));
  decode_text(list.all()[3], &thing, "12x", problems);
  decode_text(list.all()[4], &thing, "yes", problems);
  EXPECT_EQ(problems.found.size(), 2U);
}

TEST(Fields, AJsonStringIsEscapedWhereverItNeedsItAndNowhereElse) {
  for (int c = 0; c < 256; ++c)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(c);
      const bool stands_for_itself = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
      EXPECT_EQ(plain_json_prefix(text), stands_for_itself ? 20U : at) << c << " at " << at;
      if (c >= 0x80) continue;  // no UTF-8 by itself
      std::string json;
      append_json_string(json, text);
      EXPECT_EQ(boost::json::parse(json).as_string(), text) << c << " at " << at;
    }
}

TEST(Patterns, TheRuleAndItsPublishedExpressionNameTheSame) {
  EXPECT_TRUE(name_pattern.ok("a-b_9"));
  for (const auto* bad : {"", "A", "-a", "a b", "ä"}) EXPECT_FALSE(name_pattern.ok(bad)) << bad;
  EXPECT_FALSE(name_pattern.ok(std::string(64, 'a')));
  EXPECT_TRUE(email_pattern.ok("a@b"));
  for (const auto* bad : {"a", "@b", "a@", "a@b@c", "a b@c", "a\u3000@b", "a@b\u00A0", "\uFEFFa@b", "a\u2028@b"})
    EXPECT_FALSE(email_pattern.ok(bad)) << bad;
}

}  // namespace
}  // namespace quanji::base
