// Writes a package archive in the one form that is read (package_archive.h): what pack_folder and sign_archive share.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/package_archive.h"

namespace quanji::flow {

// Writes beside `path` and puts it there with finish(); without it nothing is left. Entries come in their order. One thread.
class ArchiveWriter {
 public:
  static base::Result<ArchiveWriter> create(const std::string& path, base::Random& random);
  ArchiveWriter(ArchiveWriter&& other) noexcept;
  ArchiveWriter& operator=(ArchiveWriter&&) = delete;
  ~ArchiveWriter();

  // The content of an open file of `size` bytes, deflated when that is smaller and within the ratio of the limits, else stored; read twice
  // then, and changed_meanwhile when it differs.
  base::Status add_file(std::string_view path, int fd, std::uint64_t size, const PackageLimits& limits);
  base::Status add_text(std::string_view path, std::string_view content, const PackageLimits& limits);
  // As it stands in the other archive.
  base::Status add_packed(const PackageArchive& archive, const ArchiveEntry& entry);
  // Directory and end record; on the disk, read again by PackageArchive::open (what it refuses is refused here), then at its place.
  // Code::name_taken. Answers the size.
  base::Result<std::uint64_t> finish(Existing existing, const PackageLimits& limits);

 private:
  // Gives up to `piece_size` bytes of a content at an offset.
  using Source = std::function<base::Result<std::size_t>(std::uint64_t offset, std::span<std::uint8_t> into)>;
  ArchiveWriter(std::string path, std::string draft, base::Descriptor fd)
      : path_(std::move(path)), draft_(std::move(draft)), fd_(std::move(fd)) {}
  base::Status add(std::string_view path, const Source& source, std::uint64_t size, const PackageLimits& limits);
  base::Status deflate_from(const Source& source, ArchiveEntry& entry);
  base::Status store_from(const Source& source, ArchiveEntry& entry);
  base::Status begin(ArchiveEntry& entry);
  base::Status end(const ArchiveEntry& entry);
  base::Status write(std::span<const std::uint8_t> bytes);
  base::Status write_at(std::uint64_t offset, std::string_view bytes);
  base::Error disk_refused(std::string_view act) const;

  std::string path_, draft_;
  base::Descriptor fd_;
  std::uint64_t at_ = 0;
  std::uint32_t entries_ = 0;
  std::string directory_;
};

}  // namespace quanji::flow
