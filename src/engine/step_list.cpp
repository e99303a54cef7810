#include "engine/step_list.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/fields_json.h"

namespace quanji::engine {

namespace json = boost::json;
using base::Code;
using base::Problems;
using base::Result;

namespace {

constexpr std::size_t max_steps = 10'000;

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!((c >= 'a' && c <= 'z') || c == '_' || (i > 0 && c >= '0' && c <= '9'))) return false;
  }
  return true;
}

class Reader {
 public:
  Document read(const json::value& from) {
    Document document;
    const auto* object = object_at(from, "");
    if (!object) return document;
    bool versioned = false;
    for (const auto& member : *object) {
      const std::string_view key = member.key();
      if (key == "quanji") {
        versioned = member.value().is_int64() && member.value().get_int64() == 1;
        if (!versioned) wrong(key, "应为 1", "must be 1");
      } else if (key == "flow") {
        document.flow = text_at(member.value(), key);
        if (!is_name(document.flow))
          wrong(key, "名称只能用小写字母、数字和下划线，以字母或下划线开头", "a name of lower-case letters, digits and underscores");
      } else if (key == "title") {
        text_at(member.value(), key);
      } else if (key == "inputs") {
        inputs(member.value(), document);
      } else if (key == "steps") {
        steps(member.value(), document);
      } else {
        unknown(key, key);
      }
    }
    if (!versioned && !object->contains("quanji")) wrong("quanji", "缺少；写 quanji: 1", "missing; write quanji: 1");
    if (!object->contains("flow")) wrong("flow", "缺少流程名称", "the flow needs a name");
    if (!object->contains("steps")) wrong("steps", "缺少步骤列表", "the list of steps is missing");
    return document;
  }
  Problems problems;

