// Files of records whose fields stand at fixed bytes: market files (`mktdt00`), fund and settlement files. The layout is data.
//
// Everything is counted in bytes of the file, never in characters of decoded text: `|` may be the second byte of a GBK character and a line
// feed the second byte of a UTF-16 one, so separators and line ends are looked for only where the layout says they stand.
// Reads foreign bytes: fuzz/fixed_width.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encodings.h"
#include "base/fields.h"
#include "base/result.h"

namespace quanji::devices {

// filler: its bytes are skipped, and written as padding. integer, decimal: as DBF files spell them, `-.---` is no value. scaled: digits
// without a point, the last `places` of them behind it. date, time, datetime, boolean: by `format`.
enum class FixedType : std::uint8_t { text, integer, decimal, scaled, date, time, datetime, boolean, filler };
// Which padding is taken away from a text (numbers and dates lose it at both sides always), and to which side a value is written.
enum class FixedTrim : std::uint8_t { right, left, both, none };
enum class FixedAlign : std::uint8_t { automatic, left, right };  // automatic: numbers to the right, the rest to the left
// file: the layout's. UTF-16 is of single fields only; its padding is the blank or the ideographic blank U+3000, whatever `pad` says.
enum class FixedCharset : std::uint8_t { file, utf8, gbk, gb18030, utf16le, utf16be };

struct FixedField {
  std::string name;
  FixedType type = FixedType::text;
  std::optional<std::int64_t> start;  // byte in the record, from 0; none: behind the field before and its separator
  std::int64_t width = 0;             // bytes; 0: up to the next separator, which needs one and no starts
  std::int64_t places = 0;            // of decimal and scaled
  // date, time, datetime: %Y %m %d %H %M %S as in values/table_cast.h but with all their digits, %3f milliseconds (%1f to %6f, %f is %6f),
  // %%; anything else stands for itself: "%Y%m%d-%H:%M:%S.%3f". boolean: "Y/N", "1/0". Empty: %Y%m%d, %H%M%S, %Y%m%d%H%M%S, Y/N.
  std::string format;
  FixedTrim trim = FixedTrim::right;
  FixedAlign align = FixedAlign::automatic;
  std::string pad = " ";  // one byte; numbers lose only blanks and NULs, their zeros are digits anyway
  FixedCharset charset = FixedCharset::file;
  static const base::FieldList& fields();
};

// header: the first record or records, trailer: the last; both are values, not rows.
enum class FixedRole : std::uint8_t { body, header, trailer };

struct FixedRecord {
  std::string name;
  FixedRole role = FixedRole::body;
  // What tells this kind from the others: these bytes (UTF-8 here, in the file's encoding there) at this place. Empty: every record that is
  // of no other kind.
  std::string begins;
  std::int64_t begins_at = 0;
  std::vector<FixedField> columns;
  std::optional<std::int64_t> length;  // of the whole record without its line end, when it is longer than its fields
  // Names of fields (of header and trailer) that hold the number of body records, and the number of bytes from the first body record up to
  // the trailer, line ends counted. Checked on reading, filled on writing.
  std::string count_field, bytes_field;
  // Of a trailer: the sum of all bytes of the file before this field, modulo 256 (found by one whole `mktdt04` file).
  std::string checksum_field;
  static const base::FieldList& fields();
};

enum class FixedEnding : std::uint8_t { lf, crlf, any, none };  // any: LF or CRLF, record by record; written as LF

struct FixedLayout {
  FixedCharset charset = FixedCharset::gb18030;
  FixedEnding ending = FixedEnding::lf;
  std::string separator;  // one byte, or empty: between two fields, or behind each
  bool separator_at_end = false;
  std::vector<FixedRecord> records;
  static const base::FieldList& fields();
};

// A layout whose places are worked out and whose promises were checked: names unique and not empty, fields within their record and not
// over one another, formats that can be read, at most one kind without `begins` for each role. Immutable; any thread.
class FixedPlan {
 public:
  struct Piece {  // of a date's form
    char letter = 0;
    std::size_t count = 0;  // letter 0: `count` bytes that stand for themselves
    std::string itself;
  };
  struct Item {
    FixedField field;
    std::size_t start = 0;    // meaningless when the record has open fields
    std::vector<Piece> form;  // of its format
    std::string yes, no;
  };
  struct Kind {
    FixedRecord record;
    std::string begins;  // in the file's encoding
    std::vector<Item> items;
    std::size_t length = 0;                         // without line end; 0: it has open fields
    std::size_t find(std::string_view name) const;  // SIZE_MAX when there is none
  };
  static base::Result<FixedPlan> of(FixedLayout layout);

  const FixedLayout& layout() const { return layout_; }
  const std::vector<Kind>& kinds() const { return kinds_; }
  base::Charset charset() const;                    // of the file: UTF-16 is of single fields only
  std::size_t longest() const { return longest_; }  // bytes of the longest record with its end; open ones: 1 MiB

 private:
  FixedLayout layout_;
  std::vector<Kind> kinds_;
  std::size_t longest_ = 0;
};

// A layout from JSON, as packages keep it (fields of the structs above in camelCase).
base::Result<FixedPlan> parse_fixed_layout(std::string_view json);

// UTF-16 without byte order mark, strict: a lone surrogate or an odd byte is refused.
base::Result<std::string> utf16_to_utf8(std::string_view bytes, FixedCharset order);
base::Result<std::string> utf8_to_utf16(std::string_view text, FixedCharset order);

// A date's format read and written: micros of a civil datetime, of a time of day, or of the midnight of a date. Nothing when the bytes do
// not follow the form or are no date.
std::optional<std::int64_t> read_form(const std::vector<FixedPlan::Piece>& form, std::string_view bytes);
std::string write_form(const std::vector<FixedPlan::Piece>& form, std::int64_t micros);

}  // namespace quanji::devices
