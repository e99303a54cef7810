#include "flow/package_archive_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "flow/package_archive_records.h"

namespace quanji::flow {
namespace {

using base::Result;
using base::Status;
using base::Text;
using enum ArchiveReason;
using namespace records;

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::uint16_t first_day = 1U << 5 | 1U;  // 1980-01-01, the least date of MS-DOS

class Deflating {
 public:
  Deflating() { good_ = ::deflateInit2(&stream_, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  Deflating(const Deflating&) = delete;
  Deflating& operator=(const Deflating&) = delete;
  ~Deflating() {
    if (good_) ::deflateEnd(&stream_);
  }
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_ = false;
};

Shared shared_of(const ArchiveEntry& entry) {
  Shared shared;
  const bool ascii = std::all_of(entry.path.begin(), entry.path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  shared.flags = ascii ? 0 : flag_utf8;
  shared.method = static_cast<std::uint16_t>(entry.method);
  shared.date = first_day;
  shared.checksum = entry.checksum;
  shared.packed = static_cast<std::uint32_t>(entry.packed);
  shared.size = static_cast<std::uint32_t>(entry.size);
  shared.name_size = static_cast<std::uint16_t>(entry.path.size());
  return shared;
}
std::string local_header(const ArchiveEntry& entry) {
  std::string out;
  put_four(out, local_mark);
  shared_of(entry).put(out);
  return out + entry.path;
}

}  // namespace

base::Error ArchiveWriter::disk_refused(std::string_view act) const {
  return {base::Code::store_unavailable, Text("无法写入 " + path_, "Cannot write " + path_), base::system_detail(act, draft_)};
}

Result<ArchiveWriter> ArchiveWriter::create(const std::string& path, base::Random& random) {
  std::array<std::uint8_t, 8> chance{};
  random.fill(chance);
  auto draft = base::folder_of(path) + "/.packing-" + base::hex(chance);
  base::Descriptor fd(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const bool made = fd.get() >= 0;
  ArchiveWriter writer(path, made ? std::move(draft) : std::string(), std::move(fd));
  if (!made) return writer.disk_refused("create");
  return writer;
}
ArchiveWriter::ArchiveWriter(ArchiveWriter&& other) noexcept
    : path_(std::move(other.path_)),
      draft_(std::exchange(other.draft_, {})),
      fd_(std::move(other.fd_)),
      at_(other.at_),
      entries_(other.entries_),
      directory_(std::move(other.directory_)) {}
ArchiveWriter::~ArchiveWriter() {
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

Status ArchiveWriter::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return disk_refused("write");
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}
Status ArchiveWriter::write(std::span<const std::uint8_t> bytes) {
  QUANJI_DO(write_at(at_, base::text_of(bytes)));
  at_ += bytes.size();
  return {};
}

// The place of the local header is left free until sizes and checksum are known.
Status ArchiveWriter::begin(ArchiveEntry& entry) {
  entry.data = at_ + local_size + entry.path.size();
  at_ = entry.data;
  return {};
}
Status ArchiveWriter::end(const ArchiveEntry& entry) {
  const auto offset = entry.data - local_size - entry.path.size();
  QUANJI_DO(write_at(offset, local_header(entry)));
  Central central;
  central.shared = shared_of(entry);
  central.offset = static_cast<std::uint32_t>(offset);
  put_four(directory_, central_mark);
  central.put(directory_);
  directory_ += entry.path;
  ++entries_;
  return {};
}

Status ArchiveWriter::deflate_from(const Source& source, ArchiveEntry& entry) {
  Deflating deflating;
  if (!deflating.good()) return base::Error(base::Code::store_unavailable, "deflateInit2");
  auto& z = deflating.stream();
  std::vector<std::uint8_t> in(piece_size), out(piece_size);
  entry.size = entry.packed = 0;
  uLong sum = ::crc32(0, nullptr, 0);
  for (bool ended = false; !ended;) {
    QUANJI_TRY(const auto got, source(entry.size, in));
    ended = got == 0;
    sum = ::crc32(sum, in.data(), static_cast<uInt>(got));
    entry.size += got;
    z.next_in = in.data();
    z.avail_in = static_cast<uInt>(got);
    do {
      z.next_out = out.data();
      z.avail_out = piece_size;
      ::deflate(&z, ended ? Z_FINISH : Z_NO_FLUSH);
      const auto made = piece_size - z.avail_out;
      QUANJI_DO(write(std::span(out).first(made)));
      entry.packed += made;
    } while (z.avail_out == 0);
  }
  entry.checksum = static_cast<std::uint32_t>(sum);
  return {};
}

Status ArchiveWriter::store_from(const Source& source, ArchiveEntry& entry) {
  std::vector<std::uint8_t> piece(piece_size);
  entry.size = 0;
  uLong sum = ::crc32(0, nullptr, 0);
  for (;;) {
    QUANJI_TRY(const auto got, source(entry.size, piece));
    if (got == 0) break;
    sum = ::crc32(sum, piece.data(), static_cast<uInt>(got));
    QUANJI_DO(write(std::span(piece).first(got)));
    entry.size += got;
  }
  entry.packed = entry.size;
  entry.checksum = static_cast<std::uint32_t>(sum);
  return {};
}

Status ArchiveWriter::add(std::string_view path, const Source& source, std::uint64_t size, const PackageLimits& limits) {
  ArchiveEntry entry;
  entry.path = path;
  entry.method = ArchiveEntry::Method::deflated;
  QUANJI_DO(begin(entry));
  QUANJI_DO(deflate_from(source, entry));
  if (entry.packed >= entry.size || entry.size > entry.packed * limits.ratio) {
    const auto deflated = entry;
    entry.method = ArchiveEntry::Method::stored;
    at_ = entry.data;
    QUANJI_DO(store_from(source, entry));
    if (entry.size != deflated.size || entry.checksum != deflated.checksum) return refuse_archive(changed_meanwhile, path);
  }
  if (entry.size != size) return refuse_archive(changed_meanwhile, path);
  if (at_ > limits.packed) return refuse_archive(packed_too_large, path);
  return end(entry);
}

Status ArchiveWriter::add_file(std::string_view path, int fd, std::uint64_t size, const PackageLimits& limits) {
  const auto source = [&](std::uint64_t offset, std::span<std::uint8_t> into) -> Result<std::size_t> {
    for (;;) {
      const auto got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return disk_refused("read");
      if (offset + static_cast<std::uint64_t>(got) > size) return refuse_archive(changed_meanwhile, path);
      return static_cast<std::size_t>(got);
    }
  };
  return add(path, source, size, limits);
}

Status ArchiveWriter::add_text(std::string_view path, std::string_view content, const PackageLimits& limits) {
  const auto source = [&](std::uint64_t offset, std::span<std::uint8_t> into) -> Result<std::size_t> {
    const auto piece = content.substr(static_cast<std::size_t>(offset), into.size());
    std::copy(piece.begin(), piece.end(), into.begin());
    return piece.size();
  };
  return add(path, source, content.size(), limits);
}

Status ArchiveWriter::add_packed(const PackageArchive& archive, const ArchiveEntry& other) {
  auto entry = other;
  QUANJI_DO(begin(entry));
  QUANJI_DO(archive.read_packed(other, [&](std::span<const std::uint8_t> piece) { return write(piece); }));
  return end(entry);
}

Result<std::uint64_t> ArchiveWriter::finish(Existing existing, const PackageLimits& limits) {
  Ending ending;
  ending.entries_here = ending.entries = static_cast<std::uint16_t>(entries_);
  ending.directory_size = static_cast<std::uint32_t>(directory_.size());
  ending.directory_offset = static_cast<std::uint32_t>(at_);
  put_four(directory_, ending_mark);
  ending.put(directory_);
  QUANJI_DO(write(base::bytes_of(directory_)));
  // A file that was deflated first and then stored may have left something behind.
  if (::ftruncate(fd_.get(), static_cast<off_t>(at_)) != 0) return disk_refused("truncate");
  QUANJI_TRY(const auto written, ArchiveFile::open(draft_));
  QUANJI_TRY([[maybe_unused]] const auto archive, PackageArchive::open(written, limits));
  if (::fchmod(fd_.get(), 0644) != 0 || ::fsync(fd_.get()) != 0) return disk_refused("sync");
  if (existing == Existing::replace) {
    if (::rename(draft_.c_str(), path_.c_str()) != 0) return disk_refused("rename");
  } else {
    if (::link(draft_.c_str(), path_.c_str()) != 0) {
      if (errno != EEXIST) return disk_refused("link");
      return base::Error(base::Code::name_taken, Text(path_ + " 已存在，不会覆盖。", path_ + " exists and is not overwritten."));
    }
    ::unlink(draft_.c_str());
  }
  draft_.clear();
  QUANJI_DO(base::sync_folder(base::folder_of(path_)));
  return at_;
}

}  // namespace quanji::flow
