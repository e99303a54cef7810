#include "flow/document_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/closest_word.h"
#include "flow/literals.h"
#include "flow/parser.h"
#include "flow/python_names.h"
#include "flow/yaml_mend.h"
#include "values/names.h"

namespace quanji::flow {

using base::Sentence;
using base::Text;
using values::quoted;
using values::Type;
using values::Value;

const Sentence document_name_rule{"小写字母、数字和下划线，以字母或下划线开头，最多 63 个字符",
                                  "lower-case letters, digits and underscores, beginning with a letter or underscore, at most 63"};
const Sentence resource_name_rule{"小写字母、数字、下划线和连字符，以字母或数字开头，最多 63 个字符",
                                  "lower-case letters, digits, underscores and hyphens, beginning with a letter or digit, at most 63"};

namespace {

Sentence kind_of(const YamlNode& node) {
  if (node.is_list()) return {"列表", "a list"};
  if (node.is_map()) return {"键值表", "a map"};
  if (node.text.empty() && node.style == YamlNode::Style::plain) return {"空", "nothing"};
  return {"一个值", "a single value"};
}

bool all_of(std::string_view text, std::string_view first, std::string_view rest) {
  return !text.empty() && text.size() <= 63 && first.find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(rest) == std::string_view::npos;
}

// What people call our types elsewhere.
std::string_view type_meant(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 22> others{
      {{"string", "text"},     {"str", "text"},        {"int", "integer"},       {"long", "integer"},       {"int64", "integer"},
       {"number", "decimal"},  {"float", "decimal"},   {"double", "decimal"},    {"money", "decimal"},      {"boolean", "bool"},
       {"array", "list"},      {"dict", "map"},        {"object", "map"},        {"dictionary", "map"},     {"dataframe", "table"},
       {"datatable", "table"}, {"password", "secret"}, {"credential", "secret"}, {"timestamp", "datetime"}, {"timespan", "duration"},
       {"path", "file"},       {"binary", "bytes"}}};
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [other, ours] : others)
    if (lower == other) return ours;
  return {};
}

}  // namespace

bool is_document_name(std::string_view text) {
  return all_of(text, "abcdefghijklmnopqrstuvwxyz_", "abcdefghijklmnopqrstuvwxyz_0123456789");
}
bool is_resource_name(std::string_view text) {
  return all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789_-");
}
bool is_activity_id(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && is_document_name(text.substr(0, dot)) && is_document_name(text.substr(dot + 1));
}

void FormReader::wrong_form(const YamlNode& node, Sentence what, Sentence expected, Text mend) {
  if (node.is_broken()) return;
  const auto found = kind_of(node);
  problems_.add(ProblemCode::wrong_form, node.at,
                {fmt::format("{}应为{}，这里是{}", what.zh, expected.zh, found.zh),
                 fmt::format("{} should be {}; this is {}", what.en, expected.en, found.en)},
                std::move(mend));
}

