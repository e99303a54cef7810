#include "devices/program.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <thread>

#include "devices/process_tree.h"

namespace quanji::devices {
namespace {

ProgramOptions shell(std::string text) {
  ProgramOptions options;
  options.program = "sh";
  options.folder = "/";
  options.arguments = {"-c", std::move(text)};
  return options;
}
void settle(const Program& program) {
  pollfd fd{program.settled_descriptor(), POLLIN, 0};
  while (::poll(&fd, 1, -1) < 0) {
  }
}

TEST(Program, EndsWithItsOutputRead) {
  const auto program = Program::start(shell("echo out; echo err >&2; exit 3")).value();
  settle(*program);
  ASSERT_TRUE(program->end());
  EXPECT_EQ(program->end()->exit_code, 3);
  EXPECT_EQ(program->output(), "out\n");
  EXPECT_EQ(program->error_output(), "err\n");
  EXPECT_TRUE(program->tree().empty());
}
TEST(Program, OutputIsKeptUpToTheLimit) {
  auto options = shell("while :; do echo 0123456789; done");
  options.output_limit = 100;
  const auto program = Program::start(std::move(options)).value();
  settle(*program);
  EXPECT_TRUE(program->too_much_output());
  EXPECT_EQ(program->output().size(), 100U);
  EXPECT_FALSE(program->end());
}
TEST(Program, OneStartedByAThreadOutlivesTheThread) {
  std::unique_ptr<Program> program;
  std::thread([&] { program = Program::start(shell("sleep 0.2; echo still here")).value(); }).join();
  settle(*program);
  EXPECT_EQ(program->end()->exit_code, 0);
  EXPECT_EQ(program->output(), "still here\n");
}
TEST(Program, SignalsItIgnoresInUsAreItsOwnAgain) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const auto program = Program::start(shell("kill -PIPE $$; echo survived")).value();
  settle(*program);
  EXPECT_EQ(program->end()->signal, SIGPIPE);
  ::signal(SIGPIPE, before);
}
TEST(Program, HasASessionOfItsOwn) {
  const auto program = Program::start(shell("sleep 600")).value();
  EXPECT_EQ(::getsid(program->number()), program->number());
  ASSERT_FALSE(program->tree().empty());
  EXPECT_EQ(program->tree().front().number, program->number());
}
TEST(Program, ADestroyedOneLeavesNoProcess) {
  pid_t number = 0;
  {
    const auto program = Program::start(shell("setsid sleep 600 & sleep 600")).value();
    number = program->number();
  }
  EXPECT_FALSE(look_at_process(number));
}
TEST(Program, TheProcessThatIsOurselvesIsFound) {
  const auto self = look_at_process(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_FALSE(look_at_process(0));
}

}  // namespace
}  // namespace quanji::devices
