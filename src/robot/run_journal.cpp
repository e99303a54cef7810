#include "robot/run_journal.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "base/record_log.h"

namespace quanji::robot {

base::Result<JournalFacts> look_at_journal(int fd) {
  QUANJI_TRY(const auto bytes, base::read_whole(fd, base::segment_size));
  const auto scan = base::read_records(base::bytes_of(bytes));
  if (scan.end == base::LogEnd::corrupt)
    return base::Error(base::Code::store_unavailable, base::Text("运行日志已损坏", "the run journal is damaged"),
                       "at byte " + std::to_string(scan.good));
  JournalFacts facts;
  for (const auto& record : scan.records) {
    QUANJI_TRY(const auto json, base::parse_json(record.json, 64));
    const auto* object = json.if_object();
    const auto* at = object ? object->if_contains("at") : nullptr;
    const std::string place = at && at->is_string() ? std::string(at->get_string()) : "";
    switch (static_cast<wire::JournalRecord>(record.type)) {
      case wire::JournalRecord::begin:
        facts.begun = true;
        break;
      case wire::JournalRecord::intent:
        facts.unsettled.push_back(place);
        break;
      case wire::JournalRecord::step:
      case wire::JournalRecord::receipt:
        ++facts.steps_done;
        std::erase(facts.unsettled, place);
        break;
      case wire::JournalRecord::finished:
        if (const auto* finished = object ? object->if_contains("finished") : nullptr) {
          QUANJI_TRY(facts.finished, base::from_json<wire::Finished>(*finished, base::Side::stored, base::Unknown::ignore));
        }
        break;
    }
  }
  return facts;
}

}  // namespace quanji::robot
