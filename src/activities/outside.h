// What the groups that speak with the outside world of a run (engine/run_context.h) share: failures with their kinds, moments, urgency.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities {

// Rows for ActivityInfo::errors: of these codes, and of store_unavailable and not_supported, with which every call may end. A code that is
// not in the table is a bug.
std::vector<engine::ErrorCode> outside_errors(std::initializer_list<std::string_view> codes);
// A failure with the kind its code has in the table.
engine::Failure outside_failure(std::string_view code, base::Text message, values::Value data = {});
// Of what the context answered: name_taken is duplicate_key, invalid_field is invalid_argument, a folder nobody can read is
// store_unavailable.
engine::Failure outside_failure(const base::Error& error);

template <class T>
engine::Outcome<T> from_outside(base::Result<T> result) {
  if (!result) return outside_failure(result.error());
  return std::move(result).value();
}
inline engine::Outcome<void> from_outside(base::Status status) {
  if (!status) return outside_failure(status.error());
  return {};
}

// The instant at which clocks in China show this (UTC+8).
base::Time instant_of(values::DateTime at);
values::DateTime datetime_of(base::Time at);

// How urgent an item or a task is; as a number, the larger goes first.
enum class Priority : std::uint8_t { low, normal, high };
inline std::int64_t rank_of(Priority priority) { return static_cast<std::int64_t>(priority) - 1; }

// Waits that ask again: soon at first, then every five seconds.
class Patience {
 public:
  // Sleeps once, but not longer than `most`.
  engine::Outcome<void> wait(engine::ActivityContext& context, std::chrono::microseconds most = std::chrono::hours(24));

 private:
  std::chrono::microseconds next_ = std::chrono::milliseconds(200);
};

}  // namespace quanji::activities
QUANJI_ENUM(quanji::activities::Priority, "low", "normal", "high");
