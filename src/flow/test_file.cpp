#include "flow/test_file.h"

#include <array>

#include "flow/document_reader.h"
#include "flow/literals.h"
#include "flow/parser.h"

namespace quanji::flow {
namespace {

constexpr base::Sentence document_rule = {"小写字母开头，由小写字母、数字和 _ 组成",
                                          "begins with a lower-case letter and has lower-case letters, digits and _"};

class TestReader : public FormReader {
 public:
  TestReader(Problems& problems, std::string file) : FormReader(problems) { test_.file = std::move(file); }
  FlowTest read(const YamlNode& root) {
    read_map(root, {"测试", "a test"},
             {{"quanji", true, [&](const YamlEntry& e) { version(e.value); }},
              {"test", true,
               [&](const YamlEntry& e) {
                 test_.title = text(e.value, {"测试的名字", "the test's name"}).value_or("");
               }},
              {"flow", true,
               [&](const YamlEntry& e) {
                 if (auto word = name(e.value, {"流程的名字", "a flow's name"}, is_document_name, document_rule))
                   test_.flow = std::move(word->text);
               }},
              {"inputs", false, [&](const YamlEntry& e) { test_.inputs = variables(e.value); }},
              {"fakes", false,
               [&](const YamlEntry& e) {
                 for (const auto& one : list(e.value, {"替身", "fakes"})) fake(one);
               }},
              {"expect", false, [&](const YamlEntry& e) { expected(e.value); }}});
    return std::move(test_);
  }

 private:
  values::Value value(const YamlNode& node) {
    if (node.is_scalar()) {
      if (node.style == YamlNode::Style::plain) return scalar_value(node, problems());
      return values::Value::of(node.text);
    }
    if (node.is_list()) {
      values::List items;
      for (const auto& one : node.items) items.push_back(value(one));
      return values::Value::of(std::move(items));
    }
    values::Map map;
    for (const auto& one : node.entries) map.emplace_back(one.key, value(one.value));
    return values::Value::of(std::move(map));
  }
  values::Variables variables(const YamlNode& node) {
    values::Variables all;
    if (!node.is_map()) {
      wrong_form(node, {"输入", "inputs"}, {"名字到值的映射", "a map of names and values"});
      return all;
    }
    for (const auto& one : node.entries) all[one.key] = value(one.value);
    return all;
  }
  void fake(const YamlNode& node) {
    Fake made;
    made.at = node.at;
    read_map(node, {"替身", "a fake"},
             {{"do", false,
               [&](const YamlEntry& e) {
                 made.activity = text(e.value, {"活动", "an activity"}).value_or("");
               }},
              {"step", false,
               [&](const YamlEntry& e) {
                 made.step = text(e.value, {"步骤的 id", "a step's id"}).value_or("");
               }},
              {"gives", false, [&](const YamlEntry& e) { made.gives = value(e.value); }},
              {"fails", false, [&](const YamlEntry& e) { made.fails = fails(e.value); }},
              {"times", false, [&](const YamlEntry& e) {
                 made.times = integer(e.value, {"次数", "how often"}, 1, 1'000'000);
               }}});
    if (node.is_map() && (made.activity.empty() == made.step.empty() || made.gives.has_value() == made.fails.has_value()))
      wrong_form(node, {"替身", "a fake"},
                 {"do 或 step 其中一个，gives 或 fails 其中一个", "one of do and step, and one of gives and fails"});
    test_.fakes.push_back(std::move(made));
  }
  Fake::Fails fails(const YamlNode& node) {
    Fake::Fails made;
    read_map(node, {"失败", "a failure"},
             {{"code", true,
               [&](const YamlEntry& e) {
                 made.code = text(e.value, {"错误码", "a code"}).value_or("");
               }},
              {"message", false,
               [&](const YamlEntry& e) {
                 made.message = text(e.value, {"消息", "a message"}).value_or("");
               }},
              {"kind", false, [&](const YamlEntry& e) {
                 if (const auto word = one_of(e.value, {"种类", "a kind"}, {"business", "system"}))
                   made.kind = *word == 0 ? ErrorKind::business : ErrorKind::system;
               }}});
    if (made.message.empty()) made.message = made.code;
    return made;
  }
  void expected(const YamlNode& node) {
    static constexpr std::array<std::string_view, 5> outcomes = {"success", "business_failure", "system_failure", "stopped", "timed_out"};
    auto& out = test_.expected;
    read_map(node, {"期望", "what is expected"},
             {{"outcome", false,
               [&](const YamlEntry& e) {
                 if (const auto word =
                         one_of(e.value, {"结果", "an outcome"}, {"success", "business_failure", "system_failure", "stopped", "timed_out"}))
                   out.outcome = outcomes[*word];
               }},
              {"error", false,
               [&](const YamlEntry& e) {
                 out.error = text(e.value, {"错误码", "a code"});
                 if (out.outcome == "success") out.outcome.clear();  // either failure
               }},
              {"outputs", false,
               [&](const YamlEntry& e) {
                 const auto map = value(e.value);
                 if (map.is(values::Type::map))
                   out.outputs = map.map();
                 else
                   wrong_form(e.value, {"输出", "outputs"}, {"名字到值的映射", "a map of names and values"});
               }},
              {"log", false,
               [&](const YamlEntry& e) {
                 for (const auto& one : list(e.value, {"日志", "the log"}))
                   if (one.is_scalar()) out.log.push_back(one.text);
               }},
              {"calls", false, [&](const YamlEntry& e) {
                 for (const auto& one : e.value.entries)
                   out.calls[one.key] = integer(one.value, {"次数", "how often"}, 0, 1'000'000'000).value_or(0);
               }}});
  }
  FlowTest test_;
};

}  // namespace

FlowTestReading read_flow_test(std::string_view text, std::string file) {
  Problems problems(file);
  const auto root = read_yaml(text, problems);
  FlowTestReading out;
  if (!root.is_broken()) out.test = TestReader(problems, std::move(file)).read(root);
  out.problems = std::move(problems).take();
  return out;
}

}  // namespace quanji::flow
