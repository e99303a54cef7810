#include "robot/runner_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/bytes.h"
#include "base/files.h"

namespace quanji::robot {

using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Status;
using base::system_detail;

namespace {

Error cannot_start(std::string_view act) {
  return Error(Code::requirement_missing, base::Text("无法启动执行程序", "the runner cannot be started"), system_detail(act, "runner"));
}

// Kills every process whose environment bears the mark, until none is left: what a run started outside of its process group, where there
// is no pid namespace that ends with it.
void sweep(const std::string& mark) {
  const std::string wanted = "QUANJI_RUN=" + mark;
  for (int pass = 0; pass < 20; ++pass) {
    int found = 0;
    DIR* processes = ::opendir("/proc");
    if (!processes) return;
    while (const dirent* entry = ::readdir(processes)) {
      const int pid = std::atoi(entry->d_name);
      if (pid <= 1) continue;
      Descriptor environment(::open(("/proc/" + std::string(entry->d_name) + "/environ").c_str(), O_RDONLY | O_CLOEXEC));
      if (environment.get() < 0) continue;
      const auto bytes = base::read_whole(environment.get(), 1U << 20);
      if (!bytes) continue;
      const auto at = bytes->find(wanted);
      if (at == std::string::npos || (at > 0 && (*bytes)[at - 1] != '\0')) continue;
      if (::kill(pid, SIGKILL) == 0) ++found;
    }
    ::closedir(processes);
    if (found == 0) return;
  }
}

class Child final : public Runner {
 public:
  Child(pid_t pid, Descriptor pidfd, Descriptor channel, Descriptor log, std::string mark, Enclosure enclosure)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        channel_(std::move(channel)),
        log_(std::move(log)),
        mark_(std::move(mark)),
        enclosure_(enclosure) {}
  ~Child() override {
    kill();
    int status = 0;
    if (!exit_)
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
  }

  Status begin(const wire::Start& start, int journal, std::span<const int> folders) override {
    QUANJI_TRY(const auto bytes, wire::write_runner_message(wire::runner_message(wire::RunnerMessageType::start, start)));
    // The descriptors travel with the length, the rest follows.
    std::vector<int> descriptors{journal};
    descriptors.insert(descriptors.end(), folders.begin(), folders.end());
    iovec part{const_cast<char*>(bytes.data()), 4};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
    if (descriptors.size() > 4) return Error(Code::bug, "too many folders");
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(c), descriptors.data(), descriptors.size() * sizeof(int));
    ssize_t sent = 0;
    do sent = ::sendmsg(channel_.get(), &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != 4) return cannot_start("give the task to");
    return write(std::string_view(bytes).substr(4));
  }
  void ask_stop(const std::string& reason) override {
    const auto bytes = wire::write_runner_message(wire::runner_message(wire::RunnerMessageType::stop, wire::Stop{reason}));
    if (bytes) (void)write(*bytes).ok();  // one that is gone needs no asking
  }
  void kill() override {
    if (exit_) return;
    ::kill(pid_, SIGKILL);  // with a pid namespace: bubblewrap, and with it everything inside
    ::kill(-pid_, SIGKILL);
    if (enclosure_ != Enclosure::whole) sweep(mark_);
  }
  std::vector<wire::RunnerMessage> messages() override {
    char bytes[16 * 1024];
    for (;;) {
      const auto n = ::recv(channel_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) gone_ = true;
      if (n <= 0) break;
      reader_.add({bytes, static_cast<std::size_t>(n)});
    }
    std::vector<wire::RunnerMessage> out;
    for (;;) {
      auto next = reader_.next();
      if (!next) {
        kill();  // it does not keep to the protocol
        break;
      }
      if (!*next) break;
      out.push_back(std::move(**next));
    }
    return out;
  }
  std::string log() override {
    std::string out;
    char bytes[16 * 1024];
    while (out.size() < 64 * 1024) {
      const auto n = ::read(log_.get(), bytes, sizeof bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) log_gone_ = true;
      if (n <= 0) break;
      out.append(bytes, static_cast<std::size_t>(n));
    }
    return out;
  }
  std::optional<int> ended() override {
    if (exit_) return exit_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (enclosure_ != Enclosure::whole) sweep(mark_);
    return exit_;
  }
  std::vector<int> descriptors() const override {
    std::vector<int> out;
    if (!exit_) out.push_back(pidfd_.get());
    if (!gone_) out.push_back(channel_.get());
    if (!log_gone_) out.push_back(log_.get());
    return out;
  }

