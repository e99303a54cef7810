#include "services/archive_check.h"

#include <gtest/gtest.h>

#include <vector>

namespace quanji::services {
namespace {

std::string little(std::uint64_t value, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i) & 255) : '\0';
  return out;
}
struct Entry {
  std::string name;
  std::uint64_t unpacked = 1;
  std::uint64_t mode = 0100644;
};
// Stored entries of one byte, whatever their directory says of them.
std::string archive(const std::vector<Entry>& entries) {
  std::string out, directory;
  for (const auto& entry : entries) {
    directory += "PK\x01\x02" + little(20, 1) + little(3, 1) + little(20, 2) + little(0, 12) + little(1, 4) + little(entry.unpacked, 4) +
                 little(entry.name.size(), 2) + little(0, 8) + little(entry.mode << 16, 4) + little(out.size(), 4) + entry.name;
    out += "PK\x03\x04" + little(20, 2) + little(0, 12) + little(1, 4) + little(1, 4) + little(entry.name.size(), 2) + little(0, 2) +
           entry.name + "x";
  }
  const auto at = out.size();
  return out + directory + "PK\x05\x06" + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) +
         little(directory.size(), 4) + little(at, 4) + little(0, 2);
}
bool taken(const std::string& file) {
  return check_archive(static_cast<std::int64_t>(file.size()),
                       [&](std::int64_t offset, std::int64_t most) -> base::Result<std::string> {
                         return file.substr(std::min<std::size_t>(file.size(), static_cast<std::size_t>(offset)),
                                            static_cast<std::size_t>(most));
                       })
      .ok();
}

TEST(ArchiveCheck, WhatIsNoArchiveAndOrdinaryArchivesAreTaken) {
  EXPECT_TRUE(taken(""));
  EXPECT_TRUE(taken("PK"));
  EXPECT_TRUE(taken("plain text"));
  EXPECT_TRUE(taken(archive({})));
  EXPECT_TRUE(taken(archive({{"a.txt"}, {"dir/", 0, 040755}, {"dir/清单..csv"}, {"none", 1, 0}})));
}
TEST(ArchiveCheck, NamesThatLeaveTheirFolderOrPassForAnotherAreRefused) {
  for (const auto* name : {"../x", "a/../../x", "..", "a/..", "/etc/passwd", "\\x", "a\\..\\x", "C:\\x", "c:x", "", "a\nb"})
    EXPECT_FALSE(taken(archive({{name}}))) << name;
  EXPECT_FALSE(taken(archive({{"a"}, {"A"}})));
  EXPECT_FALSE(taken(archive({{"a/b"}, {"a\\b"}})));
}
TEST(ArchiveCheck, LinksDevicesAndBombsAreRefused) {
  EXPECT_FALSE(taken(archive({{"link", 1, 0120777}})));
  EXPECT_FALSE(taken(archive({{"device", 1, 0020666}})));
  EXPECT_FALSE(taken(archive({{"bomb", 0xF0000000}})));
  EXPECT_FALSE(taken(archive({{"1", 0xFFFFFFFE}, {"2", 0xFFFFFFFE}, {"3", 0xFFFFFFFE}})));
}
TEST(ArchiveCheck, ADirectoryThatIsCutOrWrongIsRefused) {
  const auto good = archive({{"a.txt"}, {"b.txt"}});
  for (std::size_t n = 4; n < good.size(); ++n) EXPECT_FALSE(taken(good.substr(0, n))) << n;
  EXPECT_FALSE(taken(good + "more"));
  auto wrong = good;
  wrong[wrong.size() - 12] = '\x7f';  // one entry is there, many are said
  EXPECT_FALSE(taken(wrong));
}

}  // namespace
}  // namespace quanji::services
