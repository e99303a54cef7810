// A runner process as the robot sees it: a port, so that the robot's own logic runs without processes in tests and in the simulator.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/runner.h"

namespace quanji::robot {

class Runner {
 public:
  virtual ~Runner() = default;  // kills what is left of it
  // Gives the task, once; the descriptors of the journal and of the folders that `start` names, in its order, are passed on and stay the
  // caller's.
  virtual base::Status begin(const wire::Start& start, int journal, std::span<const int> folders = {}) = 0;
  virtual void ask_stop(const std::string& reason) = 0;
  virtual void kill() = 0;  // it and everything it started
  // What it said since the last call.
  virtual std::vector<wire::RunnerMessage> messages() = 0;
  // What it and its flow wrote to standard error since the last call, at most 64 KiB.
  virtual std::string log() = 0;
  // Set when the process has ended: its exit code, or 128 + the signal.
  virtual std::optional<int> ended() = 0;
  // Descriptors that become readable when one of the three above has news.
  virtual std::vector<int> descriptors() const = 0;
};

class Runners {
 public:
  virtual ~Runners() = default;
  // Starts a runner that works in the folder `work`, may reach what the profile lets it, and waits for its task. It says hello when it is
  // ready.
  virtual base::Result<std::unique_ptr<Runner>> start(const std::string& work, wire::RunnerProfile profile) = 0;
};

}  // namespace quanji::robot
