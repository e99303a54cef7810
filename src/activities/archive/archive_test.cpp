#include <gtest/gtest.h>
#include <sys/stat.h>

#include "activities/archive/archive_reader.h"
#include "activities/testing.h"

namespace quanji::activities::archive {
namespace {

namespace fs = std::filesystem;

// Zips by hand, as a stranger may write them: stored, any name, any mode.
struct Zip {
  std::string bytes, directory;
  std::uint16_t count = 0;
  static void number(std::string& to, std::uint64_t n, int size) {
    for (int i = 0; i < size; ++i) to += static_cast<char>(n >> (8 * i) & 0xFFU);
  }
  static std::uint32_t checksum(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : text) {
      crc ^= static_cast<unsigned char>(c);
      for (int i = 0; i < 8; ++i) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0);
    }
    return ~crc;
  }
  Zip& add(std::string_view name, std::string_view content, unsigned mode = 0100644, std::uint32_t spoil = 0) {
    const auto offset = bytes.size();
    std::string common;
    number(common, 20, 2);
    number(common, 0, 2);
    number(common, 0, 2);
    number(common, 0x5B740000, 4);  // 2025-11-20
    number(common, checksum(content) ^ spoil, 4);
    number(common, content.size(), 4);
    number(common, content.size(), 4);
    number(common, name.size(), 2);
    number(common, 0, 2);
    bytes += "PK\x03\x04" + common + std::string(name) + std::string(content);
    directory += "PK\x01\x02";
    number(directory, 0x031E, 2);
    directory += common;
    number(directory, 0, 2);
    number(directory, 0, 2);
    number(directory, 0, 2);
    number(directory, std::uint64_t{mode} << 16U, 4);
    number(directory, offset, 4);
    directory += name;
    ++count;
    return *this;
  }
  std::string whole() const {
    std::string all = bytes + directory + "PK\x05\x06";
    number(all, 0, 4);
    number(all, count, 2);
    number(all, count, 2);
    number(all, directory.size(), 4);
    number(all, bytes.size(), 4);
    number(all, 0, 2);
    return all;
  }
};

