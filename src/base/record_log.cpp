#include "base/record_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/digest.h"
#include "base/files.h"

namespace quanji::base {
namespace {

std::uint32_t u32_at(std::span<const std::uint8_t> b, std::size_t i) {
  return static_cast<std::uint32_t>(b[i]) | static_cast<std::uint32_t>(b[i + 1]) << 8 | static_cast<std::uint32_t>(b[i + 2]) << 16 |
         static_cast<std::uint32_t>(b[i + 3]) << 24;
}
std::uint32_t checksum(std::span<const std::uint8_t> length, std::span<const std::uint8_t> type_and_json) {
  return crc32c(type_and_json, crc32c(length));
}

enum class Found : std::uint8_t { whole, unfinished, wrong };
// What stands at `at`; `size` is that of the whole record.
Found look(std::span<const std::uint8_t> b, std::size_t at, std::size_t& size) {
  if (b.size() - at < record_head_size) return Found::unfinished;
  const std::size_t length = u32_at(b, at);
  if (length == 0 || length > max_record_json) return Found::wrong;
  size = record_head_size + length;
  if (b.size() - at < size) return Found::unfinished;
  return checksum(b.subspan(at, 4), b.subspan(at + 8, length + 1)) == u32_at(b, at + 4) ? Found::whole : Found::wrong;
}

// Is there a whole record anywhere after a bad one? Then it is no torn tail: something before the end was damaged. JSON holds no zero
// byte and every length has one at its end, so a record's text is never taken for a head.
bool whole_record_after(std::span<const std::uint8_t> b, std::size_t at) {
  std::size_t work = 32U << 20;  // bytes to checksum before giving up on bytes that no writer made
  for (std::size_t i = at + 1; i + record_head_size < b.size(); ++i) {
    if (b[i + 3] != 0) continue;
    const std::size_t length = u32_at(b, i);
    if (length == 0 || length > max_record_json || b.size() - i < record_head_size + length) continue;
    if (work < length) return true;
    work -= length;
    if (checksum(b.subspan(i, 4), b.subspan(i + 8, length + 1)) == u32_at(b, i + 4)) return true;
  }
  return false;
}

Error corrupt(std::size_t offset) {
  return Error(
      Code::store_unavailable,
      Text(fmt::format("记录文件在第 {} 字节处损坏，已停止读取，其后的内容未动。请保留该文件并联系管理员。", offset),
           fmt::format(
               "The record file is damaged at byte {}: reading stopped there and nothing after it was touched. Keep the file and tell "
               "the administrator.",
               offset)),
      "record log corrupt");
}
Error disk_refused(std::string_view act) {
  return Error(Code::store_unavailable,
               Text("磁盘拒绝写入记录，请检查空间与硬件。", "The disk refused a record: look at its space and its health."),
               system_detail(act, "record log"));
}

}  // namespace

RecordScan read_records(std::span<const std::uint8_t> bytes) {
  RecordScan scan;
  while (scan.good < bytes.size()) {
    std::size_t size = 0;
    if (look(bytes, scan.good, size) != Found::whole) {
      scan.end = whole_record_after(bytes, scan.good) ? LogEnd::corrupt : LogEnd::torn;
      break;
    }
    scan.records.push_back(
        {bytes[scan.good + 8], text_of(bytes.subspan(scan.good + record_head_size, size - record_head_size)), scan.good});
    scan.good += size;
  }
  return scan;
}

Result<Bytes> write_record(std::uint8_t type, std::string_view json) {
  if (json.empty() || json.size() > max_record_json)
    return Error(Code::too_large, Text("一条记录应为 1 字节至 1 MiB。", "A record is 1 byte to 1 MiB."),
                 fmt::format("{} bytes", json.size()));
  Bytes out(record_head_size + json.size());
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  put(0, static_cast<std::uint32_t>(json.size()));
  out[8] = type;
  std::copy(json.begin(), json.end(), out.begin() + record_head_size);
  put(4, checksum(std::span(out).first(4), std::span(out).subspan(8)));
  return out;
}

// ---- writer ----
RecordWriter::RecordWriter(int fd, Ownership ownership, std::size_t size, std::size_t limit)
    : fd_(fd), ownership_(ownership), size_(size), limit_(limit) {}
RecordWriter::RecordWriter(RecordWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ownership_(other.ownership_), size_(other.size_), limit_(other.limit_), broken_(other.broken_) {}
RecordWriter& RecordWriter::operator=(RecordWriter&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ownership_, other.ownership_);
  std::swap(size_, other.size_);
  std::swap(limit_, other.limit_);
  std::swap(broken_, other.broken_);
  return *this;
}
RecordWriter::~RecordWriter() {
  if (fd_ >= 0 && ownership_ == Ownership::owned) ::close(fd_);
}

Result<RecordWriter> RecordWriter::open(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) return disk_refused("open");
  QUANJI_TRY(const auto content, read_whole(fd.get(), 2 * segment_size));
  const auto scan = read_records(bytes_of(content));
  if (scan.end == LogEnd::corrupt) return corrupt(scan.good);
  if (scan.end == LogEnd::torn && (::ftruncate(fd.get(), static_cast<off_t>(scan.good)) != 0 || ::fdatasync(fd.get()) != 0))
    return disk_refused("cut");
  if (content.empty()) QUANJI_DO(sync_folder(folder_of(path)));
  return RecordWriter(fd.release(), Ownership::owned, scan.good);
}