 private:
  // The runner always reads, so this waits for no longer than it takes to be scheduled; one that is stopped is killed by its deadline.
  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(channel_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0)
        bytes.remove_prefix(static_cast<std::size_t>(n));
      else if (n < 0 && errno != EINTR)
        return cannot_start("write to");
    }
    return {};
  }
  pid_t pid_;
  Descriptor pidfd_, channel_, log_;
  std::string mark_;
  Enclosure enclosure_;
  wire::RunnerMessageReader reader_;
  std::optional<int> exit_;
  bool gone_ = false, log_gone_ = false;
};

// Between fork and exec only calls that are safe there: other threads may hold any lock.
[[noreturn]] void become(char* const* words, char* const* environment, int channel, int log, int null) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Out of the way first: any of them may be one of the numbers they are to become.
  channel = ::fcntl(channel, F_DUPFD, 10);
  log = ::fcntl(log, F_DUPFD, 10);
  null = ::fcntl(null, F_DUPFD, 10);
  ::dup2(null, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::dup2(channel, 3);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

Result<std::unique_ptr<Runner>> start_child(const SandboxSettings& settings, Enclosure enclosure, const std::string& work,
                                            wire::RunnerProfile profile, base::Random& random) {
  int sockets[2], pipes[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return cannot_start("make a socket pair for");
  Descriptor ours(sockets[0]), theirs(sockets[1]);
  if (::pipe2(pipes, O_CLOEXEC) != 0) return cannot_start("make a pipe for");
  Descriptor log_read(pipes[0]), log_write(pipes[1]);
  ::fcntl(log_read.get(), F_SETFL, O_NONBLOCK);
  Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, 16> chance{};
  random.fill(chance);
  const auto mark = base::hex(chance);
  auto words = runner_command(settings, enclosure, work, profile);
  auto environment = runner_environment(mark);
  auto word_pointers = pointers(words), environment_pointers = pointers(environment);
  if (::access(words[0].c_str(), X_OK) != 0) return cannot_start(words[0]);
  const pid_t pid = ::fork();
  if (pid < 0) return cannot_start("fork");
  if (pid == 0) become(word_pointers.data(), environment_pointers.data(), theirs.get(), log_write.get(), null.get());
  Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return std::unique_ptr<Runner>(std::make_unique<Child>(pid, std::move(pidfd), std::move(ours), std::move(log_read), mark, enclosure));
}

// Waits for its hello.
Result<wire::Hello> greet(Runner& runner) {
  std::string said;
  for (;;) {
    for (const auto& message : runner.messages())
      if (message.type == wire::RunnerMessageType::hello) return wire::body_as<wire::Hello>(message.body);
    said += runner.log();
    if (runner.ended())
      return Error(Code::requirement_missing, base::Text("执行程序起不来：" + said, "the runner does not come up: " + said));
    std::vector<pollfd> fds;
    for (const int fd : runner.descriptors()) fds.push_back({fd, POLLIN, 0});
    if (::poll(fds.data(), fds.size(), 10'000) == 0)
      return Error(Code::requirement_missing, base::Text("执行程序 10 秒内没有应答", "the runner said nothing for 10 seconds"));
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

Result<std::unique_ptr<RunnerChildren>> RunnerChildren::make(const SandboxSettings& settings, const std::string& scratch_folder,
                                                             base::Random& random) {
  std::unique_ptr<RunnerChildren> children(new RunnerChildren(settings, random));
  std::error_code failed;
  std::filesystem::create_directories(scratch_folder, failed);
  std::optional<Error> why;
  for (const auto enclosure : {Enclosure::whole, Enclosure::without_pids, Enclosure::none}) {
    if (settings.wish == SandboxWish::off && enclosure != Enclosure::none) continue;
    children->enclosure_ = enclosure;
    auto runner = children->start(scratch_folder, wire::RunnerProfile::closed);
    auto hello = runner ? greet(**runner) : Result<wire::Hello>(std::move(runner).error());
    if (!hello) {
      if (!why) why = std::move(hello).error();
      continue;
    }
    children->trial_ = std::move(*hello);
    if (settings.wish == SandboxWish::full && children->trial_.sandbox.level != wire::SandboxLevel::full) {
      const auto missing = joined(children->trial_.sandbox.missing);
      return Error(Code::requirement_missing, base::Text("配置要求 robot.sandbox.level = full，但本机缺少：" + missing,
                                                         "robot.sandbox.level is full, but this machine lacks: " + missing));
    }
    return children;
  }
  return std::move(*why);
}

Result<std::unique_ptr<Runner>> RunnerChildren::start(const std::string& work, wire::RunnerProfile profile) {
  if (const auto user = runner_user())
    if (::chown(work.c_str(), *user, *user) != 0) return cannot_start("give the work folder to");
  return start_child(settings_, enclosure_, work, profile, random_);
}

}  // namespace quanji::robot
