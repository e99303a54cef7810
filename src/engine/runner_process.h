// The life of a runner process: gives up its privileges, starts Python, says hello, waits for its one task, runs it, says how it ended.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "engine/activity.h"
#include "engine/confine.h"

namespace quanji::engine {

struct RunnerOptions {
  int channel = 3;                      // inherited stream socket to the robot
  std::optional<std::uint32_t> run_as;  // as root: the user and group to become
  std::string work;                     // folder to work in; empty: stay
  std::string package_path;             // the package's python/ folder; empty: none
  ConfineRequest confine;
  Catalogue catalogue;  // what its flows can say
  std::string context;  // folder of a local context (local_context.h); empty: none
};
// Returns the exit code (wire::runner_exit). The robot's going away ends the process at once: the journal is whole at any moment.
int run_runner(const RunnerOptions& options, base::Clock& clock);

}  // namespace quanji::engine
