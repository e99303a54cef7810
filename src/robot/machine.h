// What can be said of this machine and this program.
#pragma once
#include <string>

namespace quanji::robot {

inline constexpr const char* program_version = "0.1.0";
struct Machine {
  std::string os, arch, user;
};
Machine this_machine();

}  // namespace quanji::robot
