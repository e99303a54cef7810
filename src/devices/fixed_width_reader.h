// Reads files of fixed-width records into a table for each kind of record, and the header's and trailer's values.
// Reads foreign bytes: fuzz/fixed_width.cpp
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "devices/fixed_width.h"
#include "devices/record_file.h"
#include "devices/record_findings.h"
#include "devices/record_text.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::devices {

struct FixedReadOptions {
  std::vector<std::string> kinds;    // body kinds that become tables; empty: all
  std::vector<std::string> columns;  // of these kinds, by name; empty: all but fillers
  std::uint64_t skip = 0;            // body records of these kinds before the first one in a table
  std::uint64_t most = UINT64_MAX;   // in the tables at most
  BadText bad_text = BadText::refuse;
  Garbage garbage = Garbage::refuse;
  std::size_t keep_findings = 20;
  // Lines, whatever is in them, that are no records of the layout: a report's title and its closing line. Records are counted with them.
  std::uint64_t skip_lines = 0, skip_end_lines = 0;
  GoOn go_on;  // asked before every block
};

struct FixedRows {
  struct Part {
    std::string kind;
    values::Table table;
  };
  std::vector<Part> parts;      // in the layout's order, kinds without rows too
  values::Map header, trailer;  // of all such records, in their order; a name that comes twice keeps its first value
  std::uint64_t records = 0;    // body records in the file
  Findings findings;
};

// Every record is of a kind of the layout, as long as that says, with its separators and its line end where they belong; a header comes
// before, a trailer after the body, and their totals are those of the file: anything else is refused with file, record, byte and reason,
// whatever the policy for fields is. The last line end may be missing, and one 0x1A may stand behind it. Memory is that of the tables.
base::Result<FixedRows> read_fixed_width(const RecordFile& file, const FixedPlan& plan, const FixedReadOptions& options);

}  // namespace quanji::devices
