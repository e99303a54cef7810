// Wrong documents and exactly what has to be said of them.
#pragma once
#include <span>
#include <string_view>

namespace quanji::flow {

struct WrongDocument {
  std::string_view name;
  // A whole document; or steps, when it begins with "- ": they are put below three lines of head, with no indentation. The first
  // line feed is none of it.
  std::string_view text;
  std::string_view problems;  // "LINE:COLUMN code", by places, separated by ", "
};
std::span<const WrongDocument> wrong_files();   // YAML, forms, words
std::span<const WrongDocument> wrong_steps();   // steps and expressions
std::span<const WrongDocument> wrong_senses();  // what only the checker sees

}  // namespace quanji::flow
