// A package archive (`name-1.2.0.rpa.zip`): a narrow kind of zip in which every byte belongs to one entry, one record or the ending, so
// that all readers see the same files. Opened, unpacked and packed here; signed and verified in package_signature.h.
//
// The form. Local header and data of each entry one after the other from offset 0; the central directory in the same order right behind the
// last; its end record (22 bytes, no comment) is the end of the file. Entries stand in the byte order of their paths, signature.json last.
// Stored or deflated; no extra fields, comments, data descriptors, zip64, encryption, entries for folders. Both headers of an entry agree
// in every field. The rules one by one: package_archive_rules.h. The format: APPNOTE.TXT 6.3.3, sections 4.3 and 4.4. Reads foreign bytes:
// fuzz/package_archive.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "flow/package_archive_rules.h"

namespace quanji::flow {

// Where an archive's bytes come from. Any thread.
class ArchiveBytes {
 public:
  virtual ~ArchiveBytes() = default;
  virtual std::uint64_t size() const = 0;
  // All of `into`, or a failure (Code::store_unavailable; changed_meanwhile when the file has become shorter).
  virtual base::Status read(std::uint64_t offset, std::span<std::uint8_t> into) const = 0;
};
// A plain file, read by pread. Code::not_found or not_permitted when it cannot be opened.
class ArchiveFile final : public ArchiveBytes {
 public:
  static base::Result<ArchiveFile> open(const std::string& path);
  std::uint64_t size() const override { return size_; }
  base::Status read(std::uint64_t offset, std::span<std::uint8_t> into) const override;

 private:
  ArchiveFile(base::Descriptor fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  base::Descriptor fd_;
  std::uint64_t size_;
};
// Bytes that live as long as this.
class ArchiveInMemory final : public ArchiveBytes {
 public:
  explicit ArchiveInMemory(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  base::Status read(std::uint64_t offset, std::span<std::uint8_t> into) const override;

 private:
  std::string_view bytes_;
};

struct ArchiveEntry {
  enum class Method : std::uint16_t { stored = 0, deflated = 8 };
  std::string path;
  Method method = Method::stored;
  std::uint32_t checksum = 0;  // CRC-32 of the content
  std::uint64_t size = 0, packed = 0;
  std::uint64_t data = 0;  // offset of the packed content
};

// An archive whose records are all good; contents are checked while they are read. Immutable; any thread; `bytes` outlives it.
class PackageArchive {
 public:
  // Reads every record, no content. The first broken rule is the answer (archive_reason_of).
  static base::Result<PackageArchive> open(const ArchiveBytes& bytes, const PackageLimits& limits = {});

  const std::vector<ArchiveEntry>& entries() const { return entries_; }  // at least package.yaml
  const ArchiveEntry* find(std::string_view path) const;
  std::uint64_t unpacked_size() const;

  // The content in pieces of at most 64 KiB; never more than the entry's size. Its size and checksum are known good only when this returns
  // success. A failure of `take` ends it and is the answer.
  using Take = std::function<base::Status(std::span<const std::uint8_t>)>;
  base::Status read(const ArchiveEntry& entry, const Take& take) const;
  base::Result<std::string> read_whole(const ArchiveEntry& entry, std::uint64_t limit) const;
  // The packed form as it stands in the archive, unchecked: for writing it into another archive.
  base::Status read_packed(const ArchiveEntry& entry, const Take& take) const;

 private:
  PackageArchive(const ArchiveBytes& bytes, std::vector<ArchiveEntry> entries) : bytes_(&bytes), entries_(std::move(entries)) {}
  const ArchiveBytes* bytes_;
  std::vector<ArchiveEntry> entries_;
};

// ---- what package.yaml says ----
struct PackageName {
  std::string name, version;
};
// Name and version from the bytes of package.yaml. They become file names: whatever this answers is held to name ([a-z0-9][a-z0-9_-]{0,62})
// and version (digits.digits.digits, perhaps -words) again.
using ReadPackageName = std::function<base::Result<PackageName>(std::string_view package_yaml)>;
base::Result<PackageName> package_name_of(std::string_view package_yaml, const ReadPackageName& read);
base::Result<PackageName> package_name_of(const PackageArchive& archive, const ReadPackageName& read, const PackageLimits& limits = {});
std::string archive_file_name(const PackageName& name);  // name-1.2.0.rpa.zip

// ---- unpack ----
enum class SignatureRule : std::uint8_t {
  required,   // one of `keys` signed exactly these files
  not_asked,  // a signature that is there must still list exactly these files as they are; who made it is not looked at
};
struct UnpackRules {
  ReadPackageName read_name;
  SignatureRule signature = SignatureRule::required;
  std::span<const base::PublicKey> keys;
  PackageLimits limits;
  unsigned file_mode = 0644, folder_mode = 0755;
};
struct PackageContent {
  PackageName name;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<std::string> key_id;  // who signed; nothing when not signed or not asked
};
// Reads and checks all of it, writes nothing. What this accepts, unpacking accepts.
base::Result<PackageContent> check_archive(const ArchiveBytes& bytes, const UnpackRules& rules);
// Makes the folder `target` from the archive, or nothing: Code::name_taken when something stands there. The files are written below
// `<target's folder>/.unpacking-<16 hex>`, checked while they are written, on the disk when that is renamed to `target`. What a crash
// leaves has such a name and can be removed when nobody unpacks.
base::Result<PackageContent> unpack_archive(const ArchiveBytes& bytes, const std::string& target, const UnpackRules& rules,
                                            base::Random& random);

// ---- pack ----
enum class Existing : std::uint8_t { keep, replace };
struct PackRules {
  ReadPackageName read_name;
  PackageLimits limits;
  Existing existing = Existing::keep;
};
// What packing leaves out, wherever it stands, as shell patterns; of the top also `signature.json` (sign anew) and `*.rpa.zip`.
std::span<const std::string_view> left_out_of_packages();
struct PackedPackage {
  std::string path;  // of the archive
  PackageName name;
  std::size_t files = 0;
  std::uint64_t bytes = 0, packed = 0;
};
// Writes the archive of a folder to `<into>/name-1.2.0.rpa.zip`. The same files give the same bytes (with the same zlib):
// fixed times, no modes. Refuses what unpacking would refuse and names the file. All or nothing, on the disk when it returns.
base::Result<PackedPackage> pack_folder(const std::string& folder, const std::string& into, const PackRules& rules, base::Random& random);

}  // namespace quanji::flow
