// `quanji flow edit`: edits that keep comments and order, by the npm module the designer uses (console/src/flow-edit), run by node.
#pragma once
#include <cstdio>
#include <string>

#include "flow/problem.h"

namespace quanji::apps {

// `edits`: a JSON file, - for standard input: [{"op":"set","at":"steps/0/timeout","value":"30m"}, …]. The file is written whole, or not at
// all: when an edit cannot be done, or when the flow would have an error it had not before, the sentence says which. 0, 1 refused, 2 usage,
// 4 node or the module is not there.
int edit_flow(const std::string& file, const std::string& edits, flow::Language language, std::FILE* out, std::FILE* err);

}  // namespace quanji::apps
