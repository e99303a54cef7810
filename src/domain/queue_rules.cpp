#include "domain/queue_rules.h"

#include <algorithm>

namespace quanji::domain {

std::int64_t rank_of(QueueOrder order, std::int64_t priority, std::optional<base::Time> deadline) {
  switch (order) {
    case QueueOrder::priority_then_age:
      return -priority;
    case QueueOrder::earliest_deadline:
      return deadline ? deadline->micros : never_micros;
    case QueueOrder::fifo:
      break;
  }
  return 0;
}

bool another_try(const RetryRule& rule, std::int64_t attempt) { return attempt <= rule.retries; }

std::chrono::seconds back_off(const RetryRule& rule, std::int64_t attempt) {
  const auto most = std::max(rule.most_seconds, rule.first_seconds);
  std::int64_t wait = rule.first_seconds;
  // Stops at the limit: no number of tries overflows.
  for (std::int64_t n = 1; n < attempt && wait < most && rule.factor > 1 && wait > 0; ++n) wait *= rule.factor;
  return std::chrono::seconds(std::min(wait, most));
}

std::optional<ReferencePlace> reference_place(ReferenceRule rule, std::int64_t days, std::optional<base::Date> business_date,
                                              base::Time now) {
  switch (rule) {
    case ReferenceRule::never_checked:
      return std::nullopt;
    case ReferenceRule::ever:
      return ReferencePlace{};
    case ReferenceRule::per_business_date:
      return ReferencePlace{.bucket = business_date ? business_date->days : 0};
    case ReferenceRule::per_days:
      return ReferencePlace{.until_micros = now.plus(std::chrono::hours(24) * days).micros};
  }
  return std::nullopt;
}

WaitingPlace waiting_place(bool head, std::optional<base::Time> not_before, base::Time now) {
  if (!head) return WaitingPlace::behind;
  return not_before && *not_before > now ? WaitingPlace::later : WaitingPlace::ready;
}

}  // namespace quanji::domain
