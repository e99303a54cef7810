// What the robot reads in a run's journal, behind the runner that writes it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/runner.h"

namespace quanji::robot {

struct JournalFacts {
  bool begun = false;
  std::int64_t steps_done = 0;
  std::vector<std::string> unsettled;  // intents without receipt
  std::optional<wire::Finished> finished;
};
// Of an open journal. A torn tail is passed over; corruption is a failure.
base::Result<JournalFacts> look_at_journal(int fd);

}  // namespace quanji::robot
