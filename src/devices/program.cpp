#include "devices/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "devices/process_tree.h"
#include "devices/program_start.h"

namespace quanji::devices {

using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Text;

struct Program::State {
  Descriptor input, output, error_output;  // our ends
  Descriptor exit;                         // a descriptor of the process; -1 where the kernel has none
  Descriptor settled{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, leave{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::optional<base::Secret> to_feed;
  std::thread thread;
  std::mutex mutex;
  std::string out, err;    // guarded by mutex
  bool too_much = false;   // guarded by mutex
  std::optional<End> end;  // guarded by mutex
  std::size_t limit = 0;
  pid_t pid = -1;

  void collect();
  void feed(std::size_t& fed);
  // Reads what is there; false at the end of the stream.
  bool take(int fd, std::string& to);
  bool look_for_end();
};

namespace {

void ring(int event) {
  const std::uint64_t one = 1;
  (void)!::write(event, &one, sizeof one);
}
Result<std::pair<Descriptor, Descriptor>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Error(Code::store_unavailable,
                 Text("系统没有更多的文件描述符，程序没有启动", "the system has no descriptor left; the program was not started"),
                 base::system_detail("pipe", "program"));
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

}  // namespace

void Program::State::feed(std::size_t& fed) {
  while (input.get() >= 0) {
    const auto rest = to_feed->reveal_bytes().subspan(fed);
    if (rest.empty()) break;
    const auto sent = ::write(input.get(), rest.data(), rest.size());
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (sent < 0) break;  // it does not want more
    fed += static_cast<std::size_t>(sent);
  }
  input = Descriptor();
  to_feed.reset();
}
bool Program::State::take(int fd, std::string& to) {
  std::array<char, 65536> piece;
  for (;;) {
    const auto got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const std::lock_guard lock(mutex);
    const auto room = limit - to.size();
    to.append(piece.data(), std::min(room, static_cast<std::size_t>(got)));
    if (static_cast<std::size_t>(got) > room && !too_much) {
      too_much = true;  // the rest is read and thrown away
      ring(settled.get());
    }
    // Others want to be heard too.
    if (static_cast<std::size_t>(got) < piece.size()) return true;
    if (too_much) return true;
  }
}
bool Program::State::look_for_end() {
  siginfo_t info{};
  // It is left unburied until ~Program: its number stays its own, so that no other process is ever signalled in its place.
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid) return false;
  End found;
  found.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  found.exit_code = found.signal == 0 ? info.si_status : 128 + found.signal;
  // What it had written is in the pipes by now.
  if (output.get() >= 0 && !take(output.get(), out)) output = Descriptor();
  if (error_output.get() >= 0 && !take(error_output.get(), err)) error_output = Descriptor();
  {
    const std::lock_guard lock(mutex);
    end = found;
  }
  ring(settled.get());
  return true;
}

void Program::State::collect() {
  // A program that closes its standard input is no reason to end this process. The signal stays with this thread.
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  std::size_t fed = 0;
  bool over = false;
  for (;;) {
    pollfd fds[5] = {{leave.get(), POLLIN, 0},
                     {over ? -1 : exit.get(), POLLIN, 0},
                     {output.get(), POLLIN, 0},
                     {error_output.get(), POLLIN, 0},
                     {input.get(), POLLOUT, 0}};
    // Where the kernel has no descriptor for a process its end is looked for.
    if (::poll(fds, 5, !over && exit.get() < 0 ? 20 : -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    if (fds[4].revents != 0) feed(fed);
    if (fds[2].revents != 0 && !take(output.get(), out)) output = Descriptor();
    if (fds[3].revents != 0 && !take(error_output.get(), err)) error_output = Descriptor();
    if (!over && (exit.get() < 0 || fds[1].revents != 0)) over = look_for_end();
    // What it started may go on writing: it is read, so that nobody is stopped by a full pipe.
    if (over && output.get() < 0 && error_output.get() < 0) return;
  }
}

Result<std::unique_ptr<Program>> Program::start(ProgramOptions options) {
  QUANJI_TRY(const auto path, find_program(options.program));
  std::unique_ptr<Program> made(new Program);
  made->state_ = std::make_unique<State>();
  auto& state = *made->state_;
  made->name_ = path.substr(path.rfind('/') + 1);
  made->token_ = new_program_token();
  state.limit = options.output_limit;
  StartRequest request;
  request.path = path;
  request.arguments = std::move(options.arguments);
  request.arguments.insert(request.arguments.begin(), options.program);
  request.folder = std::move(options.folder);
  request.environment = std::move(options.environment);
  request.environment.emplace_back(program_variable, made->token_);
  Descriptor their_input, their_output, their_error;
  if (options.input) {
    QUANJI_TRY(auto ends, make_pipe());
    their_input = std::move(ends.first);
    state.input = std::move(ends.second);
    ::fcntl(state.input.get(), F_SETFL, O_NONBLOCK);
    state.to_feed = std::move(options.input);
  } else {
    their_input = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  QUANJI_TRY(auto out_ends, make_pipe());
  QUANJI_TRY(auto error_ends, make_pipe());
  state.output = std::move(out_ends.first);
  their_output = std::move(out_ends.second);
  state.error_output = std::move(error_ends.first);
  their_error = std::move(error_ends.second);
  ::fcntl(state.output.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(state.error_output.get(), F_SETFL, O_NONBLOCK);
  request.streams = {their_input.get(), their_output.get(), their_error.get()};
  QUANJI_TRY(made->pid_, start_process(request));
  state.pid = made->pid_;
  state.exit = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, made->pid_, 0)));
  state.thread = std::thread([&state] { state.collect(); });
  return made;
}
Program::~Program() {
  if (pid_ < 0) return;
  kill();
  ring(state_->leave.get());
  if (state_->thread.joinable()) state_->thread.join();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int Program::settled_descriptor() const { return state_->settled.get(); }
std::optional<Program::End> Program::end() const {
  const std::lock_guard lock(state_->mutex);
  return state_->end;
}
bool Program::too_much_output() const {
  const std::lock_guard lock(state_->mutex);
  return state_->too_much;
}
std::string Program::output() const {
  const std::lock_guard lock(state_->mutex);
  return state_->out;
}
std::string Program::error_output() const {
  const std::lock_guard lock(state_->mutex);
  return state_->err;
}

std::vector<ProcessView> Program::tree() const {
  std::vector<ProcessView> views;
  for (const auto& fact : processes_of(pid_, token_)) views.push_back(view_of(fact));
  return views;
}
void Program::ask_to_end() {
  for (const auto& fact : processes_of(pid_, token_)) ::kill(fact.number, SIGTERM);
}
void Program::kill() {
  ::kill(-pid_, SIGKILL);
  // Others may be started while we look: all are held first, and only when a look finds no new one are they ended. What ignores even
  // that (another user's program) is given up after a while.
  for (int round = 0; round < 400; ++round) {
    const auto members = processes_of(pid_, token_);
    if (members.empty()) return;
    for (const auto& fact : members) ::kill(fact.number, SIGSTOP);
    for (const auto& fact : processes_of(pid_, token_)) ::kill(fact.number, SIGKILL);
    ::poll(nullptr, 0, round < 20 ? 1 : 10);
  }
}

}  // namespace quanji::devices
