// Folders become archives.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "flow/package_archive.h"
#include "flow/package_archive_names.h"
#include "flow/package_archive_testing.h"
#include "flow/package_archive_writer.h"

namespace quanji::flow {
namespace {

using namespace testing;
using enum ArchiveReason;

PackRules pack_rules() {
  PackRules rules;
  rules.read_name = read_test_name;
  return rules;
}
void write_project(const TestFolder& folder) {
  folder.write("project/package.yaml", good_package_yaml);
  folder.write("project/flows/main.yaml", "quanji: 1\nflow: main\nsteps: []\n");
  folder.write("project/flows/清算核对.yaml", many_words());
  folder.write("project/python/rules.py", "");
  folder.write("project/resources/images/按钮.png", noise(100'000, 7));
  folder.write("project/resources/blank.bmp", std::string(300'000, '\xFF'));
  folder.write("project/tests/main.yaml", "x");
}

TEST(PackFolder, TheSameFilesGiveTheSameBytes) {
  TestFolder one, two;
  write_project(one);
  const auto files = files_below(one / "project");
  for (auto file = files.rbegin(); file != files.rend(); ++file) two.write("elsewhere/" + file->first, file->second);
  std::filesystem::create_directories(two / "elsewhere/resources/empty");
  std::filesystem::permissions(two / "elsewhere/python/rules.py", std::filesystem::perms(0700));
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (two / "elsewhere/package.yaml").c_str(), times, 0), 0);
  base::SeededRandom random(1);
  const auto first = pack_folder(one / "project", one.path(), pack_rules(), random);
  ASSERT_TRUE(first.ok()) << first.error().message().en << first.error().detail();
  const auto second = pack_folder(two / "elsewhere/", two.path(), pack_rules(), random);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->path, one / "settlement-1.2.0.rpa.zip");
  const auto bytes = content_of(first->path);
  EXPECT_EQ(bytes, content_of(second->path));
  EXPECT_EQ(first->files, files.size());
  EXPECT_EQ(first->packed, bytes.size());
  EXPECT_EQ(*read_by_ours(bytes), files);
  EXPECT_EQ(*read_by_libarchive(bytes, Way::by_directory), files);
  EXPECT_EQ(*read_by_libarchive(bytes, Way::by_stream), files);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(one.path()), {}), 2);
}

TEST(PackFolder, WhatItMakesIsUnpackedToTheSame) {
  TestFolder folder;
  write_project(folder);
  base::SeededRandom random(1);
  const auto packed = pack_folder(folder / "project", folder.path(), pack_rules(), random);
  ASSERT_TRUE(packed.ok());
  const auto file = ArchiveFile::open(packed->path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(unpack_archive(*file, folder / "here", unsigned_rules(), random).ok());
  EXPECT_EQ(files_below(folder / "here"), files_below(folder / "project"));
}

TEST(PackFolder, WhatWouldBeABombIsStored) {
  TestFolder folder;
  write_project(folder);
  base::SeededRandom random(1);
  const auto packed = pack_folder(folder / "project", folder.path(), pack_rules(), random);
  const auto bytes = content_of(packed->path);
  const ArchiveInMemory memory(bytes);
  const auto archive = PackageArchive::open(memory);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(archive->find("resources/blank.bmp")->method, ArchiveEntry::Method::stored);
  EXPECT_EQ(archive->find("resources/images/按钮.png")->method, ArchiveEntry::Method::stored);
  EXPECT_EQ(archive->find("flows/清算核对.yaml")->method, ArchiveEntry::Method::deflated);
}

TEST(PackFolder, WhatEditorsAndVersionControlLeaveIsLeftOut) {
  TestFolder folder;
  write_project(folder);
  const auto files = files_below(folder / "project");
  for (const auto* name : {".git/config", ".gitignore", "flows/main.yaml~", "flows/.main.yaml.swp",
                           "python/__pycache__/rules.cpython-311.pyc", "python/rules.pyc", "resources/Thumbs.db", "resources/.DS_Store",
                           ".vscode/settings.json", "flows/#main.yaml#", "flows/.#main.yaml", "signature.json", "settlement-1.1.0.rpa.zip"})
    folder.write(std::string("project/") + name, "not mine");
  base::SeededRandom random(1);
  const auto packed = pack_folder(folder / "project", folder / "project", pack_rules(), random);
  ASSERT_TRUE(packed.ok()) << packed.error().message().en;
  EXPECT_EQ(*read_by_ours(content_of(packed->path)), files);
}

TEST(PackFolder, RefusesWhatUnpackingWouldAndNamesIt) {
  const auto refused = [](const std::string& word, const std::string& name, const std::function<void(const TestFolder&)>& spoil,
                          const PackageLimits& limits = {}) {
    TestFolder folder;
    folder.write("project/package.yaml", good_package_yaml);
    folder.write("project/flows/main.yaml", "x");
    spoil(folder);
    base::SeededRandom random(1);
    auto rules = pack_rules();
    rules.limits = limits;
    std::filesystem::create_directory(folder / "out");
    const auto packed = pack_folder(folder / "project", folder / "out", rules, random);
    ASSERT_FALSE(packed.ok()) << word;
    EXPECT_EQ(reason_word(packed.error()), word);
    EXPECT_NE(packed.error().message().zh.find(name), std::string::npos) << packed.error().message().zh;
    EXPECT_TRUE(std::filesystem::is_empty(folder / "out")) << word;
  };
  const auto file = [](std::string name) { return [name](const TestFolder& folder) { folder.write("project/" + name, "x"); }; };
  refused("special_file", "resources/link", [](const TestFolder& folder) {
    std::filesystem::create_directory(folder / "project/resources");
    std::filesystem::create_symlink("/etc/passwd", folder / "project/resources/link");
  });
  refused("special_file", "resources",
          [](const TestFolder& folder) { std::filesystem::create_directory_symlink("/etc", folder / "project/resources"); });
  refused("special_file", "resources/pipe", [](const TestFolder& folder) {
    std::filesystem::create_directory(folder / "project/resources");
    ASSERT_EQ(::mkfifo((folder / "project/resources/pipe").c_str(), 0600), 0);
  });
  refused("wrong_place", "README.md", file("README.md"));
  refused("wrong_place", "bin/run", file("bin/run"));
  refused("control_character", "resources/a\\x0Ab", file("resources/a\nb"));
  refused("backslash", "resources/a\\b", file("resources/a\\b"));
  refused("outer_dot_or_space", "resources/a.", file("resources/a."));
  refused("device_name", "resources/nul", file("resources/nul"));
  refused("not_utf8", "resources/", file("resources/\xC7\xE5"));
  refused("not_composed", "resources/", file("resources/e\u0301"));
  refused("invisible_character", "\\u{202E}", file("resources/\u202E"));
  refused("same_name_folded", "resources/b/a", [&](const TestFolder& folder) {
    folder.write("project/resources/B/a", "x");
    folder.write("project/resources/b/a", "x");
  });
  refused("too_deep", "resources/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", file("resources/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"));
  refused("package_file_missing", "package.yaml",
          [](const TestFolder& folder) { std::filesystem::remove(folder / "project/package.yaml"); });
  refused("package_file_wrong", "version",
          [](const TestFolder& folder) { folder.write("project/package.yaml", "name: a\nversion: one\n"); });
  refused("package_file_wrong", "name",
          [](const TestFolder& folder) { folder.write("project/package.yaml", "name: ../a\nversion: 1.0.0\n"); });
  PackageLimits limits;
  limits.files = 2;
  refused("too_many_files", "resources/a", file("resources/a"), limits);
  limits = {};
  limits.unpacked = good_package_yaml.size() + 1;
  refused("unpacked_too_large", "resources/a", file("resources/a"), limits);
  limits = {};
  limits.packed = 300;
  refused(
      "packed_too_large", "", [](const TestFolder& folder) { folder.write("project/resources/a", noise(1000, 2)); }, limits);
  limits = {};
  limits.package_file = 10;
  refused("file_too_large", "package.yaml", file("resources/a"), limits);
}

TEST(PackFolder, AnArchiveIsReplacedOnlyWhenAsked) {
  TestFolder folder;
  write_project(folder);
  folder.write("settlement-1.2.0.rpa.zip", "mine");
  base::SeededRandom random(1);
  auto rules = pack_rules();
  const auto refused = pack_folder(folder / "project", folder.path(), rules, random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::name_taken);
  EXPECT_EQ(content_of(folder / "settlement-1.2.0.rpa.zip"), "mine");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  rules.existing = Existing::replace;
  ASSERT_TRUE(pack_folder(folder / "project", folder.path(), rules, random).ok());
  EXPECT_TRUE(read_by_ours(content_of(folder / "settlement-1.2.0.rpa.zip")));
}

TEST(PackFolder, NoSuchFolderIsSaid) {
  TestFolder folder;
  base::SeededRandom random(1);
  EXPECT_EQ(pack_folder(folder / "nothing", folder.path(), pack_rules(), random).error().code(), base::Code::not_found);
  write_project(folder);
  EXPECT_EQ(pack_folder(folder / "project", folder / "no/where", pack_rules(), random).error().code(), base::Code::store_unavailable);
}

TEST(PackFolder, AFileThatChangesMeanwhileIsFound) {
  TestFolder folder;
  folder.write("grows", "twelve bytes");
  base::SeededRandom random(1);
  const base::Descriptor fd(::open((folder / "grows").c_str(), O_RDONLY));
  auto writer = ArchiveWriter::create(folder / "out.zip", random);
  ASSERT_TRUE(writer.ok());
  for (const std::uint64_t other : {11, 13}) {
    const auto added = writer->add_file("resources/grows", fd.get(), other, {});
    ASSERT_FALSE(added.ok());
    EXPECT_EQ(reason_word(added.error()), "changed_meanwhile");
  }
}

}  // namespace
}  // namespace quanji::flow
