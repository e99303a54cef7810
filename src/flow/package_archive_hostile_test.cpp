// Archives made to harm or to be read in two ways: each is refused whole, for its own reason, and leaves nothing behind.
#include <gtest/gtest.h>

#include "base/encodings.h"
#include "flow/package_archive_hostile_testing.h"

namespace quanji::flow {
namespace {

using namespace testing;
using records::Central;
using records::Ending;
using records::Shared;
using enum ArchiveReason;

void add_limits(std::vector<Hostile>& all) {
  const auto one = [&](std::string name, ArchiveReason reason, LyingEntry entry) {
    all.push_back({std::move(name), reason, package_with({std::move(entry)}).build()});
  };
  LyingArchive many{{{"package.yaml", good_package_yaml}}};
  for (int i = 0; i < 10'000; ++i) many.entries.push_back({"resources/" + std::to_string(100'000 + i), ""});
  all.push_back({"TenThousandAndOneFiles", too_many_files, many.build()});
  one("Bomb", ratio, {"resources/a", std::string(1'000'000, '\0'), 8});
  one("SayingMoreThanItHolds", ratio, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.method = 8;
    entry.both = [](Shared& s) { s.size = 1'000'000; };
    return entry;
  }());
  one("EmptyBlocksWithoutEnd", ratio, [] {
    LyingEntry entry{"resources/a", "", 8};
    entry.packed = repeated(std::string("\0\0\0\xFF\xFF", 5), 100'000);
    return entry;
  }());
  PackageLimits small;
  small.unpacked = 5'000;
  all.push_back({"MoreThanAllowedTogether", unpacked_too_large,
                 package_with({{"resources/a", repeated("ab", 1300)}, {"resources/b", repeated("cd", 1300)}}).build(), small});
  one("MoreThanAGibibyte", unpacked_too_large, [] {
    LyingEntry entry{"resources/a", ""};
    entry.method = 8;
    entry.both = [](Shared& s) {
      s.size = 0x50000000;
      s.packed = 0x08000000;
    };
    return entry;
  }());
  one("SeventeenParts", too_deep, {"resources/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "x"});
  LyingArchive large{{{"package.yaml", std::string((1 << 20) + 1, '#')}}};
  all.push_back({"LargePackageFile", file_too_large, large.build()});
  small = {};
  small.signature_file = 10;
  all.push_back({"LargeSignature", file_too_large, package_with({{"signature.json", "12345678901"}}).build(), small});
}

void add_names(std::vector<Hostile>& all) {
  const auto one = [&](std::string name, ArchiveReason reason, std::string path) {
    all.push_back({std::move(name), reason, named(std::move(path))});
  };
  one("NoName", empty_part, "");
  one("EmptyPart", empty_part, "resources//a");
  one("Up", dot_part, "resources/../../etc/passwd");
  one("UpAtTheStart", dot_part, "../evil");
  one("UpAtTheEnd", dot_part, "resources/..");
  one("Dot", dot_part, "resources/./a");
  one("Absolute", absolute_path, "/etc/passwd");
  one("NetworkShare", absolute_path, "//server/share/evil");
  one("Drive", drive_letter, "C:/Windows/evil.dll");
  one("DriveOfItsFolder", drive_letter, "c:evil.dll");
  one("Backslash", backslash, "resources\\..\\..\\evil");
  one("BackslashShare", backslash, "\\\\server\\share\\evil");
  one("NulInTheName", control_character, std::string("resources/a.yaml\0.exe", 21));
  one("LineFeedInTheName", control_character, "resources/a\nb");
  one("EscapeInTheName", control_character, "resources/\x1B[2J");
  one("Delete", control_character, "resources/a\x7F");
  one("ControlOfTheSecondRow", invisible_character, "resources/a\u0085");
  one("AlternateStream", forbidden_character, "resources/a.txt:evil");
  one("Wildcard", forbidden_character, "resources/*");
  one("Quote", forbidden_character, "resources/a\"b");
  one("RightToLeft", invisible_character, "resources/gpj\u202Eexe.txt");
  one("ZeroWidthSpace", invisible_character, "resources/a\u200Bb");
  one("ByteOrderMark", invisible_character, "\uFEFFresources/a");
  one("NoBreakSpace", invisible_character, "resources/a\u00A0");
  one("PrivateUse", invisible_character, "resources/\uE000");
  one("Unassigned", invisible_character, "resources/\u0378");
  one("NonCharacter", invisible_character, "resources/\uFFFE");
  one("LatinOne", not_utf8, "resources/caf\xE9");
  one("Gbk", not_utf8, "resources/\xC7\xE5\xCB\xE3");
  one("OverlongSlash", not_utf8, "resources/..\xC0\xAF..\xC0\xAF/evil");
  one("Surrogates", not_utf8, "resources/\xED\xA0\x80");
  one("Decomposed", not_composed, "resources/cafe\u0301");
  one("DecomposedHangul", not_composed, "resources/\u1100\u1161");
  one("CompatibilityIdeograph", not_composed, "resources/\uF900");
  one("KelvinSign", not_composed, "resources/\u212A");
  one("TrailingDot", outer_dot_or_space, "resources/a.");
  one("TrailingSpace", outer_dot_or_space, "resources/a ");
  one("TrailingDotOfAFolder", outer_dot_or_space, "resources/a./b");
  one("ThreeDots", outer_dot_or_space, "resources/.../a");
  one("LeadingSpace", outer_dot_or_space, "resources/ a");
  one("Device", device_name, "resources/CON");
  one("DeviceWithExtension", device_name, "resources/nul.txt");
  one("DeviceInTheMiddle", device_name, "resources/aux/a");
  one("DeviceWithSuperscript", device_name, "resources/COM\u00b9.log");
  one("LongPart", name_too_long, "resources/" + std::string(256, 'a'));
  one("LongPath", name_too_long, "resources/" + repeated(std::string(200, 'a') + "/", 5) + "abcdefghij");
  all.push_back({"Twice", same_name, package_with({{"resources/a", "good"}, {"resources/a", "evil"}}).build()});
  all.push_back({"TwicePackageFile", same_name, package_with({{"package.yaml", good_package_yaml}}).build()});
  all.push_back({"Capitals", same_name_folded, package_with({{"resources/A", "1"}, {"resources/a", "2"}}).build()});
  all.push_back({"CapitalsBeyondAscii", same_name_folded, package_with({{"resources/Ä", "1"}, {"resources/ä", "2"}}).build()});
  all.push_back({"SharpS", same_name_folded, package_with({{"resources/strasse", "1"}, {"resources/straße", "2"}}).build()});
  all.push_back({"CapitalsOfAFolder", same_name_folded, package_with({{"resources/A/x", "1"}, {"resources/a/y", "2"}}).build()});
  all.push_back({"FileAndFolder", file_and_folder, package_with({{"resources/a", "1"}, {"resources/a/b", "2"}}).build()});
  all.push_back(
      {"FolderAndFile", file_and_folder, package_with({{"resources/a!", "0"}, {"resources/B/c", "1"}, {"resources/b", "2"}}).build()});
  one("AnotherFileAtTheTop", wrong_place, "setup.sh");
  one("AnotherFolderAtTheTop", wrong_place, "bin/evil");
  one("HiddenFileAtTheTop", wrong_place, ".bashrc");
  one("CapitalFolder", wrong_place, "Flows/a.yaml");
  one("FolderNameAsAFile", wrong_place, "python");
  one("PackageFileElsewhere", wrong_place, "package.yaml/a");
  all.push_back({"NoPackageFile", package_file_missing, LyingArchive{{{"flows/a.yaml", "x"}}}.build()});
  all.push_back({"PackageFileInCapitals", wrong_place, LyingArchive{{{"Package.yaml", good_package_yaml}}}.build()});
}

void add_content(std::vector<Hostile>& all) {
  const auto one = [&](std::string name, ArchiveReason reason, LyingEntry entry) {
    all.push_back({std::move(name), reason, package_with({std::move(entry)}).build()});
  };
  const auto packed = deflated("some content");
  one("StoredChecksum", wrong_checksum, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.checksum ^= 1; };
    return entry;
  }());
  one("DeflatedChecksum", wrong_checksum, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.both = [](Shared& s) { s.checksum ^= 1; };
    return entry;
  }());
  one("StoredSizes", wrong_size, [] {
    LyingEntry entry{"resources/a", "abc"};
    entry.both = [](Shared& s) { s.size = 2; };
    return entry;
  }());
  one("MoreThanItSays", wrong_size, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.both = [](Shared& s) { s.size = 5; };
    return entry;
  }());
  one("LessThanItSays", wrong_size, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.both = [](Shared& s) { s.size = 50; };
    return entry;
  }());
  one("BytesBehindTheLastBlock", hidden_data, [&] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.packed = packed + "hidden";
    return entry;
  }());
  one("BitsBehindTheLastBlock", hidden_data, [&] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.packed = packed;
    entry.packed->back() = static_cast<char>(entry.packed->back() | 0x80);
    return entry;
  }());
  one("LastBlockMissing", broken_data, [&] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.packed = packed.substr(0, packed.size() - 2);
    return entry;
  }());
  one("Noise", broken_data, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.packed = "\xFF\xFF\xFF\xFF";
    return entry;
  }());
  one("NothingToInflate", broken_data, [] {
    LyingEntry entry{"resources/a", "", 8};
    entry.packed = "";
    return entry;
  }());
  one("DistanceBeforeTheStart", broken_data, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.packed = std::string("\x4B\x04\x23\x00\x00\x00", 6);
    return entry;
  }());
  all.push_back({"NameOfThePackage", package_file_wrong, LyingArchive{{{"package.yaml", "name: ../../evil\nversion: 1.2.0\n"}}}.build()});
  all.push_back(
      {"VersionOfThePackage", package_file_wrong, LyingArchive{{{"package.yaml", "name: settlement\nversion: 1.2.0/../..\n"}}}.build()});
  auto archive = package_with({{"signature.json", "{}"}});
  std::swap(archive.entries[1], archive.entries[2]);
  all.push_back({"SignatureBeforeOthers", signature_not_last, archive.build()});
  all.push_back({"SignatureThatIsNone", signature_unreadable, package_with({{"signature.json", "{}"}}).build()});
}