void FormReader::read_map(const YamlNode& node, Sentence what, std::initializer_list<MapWord> words) {
  if (!node.is_map()) {
    Text mend{"每行写“词: 内容”", "Write one “word: value” a line"};
    if (node.is_scalar())
      if (const auto colon = node.text.find(':'); colon != std::string::npos && colon + 1 < node.text.size() && node.text[colon + 1] != ' ')
        mend = {"冒号后面要有空格", "A blank belongs after the colon"};
    return wrong_form(node, what, {"键值表", "a map"}, std::move(mend));
  }
  std::vector<std::string_view> known;
  for (const auto& word : words) known.push_back(word.word);
  std::vector<std::string_view> misspelt;
  for (const auto& entry : node.entries) {
    const auto* const found = std::find_if(words.begin(), words.end(), [&](const MapWord& w) { return w.word == entry.key; });
    if (found != words.end()) {
      if (!entry.value.is_broken() && found->read) found->read(entry);
      continue;
    }
    if (problems_.full()) continue;
    if (const auto colon = entry.key.find(':'); colon != std::string::npos && entry.value.is_scalar() && entry.value.text.empty()) {
      problems_.add(ProblemCode::colon_blank, entry.at, {"冒号后面缺少空格", "a blank is missing after the colon"},
                    {fmt::format("写成 {}: {}", quoted(entry.key.substr(0, colon)), quoted(entry.key.substr(colon + 1))),
                     fmt::format("Write {}: {}", quoted(entry.key.substr(0, colon)), quoted(entry.key.substr(colon + 1)))});
      misspelt.emplace_back(std::string_view(entry.key).substr(0, colon));
      continue;
    }
    const auto closest = closest_word(entry.key, std::span<const std::string_view>(known));
    for (const auto word : known)
      if (word == closest) misspelt.push_back(word);
    auto mend = did_you_mean(closest);
    if (closest.empty())
      mend = {"可用：" + listed(std::span<const std::string_view>(known)), "Possible: " + listed(std::span<const std::string_view>(known))};
    problems_.add(
        ProblemCode::unknown_word, entry.at,
        {fmt::format("{}里没有“{}”这个词", what.zh, quoted(entry.key)), fmt::format("“{}” is no word of {}", quoted(entry.key), what.en)},
        std::move(mend));
  }
  for (const auto& word : words)
    if (word.required && !node.find(word.word) && std::find(misspelt.begin(), misspelt.end(), word.word) == misspelt.end())
      problems_.add(ProblemCode::missing_word, node.at,
                    {fmt::format("{}缺少 {}", what.zh, word.word), fmt::format("{} lacks {}", what.en, word.word)},
                    {fmt::format("补上“{}: …”", word.word), fmt::format("Add “{}: …”", word.word)});
}

std::optional<std::string> FormReader::text(const YamlNode& node, Sentence what) {
  const bool is_text = node.is_scalar() && (node.style != YamlNode::Style::plain || scalar_value(node, problems_).is(Type::text));
  if (!is_text) {
    Text mend;
    if (node.is_scalar() && !node.text.empty())
      mend = {fmt::format("加引号：'{}'", quoted(node.text)), fmt::format("Put it in quotes: '{}'", quoted(node.text))};
    wrong_form(node, what, {"文本", "text"}, std::move(mend));
    return std::nullopt;
  }
  if (node.text.starts_with("==")) return node.text.substr(1);
  if (node.text.starts_with('=')) {
    problems_.add(ProblemCode::misplaced_word, node.at,
                  {fmt::format("{}只能是固定文本，不能是表达式", what.zh), fmt::format("{} is fixed text, no expression", what.en)},
                  {"写出文本；文本确实以 = 开头时写 ==", "Write the text out; == begins a text with one ="});
    return std::nullopt;
  }
  return node.text;
}

std::optional<bool> FormReader::boolean(const YamlNode& node, Sentence what) {
  if (node.is_scalar())
    if (const auto value = scalar_value(node, problems_); value.is(Type::boolean)) return value.boolean();
  wrong_form(node, what, {"true 或 false", "true or false"}, {"写 true 或 false，不加引号", "Write true or false, without quotes"});
  return std::nullopt;
}

std::optional<std::int64_t> FormReader::integer(const YamlNode& node, Sentence what, std::int64_t least, std::int64_t most) {
  const auto value = node.is_scalar() ? scalar_value(node, problems_) : Value();
  if (!value.is(Type::integer)) {
    wrong_form(node, what, {"整数", "an integer"});
    return std::nullopt;
  }
  if (value.integer() < least || value.integer() > most) {
    problems_.add(ProblemCode::out_of_range, node.at,
                  {fmt::format("{}应在 {} 到 {} 之间，这里是 {}", what.zh, least, most, value.integer()),
                   fmt::format("{} should be from {} to {}; this is {}", what.en, least, most, value.integer())});
    return std::nullopt;
  }
  return value.integer();
}

