// Separated values: RFC 4180 and what files of the trade do beyond it, in and out, piece by piece.
// Reads foreign bytes: fuzz/csv.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/encodings.h"
#include "base/result.h"
#include "values/table.h"
#include "workbook/new_file.h"

namespace quanji::workbook {

enum class Quotes : std::uint8_t {
  doubled,    // "a ""b"" c", as RFC 4180 says
  backslash,  // "a \"b\" c"
  none        // a quotation mark is a character like any other
};
enum class CsvHeader : std::uint8_t { first_row, none };
enum class Ragged : std::uint8_t {
  refuse,  // a row of another length is an error
  pad      // what a short row lacks is nothing; a long row may only have empty places too many
};
// Where no type is said for a column.
// What becomes of a value that is not of its column's type.
enum class WrongValue : std::uint8_t { refuse, nothing };
// What becomes of bytes that are no text in the file's encoding: U+FFFD in their place.
enum class WrongBytes : std::uint8_t { refuse, replace };
enum class Untyped : std::uint8_t {
  text,  // as it stands: 000001 stays 000001
  guess  // integer, decimal, date, datetime when every value of the column is spelled in the one way that loses nothing
};

struct CsvColumn {
  std::string name;
  values::ColumnType type = values::ColumnType::text;
  std::string format;  // of date, time and datetime (day_pattern.h); empty: ISO 8601, and yyyyMMdd for a date
};

struct CsvReading {
  std::optional<base::Charset> charset;  // nothing: a byte order mark, else utf-8 if the beginning is, else gb18030
  char delimiter = ',';
  Quotes quotes = Quotes::doubled;
  CsvHeader header = CsvHeader::first_row;
  std::vector<std::string> names;  // of the columns, where the file has no header row; else "column1" …
  Ragged ragged = Ragged::refuse;
  bool trim = false;               // blanks and tabs around values that are not quoted
  std::string comment;             // a line that begins with it is none; empty: there are no comments
  std::uint32_t skip_lines = 0;    // titles above the header
  std::vector<CsvColumn> columns;  // types of some of them, by name
  std::vector<std::string> only;   // of a table: these columns, in this order; empty: all
  WrongValue wrong_value = WrongValue::refuse;
  WrongBytes wrong_bytes = WrongBytes::refuse;
  Untyped untyped = Untyped::text;
  std::string file;  // how the file is called in sentences
  std::uint64_t most_rows = 100'000'000;
  std::size_t most_record_bytes = 16U << 20U;
};

// What bytes come from. One thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to room.size() bytes; 0 at the end.
  virtual base::Result<std::size_t> read(std::span<char> room) = 0;
};
// not_found, not_permitted or invalid_field (a folder) when the file cannot be read.
base::Result<std::unique_ptr<ByteSource>> open_file(const std::string& path);
// The text outlives the source.
std::unique_ptr<ByteSource> source_of(std::string_view text);

// One value of a record. An empty place without quotation marks is nothing.
struct CsvField {
  std::string_view text;  // valid until the next record
  bool quoted = false;
  bool is_nothing() const { return text.empty() && !quoted; }
};

// The one of , ; tab | that cuts the first lines of a file alike, quotation marks heeded; a comma when none of them does.
// `beginning`: some of the file's first bytes in any of its encodings.
char guessed_delimiter(std::string_view beginning, std::uint32_t skip_lines = 0);

