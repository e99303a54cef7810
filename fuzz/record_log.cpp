// Segments of records as a crash, a disk or somebody else may have left them.
#include "base/record_log.h"

#include <cstdint>
#include <cstdlib>

using namespace quanji::base;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto scan = read_records(bytes);
  if (scan.good > size || (scan.end == LogEnd::clean) != (scan.good == size)) std::abort();
  // What was read is exactly what a writer makes of it.
  std::size_t at = 0;
  for (const auto& record : scan.records) {
    const auto again = write_record(record.type, record.json);
    if (!again.ok() || record.offset != at || !std::equal(again->begin(), again->end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
      std::abort();
    at += again->size();
  }
  if (at != scan.good) std::abort();
  // Cutting a torn tail leaves a clean segment with the same records.
  const auto cut = read_records(bytes.first(scan.good));
  if (cut.end != LogEnd::clean || cut.records.size() != scan.records.size()) std::abort();
  return 0;
}
