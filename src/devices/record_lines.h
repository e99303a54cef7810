// Lines at the beginning and the end of a file of records that are none: titles, column headings, a closing line.
// Reads foreign bytes: fuzz/fixed_width.cpp
#pragma once
#include <cstdint>

#include "base/result.h"
#include "devices/record_file.h"

namespace quanji::devices {

struct FileRange {
  std::uint64_t begin = 0, end = 0;  // bytes; begin <= end
};
// What is left of a file of `size` bytes without its first and its last lines. A line ends with LF; the last one may have no end, and a
// single 0x1A behind everything is no line. Empty when there are no more lines than are left out.
base::Result<FileRange> lines_between(const RecordFile& file, std::uint64_t size, std::uint64_t first, std::uint64_t last,
                                      const GoOn& go_on);

}  // namespace quanji::devices
