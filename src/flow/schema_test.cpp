#include "flow/schema.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>

#include "flow/catalogue_testing.h"
#include "flow/literals.h"
#include "flow/step_words.h"

namespace quanji::flow {
namespace {

namespace json = boost::json;

TEST(Schema, IsTheSameBytesEachTimeAndJson) {
  EXPECT_EQ(flow_schema(test_catalogue()), flow_schema(test_catalogue()));
  for (const auto& text : {flow_schema(test_catalogue()), flow_schema(Catalogue()), package_schema()}) {
    EXPECT_TRUE(text.ends_with("}\n"));
    EXPECT_EQ(json::parse(text).at("$schema").as_string(), "http://json-schema.org/draft-07/schema#");
  }
}

TEST(Schema, HasEveryWordOfAStepWithItsSentence) {
  const auto step = json::parse(flow_schema(test_catalogue())).at("definitions").at("step").at("properties");
  const auto expect = [&](std::string_view word, base::Sentence sentence) {
    ASSERT_TRUE(step.as_object().contains(word)) << word;
    const std::string said(step.at(word).at("markdownDescription").as_string());
    EXPECT_NE(said.find(sentence.zh), std::string::npos);
    EXPECT_NE(said.find(sentence.en), std::string::npos);
  };
  for (const auto& row : act_words()) expect(row.word, row.sentence);
  for (const auto& row : part_words()) expect(row.word, row.sentence);
  for (const auto& row : option_words()) expect(row.word, row.sentence);
  EXPECT_EQ(step.as_object().size(), act_words().size() + part_words().size() + option_words().size());
}

TEST(Schema, HasEveryActivityWithItsInputs) {
  const auto schema = json::parse(flow_schema(test_catalogue()));
  const auto& ids = schema.at("definitions").at("activity").at("enum").as_array();
  ASSERT_EQ(ids.size(), test_catalogue().all().size());
  for (const auto& activity : test_catalogue().all()) {
    const auto& rules = schema.at("definitions").at("step").at("allOf").as_array();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const json::value& r) {
      const auto* properties = r.at("if").as_object().if_contains("properties");
      return properties && properties->at("do").at("const").as_string() == activity.id;
    });
    ASSERT_NE(rule, rules.end()) << activity.id;
    const auto& with = rule->at("then").at("properties").at("with");
    EXPECT_EQ(with.at("properties").as_object().size(), activity.inputs.size());
    for (const auto& input : activity.inputs) EXPECT_TRUE(with.at("properties").as_object().contains(input.name));
  }
}

// A reference to a definition that is not there would be passed over by editors in silence.
TEST(Schema, RefersOnlyToWhatItDefines) {
  for (const auto& text : {flow_schema(test_catalogue()), package_schema()}) {
    const auto schema = json::parse(text);
    const auto& definitions = schema.at("definitions").as_object();
    std::function<void(const json::value&)> walk = [&](const json::value& value) {
      if (const auto* array = value.if_array())
        for (const auto& item : *array) walk(item);
      if (const auto* object = value.if_object())
        for (const auto& member : *object) {
          if (member.key() == "$ref") {
            const std::string_view name = member.value().as_string();
            ASSERT_TRUE(name.starts_with("#/definitions/"));
            EXPECT_TRUE(definitions.contains(name.substr(14))) << name;
          }
          walk(member.value());
        }
    };
    walk(schema);
  }
}

}  // namespace
}  // namespace quanji::flow
