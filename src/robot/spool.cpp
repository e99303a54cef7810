#include "robot/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/fields_json.h"

namespace quanji::robot {

using base::Code;
using base::Error;
using base::Result;
using base::Status;

namespace {
constexpr std::uint8_t report_record = 1, acknowledged_record = 2;

struct Key {
  wire::AttemptId attempt;
  std::int64_t seq = 0;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Key, QF(attempt, "执行", "Attempt"), QF(seq, "序号", "Sequence number"))
}  // namespace

Result<Spool> Spool::open(const std::string& folder) {
  QUANJI_TRY(auto writer, base::SegmentWriter::open(folder));  // first: it cuts a torn tail
  QUANJI_TRY(auto reader, base::SegmentReader::open(folder));
  Spool spool(folder, std::move(writer));
  spool.first_segment_ = 0;
  for (;;) {
    QUANJI_TRY(auto record, reader.next());
    if (!record) break;
    if (spool.first_segment_ == 0) spool.first_segment_ = record->segment;
    QUANJI_TRY(const auto key, base::from_json_text<Key>(record->json));
    if (record->type == report_record) {
      if (!spool.holds(key.attempt, key.seq))
        spool.waiting_.push_back({key.attempt, key.seq, std::move(record->json), record->segment, "", 0});
    } else if (record->type == acknowledged_record) {
      spool.waiting_.remove_if([&](const Waiting& w) { return w.attempt == key.attempt && w.seq == key.seq; });
    } else {
      return Error(Code::store_unavailable,
                   base::Text("本机待发记录由更新版本写入，请升级机器人", "the spool was written by a newer version: upgrade the robot"));
    }
  }
  if (spool.first_segment_ == 0) spool.first_segment_ = spool.writer_.segment();
  QUANJI_DO(spool.drop_finished_segments());
  return spool;
}

bool Spool::holds(const wire::AttemptId& attempt, std::int64_t seq) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.attempt == attempt && w.seq == seq; });
}

Status Spool::add(const wire::TaskReport& report) {
  auto json = base::to_json(report, base::Side::stored);
  QUANJI_DO(writer_.append(report_record, json));
  QUANJI_DO(writer_.sync());
  waiting_.push_back({report.attempt, report.seq, std::move(json), writer_.segment(), "", 0});
  return {};
}

Status Spool::acknowledge(const wire::AttemptId& attempt, std::int64_t seq) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.attempt == attempt && w.seq == seq; });
  if (found == waiting_.end()) return {};
  QUANJI_DO(writer_.append(acknowledged_record, base::to_json(Key{attempt, seq})));
  waiting_.erase(found);
  return drop_finished_segments();
}

Status Spool::drop_finished_segments() {
  auto oldest = writer_.segment();
  for (const auto& waiting : waiting_) oldest = std::min(oldest, waiting.segment);
  if (oldest <= first_segment_) return {};
  QUANJI_TRY(auto reader, base::SegmentReader::open(folder_));
  QUANJI_DO(reader.drop_before(oldest));
  first_segment_ = oldest;
  return {};
}

}  // namespace quanji::robot
