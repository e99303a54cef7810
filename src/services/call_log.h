// The calls: one row each in the call log (no bodies, no secrets), and counts with histograms per minute, client, operation and result.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/list_query.h"
#include "domain/histogram.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

// ---- writing ----
struct LoggedCall {
  base::Time at;
  std::string_view actor, account, operation, verb, path, address, request_id;
  std::int64_t status = 0, code = 0, took_micros = 0;
};
// At most a few thousand at a time; text that is not UTF-8 is mended.
Status write_calls(Change& change, std::span<const LoggedCall> calls);

// The whole count of one minute so far, of one life of this process (`run`); writing it again replaces it.
struct MinuteOfCalls {
  std::int64_t minute = 0;  // since 1970, in minutes
  std::string actor, account, operation;
  std::int64_t code = 0;
  domain::Histogram took;  // microseconds; its count is the number of calls
};
Status write_minute(Change& change, const base::Ulid& run, const MinuteOfCalls& minute);

inline constexpr std::chrono::hours calls_kept_for{24 * 184};  // 6 months, the floor of retention
inline constexpr std::chrono::hours call_minutes_kept_for{24 * 184};
// Deletes at most `limit` rows of each that are too old; how many it deleted.
Result<std::int64_t> sweep_calls(Change& change, std::int64_t limit = 500);

// ---- reading ----
struct CallRecord {
  domain::CallId id;
  base::Time at;
  std::string actor, account, operation, verb, path;
  std::int64_t status = 0, code = 0, took_micros = 0;
  std::string address, request_id;
  static const base::FieldList& fields();
};
// Filters: actor, operation, code, requestId; createdFrom, createdTo; sort -at or at.
const base::ListShape& call_list_shape();
const storage::Listing& call_listing();
Result<base::Page<CallRecord>> list_calls(const View& view, const base::ListQuery& query);

struct CallStatsAsk {
  base::Time from, to;                           // whole minutes; at most 31 days
  std::optional<std::int64_t> interval_seconds;  // a multiple of 60; absent: one interval from `from` to `to`
  std::optional<std::string> client;             // actor id text
  std::optional<std::string> operation;
  static const base::FieldList& fields();
};
struct CallStatsRow {
  base::Time from;
  std::string client;  // actor id text; empty: callers that were not signed in
  std::string account, operation;
  std::int64_t count = 0, errors = 0;
  double error_share = 0;
  std::int64_t p50_micros = 0, p95_micros = 0, p99_micros = 0, max_micros = 0;  // within 3.2 % of the true value
  static const base::FieldList& fields();
};
struct CallStats {
  std::int64_t count = 0, errors = 0;  // over all rows
  std::vector<CallStatsRow> items;     // by from, client, operation
  static const base::FieldList& fields();
};
// Refused with invalid_field when more than 200 000 minute rows or 10 000 items would have to be looked at.
Result<CallStats> call_stats(const View& view, const CallStatsAsk& ask);

}  // namespace quanji::services
