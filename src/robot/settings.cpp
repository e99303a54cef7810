#include "robot/settings.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/fields.h"

namespace quanji::robot {

using base::Code;
using base::ConfigType;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view levels[] = {"auto", "full", "off"};
constexpr std::array keys = {
    base::ConfigKey{"data_dir", ConfigType::text, "", {"数据目录", "Folder of the robot's data"}},
    base::ConfigKey{
        "robot.platform", ConfigType::text, "", {"平台地址，如 https://主机:7444", "Address of the platform, https://host:7444"}},
    base::ConfigKey{"robot.name", ConfigType::text, "", {"机器人名称，缺省为主机名", "Name of the robot; the machine's by default"}},
    base::ConfigKey{"robot.slots", ConfigType::integer, "1", {"可同时执行的任务数", "Tasks it runs at once"}},
    base::ConfigKey{"robot.sandbox.level", ConfigType::text, "auto", {"隔离要求", "How closely runs are shut in"}, levels},
    base::ConfigKey{"robot.sandbox.memory_mb", ConfigType::integer, "2048", {"每个任务的内存上限", "Memory of a run in MB"}},
    base::ConfigKey{"robot.sandbox.processes", ConfigType::integer, "256", {"每个任务的进程上限", "Processes of a run"}},
    base::ConfigKey{"log.level", ConfigType::text, "info", {"日志级别", "Level of the log"}},
    base::ConfigKey{"log.file", ConfigType::text, "", {"日志文件", "File of the log"}},
};

std::string home() {
  const char* folder = std::getenv("HOME");
  return folder ? folder : "";
}
std::string program_folder() {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path().string();
}
Error out_of_range(std::string_view key, std::int64_t least, std::int64_t most) {
  return Error(
      Code::invalid_field,
      base::Text("配置项 " + std::string(key) + " 应在 " + std::to_string(least) + " 到 " + std::to_string(most) + " 之间",
                 "the setting " + std::string(key) + " must be between " + std::to_string(least) + " and " + std::to_string(most)));
}

}  // namespace

Result<Settings> load_settings(const std::string& file) {
  const bool root = ::geteuid() == 0;
  auto path = file;
  if (path.empty()) {
    path = root ? "/etc/quanji/robot.toml" : home() + "/.config/quanji/robot.toml";
    if (!std::filesystem::exists(path)) path.clear();
  }
  QUANJI_TRY(const auto config, base::Config::load(keys, path, base::Config::environment_of_process()));
  Settings settings;
  settings.data_dir = config.text("data_dir");
  if (settings.data_dir.empty()) settings.data_dir = root ? "/var/lib/quanji/robot" : home() + "/.local/state/quanji/robot";
  settings.platform = config.text("robot.platform");
  settings.name = config.text("robot.name");
  if (settings.name.empty()) {
    char host[65] = {};
    ::gethostname(host, sizeof host - 1);
    settings.name = host;
    if (const auto point = settings.name.find('.'); point != std::string::npos) settings.name.resize(point);
  }
  if (!base::name_pattern.ok(settings.name))
    return Error(Code::invalid_field,
                 base::Text("机器人名称“" + settings.name + "”只能用小写字母、数字、- 和 _；请写配置项 robot.name",
                            "a robot is named with lower-case letters, digits, - and _, not “" + settings.name + "”: write robot.name"));
  settings.slots = config.integer("robot.slots");
  if (settings.slots < 1 || settings.slots > 64) return out_of_range("robot.slots", 1, 64);
  const auto& level = config.text("robot.sandbox.level");
  settings.sandbox.wish = level == "full" ? SandboxWish::full : level == "off" ? SandboxWish::off : SandboxWish::automatic;
  settings.sandbox.memory_mb = config.integer("robot.sandbox.memory_mb");
  if (settings.sandbox.memory_mb < 128 || settings.sandbox.memory_mb > 1'000'000)
    return out_of_range("robot.sandbox.memory_mb", 128, 1'000'000);
  settings.sandbox.processes = config.integer("robot.sandbox.processes");
  if (settings.sandbox.processes < 8 || settings.sandbox.processes > 100'000) return out_of_range("robot.sandbox.processes", 8, 100'000);
  settings.sandbox.runner = program_folder() + "/quanji-runner";
  settings.log_level = config.text("log.level");
  settings.log_file = config.text("log.file");
  return settings;
}

Result<net::Url> platform_url(const Settings& settings, std::string_view path) {
  if (settings.platform.empty())
    return Error(Code::invalid_field, base::Text("没有平台地址；请写配置项 robot.platform，如 https://主机:7444",
                                                 "no platform is named: write robot.platform, https://host:7444"));
  QUANJI_TRY(auto url, net::Url::parse(settings.platform));
  if (url.scheme != net::Url::Scheme::https)
    return Error(Code::invalid_field, base::Text("平台地址必须以 https:// 开头", "the platform's address must begin with https://"));
  url.target = std::string(path);
  return url;
}

}  // namespace quanji::robot
