#include "workbook/zip_parts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/encodings.h"
#include "workbook/new_file.h"
#include "workbook/zip_archive.h"

namespace quanji::workbook {
namespace {

std::string key_of(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  std::string key(name);
  for (auto& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return key;
}

// minizip's view of ZipBytes: reads only.
voidpf ZCALLBACK open_place(voidpf opaque, const void*, int mode) {
  if ((mode & ZLIB_FILEFUNC_MODE_WRITE) != 0) return nullptr;
  return new ZipPlace{static_cast<const ZipBytes*>(opaque), 0};
}
uLong ZCALLBACK read_place(voidpf, voidpf stream, void* room, uLong count) {
  auto& place = *static_cast<ZipPlace*>(stream);
  if (place.at >= place.bytes->size) return 0;
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(count, place.bytes->size - place.at));
  std::size_t have = 0;
  if (place.bytes->fd.get() < 0) {
    std::memcpy(room, place.bytes->memory.data() + place.at, want);
    have = want;
  }
  while (have < want) {
    const auto got = ::pread(place.bytes->fd.get(), static_cast<char*>(room) + have, want - have, static_cast<off_t>(place.at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  place.at += have;
  return static_cast<uLong>(have);
}
uLong ZCALLBACK write_place(voidpf, voidpf, const void*, uLong) { return 0; }
ZPOS64_T ZCALLBACK tell_place(voidpf, voidpf stream) { return static_cast<ZipPlace*>(stream)->at; }
long ZCALLBACK seek_place(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  auto& place = *static_cast<ZipPlace*>(stream);
  const std::uint64_t base = origin == ZLIB_FILEFUNC_SEEK_CUR ? place.at : origin == ZLIB_FILEFUNC_SEEK_END ? place.bytes->size : 0;
  std::uint64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target > place.bytes->size) return -1;
  place.at = target;
  return 0;
}
int ZCALLBACK close_place(voidpf, voidpf stream) {
  delete static_cast<ZipPlace*>(stream);
  return 0;
}
int ZCALLBACK error_of_place(voidpf, voidpf) { return 0; }

}  // namespace

base::Error bad_workbook(const std::string& file, std::string_view zh, std::string_view en, std::string detail) {
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("工作簿 {}：{}", file, zh), fmt::format("Workbook {}: {}", file, en)), std::move(detail));
}
base::Error workbook_too_large(const std::string& file, std::string_view zh, std::string_view en) {
  return base::Error(base::Code::too_large, base::Text(fmt::format("工作簿 {}：{}", file, zh), fmt::format("Workbook {}: {}", file, en)));
}

ZipParts::Archive::~Archive() {
  if (zip != nullptr) ::unzClose(zip);
}

base::Error ZipParts::Archive::damaged(std::string_view part) const {
  const auto shown = base::repair_utf8(base::utf8_beginning(part, 100));
  return bad_workbook(file, fmt::format("部件 {} 已损坏；重新取得文件，或用表格程序打开后另存。", shown),
                      fmt::format("the part {} is damaged; get the file again, or open and save it in a spreadsheet program.", shown));
}

base::Status ZipParts::Archive::begin(const ZipLimits& wanted) {
  limits = wanted;
  std::array<char, 8> head = {};
  ZipPlace start{&bytes, 0};
  const auto got = read_place(nullptr, &start, head.data(), head.size());
  const std::string_view magic(head.data(), got);
  if (magic == "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
    return bad_workbook(file, "这是旧的 .xls 格式，或者有打开密码；请另存为不带密码的 .xlsx。",
                        "this is the old .xls format, or it has a password to open it; save it as .xlsx without a password.");
  if (!magic.starts_with("PK"))
    return bad_workbook(file, "不是 .xlsx 工作簿（不是 ZIP 文件）；请另存为 .xlsx，文本文件请按 CSV 读。",
                        "this is no .xlsx workbook (no ZIP file); save it as .xlsx, or read a text file as CSV.");
  zlib_filefunc64_def functions = {open_place, read_place, write_place, tell_place, seek_place, close_place, error_of_place, &bytes};
  zip = ::unzOpen2_64("", &functions);
  if (zip == nullptr)
    return bad_workbook(file, "ZIP 目录读不出来，文件被截断或损坏；重新取得文件。",
                        "the directory of the ZIP file cannot be read: it is cut short or damaged; get the file again.");
  unz_global_info64 global = {};
  if (::unzGetGlobalInfo64(zip, &global) != UNZ_OK) return damaged("(directory)");
  if (global.number_entry > limits.entries)
    return workbook_too_large(file, fmt::format("有 {} 个部件，最多 {} 个。", global.number_entry, limits.entries),
                              fmt::format("it has {} parts, at most {} are read.", global.number_entry, limits.entries));
  std::array<char, 1024> name;
  for (int step = ::unzGoToFirstFile(zip); step == UNZ_OK; step = ::unzGoToNextFile(zip)) {
    unz_file_info64 info = {};
    if (::unzGetCurrentFileInfo64(zip, &info, name.data(), name.size(), nullptr, 0, nullptr, 0) != UNZ_OK || info.size_filename == 0 ||
        info.size_filename >= name.size())
      return damaged("(directory)");
    const std::string_view shown(name.data(), info.size_filename);
    if (shown.find('\0') != std::string_view::npos) return damaged("(directory)");
    if (shown.back() == '/') continue;  // a folder
    if ((info.flag & 1) != 0)
      return bad_workbook(file, "部件是加密的；请另存为不带密码的 .xlsx。",
                          "its parts are encrypted; save it as .xlsx without a password.");
    if (info.compression_method != 0 && info.compression_method != Z_DEFLATED)
      return bad_workbook(file, fmt::format("部件用了不支持的压缩方法 {}。", info.compression_method),
                          fmt::format("a part is packed by method {}, which is not supported.", info.compression_method));
    unz64_file_pos position = {};
    ::unzGetFilePos64(zip, &position);
    if (!by_name.emplace(key_of(shown), parts.size()).second)
      return bad_workbook(file, fmt::format("部件 {} 出现两次，不知道该信哪一个。", base::repair_utf8(shown)),
                          fmt::format("the part {} stands in it twice; nobody can say which one holds.", base::repair_utf8(shown)));
    parts.push_back(
        {std::string(shown), info.compressed_size, info.uncompressed_size, position.pos_in_zip_directory, position.num_of_file});
    if (parts.size() > limits.entries) return damaged("(directory)");
  }
  if (parts.empty()) return damaged("(directory)");
  return {};
}

base::Status ZipParts::Archive::go_to(const Part& part) {
  const unz64_file_pos position{part.position, part.number};
  if (::unzGoToFilePos64(zip, &position) != UNZ_OK) return damaged(part.name);
  return {};
}

base::Result<ZipParts> ZipParts::open(const std::string& path, const ZipLimits& limits) {
  auto archive = std::make_unique<Archive>();
  archive->file = base::repair_utf8(name_of(path));
  archive->bytes.fd = base::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat what = {};
  if (archive->bytes.fd.get() < 0 || ::fstat(archive->bytes.fd.get(), &what) != 0) return file_error("open", path);
  if (!S_ISREG(what.st_mode))
    return bad_workbook(archive->file, "这是文件夹或设备，不是文件。", "this is a folder or a device, not a file.");
  archive->bytes.size = static_cast<std::uint64_t>(what.st_size);
  QUANJI_DO(archive->begin(limits));
  return ZipParts(std::move(archive));
}
base::Result<ZipParts> ZipParts::of_bytes(std::string_view bytes, std::string file, const ZipLimits& limits) {
  auto archive = std::make_unique<Archive>();
  archive->file = std::move(file);
  archive->bytes.memory = bytes;
  archive->bytes.size = bytes.size();
  QUANJI_DO(archive->begin(limits));
  return ZipParts(std::move(archive));
}
ZipParts::ZipParts(std::unique_ptr<Archive> archive) : archive_(std::move(archive)) {}
ZipParts::~ZipParts() = default;
ZipParts::ZipParts(ZipParts&&) noexcept = default;
ZipParts& ZipParts::operator=(ZipParts&&) noexcept = default;
const std::string& ZipParts::file() const { return archive_->file; }
const std::vector<ZipParts::Part>& ZipParts::parts() const { return archive_->parts; }
const ZipParts::Part* ZipParts::find(std::string_view name) const {
  const auto found = archive_->by_name.find(key_of(name));
  return found == archive_->by_name.end() ? nullptr : &archive_->parts[found->second];
}

base::Status ZipParts::read(std::string_view name, const std::function<bool(std::string_view)>& take) {
  auto& archive = *archive_;
  const auto* part = find(name);
  if (part == nullptr) {
    const auto shown = base::repair_utf8(base::utf8_beginning(name, 100));
    return base::Error(base::Code::not_found, base::Text(fmt::format("工作簿 {}：没有部件 {}。", archive.file, shown),
                                                         fmt::format("Workbook {}: there is no part {}.", archive.file, shown)));
  }
  const auto& limits = archive.limits;
  const auto beyond = [&](std::uint64_t bytes) -> base::Status {
    if (bytes > limits.part_bytes || archive.read_bytes + bytes > limits.total_bytes)
      return workbook_too_large(
          archive.file, fmt::format("解开后超过 {} 兆字节，不再读下去。", std::min(limits.part_bytes, limits.total_bytes) >> 20U),
          fmt::format("it unpacks to more than {} MB and is not read further.", std::min(limits.part_bytes, limits.total_bytes) >> 20U));
    if (bytes > limits.ratio_from && bytes / std::max<std::uint64_t>(part->packed, 1) > limits.ratio)
      return workbook_too_large(archive.file, fmt::format("压缩比超过 {}，像是压缩炸弹，拒绝读取。", limits.ratio),
                                fmt::format("it is packed by more than {} to 1, as bombs are; it is refused.", limits.ratio));
    return {};
  };
  QUANJI_DO(beyond(part->unpacked));
  QUANJI_DO(archive.go_to(*part));
  if (::unzOpenCurrentFile(archive.zip) != UNZ_OK) return archive.damaged(part->name);
  constexpr std::size_t room_size = 128U << 10U;
  const auto room = std::make_unique_for_overwrite<char[]>(room_size);
  std::uint64_t bytes = 0;
  bool all = false;
  base::Status outcome;
  for (;;) {
    const int got = ::unzReadCurrentFile(archive.zip, room.get(), room_size);
    if (got < 0) {
      outcome = archive.damaged(part->name);
      break;
    }
    if (got == 0) {
      all = true;
      break;
    }
    bytes += static_cast<std::uint64_t>(got);
    outcome = beyond(bytes);
    if (!outcome.ok() || !take({room.get(), static_cast<std::size_t>(got)})) break;
  }
  archive.read_bytes += bytes;
  const int closed = ::unzCloseCurrentFile(archive.zip);
  if (!outcome.ok()) return outcome;
  // The checksum is known only at the end.
  if (all && (closed != UNZ_OK || bytes != part->unpacked)) return archive.damaged(part->name);
  return {};
}

base::Result<std::string> ZipParts::whole(std::string_view name, std::uint64_t most) {
  std::string out;
  bool too_much = false;
  QUANJI_DO(read(name, [&](std::string_view piece) {
    too_much = out.size() + piece.size() > most;
    if (!too_much) out += piece;
    return !too_much;
  }));
  if (too_much)
    return workbook_too_large(file(), fmt::format("部件 {} 超过 {} 兆字节。", base::repair_utf8(name), most >> 20U),
                              fmt::format("the part {} has more than {} MB.", base::repair_utf8(name), most >> 20U));
  return out;
}

}  // namespace quanji::workbook
