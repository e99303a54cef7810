// What is wrong with a table operation, as sentences: the field of the question, the column, the row and the value, the names there are.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields_json.h"
#include "base/result.h"
#include "values/table.h"

namespace quanji::values {

// invalid_field with one field problem; the message says the same.
base::Error table_problem(std::string field, const base::Text& reason);
// All problems found, which are taken out; the message is the first of them and how many more there are.
base::Status as_status(base::Problems& problems);

// Which table of two a sentence speaks of.
enum class Side : std::uint8_t { only, left, right };
base::Sentence word_of(Side side);  // "表"/"table", "左表"/"left table" …

// The column of that name. Adds a problem at `field` that names the closest existing ones, and returns 0, when there is none.
std::size_t need_column(const Table& table, std::string_view name, std::string_view field, base::Problems& problems,
                        Side side = Side::only);
// Several; each name once. Fields are FIELD/0, FIELD/1 …
std::vector<std::size_t> need_columns(const Table& table, std::span<const std::string> names, std::string_view field,
                                      base::Problems& problems, Side side = Side::only);
// "600000"、-1.20 …: a value in a sentence, at most 60 bytes.
std::string told(const Value& value);

}  // namespace quanji::values