 private:
  void wrong(std::string_view at, std::string zh, std::string en) { problems.add(Code::invalid_field, at, {std::move(zh), std::move(en)}); }
  void unknown(std::string_view at, std::string_view word) {
    problems.add(Code::unknown_field, at,
                 {fmt::format("不认识“{}”；请检查拼写", word),
                  fmt::format("“{}” is not a word of the flow language here; check its spelling", word)});
  }
  const json::object* object_at(const json::value& from, std::string_view at) {
    const auto* object = from.if_object();
    if (!object) wrong(at, "应为键值表", "a map is expected");
    return object;
  }
  std::string text_at(const json::value& from, std::string_view at) {
    if (const auto* text = from.if_string()) return std::string(*text);
    wrong(at, "应为文本", "text is expected");
    return {};
  }
  // Deeper expressions come with the language; taken for literals today they would change their meaning then.
  bool hides_expression(const json::value& from) {
    if (const auto* text = from.if_string()) return text->starts_with('=') && !text->starts_with("==");
    if (const auto* array = from.if_array()) {
      for (const auto& e : *array)
        if (hides_expression(e)) return true;
    }
    if (const auto* object = from.if_object()) {
      for (const auto& e : *object)
        if (hides_expression(e.value())) return true;
    }
    return false;
  }
  Operand operand(const json::value& from, const std::string& at) {
    if (const auto* text = from.if_string(); text && text->starts_with('=')) {
      if (text->starts_with("==")) return Value::of(std::string(text->begin() + 1, text->end()));
      Expression expression{std::string(text->begin() + 1, text->end())};
      if (expression.text.find_first_not_of(" \t") == std::string::npos) wrong(at, "= 后面缺少表达式", "an expression is missing after =");
      return expression;
    }
    if (hides_expression(from))
      wrong(at, "列表或表内部的 = 表达式还不支持，请整体写成一个表达式",
            "expressions inside lists and maps are not supported yet: write the whole as one expression");
    auto value = Value::from_json(from);
    if (value) return std::move(*value);
    wrong(at, value.error().message().zh, value.error().message().en);
    return Value();
  }
  Assignments assignments(const json::value& from, const std::string& at) {
    Assignments out;
    const auto* object = object_at(from, at);
    if (!object) return out;
    for (const auto& member : *object) {
      const auto place = at + "/" + std::string(member.key());
      if (!is_name(member.key()))
        wrong(place, "变量名只能用小写字母、数字和下划线，以字母或下划线开头",
              "a variable is named with lower-case letters, digits and underscores");
      out.emplace_back(std::string(member.key()), operand(member.value(), place));
    }
    return out;
  }
  void inputs(const json::value& from, Document& document) {
    const auto* object = object_at(from, "inputs");
    if (!object) return;
    for (const auto& member : *object) {
      const auto at = "inputs/" + std::string(member.key());
      if (!is_name(member.key()))
        wrong(at, "输入名只能用小写字母、数字和下划线", "an input is named with lower-case letters, digits and underscores");
      const auto* declared = object_at(member.value(), at);
      if (!declared) continue;
      bool has_default = false;
      for (const auto& part : *declared) {
        const std::string_view key = part.key();
        if (key == "title" || key == "type")
          text_at(part.value(), at + "/" + std::string(key));
        else if (key == "default")
          document.inputs.emplace_back(std::string(member.key()), operand(part.value(), at + "/default")), has_default = true;
        else
          unknown(at + "/" + std::string(key), key);
      }
      if (!has_default) document.required_inputs.emplace_back(member.key());
    }
  }
  Fail fail(const json::value& from, const std::string& at) {
    Fail out;
    const auto* object = object_at(from, at);
    if (!object) return out;
    for (const auto& member : *object) {
      const std::string_view key = member.key();
      const auto place = at + "/" + std::string(key);
      if (key == "kind") {
        const auto word = text_at(member.value(), place);
        if (word == "business")
          out.kind = FailKind::business;
        else if (word == "system")
          out.kind = FailKind::system;
        else
          wrong(place, "应为 business 或 system", "must be business or system");
      } else if (key == "code") {
        out.code = text_at(member.value(), place);
        if (!is_name(out.code)) wrong(place, "错误码只能用小写字母、数字和下划线", "a code of lower-case letters, digits and underscores");
      } else if (key == "message") {
        out.message = operand(member.value(), place);
      } else {
        unknown(place, key);
      }
    }
    if (!object->contains("code")) wrong(at + "/code", "缺少错误码", "the code is missing");
    return out;
  }
  void steps(const json::value& from, Document& document) {
    const auto* array = from.if_array();
    if (!array) return wrong("steps", "应为步骤列表", "a list of steps is expected");
    if (array->size() > max_steps) return wrong("steps", fmt::format("最多 {} 步", max_steps), fmt::format("at most {} steps", max_steps));
    document.steps.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      Step step;
      step.path = fmt::format("steps/{}", i);
      const auto* object = object_at((*array)[i], step.path);
      if (!object) continue;
      int acts = 0;
      for (const auto& member : *object) {
        const std::string_view key = member.key();
        const auto at = step.path + "/" + std::string(key);
        if (key == "id") {
          step.id = text_at(member.value(), at);
          if (!is_name(step.id))
            wrong(at, "步骤标识只能用小写字母、数字和下划线", "a step id of lower-case letters, digits and underscores");
        } else if (key == "title") {
          text_at(member.value(), at);
        } else if (key == "effect") {
          const auto word = text_at(member.value(), at);
          if (word == "none")
            step.effect = Effect::none;
          else if (word == "repeatable")
            step.effect = Effect::repeatable;
          else if (word == "once")
            step.effect = Effect::once;
          else
            wrong(at, "应为 none、repeatable 或 once", "must be none, repeatable or once");
        } else if (key == "set") {
          step.act = SetVariables{assignments(member.value(), at)}, ++acts;
        } else if (key == "return") {
          step.act = Return{assignments(member.value(), at)}, ++acts;
        } else if (key == "fail") {
          step.act = fail(member.value(), at), ++acts;
        } else {
          unknown(at, key);
        }
      }
      if (acts != 1) wrong(step.path, "每一步要有且只有一个动作：set、fail 或 return", "a step has exactly one act: set, fail or return");
      document.steps.push_back(std::move(step));
    }
  }
};

}  // namespace

Result<Document> read_document(const json::value& from) {
  Reader reader;
  auto document = reader.read(from);
  QUANJI_DO(std::move(reader.problems).as_status());
  return document;
}

}  // namespace quanji::engine
