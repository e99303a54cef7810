// The reader behind parser.h and package_file.h: maps by tables of their words, values with their expressions.
// Reads its own bytes only: the tree comes from read_yaml, whose target is fuzz/flow_source.cpp
#pragma once
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/document.h"
#include "flow/problem.h"
#include "flow/yaml_tree.h"

namespace quanji::flow {

// One word of a map and who reads its value.
struct MapWord {
  std::string_view word;
  bool required = false;
  std::function<void(const YamlEntry&)> read;
};

// Reads forms that flow documents and package files share. One file, one thread.
class FormReader {
 public:
  explicit FormReader(Problems& problems) : problems_(problems) {}

  // Each entry to the reader of its word; unknown words, missing words and what is no map are told. `what`: "输入"/"an input".
  void read_map(const YamlNode& node, base::Sentence what, std::initializer_list<MapWord> words);
  // What is no scalar text (a number, a list …) is told; a text that begins with = too, since nothing is computed there.
  std::optional<std::string> text(const YamlNode& node, base::Sentence what);
  std::optional<bool> boolean(const YamlNode& node, base::Sentence what);
  std::optional<std::int64_t> integer(const YamlNode& node, base::Sentence what, std::int64_t least, std::int64_t most);
  // The index of the word; the closest one is proposed.
  std::optional<std::size_t> one_of(const YamlNode& node, base::Sentence what, std::initializer_list<std::string_view> words);
  const std::vector<YamlNode>& list(const YamlNode& node, base::Sentence what);  // empty when it is none
  std::optional<Word> name(const YamlNode& node, base::Sentence what, bool (*rule)(std::string_view), base::Sentence rule_says);
  Needs needs(const YamlNode& node);
  void version(const YamlNode& node);  // quanji: 1

  void wrong_form(const YamlNode& node, base::Sentence what, base::Sentence expected, base::Text mend = {});
  Problems& problems() { return problems_; }

 private:
  Problems& problems_;
};
extern const base::Sentence document_name_rule;
extern const base::Sentence resource_name_rule;

// One flow document.
class DocumentReader : public FormReader {
 public:
  DocumentReader(Problems& problems, std::string file) : FormReader(problems) { document_.file = std::move(file); }
  void read(const YamlNode& root);
  // Each is there to be taken once.
  Document take_document() { return std::move(document_); }
  std::vector<std::string> take_doubtful() { return std::move(doubtful_); }

 private:
  void inputs(const YamlNode& node);
  void outputs(const YamlNode& node);
  TypeWord type(const YamlNode& node);
  values::Value declared_literal(const YamlNode& node, const TypeWord& type);
  void look_for_templates();

  // Values and parts of steps.
  Variable variable(const std::string& name, Position at);
  Variable variable(const YamlNode& node, base::Sentence what);
  Operand operand(const YamlNode& node, int depth = 0);
  std::optional<Expression> expression(const YamlNode& scalar);
  Operand condition(const YamlNode& node, base::Sentence what);
  Operand duration(const YamlNode& node);
  Arguments arguments(const YamlNode& node, base::Sentence what);
  Save save(const YamlNode& node);
  Retry retry(const YamlNode& node);
  ErrorFilter error_filter(const YamlNode& node);

  // Steps and acts.
  Steps steps(const YamlNode* node, const std::string& path, base::Sentence what);
  std::optional<Step> step(const YamlNode& node, const std::string& path);
  std::string_view choose_act(const YamlNode& node);
  void options(const YamlNode& node, Step& step);
  std::optional<Act> act(std::string_view word, const YamlNode& node, const YamlEntry& entry, const std::string& path);
  std::optional<Act> act_do(const YamlNode& node, const YamlEntry& entry, const std::string& path);
  Act act_if(const YamlNode& node, const YamlEntry& entry, const std::string& path);
  Act act_for(const YamlNode& node, const YamlEntry& entry, const std::string& path);
  Act act_try(const YamlNode& node, const YamlEntry& entry, const std::string& path);
  Act act_fail(const YamlEntry& entry);
  Act act_python(const YamlNode& node, const YamlEntry& entry);
  Act act_parallel(const YamlEntry& entry, const std::string& path);
  Act act_each_item(const YamlNode& node, const YamlEntry& entry, const std::string& path);
  void doubt(const YamlNode& node);

  Document document_;
  std::map<std::string, std::uint32_t, std::less<>> slots_;
  std::map<std::string, Position, std::less<>> ids_;
  std::vector<std::string> doubtful_;
  std::vector<std::pair<std::string, Position>> templates_;  // names inside ${…} and {{…}} of literal text
};

}  // namespace quanji::flow
