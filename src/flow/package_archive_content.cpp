// The contents of an archive's entries: inflated under bounds, checked byte for byte.
#include <zlib.h>

#include <algorithm>

#include "flow/package_archive.h"

namespace quanji::flow {
namespace {

using base::Status;
using enum ArchiveReason;

constexpr std::size_t piece_size = 64 * 1024;

// zlib's inflate for raw data, ended with its scope.
class Inflating {
 public:
  Inflating() { good_ = ::inflateInit2(&stream_, -15) == Z_OK; }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;
  ~Inflating() {
    if (good_) ::inflateEnd(&stream_);
  }
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_ = false;
};

// What an entry promised, held against what comes out.
class ContentCheck {
 public:
  ContentCheck(const ArchiveEntry& entry, const PackageArchive::Take& take) : entry_(entry), take_(take) {}
  Status add(std::span<const std::uint8_t> piece) {
    made_ += piece.size();
    if (made_ > entry_.size) return refuse_archive(wrong_size, entry_.path);
    sum_ = ::crc32(sum_, piece.data(), static_cast<uInt>(piece.size()));
    return piece.empty() ? Status() : take_(piece);
  }
  Status finish() const {
    if (made_ != entry_.size) return refuse_archive(wrong_size, entry_.path);
    if (sum_ != entry_.checksum) return refuse_archive(wrong_checksum, entry_.path);
    return {};
  }

 private:
  const ArchiveEntry& entry_;
  const PackageArchive::Take& take_;
  std::uint64_t made_ = 0;
  uLong sum_ = ::crc32(0, nullptr, 0);
};

Status inflate_into(const ArchiveBytes& bytes, const ArchiveEntry& entry, ContentCheck& check) {
  Inflating inflating;
  if (!inflating.good()) return base::Error(base::Code::store_unavailable, "inflateInit2");
  auto& z = inflating.stream();
  std::vector<std::uint8_t> in(piece_size), out(piece_size);
  std::uint64_t at = entry.data, left = entry.packed;
  std::uint8_t last_byte = 0;
  int standstill = 0;
  for (;;) {
    if (z.avail_in == 0 && left > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size));
      QUANJI_DO(bytes.read(at, std::span(in).first(size)));
      at += size;
      left -= size;
      z.next_in = in.data();
      z.avail_in = static_cast<uInt>(size);
    }
    const auto before = z.avail_in;
    z.next_out = out.data();
    z.avail_out = piece_size;
    // Z_BLOCK: stops behind the last block, where the bits that are left of its last byte can be looked at.
    const int answer = ::inflate(&z, Z_BLOCK);
    if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR) return refuse_archive(broken_data, entry.path);
    if (z.avail_in != before) last_byte = *(z.next_in - 1);
    const auto made = piece_size - z.avail_out;
    QUANJI_DO(check.add(std::span(out).first(made)));
    if (answer == Z_STREAM_END) break;
    const auto loose_bits = static_cast<unsigned>(z.data_type) & 63U;
    if ((z.data_type & (64 | 128)) == (64 | 128) && loose_bits > 0 && loose_bits < 8 && last_byte >> (8 - loose_bits) != 0)
      return refuse_archive(hidden_data, entry.path);
    standstill = made == 0 && z.avail_in == before ? standstill + 1 : 0;
    if ((z.avail_in == 0 && left == 0 && answer == Z_BUF_ERROR) || standstill > 64) return refuse_archive(broken_data, entry.path);
  }
  if (left > 0 || z.avail_in > 0) return refuse_archive(hidden_data, entry.path);
  return check.finish();
}

}  // namespace

Status PackageArchive::read_packed(const ArchiveEntry& entry, const Take& take) const {
  std::vector<std::uint8_t> piece(static_cast<std::size_t>(std::min<std::uint64_t>(entry.packed, piece_size)));
  for (std::uint64_t at = 0; at < entry.packed;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(entry.packed - at, piece_size));
    QUANJI_DO(bytes_->read(entry.data + at, std::span(piece).first(size)));
    QUANJI_DO(take(std::span(piece).first(size)));
    at += size;
  }
  return {};
}

Status PackageArchive::read(const ArchiveEntry& entry, const Take& take) const {
  ContentCheck check(entry, take);
  if (entry.method == ArchiveEntry::Method::deflated) return inflate_into(*bytes_, entry, check);
  QUANJI_DO(read_packed(entry, [&](std::span<const std::uint8_t> piece) { return check.add(piece); }));
  return check.finish();
}

}  // namespace quanji::flow
