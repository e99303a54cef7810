// Values and variables in the form of the journal, and the texts of dates, times and durations: what is read writes and reads the same.
#include "values/value.h"

#include <boost/json.hpp>
#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "must.h"
#include "values/table.h"

using namespace quanji;
using values::parse_date;
using values::parse_datetime;
using values::parse_duration;
using values::parse_time_of_day;
using values::Value;

namespace {

template <class T>
void check_text(std::string_view text, base::Result<T> (*parse)(std::string_view), std::string (*write)(T)) {
  const auto read = parse(text);
  if (!read.ok()) {
    must(base::is_utf8(read.error().message().zh) && base::is_utf8(read.error().message().en));
    return;
  }
  const auto written = write(*read);
  const auto again = parse(written);
  must(again.ok() && *again == *read && write(*again) == written);
}

void check_value(const Value& value) {
  const auto written = value.json();
  must(base::is_utf8(written));
  const auto json = base::parse_json(written, values::max_value_json_depth);
  must(json.ok());
  const auto again = Value::from_json(*json);
  must(again.ok() && *again == value && again->json() == written && again->hash() == value.hash());
  std::string plain;
  value.append_plain_json(plain);
  must(base::parse_json(plain, values::max_value_json_depth).ok());
  must(base::is_utf8(value.display()));
  must(Value::comparable(value, Value()));
  if (Value::comparable(value, *again)) must(Value::compare(value, *again) == 0);
  if (!value.is(values::Type::list)) return;
  // Rows that make a table: each row comes out as it went in, nothing for what it has not.
  const auto table = values::Table::of_rows(value.list());
  if (!table.ok()) return;
  must(table->rows() == value.list().size() || table->columns() == 0);
  for (std::size_t row = 0; row < table->rows(); ++row)
    for (const auto& [name, cell] : value.list()[row].map()) must(table->at(row, *table->find(name)) == cell);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  check_text<base::Date>(text, &parse_date, &values::date_text);
  check_text<values::TimeOfDay>(text, &parse_time_of_day, &values::to_text);
  check_text<values::DateTime>(text, &parse_datetime, &values::to_text);
  check_text<values::Duration>(text, &parse_duration, &values::to_text);
  check_text<values::Duration>(text, &parse_duration, &values::iso_text);
  const auto json = base::parse_json(text, values::max_value_json_depth);
  if (!json.ok()) return 0;
  if (const auto value = Value::from_json(*json); value.ok())
    check_value(*value);
  else
    must(base::is_utf8(value.error().message().zh) && base::is_utf8(value.error().message().en));
  if (const auto variables = values::variables_from_json(*json); variables.ok()) {
    const auto written = base::parse_json(values::to_json(*variables), values::max_value_json_depth + 1);
    must(written.ok());
    const auto again = values::variables_from_json(*written);
    must(again.ok() && *again == *variables);
  }
  return 0;
}
