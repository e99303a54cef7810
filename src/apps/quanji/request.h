// From an operation's fields to options of the command line, and from given options to a request.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "apps/quanji/session.h"
#include "door/operation.h"

namespace quanji::apps {

// One option of a generated command. Secrets have none: they come by --json - only.
struct Option {
  std::string flag;       // "--department-id"
  std::string json_name;  // "departmentId"
  std::string help;       // sentence and limits, both languages
  const base::ValueOps* type = nullptr;
  bool needed = false;
};

std::string noun_of(const door::Operation& operation);  // "api-clients"
// The last part of the id; with the group in front where the collection holds things of another kind ("users grant-list").
std::string verb_of(const door::Operation& operation);
// The word of the command: verb_of, but `audit verify` is the offline check, so the platform's own is `audit verify-remote`.
std::string command_of(const door::Operation& operation);
std::vector<std::string> path_parameters(const door::Operation& operation);
// Sentence and limits of what stands in the path, as of an option.
std::string path_parameter_help(const door::Operation& operation, std::string_view name);
std::vector<Option> options_of(const door::Operation& operation);

struct Given {
  std::vector<std::string> path;              // in the order of path_parameters
  std::map<std::string, std::string> fields;  // json_name → text
  std::string json, if_match, idempotency_key;
  std::string content;  // of an operation that takes a file in
};
// `json` is the text itself here. invalid_field names the option that cannot be read.
base::Result<Ask> make_ask(const door::Table& table, const door::Operation& operation, const Given& given);

}  // namespace quanji::apps
