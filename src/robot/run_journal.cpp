#include "robot/run_journal.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "base/record_log.h"

namespace quanji::robot {

base::Result<JournalFacts> look_at_journal(int fd) {
  JournalFacts facts;
  base::RecordReader reader(fd, base::Ownership::borrowed);
  for (;;) {
    auto next = reader.next();
    if (!next)
      return base::Error(base::Code::store_unavailable, base::Text("运行日志已损坏", "the run journal is damaged"), next.error().detail());
    if (!*next) break;
    const auto& record = **next;
    QUANJI_TRY(const auto json, base::parse_json(record.json, 200));
    const auto* object = json.if_object();
    const auto each = [&](const char* key, auto f) {
      const auto* list = object ? object->if_contains(key) : nullptr;
      if (list && list->is_array())
        for (const auto& one : list->get_array()) f(one);
    };
    // Unknown outcomes the flow has dealt with itself.
    each("handled", [&](const boost::json::value& one) {
      if (one.is_string()) std::erase(facts.unsettled, std::string(one.get_string()));
    });
    const auto* at = object ? object->if_contains("at") : nullptr;
    const std::string place = at && at->is_string() ? std::string(at->get_string()) : "";
    switch (static_cast<wire::JournalRecord>(record.type)) {
      case wire::JournalRecord::begin:
        facts.begun = true;
        break;
      case wire::JournalRecord::intent:
        std::erase(facts.unsettled, place);
        facts.unsettled.push_back(place);
        break;
      case wire::JournalRecord::failed: {
        const auto* unknown = object ? object->if_contains("unknown") : nullptr;
        if (!unknown || !unknown->is_bool() || !unknown->get_bool()) std::erase(facts.unsettled, place);
        break;
      }
      case wire::JournalRecord::resumed:
        facts.finished.reset();
        each("settled", [&](const boost::json::value& one) {
          const auto* answer = one.if_object();
          const auto* step = answer ? answer->if_contains("at") : nullptr;
          if (step && step->is_string()) std::erase(facts.unsettled, std::string(step->get_string()));
        });
        break;
      case wire::JournalRecord::enter:
      case wire::JournalRecord::suspended:
      case wire::JournalRecord::again:
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
