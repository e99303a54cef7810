// Token buckets in memory: how often somebody may call. Per node; nothing is stored.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"

namespace quanji::api {

// `per_second` tokens come back each second, up to `burst`. 0 per second: no limit.
struct RateRule {
  std::int64_t per_second = 0;
  std::int64_t burst = 0;
  // Twice the rate, and enough for a page that asks for many things at once.
  static RateRule of(std::int64_t per_second) { return {per_second, per_second == 0 ? 0 : std::max<std::int64_t>(2 * per_second, 20)}; }
};
struct RateVerdict {
  bool allowed = true;
  std::int64_t limit = 0, remaining = 0;
  std::int64_t reset_seconds = 0;  // until the bucket is full again
  std::int64_t retry_after_seconds = 0;
};

// Any thread.
class RateLimits {
 public:
  // Whose bucket: an id, or an address, with the purpose mixed in.
  struct Key {
    std::uint64_t high = 0, low = 0;
    bool operator==(const Key&) const = default;
  };
  static Key key_of(const base::Ulid& id, std::uint64_t purpose);
  static Key key_of(std::string_view address, std::uint64_t purpose);

  RateVerdict take(const Key& key, const RateRule& rule, std::chrono::microseconds now);
  // Forgets buckets that are full; once a second.
  void sweep(std::chrono::microseconds now);
  std::size_t size() const;

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t at = 0;  // microseconds
    RateRule rule;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low ^ (key.high * 0x9E3779B97F4A7C15ULL)); }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key, Bucket, KeyHash> buckets;  // guarded by mutex
  };
  static constexpr std::size_t shards = 16;
  std::array<Shard, shards> shards_;
  std::size_t next_ = 0;  // shard that sweep looks at next; one thread
};

}  // namespace quanji::api
