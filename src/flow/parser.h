// From the YAML of a flow document to its model: every word at its place, every form, every name; all problems at once.
// Reads foreign bytes: fuzz/flow_source.cpp
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "flow/document.h"
#include "flow/problem.h"

namespace quanji::flow {

inline constexpr std::uint32_t max_steps = 10'000;
inline constexpr std::uint32_t max_variables = 4'096;  // of one document

struct Reading {
  Document document;  // what could be read; to be run only when there is no error
  std::vector<Problem> problems;
  // Names that steps which could not be read seem to set: nobody complains that they are unknown.
  std::vector<std::string> doubtful;
  bool ok() const { return !has_errors(problems); }
};
// `file`: how the document is called in problems, "flows/reconcile.yaml". The words alone are judged here; what they refer to (variables,
// activities, other flows) by checker.h.
Reading read_document(std::string_view text, std::string file);

// [a-z_][a-z0-9_]{0,62}: flow documents, variables, step ids, error codes, outputs.
bool is_document_name(std::string_view text);
// [a-z0-9][a-z0-9_-]{0,62}: packages, queues, assets, credentials.
bool is_resource_name(std::string_view text);
// group.verb_noun
bool is_activity_id(std::string_view text);

}  // namespace quanji::flow
