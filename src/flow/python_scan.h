// What can be said of a Python expression without Python: the names it uses, whether it is complete, what is no Python at all. Careful
// rather than clever: a name is told only when it is certainly looked up among the variables.
// Reads foreign bytes: fuzz/flow_source.cpp
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quanji::flow {

struct PythonName {
  std::string name;
  std::size_t offset = 0;  // bytes into the expression
};
// name("text"): a call whose only argument so far is a text literal.
struct PythonCall {
  std::string name;
  std::string text;
  std::size_t offset = 0;
};
struct PythonScan {
  std::vector<PythonName> names;  // looked up outside: no attributes, no keyword arguments, nothing bound by for, lambda or :=
  std::vector<PythonCall> calls;
  enum class Unfinished : std::uint8_t { no, text, bracket };  // a quote, a bracket is open at the end
  Unfinished unfinished = Unfinished::no;
  std::optional<std::size_t> extra_bracket;  // one that closes nothing
  std::optional<std::size_t> single_equals;  // an assignment where only a comparison makes sense
  struct Foreign {
    std::size_t offset = 0;
    std::string found;
    std::string python;  // how Python says it
  };
  std::optional<Foreign> foreign;  // &&, ||, !x, ?:, full-width punctuation
  bool full_width = false;         // of `foreign`
};
PythonScan read_expression(std::string_view python);

}  // namespace quanji::flow
