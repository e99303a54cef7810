// Hostile archives: how one is made, and those whose records lie. Those beyond limits, with bad names or content: the test itself.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "flow/package_archive.h"
#include "flow/package_archive_testing.h"

namespace quanji::flow::testing {

using records::Central;
using records::Ending;
using records::Shared;
using enum ArchiveReason;

struct Hostile {
  std::string name;
  ArchiveReason reason;
  std::string bytes;
  PackageLimits limits = {};
};

inline std::string put(std::initializer_list<std::uint32_t> fours) {
  std::string out;
  for (const auto value : fours) records::put_four(out, value);
  return out;
}
inline std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}
inline LyingEntry with_mode(std::string path, std::uint32_t mode, std::string content = "x") {
  LyingEntry entry{std::move(path), std::move(content)};
  entry.central = [mode](Central& c) { c.external = mode << 16; };
  return entry;
}
inline LyingEntry with_flag(std::uint16_t flag) {
  LyingEntry entry{"resources/a", "x"};
  entry.both = [flag](Shared& s) { s.flags = static_cast<std::uint16_t>(s.flags | flag); };
  return entry;
}
inline LyingEntry local_says(std::function<void(Shared&)> change) {
  LyingEntry entry{"resources/a", "some content", 8};
  entry.local = std::move(change);
  return entry;
}
inline std::string ending_with(std::function<void(Ending&)> change) {
  auto archive = package_with();
  archive.ending = std::move(change);
  return archive.build();
}
inline std::string named(std::string path) { return package_with({{std::move(path), "x"}}).build(); }

