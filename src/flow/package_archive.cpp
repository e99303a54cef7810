#include "flow/package_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "flow/package_archive_names.h"
#include "flow/package_archive_records.h"

namespace quanji::flow {
namespace {

using base::Result;
using base::Status;
using base::Text;
using enum ArchiveReason;
using namespace records;

constexpr std::size_t longest_path = 1024;

std::span<std::uint8_t> bytes_in(std::string& text) { return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}; }
Result<std::string> text_at(const ArchiveBytes& bytes, std::uint64_t offset, std::uint64_t size) {
  std::string text(size, '\0');
  QUANJI_DO(bytes.read(offset, bytes_in(text)));
  return text;
}
Text found(std::string_view what, std::uint64_t number) {
  auto text = fmt::format("{} = {}", what, number);
  return {text, text};
}

// The end record, and what could be taken for another one.
Result<Ending> find_ending(const ArchiveBytes& bytes) {
  const auto size = bytes.size();
  if (size < ending_size) return refuse_archive(not_a_zip);
  const auto tail_size = std::min<std::uint64_t>(size, ending_size + 0xFFFF);
  QUANJI_TRY(const auto tail, text_at(bytes, size - tail_size, tail_size));
  const auto reaches_end = [&](std::size_t at) {
    Reader reader(std::string_view(tail).substr(at + 4));
    return at + ending_size <= tail.size() && at + ending_size + Ending::take(reader).comment_size == tail.size();
  };
  const std::string mark = "PK\x05\x06";
  const auto last = tail.size() - ending_size;
  if (std::string_view(tail).substr(last).starts_with(mark) && reaches_end(last)) {
    for (auto at = tail.find(mark); at != std::string::npos && at < last; at = tail.find(mark, at + 1))
      if (reaches_end(at)) return refuse_archive(second_ending);
    Reader reader(std::string_view(tail).substr(last + 4));
    return Ending::take(reader);
  }
  const auto at = tail.rfind(mark);
  if (at != std::string::npos && at + ending_size <= tail.size()) return refuse_archive(reaches_end(at) ? archive_comment : data_after);
  QUANJI_TRY(const auto head, text_at(bytes, 0, 4));
  return refuse_archive(head == "PK\x03\x04" ? cut_short : not_a_zip);
}

Status check_ending(const ArchiveBytes& bytes, const Ending& ending, const PackageLimits& limits) {
  const auto at = bytes.size() - ending_size;
  if (ending.disk == 0xFFFF || ending.entries == 0xFFFF || ending.directory_size == 0xFFFFFFFF || ending.directory_offset == 0xFFFFFFFF)
    return refuse_archive(zip64);
  if (at >= zip64_locator_size) {
    QUANJI_TRY(const auto locator, text_at(bytes, at - zip64_locator_size, 4));
    if (Reader(locator).four() == zip64_locator_mark) return refuse_archive(zip64);
  }
  if (ending.disk != 0 || ending.directory_disk != 0 || ending.entries_here != ending.entries) return refuse_archive(several_disks);
  if (ending.entries > limits.files) return refuse_archive(too_many_files, {}, found("files", ending.entries));
  const std::uint64_t end = std::uint64_t{ending.directory_offset} + ending.directory_size;
  if (end > at) return refuse_archive(broken_directory);
  if (end < at) {
    // Something stands between, or before all of it: then offsets are meant from somewhere else, and readers differ in forgiving that.
    QUANJI_TRY(const auto head, text_at(bytes, 0, 4));
    return refuse_archive(Reader(head).four() == local_mark ? hidden_data : data_before);
  }
  if (ending.directory_size > std::uint64_t{ending.entries} * (central_size + longest_path)) return refuse_archive(broken_directory);
  return {};
}

// What attributes may say: a plain file, or nothing. Read whatever system the entry says it was made on: readers differ in that.
Status check_attributes(std::string_view path, std::uint32_t external) {
  const auto mode = external >> 16;
  if (const auto kind = mode & 0170000U; kind == 0040000U || (external & 0x10U) != 0)
    return refuse_archive(folder_entry, path);
  else if (kind != 0 && kind != 0100000U)
    return refuse_archive(special_file, path);
  if ((mode & 07000U) != 0) return refuse_archive(set_id_bits, path);
  // MS-DOS: volume label; Windows: reparse point, device. Read-only, hidden, system, archive and normal are harmless.
  if ((external & 0xFFFFU & ~0xA7U) != 0) return refuse_archive(special_file, path);
  return {};
}

Status check_extra(std::string_view path, std::string_view extra) {
  if (extra.empty()) return {};
  const auto id = Reader(extra).two();
  if (id == 0x0001) return refuse_archive(zip64, path);
  if (id == 0x9901) return refuse_archive(encrypted, path);  // AE-x
  const auto text = fmt::format("0x{:04X}", id);
  return refuse_archive(extra_field, path, {text, text});
}

Status check_flags(std::string_view path, const Shared& shared) {
  if ((shared.flags & (1U | 1U << 6 | 1U << 13)) != 0 || shared.method == 99) return refuse_archive(encrypted, path);
  if ((shared.flags & 1U << 3) != 0) return refuse_archive(data_descriptor, path);
  if ((shared.flags & ~(3U << 1 | flag_utf8)) != 0) return refuse_archive(unknown_flags, path);
  if (shared.method != 0 && shared.method != 8) return refuse_archive(unknown_method, path, found("method", shared.method));
  if (shared.needed > 20) return refuse_archive(shared.needed == 45 ? zip64 : unknown_method, path, found("version", shared.needed));
  return {};
}

Status check_sizes(std::string_view path, const Shared& shared, const PackageLimits& limits) {
  if (shared.packed == 0xFFFFFFFF || shared.size == 0xFFFFFFFF) return refuse_archive(zip64, path);
  const std::uint64_t size = shared.size, packed = shared.packed;
  if (shared.method == 0 && size != packed) return refuse_archive(wrong_size, path);
  // Nothing that packs makes content larger; without a bound, empty blocks would be inflated for long to nothing.
  if (size > packed * limits.ratio || packed > size + size / 100 + 64) return refuse_archive(ratio, path);
  if ((path == package_file && size > limits.package_file) || (path == signature_file && size > limits.signature_file))
    return refuse_archive(file_too_large, path, found("bytes", size));
  return {};
}

// Reads the central directory, record after record, and holds each against what came before.
class DirectoryReader {
 public:
  DirectoryReader(const PackageLimits& limits, const Ending& ending, std::string directory)
      : limits_(limits), ending_(ending), directory_(std::move(directory)) {}

