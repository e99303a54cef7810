#include "flow/schema.h"

#include <fmt/format.h>

#include "flow/literals.h"
#include "flow/schema_parts.h"
#include "flow/step_words.h"

namespace quanji::flow {

namespace json = boost::json;
using namespace schema;

namespace {

json::object type_schema() {
  json::array known;
  for (const auto word : type_words()) known.emplace_back(json::string(word));
  // Any other name is the kind of a resource.
  return any_of({{{"enum", std::move(known)}}, ref("documentName")});
}

json::object head_text(std::string_view zh, std::string_view en) { return said({{"type", "string"}}, zh, en); }

json::object inputs_schema() {
  auto one = closed({{"type", said(type_schema(), "类型", "Its type")},
                     {"title", head_text("给人看的名称", "Its name for people")},
                     {"description", head_text("说明", "What it is")},
                     {"default", said({}, "不给时的值；可以是表达式", "The value when none is given; may be an expression")},
                     {"required", said({{"type", "boolean"}}, "是否必须给；默认没有 default 就必须",
                                       "Whether it must be given; without a default it must")},
                     {"choices", said({{"type", "array"}}, "可选的值", "The values to choose from")}});
  return {{"type", "object"}, {"propertyNames", ref("documentName")}, {"additionalProperties", std::move(one)}};
}

json::object outputs_schema() {
  auto one = closed({{"type", said(type_schema(), "类型", "Its type")},
                     {"title", head_text("给人看的名称", "Its name for people")},
                     {"description", head_text("说明", "What it is")}});
  return {{"type", "object"}, {"propertyNames", ref("documentName")}, {"additionalProperties", std::move(one)}};
}

json::object steps_ref() { return ref("steps"); }
json::object condition() { return any_of({ref("expression"), {{"type", "boolean"}}}); }
json::object variable() { return ref("documentName"); }

json::object error_filter() {
  return said(any_of({ref("documentName"), list_of(ref("documentName"))}), "错误码，或 business、system；不写表示全部",
              "Error codes, or business, system; all when left out");
}

json::object arguments() { return {{"type", "object"}, {"propertyNames", ref("documentName")}}; }

// The value of each word of a step. What depends on the act is said by rules below.
json::object value_of(std::string_view word) {
  if (word == "set") return {{"type", "object"}, {"propertyNames", ref("documentName")}, {"minProperties", 1}};
  if (word == "do") return ref("activity");
  if (word == "if" || word == "while" || word == "when") return condition();
  if (word == "for" || word == "index" || word == "as") return variable();
  if (word == "break" || word == "continue" || word == "checkpoint") return {{"type", "null"}};
  if (word == "try" || word == "then" || word == "else" || word == "finally" || word == "steps") return steps_ref();
  if (word == "fail")
    return any_of(
        {ref("expression"), closed({{"kind", said(words({"business", "system"}), "业务错误或系统错误", "A business or a system failure")},
                                    {"code", said(ref("documentName"), "错误码", "The error's code")},
                                    {"message", said({}, "说明，可以是表达式", "A sentence; may be an expression")},
                                    {"data", said({}, "错误携带的数据", "What the error carries")}},
                                   {"code"})});
  if (word == "return") return any_of({arguments(), {{"type", "null"}}});
  if (word == "call") return ref("documentName");
  if (word == "python") return {{"type", "string"}, {"minLength", 1}};
  if (word == "parallel") return list_of(closed({{"title", head_text("标题", "A title")}, {"steps", steps_ref()}}, {"steps"}));
  if (word == "each_item") return any_of({ref("resourceName"), ref("expression")});
  if (word == "with") return arguments();
  if (word == "save")
    return any_of(
        {ref("documentName"), {{"type", "object"}, {"propertyNames", ref("documentName")}, {"additionalProperties", ref("documentName")}}});
  if (word == "elif") return list_of(closed({{"if", condition()}, {"then", steps_ref()}}, {"if", "then"}));
  if (word == "in") return any_of({ref("expression"), {{"type", "array"}}});
  if (word == "catch")
    return list_of(closed(
        {{"error", error_filter()}, {"save", said(variable(), "把错误存入变量", "Keeps the error in a variable")}, {"steps", steps_ref()}},
        {"steps"}));
  if (word == "limit") return any_of({{{"type", "integer"}, {"minimum", 1}}, ref("expression")});
  if (word == "id") return ref("documentName");
  if (word == "title") return {{"type", "string"}};
  if (word == "timeout") return ref("duration");
  if (word == "retry")
    return closed(
        {{"times", said({{"type", "integer"}, {"minimum", 0}, {"maximum", 1000}}, "再试几次", "How often it is tried again")},
         {"wait", said(ref("duration"), "第一次重试前等多久", "The wait before the first repetition")},
         {"factor", said({{"type", "number"}, {"minimum", 1}, {"maximum", 100}}, "等待时间每次乘以它", "The wait grows by it each time")},
         {"error", error_filter()}},
        {"times"});
  if (word == "on_error") return words({"fail", "continue"});
  if (word == "effect") return words({"none", "repeatable", "once"});
  return words({"none", "on_error", "always"});  // evidence
}

json::object when_word(std::string_view word, json::object then) {
  return {{"if", json::object{{"required", names({word})}}}, {"then", std::move(then)}};
}

json::object activity_rule(const ActivityInfo& info) {
  json::object properties;
  json::array required;
  for (const auto& input : info.inputs) {
    auto value = of_type(type_word(input.type));
    if (!input.choices.empty()) {
      json::array choices, titles;
      for (const auto& choice : input.choices) {
        choices.emplace_back(json::string(choice.word));
        titles.emplace_back(fmt::format("{} · {}", choice.title.zh, choice.title.en));
      }
      value = any_of({{{"enum", std::move(choices)}, {"enumDescriptions", std::move(titles)}}, ref("expression")});
    }
    value = said(std::move(value), fmt::format("**{}**（{}）{}", input.title.zh, input.type, input.sentence.zh),
                 fmt::format("**{}** ({}) {}", input.title.en, input.type, input.sentence.en));
    properties[input.name] = std::move(value);
    if (input.required) required.emplace_back(json::string(input.name));
  }
  json::object with{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  json::object then{{"properties", json::object{}}};
  if (!required.empty()) {
    with["required"] = std::move(required);
    then["required"] = names({"with"});
  }
  then["properties"].as_object()["with"] = std::move(with);
  if (!info.outputs.empty()) {
    json::array outputs;
    for (const auto& output : info.outputs) outputs.emplace_back(json::string(output.name));
    then["properties"].as_object()["save"] =
        any_of({ref("documentName"),
                {{"type", "object"}, {"propertyNames", ref("documentName")}, {"additionalProperties", json::object{{"enum", outputs}}}}});
  }
  if (!info.opens.empty()) {
    if (then.contains("required"))
      then["required"] = names({"with", "as", "steps"});
    else
      then["required"] = names({"as", "steps"});
  }
  return {{"if", json::object{{"properties", json::object{{"do", json::object{{"const", info.id}}}}}, {"required", names({"do"})}}},
          {"then", std::move(then)}};
}

json::object step_schema(const Catalogue& activities) {
  json::object properties;
  for (const auto& act : act_words()) properties[act.word] = said(value_of(act.word), act.sentence.zh, act.sentence.en);
  for (const auto& part : part_words()) properties[part.word] = said(value_of(part.word), part.sentence.zh, part.sentence.en);
  for (const auto& option : option_words()) properties[option.word] = said(value_of(option.word), option.sentence.zh, option.sentence.en);

  json::array acts;
  for (const auto& act : act_words()) acts.emplace_back(json::object{{"required", names({act.word})}});
  json::object dependencies;
  for (const auto& part : part_words()) {
    json::array owners;
    for (const auto act : part.acts) owners.emplace_back(json::object{{"required", names({act})}});
    dependencies[part.word] = json::object{{"anyOf", std::move(owners)}};
  }
  json::array rules;
  rules.emplace_back(when_word("if", {{"required", names({"then"})}}));
  rules.emplace_back(when_word("for", {{"required", names({"in", "steps"})}}));
  rules.emplace_back(when_word("while", {{"required", names({"steps"})}}));
  rules.emplace_back(when_word("each_item", {{"required", names({"steps"})}}));
  rules.emplace_back(when_word("try", any_of({{{"required", names({"catch"})}}, {{"required", names({"finally"})}}})));
  for (const auto& activity : activities.all()) rules.emplace_back(activity_rule(activity));
  return {{"type", "object"},         {"properties", std::move(properties)},     {"additionalProperties", false},
          {"oneOf", std::move(acts)}, {"dependencies", std::move(dependencies)}, {"allOf", std::move(rules)}};
}

json::object activity_names(const Catalogue& activities) {
  json::array ids, sentences, marked;
  for (const auto& activity : activities.all()) {
    ids.emplace_back(json::string(activity.id));
    sentences.emplace_back(fmt::format("{} · {}", activity.sentence.zh, activity.sentence.en));
    marked.emplace_back(
        fmt::format("**{}** {}\n\n**{}** {}", activity.title.zh, activity.sentence.zh, activity.title.en, activity.sentence.en));
  }
  return {{"type", "string"},
          {"enum", std::move(ids)},
          {"enumDescriptions", std::move(sentences)},
          {"markdownEnumDescriptions", std::move(marked)}};
}

}  // namespace

std::string flow_schema(const Catalogue& activities) {
  auto known = definitions();
  json::array alone;
  for (const auto& act : act_words())
    if (act.alone) alone.emplace_back(json::string(act.word));
  known["activity"] = activity_names(activities);
  known["step"] = step_schema(activities);
  known["steps"] = list_of(any_of({ref("step"), {{"enum", std::move(alone)}}}));
  auto root = closed({{"quanji", said({{"const", 1}}, "语言版本", "The version of the language")},
                      {"flow", said(ref("documentName"), "流程名", "The flow's name")},
                      {"title", head_text("标题", "A title")},
                      {"description", head_text("说明", "What the flow does")},
                      {"inputs", said(inputs_schema(), "输入", "Inputs")},
                      {"outputs", said(outputs_schema(), "输出", "Outputs")},
                      {"needs", said(schema::needs(), "流程用到的外部东西", "What the flow uses of the outside")},
                      {"steps", said(steps_ref(), "步骤", "Steps")}},
                     {"quanji", "flow", "steps"});
  json::object out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Quanji flow document"}};
  for (auto& member : root) out[member.key()] = std::move(member.value());
  out["definitions"] = std::move(known);
  return pretty(out);
}

std::string package_schema() {
  auto root = closed({{"quanji", said({{"const", 1}}, "语言版本", "The version of the language")},
                      {"name", said(ref("resourceName"), "包名", "The package's name")},
                      {"version", said({{"type", "string"}, {"pattern", "^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$"}},
                                       "版本号，如 1.2.0", "The version, like 1.2.0")},
                      {"title", head_text("标题", "A title")},
                      {"description", head_text("说明", "What it is for")},
                      {"entry", said({{"type", "array"}, {"items", ref("documentName")}, {"minItems", 1}, {"uniqueItems", true}},
                                     "可以绑定的流程", "Flows that may be bound")},
                      {"robot", said({{"type", "string"}}, "对机器人版本的要求，如 \">=0.3\"", "Which robots can run it, like \">=0.3\"")},
                      {"needs", said(schema::needs(), "用到的外部东西", "What it uses of the outside")}},
                     {"quanji", "name", "version", "entry"});
  json::object out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Quanji package"}};
  for (auto& member : root) out[member.key()] = std::move(member.value());
  out["definitions"] = definitions();
  return pretty(out);
}

}  // namespace quanji::flow
