#include "flow/package_archive.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "flow/package_archive_names.h"
#include "flow/package_archive_testing.h"
#include "flow/package_archive_writer.h"

namespace quanji::flow {
namespace {

using namespace testing;
using enum ArchiveReason;

// ---- reading and unpacking ----

TEST(PackageArchive, AGoodOneBecomesAFolderWithOurModes) {
  auto archive = package_with({{"python/rules.py", "x = 1\n", 8}, {"resources/深/层/a.txt", many_words(), 8}, {"tests/empty.yaml", ""}});
  archive.entries[0].central = [](records::Central& c) { c.external = 0100777U << 16; };
  const auto bytes = archive.build();
  TestFolder folder;
  base::SeededRandom random(1);
  const auto done = unpack_archive(ArchiveInMemory(bytes), folder / "here/", unsigned_rules(), random);
  ASSERT_TRUE(done.ok()) << done.error().message().en << done.error().detail();
  EXPECT_EQ(done->name.name, "settlement");
  EXPECT_EQ(done->name.version, "1.2.0");
  EXPECT_EQ(done->files, 5U);
  EXPECT_FALSE(done->key_id);
  EXPECT_EQ(files_below(folder / "here"), *read_by_libarchive(bytes, Way::by_directory));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "here")) {
    const auto mode = static_cast<unsigned>(entry.status().permissions());
    EXPECT_EQ(mode, entry.is_directory() ? 0755U : 0644U) << entry.path();
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(PackageArchive, FilesAreForTheirOwnerOnlyWhenAsked) {
  TestFolder folder;
  base::SeededRandom random(1);
  auto rules = unsigned_rules();
  rules.file_mode = 0600;
  rules.folder_mode = 0700;
  ASSERT_TRUE(unpack_archive(ArchiveInMemory(package_with().build()), folder / "here", rules, random).ok());
  EXPECT_EQ(static_cast<unsigned>(std::filesystem::status(folder / "here/package.yaml").permissions()), 0600U);
  EXPECT_EQ(static_cast<unsigned>(std::filesystem::status(folder / "here").permissions()), 0700U);
  EXPECT_EQ(static_cast<unsigned>(std::filesystem::status(folder / "here/flows").permissions()), 0700U);
}

TEST(PackageArchive, WhatStandsThereIsNotTouched) {
  TestFolder folder;
  folder.write("here/mine", "mine");
  base::SeededRandom random(1);
  const auto bytes = package_with().build();
  const auto refused = unpack_archive(ArchiveInMemory(bytes), folder / "here", unsigned_rules(), random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::name_taken);
  EXPECT_EQ(files_below(folder.path()), (Files{{"here/mine", "mine"}}));
  ASSERT_EQ(::symlink("/nonexistent", (folder / "link").c_str()), 0);
  EXPECT_EQ(unpack_archive(ArchiveInMemory(bytes), folder / "link", unsigned_rules(), random).error().code(), base::Code::name_taken);
}

TEST(PackageArchive, TheLastFileIsBadAndNothingIsLeft) {
  std::vector<LyingEntry> more;
  for (int i = 100; i < 150; ++i) more.push_back({"resources/" + std::to_string(i) + "/a", "content"});
  more.push_back({"tests/last.yaml", "x"});
  more.back().both = [](records::Shared& s) { s.checksum ^= 1; };
  TestFolder folder;
  base::SeededRandom random(1);
  const auto refused = unpack_archive(ArchiveInMemory(package_with(more).build()), folder / "here", unsigned_rules(), random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(reason_word(refused.error()), "wrong_checksum");
  EXPECT_NE(refused.error().message().zh.find("“tests/last.yaml”校验和不符"), std::string::npos) << refused.error().message().zh;
  EXPECT_TRUE(folder.empty());
}

TEST(PackageArchive, AFullDiskLeavesNothing) {
  // A limit on the size of files stands in for a full disk: the write fails in the middle of the large file.
  TestFolder folder;
  base::SeededRandom random(1);
  const auto bytes = package_with({{"resources/large", noise(200'000, 3)}}).build();
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* old = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small {
    100'000, before.rlim_max
  };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = unpack_archive(ArchiveInMemory(bytes), folder / "here", unsigned_rules(), random);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::store_unavailable);
  EXPECT_TRUE(folder.empty());
}

TEST(PackageArchive, NoFolderToUnpackIntoIsSaid) {
  TestFolder folder;
  base::SeededRandom random(1);
  const auto refused = unpack_archive(ArchiveInMemory(package_with().build()), folder / "no/where", unsigned_rules(), random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::store_unavailable);
}

TEST(PackageArchive, ASignatureIsAskedForUnlessSaidOtherwise) {
  TestFolder folder;
  base::SeededRandom random(1);
  UnpackRules rules;
  rules.read_name = read_test_name;
  const auto refused = unpack_archive(ArchiveInMemory(package_with().build()), folder / "here", rules, random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(reason_word(refused.error()), "not_signed");
  EXPECT_TRUE(folder.empty());
}

TEST(PackageArchive, WhatPackageYamlIsRefusedForIsTheAnswer) {
  auto rules = unsigned_rules();
  rules.read_name = [](std::string_view) -> base::Result<PackageName> {
    return base::Error(base::Code::invalid_field, base::Text("第 3 行", "line 3"));
  };
  EXPECT_EQ(check_archive(ArchiveInMemory(package_with().build()), rules).error().message().en, "line 3");
}

TEST(PackageArchive, NamesAndVersionsBecomeFileNamesOnly) {
  const auto with = [](std::string name, std::string version) {
    return package_name_of("", [&](std::string_view) -> base::Result<PackageName> { return PackageName{name, version}; }).ok();
  };
  for (const auto* version : {"0.0.0", "1.2.0", "10.20.30", "1.2.0-rc.1", "1.2.0-2"}) EXPECT_TRUE(with("a-b_9", version)) << version;
  for (const auto* version : {"", "1", "1.2", "1.2.", "1.2.3.4", "1.2.x", "01.2.3", "1..3", "1.2.0-", "1.2.0-a/b", "1.2.0 ", "1.2.0-a.",
                              "1.2.1234567890", "-1.2.3", "1.2.3+5"})
    EXPECT_FALSE(with("a", version)) << version;
  for (const auto* name : {"", "-a", "A", "a.b", "a/b", "..", "清算", "a b"}) EXPECT_FALSE(with(name, "1.2.0")) << name;
  EXPECT_FALSE(with(std::string(64, 'a'), "1.2.0"));
  EXPECT_TRUE(with(std::string(63, 'a'), "1.2.0"));
}

TEST(PackageArchive, AZipInsideIsAFileAndStaysOne) {
  const auto inner = package_with({{"resources/bomb", std::string(10'000, '\0')}}).build();
  const auto bytes = package_with({{"resources/template.xlsx", inner}, {"tests/last.yaml", "x"}}).build();
  const auto files = read_by_ours(bytes);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at("resources/template.xlsx"), inner);
}

TEST(PackageArchive, TheLimitsThemselvesAreAllowed) {
  LyingArchive many{{{"package.yaml", good_package_yaml}}};
  for (int i = 0; i < 9'999; ++i) many.entries.push_back({"resources/" + std::to_string(100'000 + i), ""});
  EXPECT_TRUE(read_by_ours(many.build()));
  EXPECT_TRUE(read_by_ours(package_with({{"resources/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "x"}}).build()));
  EXPECT_TRUE(read_by_ours(package_with({{"resources/" + std::string(255, 'a'), "x"}}).build()));
  const std::string zeros(5'000, '\0');
  PackageLimits limits;
  limits.ratio = zeros.size() / deflated(zeros).size() + 1;
  const auto bytes = package_with({{"resources/a", zeros, 8}}).build();
  EXPECT_TRUE(read_by_ours(bytes, limits));
  limits.ratio -= 2;
  EXPECT_FALSE(read_by_ours(bytes, limits));
  limits = {};
  limits.packed = bytes.size();
  limits.ratio = 1000;
  EXPECT_TRUE(read_by_ours(bytes, limits));
}

TEST(PackageArchive, NamesOfTheTradeAreAllowed) {
  for (const auto* path :
       {"resources/清算核对（2026年）.xlsx", "resources/委托—成交.txt", "resources/ひらがな", "resources/한글.txt",
        "resources/Übersicht.pdf", "resources/a b.txt", "resources/.hidden", "resources/a'b&c#d%e@f!g$h(i)[j]{k}~l`m^n,o;p=q+r_s",
        "resources/com10", "resources/console", "resources/😀.png", "resources/𠮷野家.txt"})
    EXPECT_FALSE(check_text_of_path(path, 16)) << path << " " << to_text(*check_text_of_path(path, 16));
}

TEST(PackageArchive, CapitalsAreFoldedAsUnicodeSays) {
  for (const auto& [a, b] : std::initializer_list<std::pair<std::string_view, std::string_view>>{{"ABCxyz/ÄÖÜ", "abcxyz/äöü"},
                                                                                                 {"ΣΑΣ", "σας"},
                                                                                                 {"ЖЯ", "жя"},
                                                                                                 {"ǅ", "ǆ"},
                                                                                                 {"ŉ", "ʼn"},
                                                                                                 {"Ā", "ā"},
                                                                                                 {"Ǣ", "ǣ"},
                                                                                                 {"ﬃ", "ffi"},
                                                                                                 {"Ⴀ", "ⴀ"},
                                                                                                 {"𐐀", "𐐨"}})
    EXPECT_EQ(folded_path(a), folded_path(b)) << a;
  EXPECT_EQ(folded_path("清算ａé"), "清算ａé");
  EXPECT_EQ(folded_path("Ａ"), "ａ");
}

TEST(PackageArchive, AnyBeginningOfAnArchiveIsRefused) {
  const auto good = package_with({{"resources/a", many_words().substr(0, 300), 8}}).build();
  for (std::size_t size = 0; size < good.size(); ++size) ASSERT_FALSE(read_by_ours(good.substr(0, size))) << size;
  for (std::size_t from = 1; from < good.size(); ++from) ASSERT_FALSE(read_by_ours(good.substr(from))) << from;
}

// The promise of the form: what one of ours accepts means the same to every reader. Strangers read by the directory or by the stream.
void check_against_libarchive(const std::string& bytes, int* accepted = nullptr) {
  const auto ours = read_by_ours(bytes);
  if (!ours) return;
  if (accepted) ++*accepted;
  const auto by_directory = read_by_libarchive(bytes, Way::by_directory), by_stream = read_by_libarchive(bytes, Way::by_stream);
  ASSERT_TRUE(by_directory && by_stream);
  ASSERT_EQ(*ours, *by_directory);
  ASSERT_EQ(*ours, *by_stream);
}

TEST(PackageArchive, OneChangedByteIsRefusedOrMeansTheSameToAll) {
  const auto good = package_with({{"resources/a", many_words().substr(0, 500), 8}, {"resources/表", "stored"}}).build();
  const auto meant = *read_by_ours(good);
  int accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int bit : {1, 2, 4, 8, 16, 32, 64, 128}) {
      auto changed = good;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      const auto files = read_by_ours(changed);
      if (!files) continue;
      ++accepted;
      // Attributes and the maker of an entry are what may be changed, and are not used.
      ASSERT_EQ(*files, meant) << at;
      check_against_libarchive(changed);
    }
  EXPECT_LT(accepted, 200);
}

std::uint64_t seed_of_this_run() {
  const auto* text = std::getenv("QUANJI_SEED");
  const std::uint64_t seed = text ? std::strtoull(text, nullptr, 10) : 20261128;
  std::printf("seed=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}
int rounds_of_this_run(int usual) { return std::getenv("QUANJI_LONG") ? 1'000'000 : usual; }

TEST(PackageArchive, WhateverIsAcceptedMeansTheSameToAll) {
  base::SeededRandom random(seed_of_this_run());
  const auto a = package_with({{"resources/a", "some content some content", 8}, {"resources/b", "stored"}}).build();
  const auto b = package_with({{"python/a.py", ""}, {"tests/清.yaml", "PK\x05\x06PK\x03\x04PK\x01\x02"}}).build();
  int accepted = 0;
  for (int i = 0; i < rounds_of_this_run(20'000); ++i) {
    auto bytes = random.below(2) == 0 ? a : b;
    for (auto changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
      const auto at = random.below(bytes.size());
      switch (random.below(5)) {
        case 0:
          bytes[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ 1U << random.below(8));
          break;
        case 2:
          bytes.erase(at, random.below(8));
          break;
        case 3:
          bytes.insert(at, bytes.substr(random.below(bytes.size()), random.below(64)));
          break;
        default:
          bytes.replace(at, std::min<std::size_t>(4, bytes.size() - at), a.substr(random.below(a.size() - 4), 4));
      }
    }
    check_against_libarchive(bytes, &accepted);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(accepted, 20);
}

// Archives made by chance, most of them with a lie or two in their records, which a change of bytes would hardly make.
LyingArchive by_chance(base::Random& random) {
  static const std::vector<std::string> places = {"flows/b", "python/a", "python/m/b", "resources/a", "resources/清", "tests/a"};
  std::vector<LyingEntry> more;
  for (const auto& place : places) {
    if (random.below(2) == 0) continue;
    std::string content;
    for (auto size = random.below(40); size > 0; --size) content += "PK\x01\x02\x03\x04\x05\x06 "[random.below(9)];
    LyingEntry entry{place, content};
    // Deflated, but not larger than the form allows.
    if (random.below(2) == 0) entry.method = 8;
    more.push_back(std::move(entry));
  }
  auto archive = package_with(std::move(more));
  for (auto lies = random.below(3); lies > 0; --lies) {
    auto& entry = archive.entries[random.below(archive.entries.size())];
    const auto chance = static_cast<std::uint32_t>(random.next());
    const auto small = static_cast<std::uint16_t>(random.below(4));
    switch (random.below(12)) {
      case 0:
        entry.central = [chance](records::Central& c) { c.made_by = static_cast<std::uint16_t>(chance); };
        break;
      case 1:
        entry.central = [chance](records::Central& c) { c.external = chance; };
        break;
      case 2:
        entry.central = [chance](records::Central& c) { c.internal = static_cast<std::uint16_t>(chance); };
        break;
      case 3:
        entry.both = [chance](records::Shared& s) { s.time = s.date = static_cast<std::uint16_t>(chance); };
        break;
      case 4:
        entry.both = [chance](records::Shared& s) { s.needed = static_cast<std::uint16_t>(chance % 70); };
        break;
      case 5:
        entry.both = [chance](records::Shared& s) { s.flags = static_cast<std::uint16_t>(chance & 0x0F0F); };
        break;
      case 6:
        entry.central = [small](records::Central& c) { c.offset += small; };
        break;
      case 7:
        entry.both = [small](records::Shared& s) { s.size += small; };
        break;
      case 8:
        entry.both = [small](records::Shared& s) { s.packed += small; };
        break;
      case 9:
        entry.central_extra = std::string(small, 'x');
        entry.local_extra = std::string(random.below(4), 'x');
        break;
      case 10:
        entry.central = [small](records::Central& c) { c.external = (0100000U | small << 9U) << 16U; };
        break;
      default:
        entry.local = [small](records::Shared& s) { s.name_size = static_cast<std::uint16_t>(s.name_size - small); };
    }
  }
  return archive;
}

TEST(PackageArchive, WhateverIsMadeByChanceMeansTheSameToAllOrIsRefused) {
  base::SeededRandom random(seed_of_this_run());
  int accepted = 0;
  const int rounds = rounds_of_this_run(10'000);
  for (int i = 0; i < rounds; ++i) {
    check_against_libarchive(by_chance(random).build(), &accepted);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(accepted, rounds / 10);
  EXPECT_LT(accepted, rounds * 9 / 10);
}

TEST(ArchiveRules, EveryRowIsWhole) {
  std::size_t number = 0;
  std::vector<std::string_view> words;
  for (const auto& rule : archive_rules()) {
    EXPECT_EQ(static_cast<std::size_t>(rule.reason), number++);
    EXPECT_EQ(to_text(rule.reason), rule.word);
    for (const auto text : {rule.rule.zh, rule.rule.en, rule.mend.zh, rule.mend.en}) EXPECT_FALSE(text.empty()) << rule.word;
    words.push_back(rule.word);
    EXPECT_NE(archive_rules_page().find("| `" + std::string(rule.word) + "` |"), std::string::npos);
    EXPECT_EQ(archive_reason_of(refuse_archive(rule.reason, "a: b")), rule.reason);
  }
  EXPECT_EQ(number, static_cast<std::size_t>(file_changed) + 1);
  std::sort(words.begin(), words.end());
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
  EXPECT_FALSE(archive_reason_of(base::Error(base::Code::package_refused, "something else")));
  EXPECT_FALSE(archive_reason_of(base::Error(base::Code::store_unavailable, "overlap: a")));
}

}  // namespace
}  // namespace quanji::flow