  Status read() {
    for (std::uint32_t i = 0; i < ending_.entries; ++i) QUANJI_DO(read_record());
    if (at_ != directory_.size()) return refuse_archive(hidden_data);
    if (next_ > ending_.directory_offset) return refuse_archive(overlap, entries.empty() ? "" : entries.back().path);
    if (next_ < ending_.directory_offset) return refuse_archive(hidden_data);
    const auto is_package = [](const ArchiveEntry& e) { return e.path == package_file; };
    if (std::none_of(entries.begin(), entries.end(), is_package)) return refuse_archive(package_file_missing);
    return {};
  }
  std::vector<ArchiveEntry> entries;
  std::vector<Central> centrals;

 private:
  Status read_record() {
    const auto rest = std::string_view(directory_).substr(at_);
    if (rest.size() < central_size || Reader(rest).four() != central_mark) return refuse_archive(broken_directory);
    Reader reader(rest.substr(4));
    const auto central = Central::take(reader);
    const auto& shared = central.shared;
    if (rest.size() - central_size < std::size_t{shared.name_size} + shared.extra_size + central.comment_size)
      return refuse_archive(broken_directory);
    const auto path = rest.substr(central_size, shared.name_size);
    QUANJI_DO(check_flags(path, shared));
    QUANJI_DO(check_extra(path, rest.substr(central_size + path.size(), shared.extra_size)));
    if (central.comment_size != 0) return refuse_archive(entry_comment, path);
    if (central.disk == 0xFFFF || central.offset == 0xFFFFFFFF) return refuse_archive(zip64, path);
    if (central.disk != 0) return refuse_archive(several_disks, path);
    QUANJI_DO(check_name(path, shared));
    QUANJI_DO(check_attributes(path, central.external));
    QUANJI_DO(check_sizes(path, shared, limits_));
    if (central.offset != next_)
      return refuse_archive(central.offset < next_ ? overlap : entries.empty() ? data_before : hidden_data, path);
    entries.push_back({std::string(path), static_cast<ArchiveEntry::Method>(shared.method), shared.checksum, shared.size, shared.packed,
                       next_ + local_size + shared.name_size});
    centrals.push_back(central);
    next_ += local_size + shared.name_size + shared.packed;
    at_ += central_size + shared.name_size;
    unpacked_ += shared.size;
    if (unpacked_ > limits_.unpacked) return refuse_archive(unpacked_too_large, path);
    return {};
  }

