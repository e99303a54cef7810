// What a runner does to itself before it touches a flow: gives up its user, privileges, system calls and appetite, then measures how
// closely it is shut in. The namespaces are made around it by whoever starts it; here they are only looked at.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "wire/robot_contract.h"
#include "wire/runner.h"

namespace quanji::engine {

// Inode numbers of the starter's own namespaces, as /proc/self/ns names them: "4026531840". Empty: not told, counts as missing.
struct OutsideNamespaces {
  std::string pid, net, mnt;
};
enum class Filter : std::uint8_t { install, leave_out };
struct ConfineRequest {
  OutsideNamespaces outside;
  Filter filter = Filter::install;
  wire::RunnerProfile profile = wire::RunnerProfile::closed;  // closed: sockets inside this machine only, its own network
  std::int64_t memory_mb = 2048;                              // address space
  std::int64_t processes = 256;                               // of this user; has no effect on root
};

// First of all, single-threaded: ends with the starter, no core dumps, not to be traced, no new privileges; as root with `run_as` it
// becomes that user and group for good.
base::Status give_up_privileges(std::optional<std::uint32_t> run_as);
// After the interpreter is up and before any thread or flow. Missing means are named: pid_namespace, network_namespace, file_system,
// seccomp, memory_limit, process_limit, own_user. `off`: nothing shuts it in but the limits.
wire::SandboxReport confine(const ConfineRequest& request);
base::Status limit_processor_time(std::int64_t seconds);
// "4026531840" for "pid", "net", "mnt" of this process; empty if it cannot be told.
std::string own_namespace(const char* kind);

}  // namespace quanji::engine
