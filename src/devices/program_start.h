// How another program comes into being: found in PATH, started by vfork in a session of its own.
#pragma once
#include <sys/types.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace quanji::devices {

struct StartRequest {
  std::string path;                                              // absolute
  std::vector<std::string> arguments;                            // argv, with [0]
  std::string folder;                                            // empty: where this process is
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's own
  std::array<int, 3> streams{};                                  // what becomes 0, 1 and 2
};
// The path of a name that is looked for in PATH, or of a path with "/" as it is. not_found, not_permitted.
base::Result<std::string> find_program(const std::string& program);
// The number of the process, once it runs the program: a failure to do so is answered here. Any thread. The process ends with ours.
base::Result<pid_t> start_process(const StartRequest& request);

}  // namespace quanji::devices
