#include <gtest/gtest.h>

#include "activities/testing.h"
#include "activities/xml/xml_tree.h"

namespace quanji::activities::xml {
namespace {

std::string tree(std::string_view text) {
  const auto found = read_tree(text, "a.xml");
  return found ? found->json() : found.error().code + ": " + found.error().message.en;
}
std::string found(std::string_view text, std::string_view path, const Namespaces& namespaces = {}) {
  const auto list = find(read_tree(text, "").value(), path, namespaces);
  return list ? values::Value::of(*list).json() : list.error().code;
}
std::string rows(std::string text, std::string_view path, const std::vector<RowColumn>& columns) {
  std::string out;
  std::size_t at = 0;
  const auto read = [&](char* room, std::size_t size) -> engine::Outcome<std::size_t> {
    const auto piece = std::min({size, text.size() - at, std::size_t{7}});
    text.copy(room, piece, at);
    at += piece;
    return piece;
  };
  const auto done = each_row(read, "a.xml", path, columns, {}, [&](const auto& cells) -> engine::Outcome<void> {
    for (const auto& cell : cells) out += cell.value_or("-") + ",";
    out += ";";
    return {};
  });
  return done ? out : out + done.error().code + ": " + done.error().message.en;
}

TEST(XmlTree, ElementsAttributesAndTextsAreKept) {
  EXPECT_EQ(
      tree("<a x='1' xmlns:p='u'><p:b>券 &amp; &#26426;</p:b><!-- c --><c/></a>"),
      R"({"name":"a","attributes":{"xmlns:p":"u","x":"1"},"text":"","children":[{"name":"p:b","attributes":{},"text":"券 & 机","children":[]},)"
      R"({"name":"c","attributes":{},"text":"","children":[]}]})");
  EXPECT_EQ(tree("<a><![CDATA[<x>]]></a>"), R"({"name":"a","attributes":{},"text":"<x>","children":[]})");
}
TEST(XmlTree, OtherEncodingsAreReadAsTheyDeclare) {
  EXPECT_NE(tree("<?xml version='1.0' encoding='gb18030'?><a>\xC7\xE5\xCB\xE3</a>").find("清算"), std::string::npos);
}
TEST(XmlTree, WhatIsNoXmlIsToldWithItsLine) {
  EXPECT_EQ(tree("<a>\n<b>\n</a>").substr(0, 31), "unreadable: a.xml, line 3: this") << tree("<a>\n<b>\n</a>");
  for (const auto* wrong : {"", "x", "<a", "<a/><b/>", "<a>&none;</a>", "<a b=c/>", "\xFF\xFE<"})
    EXPECT_EQ(tree(wrong).substr(0, 10), "unreadable") << wrong;
}
TEST(XmlTree, DocumentTypesAndDeepNestingAreRefused) {
  EXPECT_NE(tree("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>").find("DOCTYPE"), std::string::npos);
  EXPECT_NE(tree("<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;</a>").find("DOCTYPE"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (int i = 0; i < 100; ++i) deep += "</a>";
  EXPECT_EQ(tree(deep).substr(0, 9), "too_large");
}
TEST(XmlTree, WhatIsWrittenIsReadAgainAsTheSame) {
  const auto one = read_tree("<a x='&lt;&#10;\"'><b>1 &lt; 2</b><b>  spaces </b><c><d/></c></a>", "").value();
  const auto again = read_tree(write_tree(one).value(), "");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, one);
  using values::Value;
  for (const auto& wrong : {values::Map{}, values::Map{{"name", Value::of(std::string("1a"))}},
                            values::Map{{"name", Value::of(std::string("a"))}, {"text", Value::of(std::string("\x01"))}},
                            values::Map{{"name", Value::of(std::string("a"))}, {"more", Value()}}})
    EXPECT_EQ(write_tree(Value::of(wrong)).error().code, "invalid_argument");
}
TEST(XmlPaths, FindElementsAttributesTextsAndNumbers) {
  const auto* text = "<r><t code='1'><q>2</q></t><t code='3'><q>4</q></t></r>";
  EXPECT_EQ(found(text, "//t/@code"), R"(["1","3"])");
  EXPECT_EQ(found(text, "t[q>3]/q/text()"), R"(["4"])");
  EXPECT_EQ(found(text, "count(//t)"), "[2]");
  EXPECT_EQ(found(text, "sum(//q) div 4"), R"([{"$decimal":"1.5"}])");
  EXPECT_EQ(found(text, "boolean(//x)"), "[false]");
  EXPECT_EQ(found(text, "//x"), "[]");
  EXPECT_EQ(found("<p:a xmlns:p='urn:x'><p:b>1</p:b></p:a>", "//k:b/text()", {{"k", "urn:x"}}), R"(["1"])");
  for (const auto* wrong : {"//", "//[", "nofunction()", "k:b"}) EXPECT_EQ(found(text, wrong), "invalid_argument") << wrong;
}
TEST(XmlRows, AreReadPieceByPieceByTheirPath) {
  const auto* text = "<?xml version='1.0'?><d><h>x</h><rs><r a='1'><q>5</q></r><r a='2'/></rs><r a='3'/></d>";
  EXPECT_EQ(rows(text, "/d/rs/r", {{"a", "@a"}, {"q", "q"}}), "1,5,;2,-,;");
  EXPECT_EQ(rows(text, "//r", {{"a", "@a"}}), "1,;2,;3,;");
  EXPECT_EQ(rows(text, "/d/*", {{"n", "name()"}}), "h,;rs,;r,;");
  EXPECT_NE(rows(text, "/d/rs/r[1]", {{"a", "@a"}}).find("invalid_argument"), std::string::npos);
  EXPECT_EQ(rows("<d><r/><r></d>", "/d/r", {{"n", "name()"}}).substr(0, 2), "r,");
  EXPECT_NE(rows("<d>\n<r/>\n<r>", "/d/r", {{"n", "name()"}}).find("unreadable: a.xml, line"), std::string::npos);
  EXPECT_NE(rows("<!DOCTYPE d [<!ENTITY x 'y'>]><d><r/></d>", "/d/r", {{"n", "name()"}}).find("DOCTYPE"), std::string::npos);
}
TEST(XmlRows, ABadValueNamesItsRow) {
  ActivityWorld world;
  const auto finished = world.run_steps(R"(- do: file.write_text
  with: {text: "<d><r>1</r><r>x</r></d>", to: a.xml}
- do: xml.read_table
  with: {file: a.xml, path: //r, columns: {n: {path: text(), type: integer}}}
  save: t
)");
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(finished.error->code, "bad_value");
  EXPECT_NE(finished.error->message.find("2"), std::string::npos) << finished.error->message;
}

}  // namespace
}  // namespace quanji::activities::xml
