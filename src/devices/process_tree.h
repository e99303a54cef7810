// Which processes belong to a program: what /proc says of session, descent and environment. Of this user's processes only.
// Reads its own bytes only: /proc is the kernel's
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "devices/program.h"

namespace quanji::devices {

inline constexpr char program_variable[] = "QUANJI_PROGRAM";

// A process as the kernel tells; `start` is in ticks since the machine's start and tells one number's two owners apart.
struct ProcessFact {
  pid_t number = 0, parent = 0, session = 0;
  char state = '?';  // Z: it is over and not yet buried
  std::uint64_t start = 0;
};
// Nothing when there is no such process.
std::optional<ProcessFact> look_at_process(pid_t number);
// Those alive (not Z) that are in the leader's session, descend from it, or carry "QUANJI_PROGRAM=<token>"; the leader first.
std::vector<ProcessFact> processes_of(pid_t leader, const std::string& token);
ProcessView view_of(const ProcessFact& fact);
// Of this process: never the same twice on a machine that is not started anew.
std::string new_program_token();

}  // namespace quanji::devices