std::optional<std::size_t> FormReader::one_of(const YamlNode& node, Sentence what, std::initializer_list<std::string_view> words) {
  const std::span<const std::string_view> known(words.begin(), words.size());
  if (!node.is_scalar()) {
    wrong_form(node, what, {"一个词", "one word"}, {"可用：" + listed(known), "Possible: " + listed(known)});
    return std::nullopt;
  }
  const auto found = std::find(known.begin(), known.end(), node.text);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  const auto proposal = did_you_mean(closest_word(node.text, known));
  problems_.add(ProblemCode::wrong_word, node.at,
                {fmt::format("{}不能是“{}”", what.zh, quoted(node.text)), fmt::format("{} cannot be “{}”", what.en, quoted(node.text))},
                {fmt::format("可用：{}。{}", listed(known), proposal.zh), fmt::format("Possible: {}. {}", listed(known), proposal.en)});
  return std::nullopt;
}

const std::vector<YamlNode>& FormReader::list(const YamlNode& node, Sentence what) {
  static const std::vector<YamlNode> none;
  if (node.is_list()) return node.items;
  wrong_form(node, what, {"列表", "a list"},
             {"每项一行，以“- ”开头，或写成 [a, b]", "Write an item a line, beginning with “- ”, or [a, b]"});
  return none;
}

std::optional<Word> FormReader::name(const YamlNode& node, Sentence what, bool (*rule)(std::string_view), Sentence rule_says) {
  const auto given = text(node, what);
  if (!given) return std::nullopt;
  if (rule(*given)) return Word{*given, node.at};
  problems_.add(ProblemCode::bad_name, node.at,
                {fmt::format("{}“{}”不合规则：{}", what.zh, quoted(*given), rule_says.zh),
                 fmt::format("{} “{}” is not {}", what.en, quoted(*given), rule_says.en)});
  return std::nullopt;
}

Needs FormReader::needs(const YamlNode& node) {
  Needs out;
  const auto names = [&](std::vector<Word>& to, Sentence what) {
    return [this, &to, what](const YamlEntry& entry) {
      for (const auto& item : list(entry.value, what))
        if (auto word = name(item, what, is_resource_name, resource_name_rule)) to.push_back(std::move(*word));
    };
  };
  read_map(node, {"needs", "needs"},
           {{"assets", false, names(out.assets, {"资产", "an asset"})},
            {"credentials", false, names(out.credentials, {"凭据", "a credential"})},
            {"queues", false, names(out.queues, {"队列", "a queue"})},
            {"capabilities", false, names(out.capabilities, {"能力", "a capability"})},
            {"network", false, [&](const YamlEntry& entry) {
               if (const auto word = one_of(entry.value, {"network", "network"}, {"none", "all"}))
                 out.network = static_cast<Network>(*word);
             }}});
  return out;
}

void FormReader::version(const YamlNode& node) {
  if (node.is_scalar() && node.style == YamlNode::Style::plain && node.text == "1") return;
  problems_.add(ProblemCode::wrong_version, node.at,
                {fmt::format("本程序只懂 quanji: 1，这里是“{}”", quoted(node.text)),
                 fmt::format("this program knows quanji: 1 only; this is “{}”", quoted(node.text))},
                {"写 quanji: 1；更新的版本需要升级 Quanji", "Write quanji: 1; a newer one needs a newer Quanji"});
}

