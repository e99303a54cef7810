// Hears every answer of the door: counts per client, operation and result, durations, and the call log; kept in memory, written once a
// second. Nothing here waits for the database: what does not fit into memory is counted as lost.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "domain/histogram.h"
#include "door/door.h"
#include "services/call_log.h"
#include "storage/store.h"

namespace quanji::api {

class CallEar final : public door::Ear {
 public:
  struct Settings {
    base::Ulid run;                    // this life of this process
    std::size_t log_entries = 50'000;  // calls waiting for the log; more are lost (and counted)
    std::size_t log_bytes = 16 << 20;
    std::size_t series = 20'000;       // (client, operation, result) of a minute; more are counted under the client "other"
    std::size_t rows_a_change = 1000;  // call log rows written by one change
    // Of one caller's successful calls of one operation so many in a second and thread stand in the log; those beyond are counted like all
    // calls, and changes stand in the audit log, but have no row here: a row costs more than the call. Failures always have one.
    std::size_t successes_logged = 200;
    std::shared_ptr<const domain::Caller> caller;  // the clock, for the changes
  };
  CallEar(base::Clock& clock, Settings settings);
  ~CallEar() override;

  // Any thread; under a microsecond, no allocation but now and then.
  void answered(const door::Call& call, int status, std::chrono::microseconds took) override;

  // Once a second: submits changes that write what was heard; does not wait. One thread (the ticker).
  void tick(storage::Store& store);
  // Everything that was heard so far, written and waited for: on the way down, and in tests.
  base::Status flush(storage::Store& store);

  // For /metrics, since the start of the process.
  struct Total {
    std::string operation;
    std::int64_t code = 0;
    std::uint64_t count = 0;
  };
  struct Snapshot {
    std::vector<Total> totals;                                         // by operation, code
    std::vector<std::pair<std::string, domain::Histogram>> durations;  // by operation, microseconds
    std::vector<std::pair<std::string, std::uint64_t>> clients;        // calls by actor
    std::uint64_t heard = 0, log_lost = 0, log_thinned = 0, log_waiting = 0, series_folded = 0;
  };
  Snapshot snapshot();

 private:
  struct Shard;
  struct Minutes;
  struct Core;
  Shard& shard();
  std::shared_ptr<Core> core_;
};

}  // namespace quanji::api