inline void add_whole_file(std::vector<Hostile>& all) {
  const auto good = package_with({{"resources/a", repeated("content ", 50), 8}}).build();
  all.push_back({"Nothing", not_a_zip, ""});
  all.push_back({"TwentyOneBytes", not_a_zip, std::string(21, 'P')});
  all.push_back({"AnotherFormat", not_a_zip, "7z\xBC\xAF\x27\x1C" + std::string(100, 'x')});
  all.push_back({"OnlyAnEnding", package_file_missing, LyingArchive{}.build()});
  all.push_back({"CutInTheMiddle", cut_short, good.substr(0, good.size() / 2)});
  all.push_back({"LastByteMissing", cut_short, good.substr(0, good.size() - 1)});
  PackageLimits small;
  small.packed = good.size() - 1;
  all.push_back({"LargerThanAllowed", packed_too_large, good, small});
  auto archive = package_with();
  archive.before = "#!/bin/sh\nexec evil\n";
  all.push_back({"ProgramBeforeWithOffsetsMended", data_before, archive.build()});
  all.push_back({"ProgramBeforeWithOffsetsAsTheyWere", data_before, "#!/bin/sh\nexec evil\n" + good});
  all.push_back({"AnotherArchiveBefore", hidden_data, good + good});
  archive = package_with();
  archive.after = "x";
  all.push_back({"OneByteBehind", data_after, archive.build()});
  archive.after = std::string(70'000, '\0');
  all.push_back({"ManyBytesBehind", cut_short, archive.build()});
  archive = package_with();
  archive.comment = "a comment";
  all.push_back({"Comment", archive_comment, archive.build()});
  // The comment is an archive of its own, whose ending is found first from behind.
  archive.comment = package_with({{"resources/evil", "x"}}).build();
  all.push_back({"ArchiveInTheComment", second_ending, archive.build()});
  archive.comment = "PK\x05\x06" + std::string(18, '\0');
  all.push_back({"EndingInTheComment", second_ending, archive.build()});
  // A stored file that ends in an ending whose comment covers the real directory.
  archive = package_with();
  const auto tail = [&](std::uint16_t size) {
    std::string fake = "PK\x05\x06";
    Ending ending;
    ending.comment_size = size;
    ending.put(fake);
    archive.entries.push_back({"resources/x", fake});
    const auto bytes = archive.build();
    archive.entries.pop_back();
    return bytes;
  };
  const auto probe = tail(0);
  all.push_back({"EndingInAStoredFile", second_ending, tail(static_cast<std::uint16_t>(probe.size() - probe.find("PK\x05\x06") - 22))});
  all.push_back({"OnDiskTwo", several_disks, ending_with([](Ending& e) { e.disk = 1; })});
  all.push_back({"DirectoryOnDiskTwo", several_disks, ending_with([](Ending& e) { e.directory_disk = 1; })});
  all.push_back({"FewerEntriesHereThanInAll", several_disks, ending_with([](Ending& e) { e.entries_here = 1; })});
  all.push_back({"Zip64Count", zip64, ending_with([](Ending& e) { e.entries = e.entries_here = 0xFFFF; })});
  all.push_back({"Zip64Offset", zip64, ending_with([](Ending& e) { e.directory_offset = 0xFFFFFFFF; })});
  archive = package_with();
  archive.behind_directory = put({records::zip64_locator_mark, 0, 0, 0, 1});
  all.push_back({"Zip64Locator", zip64, archive.build()});
  all.push_back({"DirectoryBehindTheEnd", broken_directory, ending_with([](Ending& e) { e.directory_offset += 1000; })});
  all.push_back({"DirectoryLargerThanTheFile", broken_directory, ending_with([](Ending& e) { e.directory_size = 0x7FFFFFFF; })});
  all.push_back({"DirectoryOneByteEarlier", hidden_data, ending_with([](Ending& e) { e.directory_offset -= 1; })});
  all.push_back({"CountTooSmall", hidden_data, ending_with([](Ending& e) { e.entries = e.entries_here = 1; })});
  all.push_back({"CountTooLarge", broken_directory, ending_with([](Ending& e) { e.entries = e.entries_here = 3; })});
  all.push_back({"CountZero", broken_directory, ending_with([](Ending& e) { e.entries = e.entries_here = 0; })});
  archive = package_with();
  archive.before_directory = "hidden";
  all.push_back({"BytesBeforeTheDirectory", hidden_data, archive.build()});
  archive = package_with();
  archive.behind_directory = "hidden";
  all.push_back({"BytesBehindTheDirectory", hidden_data, archive.build()});
  archive = package_with();
  archive.behind_directory = "hidden";
  archive.ending = [](Ending& e) { e.directory_size += 6; };
  all.push_back({"BytesInTheDirectory", hidden_data, archive.build()});
  archive = package_with();
  archive.entries[1].before = "hidden";
  all.push_back({"BytesBetweenEntries", hidden_data, archive.build()});
  archive = package_with({{"resources/a", "x"}});
  archive.entries[2].in_directory = false;
  all.push_back({"EntryOnlyAStreamSees", hidden_data, archive.build()});
  archive = package_with({{"resources/a", "x"}});
  archive.entries[2].central = [](Central& c) { c.shared.name_size = 60'000; };
  all.push_back({"NameBehindTheDirectory", broken_directory, archive.build()});
}

inline void add_records(std::vector<Hostile>& all) {
  const auto one = [&](std::string name, ArchiveReason reason, LyingEntry entry) {
    all.push_back({std::move(name), reason, package_with({std::move(entry)}).build()});
  };
  // Two entries that share their bytes: the bomb that needs no nesting.
  auto archive = package_with({{"resources/a", repeated("0", 1000), 8}, {"resources/b", repeated("0", 1000), 8}});
  archive.entries[3].central = [](Central& c) { c.offset -= 50; };
  all.push_back({"OverlappingEntries", overlap, archive.build()});
  archive.entries[3].central = [&](Central& c) { c.offset = 0; };
  all.push_back({"TwoEntriesOneHeader", overlap, archive.build()});
  one("DataIntoTheDirectory", overlap, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.size = s.packed = 40; };
    return entry;
  }());
  one("LocalNameIsAnother", headers_disagree, [] {
    LyingEntry entry{"resources/harmless", "x"};
    entry.local_path = "../../../evil12345";
    return entry;
  }());
  one("LocalNameIsLonger", hidden_data, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.local_path = "resources/a/../../../evil";
    return entry;
  }());
  one("LocalMethod", headers_disagree, local_says([](Shared& s) { s.method = 0; }));
  one("LocalSize", headers_disagree, local_says([](Shared& s) { s.size = 5; }));
  one("LocalPackedSize", headers_disagree, local_says([](Shared& s) { s.packed -= 1; }));
  one("LocalChecksum", headers_disagree, local_says([](Shared& s) { s.checksum ^= 1; }));
  one("LocalFlags", headers_disagree, local_says([](Shared& s) { s.flags = 0; }));
  one("LocalEncryption", headers_disagree, local_says([](Shared& s) { s.flags |= 1; }));
  one("LocalDescriptor", headers_disagree, local_says([](Shared& s) { s.flags |= 8; }));
  one("LocalTime", headers_disagree, local_says([](Shared& s) { s.time = 1; }));
  one("LocalDate", headers_disagree, local_says([](Shared& s) { s.date = 40; }));
  one("LocalVersion", headers_disagree, local_says([](Shared& s) { s.needed = 10; }));
  archive = package_with({{"resources/a", "x"}});
  auto bytes = archive.build();
  bytes[bytes.find("PK\x03\x04", 4)] = 'Q';
  all.push_back({"NoLocalHeader", headers_disagree, bytes});
  one("Encrypted", encrypted, with_flag(1));
  one("StronglyEncrypted", encrypted, with_flag(1U << 6));
  one("MaskedHeaders", encrypted, with_flag(1U << 13));
  one("EncryptedByAes", encrypted, {"resources/a", "x", 99});
  one("DataDescriptor", data_descriptor, [] {
    auto entry = with_flag(8);
    entry.behind = put({0x08074B50, checksum("x"), 1, 1});
    return entry;
  }());
  one("PatchedData", unknown_flags, with_flag(1U << 5));
  one("UnusedFlag", unknown_flags, with_flag(1U << 7));
  one("ReservedFlag", unknown_flags, with_flag(1U << 15));
  one("Deflate64", unknown_method, {"resources/a", "x", 9});
  one("Lzma", unknown_method, {"resources/a", "x", 14});
  one("Zstandard", unknown_method, {"resources/a", "x", 93});
  one("NeedsZip64", zip64, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.needed = 45; };
    return entry;
  }());
  one("NeedsTheFuture", unknown_method, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.needed = 63; };
    return entry;
  }());
  one("SizeInZip64Field", zip64, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.size = 0xFFFFFFFF; };
    entry.central_extra = entry.local_extra = put({0x00080001, 1, 0});
    return entry;
  }());
  one("SizeOfAllOnes", zip64, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.both = [](Shared& s) { s.size = s.packed = 0xFFFFFFFF; };
    return entry;
  }());
  one("OffsetOfAllOnes", zip64, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central = [](Central& c) { c.offset = 0xFFFFFFFF; };
    return entry;
  }());
  one("SecondNameInUnicodeField", extra_field, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central_extra = entry.local_extra = std::string("\x75\x70\x09\x00\x01", 5) + put({checksum("resources/a")}) + "evil";
    return entry;
  }());
  one("LinkTargetInUnixField", extra_field, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central_extra = entry.local_extra = std::string("\x0D\x00\x16\x00", 4) + put({0, 0, 0}) + "/etc/passwd";
    return entry;
  }());
  one("ExtraFieldInTheLocalHeaderOnly", hidden_data, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.local_extra = std::string("\x55\x54\x05\x00\x01", 5) + put({0});
    return entry;
  }());
  one("ExtraFieldInTheLocalHeaderThatPassesForData", headers_disagree, [] {
    LyingEntry entry{"resources/a", "some content", 8};
    entry.local_extra = std::string("\x55\x54\x05\x00\x01", 5) + put({0});
    entry.central = [](Central& c) { c.shared.packed += 9; };
    return entry;
  }());
  one("ExtraFieldOfOneByte", extra_field, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central_extra = entry.local_extra = "x";
    return entry;
  }());
  one("CommentOfAnEntry", entry_comment, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.comment = "PK\x05\x06";
    return entry;
  }());
  one("EntryOnDiskTwo", several_disks, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central = [](Central& c) { c.disk = 1; };
    return entry;
  }());
  one("Folder", folder_entry, {"resources/a/", ""});
  one("FolderByItsMode", folder_entry, with_mode("resources/a", 0040755));
  one("FolderByItsAttribute", folder_entry, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central = [](Central& c) { c.external = 0x10; };
    return entry;
  }());
  one("SymbolicLink", special_file, with_mode("resources/a", 0120777, "/etc/passwd"));
  one("SymbolicLinkOfAnotherSystem", special_file, [] {
    LyingEntry entry{"resources/a", "/etc/passwd"};
    entry.central = [](Central& c) {
      c.made_by = 0;  // MS-DOS has none; some readers look at the mode all the same
      c.external = 0120777U << 16;
    };
    return entry;
  }());
  one("BlockDevice", special_file, with_mode("resources/a", 0060666));
  one("CharacterDevice", special_file, with_mode("resources/a", 0020666));
  one("Pipe", special_file, with_mode("resources/a", 0010644));
  one("Socket", special_file, with_mode("resources/a", 0140644));
  one("ReparsePoint", special_file, [] {
    LyingEntry entry{"resources/a", "x"};
    entry.central = [](Central& c) { c.external = 0x400; };
    return entry;
  }());
  one("SetUserId", set_id_bits, with_mode("resources/a", 0104755));
  one("SetGroupId", set_id_bits, with_mode("resources/a", 0102755));
  one("Sticky", set_id_bits, with_mode("resources/a", 0101644));
  one("Utf8NameUnsaid", encoding_unsaid, [] {
    LyingEntry entry{"resources/清算", "x"};
    entry.both = [](Shared& s) { s.flags = 0; };
    return entry;
  }());
  archive = package_with();
  std::swap(archive.entries[0], archive.entries[1]);
  all.push_back({"OtherOrder", wrong_order, archive.build()});
}

}  // namespace quanji::flow::testing
