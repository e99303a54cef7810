// How a runner process is shut in, as a command line: bubblewrap around it where the machine lets us.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "robot/settings.h"
#include "wire/runner.h"

namespace quanji::robot {

// From the closest to none; the first that brings a runner up on this machine is used.
enum class Enclosure : std::uint8_t {
  whole,         // own pid, network, ipc and mount namespaces, own /proc
  without_pids,  // where no /proc may be mounted: the same without a pid namespace
  none,          // limits and system call filter only
};
// The user a runner becomes when the robot is root: quanji-runner if there is one, else nobody.
std::optional<std::uint32_t> runner_user();
// Program and arguments; the channel is descriptor 3. No secret stands in them.
std::vector<std::string> runner_command(const SandboxSettings& settings, Enclosure enclosure, const std::string& work,
                                        wire::RunnerProfile profile);
// The whole environment of a runner. `mark` is found again in everything it starts.
std::vector<std::string> runner_environment(const std::string& mark);

}  // namespace quanji::robot
