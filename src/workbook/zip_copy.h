// A package with some parts changed: every other part is copied as it is packed, in its place and with its date.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "workbook/zip_parts.h"

namespace quanji::workbook {

// By name of the part as the archive has it: its new bytes, or nothing to leave it out. Names the archive has not come last.
using PartChanges = std::map<std::string, std::optional<std::string>>;
// Writes the archive to `path`, which is there and empty. Failures: store_unavailable when the disk refuses, invalid_field when the archive
// is damaged.
base::Status copy_parts(ZipParts& from, const PartChanges& changes, const std::string& path);

}  // namespace quanji::workbook
