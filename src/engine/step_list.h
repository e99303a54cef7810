// A flow document as far as the engine runs it now: a list of steps with `set`, `fail` and `return`, given as the JSON of the document.
// The words are those of the flow language; every other word is refused, so a document means the same once the language is whole.
// Reads foreign bytes: fuzz/flow_document.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/value.h"

namespace quanji::engine {

enum class Effect : std::uint8_t { none, repeatable, once };

// Python text (without the leading `=`).
struct Expression {
  std::string text;
};
using Operand = std::variant<Value, Expression>;
using Assignments = std::vector<std::pair<std::string, Operand>>;

struct SetVariables {
  Assignments variables;
};
enum class FailKind : std::uint8_t { business, system };
struct Fail {
  FailKind kind = FailKind::business;
  std::string code;
  Operand message;
};
struct Return {
  Assignments outputs;
};
struct Step {
  std::string path;  // "steps/3": where it stands in the document, and its place in the journal
  std::string id;    // may be empty
  Effect effect = Effect::none;
  std::variant<SetVariables, Fail, Return> act;
};
struct Document {
  std::string flow;
  Assignments inputs;  // declared inputs with their defaults; an input without one must be given
  std::vector<std::string> required_inputs;
  std::vector<Step> steps;
};

// All problems at once, as field problems with the JSON pointer of the place.
base::Result<Document> read_document(const boost::json::value& json);

}  // namespace quanji::engine