void put(const ActivityWorld& world, const std::string& name, std::string_view bytes) {
  fs::create_directories(fs::path(world.file(name)).parent_path());
  std::ofstream(world.file(name), std::ios::binary) << bytes;
}
std::string get(const ActivityWorld& world, const std::string& name) {
  std::ifstream file(world.file(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string unpacked(ActivityWorld& world, const Zip& zip, const std::string& more = "") {
  put(world, "a.zip", zip.whole());
  return told(world.run_steps("- do: archive.unpack\n  with: {file: a.zip, folder: in" + more +
                                  "}\n  save: files\n- return: {paths: '=[row[\"path\"].split(\"/in/\")[1] for row in files]'}\n",
                              R"({"paths":[]})"));
}
std::size_t files_below(const std::string& folder) {
  std::size_t found = 0;
  if (!fs::exists(folder)) return 0;
  for (const auto& one : fs::recursive_directory_iterator(folder)) found += one.is_directory() ? 0 : 1;
  return found;
}

TEST(Archive, WhatIsPackedIsUnpackedTheSame) {
  ActivityWorld world;
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += std::to_string(i) + "\n";
  put(world, "out/日终/a.txt", long_text);
  put(world, "out/b.bin", std::string("\0\1\2", 3));
  put(world, "out/empty", "");
  for (const std::string encoding : {"utf-8", "gbk", "gb18030"}) {
    const auto finished = world.run_steps("- do: archive.pack\n  with: {files: [out], to: x.zip, encoding: " + encoding +
                                              "}\n- do: archive.unpack\n  with: {file: x.zip, folder: in_" + encoding +
                                              "}\n  save: files\n- return: {count: =len(files)}\n",
                                          R"({"count":3})");
    ASSERT_EQ(told(finished), R"({"count":3})") << (finished.error ? finished.error->message : "");
    EXPECT_EQ(get(world, "in_" + encoding + "/out/日终/a.txt"), long_text) << encoding;
    EXPECT_EQ(get(world, "in_" + encoding + "/out/b.bin"), std::string("\0\1\2", 3));
    EXPECT_EQ(files_below(world.file("in_" + encoding)), 3U) << "nothing of the work is left";
  }
}

TEST(Archive, NamesInGbkAreReadAndUtf8IsKnownByItself) {
  ActivityWorld world;
  EXPECT_EQ(unpacked(world, Zip().add("\xC3\xF7\xCF\xB8.csv", "1").add("汇总.csv", "2")), R"({"paths":["明细.csv","汇总.csv"]})");
  EXPECT_EQ(unpacked(world, Zip().add("\xC3\xF7\xCF\xB8.csv", "1"), ", encoding: utf-8"), "bad_encoding business");
  EXPECT_EQ(unpacked(world, Zip().add("\xC3\xFF", "1"), ", encoding: gbk"), "bad_encoding business");
}

TEST(Archive, HostileArchivesAreRefusedWhole) {
  ActivityWorld world;
  const auto refused = [&world](const Zip& zip) {
    const auto answer = unpacked(world, zip);
    EXPECT_EQ(files_below(world.file("in")), 0U) << answer;
    return answer;
  };
  for (const std::string_view name : {"../up", "a/../../up", "/etc/passwd", "a//b", "./a", "C:/a", "..\\up", "a/..", "a\nb", "", "NUL"})
    EXPECT_EQ(refused(Zip().add("good", "1").add(name, "x")), "unsafe_archive business") << name;
  EXPECT_EQ(refused(Zip().add("good", "1").add("link", "/etc/passwd", 0120777)), "unsafe_archive business");
  EXPECT_EQ(refused(Zip().add("a", "1").add("a", "2")), "unsafe_archive business");
  EXPECT_EQ(refused(Zip().add("a", "1").add("a/b", "2")), "unsafe_archive business");
  EXPECT_FALSE(fs::exists(world.file("up")));
  // What says it is a pipe becomes a file and nothing else.
  EXPECT_EQ(unpacked(world, Zip().add("pipe", "x", 0010644)), R"({"paths":["pipe"]})");
  EXPECT_TRUE(fs::is_regular_file(world.file("in/pipe")));
}

TEST(Archive, ABombIsKnownByWhatItSays) {
  Zip many;
  for (int i = 0; i < 10'001; ++i) many.add(std::to_string(i), "");
  const auto bytes = many.whole();
  auto reader = Reader::of(bytes, "f", {}).value();
  EXPECT_EQ(safe_members(reader, static_cast<std::int64_t>(bytes.size()), "f").error().code, "too_large");
  Zip some;
  some.add("a", std::string(3'000, 'x')).add("b", std::string(3'000, 'x'));
  const auto small = some.whole();
  auto again = Reader::of(small, "f", {}).value();
  EXPECT_EQ(safe_members(again, 10'000, "f", {.bytes = 5'000}).error().code, "too_large");
  auto third = Reader::of(small, "f", {}).value();
  EXPECT_EQ(safe_members(third, 10, "f", {.ratio = 100, .ratio_from = 1'000}).error().code, "unsafe_archive");
}

TEST(Archive, DamageAnywhereLeavesNothing) {
  ActivityWorld world;
  EXPECT_EQ(unpacked(world, Zip().add("good", "1").add("bad", "hello", 0100644, 1)), "unreadable business");
  EXPECT_EQ(files_below(world.file("in")), 0U);
  const auto whole = Zip().add("good", "1").add("more", "hello").whole();
  for (std::size_t cut = 0; cut < whole.size(); cut += 3) {
    put(world, "a.zip", whole.substr(0, cut));
    EXPECT_EQ(told(world.run_steps("- do: archive.unpack\n  with: {file: a.zip, folder: in}\n- return: {}\n")), "unreadable business")
        << cut;
  }
  put(world, "a.zip", "no zip at all");
  EXPECT_EQ(told(world.run_steps("- do: archive.list\n  with: {file: a.zip}\n- return: {}\n")), "unreadable business");
  EXPECT_EQ(told(world.run_steps("- do: archive.list\n  with: {file: none.zip}\n- return: {}\n")), "not_found business");
  EXPECT_EQ(files_below(world.file("in")), 0U);
}

TEST(Archive, AFileThatIsThereStopsAllOfItUnlessSaidOtherwise) {
  ActivityWorld world;
  put(world, "in/b", "mine");
  const auto zip = Zip().add("a", "1").add("b", "2");
  EXPECT_EQ(unpacked(world, zip), "file_exists business");
  EXPECT_EQ(files_below(world.file("in")), 1U);
  EXPECT_EQ(unpacked(world, zip, ", if_exists: skip"), R"({"paths":["a","b"]})");
  EXPECT_EQ(get(world, "in/b"), "mine");
  EXPECT_EQ(unpacked(world, zip, ", if_exists: replace"), R"({"paths":["a","b"]})");
  EXPECT_EQ(get(world, "in/b"), "2");
  EXPECT_EQ(unpacked(world, zip), R"({"paths":["a","b"]})") << "the same content may be unpacked again";
}

TEST(Archive, NoLinkInTheFolderLeadsOutOfIt) {
  ActivityWorld world;
  fs::create_directories(world.file("in"));
  fs::create_directories(world.file("outside"));
  fs::create_symlink(world.file("outside"), world.file("in/sub"));
  EXPECT_EQ(unpacked(world, Zip().add("sub/a", "1"), ", if_exists: replace"), "not_permitted system");
  EXPECT_EQ(files_below(world.file("outside")), 0U);
}

TEST(Archive, APasswordOpensItAndAnotherDoesNot) {
  ActivityWorld world;
  put(world, "a.txt", "open sesame");
  const std::string pack =
      "- do: credential.get\n  with: {name: counter_db}\n  save: login\n"
      "- do: archive.pack\n  with: {files: [a.txt], to: x.zip, password: =login.password}\n";
  const auto unpack = [&](const std::string& more) {
    return told(world.run_steps(pack + "- do: archive.unpack\n  with: {file: x.zip, folder: in" + more +
                                    "}\n- do: file.read_text\n  with: {file: in/a.txt}\n  save: text\n- return: {text: =text}\n",
                                R"({"text":""})"));
  };
  EXPECT_EQ(unpack(""), "wrong_password business");
  EXPECT_EQ(unpack(", password: =login.next_password"), "wrong_password business");
  EXPECT_EQ(unpack(", password: =login.password"), R"({"text":"open sesame"})");
  EXPECT_EQ(get(world, "x.zip").find("open sesame"), std::string::npos);
}

TEST(Archive, AddingKeepsWhatIsThereAndReplacesNamesakes) {
  ActivityWorld world;
  put(world, "a.txt", "1");
  put(world, "b.txt", "2");
  const auto pack = [&](const std::string& files, const std::string& mode) {
    return told(world.run_steps("- do: archive.pack\n  with: {files: [" + files + "], to: x.zip, if_exists: " + mode +
                                    "}\n- do: archive.list\n  with: {file: x.zip}\n  save: files\n- return: {n: '=[row[\"path\"] + "
                                    "str(row[\"size\"]) for row in files]'}\n",
                                R"({"n":[]})"));
  };
  EXPECT_EQ(pack("a.txt", "add"), R"({"n":["a.txt1"]})");
  put(world, "a.txt", "11");
  EXPECT_EQ(pack("b.txt", "add"), R"({"n":["a.txt1","b.txt1"]})");
  EXPECT_EQ(pack("a.txt", "add"), R"({"n":["b.txt1","a.txt2"]})");
  EXPECT_EQ(pack("a.txt", "fail"), "file_exists business");
  EXPECT_EQ(pack("a.txt", "replace"), R"({"n":["a.txt2"]})");
  EXPECT_EQ(pack("a.txt", "fail"), R"({"n":["a.txt2"]})") << "the same bytes are no collision";
}

TEST(Archive, WhatCannotBePackedIsSaid) {
  ActivityWorld world;
  put(world, "a.txt", "1");
  put(world, "한글.txt", "1");
  fs::create_symlink(world.file("a.txt"), world.file("link"));
  const auto pack = [&](const std::string& with) {
    const auto answer = told(world.run_steps("- do: archive.pack\n  with: {to: x.zip, " + with + "}\n- return: {}\n"));
    EXPECT_FALSE(fs::exists(world.file("x.zip")));
    return answer;
  };
  EXPECT_EQ(pack("files: [none]"), "not_found business");
  EXPECT_EQ(pack("files: [link]"), "not_permitted system");
  EXPECT_EQ(pack("files: []"), "invalid_argument business");
  EXPECT_EQ(pack("files: [1]"), "invalid_argument business");
  EXPECT_EQ(pack("files: [한글.txt], encoding: gbk"), "bad_encoding business");
}

TEST(LogAttach, TheEvidenceIsACopy) {
  ActivityWorld world;
  put(world, "a/report.txt", "breaks: 0");
  ASSERT_EQ(told(world.run_steps("- do: log.attach\n  with: {file: a/report.txt}\n- do: file.delete\n  with: {file: a/report.txt}\n"
                                 "- return: {}\n")),
            "{}");
  std::ifstream kept(world.evidence.path() + "/0001-report.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "breaks: 0");
  EXPECT_EQ(told(world.run_steps("- do: log.attach\n  with: {file: none}\n- return: {}\n")), "not_found business");
  EXPECT_EQ(told(world.run_steps("- do: log.attach\n  with: {file: a}\n- return: {}\n")).substr(0, 9), "io_failed");
}

}  // namespace
}  // namespace quanji::activities::archive
