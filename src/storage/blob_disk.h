// Inside of the room: files of blobs on the disk, and what is said when the disk says no.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::storage::detail {

using base::Error;
using base::Result;
using base::Status;

inline constexpr std::string_view staging_prefix = "upload-";

// From errno, at once after the call that failed.
Error disk_failed(std::string_view act, std::string_view path);
// A content is not where its row says.
Error blob_gone();
Status write_whole(int file, std::string_view bytes, const std::string& path);
// As much as there is from `offset`, at most `most`.
Result<std::string> read_at(int file, std::int64_t offset, std::size_t most, const std::string& path);
Status make_folder(const std::string& path);  // ok when it is there
// Staging files of processes that are gone: one is locked while its process lives.
Status remove_left_over(const std::string& folder);

}  // namespace quanji::storage::detail
