// What tests of runs and their journals begin with: a world of its own with the activities of testing_activities.h.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "engine/testing.h"
#include "engine/testing_activities.h"

namespace quanji::engine {

struct RunTest : ::testing::Test {
  RunTest() {
    tests::deeds.clear();
    tests::at_effect = nullptr;
    world.catalogue = tests::catalogue();
  }
  ~RunTest() override { tests::at_effect = nullptr; }
  TestWorld world;
};

struct JournalTest : RunTest {};

inline std::string error_of(const wire::Finished& finished) {
  return finished.error ? finished.error->code + "@" + finished.error->step + ": " + finished.error->message : "";
}

}  // namespace quanji::engine
