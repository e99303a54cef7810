#include "robot/runner_child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "base/fields_json.h"
#include "base/files.h"
#include "robot/run_journal.h"
#include "robot/testing.h"

namespace quanji::robot {
namespace {

using testing::TemporaryFolder;
using testing::wait_for;
using wire::RunnerMessageType;

const wire::TaskId task{base::Ulid{{1}}};
const wire::AttemptId attempt{base::Ulid{{2}}};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    auto made = RunnerChildren::make(testing::sandbox_settings(), folder_ / "scratch", random_);
    if (!made) throw std::runtime_error(made.error().message().en + " " + made.error().detail());
    children_ = std::move(*made);
  }
  base::Descriptor journal(const std::string& name = "journal.qj") {
    return base::Descriptor(::open((folder_ / name).c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  }
  std::unique_ptr<Runner> runner() {
    std::filesystem::create_directories(folder_ / "work");
    auto started = children_->start(folder_ / "work", profile_);
    if (!started) throw std::runtime_error(started.error().message().en);
    EXPECT_TRUE(wait_for(**started, RunnerMessageType::hello));
    return std::move(*started);
  }
  wire::Start start(std::string document) {
    wire::Start out;
    out.task = task;
    out.attempt = attempt;
    out.flows = {{"flow.json", std::move(document)}};
    return out;
  }
  struct Ended {
    wire::Finished finished;
    std::optional<int> code;
    std::string log;
  };
  Ended run(const std::string& document, std::int64_t expression_milliseconds = 5000) {
    std::filesystem::remove(folder_ / "journal.qj");
    const auto fd = journal();
    const auto child = runner();
    auto task_start = start(document);
    task_start.expression_milliseconds = expression_milliseconds;
    EXPECT_TRUE(child->begin(task_start, fd.get()).ok());
    Ended ended;
    if (auto message = wait_for(*child, RunnerMessageType::finished, &ended.log)) {
      auto finished = wire::body_as<wire::Finished>(message->body);
      EXPECT_TRUE(finished.ok());
      if (finished) ended.finished = std::move(*finished);
    }
    wait_for(*child, RunnerMessageType::hello, &ended.log);  // there is no second: until its end
    ended.code = child->ended();
    return ended;
  }
  // The outputs' member `x` of a flow that sets x to the expression.
  std::string outcome_of(const std::string& expression) {
    std::string quoted;
    base::append_json_string(quoted, "=" + expression);
    const auto ended = run(R"({"quanji":1,"flow":"t","outputs":{"x":{}},"steps":[{"set":{"x":)" + quoted + R"(}},{"return":{"x":"=x"}}]})");
    return ended.finished.error ? ended.finished.error->code + ": " + ended.finished.error->message : ended.finished.outputs.text;
  }
  TemporaryFolder folder_;
  base::SystemRandom random_;
  std::unique_ptr<RunnerChildren> children_;
  wire::RunnerProfile profile_ = wire::RunnerProfile::closed;
};

TEST_F(RunnerTest, OneStepWithOneExpressionIsRunAndJournalled) {
  const auto ended = run(R"({"quanji":1,"flow":"t","outputs":{"x":{}},"steps":[{"set":{"x":"=6 * 7"}},{"return":{"x":"=x"}}]})");
  EXPECT_EQ(ended.finished.outcome, wire::Outcome::success);
  EXPECT_EQ(ended.finished.outputs.text, R"({"x":42})");
  EXPECT_EQ(ended.code, 0);
  const auto facts = look_at_journal(journal().get());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->steps_done, 1);
  ASSERT_TRUE(facts->finished);
  EXPECT_EQ(facts->finished->outputs.text, R"({"x":42})");
}

TEST_F(RunnerTest, TheSandboxIsWholeOrSaysWhatIsMissing) {
  const auto& report = children_->trial().sandbox;
  EXPECT_EQ(children_->enclosure(), Enclosure::whole) << "bubblewrap does not work on this machine";
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(report.missing, std::vector<std::string>{"memory_limit"});
  EXPECT_EQ(report.level, wire::SandboxLevel::partial);
#else
  EXPECT_TRUE(report.missing.empty());
  EXPECT_EQ(report.level, wire::SandboxLevel::full);
#endif
}

// As in a container without namespaces; the robot's folder is closed to the user the runner becomes.
TEST_F(RunnerTest, ComesUpWithoutAnEnclosureAndSaysWhatIsMissing) {
  auto settings = testing::sandbox_settings();
  settings.wish = SandboxWish::off;
  std::filesystem::permissions(std::string(folder_ / ""), std::filesystem::perms::owner_all);
  auto made = RunnerChildren::make(settings, folder_ / "scratch", random_);
  ASSERT_TRUE(made) << made.error().message().en;
  children_ = std::move(*made);
  EXPECT_EQ(children_->enclosure(), Enclosure::none);
  const auto& missing = children_->trial().sandbox.missing;
  EXPECT_NE(std::find(missing.begin(), missing.end(), "network_namespace"), missing.end());
  EXPECT_EQ(outcome_of("6 * 7"), R"({"x":42})");
}

TEST_F(RunnerTest, CannotReachTheNetwork) {
  // Something listens outside, on the loopback this machine shares with nobody inside.
  base::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto tried = outcome_of("socket.create_connection(('127.0.0.1', " + std::to_string(ntohs(address.sin_port)) + "))");
  EXPECT_NE(tried.find("PermissionError"), std::string::npos) << tried;
  const auto raw = outcome_of("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)");
  EXPECT_NE(raw.find("PermissionError"), std::string::npos) << raw;
}

TEST_F(RunnerTest, WithTheNetworkReachesAServerAndNothingElseOfTheMachine) {
  profile_ = wire::RunnerProfile::network;
  base::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(outcome_of("socket.create_connection(('127.0.0.1', " + std::to_string(ntohs(address.sin_port)) + ")).fileno() > 2"),
            R"({"x":true})");
  const auto names = outcome_of("open('/etc/hosts').read() != ''");
  EXPECT_EQ(names, R"({"x":true})");
  std::ofstream(folder_ / "secret") << "x";
  const auto outside = outcome_of("open('" + (folder_ / "secret") + "').read()");
  EXPECT_NE(outside.find("FileNotFoundError"), std::string::npos) << outside;
  EXPECT_EQ(outcome_of("len([p for p in os.listdir('/proc') if p.isdigit()]) <= 3"), R"({"x":true})");
}

TEST_F(RunnerTest, CannotReadOrWriteOutsideOfItsWorkFolder) {
  std::ofstream(folder_ / "secret") << "x";
  const auto outside = outcome_of("open('" + (folder_ / "secret") + "').read()");
  EXPECT_NE(outside.find("FileNotFoundError"), std::string::npos) << outside;
  const auto passwords = outcome_of("open('/etc/passwd').read()");
  // Not there, or there and closed to the runner: either way it is not read.
  EXPECT_TRUE(passwords.find("FileNotFoundError") != std::string::npos || passwords.find("PermissionError") != std::string::npos)
      << passwords;
  const auto library = outcome_of("open('/usr/lib/x', 'w')");
  EXPECT_NE(library.find("Error"), std::string::npos) << library;
  EXPECT_EQ(outcome_of("(open('note.txt', 'w').write('ok'), open('note.txt').read())"), R"({"x":[2,"ok"]})");
  std::ifstream note(folder_ / "work/note.txt");
  std::string text;
  note >> text;
  EXPECT_EQ(text, "ok") << "the work folder is the one the robot gave";
}

TEST_F(RunnerTest, SeesNoOtherProcessAndNoInheritedDescriptorOrVariable) {
  EXPECT_EQ(outcome_of("len([p for p in os.listdir('/proc') if p.isdigit()]) <= 3"), R"({"x":true})");
  EXPECT_EQ(outcome_of("sorted(k for k in os.environ)"), R"({"x":["HOME","LANG","PATH","PWD","QUANJI_RUN","TMPDIR"]})");
  EXPECT_EQ(outcome_of("os.getuid() != 0"), R"({"x":true})");
  // 0 1 2, the channel, the journal, two by which a run is told to stop; the one that lists the folder.
  EXPECT_EQ(outcome_of("len(os.listdir('/proc/self/fd')) <= 8"), R"({"x":true})");
}

TEST_F(RunnerTest, CannotForkWithoutEnd) {
  // Children that only wait: each stays until the sandbox ends.
  const auto tried = outcome_of("[0 for i in range(5000) if os.fork() == 0 and signal.pause()]");
  EXPECT_NE(tried.find("BlockingIOError"), std::string::npos) << tried;
}

TEST_F(RunnerTest, CannotTraceMountOrLeaveItsNamespaces) {
  const std::string call = "(lambda c: (c.syscall(%), ctypes.get_errno())[1])(ctypes.CDLL(None, use_errno=True))";
  const auto errno_of = [&](const std::string& arguments) { return outcome_of(std::string(call).replace(call.find('%'), 1, arguments)); };
  EXPECT_EQ(errno_of("101, 0, 0, 0, 0"), R"({"x":1})") << "ptrace(PTRACE_TRACEME)";
  EXPECT_EQ(errno_of("272, 0x10000000"), R"({"x":1})") << "unshare(CLONE_NEWUSER)";
  EXPECT_EQ(errno_of("165, 0, 0, 0, 0, 0"), R"({"x":1})") << "mount";
  EXPECT_EQ(errno_of("425, 8, 0"), R"({"x":1})") << "io_uring_setup";
}

TEST_F(RunnerTest, AnExpressionBeyondItsLimitEndsItsStepAndTheJournalKeepsWhatWasDone) {
  const auto ended = run(R"({"quanji":1,"flow":"t","steps":[{"set":{"a":1}},{"set":{"b":"=[x for x in iter(int, 1) if x]"}}]})", 200);
  EXPECT_EQ(ended.finished.outcome, wire::Outcome::system_failure);
  ASSERT_TRUE(ended.finished.error);
  EXPECT_EQ(ended.finished.error->code, "expression_timed_out");
  EXPECT_EQ(ended.finished.error->step, "steps/1");
  EXPECT_EQ(ended.finished.steps_done, 1);
  EXPECT_EQ(ended.code, wire::runner_exit::system_failure);
}

TEST_F(RunnerTest, PythonThatNeverLooksIsReportedAndDiesWithItsWholeTree) {
  const auto fd = journal();
  const auto child = runner();
  auto wild = start(R"j({"quanji":1,"flow":"t","steps":[{"set":{"a":1}},{"set":{"b":"=any(iter(int, 1))"}}]})j");
  wild.expression_milliseconds = 100;
  ASSERT_TRUE(child->begin(wild, fd.get()).ok());
  const auto overrun = wait_for(*child, RunnerMessageType::overrun);
  ASSERT_TRUE(overrun);
  EXPECT_EQ(wire::body_as<wire::Overrun>(overrun->body)->step, "steps/1");
  child->kill();
  EXPECT_FALSE(wait_for(*child, RunnerMessageType::finished));
  EXPECT_EQ(child->ended(), 128 + SIGKILL);
  EXPECT_EQ(look_at_journal(fd.get())->steps_done, 1);
}

TEST_F(RunnerTest, ASoftStopInterruptsPythonAndIsAnOrderlyEnd) {
  const auto fd = journal();
  const auto child = runner();
  ASSERT_TRUE(
      child->begin(start(R"j({"quanji":1,"flow":"t","steps":[{"set":{"a":1}},{"set":{"b":"=time.sleep(3600)"}}]})j"), fd.get()).ok());
  ASSERT_TRUE(wait_for(*child, RunnerMessageType::progress));
  child->ask_stop("asked");
  const auto finished = wait_for(*child, RunnerMessageType::finished);
  ASSERT_TRUE(finished);
  EXPECT_EQ(wire::body_as<wire::Finished>(finished->body)->outcome, wire::Outcome::stopped);
}

TEST_F(RunnerTest, ABadDocumentSaysEveryMistake) {
  const auto ended = run(R"({"quanji":1,"flow":"t","steps":[{"does":1},{"set":3}]})");
  EXPECT_EQ(ended.code, wire::runner_exit::bad_document);
  ASSERT_TRUE(ended.finished.error);
  const auto& message = ended.finished.error->message;
  EXPECT_NE(message.find("“does”"), std::string::npos) << message;
  EXPECT_NE(message.find("flow.json:1:51"), std::string::npos) << message << " (the second mistake)";
}

TEST_F(RunnerTest, WhatAFlowPrintsIsItsLog) {
  const auto ended = run(R"j({"quanji":1,"flow":"t","steps":[{"set":{"a":"=print('清算')"}}]})j");
  EXPECT_NE(ended.log.find("清算"), std::string::npos) << ended.log;
}

// Finished steps are never run again and none is lost, wherever the runner is killed. Each step notes its number in a file of the work
// folder before its record is written, so the file may hold the step at work when it died once more, and no other twice.
TEST_F(RunnerTest, KilledAtAnyMomentItGoesOnBehindTheLastFinishedStep) {
  const char* given = std::getenv("QUANJI_TEST_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : random_.next() % 1'000'000;
  std::printf("seed=%llu\n", static_cast<unsigned long long>(seed));
  base::SeededRandom chance(seed);
  constexpr int steps = 3000, cycles = 30;
  std::string document = R"({"quanji":1,"flow":"t","outputs":{"n":{}},"steps":[{"set":{"n":0}})";
  for (int i = 1; i <= steps; ++i) document += R"j(,{"set":{"n":"=(n + 1, open('ran', 'a').write(f'{n + 1}\\n'))[0]"}})j";
  document += R"(,{"return":{"n":"=n"}}]})";
  const auto fd = journal();
  std::int64_t before = 0;
  int kills = 0;
  bool finished = false;
  for (int cycle = 0; cycle < cycles && !finished; ++cycle) {
    const auto child = runner();
    ASSERT_TRUE(child->begin(start(document), fd.get()).ok());
    // Kill once the journal has grown by a random number of bytes: random in the work, not in time.
    const auto size_at_start = static_cast<std::uint64_t>(::lseek(fd.get(), 0, SEEK_END));
    const auto until = size_at_start + chance.below(12'000);
    while (!child->ended() && static_cast<std::uint64_t>(::lseek(fd.get(), 0, SEEK_END)) < until) {
    }
    if (child->ended())
      finished = true;
    else
      ++kills;
    child->kill();
    wait_for(*child, RunnerMessageType::hello);
    const auto facts = look_at_journal(fd.get());
    ASSERT_TRUE(facts) << "seed=" << seed;
    ASSERT_GE(facts->steps_done, before) << "a finished step was lost, seed=" << seed;
    before = facts->steps_done;
  }
  const auto child = runner();
  ASSERT_TRUE(child->begin(start(document), fd.get()).ok());
  const auto message = wait_for(*child, RunnerMessageType::finished);
  ASSERT_TRUE(message);
  EXPECT_EQ(wire::body_as<wire::Finished>(message->body)->outputs.text, "{\"n\":" + std::to_string(steps) + "}") << "seed=" << seed;
  std::ifstream ran(folder_ / "work/ran");
  int expected = 1, repeated = 0;
  for (int number = 0; ran >> number;) {
    if (number == expected)
      ++expected;
    else if (number == expected - 1)
      ++repeated;  // at work when it was killed
    else
      FAIL() << "step " << number << " ran after " << expected - 1 << ", seed=" << seed;
  }
  EXPECT_EQ(expected, steps + 1);
  EXPECT_LE(repeated, kills);
  std::printf("kills=%d repeated=%d\n", kills, repeated);
}

}  // namespace
}  // namespace quanji::robot
