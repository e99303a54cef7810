#include "robot/sandbox.h"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>

namespace quanji::robot {

namespace {

constexpr const char* inside_program = "/run/quanji-runner";
constexpr const char* inside_work = "/work";

std::string own_namespace(const char* kind) {
  std::error_code failed;
  const auto link = std::filesystem::read_symlink(std::string("/proc/self/ns/") + kind, failed).string();  // "net:[4026531840]"
  const auto open = link.find('['), close = link.find(']');
  return open == std::string::npos || close == std::string::npos ? std::string() : link.substr(open + 1, close - open - 1);
}

void append(std::vector<std::string>& to, std::initializer_list<std::string> words) { to.insert(to.end(), words); }

}  // namespace

std::optional<std::uint32_t> runner_user() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"quanji-runner", "nobody"})
    if (const passwd* entry = ::getpwnam(name)) return entry->pw_uid;
  return 65534;
}

std::vector<std::string> runner_command(const SandboxSettings& settings, Enclosure enclosure, const std::string& work,
                                        wire::RunnerProfile profile) {
  const bool wrapped = enclosure != Enclosure::none;
  std::vector<std::string> words;
  if (wrapped) {
    append(words, {"/usr/bin/bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
                   "--hostname", "runner"});
    // Made by itself it would be closed to the user the runner becomes.
    append(words, {"--perms", "0755", "--dir", "/etc"});
    if (profile == wire::RunnerProfile::closed)
      append(words, {"--unshare-net"});
    else  // names of hosts, and who is believed to be one
      for (const char* place : {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates"})
        append(words, {"--ro-bind-try", place, place});
    if (::geteuid() == 0)
      append(words, {"--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"});  // for the runner to become another user
    else
      append(words, {"--unshare-user", "--cap-drop", "ALL"});
    append(words, {"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib",
                   "/lib", "--symlink", "usr/lib64", "/lib64"});
    for (const char* place : {"/etc/localtime", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache"})
      append(words, {"--ro-bind-try", place, place});
    if (enclosure == Enclosure::whole)
      append(words, {"--unshare-pid", "--proc", "/proc"});
    else
      append(words, {"--ro-bind", "/proc", "/proc"});
    append(words, {"--dev", "/dev", "--size", std::to_string(256 << 20), "--tmpfs", "/tmp", "--ro-bind", settings.runner, inside_program,
                   "--bind", work, inside_work, "--"});
  }
  append(words, {wrapped ? inside_program : settings.runner, "--channel", "3", "--work", wrapped ? inside_work : work, "--memory-mb",
                 std::to_string(settings.memory_mb), "--processes", std::to_string(settings.processes), "--outside",
                 own_namespace("pid") + ":" + own_namespace("net") + ":" + own_namespace("mnt"), "--filter",
                 settings.wish == SandboxWish::off ? "leave_out" : "install", "--profile", std::string(base::word(profile))});
  if (const auto user = runner_user()) append(words, {"--run-as", std::to_string(*user)});
  return words;
}

std::vector<std::string> runner_environment(const std::string& mark) {
  return {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/work", "TMPDIR=/tmp", "QUANJI_RUN=" + mark};
}

}  // namespace quanji::robot
