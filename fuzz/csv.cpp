// CSV files of strangers: every rule of reading, chosen by the first bytes; what was read is written and read again the same.
#include "workbook/csv.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "must.h"
#include "workbook/day_pattern.h"
#include "workbook/text_values.h"

namespace {

using namespace quanji::workbook;
using quanji::values::ColumnType;

void check_days(std::string_view text) {
  const auto pattern = DayPattern::parse(text.substr(0, 40));
  if (!pattern.ok()) return;
  if (const auto micros = pattern->read(text)) {
    std::string again;
    pattern->append(again, *micros);
    must(pattern->read(again) == micros && pattern->exact(*micros));
  }
}

CsvReading reading_of(std::uint8_t a, std::uint8_t b) {
  CsvReading reading;
  reading.delimiter = ",;|\t"[a & 3U];
  reading.quotes = static_cast<Quotes>((a >> 2U) % 3);
  reading.header = (a & 16U) != 0 ? CsvHeader::none : CsvHeader::first_row;
  reading.ragged = (a & 32U) != 0 ? Ragged::pad : Ragged::refuse;
  reading.trim = (a & 64U) != 0;
  reading.untyped = (a & 128U) != 0 ? Untyped::guess : Untyped::text;
  if ((b & 3U) != 0) reading.charset = static_cast<quanji::base::Charset>((b & 3U) - 1);
  if ((b & 4U) != 0) reading.comment = "#";
  reading.skip_lines = (b >> 3U) & 1U;
  reading.wrong_bytes = (b & 128U) != 0 ? WrongBytes::replace : WrongBytes::refuse;
  reading.wrong_value = (b & 64U) != 0 ? WrongValue::nothing : WrongValue::refuse;
  reading.most_record_bytes = 4096;
  if ((b & 16U) != 0 && reading.header == CsvHeader::none) reading.columns = {{"column1", static_cast<ColumnType>((b >> 5U) + 1), ""}};
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto reading = reading_of(data[0], data[1]);
  const auto text = quanji::base::text_of({data + 2, size - 2});
  check_days(text);
  if (const auto number = parse_plain_number(text)) {
    const auto decimal = quanji::values::Decimal::make(number->units, -number->places);
    must(decimal && decimal->plain() == text);
  }
  must(std::string_view(",;|\t").find(guessed_delimiter(text, data[1] & 3U)) != std::string_view::npos);
  const auto read = read_csv_text(text, reading);
  if (!read.ok()) {
    must(quanji::base::is_utf8(read.error().message().zh) && !read.error().message().en.empty());
    return 0;
  }
  const auto& table = *read->table;
  if (table.columns() == 0) return 0;
  // A table of texts with more than one column goes through a file and comes back the same.
  if (reading.untyped != Untyped::text || !reading.columns.empty() || table.columns() < 2) return 0;
  CsvWriting writing;
  writing.delimiter = reading.delimiter;
  writing.charset = quanji::base::Charset::utf8;
  writing.quoting = (data[1] & 8U) != 0 ? Quoting::texts : Quoting::where_needed;
  const auto bytes = csv_text(table, writing);
  must(bytes.ok());
  CsvReading again;
  again.delimiter = reading.delimiter;
  again.charset = quanji::base::Charset::utf8;
  const auto back = read_csv_text(*bytes, again);
  // A first name that begins with U+FEFF would be taken for a mark.
  if (table.name(0).starts_with("\xEF\xBB\xBF")) return 0;
  must(back.ok() && *back->table == table);
  return 0;
}
