#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

class FileTest : public testing::Test {
 protected:
  ActivityWorld world;
  void put(const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories(std::filesystem::path(world.file(name)).parent_path());
    std::ofstream(world.file(name), std::ios::binary) << bytes;
  }
  std::string get(const std::string& name) {
    std::ifstream file(world.file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string told(std::string_view steps, std::string_view returns = "{}") {
    const auto finished = world.run_steps(steps, returns);
    return finished.error ? finished.error->code : finished.outputs.text;
  }
  std::size_t files() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.work.path())) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
};

TEST_F(FileTest, ACopyMayBeRepeatedAndNeverTakesThePlaceOfSomethingElse) {
  put("a.txt", "one");
  const auto* copy = "- do: file.copy\n  with: {file: a.txt, to: b.txt}\n";
  EXPECT_EQ(told(copy), "{}");
  EXPECT_EQ(told(copy), "{}") << "the same content again is no failure";
  put("b.txt", "other");
  EXPECT_EQ(told(copy), "file_exists");
  EXPECT_EQ(get("b.txt"), "other");
  EXPECT_EQ(told("- do: file.copy\n  with: {file: a.txt, to: b.txt, if_exists: skip}\n"), "{}");
  EXPECT_EQ(get("b.txt"), "other");
  EXPECT_EQ(told("- do: file.copy\n  with: {file: a.txt, to: b.txt, if_exists: replace}\n"), "{}");
  EXPECT_EQ(get("b.txt"), "one");
  EXPECT_EQ(told("- do: file.copy\n  with: {file: none.txt, to: c.txt}\n"), "not_found");
  EXPECT_EQ(files(), 2U) << "no drafts are left";
}
TEST_F(FileTest, AFolderIsCopiedWholeAndNotIntoItself) {
  put("in/a.txt", "a");
  put("in/deep/b.txt", "b");
  std::filesystem::create_symlink("a.txt", world.file("in/link"));
  EXPECT_EQ(told("- do: file.copy\n  with: {file: in, to: out}\n"), "{}");
  EXPECT_EQ(get("out/deep/b.txt"), "b");
  EXPECT_TRUE(std::filesystem::is_symlink(world.file("out/link")));
  EXPECT_EQ(told("- do: file.copy\n  with: {file: in, to: in/deep/again}\n"), "invalid_argument");
  EXPECT_EQ(told("- do: file.copy\n  with: {file: in, to: out}\n"), "file_exists");
  put("in/c.txt", "c");
  std::filesystem::remove(world.file("in/a.txt"));
  EXPECT_EQ(told("- do: file.copy\n  with: {file: in, to: out, if_exists: replace}\n"), "{}");
  EXPECT_EQ(get("out/c.txt"), "c");
  EXPECT_FALSE(std::filesystem::exists(world.file("out/a.txt"))) << "the old folder is gone whole";
}
TEST_F(FileTest, AMoveLeavesNothingBehindAndReplacesOnlyWhenTold) {
  put("a.txt", "one");
  put("b.txt", "two");
  EXPECT_EQ(told("- do: file.move\n  with: {file: a.txt, to: b.txt}\n"), "file_exists");
  EXPECT_EQ(get("a.txt") + get("b.txt"), "onetwo");
  EXPECT_EQ(told("- do: file.move\n  with: {file: a.txt, to: b.txt, if_exists: replace}\n"), "{}");
  EXPECT_FALSE(std::filesystem::exists(world.file("a.txt")));
  EXPECT_EQ(get("b.txt"), "one");
  put("in/x", "x");
  put("out/y", "y");
  EXPECT_EQ(told("- do: file.move\n  with: {file: in, to: out, if_exists: replace}\n"), "{}");
  EXPECT_EQ(get("out/x"), "x");
  EXPECT_FALSE(std::filesystem::exists(world.file("out/y")));
  EXPECT_FALSE(std::filesystem::exists(world.file("in")));
  EXPECT_EQ(told("- do: file.move\n  with: {file: out, to: out/inside}\n"), "invalid_argument");
}
TEST_F(FileTest, DeletingAsksBeforeItTakesAFolderWithAllItHolds) {
  put("in/a.txt", "a");
  EXPECT_EQ(told("- do: file.delete\n  with: {file: in}\n"), "not_empty");
  EXPECT_EQ(get("in/a.txt"), "a");
  EXPECT_EQ(told("- do: file.delete\n  with: {file: in, recursive: true}\n"), "{}");
  EXPECT_FALSE(std::filesystem::exists(world.file("in")));
  EXPECT_EQ(told("- do: file.delete\n  with: {file: in, if_missing: fail}\n"), "not_found");
  put("keep.txt", "k");
  EXPECT_EQ(told("- do: file.delete\n  with: {file: ., recursive: true}\n"), "not_permitted") << "the work folder itself stays";
  EXPECT_EQ(told("- do: file.delete\n  with: {file: .., recursive: true}\n"), "not_permitted");
  EXPECT_EQ(get("keep.txt"), "k");
}
TEST_F(FileTest, TextIsReadInTheEncodingItIsIn) {
  put("utf8.txt", "清算");
  put("mark.txt", "\xEF\xBB\xBF清算");
  put("gbk.txt", "\xC7\xE5\xCB\xE3");
  for (const std::string name : {"utf8", "mark", "gbk"})
    EXPECT_EQ(told("- do: file.read_text\n  with: {file: " + name + ".txt}\n  save: t\n- return: {t: =t}\n", "{\"t\":1}"),
              R"({"t":"清算"})")
        << name;
  EXPECT_EQ(told("- do: file.read_text\n  with: {file: gbk.txt, encoding: utf-8}\n  save: t\n"), "bad_encoding");
  put("broken.txt", "\x81");
  EXPECT_EQ(told("- do: file.read_text\n  with: {file: broken.txt}\n  save: t\n"), "bad_encoding");
  EXPECT_EQ(told("- do: file.write_text\n  with: {text: '😀', to: e.txt, encoding: gbk}\n"), "bad_encoding");
  EXPECT_FALSE(std::filesystem::exists(world.file("e.txt")));
  EXPECT_EQ(told("- do: file.read_text\n  with: {file: .}\n  save: t\n"), "io_failed");
}
TEST_F(FileTest, WhatIsTooLargeIsNotReadWhole) {
  std::ofstream(world.file("large")).seekp(65LL << 20).put('x');
  EXPECT_EQ(told("- do: file.read_text\n  with: {file: large}\n  save: t\n"), "too_large");
  EXPECT_EQ(told("- do: file.read_bytes\n  with: {file: large}\n  save: t\n"), "too_large");
}
TEST_F(FileTest, WritingKeepsTheOldFileUntilTheNewOneIsWhole) {
  put("a.txt", "old");
  ::mkdir(world.file("folder").c_str(), 0700);
  EXPECT_EQ(told("- do: file.write_text\n  with: {text: new, to: a.txt, if_exists: fail}\n"), "file_exists");
  EXPECT_EQ(get("a.txt"), "old");
  EXPECT_EQ(told("- do: file.write_text\n  with: {text: new, to: a.txt}\n"), "{}");
  EXPECT_EQ(get("a.txt"), "new");
  EXPECT_EQ(told("- do: file.write_text\n  with: {text: new, to: folder}\n"), "file_exists");
  EXPECT_EQ(told("- do: file.write_text\n  with: {text: new, to: none/a.txt}\n"), "not_found");
  EXPECT_EQ(told("- do: file.make_folder\n  with: {folder: a.txt/b}\n"), "file_exists");
  EXPECT_EQ(files(), 1U);
}
TEST_F(FileTest, ListsSeeFilesByPatternInTheOrderOfTheirPaths) {
  put("b.csv", "12");
  put("a.csv", "1");
  put("in/c.csv", "");
  put("in/d.txt", "");
  const auto names = [&](std::string_view with) {
    return told("- do: file.list\n  with: " + std::string(with) + "\n  save: f\n- return: {f: '=[row[\"name\"] for row in f]'}\n",
                "{\"f\":1}");
  };
  EXPECT_EQ(names("{folder: .}"), R"({"f":["a.csv","b.csv"]})");
  EXPECT_EQ(names("{folder: ., recursive: true, pattern: '*.csv'}"), R"({"f":["a.csv","b.csv","c.csv"]})");
  EXPECT_EQ(names("{folder: ., pattern: 'in/*.txt'}"), R"({"f":["d.txt"]})");
  EXPECT_EQ(names("{folder: ., kind: folder}"), R"({"f":["in"]})");
  EXPECT_EQ(names("{folder: none}"), "not_found");
}
// Time moves because the activity waits.
TEST_F(FileTest, AWaitEndsByTheStepsDeadlineAndSaysSo) {
  EXPECT_EQ(told("- do: file.wait\n  with: {folder: in}\n  timeout: 10m\n"), "timed_out");
  EXPECT_EQ(told("- do: file.wait_stable\n  with: {file: none.dbf}\n  timeout: 10m\n"), "timed_out");
  put("a.dbf", "x");
  EXPECT_EQ(told("- do: file.wait_stable\n  with: {file: a.dbf, flag: a.ok}\n  timeout: 1m\n"), "timed_out") << "its flag is not there";
  EXPECT_EQ(told("- do: file.wait_stable\n  with: {file: a.dbf, size: 2}\n  timeout: 1m\n"), "timed_out") << "it is too small";
  put("a.ok", "");
  EXPECT_EQ(told("- do: file.wait_stable\n  with: {file: a.dbf, flag: a.ok}\n  timeout: 1m\n"), "{}");
}
TEST_F(FileTest, DigestsAreThoseOfTheStandards) {
  put("abc", "abc");
  const auto digest = [&](const std::string& algorithm) {
    return told("- do: file.hash\n  with: {file: abc, algorithm: " + algorithm + "}\n  save: d\n- return: {d: =d}\n", "{\"d\":1}");
  };
  EXPECT_EQ(digest("sha256"), R"({"d":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})");
  EXPECT_EQ(digest("sm3"), R"({"d":"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"})");
  EXPECT_EQ(digest("md5"), R"({"d":"900150983cd24fb0d6963f7d28e17f72"})");
  EXPECT_EQ(digest("sha512").substr(0, 22), R"({"d":"ddaf35a193617aba)");
}

}  // namespace
}  // namespace quanji::activities
