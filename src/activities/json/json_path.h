// Paths into documents: a JSON pointer (RFC 6901) when it begins with `/` or is empty, a JSONPath when it begins with `$`.
//
// Of JSONPath (RFC 9535): `.name`, `['name']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`, `..name`, `..*`, and unions `['a','b']`. Filters are
// the language's own (a comprehension over what was found).
// Reads foreign bytes: fuzz/json_text.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/failure.h"
#include "values/value.h"

namespace quanji::activities::json {

// All values the path finds, in the order of the document. invalid_argument for what is no path; too_large beyond a million.
engine::Outcome<values::List> find(const values::Value& document, std::string_view path);
// The document with the value at the pointer set, added (`/-` behind a list's end) or, without a value, removed. no_match when the way to
// it is not there. A JSONPath is refused when it is more than names and indexes.
engine::Outcome<values::Value> set(const values::Value& document, std::string_view path, const std::optional<values::Value>& value);

}  // namespace quanji::activities::json
