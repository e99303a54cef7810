// The parts of an Office package (a ZIP archive), piece by piece and within limits. Nothing is ever unpacked to a disk.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::workbook {

struct ZipLimits {
  std::uint64_t entries = 10'000;
  std::uint64_t part_bytes = 2ULL << 30U;   // of one part, unpacked
  std::uint64_t total_bytes = 4ULL << 30U;  // of all parts that were read, unpacked
  // Unpacked to packed, of parts beyond `ratio_from` bytes. Sheets of equal rows reach 100 and more; deflate cannot pass 1032.
  std::uint64_t ratio = 400;
  std::uint64_t ratio_from = 64ULL << 20U;
};

// One thread; one part at a time. Part names are compared as packages do: without regard to case, the leading slash left out.
class ZipParts {
 public:
  struct Part {
    std::string name;
    std::uint64_t packed = 0, unpacked = 0;
    std::uint64_t position = 0, number = 0;  // in the directory of the archive
  };
  // invalid_field when this is no ZIP archive (an old .xls and a file protected by a password are told apart), holds a name twice, is
  // encrypted part by part or uses a method other than deflate; too_large beyond the limits.
  static base::Result<ZipParts> open(const std::string& path, const ZipLimits& limits);
  // The bytes outlive the parts. `file` is how it is called in sentences.
  static base::Result<ZipParts> of_bytes(std::string_view bytes, std::string file, const ZipLimits& limits);
  ~ZipParts();
  ZipParts(ZipParts&&) noexcept;
  ZipParts& operator=(ZipParts&&) noexcept;

  const std::string& file() const;
  const std::vector<Part>& parts() const;
  const Part* find(std::string_view name) const;
  // Gives the part's bytes in pieces until `take` says false. not_found when there is no such part; invalid_field when the archive is
  // damaged there; too_large beyond the limits.
  base::Status read(std::string_view name, const std::function<bool(std::string_view)>& take);
  // The whole part, at most `most` bytes of it (too_large).
  base::Result<std::string> whole(std::string_view name, std::uint64_t most);

  class Archive;
  Archive& archive() { return *archive_; }

 private:
  explicit ZipParts(std::unique_ptr<Archive> archive);
  std::unique_ptr<Archive> archive_;
};

// The sentence "file F: …" of a damaged or hostile workbook.
base::Error bad_workbook(const std::string& file, std::string_view zh, std::string_view en, std::string detail = {});
base::Error workbook_too_large(const std::string& file, std::string_view zh, std::string_view en);

}  // namespace quanji::workbook
