// What is wrong with a document: a stable code, the place, what was found and what was expected, and how to mend it, in both languages.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/document.h"

namespace quanji::flow {

enum class Severity : std::uint8_t { error, warning };  // a document with an error is not run

// Stable words: they are never renamed, a new one may come. Each has a row in problem.cpp and a case in the tests.
enum class ProblemCode : std::uint8_t {
  // the file
  not_utf8,
  too_large,
  too_deep,
  empty_document,
  yaml_syntax,
  yaml_tab,
  yaml_feature,
  expression_unquoted,
  colon_blank,
  full_width,
  duplicate_key,
  // forms and words
  wrong_version,
  missing_word,
  unknown_word,
  misplaced_word,
  wrong_form,
  wrong_word,
  bad_name,
  reserved_name,
  name_hides,
  ambiguous_number,
  wrong_duration,
  out_of_range,
  no_act,
  two_acts,
  empty_steps,
  too_many_steps,
  duplicate_id,
  // expressions
  not_expression,
  empty_expression,
  expression_unfinished,
  not_python,
  single_equals,
  python_error,
  unknown_variable,
  variable_set_later,
  variable_maybe_unset,
  constant_condition,
  template_in_literal,
  // order of steps
  outside_loop,
  unreachable,
  catch_unreachable,
  leaves_finally,
  return_in_parallel,
  loop_variable_reused,
  parallel_same_variable,
  // activities and flows
  unknown_activity,
  unknown_input,
  missing_input,
  wrong_type,
  not_a_choice,
  secret_literal,
  unknown_output,
  nothing_to_save,
  output_not_returned,
  error_misspelt,
  unknown_flow,
  call_circle,
  unknown_python,
  // resources, effects, needs
  resource_without_steps,
  not_a_resource,
  wrong_resource,
  resource_closed,
  resume_in_resource,
  once_retried,
  once_without_receipt,
  effect_weakened,
  need_undeclared,
  // packages
  bad_version,
  bad_requirement,
  no_flows,
  unknown_entry,
  duplicate_flow,
  package_need_missing,
};
struct ProblemRow {
  ProblemCode code;
  std::string_view word;
  Severity severity;
  base::Sentence title;  // what the code means
};
std::span<const ProblemRow> problem_table();  // all codes, in their order
const ProblemRow& row_of(ProblemCode code);

struct Problem {
  ProblemCode code{};
  std::string file;
  Position at;
  base::Text message;  // what was found and what was expected
  base::Text mend;     // may be empty

  Severity severity() const { return row_of(code).severity; }
};

enum class Language : std::uint8_t { zh, en };
// "flows/a.yaml:12:9: error: MESSAGE MEND [unknown_word]", one line.
std::string to_line(const Problem& problem, Language language);
// Everything invalid_field says: one field problem an error, its field being "FILE:LINE:COLUMN".
base::Error to_error(std::span<const Problem> problems);
bool has_errors(std::span<const Problem> problems);

// Collects problems; at one place a code stands once. After the first 300 errors no more are taken, nor after 200 warnings.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(ProblemCode code, Position at, base::Text message, base::Text mend = {});
  bool has(ProblemCode code, Position at) const;
  bool any_error() const { return errors_ > 0; }
  bool full() const;               // no more errors are taken: whoever looks for words to propose need not
  std::vector<Problem> take() &&;  // in the order of their places

 private:
  std::string file_;
  std::vector<Problem> found_;
  std::size_t errors_ = 0;
};

}  // namespace quanji::flow
