#include "devices/program_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "base/files.h"

namespace quanji::devices {

using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Text;

namespace {

// A process ends with the thread that started it (PR_SET_PDEATHSIG), and steps of branches run in threads that come and go: all
// processes are started by one thread that stays as long as this process.
class Starter {
 public:
  static Starter& of_this_process() {
    static auto* starter = new Starter;  // never taken down: programs live until the process ends
    return *starter;
  }
  pid_t run(std::function<pid_t()> start) {
    std::packaged_task<pid_t()> task(std::move(start));
    auto made = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    some_.notify_one();
    return made.get();
  }

 private:
  Starter() {
    std::thread([this] {
      for (;;) {
        std::unique_lock lock(mutex_);
        some_.wait(lock, [this] { return !tasks_.empty(); });
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
      }
    }).detach();
  }
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

// Everything the child needs, made before: between vfork and exec nothing may be allocated or locked.
struct Ready {
  const char* path;
  char* const* argv;
  char* const* envp;
  const char* folder;  // null: stay
  std::array<int, 3> streams;
  int report;  // where the errno of a failure goes; closed by exec
  pid_t parent;
  int descriptors;  // how many there may be at most
};
enum class Stage : int { folder = 1, program = 2, other = 3 };
struct Report {
  Stage stage;
  int error;
};

[[noreturn]] void fail_child(const Ready& ready, int report, Stage stage) {
  const Report told{stage, errno};
  (void)!::write(report, &told, sizeof told);
  (void)ready;
  ::_exit(127);
}
// In the child; async-signal-safe calls only.
[[noreturn]] void become(const Ready& ready) {
  ::setsid();
  // Ours first out of the way of 0, 1 and 2.
  int streams[3];
  for (int i = 0; i < 3; ++i) {
    streams[i] = ::fcntl(ready.streams[static_cast<std::size_t>(i)], F_DUPFD, 10);
    if (streams[i] < 0) fail_child(ready, ready.report, Stage::other);
  }
  const int kept = ::fcntl(ready.report, F_DUPFD_CLOEXEC, 10);
  if (kept < 0) fail_child(ready, ready.report, Stage::other);
  for (int i = 0; i < 3; ++i)
    if (::dup2(streams[i], i) < 0) fail_child(ready, kept, Stage::other);
  if (::dup3(kept, 3, O_CLOEXEC) < 0) fail_child(ready, kept, Stage::other);
  if (::syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
    for (int fd = 4; fd < ready.descriptors; ++fd) ::close(fd);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != ready.parent) fail_child(ready, 3, Stage::other);
  if (ready.folder && ::chdir(ready.folder) != 0) fail_child(ready, 3, Stage::folder);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    ::sigaction(number, &plain, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(ready.path, ready.argv, ready.envp);
  fail_child(ready, 3, Stage::program);
}
// vfork: a fork of a runner with gigabytes of tables would have to copy its page tables.
__attribute__((noinline)) pid_t make_child(const Ready& ready) {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::vfork();
  if (child == 0) become(ready);
  const int kept = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = kept;
  return child;
}

Error why_not(const StartRequest& request, const Report& report) {
  const auto detail = fmt::format("start {}: {}", request.path, std::strerror(report.error));
  if (report.stage == Stage::folder)
    return Error(
        Code::not_found,
        Text(fmt::format("程序的工作文件夹 {} 进不去", request.folder), fmt::format("the folder {} cannot be entered", request.folder)),
        detail);
  if (report.stage == Stage::other)
    return Error(Code::store_unavailable,
                 Text(fmt::format("程序 {} 没有启动", request.path), fmt::format("{} was not started", request.path)), detail);
  switch (report.error) {
    case ENOENT:
    case ENOTDIR:
      return Error(Code::not_found,
                   Text(fmt::format("{} 不存在，或它第一行 #! 指的解释器不存在", request.path),
                        fmt::format("{} does not exist, or the interpreter its #! line names does not", request.path)),
                   detail);
    case EACCES:
    case EPERM:
      return Error(
          Code::not_permitted,
          Text(fmt::format("{} 不允许执行：请加执行权限（chmod +x），或把解释器写成 program、脚本写成参数", request.path),
               fmt::format("{} may not be executed: chmod +x, or make the interpreter the program and this its argument", request.path)),
          detail);
    case ENOEXEC:
      return Error(
          Code::not_supported,
          Text(fmt::format("{} 不是程序，也没有 #! 行：请把解释器写成 program、脚本写成参数", request.path),
               fmt::format("{} is no program and has no #! line: make the interpreter the program and this its argument", request.path)),
          detail);
    case E2BIG:
      return Error(
          Code::too_large,
          Text("参数和环境变量太长：把内容写到文件里再传路径", "arguments and environment are too long: put the content into a file"),
          detail);
    default:
      return Error(Code::store_unavailable,
                   Text(fmt::format("程序 {} 没有启动", request.path), fmt::format("{} was not started", request.path)), detail);
  }
}

}  // namespace

Result<std::string> find_program(const std::string& program) {
  const auto usable = [](const std::string& path) {
    struct stat there {};
    return ::stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) {
    struct stat there {};
    if (::stat(program.c_str(), &there) != 0)
      return Error(Code::not_found, Text(fmt::format("程序 {} 不存在", program), fmt::format("the program {} does not exist", program)));
    if (S_ISDIR(there.st_mode))
      return Error(Code::not_found,
                   Text(fmt::format("{} 是文件夹，不是程序", program), fmt::format("{} is a folder, no program", program)));
    return program;
  }
  const char* path = std::getenv("PATH");
  const std::string folders = path ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= folders.size();) {
    const auto end = std::min(folders.find(':', at), folders.size());
    const auto folder = folders.substr(at, end - at);
    // A part of PATH that is no absolute path would find what lies in the work folder.
    if (folder.starts_with('/') && !program.empty() && usable(folder + "/" + program)) return folder + "/" + program;
    at = end + 1;
  }
  return Error(Code::not_found,
               Text(fmt::format("找不到程序 {}（PATH：{}）：请安装它，或写出完整路径", program, folders),
                    fmt::format("there is no program {} (PATH: {}): install it, or write its whole path", program, folders)));
}

Result<pid_t> start_process(const StartRequest& request) {
  std::map<std::string, std::string, std::less<>> environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos && equals != 0)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [name, value] : request.environment) environment[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : environment) lines.push_back(fmt::format("{}={}", name, value));
  std::vector<char*> argv, envp;
  for (const auto& argument : request.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  for (const auto& line : lines) envp.push_back(const_cast<char*>(line.c_str()));
  envp.push_back(nullptr);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return why_not(request, {Stage::other, errno});
  const Descriptor heard(ends[0]);
  Descriptor told(ends[1]);
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  const Ready ready{request.path.c_str(), argv.data(), envp.data(), request.folder.empty() ? nullptr : request.folder.c_str(),
                    request.streams,      told.get(),  ::getpid(),  static_cast<int>(std::min<rlim_t>(most.rlim_cur, 65'536))};
  int error = 0;
  const pid_t child = Starter::of_this_process().run([&] {
    const auto made = make_child(ready);
    error = errno;
    return made;
  });
  if (child < 0) {
    auto refused = why_not(request, {Stage::other, error});
    if (error == EAGAIN || error == ENOMEM)
      refused =
          Error(Code::store_unavailable,
                Text(fmt::format("系统不让再启动进程（进程数或内存已到上限），{} 没有启动", request.path),
                     fmt::format("the system lets no more processes be started (their number or the memory is at its limit); {} was not "
                                 "started",
                                 request.path)),
                std::strerror(error));
    return refused;
  }
  told = Descriptor();
  Report report{};
  ssize_t got = 0;
  while ((got = ::read(heard.get(), &report, sizeof report)) < 0 && errno == EINTR) {
  }
  if (got == static_cast<ssize_t>(sizeof report)) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return why_not(request, report);
  }
  return child;
}

}  // namespace quanji::devices
