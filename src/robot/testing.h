// For this room's tests: a folder that goes away, the programs beside the tests, a runner driven by hand.
#pragma once
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "robot/runner.h"
#include "robot/settings.h"

namespace quanji::robot::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "quanji-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);
  }
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline std::string program(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bin" / name).string();
}
inline SandboxSettings sandbox_settings() {
  SandboxSettings settings;
  settings.runner = program("quanji-runner");
  return settings;
}

// Waits for a message of that type, or the runner's end; an empty body tells the end.
inline std::optional<wire::RunnerMessage> wait_for(Runner& runner, wire::RunnerMessageType type, std::string* log = nullptr) {
  for (;;) {
    for (auto& message : runner.messages())
      if (message.type == type) return std::move(message);
    auto text = runner.log();
    if (log) *log += text;
    if (runner.ended()) {
      for (auto& message : runner.messages())
        if (message.type == type) return std::move(message);
      return std::nullopt;
    }
    std::vector<pollfd> fds;
    for (const int fd : runner.descriptors()) fds.push_back({fd, POLLIN, 0});
    if (::poll(fds.data(), fds.size(), 60'000) == 0) {
      ADD_FAILURE() << "the runner said nothing for a minute";
      return std::nullopt;
    }
  }
}

}  // namespace quanji::robot::testing
