#include "domain/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quanji::domain {
namespace {
constexpr std::uint32_t cut_bits = 4, cuts = 1U << cut_bits;  // buckets per power of two
constexpr std::uint64_t largest = 1ULL << 40;
constexpr std::uint32_t buckets = (40 - cut_bits + 1) * cuts + 1;
constexpr std::uint8_t version = 1;
constexpr std::uint64_t most_counted = 1ULL << 53;  // beyond it shares of the count are no longer exact

void put_varint(base::Bytes& out, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) out.push_back(static_cast<std::uint8_t>(n | 0x80));
  out.push_back(static_cast<std::uint8_t>(n));
}
bool take_varint(std::span<const std::uint8_t>& bytes, std::uint64_t& n) {
  n = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = bytes.front();
    bytes = bytes.subspan(1);
    n |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}
}  // namespace

std::uint32_t Histogram::bucket_of(std::uint64_t value) {
  value = std::min(value, largest);
  if (value < cuts) return static_cast<std::uint32_t>(value);
  const auto power = static_cast<std::uint32_t>(std::bit_width(value)) - 1;
  return (power - cut_bits) * cuts + static_cast<std::uint32_t>(value >> (power - cut_bits));
}
std::uint64_t Histogram::bucket_low(std::uint32_t bucket) {
  if (bucket < 2 * cuts) return bucket;
  return static_cast<std::uint64_t>(cuts + bucket % cuts) << (bucket / cuts - 1);
}
std::uint64_t Histogram::bucket_high(std::uint32_t bucket) { return bucket_low(bucket + 1) - 1; }

void Histogram::add(std::uint64_t value) {
  value = std::min(value, largest);
  const auto bucket = bucket_of(value);
  if (counts_.empty()) {
    first_ = bucket;
    counts_.resize(1);
  } else if (bucket < first_) {
    counts_.insert(counts_.begin(), first_ - bucket, 0);
    first_ = bucket;
  } else if (bucket >= first_ + counts_.size()) {
    counts_.resize(bucket - first_ + 1);
  }
  ++counts_[bucket - first_];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.empty()) return;
  if (counts_.empty()) {
    *this = other;
    return;
  }
  if (other.first_ < first_) {
    counts_.insert(counts_.begin(), first_ - other.first_, 0);
    first_ = other.first_;
  }
  const auto end = other.first_ + other.counts_.size();
  if (end > first_ + counts_.size()) counts_.resize(end - first_);
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[other.first_ - first_ + i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::percentile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  const auto rank = std::clamp<std::uint64_t>(wanted, 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    const auto bucket = first_ + static_cast<std::uint32_t>(i);
    return std::min(max_, (bucket_low(bucket) + bucket_high(bucket)) / 2);
  }
  return max_;
}

std::uint64_t Histogram::at_most(std::uint64_t value) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size() && bucket_high(first_ + static_cast<std::uint32_t>(i)) <= value; ++i) seen += counts_[i];
  return seen;
}

void Histogram::clear() {
  count_ = sum_ = max_ = 0;
  first_ = 0;
  counts_.clear();
}

base::Bytes Histogram::to_bytes() const {
  base::Bytes out{version};
  put_varint(out, sum_);
  put_varint(out, max_);
  put_varint(out, first_);
  for (const auto n : counts_) put_varint(out, n);
  return out;
}
base::Result<Histogram> Histogram::from_bytes(std::span<const std::uint8_t> bytes) {
  const auto broken = [] { return base::Error(base::Code::bug, "a stored histogram is damaged"); };
  if (bytes.empty() || bytes[0] != version) return broken();
  bytes = bytes.subspan(1);
  Histogram made;
  std::uint64_t first = 0;
  if (!take_varint(bytes, made.sum_) || !take_varint(bytes, made.max_) || !take_varint(bytes, first) || first >= buckets) return broken();
  made.first_ = static_cast<std::uint32_t>(first);
  while (!bytes.empty()) {
    std::uint64_t n = 0;
    if (!take_varint(bytes, n) || first + made.counts_.size() >= buckets || n > most_counted - made.count_) return broken();
    made.counts_.push_back(n);
    made.count_ += n;
  }
  return made;
}

}  // namespace quanji::domain