// Records one after the other in memory of one record (and a block of the file). One thread.
class CsvRecords {
 public:
  CsvRecords(std::unique_ptr<ByteSource> source, CsvReading reading);
  ~CsvRecords();
  CsvRecords(CsvRecords&&) noexcept;
  CsvRecords& operator=(CsvRecords&&) noexcept;
  // False at the end. Comments, empty lines and `skip_lines` are left out; header and lengths are the caller's affair. Failures:
  // invalid_field with file, line, column, reason and mend, and what it is about as detail: "unreadable" or "bad_encoding"; too_large for
  // a record over the limit.
  base::Result<bool> next();
  std::span<const CsvField> fields() const;
  std::uint64_t line() const;     // where the record begins, counted from 1
  base::Charset charset() const;  // known after the first record

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

struct CsvTable {
  values::TablePtr table;
  std::vector<base::Text> notes;  // what was made of the header: a name twice, a column without a name
};
// The whole file, with every rule of `reading`. Memory: the table and a block. Failures as CsvRecords has them; also not_found for a column
// that the file has not, and invalid_field with the detail "bad_value".
base::Result<CsvTable> read_csv(std::unique_ptr<ByteSource> source, const CsvReading& reading);
base::Result<CsvTable> read_csv_file(const std::string& path, CsvReading reading);
base::Result<CsvTable> read_csv_text(std::string_view bytes, const CsvReading& reading);

enum class LineEnd : std::uint8_t { crlf, lf };
enum class Quoting : std::uint8_t { where_needed, texts, all };
// A text that begins with = + - @ (also full width), a tab or a carriage return is a formula to a spreadsheet.
enum class FormulaGuard : std::uint8_t {
  none,
  apostrophe  // ' in front of such a text unless it is a plain number
};

struct CsvWriting {
  base::Charset charset = base::Charset::utf8;
  bool byte_order_mark = false;  // of utf-8: Excel reads Chinese only with it
  char delimiter = ',';
  LineEnd line_end = LineEnd::crlf;
  CsvHeader header = CsvHeader::first_row;
  Quoting quoting = Quoting::where_needed;
  FormulaGuard guard = FormulaGuard::none;
  Existing existing = Existing::replace;
  std::string date_format = "yyyy-MM-dd";
  std::string time_format = "HH:mm:ss";
  std::string datetime_format = "yyyy-MM-dd HH:mm:ss";
  std::vector<CsvColumn> columns;  // formats of some columns, by name; the type does not matter here
  std::string true_word = "true", false_word = "false";
};

// Rows one after the other into a file. A new file is complete at its place when `close` returns, or it is not there: it is written beside
// as NAME.part. Appending goes straight into the file and first ends a line that has no end; no header is written where rows already are.
// One thread.
class CsvWriter {
 public:
  static base::Result<CsvWriter> open(const std::string& path, std::vector<std::string> names, CsvWriting writing);
  ~CsvWriter();
  CsvWriter(CsvWriter&&) noexcept;
  CsvWriter& operator=(CsvWriter&&) noexcept;
  // As many values as names. Failures name row and column and have the detail "bad_value" or "bad_encoding": a character the encoding has
  // not, a time the format would cut, a value that is no single value (list, map, table).
  base::Status add(std::span<const values::Value> row);
  // Its columns by place. `go_on` is asked before every block; what it answers instead is the answer.
  base::Status add(const values::Table& table, const std::function<base::Status()>& go_on = {});
  base::Status close();  // writes what is left; store_unavailable when the disk refuses
  std::uint64_t rows() const;
  std::uint64_t guarded() const;  // texts that got an apostrophe

 private:
  class Machine;
  explicit CsvWriter(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};
// The bytes of a table, as CsvWriter makes them.
base::Result<std::string> csv_text(const values::Table& table, const CsvWriting& writing);

struct CsvAppending {
  std::optional<base::Charset> charset;  // nothing: as the file is read
  std::optional<char> delimiter;         // nothing: as the file's first lines are cut
};
// Rows at the end of a file that has a header row, all or none, on the disk when it returns: columns go under the header's names, one the
// table has not is left empty, line ends are the file's. Failures: not_found for no file and for a column the header has not; invalid_field
// with the details of reading and writing; the disk's refusal, after which the file is as it was if the disk lets it.
base::Result<std::uint64_t> append_csv(const std::string& path, const values::Table& table, const CsvAppending& how);

}  // namespace quanji::workbook
