// Bytes of one DBF field, record after record, into one column.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/encodings.h"
#include "devices/dbf.h"
#include "devices/dbf_reader.h"
#include "values/table.h"

namespace quanji::devices {

// The records of one block that go into the table.
struct DbfBlock {
  std::span<const char* const> records;    // each begins with its deletion flag
  std::span<const std::uint64_t> numbers;  // of each record, from 0
  std::uint64_t header_length = 0;
  std::uint32_t record_length = 0;
};

// One thread.
class DbfColumn {
 public:
  // `file`, `field` and `findings` outlive it. null_at: where the record says that the field is null.
  struct Place {
    const std::string* file;
    const DbfField* field;
    Findings* findings;
    base::Charset charset;
    BadText bad_text;
    DbfTyping typing;
    std::uint32_t null_flags = 0;  // offset of _NullFlags
    std::optional<std::uint32_t> null_bit, varied_bit;
  };
  // not_supported for what has no values here: memo and binary fields.
  static base::Result<DbfColumn> of(const Place& place);
  void reserve(std::size_t rows) { builder_.reserve(rows); }
  base::Status add(const DbfBlock& block);
  values::ColumnPtr finish() && { return std::move(builder_).finish(); }

 private:
  using Add = base::Status (DbfColumn::*)(const DbfBlock&, std::size_t);
  DbfColumn(const Place& place, values::ColumnBuilder builder, Add one) : at_(place), builder_(std::move(builder)), one_(one) {}

  base::Status add_numbers(const DbfBlock& block);
  base::Status add_texts(const DbfBlock& block);
  base::Status add_number(const DbfBlock& block, std::size_t i);
  base::Status add_text(const DbfBlock& block, std::size_t i);
  base::Status add_other_text(const DbfBlock& block, std::size_t i, std::string_view bytes);
  base::Status add_date(const DbfBlock& block, std::size_t i);
  base::Status add_logical(const DbfBlock& block, std::size_t i);
  base::Status add_int(const DbfBlock& block, std::size_t i);
  base::Status add_double(const DbfBlock& block, std::size_t i);
  base::Status add_money(const DbfBlock& block, std::size_t i);
  base::Status add_datetime(const DbfBlock& block, std::size_t i);
  // Any of the above as text.
  base::Status add_displayed(const DbfBlock& block, std::size_t i);

  std::string_view bytes(const DbfBlock& block, std::size_t i) const { return {block.records[i] + at_.field->offset, at_.field->width}; }
  static bool bit(const char* record, std::uint32_t flags, std::uint32_t bit) {
    return ((static_cast<std::uint8_t>(record[flags + bit / 8]) >> (bit % 8)) & 1U) != 0;
  }
  bool is_null(const char* record) const { return at_.null_bit && bit(record, at_.null_flags, *at_.null_bit); }
  // Counts or refuses; when it is counted the row has no value.
  base::Status no_value(const DbfBlock& block, std::size_t i, base::Text reason);
  RecordFinding finding(const DbfBlock& block, std::size_t i, base::Text reason) const;

  Place at_;
  values::ColumnBuilder builder_;
  Add one_;
};

}  // namespace quanji::devices
