// Runner processes for real: fork, bubblewrap, socket pair, pidfd.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/random.h"
#include "robot/runner.h"
#include "robot/sandbox.h"
#include "robot/settings.h"

namespace quanji::robot {

// One thread, which must live as long as its runners: they die with it. Starting, asking and killing never block for long.
class RunnerChildren final : public Runners {
 public:
  // Tries the enclosures from the closest on with a runner of its own, at most 10 s each, and keeps to the first that says hello.
  // requirement_missing when none does, or when the wish is `full` and what was reached is not; the sentence names what is missing.
  static base::Result<std::unique_ptr<RunnerChildren>> make(const SandboxSettings& settings, const std::string& scratch_folder,
                                                            base::Random& random);
  base::Result<std::unique_ptr<Runner>> start(const std::string& work, wire::RunnerProfile profile) override;
  const wire::Hello& trial() const { return trial_; }
  Enclosure enclosure() const { return enclosure_; }

 private:
  RunnerChildren(const SandboxSettings& settings, base::Random& random) : settings_(settings), random_(random) {}
  SandboxSettings settings_;
  base::Random& random_;
  Enclosure enclosure_ = Enclosure::whole;
  wire::Hello trial_;
};

}  // namespace quanji::robot
