#include "engine/activity_values.h"

#include "values/field_values.h"

namespace quanji::engine {

using base::Text;
using values::Map;
using values::Value;

Outcome<void> fill_input(const Activity& activity, void* input, const Map& arguments) {
  base::Problems problems;
  values::decode(activity.input.fields(), input, arguments, problems);
  if (problems.found.empty()) return {};
  Text message("参数有误", "arguments are wrong");
  for (const auto& problem : problems.found) {
    message.zh += "；" + problem.field + "：" + problem.reason.zh;
    message.en += "; " + problem.field + ": " + problem.reason.en;
  }
  return system_failure("invalid_argument", std::move(message));
}
Map take_output(const Activity& activity, const void* output) {
  const auto& list = activity.output.fields();
  auto given = values::encode(list, output);
  if (given.size() == list.size()) return given;
  Map all;
  for (const auto& field : list.all()) {
    const auto found = std::find_if(given.begin(), given.end(), [&](const auto& one) { return one.first == field.name; });
    all.emplace_back(std::string(field.name), found == given.end() ? Value() : std::move(found->second));
  }
  return all;
}

namespace {
flow::InBoth both(base::Sentence sentence) { return {std::string(sentence.zh), std::string(sentence.en)}; }
}  // namespace

flow::ActivityInfo flow_info(const Activity& activity) {
  const auto& from = activity.info;
  flow::ActivityInfo info;
  info.id = from.id;
  info.title = both(from.title);
  info.sentence = both(from.sentence);
  for (const auto& field : activity.input.fields().all()) {
    flow::ActivityInput input;
    input.name = field.name;
    input.type = values::type_word(*field.ops);
    input.required = field.required();
    input.fallback.text = field.limits.fallback;
    input.title = input.sentence = both(field.sentence);
    for (const auto word : field.ops->spellings) input.choices.push_back({std::string(word), {std::string(word), std::string(word)}});
    for (const auto& [name, what] : from.names)
      if (name == field.name) input.names = what;
    info.inputs.push_back(std::move(input));
  }
  for (const auto& field : activity.output.fields().all())
    info.outputs.push_back({std::string(field.name),
                            !from.opens.empty() && values::type_word(*field.ops) == "handle" ? std::string(from.opens)
                                                                                             : std::string(values::type_word(*field.ops)),
                            both(field.sentence)});
  info.opens = from.opens;
  info.effect = from.effect;
  info.suspends = from.suspends;
  for (const auto word : from.capabilities) info.capabilities.emplace_back(word);
  for (const auto& error : from.errors) info.errors.push_back({std::string(error.code), error.kind, both(error.sentence)});
  if (!from.examples.empty()) info.example = from.examples.front().steps;
  return info;
}
base::Result<flow::Catalogue> flow_catalogue(std::vector<flow::ActivityGroup> groups, Catalogue catalogue) {
  std::vector<flow::ActivityInfo> activities;
  for (const auto* activity : catalogue) activities.push_back(flow_info(*activity));
  return flow::Catalogue::make(std::move(groups), std::move(activities));
}

}  // namespace quanji::engine
