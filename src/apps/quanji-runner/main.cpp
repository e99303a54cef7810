// Runs one task attempt and ends. Started by the robot with inherited descriptors only: it holds no key, token or address.
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "activities/catalogue.h"
#include "activities/reference.h"
#include "base/clock.h"
#include "engine/runner_process.h"
#include "wire/runner.h"

namespace {

constexpr const char* usage =
    "quanji-runner 由机器人启动，执行一个任务后退出；单独调试流程请用 quanji flow run。\n"
    "quanji-runner is started by the robot, runs one task and ends; to try a flow use quanji flow run.\n"
    "  --channel N         inherited socket to the robot (3)\n"
    "  --work DIR          folder to work in\n"
    "  --package-path DIR  the package's python folder\n"
    "  --run-as UID        as root: the user to become\n"
    "  --memory-mb N  --processes N   limits\n"
    "  --outside PID:NET:MNT          the starter's namespaces, to compare with\n"
    "  --filter install|leave_out     system call filter\n"
    "  --profile closed|network       what it may reach\n"
    "  --context DIR       assets, credentials, queues … from a folder\n"
    "quanji-runner contracts FOLDER PAGES  writes what ./do contracts keeps: activities.json, schemas; reference pages\n";

bool number(std::string_view text, auto& out) {
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  return read.ec == std::errc() && read.ptr == end;
}

bool take(quanji::engine::RunnerOptions& options, std::string_view name, std::string_view value) {
  if (name == "--channel") return number(value, options.channel);
  if (name == "--work") return options.work = value, true;
  if (name == "--package-path") return options.package_path = value, true;
  if (name == "--context") return options.context = value, true;
  if (name == "--run-as") return number(value, options.run_as.emplace());
  if (name == "--memory-mb") return number(value, options.confine.memory_mb);
  if (name == "--processes") return number(value, options.confine.processes);
  if (name == "--filter") {
    options.confine.filter = value == "install" ? quanji::engine::Filter::install : quanji::engine::Filter::leave_out;
    return value == "install" || value == "leave_out";
  }
  if (name == "--profile") {
    options.confine.profile = value == "network" ? quanji::wire::RunnerProfile::network : quanji::wire::RunnerProfile::closed;
    return value == "closed" || value == "network";
  }
  if (name == "--outside") {
    const auto first = value.find(':'), second = value.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return false;
    options.confine.outside = {std::string(value.substr(0, first)), std::string(value.substr(first + 1, second - first - 1)),
                               std::string(value.substr(second + 1))};
    return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "contracts") {
    const auto written = quanji::activities::write_contracts(argv[2], argv[3]);
    if (!written) std::fprintf(stderr, "%s %s\n", written.error().message().en.c_str(), written.error().detail().c_str());
    return written ? 0 : 1;
  }
  quanji::engine::RunnerOptions options;
  for (int i = 1; i < argc; i += 2) {
    if (std::string_view(argv[i]) == "--help") return std::fputs(usage, stdout), 0;
    if (i + 1 >= argc || !take(options, argv[i], argv[i + 1])) return std::fputs(usage, stderr), quanji::wire::runner_exit::refused;
  }
  options.catalogue = quanji::activities::catalogue();
  quanji::base::SystemClock clock;
  return quanji::engine::run_runner(options, clock);
}
