#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>

#include "storage/blob_disk.h"
#include "storage/blobs.h"

namespace quanji::storage {
namespace {

using base::Code;
using base::Text;
using detail::disk_failed;

constexpr std::int64_t look_bytes = 8 << 20;  // written between two looks at the free space

}  // namespace

Staging::Staging(std::string path, base::Descriptor file, std::int64_t limit, std::int64_t keep_free)
    : path_(std::move(path)),
      file_(std::move(file)),
      limit_(limit),
      keep_free_(keep_free),
      sha256_(base::Hash::sha256),
      sm3_(base::Hash::sm3) {}
Staging::~Staging() {
  if (!moved_) ::unlink(path_.c_str());
}
Status Staging::failed(Error why) {
  failure_.emplace(why.clone());
  return why;
}

Status Staging::add(std::string_view bytes) {
  if (failure_) return failure_->clone();
  if (finished_) return Error(Code::bug, "a staging file that is finished takes no more");
  if (static_cast<std::int64_t>(bytes.size()) > limit_ - size_)
    return failed(
        Error(Code::too_large, Text(fmt::format("文件超过上限 {} 字节", limit_), fmt::format("the file is larger than {} bytes", limit_))));
  if (size_ + static_cast<std::int64_t>(bytes.size()) > next_look_) {
    struct statvfs disk {};
    if (::fstatvfs(file_.get(), &disk) != 0) return failed(disk_failed("look at the disk of", path_));
    if (static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize) < keep_free_ + look_bytes) {
      errno = ENOSPC;
      return failed(disk_failed("keep space free for", path_));
    }
    next_look_ = size_ + static_cast<std::int64_t>(bytes.size()) + look_bytes;
  }
  if (auto written = detail::write_whole(file_.get(), bytes, path_); !written) return failed(std::move(written).error());
  sha256_.add(bytes);
  sm3_.add(bytes);
  crc_ = static_cast<std::uint32_t>(::crc32_z(crc_, base::bytes_of(bytes).data(), bytes.size()));
  size_ += static_cast<std::int64_t>(bytes.size());
  return {};
}

Result<std::string> Staging::read(std::int64_t offset, std::int64_t most) const {
  std::string out;
  while (static_cast<std::int64_t>(out.size()) < most) {
    const auto at = offset + static_cast<std::int64_t>(out.size());
    QUANJI_TRY(const auto piece, detail::read_at(file_.get(), at, static_cast<std::size_t>(most) - out.size(), path_));
    if (piece.empty()) break;
    out += piece;
  }
  return out;
}

Result<BlobFacts> Staging::finish() {
  if (failure_) return failure_->clone();
  if (finished_) return facts_;
  if (::fdatasync(file_.get()) != 0) {
    auto why = disk_failed("sync", path_);
    return failed(std::move(why)).error().clone();
  }
  facts_.sha256 = sha256_.finish();
  facts_.sm3 = sm3_.finish();
  facts_.crc32 = crc_;
  facts_.size = size_;
  finished_ = true;
  return facts_;
}

}  // namespace quanji::storage