Status RecordWriter::append(std::uint8_t type, std::string_view json) {
  if (broken_) return Error(Code::store_unavailable, "the record log failed before");
  if (!fits(json.size()))
    return Error(Code::too_large, Text("记录文件已满。", "The record file is full."), fmt::format("{} + {} bytes", size_, json.size()));
  QUANJI_TRY(const auto record, write_record(type, json));
  ssize_t written = 0;
  do {
    written = ::write(fd_, record.data(), record.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(record.size())) {
    size_ += record.size();
    return {};
  }
  auto error = disk_refused("write");
  // Half a record must not stay: the next one would make it damage in the middle.
  if (written > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) broken_ = true;
  return error;
}

Status RecordWriter::sync() {
  if (broken_) return Error(Code::store_unavailable, "the record log failed before");
  if (::fdatasync(fd_) == 0) return {};
  broken_ = true;
  return disk_refused("sync");
}

// ---- reader ----
RecordReader::RecordReader(int fd, Ownership ownership, std::size_t from) : fd_(fd), ownership_(ownership), offset_(from) {}
RecordReader::RecordReader(RecordReader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      ownership_(other.ownership_),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      at_(std::exchange(other.at_, 0)) {}
RecordReader& RecordReader::operator=(RecordReader&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ownership_, other.ownership_);
  std::swap(offset_, other.offset_);
  std::swap(buffer_, other.buffer_);
  std::swap(at_, other.at_);
  return *this;
}
RecordReader::~RecordReader() {
  if (fd_ >= 0 && ownership_ == Ownership::owned) ::close(fd_);
}
Result<RecordReader> RecordReader::open(const std::string& path, std::size_t from) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) return RecordReader(fd, Ownership::owned, from);
  if (errno == ENOENT) return Error(Code::not_found, system_detail("open", path));
  return Error(Code::store_unavailable, system_detail("open", path));
}

// Makes the buffer hold at least `size` bytes from offset_ on, or all there is.
Status RecordReader::fill(std::size_t size) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  while (buffer_.size() < size) {
    const auto before = buffer_.size();
    // Growing with what is there: a short log is not worth sixteen megabytes of zeroes.
    const auto want = std::max<std::size_t>(before, 65536);
    buffer_.resize(before + want);
    const auto got = ::pread(fd_, buffer_.data() + before, want, static_cast<off_t>(offset_ + before));
    buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error(Code::store_unavailable, system_detail("read", "record log"));
    if (got == 0) break;
  }
  return {};
}

Result<std::optional<Record>> RecordReader::next() {
  const auto rest = [&] { return std::span<const std::uint8_t>(buffer_).subspan(at_); };
  std::size_t size = record_head_size;
  auto found = look(rest(), 0, size);
  // First the head, then what the head asks for, then all there is: only that shows what a bad record is.
  for (const auto wanted : {record_head_size, std::size_t{0}, 2 * segment_size}) {
    if (found == Found::whole) break;
    QUANJI_DO(fill(std::max(wanted, size)));
    if (rest().empty()) return std::optional<Record>();
    found = look(rest(), 0, size);
  }
  if (found == Found::whole) {
    Record record{rest()[8], std::string(text_of(rest().subspan(record_head_size, size - record_head_size))), 0, offset_};
    at_ += size;
    offset_ += size;
    return std::optional<Record>(std::move(record));
  }
  const bool damaged = whole_record_after(rest(), 0);
  // The writer may be at it, or another writer will cut it: read afresh next time.
  buffer_.clear();
  at_ = 0;
  if (damaged) return corrupt(offset_);
  return std::optional<Record>();
}

Result<std::size_t> RecordReader::unfinished() {
  buffer_.clear();
  at_ = 0;
  QUANJI_DO(fill(2 * segment_size));
  const auto scan = read_records(buffer_);
  const auto left = buffer_.size() - scan.good;
  const bool damaged = scan.end == LogEnd::corrupt;
  const auto place = offset_ + scan.good;
  buffer_.clear();
  if (damaged) return corrupt(place);
  return left;
}

}  // namespace quanji::base
