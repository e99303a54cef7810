// Rules of data queues: in which order items are handed out, how long after a failure they are tried again, when a reference is taken.
// Pure: functions of what is given.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/fields.h"

namespace quanji::domain {

// priority_then_age: the larger priority, then the older; earliest_deadline: items without one last, the older first; fifo: one after the
// other within a partition key (items without a key are one partition): the next only when the one before it is over.
enum class QueueOrder : std::uint8_t { priority_then_age, earliest_deadline, fifo };
// When two items of a queue may have the same reference.
enum class ReferenceRule : std::uint8_t { never_checked, ever, per_business_date, per_days };
// What becomes of an item whose lease ran out: another try while tries are left, a try that a person must release, or people are told.
enum class AbandonedRule : std::uint8_t { retry, hold, alert };
// business: the data or the rule says no, final; application: a program, network or machine failed, tried again.
enum class FailureKind : std::uint8_t { business, application };

inline constexpr std::int64_t never_micros = INT64_MAX;  // a deadline that is none

// Smaller is handed out first; among the same rank the older root.
std::int64_t rank_of(QueueOrder order, std::int64_t priority, std::optional<base::Time> deadline);

struct RetryRule {
  std::int64_t retries = 3;         // tries after the first
  std::int64_t first_seconds = 60;  // before the first of them
  std::int64_t factor = 2;          // each wait is so many times the one before
  std::int64_t most_seconds = 3600;
};
// Whether the n-th try (from 1) may be followed by another.
bool another_try(const RetryRule& rule, std::int64_t attempt);
// How long after the n-th try failed the next one waits.
std::chrono::seconds back_off(const RetryRule& rule, std::int64_t attempt);

// Under which bucket a reference stands, and until when it is taken: one row a (queue, reference, bucket).
struct ReferencePlace {
  std::int64_t bucket = 0;
  std::int64_t until_micros = never_micros;
};
// Nothing when references are not checked. per_business_date without a date is no question to ask here: the caller refuses it.
std::optional<ReferencePlace> reference_place(ReferenceRule rule, std::int64_t days, std::optional<base::Date> business_date,
                                              base::Time now);

// Where a waiting item stands.
enum class WaitingPlace : std::uint8_t { ready, later, behind };
// `head`: of a fifo queue, nothing of its partition is before it; else always true.
WaitingPlace waiting_place(bool head, std::optional<base::Time> not_before, base::Time now);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::QueueOrder, "priority_then_age", "earliest_deadline", "fifo");
QUANJI_ENUM(quanji::domain::ReferenceRule, "never", "ever", "per_business_date", "per_days");
QUANJI_ENUM(quanji::domain::AbandonedRule, "retry", "hold", "alert");
QUANJI_ENUM(quanji::domain::FailureKind, "business", "application");
