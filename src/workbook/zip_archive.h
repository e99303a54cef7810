// What zip_parts.cpp and zip_copy.cpp share of minizip.
#pragma once
#include <unzip.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "workbook/zip_parts.h"

namespace quanji::workbook {

// Where the archive's bytes are: a file or memory.
struct ZipBytes {
  base::Descriptor fd;
  std::string_view memory;
  std::uint64_t size = 0;
};
struct ZipPlace {
  const ZipBytes* bytes = nullptr;
  std::uint64_t at = 0;
};

class ZipParts::Archive {
 public:
  Archive() = default;
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  base::Status begin(const ZipLimits& limits);
  // Makes the part the current one.
  base::Status go_to(const Part& part);
  base::Error damaged(std::string_view part) const;

  std::string file;
  ZipBytes bytes;
  unzFile zip = nullptr;
  ZipLimits limits;
  std::uint64_t read_bytes = 0;
  std::vector<Part> parts;
  std::unordered_map<std::string, std::size_t> by_name;  // in lower case
};

}  // namespace quanji::workbook
