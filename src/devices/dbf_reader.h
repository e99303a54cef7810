// Reads DBF files into typed tables: a deleted record is a row with a flag, a mark such as `-.---` in a numeric field is no value, and what
// is neither a number nor a mark is reported with file, record, field, byte and reason.
// Reads foreign bytes: fuzz/dbf.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encodings.h"
#include "base/result.h"
#include "devices/dbf.h"
#include "devices/record_file.h"
#include "devices/record_findings.h"
#include "devices/record_text.h"
#include "devices/stable_copy.h"
#include "values/table.h"

namespace quanji::devices {

// text: each field as it stands, without the blanks around it.
enum class DbfTyping : std::uint8_t { typed, text };
// flagged: all records, deleted ones with true in the flag's column. Exchange files keep index rows and their own time in deleted records.
enum class DeletedRows : std::uint8_t { flagged, skipped, only };

struct DbfReadOptions {
  std::vector<std::string> columns;  // in this order, in any case of letters; empty: all. not_found names the nearest there is
  std::uint64_t skip = 0;            // records before the first one read
  std::uint64_t most = UINT64_MAX;   // records read at most, deleted ones counted
  DbfTyping typing = DbfTyping::typed;
  BadText bad_text = BadText::refuse;
  Garbage garbage = Garbage::refuse;
  DeletedRows deleted = DeletedRows::flagged;
  std::string deleted_column = "_deleted";  // the flag's column, the last one; empty: none
  std::size_t keep_findings = 20;
  GoOn go_on;  // asked before every block
};

struct DbfRows {
  values::Table table;
  std::uint64_t records = 0;  // read, whether or not they are in the table
  std::uint64_t deleted = 0;  // of those
  Findings findings;          // fields without a value because of what stood there, and repaired texts
};

// How the types arrive: C and V text without trailing blanks and NULs (blank: empty text); N and F decimal with the field's places, or
// integer when it has none and is at most 18 wide; D date; L boolean; I integer; B decimal; Y decimal with 4 places; T datetime. Blank
// fields of any type but C, marks of minus signs and points, `?` in L and the zero day have no value. Memo fields are refused when they
// are asked for.
//
// Reading is in blocks; memory is that of the table. Safe from any thread. A file that changed while it was read is refused
// (changed_meanwhile): what is rewritten by others is read through open_stable_dbf.
class DbfReader {
 public:
  static base::Result<DbfReader> open(const std::string& path, base::Charset charset = base::Charset::gb18030);
  static base::Result<DbfReader> open(RecordFile file, base::Charset charset = base::Charset::gb18030);

  const DbfSchema& schema() const { return schema_; }
  const std::string& name() const { return file_.name(); }
  base::Result<DbfRows> read(const DbfReadOptions& options) const;
  // Whole records as they stand in the file, block after block: the number of the block's first record, counted from 0, and its bytes.
  using Visit = std::function<base::Status(std::uint64_t first, std::string_view records)>;
  base::Status scan(const Visit& visit) const;

 private:
  DbfReader(RecordFile file, DbfSchema schema, base::Charset charset, FileState opened)
      : file_(std::move(file)), schema_(std::move(schema)), charset_(charset), opened_(opened) {}
  base::Status scan(std::uint64_t first, std::uint64_t count, const Visit& visit) const;
  base::Status unchanged() const;
  base::Error changed() const;

  RecordFile file_;
  DbfSchema schema_;
  base::Charset charset_;
  FileState opened_;
};

// A stable copy (stable_copy.h) whose size fits its header.
base::Result<DbfReader> open_stable_dbf(const std::string& path, base::Charset charset, const StableCopyOptions& options,
                                        base::Clock& clock, const Wait& wait);

}  // namespace quanji::devices
