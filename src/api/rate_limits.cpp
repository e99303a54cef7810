#include "api/rate_limits.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace quanji::api {
namespace {
constexpr double micros_a_second = 1e6;
}

RateLimits::Key RateLimits::key_of(const base::Ulid& id, std::uint64_t purpose) {
  Key key;
  std::memcpy(&key.high, id.bytes.data(), sizeof key.high);
  std::memcpy(&key.low, id.bytes.data() + sizeof key.high, sizeof key.low);
  key.high ^= (purpose + 1) * 0xD6E8FEB86659FD93ULL;
  return key;
}
RateLimits::Key RateLimits::key_of(std::string_view address, std::uint64_t purpose) {
  return {(purpose + 1) * 0xA0761D6478BD642FULL, std::hash<std::string_view>{}(address)};
}

RateVerdict RateLimits::take(const Key& key, const RateRule& rule, std::chrono::microseconds now) {
  RateVerdict verdict;
  if (rule.per_second <= 0) return verdict;
  const auto rate = static_cast<double>(rule.per_second), burst = static_cast<double>(std::max<std::int64_t>(rule.burst, 1));
  auto& shard = shards_[KeyHash{}(key) % shards];
  const std::lock_guard lock(shard.mutex);
  auto [found, fresh] = shard.buckets.try_emplace(key);
  auto& bucket = found->second;
  if (fresh)
    bucket.tokens = burst;
  else
    bucket.tokens =
        std::min(burst, bucket.tokens + rate * static_cast<double>(std::max<std::int64_t>(now.count() - bucket.at, 0)) / micros_a_second);
  bucket.at = now.count();
  bucket.rule = rule;
  verdict.limit = rule.per_second;
  verdict.allowed = bucket.tokens >= 1;
  if (verdict.allowed)
    bucket.tokens -= 1;
  else
    verdict.retry_after_seconds = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil((1 - bucket.tokens) / rate)));
  verdict.remaining = static_cast<std::int64_t>(bucket.tokens);
  verdict.reset_seconds = static_cast<std::int64_t>(std::ceil((burst - bucket.tokens) / rate));
  return verdict;
}

void RateLimits::sweep(std::chrono::microseconds now) {
  auto& shard = shards_[next_++ % shards];
  const std::lock_guard lock(shard.mutex);
  std::erase_if(shard.buckets, [&](const auto& entry) {
    const auto& [tokens, at, rule] = entry.second;
    const auto back = static_cast<double>(rule.per_second) * static_cast<double>(now.count() - at) / micros_a_second;
    return tokens + back >= static_cast<double>(rule.burst);
  });
}

std::size_t RateLimits::size() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.buckets.size();
  }
  return all;
}

}  // namespace quanji::api
