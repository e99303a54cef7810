// A runner as a process: bad code ends as one failed attempt with a clear code, and the journal stays whole.
#include "wire/runner.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "base/fields_json.h"
#include "engine/journal.h"
#include "engine/testing.h"

namespace quanji::engine {
namespace {

constexpr std::uint32_t nobody = 65534;

class RunnerProcess : public testing::Test {
 protected:
  RunnerProcess() {
    work_ = folder_.path() + "/work";
    values_ = folder_.path() + "/values";
    for (const auto& path : {work_, values_}) {
      ::mkdir(path.c_str(), 0700);
      if (::geteuid() == 0) (void)!::chown(path.c_str(), nobody, nobody);
    }
    ::chmod(folder_.path().c_str(), 0755);
    journal_ = base::Descriptor(::open((folder_.path() + "/journal.qj").c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~RunnerProcess() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
  }
  void start(std::vector<std::string> more = {}) {
    int sockets[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    channel_ = base::Descriptor(sockets[0]);
    std::vector<std::string> words{"/proc/self/exe", "--as-runner", "--work", work_};
    if (::geteuid() == 0) words.insert(words.end(), {"--run-as", std::to_string(nobody)});
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      ::setpgid(0, 0);
      const int theirs = ::fcntl(sockets[1], F_DUPFD, 10);
      ::dup2(theirs, 3);
      ::execv("/proc/self/exe", arguments.data());
      ::_exit(127);
    }
    ::close(sockets[1]);
    ASSERT_TRUE(wait_for(wire::RunnerMessageType::hello));
  }
  void give(const std::string& yaml, std::function<void(wire::Start&)> change = {}) {
    wire::Start start;
    start.flows = {{"flows/test.yaml", yaml}};
    start.folders = {wire::RunnerFolder::values};
    if (change) change(start);
    const auto bytes = wire::write_runner_message(wire::runner_message(wire::RunnerMessageType::start, start));
    ASSERT_TRUE(bytes);
    base::Descriptor values(::open(values_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const int passed[2] = {journal_.get(), values.get()};
    iovec part{const_cast<char*>(bytes->data()), bytes->size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(c), passed, sizeof passed);
    ASSERT_EQ(::sendmsg(channel_.get(), &header, MSG_NOSIGNAL), static_cast<ssize_t>(bytes->size()));
  }
  // The next message of that type; nothing when the runner ends before.
  std::optional<wire::RunnerMessage> wait_for(wire::RunnerMessageType type) {
    for (;;) {
      auto next = reader_.next();
      if (!next) return std::nullopt;
      if (*next) {
        if ((*next)->type == type) return std::move(**next);
        continue;
      }
      pollfd one{channel_.get(), POLLIN, 0};
      if (::poll(&one, 1, 60'000) <= 0) return std::nullopt;
      char bytes[4096];
      const auto n = ::recv(channel_.get(), bytes, sizeof bytes, 0);
      if (n <= 0) return std::nullopt;
      reader_.add({bytes, static_cast<std::size_t>(n)});
    }
  }
  // Exit code, or 128 + the signal.
  int ended() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string outcome(const std::string& yaml, std::vector<std::string> more = {}, std::function<void(wire::Start&)> change = {}) {
    start(std::move(more));
    give(yaml, std::move(change));
    const auto message = wait_for(wire::RunnerMessageType::finished);
    if (!message) return "ended";
    auto finished = wire::body_as<wire::Finished>(message->body);
    if (!finished) return "unreadable";
    return finished->error ? finished->error->code : std::string(base::word(finished->outcome)) + " " + finished->outputs.text;
  }
  RunState journal() {
    auto state = read_journal(*base::read_whole(journal_.get(), 1U << 24));
    if (!state) throw std::runtime_error(state.error().message().en);
    return std::move(*state);
  }
  TemporaryFolder folder_;
  std::string work_, values_;
  base::Descriptor journal_, channel_;
  wire::RunnerMessageReader reader_;
  pid_t pid_ = -1;
};

constexpr const char* one_then = "{quanji: 1, flow: t, outputs: {b: {}, robot: {}}, steps: [{set: {a: 1}}, ";

TEST_F(RunnerProcess, StartedAheadItRunsTheTaskItIsGivenLater) {
  EXPECT_EQ(outcome(one_then + std::string("{do: test.say, with: {text: =str(a + 1)}, save: b}, {return: {b: =b, robot: =task.robot}}]}"),
                    {}, [](wire::Start& start) { start.robot = "r1"; }),
            R"(success {"b":"2","robot":"r1"})");
  EXPECT_EQ(ended(), 0);
}
TEST_F(RunnerProcess, AnExpressionWithoutEndIsItsStepsFailure) {
  const auto quick = [](wire::Start& start) { start.expression_milliseconds = 200; };
  EXPECT_EQ(outcome(one_then + std::string("{set: {b: '=[x for x in iter(int, 1) if x]'}}]}"), {}, quick), "expression_timed_out");
  EXPECT_EQ(ended(), wire::runner_exit::system_failure);
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, ARegularExpressionThatNeverReturnsIsItsStepsFailure) {
  const auto quick = [](wire::Start& start) { start.expression_milliseconds = 200; };
  EXPECT_EQ(outcome(one_then + std::string("{set: {b: '=re.match(\"(a*)*b\", \"a\" * 40)'}}]}"), {}, quick), "expression_timed_out");
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, PythonThatNeverLooksIsReportedAndKilledFromOutside) {
  start();
  give(one_then + std::string("{set: {b: '=any(iter(int, 1))'}}]}"), [](wire::Start& start) { start.expression_milliseconds = 100; });
  const auto overrun = wait_for(wire::RunnerMessageType::overrun);
  ASSERT_TRUE(overrun);
  EXPECT_EQ(wire::body_as<wire::Overrun>(overrun->body)->step, "steps/1");
  ::kill(pid_, SIGKILL);
  EXPECT_EQ(ended(), 128 + SIGKILL);
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, AMemoryHogIsItsStepsFailure) {
  // Under a sanitizer addresses have no limit; there its own bound on one allocation stands for it.
  const char* const before = ::getenv("ASAN_OPTIONS");
  const std::string options = before ? before : "";
  ::setenv("ASAN_OPTIONS", (options + ":allocator_may_return_null=1:max_allocation_size_mb=1024").c_str(), 1);
  EXPECT_EQ(outcome(one_then + std::string("{set: {b: '=len(bytearray(4 << 30))'}}]}"), {"--memory-mb", "1024"}), "out_of_memory");
  ::setenv("ASAN_OPTIONS", options.c_str(), 1);
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, AHogOfTheProcessorIsEndedAndTheJournalStaysWhole) {
  const auto limits = [](wire::Start& start) {
    start.cpu_seconds = 1;
    start.expression_milliseconds = 60'000;
  };
  EXPECT_EQ(outcome(one_then + std::string("{set: {b: '=any(iter(int, 1))'}}]}"), {}, limits), "ended");
  EXPECT_EQ(ended(), 128 + SIGXCPU);
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, AForkBombIsHeldByTheLimitOfProcesses) {
  if (::geteuid() != 0) GTEST_SKIP() << "long: the limit counts all processes of this user";
  const auto what = outcome(one_then + std::string("{set: {b: '=[0 for i in range(5000) if os.fork() == 0 and signal.pause()]'}}]}"),
                            {"--processes", "64"});
  EXPECT_EQ(what, "expression_failed");
  ::kill(-pid_, SIGKILL);
  ended();
  EXPECT_EQ(journal().steps_done, 1);
}
TEST_F(RunnerProcess, ACrashInAnActivityLeavesTheJournalWhole) {
  EXPECT_EQ(outcome(one_then + std::string("{do: test.crash, effect: once}]}")), "ended");
  const int code = ended();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_NE(code, 0);
#else
  EXPECT_EQ(code, 128 + SIGSEGV);
#endif
  const auto state = journal();
  EXPECT_EQ(state.steps_done, 1);
  EXPECT_EQ(state.unsettled, std::vector<std::string>{"steps/1"});
  // The next attempt asks before it does it again.
  EXPECT_EQ(outcome(one_then + std::string("{do: test.crash, effect: once}]}")), "unsettled_steps");
  ended();
}
TEST_F(RunnerProcess, ASoftStopEndsWaitsOfActivitiesAndOfPython) {
  for (const char* step : {"{do: test.wait, with: {time: 1h}}", "{set: {b: '=time.sleep(3600)'}}"}) {
    ASSERT_EQ(::ftruncate(journal_.get(), 0), 0);
    start();
    give(std::string(one_then) + step + "]}");
    ASSERT_TRUE(wait_for(wire::RunnerMessageType::progress));
    const auto bytes = wire::write_runner_message(wire::runner_message(wire::RunnerMessageType::stop, wire::Stop{"asked"}));
    ASSERT_EQ(::send(channel_.get(), bytes->data(), bytes->size(), 0), static_cast<ssize_t>(bytes->size()));
    const auto message = wait_for(wire::RunnerMessageType::finished);
    ASSERT_TRUE(message) << step;
    EXPECT_EQ(wire::body_as<wire::Finished>(message->body)->outcome, wire::Outcome::stopped) << step;
    EXPECT_EQ(ended(), wire::runner_exit::stopped);
  }
}
TEST_F(RunnerProcess, DocumentsThatAreWrongAreAnsweredWithAllProblems) {
  start();
  give("quanji: 1\nflow: t\nsteps:\n  - do: test.sya\n  - set: {b: =unknown_name}\n");
  const auto message = wait_for(wire::RunnerMessageType::finished);
  ASSERT_TRUE(message);
  const auto finished = wire::body_as<wire::Finished>(message->body);
  EXPECT_EQ(finished->error->code, "bad_document");
  EXPECT_NE(finished->error->message.find("test.say"), std::string::npos) << finished->error->message;
  EXPECT_NE(finished->error->message.find("flows/test.yaml:5"), std::string::npos) << finished->error->message;
  EXPECT_EQ(ended(), wire::runner_exit::bad_document);
}
TEST_F(RunnerProcess, LargeVariablesGoToTheFolderThatWasPassed) {
  EXPECT_EQ(outcome("{quanji: 1, flow: t, outputs: {n: {}}, steps: [{set: {a: '=\"x\" * 3000000'}}, {return: {n: =len(a)}}]}"),
            R"(success {"n":3000000})");
  EXPECT_EQ(ended(), 0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(values_), {}), 1);
}
TEST_F(RunnerProcess, WhoWaitsForAPersonSaysSoWithItsExitCode) {
  start();
  give("{quanji: 1, flow: t, steps: [{set: {a: 1}}, {do: test.ask, with: {title: x}}]}");
  const auto message = wait_for(wire::RunnerMessageType::finished);
  ASSERT_TRUE(message);
  // Nobody can be asked without a context: that is the step's own failure.
  EXPECT_EQ(wire::body_as<wire::Finished>(message->body)->error->code, "not_supported");
  ended();
}

}  // namespace
}  // namespace quanji::engine
