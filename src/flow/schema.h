// JSON Schema (draft-07) of flow documents and of package.yaml, for editors that complete and check YAML (yaml-language-server): every word
// with its sentence in both languages, every activity with its inputs. It knows less than the checker and never refuses what that takes.
#pragma once
#include <string>

#include "flow/activity_info.h"

namespace quanji::flow {

// The text of contracts/flow.schema.json and contracts/package.schema.json: the same bytes for the same catalogue, a line feed at the end.
std::string flow_schema(const Catalogue& activities);
std::string package_schema();

}  // namespace quanji::flow
