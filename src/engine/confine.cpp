#include "engine/confine.h"

#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/files.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Status;
using base::system_detail;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // reserves terabytes of addresses: a limit on them cannot be set
#else
constexpr bool sanitized = false;
#endif

Status refused(std::string_view act) {
  return Error(Code::requirement_missing,
               base::Text("执行程序无法放弃特权，拒绝启动", "the runner cannot give up its privileges and does not start"),
               system_detail(act, "runner"));
}

// What no automation needs and what has opened kernels before. Everything else is allowed: the list must bear Python, numeric libraries
// and programs a flow starts.
constexpr std::array never = {SCMP_SYS(ptrace),
                              SCMP_SYS(process_vm_readv),
                              SCMP_SYS(process_vm_writev),
                              SCMP_SYS(kcmp),
                              SCMP_SYS(mount),
                              SCMP_SYS(umount2),
                              SCMP_SYS(pivot_root),
                              SCMP_SYS(chroot),
                              SCMP_SYS(move_mount),
                              SCMP_SYS(open_tree),
                              SCMP_SYS(fsopen),
                              SCMP_SYS(fsmount),
                              SCMP_SYS(fsconfig),
                              SCMP_SYS(fspick),
                              SCMP_SYS(mount_setattr),
                              SCMP_SYS(unshare),
                              SCMP_SYS(setns),
                              SCMP_SYS(bpf),
                              SCMP_SYS(perf_event_open),
                              SCMP_SYS(userfaultfd),
                              SCMP_SYS(keyctl),
                              SCMP_SYS(add_key),
                              SCMP_SYS(request_key),
                              SCMP_SYS(kexec_load),
                              SCMP_SYS(kexec_file_load),
                              SCMP_SYS(init_module),
                              SCMP_SYS(finit_module),
                              SCMP_SYS(delete_module),
                              SCMP_SYS(reboot),
                              SCMP_SYS(swapon),
                              SCMP_SYS(swapoff),
                              SCMP_SYS(acct),
                              SCMP_SYS(quotactl),
                              SCMP_SYS(open_by_handle_at),
                              SCMP_SYS(name_to_handle_at),
                              SCMP_SYS(io_uring_setup),
                              SCMP_SYS(io_uring_enter),
                              SCMP_SYS(io_uring_register),
                              SCMP_SYS(settimeofday),
                              SCMP_SYS(clock_settime),
                              SCMP_SYS(sethostname),
                              SCMP_SYS(setdomainname),
                              SCMP_SYS(syslog),
                              SCMP_SYS(iopl),
                              SCMP_SYS(ioperm),
                              SCMP_SYS(lookup_dcookie),
                              SCMP_SYS(vhangup),
                              SCMP_SYS(modify_ldt)};

bool install_filter(wire::RunnerProfile profile) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return false;
  bool ok = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;
  for (const int call : never) ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0;
  // clone3 hides its flags from a filter; without it the C library takes clone, whose flags are seen.
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
  for (const unsigned flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP})
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)) == 0;
  // Profile `closed`: sockets inside this machine only.
  if (profile == wire::RunnerProfile::closed)
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX)) == 0;
  // Typing into the terminal of whoever started the robot.
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, 0x5412U)) ==
                 0;  // TIOCSTI
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, 0x541cU)) ==
                 0;  // TIOCLINUX
  ok = ok && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return ok;
}

bool limit(decltype(RLIMIT_AS) what, rlim_t most) {
  rlimit now{};
  if (getrlimit(what, &now) != 0) return false;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  const rlimit wanted{most, most};
  return setrlimit(what, &wanted) == 0;
}

}  // namespace

std::string own_namespace(const char* kind) {
  char text[64];
  const auto path = std::string("/proc/self/ns/") + kind;
  const auto size = readlink(path.c_str(), text, sizeof text);
  if (size <= 0) return {};
  const std::string_view link(text, static_cast<std::size_t>(size));  // "net:[4026531840]"
  const auto open = link.find('['), close = link.find(']');
  return open == std::string_view::npos || close == std::string_view::npos ? std::string()
                                                                           : std::string(link.substr(open + 1, close - open - 1));
}

Status give_up_privileges(std::optional<std::uint32_t> run_as) {
  if (run_as && geteuid() == 0) {
    if (setgroups(0, nullptr) != 0) return refused("setgroups");
    if (setresgid(*run_as, *run_as, *run_as) != 0) return refused("setresgid");
    if (setresuid(*run_as, *run_as, *run_as) != 0) return refused("setresuid");
    if (setuid(0) == 0) return refused("still root");
  }
  // A change of user forgets the parent-death signal, so it is set after it; the starter may have died just before.
  const auto parent = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return refused("prctl pdeathsig");
  if (getppid() != parent) return refused("the starter is gone");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("prctl no_new_privs");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return refused("setrlimit core");
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return refused("prctl dumpable");
  return {};
}

wire::SandboxReport confine(const ConfineRequest& request) {
  wire::SandboxReport report;
  const auto missing = [&](bool there, const char* word) {
    if (!there) report.missing.emplace_back(word);
    return there;
  };
  const auto own = [](const char* kind, const std::string& outside) {
    const auto mine = own_namespace(kind);
    return !outside.empty() && !mine.empty() && mine != outside;
  };
  bool anything = missing(own("pid", request.outside.pid), "pid_namespace");
  if (request.profile == wire::RunnerProfile::closed) anything |= missing(own("net", request.outside.net), "network_namespace");
  anything |= missing(own("mnt", request.outside.mnt), "file_system");
  missing(!sanitized && limit(RLIMIT_AS, static_cast<rlim_t>(request.memory_mb) << 20), "memory_limit");
  missing(limit(RLIMIT_NPROC, static_cast<rlim_t>(request.processes)) && geteuid() != 0, "process_limit");
  missing(geteuid() != 0, "own_user");
  limit(RLIMIT_NOFILE, 1024);
  // Last: it forbids what stands above.
  anything |= missing(request.filter == Filter::install && install_filter(request.profile), "seccomp");
  report.level = report.missing.empty() ? wire::SandboxLevel::full : anything ? wire::SandboxLevel::partial : wire::SandboxLevel::off;
  return report;
}

Status limit_processor_time(std::int64_t seconds) {
  // One second more for the hard limit: SIGXCPU ends the run, SIGKILL ends who ignores it.
  const rlimit wanted{static_cast<rlim_t>(seconds), static_cast<rlim_t>(seconds + 1)};
  if (setrlimit(RLIMIT_CPU, &wanted) != 0) return refused("setrlimit cpu");
  return {};
}

}  // namespace quanji::engine
