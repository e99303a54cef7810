// What inputs named `columns`, `keys` and `encoding` may hold, in all groups that work on tables.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/encodings.h"
#include "engine/activity.h"
#include "values/field_values.h"
#include "values/table_cast.h"

namespace quanji::activities {

// A list of names selects columns, in its order; a map name → type gives types to some and leaves the others as they are. A type is a word
// (text, integer, decimal, bool, date, time, datetime, duration) or {type, format} with the format of dates as Python's strftime.
struct ColumnWishes {
  struct Typed {
    std::string name;
    values::ColumnType type = values::ColumnType::text;
    std::string format;
  };
  std::vector<std::string> names;
  std::vector<Typed> typed;
};
// invalid_argument says what is wrong where.
engine::Outcome<ColumnWishes> column_wishes(const std::optional<values::Value>& columns);
// A type's word of the flow language; invalid_argument with the words there are.
engine::Outcome<values::ColumnType> column_type(std::string_view word, std::string_view where);
std::string_view type_word(values::ColumnType type);  // "bool", "text" …

// Names only: a list; `what` is the input's name.
engine::Outcome<std::vector<std::string>> name_list(const values::Value& list, std::string_view what);
// keys: a list of names, or a map ours → theirs. At least one.
engine::Outcome<std::vector<std::pair<std::string, std::string>>> key_pairs(const values::Value& keys);

// The casts of typed columns, to be made after reading.
std::vector<values::Cast> casts_of(const std::vector<ColumnWishes::Typed>& typed, values::OnFailure on_failure);

// not_found for the first of these that the table has not, with the closest names.
engine::Outcome<void> need_columns(const values::Table& table, std::span<const std::string> names, base::Sentence which = {"", ""});

enum class IfBad : std::uint8_t { fail, nothing };
enum class TextEncoding : std::uint8_t { utf8, utf8_mark, gbk, gb18030 };
enum class ReadEncoding : std::uint8_t { automatic, utf8, utf8_mark, gbk, gb18030 };
base::Charset charset_of(TextEncoding encoding);
std::optional<base::Charset> charset_of(ReadEncoding encoding);  // nothing: it is to be found out

engine::Failure wrong_argument(std::string_view input, std::string zh, std::string en);

}  // namespace quanji::activities
QUANJI_ENUM(quanji::activities::IfBad, "fail", "nothing");
QUANJI_ENUM(quanji::activities::TextEncoding, "utf-8", "utf-8-bom", "gbk", "gb18030");
QUANJI_ENUM(quanji::activities::ReadEncoding, "auto", "utf-8", "utf-8-bom", "gbk", "gb18030");
