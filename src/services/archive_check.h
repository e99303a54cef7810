// Whether a file that is a zip archive (workbooks are, too) would do harm where it is unpacked: judged by its directory alone, nothing of
// it is unpacked. APPNOTE 6.3.3 with the wider records of zip64. Reads foreign bytes: fuzz/archive_check.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace quanji::services {

// Bytes of the file from `offset`, at most `most`; fewer only at its end.
using ArchiveBytes = std::function<base::Result<std::string>(std::int64_t offset, std::int64_t most)>;

// Ok for whatever is no zip archive. invalid_field on `file`, with a sentence that names the entry, for paths that leave their folder,
// names that stand twice or hold control characters, links and devices, entries that lie over one another, far more bytes than came, or a
// directory that cannot be read.
base::Status check_archive(std::int64_t size, const ArchiveBytes& bytes);

}  // namespace quanji::services
