// Texts of files cast to every type, and dates by a format: what is read is in range, writes and reads the same, problems are sentences.
// Input: the first line is the format, each other line a cell.
#include "values/table_cast.h"

#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

using namespace quanji;

namespace {

void check_format(std::string_view text, std::string_view format) {
  if (const auto problem = values::format_problem(format)) {
    must(base::is_utf8(problem->zh) && base::is_utf8(problem->en));
    return;
  }
  const auto read = values::parse_by_format(text, format);
  if (!read) return;
  must(read->micros >= 0 && read->micros < 86'400'000'000);
  const auto written = values::write_by_format(*read, format);
  const auto again = values::parse_by_format(written, format);
  // A two-digit year has lost its century only when a four-digit one stands beside it.
  if (format.find("%y") == std::string_view::npos || format.find("%Y") == std::string_view::npos)
    must(again && values::write_by_format(*again, format) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::text_of({data, size});
  const auto line = [&text] {
    const auto end = text.find('\n');
    const auto one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return one;
  };
  const std::string format(line());
  values::ColumnBuilder builder(values::ColumnType::text);
  while (!text.empty() && builder.size() < 64) {
    const auto cell = line();
    check_format(cell, format);
    builder.add_text(cell);
  }
  const auto rows = builder.size();
  const auto table = values::Table::make({"c"}, {std::move(builder).finish()});
  must(table.ok());
  for (const auto to : {values::ColumnType::boolean, values::ColumnType::integer, values::ColumnType::decimal, values::ColumnType::date,
                        values::ColumnType::time, values::ColumnType::datetime, values::ColumnType::duration}) {
    values::Cast how{.column = "c", .to = to, .format = format, .on_failure = values::OnFailure::nothing};
    auto cast = values::cast_columns(*table, {&how, 1});
    if (!cast.ok()) {
      how.format.clear();
      cast = values::cast_columns(*table, {&how, 1});
    }
    must(cast.ok() && cast->rows() == rows && cast->column(0)->type() == to);
    // As text and back it is the same.
    values::Cast there{.column = "c", .to = values::ColumnType::text}, back{.column = "c", .to = to};
    const auto texts = values::cast_columns(*cast, {&there, 1});
    must(texts.ok());
    if (const auto again = values::cast_columns(*texts, {&back, 1}); again.ok())
      must(*again == *cast);
    else
      must(to == values::ColumnType::decimal);  // large exponents written in full have more than 38 digits
    how.on_failure = values::OnFailure::refuse;
    const auto strict = values::cast_columns(*table, {&how, 1});
    if (strict.ok())
      must(*strict == *cast);
    else
      for (const auto& problem : strict.error().fields()) must(base::is_utf8(problem.reason.zh) && base::is_utf8(problem.reason.en));
  }
  return 0;
}
