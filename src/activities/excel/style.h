// The map `style`, read and told.
#pragma once
#include "engine/activity.h"
#include "values/value.h"
#include "workbook/xlsx_structure.h"

namespace quanji::activities::excel {

// number_format, bold, italic, size, colour, background, border (true, false or none, thin, medium, thick), align (general, left, center,
// right), wrap, width, height, hidden, merge. invalid_argument names the word that is wrong.
engine::Outcome<workbook::LookChange> style_of(const values::Map& style);
values::Map style_map(const workbook::LookChange& look);

}  // namespace quanji::activities::excel
