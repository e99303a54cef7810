// A table as text for people: aligned columns for a log or a message, Markdown, HTML for a mail.
#pragma once
#include <cstdint>
#include <string>

#include "values/table.h"

namespace quanji::values {

enum class TextForm : std::uint8_t { plain, markdown, html };
// Numbers stand to the right; Chinese characters count two places; a line end inside of a value becomes a blank (HTML: <br>), characters
// that the form itself uses are escaped. Nothing is empty. Rows beyond `limit` are left out and counted in a last line.
std::string text_of(const Table& table, TextForm form, std::size_t limit);
// How many places of a fixed-width screen a UTF-8 text takes.
std::size_t places_of(std::string_view text);

}  // namespace quanji::values