  Status check_name(std::string_view path, const Shared& shared) {
    if (const auto broken = check_text_of_path(path, limits_.depth)) return refuse_archive(*broken, path);
    const bool ascii = std::all_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii && (shared.flags & flag_utf8) == 0) return refuse_archive(encoding_unsaid, path);
    if (const auto broken = paths_.add(path)) return refuse_archive(*broken, path);
    if (!entries.empty()) {
      const auto& before = entries.back().path;
      if (before == signature_file) return refuse_archive(signature_not_last, before);
      if (path != signature_file && path < before) return refuse_archive(wrong_order, path);
    }
    return {};
  }

  const PackageLimits& limits_;
  const Ending ending_;
  const std::string directory_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0, unpacked_ = 0;  // next_: where the next local header must stand
  PathSet paths_;
};

// Which field the two headers of an entry disagree in.
std::string_view difference(const Shared& a, const Shared& b) {
  return a.needed != b.needed         ? "version"
         : a.flags != b.flags         ? "flags"
         : a.method != b.method       ? "method"
         : a.time != b.time           ? "time"
         : a.date != b.date           ? "date"
         : a.checksum != b.checksum   ? "crc"
         : a.packed != b.packed       ? "packed size"
         : a.size != b.size           ? "size"
         : a.name_size != b.name_size ? "name length"
                                      : "extra length";
}

Status check_local(const ArchiveBytes& bytes, const ArchiveEntry& entry, const Central& central) {
  QUANJI_TRY(const auto head, text_at(bytes, central.offset, local_size + entry.path.size()));
  const auto disagree = [&](std::string_view field) {
    return refuse_archive(headers_disagree, entry.path, Text(std::string(field), std::string(field)));
  };
  Reader reader(head);
  if (reader.four() != local_mark) return disagree("mark");
  const auto local = Shared::take(reader);
  if (local != central.shared) return disagree(difference(local, central.shared));
  if (std::string_view(head).substr(local_size) != entry.path) return disagree("name");
  return {};
}

}  // namespace

Result<ArchiveFile> ArchiveFile::open(const std::string& path) {
  base::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  const auto cannot = [&](base::Code code) {
    return base::Error(code, Text("无法读取 " + path, "Cannot read " + path), base::system_detail("open", path));
  };
  if (fd.get() < 0) return cannot(errno == EACCES ? base::Code::not_permitted : base::Code::not_found);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return cannot(base::Code::store_unavailable);
  if (!S_ISREG(facts.st_mode)) return refuse_archive(not_a_zip, path);
  return ArchiveFile(std::move(fd), static_cast<std::uint64_t>(facts.st_size));
}

Status ArchiveFile::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  while (!into.empty()) {
    const auto got = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Error(base::Code::store_unavailable, base::system_detail("read", "archive"));
    if (got == 0) return refuse_archive(changed_meanwhile);
    offset += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Status ArchiveInMemory::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  if (offset > bytes_.size() || into.size() > bytes_.size() - offset) return refuse_archive(changed_meanwhile);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
  return {};
}

Result<PackageArchive> PackageArchive::open(const ArchiveBytes& bytes, const PackageLimits& limits) {
  if (bytes.size() > limits.packed) return refuse_archive(packed_too_large, {}, found("bytes", bytes.size()));
  QUANJI_TRY(const auto ending, find_ending(bytes));
  QUANJI_DO(check_ending(bytes, ending, limits));
  QUANJI_TRY(auto directory, text_at(bytes, ending.directory_offset, ending.directory_size));
  DirectoryReader reader(limits, ending, std::move(directory));
  QUANJI_DO(reader.read());
  for (std::size_t i = 0; i < reader.entries.size(); ++i) QUANJI_DO(check_local(bytes, reader.entries[i], reader.centrals[i]));
  return PackageArchive(bytes, std::move(reader.entries));
}

const ArchiveEntry* PackageArchive::find(std::string_view path) const {
  const auto found_at = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.path == path; });
  return found_at == entries_.end() ? nullptr : &*found_at;
}

std::uint64_t PackageArchive::unpacked_size() const {
  std::uint64_t all = 0;
  for (const auto& entry : entries_) all += entry.size;
  return all;
}

Result<std::string> PackageArchive::read_whole(const ArchiveEntry& entry, std::uint64_t limit) const {
  if (entry.size > limit) return refuse_archive(file_too_large, entry.path, found("bytes", entry.size));
  std::string text;
  QUANJI_DO(read(entry, [&](std::span<const std::uint8_t> piece) -> Status {
    text += base::text_of(piece);
    return {};
  }));
  return text;
}

}  // namespace quanji::flow
