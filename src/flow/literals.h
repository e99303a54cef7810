// Literals of flow documents: what a YAML scalar means, and how a literal becomes a value of the type its place asks for.
// Reads its own bytes only: the scalars come from read_yaml, whose target is fuzz/flow_source.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/document.h"
#include "flow/yaml_tree.h"

namespace quanji::flow {

// "text", "integer" …, "any", or the kind of a resource ("browser"): a name that is no type word.
TypeWord type_word(std::string_view word);
std::string word_of(const TypeWord& type);
// The words a document may declare a type with, in the order of the reference.
std::span<const std::string_view> type_words();

// A plain scalar by YAML's core schema: nothing, bool, integer, decimal or text. A number whose digits would change when it is read as one
// (leading zeros, hexadecimal, beyond 64 bits, .inf) is a problem: a securities code is text.
values::Value scalar_value(const YamlNode& scalar, Problems& problems);

// The literal as a value of that type: dates, times, datetimes and durations from their text, decimal from integer, table from a list of
// maps; nothing stays nothing; file stays text (a path below the run's folder). A failure says what was expected.
base::Result<values::Value> literal_as(const values::Value& literal, const TypeWord& type);

// How a literal of the type is written, for sentences: "2026-11-20", "30s".
base::Text how_to_write(const TypeWord& type);

}  // namespace quanji::flow
