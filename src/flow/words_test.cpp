// Literals, closest words, the light scan of expressions, the catalogue's reader.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "flow/activity_info.h"
#include "flow/catalogue_testing.h"
#include "flow/closest_word.h"
#include "flow/literals.h"
#include "flow/python_names.h"
#include "flow/python_scan.h"
#include "flow/step_words.h"
#include "values/table.h"

namespace quanji::flow {
namespace {

using values::Type;
using values::Value;

TEST(ClosestWord, IsTheOneThatWasMeant) {
  const std::vector<std::string> words{"dbf.read_table", "log.write", "file.copy", "file.wait_stable", "timeout", "steps", "retry"};
  const auto closest = [&](std::string_view word) { return closest_word(word, std::span<const std::string>(words)); };
  EXPECT_EQ(closest("log.wirte"), "log.write");
  EXPECT_EQ(closest("dbf.read"), "dbf.read_table");
  EXPECT_EQ(closest("read_table"), "dbf.read_table");
  EXPECT_EQ(closest("Timeout"), "timeout");
  EXPECT_EQ(closest("time_out"), "timeout");
  EXPECT_EQ(closest("step"), "steps");
  EXPECT_EQ(closest("file.waitstable"), "file.wait_stable");
  EXPECT_EQ(closest("retyr"), "retry");
  EXPECT_EQ(closest("excel.read_cell"), "");
  EXPECT_EQ(closest("x"), "");
  EXPECT_EQ(closest(""), "");
}

TEST(ClosestWord, DistanceIsSymmetricAndZeroForTheSame) {
  for (const auto* a : {"", "a", "abc", "acb", "A-b", "a_b", "kitten", "sitting"})
    for (const auto* b : {"", "a", "abc", "acb", "A-b", "a_b", "kitten", "sitting"}) EXPECT_EQ(word_distance(a, b), word_distance(b, a));
  EXPECT_EQ(word_distance("A-b", "a_b"), 0U);
  EXPECT_EQ(word_distance("abc", "acb"), 1U);
  EXPECT_EQ(word_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(word_distance("", "abc"), 3U);
}

TEST(Literals, BecomeWhatTheirPlaceAsksFor) {
  const auto as = [](Value value, std::string_view type) {
    const auto read = literal_as(value, type_word(type));
    return read.ok() ? read->json() : std::string("refused");
  };
  const auto text = [](const char* t) { return Value::of(std::string(t)); };
  EXPECT_EQ(as(text("2026-11-20"), "date"), "{\"$date\":\"2026-11-20\"}");
  EXPECT_EQ(as(text("09:30:00"), "time"), "{\"$time\":\"09:30:00\"}");
  EXPECT_EQ(as(text("30s"), "duration"), Value::of(values::Duration{30'000'000}).json());
  EXPECT_EQ(as(text("2026-11-20T09:30:00"), "datetime"), "{\"$datetime\":\"2026-11-20T09:30:00\"}");
  EXPECT_EQ(as(Value::of(std::int64_t{5}), "decimal"), "{\"$decimal\":\"5\"}");
  EXPECT_EQ(as(text("a/b.dbf"), "file"), "\"a/b.dbf\"");
  EXPECT_EQ(as(Value::of(values::List{Value::of(values::Map{{"a", Value::of(std::int64_t{1})}})}), "table").substr(0, 10), "{\"$table\":");
  EXPECT_EQ(as(Value(), "date"), "null");
  EXPECT_EQ(as(Value::of(true), "any"), "true");
  EXPECT_EQ(as(text("abc"), "date"), "refused");
  EXPECT_EQ(as(text("5"), "integer"), "refused");
  EXPECT_EQ(as(Value::of(std::int64_t{5}), "text"), "refused");
  EXPECT_EQ(as(Value::of(true), "integer"), "refused");
  EXPECT_EQ(as(text("x"), "secret"), "refused");
  EXPECT_EQ(as(text("x"), "browser"), "refused");
  EXPECT_EQ(as(text("x"), "bytes"), "refused");
  EXPECT_EQ(as(Value::of(values::List{text("x")}), "table"), "refused");
}

TEST(Literals, TypeWordsAreRoundTrips) {
  for (const auto word : type_words()) EXPECT_EQ(word_of(type_word(word)), word);
  EXPECT_EQ(word_of(type_word("browser")), "browser");
}

std::string names_in(std::string_view python) {
  std::string out;
  for (const auto& name : read_expression(python).names) out += (out.empty() ? "" : " ") + name.name;
  return out;
}

TEST(PythonScan, NamesAreThoseLookedUpOutside) {
  EXPECT_EQ(names_in("a + b.c[d](e=f, *g, **h)"), "a b d f g h");
  EXPECT_EQ(names_in("[x + y for x in rows if x > z]"), "y rows z");
  EXPECT_EQ(names_in("{k: v for k, v in m.items()}"), "m");
  EXPECT_EQ(names_in("sorted(rows, key=lambda r, n=3: r[n] + m)"), "sorted rows m");
  EXPECT_EQ(names_in("lambda *a, **k: (a, k, b)"), "b");
  EXPECT_EQ(names_in("(n := len(rows)) + n"), "len rows");
  EXPECT_EQ(names_in("not a and b or None if c else True"), "a b c");
  EXPECT_EQ(names_in("'a' \"b\" r'c\\d' b'd' '''e\nf''' + g # h"), "g");
  EXPECT_EQ(names_in("f\"{day:%Y%m%d} {{x}} {row['a']!r:>{width}} {total=}\""), "day row width total");
  EXPECT_EQ(names_in("rf'{a}\\d' + F\"{b:{c}.{d}f}\""), "a b c d");
  EXPECT_EQ(names_in("f\"{ {'k': v}['k'] }\" + f'{a != b}'"), "v a b");
  EXPECT_EQ(names_in("1.5e-3 + 0x1F + 1_000 + .5 + 2j"), "");
  EXPECT_EQ(names_in("a if a.b.c else d.e"), "a a d");
  EXPECT_EQ(names_in("证券 + b"), "证券 b");
}

TEST(PythonScan, WhatIsNotCompleteIsSeen) {
  using U = PythonScan::Unfinished;
  for (const auto& [python, unfinished] : {std::pair{"(a", U::bracket},
                                           {"a[", U::bracket},
                                           {"{", U::bracket},
                                           {"'abc", U::text},
                                           {"f\"{a", U::text},
                                           {"f\"{a\"", U::bracket},
                                           {"'''abc''", U::text},
                                           {"'a\\'", U::text},
                                           {"(a)", U::no},
                                           {"'(' + \"[\"", U::no}})
    EXPECT_EQ(read_expression(python).unfinished, unfinished) << python;
  EXPECT_EQ(read_expression("a)").extra_bracket, 1U);
  EXPECT_EQ(read_expression("(a]").extra_bracket, 2U);
}

TEST(PythonScan, AssignmentsAndOtherLanguagesAreSeen) {
  for (const auto* python : {"a = 1", "a.b = c", "a[0] = 1"}) EXPECT_TRUE(read_expression(python).single_equals) << python;
  for (const auto* python : {"a == 1", "a <= 1", "a >= b != c", "f(a=1)", "(n := 1)", "lambda a=1: a", "f'{a=}'", "{'a': b}"})
    EXPECT_FALSE(read_expression(python).single_equals) << python;
  for (const auto* python : {"a && b", "a || b", "!a", "a ? b : c", "$a", "len（a）", "a，b"})
    EXPECT_TRUE(read_expression(python).foreign) << python;
  for (const auto* python : {"a != b", "'&&'", "'（'", "a & b | c"}) EXPECT_FALSE(read_expression(python).foreign) << python;
}

TEST(PythonScan, CallsWithATextAreSeen) {
  const auto scan = read_expression("asset(\"host\") + asset(name) + x.asset('other') + asset('port', 1)");
  ASSERT_EQ(scan.calls.size(), 2U);
  EXPECT_EQ(scan.calls[0].text, "host");
  EXPECT_EQ(scan.calls[0].offset, 6U);
  EXPECT_EQ(scan.calls[1].text, "port");
}

TEST(PythonNames, AreInOrder) {
  for (const auto* name : {"False", "lambda", "yield"}) EXPECT_TRUE(is_python_keyword(name));
  for (const auto* name : {"abs", "zip", "ValueError", "sum"}) EXPECT_TRUE(is_python_builtin(name));
  for (const auto* name : {"abc", "re", "statistics", "zoneinfo"}) EXPECT_TRUE(is_python_module(name));
  for (const auto* name : {"Decimal", "asset", "calendar", "item", "task"}) EXPECT_TRUE(is_flow_name(name));
  EXPECT_FALSE(is_python_keyword("print") || is_python_builtin("pandas") || is_python_module("numpy") || is_flow_name("secret"));
}

TEST(Catalogue, IsReadAndWrittenTheSame) {
  const auto& catalogue = test_catalogue();
  const auto again = read_catalogue(catalogue.json());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->json(), catalogue.json());
  const auto* info = catalogue.find("dbf.read_table");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->group(), "dbf");
  EXPECT_EQ(info->title.zh, "读 DBF");
  EXPECT_EQ(info->input("encoding")->choices.size(), 3U);
  EXPECT_EQ(info->input("encoding")->fallback.text, "\"gb18030\"");
  EXPECT_FALSE(info->input("nothing"));
  EXPECT_EQ(info->output("table")->type, "table");
  EXPECT_TRUE(catalogue.has_group("dbf") && catalogue.has_resource("browser"));
  EXPECT_FALSE(catalogue.has_group("excel") || catalogue.has_resource("text") || catalogue.find("dbf.write"));
  EXPECT_TRUE(std::is_sorted(catalogue.all().begin(), catalogue.all().end(), [](const auto& a, const auto& b) { return a.id < b.id; }));
}

std::string refusal(std::string_view json) {
  const auto read = read_catalogue(json);
  if (read.ok()) return "taken";
  std::string out;
  for (const auto& field : read.error().fields()) out += (out.empty() ? "" : " ") + field.field;
  return out.empty() ? std::string(base::row_of(read.error().code()).word) : out;
}

TEST(Catalogue, WhatIsWrongInItIsNamed) {
  const std::string group = R"("groups":[{"id":"a","title":{"zh":"","en":""}}])";
  const auto with = [&](std::string_view activity) { return fmt::format("{{{},\"activities\":[{}]}}", group, activity); };
  EXPECT_EQ(refusal(with(R"({"id":"a.b"})")), "taken");
  EXPECT_EQ(refusal("{"), "unreadable_body");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","colour":1})")), "activities/0/colour");
  EXPECT_EQ(refusal(with(R"({"id":"b.b"})")), "activities/0/id");
  EXPECT_EQ(refusal(with(R"({"id":"ab"})")), "activities/0/id activities/0/id");
  EXPECT_EQ(refusal(with(R"({"id":"a.b"},{"id":"a.b"})")), "activities/1/id");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","inputs":[{"name":"x","type":"text"},{"name":"x","type":"no type"}]})")),
            "activities/0/inputs/1/name activities/0/inputs/1/type");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","inputs":[{"name":"x","type":"text","required":true,"fallback":"y"}]})")), "activities/0/inputs/0");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","outputs":[{"name":"X","type":"text"}]})")), "activities/0/outputs/0/name");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","opens":"A B"})")), "activities/0/opens");
  EXPECT_EQ(refusal(with(R"({"id":"a.b","effect":"twice"})")), "activities/0/effect");
}

TEST(StepWords, EveryPartBelongsToAnAct) {
  for (const auto& part : part_words())
    for (const auto act : part.acts) EXPECT_TRUE(find_act(act)) << part.word << " " << act;
  for (const auto& act : act_words()) EXPECT_FALSE(find_part(act.word)) << act.word;
}

}  // namespace
}  // namespace quanji::flow
