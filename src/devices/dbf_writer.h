// Writes tables as DBF files: each value exactly as its field can hold it, or refused with row, field and reason. Nothing is cut or rounded
// unless the caller says so.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/encodings.h"
#include "base/result.h"
#include "devices/dbf.h"
#include "devices/record_file.h"
#include "values/decimal.h"
#include "values/table.h"

namespace quanji::devices {

struct DbfWriteOptions {
  base::Charset charset = base::Charset::gb18030;
  std::optional<values::Rounding> rounding;  // of numbers with more places than their field; none: such a number is refused
  std::string deleted_column = "_deleted";   // a boolean column of the table that sets the deletion flags, when there is one
  Existing existing = Existing::refuse;
  GoOn go_on;  // asked before every block that is written
};

// Rows of one table as records of a schema. Columns go to fields of their name, in any case of letters; a column without a field is
// refused, a field without a column is blank. `table` and `schema` outlive it. A value that is refused is invalid_field with the
// FindingKind's word as detail.
//
// C takes text, integer, decimal and date (yyyymmdd); N and F integer, decimal, and text that is a number or a mark without a value
// ("-.---"); D date; L boolean; I integer; B and Y decimal and integer; T datetime. Nothing is blank (in I, B, Y and T only where the field
// is nullable).
class DbfRecords {
 public:
  static base::Result<DbfRecords> of(const values::Table& table, const DbfSchema& schema, const DbfWriteOptions& options);
  // Appends the record of one row.
  base::Status append(std::size_t row, std::string& out) const;

 private:
  struct Pair {
    const DbfField* field;
    const values::Column* column;
    std::optional<std::uint32_t> null_bit;
  };
  DbfRecords(const DbfSchema& schema, const DbfWriteOptions& options) : schema_(&schema), options_(options) {}
  base::Status put(const Pair& pair, std::size_t row, std::string& record) const;
  std::string blank_;  // a record without any value
  std::uint32_t null_flags_ = 0;
  std::vector<Pair> pairs_;
  const values::Column* deleted_ = nullptr;
  const DbfSchema* schema_;
  DbfWriteOptions options_;
};

// A schema that holds the table: C as wide as its longest text (at least 1, at most 254 bytes), N for integers and decimals, D, L; times,
// datetimes and durations as text. Refuses columns of lists and the like, and names that are no field names.
base::Result<DbfSchema> dbf_schema_for(const values::Table& table, const DbfWriteOptions& options);

// The whole file, with end mark and `day` in its header, under its name only when it is complete and on the disk.
base::Status write_dbf(const std::string& path, DbfSchema schema, const values::Table& table, base::Date day,
                       const DbfWriteOptions& options);

// The header's three bytes of a day.
void set_header_day(DbfSchema& schema, base::Date day);

}  // namespace quanji::devices
