#include "robot/machine.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace quanji::robot {

Machine this_machine() {
  Machine machine;
  utsname names{};
  if (::uname(&names) == 0) {
    machine.arch = names.machine;
    machine.os = names.sysname;
  }
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);) {
    constexpr std::string_view key = "PRETTY_NAME=";
    if (!line.starts_with(key)) continue;
    machine.os = line.substr(key.size());
    std::erase(machine.os, '"');
  }
  if (const passwd* entry = ::getpwuid(::geteuid())) machine.user = entry->pw_name;
  return machine;
}

}  // namespace quanji::robot
