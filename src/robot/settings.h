// What an operator writes into robot.toml.
#pragma once
#include <cstdint>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "net/client.h"

namespace quanji::robot {

enum class SandboxWish : std::uint8_t { automatic, full, off };
struct SandboxSettings {
  SandboxWish wish = SandboxWish::automatic;
  std::int64_t memory_mb = 2048;
  std::int64_t processes = 256;
  std::string runner;  // the program quanji-runner
};
struct Settings {
  std::string data_dir;
  std::string platform;  // "https://host:7444"
  std::string name;      // empty: the machine's
  std::int64_t slots = 1;
  std::string log_level, log_file;
  SandboxSettings sandbox;
};
// `file` empty: /etc/quanji/robot.toml for root, ~/.config/quanji/robot.toml for others, if it is there; defaults otherwise.
base::Result<Settings> load_settings(const std::string& file);
// The platform's address with another path and scheme https.
base::Result<net::Url> platform_url(const Settings& settings, std::string_view path);

}  // namespace quanji::robot
