// Counts of durations in log-linear buckets: percentiles within 3.2 % of the true value, whatever the range.
// Reads foreign bytes: fuzz/histogram.cpp
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace quanji::domain {

// Values are whole numbers (microseconds). Below 16 each has its own bucket; above, every power of two is cut into 16 equal buckets,
// so that a bucket is at most 1/16 of its lower end wide and its middle is at most 1/32 (3.2 %) away from any value in it.
// Values beyond 2^40 (13 days) count as 2^40.
class Histogram {
 public:
  void add(std::uint64_t value);
  void merge(const Histogram& other);
  std::uint64_t count() const { return count_; }
  std::uint64_t sum() const { return sum_; }
  std::uint64_t max() const { return max_; }
  // The value at or below which `share` (0…1) of all lie (nearest rank), as the middle of its bucket, never above max(); 0 when empty.
  std::uint64_t percentile(double share) const;
  // How many are in buckets that end at or below `value`.
  std::uint64_t at_most(std::uint64_t value) const;
  void clear();

  // Varints: version 1, sum, max, first bucket, then the counts. For columns.
  base::Bytes to_bytes() const;
  static base::Result<Histogram> from_bytes(std::span<const std::uint8_t> bytes);

  static std::uint32_t bucket_of(std::uint64_t value);
  static std::uint64_t bucket_low(std::uint32_t bucket);   // smallest value in it
  static std::uint64_t bucket_high(std::uint32_t bucket);  // largest value in it

 private:
  std::uint64_t count_ = 0, sum_ = 0, max_ = 0;
  std::uint32_t first_ = 0;            // bucket of counts_[0]
  std::vector<std::uint64_t> counts_;  // only the part that is used
};

}  // namespace quanji::domain
