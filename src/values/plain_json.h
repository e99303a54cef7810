// JSON of other programs as values: nothing is a word of ours there ("$decimal" is a key like any other) and no number is rounded.
// Reads foreign bytes: fuzz/plain_json.cpp
#pragma once
#include <string_view>

#include "base/result.h"
#include "values/value.h"

namespace quanji::values {

// Whole numbers of 64 bits are integers, all others exact decimals; null is nothing; of a key that stands twice the last counts; a
// byte-order mark is passed over. unreadable_body says line and column of what is no JSON in UTF-8, is nested deeper than max_value_depth
// or a number no decimal can hold.
base::Result<Value> parse_plain_json(std::string_view text);

}  // namespace quanji::values
