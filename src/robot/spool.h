// What must reach the platform: on the disk before anybody counts on it, sent until acknowledged, forgotten then. Key: (attempt, seq).
//
// spool/NNNNNNNN.seg, records of base/record_log: 1 report {wire::TaskReport}, 2 acknowledged {"attempt":"att_…","seq":2}. An
// acknowledgement that a power cut took away only means that the report is sent once more.
#pragma once
#include <cstdint>
#include <list>
#include <string>

#include "base/record_log.h"
#include "base/result.h"
#include "wire/robot_contract.h"

namespace quanji::robot {

class Spool {
 public:
  struct Waiting {
    wire::AttemptId attempt;
    std::int64_t seq = 0;
    std::string report;  // JSON
    std::uint64_t segment = 0;
    std::string asked;            // id of the frame it went out with on this connection; empty: not sent
    std::int64_t not_before = 0;  // monotonic microseconds
  };
  static base::Result<Spool> open(const std::string& folder);
  // On the disk (fsync) when it returns.
  base::Status add(const wire::TaskReport& report);
  base::Status acknowledge(const wire::AttemptId& attempt, std::int64_t seq);
  // In the order they were added.
  std::list<Waiting>& waiting() { return waiting_; }
  bool holds(const wire::AttemptId& attempt, std::int64_t seq) const;

 private:
  Spool(std::string folder, base::SegmentWriter writer) : folder_(std::move(folder)), writer_(std::move(writer)) {}
  base::Status drop_finished_segments();
  std::string folder_;
  base::SegmentWriter writer_;
  std::list<Waiting> waiting_;
  std::uint64_t first_segment_ = 1;  // none before it is left
};

}  // namespace quanji::robot