void DocumentReader::read(const YamlNode& root) {
  const Sentence what{"流程文件", "a flow document"};
  if (root.is_broken()) return;
  if (root.is_scalar() && root.text.empty()) {
    problems().add(ProblemCode::empty_document, root.at, {"文件是空的", "the file is empty"},
                   {"至少要有 quanji: 1、flow 和 steps", "It needs at least quanji: 1, flow and steps"});
    return;
  }
  // Inputs before steps, whatever their order in the file: their slots come first.
  if (const auto* node = root.find("inputs"); node && root.is_map()) inputs(*node);
  read_map(root, what,
           {{"quanji", true, [&](const YamlEntry& entry) { version(entry.value); }},
            {"flow", true,
             [&](const YamlEntry& entry) {
               if (auto word = name(entry.value, {"流程名", "the flow's name"}, is_document_name, document_name_rule))
                 document_.flow = std::move(*word);
             }},
            {"title", false,
             [&](const YamlEntry& entry) {
               document_.title = text(entry.value, {"title", "title"}).value_or("");
             }},
            {"description", false,
             [&](const YamlEntry& entry) {
               document_.description = text(entry.value, {"description", "description"}).value_or("");
             }},
            {"inputs", false, nullptr},
            {"outputs", false, [&](const YamlEntry& entry) { outputs(entry.value); }},
            {"needs", false, [&](const YamlEntry& entry) { document_.needs = needs(entry.value); }},
            {"steps", true, [&](const YamlEntry& entry) {
               document_.steps = steps(&entry.value, "steps", {"steps", "steps"});
             }}});
  document_.step_count = std::min(document_.step_count, max_steps);
  look_for_templates();
}

TypeWord DocumentReader::type(const YamlNode& node) {
  const Sentence what{"类型", "a type"};
  const auto word = text(node, what);
  if (!word) return {};
  const auto known = type_words();
  if (std::find(known.begin(), known.end(), *word) != known.end()) return type_word(*word);
  auto closest = std::string(type_meant(*word));
  if (closest.empty()) closest = closest_word(*word, known);
  // A word that resembles none of ours may be the kind of a resource: the checker knows the catalogue.
  if (closest.empty() && is_document_name(*word) && *word != "handle" && *word != "nothing") return type_word(*word);
  problems().add(ProblemCode::wrong_word, node.at,
                 {fmt::format("没有“{}”这种类型", quoted(*word)), fmt::format("“{}” is no type", quoted(*word))},
                 closest.empty() ? Text{"可用：" + listed(known, 20), "Possible: " + listed(known, 20)} : did_you_mean(closest));
  return {};
}

Value DocumentReader::declared_literal(const YamlNode& node, const TypeWord& type) {
  const auto given = operand(node);
  const auto* literal = given.literal();
  if (!literal) {
    problems().add(ProblemCode::misplaced_word, node.at, {"这里只能是固定的值，不能是表达式", "this is a fixed value, no expression"});
    return {};
  }
  auto value = literal_as(*literal, type);
  if (value.ok()) return std::move(*value);
  problems().add(ProblemCode::wrong_type, node.at, value.error().message());
  return {};
}

