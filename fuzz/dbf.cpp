// DBF files of strangers: headers that lie, numbers that are none, texts in any encoding. What is read keeps the reader's promises, reads
// the same in parts, and, written again, reads the same. Input: a byte of choices, then the file.
// Built with src/devices/record_findings.cpp src/devices/record_numbers.cpp src/devices/record_text.cpp src/devices/record_file.cpp
// Built with src/devices/stable_copy.cpp src/devices/dbf_header.cpp src/devices/dbf_columns.cpp src/devices/dbf_reader.cpp
// Built with src/devices/dbf_writer.cpp
#include "devices/dbf.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_writer.h"
#include "devices/record_numbers.h"
#include "devices/record_text.h"
#include "must.h"
#include "values/decimal.h"
#include "values/table.h"

using namespace quanji;

namespace {

void check_sentence(const base::Text& text) {
  must(!text.zh.empty() && !text.en.empty() && base::is_utf8(text.zh) && base::is_utf8(text.en));
}
void check_refusal(const base::Error& error) { check_sentence(error.message()); }

void check_number(std::string_view bytes) {
  for (const std::int32_t places : {0, 2, 18}) {
    const auto number = devices::read_number(bytes, places);
    if (number.found != devices::NumberFound::units) continue;
    // Decimal reads the same number, but for the plus sign.
    auto spelling = number.spelling;
    if (spelling.starts_with('+')) spelling.remove_prefix(1);
    const auto decimal = values::Decimal::parse(spelling);
    must(decimal.ok() && *decimal == *values::Decimal::make(number.units, -places));
  }
  if (const auto day = devices::read_day(bytes)) must(devices::write_day(*day) == bytes);
}

void check_text(base::Charset charset, std::string_view bytes) {
  const auto text = devices::decode_field(charset, bytes);
  must(base::is_utf8(text.text) && text.bad.has_value() == !text.reason.en.empty());
  must(!text.bad || *text.bad < bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = devices::character_length(charset, bytes, at);
    must(length >= 1 && at + length <= bytes.size());
    at += length;
  }
  if (devices::is_plain_ascii(bytes)) must(!text.bad && text.text == bytes);
}

void check_table(const values::Table& table, const devices::DbfRows& rows) {
  for (std::size_t c = 0; c < table.columns(); ++c) {
    must(base::is_utf8(table.name(c)) && table.column(c)->size() == table.rows());
    if (table.column(c)->type() != values::ColumnType::text) continue;
    for (std::size_t r = 0; r < table.rows(); ++r)
      if (!table.column(c)->is_nothing(r)) must(base::is_utf8(table.column(c)->text(r)));
  }
  must(rows.findings.first().size() <= rows.findings.count() && rows.findings.first().size() <= 5);
  for (const auto& finding : rows.findings.first()) check_refusal(devices::to_error(finding, "f.dbf"));
}

// Written with the same schema, if the writer takes all of it, the table comes back.
void check_written(const devices::DbfSchema& schema, const values::Table& table, base::Charset charset) {
  devices::DbfWriteOptions options;
  options.charset = charset;
  const auto header = devices::write_dbf_header(schema, charset);
  const auto records = devices::DbfRecords::of(table, schema, options);
  if (!header || !records) return;
  std::string file = *header;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (auto status = records->append(row, file); !status.ok()) return check_refusal(status.error());
  }
  const auto reader = devices::DbfReader::open(devices::RecordFile::of_bytes("again.dbf", file), charset);
  must(reader.ok());
  if (reader->schema().fields != schema.fields) return;  // names that were repaired
  const auto again = reader->read({});
  must(again.ok() && again->table == table);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto choices = data[0];
  const auto bytes = base::text_of({data + 1, size - 1});
  const auto charset = (choices & 3U) == 0 ? base::Charset::utf8 : (choices & 3U) == 1 ? base::Charset::gbk : base::Charset::gb18030;
  const auto front = bytes.substr(0, 64);
  check_number(front.substr(0, 24));
  check_text(charset, front);
  if (auto header = devices::parse_dbf_header(bytes, charset, "f.dbf"); !header.ok()) check_refusal(header.error());

  const auto reader = devices::DbfReader::open(devices::RecordFile::of_bytes("f.dbf", std::string(bytes)), charset);
  if (!reader) {
    check_refusal(reader.error());
    return 0;
  }
  const auto& schema = reader->schema();
  must(schema.whole_size() <= bytes.size());
  devices::DbfReadOptions options;
  options.typing = (choices & 4U) != 0 ? devices::DbfTyping::text : devices::DbfTyping::typed;
  options.bad_text = (choices & 8U) != 0 ? devices::BadText::replace : devices::BadText::refuse;
  options.garbage = (choices & 16U) != 0 ? devices::Garbage::nothing : devices::Garbage::refuse;
  options.keep_findings = 5;
  const auto rows = reader->read(options);
  if (!rows) {
    check_refusal(rows.error());
    return 0;
  }
  must(rows->records == schema.records && rows->table.rows() == schema.records);
  check_table(rows->table, *rows);

  const auto half = schema.records / 2;
  options.most = half;
  const auto first = reader->read(options);
  options.skip = half;
  options.most = UINT64_MAX;
  const auto second = reader->read(options);
  must(first.ok() && second.ok() && first->table.rows() + second->table.rows() == rows->table.rows());
  must(first->findings.count() + second->findings.count() == rows->findings.count());
  must(first->deleted + second->deleted == rows->deleted);
  for (std::size_t c = 0; c < rows->table.columns(); ++c) {
    if (half > 0) must(first->table.at(half - 1, c) == rows->table.at(half - 1, c));
    if (schema.records > half) must(second->table.at(0, c) == rows->table.at(half, c));
  }
  if (rows->findings.count() == 0 && options.typing == devices::DbfTyping::typed) check_written(schema, rows->table, charset);
  return 0;
}
