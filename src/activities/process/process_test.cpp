// Programs and their trees: outputs, exit codes, encodings, and that nothing is left when a run was stopped.
#include "activities/process/process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <thread>

#include "activities/testing.h"
#include "devices/process_tree.h"

namespace quanji::activities::process {
namespace {

class Process : public testing::Test {
 protected:
  ActivityWorld world{ActivityWorld::Time::real};
  std::string it(const std::string& steps) {
    const auto finished = world.run_steps(steps + "- return: {it: =it}\n", R"({"it":0})");
    if (finished.error) return finished.error->code + ": " + finished.error->message;
    return finished.outputs.text;
  }
  // Steps (from column 1) while a program runs, `program`.
  static std::string during(const std::string& with, const std::string& steps) {
    std::string out = "- do: process.start\n  with: " + with + "\n  as: program\n  steps:\n    ";
    for (std::size_t at = 0; at < steps.size(); ++at) {
      out += steps[at];
      if (steps[at] == '\n' && at + 1 < steps.size()) out += "    ";
    }
    return out;
  }
  static std::string until_there(const std::string& name) {
    return "- do: process.run\n  with: {program: sh, arguments: [-c, 'while [ ! -e " + name + " ]; do sleep 0.02; done']}\n";
  }
  void script(const std::string& name, const std::string& text, bool executable = true) {
    std::ofstream(world.file(name)) << text;
    if (executable) std::filesystem::permissions(world.file(name), std::filesystem::perms::owner_all);
  }
  // The process numbers a script wrote into a file, one a line.
  std::vector<pid_t> numbers_in(const std::string& name) {
    std::vector<pid_t> numbers;
    std::ifstream file(world.file(name));
    for (pid_t number = 0; file >> number;) numbers.push_back(number);
    return numbers;
  }
  static bool lives(pid_t number) {
    const auto fact = devices::look_at_process(number);
    return fact && fact->state != 'Z' && fact->state != 'X';
  }
  // A program with a child, a grandchild, and one that left session and parent; it says all their numbers and then sleeps.
  static constexpr auto family =
      "#!/bin/sh\n"
      "(sleep 600 & echo $! >> numbers; sleep 600) &\n"
      "echo $! >> numbers\n"
      "setsid sh -c 'sleep 600 & echo $! >> numbers; echo $$ >> numbers; sleep 600' &\n"
      "echo $$ >> numbers\n"
      "while [ \"$(wc -l < numbers)\" -lt 5 ]; do sleep 0.02; done\n"
      "echo > ready\n";
};
std::string text_of(const std::string& value) { return R"({"it":")" + value + R"("})"; }

TEST_F(Process, ArgumentsGoThroughNoShell) {
  EXPECT_EQ(it("- do: process.run\n  with: {program: printf, arguments: ['%s|', '$HOME', '; rm -rf x', 'a b', 5, 2026-11-20, '=1 < 2']}\n"
               "  save: {it: output}\n"),
            text_of("$HOME|; rm -rf x|a b|5|2026-11-20|true|"));
}
TEST_F(Process, TheExitCodeDecidesAndTheEndOfItsErrorOutputIsTold) {
  const std::string failing = "- do: process.run\n  with: {program: sh, arguments: [-c, 'echo 文件不存在 >&2; exit 7']";
  EXPECT_EQ(it(failing + "}\n  save: {it: output}\n"),
            "program_failed: 程序 sh 的退出码是 7，不在 accept 里：文件不存在 / sh ended with 7, which is not in `accept`: 文件不存在");
  EXPECT_EQ(it(failing + ", accept: [0, 7]}\n  save: {it: exit_code}\n"), R"({"it":7})");
  const auto data =
      it("- try:\n    - do: process.run\n      with: {program: sh, arguments: [-c, 'echo a; echo b >&2; exit 7']}\n  catch:\n    - save: "
         "problem\n      steps:\n        - set: {it: \"=problem['data']\"}\n");
  EXPECT_EQ(data, R"({"it":{"exit_code":7,"output":"a\n","error_output":"b\n"}})");
}
TEST_F(Process, ASignalIsToldAsOne) {
  EXPECT_TRUE(it("- do: process.run\n  with: {program: sh, arguments: [-c, 'kill -9 $$']}\n  save: {it: exit_code}\n")
                  .starts_with("program_failed: 程序 sh 被信号 9 结束"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: sh, arguments: [-c, 'kill -9 $$'], accept: [137]}\n  save: {it: exit_code}\n"),
            R"({"it":137})");
}
TEST_F(Process, TheProgramThatIsNotThereIsNamed) {
  EXPECT_TRUE(it("- do: process.run\n  with: {program: no-such-program}\n  save: {it: output}\n")
                  .starts_with("not_found: 找不到程序 no-such-program"));
  EXPECT_TRUE(
      it("- do: process.run\n  with: {program: ./none}\n  save: {it: output}\n").starts_with("not_found: 程序 " + world.file("none")));
  EXPECT_TRUE(it("- do: process.run\n  with: {program: ./}\n  save: {it: output}\n").starts_with("not_found"));
  EXPECT_TRUE(
      it("- do: process.run\n  with: {program: sh, folder: nowhere}\n  save: {it: output}\n").starts_with("not_found: 程序的工作文件夹"));
}
TEST_F(Process, AFileThatIsNoProgramSaysHowToRunIt) {
  script("plain", "echo 1\n", false);
  EXPECT_TRUE(it("- do: process.run\n  with: {program: ./plain}\n  save: {it: output}\n")
                  .starts_with("not_permitted: " + world.file("plain") + " 不允许执行"));
  script("bare", "echo 1\n");
  EXPECT_TRUE(it("- do: process.run\n  with: {program: ./bare}\n  save: {it: output}\n")
                  .starts_with("not_supported: " + world.file("bare") + " 不是程序，也没有 #! 行"));
  script("lost", "#!/no/such/interpreter\n");
  EXPECT_TRUE(it("- do: process.run\n  with: {program: ./lost}\n  save: {it: output}\n").starts_with("not_found"));
}
TEST_F(Process, ItWorksInTheWorkFolderOrTheOneSaid) {
  std::filesystem::create_directory(world.file("inner"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: pwd}\n  save: {it: output}\n"), text_of(world.work.path() + "\\n"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: pwd, folder: inner}\n  save: {it: output}\n"), text_of(world.file("inner") + "\\n"));
}
TEST_F(Process, VariablesAreAddedToThoseOfTheRun) {
  EXPECT_EQ(it("- do: process.run\n  with: {program: sh, arguments: [-c, 'echo $MARKET ${PATH:+has}'], environment: {MARKET: 沪市}}\n  "
               "save: {it: output}\n"),
            text_of("沪市 has\\n"));
  EXPECT_TRUE(
      it("- do: process.run\n  with: {program: sh, environment: {'A=B': x}}\n  save: {it: output}\n").starts_with("invalid_argument"));
}
TEST_F(Process, ASecretGoesByStandardInputOnly) {
  EXPECT_TRUE(it("- do: process.run\n  with: {program: echo, arguments: ['=asset(\"login\")']}\n  save: {it: output}\n")
                  .starts_with("invalid_argument: arguments 里不能放机密"));
  EXPECT_TRUE(it("- do: process.run\n  with: {program: echo, environment: {PASSWORD: '=asset(\"login\")'}}\n  save: {it: output}\n")
                  .starts_with("invalid_argument: environment 里不能放机密"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: wc, arguments: [-c], input: '=asset(\"login\")'}\n  save: {it: output}\n"),
            text_of("13\\n"));
}
TEST_F(Process, NoDescriptorOfOursIsInherited) {
  // Without a pipe: the shell would have its ends open itself.
  EXPECT_EQ(it("- do: process.run\n  with: {program: sh, arguments: [-c, 'ls /proc/$$/fd; :']}\n  save: {it: output}\n"),
            text_of("0\\n1\\n2\\n"));
}
TEST_F(Process, NothingStandsAtItsInputWhenNoneIsGiven) {
  EXPECT_EQ(it("- do: process.run\n  with: {program: cat}\n  save: {it: output}\n"), text_of(""));
}
TEST_F(Process, AProgramThatDoesNotReadItsInputIsNoFailure) {
  EXPECT_EQ(it("- do: process.run\n  with: {program: 'true', input: \"='x' * 1000000\"}\n  save: {it: exit_code}\n"), R"({"it":0})");
}
TEST_F(Process, LargeInputAndOutputPassAtTheSameTime) {
  EXPECT_EQ(
      it("- do: process.run\n  with: {program: cat, input: \"='0123456789' * 500000\"}\n  save: {out: output}\n- set: {it: =len(out)}\n"),
      R"({"it":5000000})");
}
TEST_F(Process, OutputsOfChineseWindowsProgramsAreRead) {
  // 中文 in GBK.
  const std::string written = "- do: process.run\n  with: {program: printf, arguments: ['\\326\\320\\316\\304']";
  EXPECT_EQ(it(written + "}\n  save: {it: output}\n"), text_of("中文"));
  EXPECT_EQ(it(written + ", encoding: gbk}\n  save: {it: output}\n"), text_of("中文"));
  EXPECT_TRUE(it(written + ", encoding: utf-8}\n  save: {it: output}\n").starts_with("bad_encoding: 标准输出不是 utf-8"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: printf, arguments: ['\\357\\273\\277中']}\n  save: {it: output}\n"), text_of("中"));
  EXPECT_EQ(it("- do: process.run\n  with: {program: printf, arguments: ['a\\377']}\n  save: {it: output}\n"), text_of("a\xef\xbf\xbd"));
}
TEST_F(Process, EndlessOutputIsRefusedAndTheProgramEnded) {
  EXPECT_TRUE(it("- do: process.run\n  with: {program: 'yes', arguments: "
                 "['0123456789012345678901234567890123456789012345678901234567890123456789']}\n  save: {it: output}\n")
                  .starts_with("too_large: 程序 yes 的输出超过 64 MiB"));
}
TEST_F(Process, ADeadlineEndsTheWholeTree) {
  script("family", std::string(family) + "sleep 600\n");
  const auto finished = world.run_steps("- do: process.run\n  with: {program: ./family}\n  timeout: 2s\n");
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(finished.error->code, "timed_out");
  const auto numbers = numbers_in("numbers");
  ASSERT_FALSE(numbers.empty());
  for (const auto number : numbers) EXPECT_FALSE(lives(number)) << number;
}
TEST_F(Process, AStopEndsTheWholeTree) {
  script("family", std::string(family) + "sleep 600\n");
  engine::RunControl control;
  std::thread stopper([&] {
    for (int i = 0; i < 1'000 && !std::filesystem::exists(world.file("ready")); ++i) ::poll(nullptr, 0, 10);
    control.halt.ask();
  });
  const auto finished = world.run(ActivityWorld::document_around("- do: process.run\n  with: {program: ./family}\n", "{}"), {}, control);
  stopper.join();
  EXPECT_EQ(finished.outcome, wire::Outcome::stopped);
  const auto numbers = numbers_in("numbers");
  ASSERT_EQ(numbers.size(), 5U);
  for (const auto number : numbers) EXPECT_FALSE(lives(number)) << number;
}
TEST_F(Process, WhatAProgramLeavesRunningIsTheRunsUntilItsEnd) {
  script("family", family);
  EXPECT_EQ(it("- do: process.run\n  with: {program: ./family}\n  save: {code: exit_code}\n- do: process.list\n  with: {name: sleep}\n  "
               "save: left\n- set: {it: =len(left)}\n"),
            R"({"it":4})");
  for (const auto number : numbers_in("numbers")) EXPECT_FALSE(lives(number)) << number;
}
TEST_F(Process, TheEndOfItsStepsEndsWhatItStarted) {
  script("family", std::string(family) + "sleep 600\n");
  EXPECT_EQ(it(during("{program: ./family}", until_there("ready")) + "- do: process.list\n  save: left\n- set: {it: =len(left)}\n"),
            R"({"it":0})");
  const auto numbers = numbers_in("numbers");
  EXPECT_EQ(numbers.size(), 5U);
  for (const auto number : numbers) EXPECT_FALSE(lives(number)) << number;
}
TEST_F(Process, OneThatWillNotEndIsEndedAfterItsGrace) {
  script("stubborn", "#!/bin/sh\ntrap '' TERM\necho > ready\nwhile :; do sleep 0.05; done\n");
  EXPECT_EQ(it(during("{program: ./stubborn}",
                      until_there("ready") + "- do: process.stop\n  with: {process: =program, grace: 100ms}\n  save: stopped\n"
                                             "- do: process.wait\n  with: {process: =program, accept: [137]}\n  save: {code: exit_code}\n"
                                             "- do: process.stop\n  with: {process: =program}\n  save: again\n"
                                             "- set: {it: '=[stopped, code, again]'}\n")),
            R"({"it":[1,137,0]})");
}
TEST_F(Process, OneThatEndsWhenAskedTellsItsOwnExitCode) {
  script("polite", "#!/bin/sh\ntrap 'echo 再见; exit 4' TERM\necho > ready\nwhile :; do sleep 0.02; done\n");
  EXPECT_EQ(it(during("{program: ./polite}", until_there("ready") +
                                                 "- do: process.stop\n  with: {process: =program, grace: 30s}\n"
                                                 "- do: process.wait\n  with: {process: =program, accept: [4]}\n  save: {it: output}\n")),
            text_of("再见\\n"));
}
TEST_F(Process, StoppedByNameAreThoseOfTheRunAlone) {
  devices::ProgramOptions options;
  options.program = "sleep";
  options.arguments = {"600"};
  const auto stranger = devices::Program::start(std::move(options)).value();
  EXPECT_EQ(it(during("{program: sleep, arguments: [601]}",
                      "- do: process.start\n  with: {program: sleep, arguments: [602]}\n  as: other\n  steps:\n"
                      "    - do: process.stop\n      with: {name: sleep}\n      save: it\n")),
            R"({"it":2})");
  EXPECT_TRUE(lives(stranger->number()));
}
TEST_F(Process, StopAsksForOneOfItsTwo) { EXPECT_TRUE(it("- do: process.stop\n  save: it\n").starts_with("invalid_argument")); }
TEST_F(Process, OneBranchStopsWhatAnotherWaitsFor) {
  EXPECT_EQ(it(during("{program: sleep, arguments: [600]}",
                      "- parallel:\n"
                      "    - steps:\n        - do: process.wait\n          with: {process: =program, accept: [143]}\n"
                      "    - steps:\n        - do: process.stop\n          with: {process: =program}\n"
                      "- do: process.wait\n  with: {process: =program, accept: [143]}\n  save: {it: exit_code}\n")),
            R"({"it":143})");
}
TEST_F(Process, AStartedProgramThatWritesMuchIsNotHeldUp) {
  EXPECT_EQ(it(during("{program: sh, arguments: [-c, 'head -c 3000000 /dev/zero | tr \"\\0\" x; echo done > finished']}",
                      until_there("finished") +
                          "- do: process.wait\n  with: {process: =program}\n  save: {out: output}\n- set: {it: =len(out)}\n")),
            R"({"it":3000000})");
}

}  // namespace
}  // namespace quanji::activities::process
