// What the two comparisons share: tables from a seed, and where market files may be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "devices/dbf.h"
#include "values/table.h"

struct Made {
  quanji::devices::DbfSchema schema;
  quanji::values::Table table;  // with _deleted
};
// C (ASCII and Chinese), N with and without places, D, L; a fifth of the fields without a value, a tenth of the rows deleted.
Made make_table(std::uint64_t seed);

// DBF files of the folder QUANJI_SHARED_DATA or ../shared/data beside the tree; empty when it is not there.
std::vector<std::string> market_files();

[[noreturn]] void fail(const std::string& what);
int compare_with_shapelib();