void DocumentReader::inputs(const YamlNode& node) {
  if (!node.is_map())
    return wrong_form(node, {"inputs", "inputs"}, {"键值表", "a map"}, {"写成 名称: {type: text}", "Write NAME: {type: text}"});
  for (const auto& entry : node.entries) {
    Input input;
    input.variable = variable(entry.key, entry.at);
    std::optional<bool> required;
    const YamlNode* fallback = nullptr;
    const YamlNode* choices = nullptr;
    if (entry.value.is_scalar()) {
      wrong_form(entry.value, {"输入", "an input"}, {"键值表", "a map"},
                 {fmt::format("写成 {}: {{type: text}}", quoted(entry.key)), fmt::format("Write {}: {{type: text}}", quoted(entry.key))});
    } else {
      read_map(entry.value, {"输入", "an input"},
               {{"type", false, [&](const YamlEntry& e) { input.type = type(e.value); }},
                {"title", false,
                 [&](const YamlEntry& e) {
                   input.title = text(e.value, {"title", "title"}).value_or("");
                 }},
                {"description", false,
                 [&](const YamlEntry& e) {
                   input.description = text(e.value, {"description", "description"}).value_or("");
                 }},
                {"default", false, [&](const YamlEntry& e) { fallback = &e.value; }},
                {"required", false,
                 [&](const YamlEntry& e) {
                   required = boolean(e.value, {"required", "required"});
                 }},
                {"choices", false, [&](const YamlEntry& e) { choices = &e.value; }}});
    }
    if (choices)
      for (const auto& item : list(*choices, {"choices", "choices"})) input.choices.push_back(declared_literal(item, input.type));
    if (fallback) {
      auto given = operand(*fallback);
      if (const auto* literal = given.literal()) {
        auto value = literal_as(*literal, input.type);
        if (value.ok())
          given.form = std::move(*value);
        else
          problems().add(ProblemCode::wrong_type, fallback->at, value.error().message());
        if (value.ok() && !input.choices.empty() && !given.literal()->is(Type::nothing) &&
            std::find(input.choices.begin(), input.choices.end(), *given.literal()) == input.choices.end())
          problems().add(ProblemCode::not_a_choice, fallback->at, {"默认值不在 choices 里", "the default is none of the choices"});
      } else if (given.form.index() > 1) {
        // A list or map with expressions inside: its type is that of the whole.
        const bool list = std::holds_alternative<ListOf>(given.form);
        if (input.type.type && *input.type.type != (list ? Type::list : Type::map) && !(list && *input.type.type == Type::table))
          problems().add(ProblemCode::wrong_type, fallback->at,
                         {fmt::format("应为 {}", word_of(input.type)), fmt::format("{} is expected", word_of(input.type))});
      }
      if (input.type.type == Type::secret && given.literal() && !given.literal()->is(Type::nothing))
        problems().add(
            ProblemCode::secret_literal, fallback->at, {"秘密不能写在流程里", "a secret cannot stand in a flow"},
            {"删去 default，由调用者给，或用 credential.get", "Leave the default out: the caller gives it, or use credential.get"});
      input.fallback = std::move(given);
    }
    input.required = required.value_or(!input.fallback);
    if (required.value_or(false) && input.fallback)
      problems().add(ProblemCode::misplaced_word, entry.at,
                     {"必填的输入不能同时有默认值", "an input that must be given has no use for a default"},
                     {"去掉 required 或 default", "Leave out required or default"});
    document_.inputs.push_back(std::move(input));
  }
}

void DocumentReader::outputs(const YamlNode& node) {
  if (!node.is_map())
    return wrong_form(node, {"outputs", "outputs"}, {"键值表", "a map"}, {"写成 名称: {type: table}", "Write NAME: {type: table}"});
  for (const auto& entry : node.entries) {
    Output output;
    output.name = entry.key;
    output.at = entry.at;
    if (!is_document_name(entry.key))
      problems().add(ProblemCode::bad_name, entry.at,
                     {fmt::format("输出名“{}”不合规则：{}", quoted(entry.key), document_name_rule.zh),
                      fmt::format("the output “{}” is not {}", quoted(entry.key), document_name_rule.en)});
    read_map(entry.value, {"输出", "an output"},
             {{"type", false, [&](const YamlEntry& e) { output.type = type(e.value); }},
              {"title", false,
               [&](const YamlEntry& e) {
                 output.title = text(e.value, {"title", "title"}).value_or("");
               }},
              {"description", false, [&](const YamlEntry& e) {
                 output.description = text(e.value, {"description", "description"}).value_or("");
               }}});
    document_.outputs.push_back(std::move(output));
  }
}

// ${x} and {{x}} are what other tools fill in; here they stay as they are, which nobody wants when x is a variable.
void DocumentReader::look_for_templates() {
  for (const auto& [name, at] : templates_)
    if (slots_.contains(name))
      problems().add(ProblemCode::template_in_literal, at,
                     {fmt::format("文本里的 {} 不会换成变量的值", name), fmt::format("{} inside this text is not filled in", name)},
                     {fmt::format("写成 f 字符串：=f\"… {{{}}} …\"", name), fmt::format("Write an f-string: =f\"… {{{}}} …\"", name)});
}

}  // namespace quanji::flow
