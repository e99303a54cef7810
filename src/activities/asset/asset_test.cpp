// Assets and credentials.
#include <gtest/gtest.h>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

std::string asked(ActivityWorld& world, const std::string& steps) { return told(world.run_steps(steps, R"({"x":0})")); }

TEST(Asset, KeepsItsTypeAndHasAFallbackWhenItIsNotThere) {
  ActivityWorld world;
  EXPECT_EQ(asked(world, "- do: asset.get\n  with: {name: rate}\n  save: x\n- return: {x: =x}\n"), R"({"x":{"$decimal":"1.20"}})");
  const std::string head = "quanji: 1\nflow: f\nneeds: {assets: [none]}\noutputs: {x: {type: any}}\nsteps:\n  - do: asset.get\n    with: ";
  EXPECT_EQ(told(world.run(head + "{name: none}\n")), "not_found business");
  EXPECT_EQ(told(world.run(head + "{name: none, fallback: [1]}\n    save: x\n  - return: {x: =x}\n")), R"({"x":[1]})");
}
TEST(Asset, OnlyWhatIsThereIsSet) {
  ActivityWorld world;
  EXPECT_EQ(asked(world,
                  "- do: asset.set\n  with: {name: limit, value: {a: [1]}}\n- do: asset.get\n  with: {name: limit}\n  save: x\n- return: "
                  "{x: =x}\n"),
            R"({"x":{"a":[1]}})");
  EXPECT_EQ(told(world.run("quanji: 1\nflow: f\nneeds: {assets: [none]}\nsteps:\n  - do: asset.set\n    with: {name: none, value: 1}\n")),
            "not_found business");
}
TEST(Credential, ItsSecretsArePassedOnAndNeverSeen) {
  ActivityWorld world;
  EXPECT_EQ(asked(world, "- do: credential.get\n  with: {name: counter_db}\n  save: c\n- return: {x: =c.username}\n"), R"({"x":"ops"})");
  const auto finished =
      world.run_steps("- do: credential.get\n  with: {name: counter_db}\n  save: c\n- return: {x: '=str(c.password)'}\n", R"({"x":0})");
  EXPECT_EQ((finished.outputs.text + (finished.error ? finished.error->message : "")).find("open-sesame"), std::string::npos);
}
TEST(Credential, WhatWasReadBeforeAChangeIsTooOldAfterIt) {
  ActivityWorld world;
  EXPECT_EQ(told(world.run_steps(R"(- do: credential.get
  with: {name: counter_db}
  save: c
- do: credential.set
  with: {name: counter_db, value: =c.next_password}
- do: credential.set
  with: {name: counter_db, value: =c.password}
)")),
            "changed_meanwhile system");
  EXPECT_EQ(world.outside->open_secret({"counter_db", 0, "password"})->reveal(), "open-sesame-2");
}
TEST(Credential, OnlyASecretFieldThatIsThereIsSet) {
  ActivityWorld world;
  for (const char* field : {"pin", "username"})
    EXPECT_EQ(told(world.run_steps(std::string("- do: credential.get\n  with: {name: counter_db}\n  save: c\n- do: credential.set\n"
                                               "  with: {name: counter_db, value: =c.password, field: ") +
                                   field + "}\n")),
              "not_found business")
        << field;
}

}  // namespace
}  // namespace quanji::activities
