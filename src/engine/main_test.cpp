// The test program is also a runner, with the activities of tests: `engine_tests --as-runner --work DIR …`.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "engine/runner_process.h"
#include "engine/testing_activities.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--as-runner") {
    quanji::engine::RunnerOptions options;
    options.catalogue = quanji::engine::tests::catalogue();
    options.confine.filter = quanji::engine::Filter::leave_out;
    for (int i = 2; i + 1 < argc; i += 2) {
      const std::string_view name = argv[i];
      if (name == "--work") options.work = argv[i + 1];
      if (name == "--memory-mb") options.confine.memory_mb = std::atoi(argv[i + 1]);
      if (name == "--processes") options.confine.processes = std::atoi(argv[i + 1]);
      if (name == "--run-as") options.run_as = static_cast<std::uint32_t>(std::atoi(argv[i + 1]));
    }
    quanji::base::SystemClock clock;
    return quanji::engine::run_runner(options, clock);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
