// Histograms as a column holds them.
#include "domain/histogram.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using quanji::domain::Histogram;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = Histogram::from_bytes({data, size});
  if (!read.ok()) return 0;
  const auto bytes = read->to_bytes();
  const auto again = Histogram::from_bytes(bytes);
  if (!again.ok() || again->to_bytes() != bytes || again->count() != read->count()) std::abort();
  if (read->percentile(0.5) > read->percentile(0.99) || read->percentile(1) > read->max()) std::abort();
  Histogram sum;
  sum.merge(*read);
  sum.add(17);
  if (sum.count() != read->count() + 1) std::abort();
  return 0;
}
