// The rules a package archive keeps, as data: a word for programs, the rule and the way out for people.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::flow {

// What stands at the top of a package, and nothing else.
inline constexpr std::string_view package_file = "package.yaml", signature_file = "signature.json";
inline constexpr std::array<std::string_view, 4> package_folders = {"flows", "python", "resources", "tests"};

struct PackageLimits {
  std::uint64_t packed = 200ULL << 20;      // bytes of the archive
  std::uint64_t unpacked = 1024ULL << 20;   // bytes of all files together
  std::uint64_t files = 10'000;             // without folders: an archive holds none
  std::size_t depth = 16;                   // parts of a path
  std::uint64_t ratio = 100;                // unpacked to packed, for each file and so for the whole
  std::uint64_t package_file = 1 << 20;     // bytes of package.yaml
  std::uint64_t signature_file = 16 << 20;  // bytes of signature.json
};

enum class ArchiveReason : std::uint8_t {
  // the file as a whole
  not_a_zip,
  cut_short,
  packed_too_large,
  data_before,
  data_after,
  archive_comment,
  second_ending,
  several_disks,
  zip64,
  broken_directory,
  hidden_data,
  overlap,
  // one entry's records
  headers_disagree,
  unknown_flags,
  encrypted,
  data_descriptor,
  unknown_method,
  extra_field,
  entry_comment,
  folder_entry,
  special_file,
  set_id_bits,
  encoding_unsaid,
  wrong_order,
  // limits
  too_many_files,
  unpacked_too_large,
  ratio,
  too_deep,
  file_too_large,
  // names
  empty_part,
  dot_part,
  absolute_path,
  drive_letter,
  backslash,
  control_character,
  forbidden_character,
  invisible_character,
  not_utf8,
  not_composed,
  outer_dot_or_space,
  device_name,
  name_too_long,
  same_name,
  same_name_folded,
  file_and_folder,
  wrong_place,
  // content
  broken_data,
  wrong_size,
  wrong_checksum,
  package_file_missing,
  package_file_wrong,
  signature_not_last,
  changed_meanwhile,
  // signature
  not_signed,
  signature_unreadable,
  unknown_key,
  wrong_algorithm,
  wrong_signature,
  file_not_signed,
  file_missing,
  file_changed,
};

struct ArchiveRule {
  ArchiveReason reason;
  std::string_view word;  // as the enumerator; part of the contract
  base::Sentence rule;    // what was found
  base::Sentence mend;    // what to do
};
// One row a reason, in the order of the enumerators.
std::span<const ArchiveRule> archive_rules();
std::string_view to_text(ArchiveReason reason);

// Code::package_refused; the sentence names the entry (made printable), the rule, `more` (what was found instead) and the way out; the
// detail is "word: entry". An empty entry: the archive as a whole.
base::Error refuse_archive(ArchiveReason reason, std::string_view entry = {}, const base::Text& more = {});
// Why an archive was refused; nothing when the failure is another one (the disk, a key file …).
std::optional<ArchiveReason> archive_reason_of(const base::Error& error);
// The rules as a Markdown table, both languages.
std::string archive_rules_page();

}  // namespace quanji::flow
