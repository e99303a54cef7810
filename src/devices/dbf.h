// What the header of a DBF file says: dBASE III, FoxBASE, FoxPro and Visual FoxPro.
//
// Source of the format: dBASE III's table header (32 bytes, then 32 bytes a field, then 0x0D), with what FoxPro added: nullable fields, a
// system field `_NullFlags` (type 0), binary types I B Y T, a backlink of 263 bytes behind 0x0D. Numbers are little-endian.
// Reads foreign bytes: fuzz/dbf.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encodings.h"
#include "base/result.h"
#include "devices/record_file.h"

namespace quanji::devices {

struct DbfField {
  std::string name;          // UTF-8; a second field of one name gets "_2"
  char type = 'C';           // C N F D L I B Y T V 0 and the memo types M G P W Q
  std::uint32_t width = 0;   // bytes
  std::int32_t places = 0;   // of N, F, B; 4 for Y
  std::uint32_t offset = 0;  // in the record; its first byte is the deletion flag
  bool nullable = false;     // Visual FoxPro
  bool system = false;       // hidden: _NullFlags
  bool operator==(const DbfField&) const = default;
};

struct DbfSchema {
  std::uint8_t version = 3;
  // The header's year, month and day as they stand there. Real files carry any year: never a business date.
  std::uint8_t year = 0, month = 0, day = 0;
  std::uint64_t records = 0;
  std::uint32_t header_length = 0, record_length = 0;
  std::uint8_t language = 0;  // code page mark; 0 is usual
  bool append_begun = false;  // byte 14, dBASE's "incomplete transaction": see dbf_append.h
  std::vector<DbfField> fields;

  bool visual_foxpro() const { return version >= 0x30 && version <= 0x32; }
  // By name in any case; SIZE_MAX when there is none.
  std::size_t find(std::string_view name) const;
  // What the records need, without the end mark 0x1A.
  std::uint64_t whole_size() const { return header_length + records * record_length; }
};

inline constexpr std::size_t dbf_name_bytes = 10;

// `bytes`: the file's beginning, header_length bytes or more (at most 65 535 are looked at). Refuses with the place and the reason: no
// DBF version, no field, an unknown type, a width its type cannot have, fields that overlap, a record length that is not the sum of the
// fields. The names' encoding is `charset`.
base::Result<DbfSchema> parse_dbf_header(std::string_view bytes, base::Charset charset, std::string_view file);

// The header of the file, taken between two looks at its size, so that an append under way does not disturb; then the law of sizes: the
// file is header + records, or one byte more (0x1A); longer only while an append is begun. Else "incomplete", naming both numbers.
base::Result<DbfSchema> read_dbf_schema(const RecordFile& file, base::Charset charset);

// Checks a schema that somebody made, fills offsets and lengths. Names: 1 to 10 bytes in `charset`, unique; N up to 20 digits wide (32 are
// allowed), C up to 254 bytes.
base::Result<DbfSchema> make_dbf_schema(std::vector<DbfField> fields, base::Charset charset);
// The header's bytes, with `records` and the schema's own date.
base::Result<std::string> write_dbf_header(const DbfSchema& schema, base::Charset charset);

// Where the bit of a nullable field stands in _NullFlags (and of V: whether it is shorter than its width).
struct DbfNullBits {
  std::uint32_t offset = 0, width = 0;               // of _NullFlags in the record; width 0: there is none
  std::vector<std::optional<std::uint32_t>> null;    // by field
  std::vector<std::optional<std::uint32_t>> varied;  // by field, of V
};
DbfNullBits null_bits_of(const DbfSchema& schema);

}  // namespace quanji::devices
