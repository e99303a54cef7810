// Python's own word on the Python of a document, for the checker.
#pragma once
#include "engine/python.h"
#include "flow/checker.h"

namespace quanji::engine {

// On Python's thread.
class InterpreterGrammar final : public flow::PythonGrammar {
 public:
  explicit InterpreterGrammar(Python& python) : python_(python) {}
  std::optional<Complaint> check(Form form, std::string_view python) override;
  // Imports the module: code of the package runs.
  Function look_for(std::string_view module, std::string_view function) override;

 private:
  Python& python_;
};

}  // namespace quanji::engine
