#include "flow/parser.h"

#include "flow/document_reader.h"
#include "flow/yaml_tree.h"

namespace quanji::flow {

Reading read_document(std::string_view text, std::string file) {
  Problems problems(file);
  const YamlNode root = read_yaml(text, problems);
  DocumentReader reader(problems, std::move(file));
  reader.read(root);
  Reading out;
  out.doubtful = reader.take_doubtful();
  out.document = reader.take_document();
  out.problems = std::move(problems).take();
  return out;
}

}  // namespace quanji::flow
