#include "domain/lock_out_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/address_list.h"

namespace quanji::domain {

Charge charge(TryCount& count, base::Time now, std::int64_t bound, const LockOutRule& rule) {
  if (count.locked_until > now) return Charge::locked;
  if (count.locked_until.micros > 0 || now.since(count.since) >= rule.window || now < count.since) count = TryCount{now, 0, 0, {}};
  if (count.tries >= bound) return Charge::busy;
  ++count.tries;
  return Charge::go_on;
}

void fail(TryCount& count, base::Time now, std::int64_t bound, const LockOutRule& rule) {
  ++count.failed;
  count.tries = std::max(count.tries, count.failed);
  if (count.failed >= bound) count.locked_until = now.plus(rule.lock);
}

void succeed(TryCount& count) {
  if (count.tries > count.failed) --count.tries;
}

std::string source_of(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) return std::string(address.substr(0, 64));
  const auto& b = parsed->bytes;
  if (parsed->is_v4()) return fmt::format("{}.{}.{}.{}", b[12], b[13], b[14], b[15]);
  return fmt::format("{:x}:{:x}:{:x}:{:x}::/64", b[0] << 8 | b[1], b[2] << 8 | b[3], b[4] << 8 | b[5], b[6] << 8 | b[7]);
}

}  // namespace quanji::domain