const std::vector<Hostile>& hostile_archives() {
  static const auto all = [] {
    std::vector<Hostile> made;
    add_whole_file(made);
    add_records(made);
    add_limits(made);
    add_names(made);
    add_content(made);
    return made;
  }();
  return all;
}

class HostileArchive : public ::testing::TestWithParam<std::size_t> {};

TEST_P(HostileArchive, IsRefusedWholeForItsReason) {
  const auto& hostile = hostile_archives()[GetParam()];
  TestFolder folder;
  base::SeededRandom random(1);
  const ArchiveInMemory bytes(hostile.bytes);
  UnpackRules rules;
  rules.read_name = read_test_name;
  rules.signature = SignatureRule::not_asked;
  rules.limits = hostile.limits;
  const auto unpacked = unpack_archive(bytes, folder / "here", rules, random);
  ASSERT_FALSE(unpacked.ok());
  const auto reason = archive_reason_of(unpacked.error());
  ASSERT_TRUE(reason) << unpacked.error().message().en;
  EXPECT_EQ(to_text(*reason), to_text(hostile.reason)) << unpacked.error().message().en;
  EXPECT_TRUE(folder.empty());
  // Both languages, nothing unreadable in them, whatever stood in the name.
  for (const auto* text : {&unpacked.error().message().zh, &unpacked.error().message().en, &unpacked.error().detail()}) {
    EXPECT_TRUE(base::is_utf8(*text));
    EXPECT_EQ(text->find_first_of(std::string("\n\r\x1B\x7F\0", 5)), std::string::npos) << *text;
    EXPECT_EQ(text->find("\u202E"), std::string::npos);
  }
  const auto checked = check_archive(bytes, rules);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().detail(), unpacked.error().detail());
}
std::string name_of_archive(const ::testing::TestParamInfo<std::size_t>& one) { return hostile_archives()[one.param].name; }
INSTANTIATE_TEST_SUITE_P(Generated, HostileArchive, ::testing::Range<std::size_t>(0, hostile_archives().size()), name_of_archive);

TEST(HostileArchives, EveryReasonOfTheReaderIsTried) {
  for (const auto& rule : archive_rules()) {
    if (rule.reason >= package_file_missing && rule.reason != package_file_wrong) break;
    EXPECT_TRUE(std::any_of(hostile_archives().begin(), hostile_archives().end(), [&](const Hostile& one) {
      return one.reason == rule.reason;
    })) << rule.word;
  }
  EXPECT_GE(hostile_archives().size(), 120U);
}

}  // namespace
}  // namespace quanji::flow
