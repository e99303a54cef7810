// The maps `look` of the activities that write tables, read.
#pragma once
#include <string>

#include "engine/activity.h"
#include "values/field_values.h"
#include "workbook/xlsx_write.h"

namespace quanji::activities::excel {

// A colour as #RRGGBB; invalid_argument otherwise, with `where` in the sentence.
engine::Outcome<std::uint32_t> colour_of(const values::Value& value, std::string_view where);
// freeze (0 or 1: the header stays when one scrolls), filter, header (bool), title (a text above the table), number_formats, widths,
// colours (column → …; colours also `header`). Fills the plan of one sheet whose table has these columns.
engine::Outcome<void> take_look(const values::Map& look, const std::vector<std::string>& columns, workbook::SheetWriting& plan);

}  // namespace quanji::activities::excel
