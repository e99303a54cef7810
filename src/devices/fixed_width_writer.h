// Writes tables as files of fixed-width records. Counts, byte totals and checksum are filled in; nothing is cut or rounded unless asked.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "devices/fixed_width.h"
#include "devices/fixed_width_reader.h"
#include "devices/record_file.h"
#include "values/decimal.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::devices {

struct FixedWriteOptions {
  std::optional<values::Rounding> rounding;  // none: a number with more places than its field is refused
  Existing existing = Existing::refuse;
  GoOn go_on;  // asked before every block that is written
};

// What goes into a file: the rows of each body kind, in this order, and the values of headers and trailers by name. A column or value
// that the layout does not have is refused; a field nobody gives a value to is blank, and where `begins` stands, those bytes.
struct FixedContent {
  std::vector<FixedRows::Part> parts;
  values::Map header, trailer;
};

// The file appears under its name when it is whole and on the disk. Failures: invalid_field with record, row, field and reason, and the
// FindingKind's word as detail;
// name_taken; the disk's.
base::Status write_fixed_width(const std::string& path, const FixedPlan& plan, const FixedContent& content,
                               const FixedWriteOptions& options);

}  // namespace quanji::devices
