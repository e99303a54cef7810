// Everything that can be known of a document before it runs: variables, activities and their inputs, other flows, needs, effects.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/activity_info.h"
#include "flow/document.h"
#include "flow/parser.h"
#include "flow/problem.h"

namespace quanji::flow {

// Python's own word on a piece of Python, from who has an interpreter (the runner). Called on the thread that checks.
class PythonGrammar {
 public:
  enum class Form : std::uint8_t { expression, block };  // a block is the body of a function
  struct Complaint {
    std::uint32_t line = 1;    // of the piece, from 1
    std::uint32_t column = 1;  // in characters, from 1
    base::Text message;
  };
  enum class Function : std::uint8_t { there, no_module, no_function };
  virtual ~PythonGrammar() = default;
  virtual std::optional<Complaint> check(Form form, std::string_view python) = 0;
  virtual Function look_for(std::string_view module, std::string_view function) = 0;
};

// What the document stands in. What is not given is not checked.
struct Surroundings {
  const Catalogue* activities = nullptr;
  std::optional<std::vector<const Document*>> flows;       // all flows of the package; the document itself may be among them
  std::optional<std::vector<std::string>> python_modules;  // "reports.daily": what stands in the package's python/
  PythonGrammar* python = nullptr;
  std::vector<std::string> names;  // what expressions see besides variables, Python's names and those of python_names.h
};

// Problems beyond those of reading it, in the order of their places.
std::vector<Problem> check_document(const Document& document, const Surroundings& surroundings,
                                    const std::vector<std::string>& doubtful = {});

// Read and checked: all problems of both, in the order of their places.
Reading check_source(std::string_view text, std::string file, const Surroundings& surroundings);

}  // namespace quanji::flow
