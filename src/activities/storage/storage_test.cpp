#include <gtest/gtest.h>

#include <sstream>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

std::string code_of(const wire::Finished& finished) { return finished.error ? finished.error->code : "no failure"; }

class Storage : public testing::Test {
 protected:
  void make(const std::string& name, std::string_view text) const { std::ofstream(world.file(name)) << text; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(world.file(name)).rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(world.work.path()), std::filesystem::directory_iterator()));
  }
  ActivityWorld world;
};

TEST_F(Storage, AFileComesBackAsItWasStoredAndIsListedWithItsDigest) {
  make("a.bin", std::string("\0\xff\n", 3));
  const auto finished = world.run_steps(R"(- do: storage.put
  with: {file: a.bin, name: out/a.bin}
- do: storage.get
  with: {name: out/a.bin, to: deep/b.bin}
- do: storage.list
  with: {pattern: "out/*"}
  save: files
- return: {rows: =files.rows}
)",
                                        R"({"rows":[]})");
  ASSERT_EQ(finished.outcome, wire::Outcome::success) << told(finished);
  EXPECT_EQ(read("deep/b.bin"), std::string("\0\xff\n", 3));
  for (const char* piece : {R"("values":["out/a.bin"])", R"("name":"size","type":"integer","values":[3])", R"("name":"digest")",
                            R"("name":"stored","type":"datetime")"})
    EXPECT_NE(finished.outputs.text.find(piece), std::string::npos) << piece << " in " << finished.outputs.text;
}
TEST_F(Storage, FilesAreListedByPatternOfTheirParts) {
  make("a", "x");
  for (const char* name : {"a.txt", "in/b.txt", "in/deep/c.txt", "out/d.csv"})
    ASSERT_EQ(code_of(world.run_steps(std::string("- do: storage.put\n  with: {file: a, name: ") + name + "}\n")), "no failure");
  for (const auto& [pattern, names] : std::initializer_list<std::pair<const char*, const char*>>{
           {"**", R"(["a.txt","in/b.txt","in/deep/c.txt","out/d.csv","template.txt"])"},
           {"in/*", R"(["in/b.txt"])"},
           {"in/**/*.txt", R"(["in/b.txt","in/deep/c.txt"])"},
           {"*.csv", R"(["out/d.csv"])"},
           {"none/*", "[]"}})
    EXPECT_EQ(told(world.run_steps(std::string("- do: storage.list\n  with: {pattern: \"") + pattern +
                                       "\"}\n  save: files\n- return: {names: '=[row[\"name\"] for row in files.rows]'}\n",
                                   R"({"names":0})")),
              std::string(R"({"names":)") + names + "}")
        << pattern;
}
TEST_F(Storage, ANameThatIsTakenIsReplacedRefusedOrLeft) {
  make("a", "one");
  make("b", "two");
  const auto put = [&](const char* file, const char* how) {
    return code_of(world.run_steps(std::string("- do: storage.put\n  with: {file: ") + file + ", name: x, if_exists: " + how + "}\n"));
  };
  const auto stored = [&] {
    EXPECT_EQ(code_of(world.run_steps("- do: storage.get\n  with: {name: x}\n")), "no failure");
    return read("x");
  };
  EXPECT_EQ(put("a", "fail"), "no failure");
  EXPECT_EQ(put("a", "fail"), "no failure") << "the same content, as after a crash";
  EXPECT_EQ(put("b", "fail"), "name_taken");
  EXPECT_EQ(put("b", "skip"), "no failure");
  EXPECT_EQ(stored(), "one");
  EXPECT_EQ(put("b", "replace"), "no failure");
  EXPECT_EQ(stored(), "two");
  EXPECT_EQ(put("none", "replace"), "not_found");
}
TEST_F(Storage, ATargetThatIsThereIsReplacedRefusedOrLeft) {
  make("x", "mine");
  const auto get = [&](const char* how) {
    return code_of(world.run_steps(std::string("- do: storage.get\n  with: {name: template.txt, to: x, if_exists: ") + how + "}\n"));
  };
  EXPECT_EQ(get("fail"), "file_exists");
  EXPECT_EQ(get("skip"), "no failure");
  EXPECT_EQ(read("x"), "mine");
  EXPECT_EQ(get("replace"), "no failure");
  EXPECT_EQ(read("x"), "模板\n");
  EXPECT_EQ(get("fail"), "no failure") << "the same content";
  EXPECT_EQ(files(), 1U) << "nothing half is left";
}
TEST_F(Storage, WhatCameOtherwiseThanItWasStoredIsRefusedAndTheTargetStays) {
  class Wrong : public engine::BareContext {
   public:
    using BareContext::BareContext;
    base::Result<engine::StoredFile> fetch_file(std::string_view name, const std::string& to) override {
      std::ofstream(to) << "half";
      return engine::StoredFile{std::string(name), std::string(64, '0'), 4, {}};
    }
  } wrong(world.clock());
  world.instead = &wrong;
  make("x", "mine");
  const auto finished = world.run_steps("- do: storage.get\n  with: {name: x}\n");
  EXPECT_EQ(code_of(finished), "digest_mismatch");
  EXPECT_EQ(read("x"), "mine");
  EXPECT_EQ(files(), 1U);
}
TEST_F(Storage, NamesThatLeaveTheStoreAreRefused) {
  make("a", "x");
  for (const char* name : {"../x", "/x", "a/../../x"}) {
    EXPECT_EQ(code_of(world.run_steps(std::string("- do: storage.put\n  with: {file: a, name: ") + name + "}\n")), "invalid_argument")
        << name;
    EXPECT_EQ(code_of(world.run_steps(std::string("- do: storage.get\n  with: {to: b, name: ") + name + "}\n")), "invalid_argument")
        << name;
  }
}
TEST_F(Storage, DeletingTellsWhetherItWasThere) {
  const char* steps = "- do: storage.delete\n  with: {name: template.txt}\n  save: deleted\n- return: {deleted: =deleted}\n";
  EXPECT_EQ(told(world.run_steps(steps, R"({"deleted":1})")), R"({"deleted":true})");
  EXPECT_EQ(told(world.run_steps(steps, R"({"deleted":1})")), R"({"deleted":false})");
  EXPECT_EQ(code_of(world.run_steps("- do: storage.delete\n  with: {name: template.txt, if_missing: fail}\n")), "not_found");
}

}  // namespace
}  // namespace quanji::activities
