// The robot: takes tasks from its platform and runs each in a process of its own.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "robot/identity.h"
#include "robot/loop.h"
#include "robot/settings.h"

namespace {

using namespace quanji;

constexpr const char* usage =
    "用法 / usage:\n"
    "  quanji-robot [--config FILE] run      接受并执行平台派发的任务 / take tasks from the platform\n"
    "  quanji-robot [--config FILE] enrol    注册：从标准输入读取平台给出的注册码 / join: reads the code the platform gave from standard "
    "input\n"
    "  quanji-robot [--config FILE] check    检查配置并退出 / check the configuration\n"
    "配置 / configuration: robot.toml, e.g.\n"
    "  [robot]\n  platform = \"https://rpa.example.cn:7444\"\n  name = \"clearing-1\"\n";

int complain(const base::Error& error) {
  std::fprintf(stderr, "%s\n%s\n", error.message().zh.c_str(), error.message().en.c_str());
  for (const auto& field : error.fields())
    std::fprintf(stderr, "  %s: %s / %s\n", field.field.c_str(), field.reason.zh.c_str(), field.reason.en.c_str());
  if (!error.detail().empty()) std::fprintf(stderr, "  (%s)\n", error.detail().c_str());
  return 1;
}

int enrol(const robot::Settings& settings, base::Random& random) {
  std::string line;
  std::getline(std::cin, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  const auto identity = robot::enrol(settings, base::Secret::take(line), random);
  if (!identity) return complain(identity.error());
  std::printf("已注册 / enrolled: %s %s\n", identity->robot.text().c_str(), identity->name.c_str());
  return 0;
}

int run(const robot::Settings& settings, base::Clock& clock, base::Random& random) {
  // Blocked before any thread starts, so that only the descriptor sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const int stop = signalfd(-1, &ends, SFD_CLOEXEC);
  const auto level = base::log::level_from_text(settings.log_level);
  if (!level) return complain(level.error());
  base::log::Settings log;
  log.level = *level;
  log.file = settings.log_file;
  if (auto started = base::log::start(std::move(log), clock); !started) return complain(started.error());
  const auto ended = robot::run_robot(settings, clock, random, stop);
  if (!ended) base::log::failure(base::log::Level::error, "robot_ended", ended.error());
  base::log::stop();
  return ended ? 0 : complain(ended.error());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> words(argv + 1, argv + argc);
  std::string file;
  if (words.size() >= 2 && words[0] == "--config") file = words[1], words.erase(words.begin(), words.begin() + 2);
  if (words.size() == 1 && words[0] == "--help") return std::fputs(usage, stdout), 0;
  if (words.size() != 1) return std::fputs(usage, stderr), 2;
  const auto settings = robot::load_settings(file);
  if (!settings) return complain(settings.error());
  base::SystemClock clock;
  base::SystemRandom random;
  if (words[0] == "enrol") return enrol(*settings, random);
  if (words[0] == "run") return run(*settings, clock, random);
  if (words[0] == "check") return std::puts("配置可用 / the configuration is usable"), 0;
  return std::fputs(usage, stderr), 2;
}
