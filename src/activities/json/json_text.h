// JSON text to values and back without losing a digit: integers of 64 bits, every other number an exact decimal.
// Reads foreign bytes: fuzz/json_text.cpp
#pragma once
#include <string>
#include <string_view>

#include "engine/failure.h"
#include "values/value.h"

namespace quanji::activities::json {

// unreadable with line and column and what was expected; of a repeated name the last counts. `name`: of the file, for sentences; empty: a
// text.
engine::Outcome<values::Value> read_text(std::string_view text, std::string_view name);
// As Value::append_plain_json, in lines when `indent` is not 0.
std::string written(const values::Value& value, std::int64_t indent);

}  // namespace quanji::activities::json
