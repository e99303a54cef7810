#include "services/archive_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/encodings.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

constexpr std::int64_t end_bytes = 22, most_comment = 65'535, entry_bytes = 46;
constexpr std::uint64_t most_entries = 100'000, most_directory = 32 << 20;
constexpr std::uint64_t small_enough = std::uint64_t{100} << 20, most_unpacked = std::uint64_t{10} << 30, most_times = 200;
constexpr std::uint64_t wide16 = 0xFFFF, wide32 = 0xFFFFFFFF;
constexpr std::string_view local_mark = "PK\x03\x04", entry_mark = "PK\x01\x02", end_mark = "PK\x05\x06", wide_end_mark = "PK\x06\x06",
                           wide_place_mark = "PK\x06\x07";

Error refused(std::string zh, std::string en) {
  Error error(Code::invalid_field, Text("压缩包未通过检查：" + zh, "the archive was refused: " + en));
  return std::move(error).with_field("file", Text(std::move(zh), std::move(en)));
}
Error unreadable() { return refused("目录无法读取，文件可能不完整", "its directory cannot be read, it may be incomplete"); }

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t n) {
  std::uint64_t value = 0;
  for (std::size_t i = n; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct Directory {
  std::uint64_t entries = 0, size = 0, offset = 0;
};

Result<Directory> find_directory(std::int64_t size, const ArchiveBytes& bytes) {
  const auto from = std::max<std::int64_t>(0, size - end_bytes - most_comment);
  QUANJI_TRY(const auto tail, bytes(from, size - from));
  if (static_cast<std::int64_t>(tail.size()) != size - from) return unreadable();
  for (auto at = tail.rfind(end_mark); at != std::string::npos; at = at == 0 ? std::string::npos : tail.rfind(end_mark, at - 1)) {
    // Its comment reaches exactly to the end: anything else is a mark by chance, or bytes that two readers would see differently.
    if (tail.size() - at < end_bytes || at + end_bytes + number(tail, at + 20, 2) != tail.size()) continue;
    Directory found{number(tail, at + 10, 2), number(tail, at + 12, 4), number(tail, at + 16, 4)};
    if (found.entries != wide16 && found.size != wide32 && found.offset != wide32) return found;
    if (at < 20 || tail.compare(at - 20, 4, wide_place_mark) != 0) return found;
    const auto place = number(tail, at - 20 + 8, 8);
    if (place > static_cast<std::uint64_t>(size)) return unreadable();
    QUANJI_TRY(const auto wide, bytes(static_cast<std::int64_t>(place), 56));
    if (wide.size() != 56 || !wide.starts_with(wide_end_mark)) return unreadable();
    return Directory{number(wide, 32, 8), number(wide, 40, 8), number(wide, 48, 8)};
  }
  return unreadable();
}

Status check_name(std::string_view name) {
  const auto shown = [&](const char* zh, const char* en) {
    std::string text;
    for (const char c : base::utf8_beginning(name, 80)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    if (!base::is_utf8(text)) text = "?";
    return refused(fmt::format("条目“{}”{}", text, zh), fmt::format("the entry \"{}\" {}", text, en));
  };
  if (name.empty()) return shown("没有名称", "has no name");
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return shown("的名称含控制字符", "has control characters in its name");
  if (name.front() == '/' || name.front() == '\\' || (name.size() > 1 && name[1] == ':')) return shown("是绝对路径", "is an absolute path");
  for (std::size_t at = 0; at <= name.size();) {
    const auto end = std::min(name.find_first_of("/\\", at), name.size());
    if (name.substr(at, end - at) == "..") return shown("会离开其文件夹", "leaves its folder");
    at = end + 1;
  }
  return {};
}

}  // namespace

Status check_archive(std::int64_t size, const ArchiveBytes& bytes) {
  QUANJI_TRY(const auto head, bytes(0, 4));
  if (head != local_mark && head != end_mark) return {};
  QUANJI_TRY(const auto where, find_directory(size, bytes));
  const auto whole = static_cast<std::uint64_t>(size);
  if (where.entries > most_entries || where.size > most_directory) return refused("条目过多", "it has too many entries");
  if (where.offset > whole || where.size > whole - where.offset) return unreadable();
  QUANJI_TRY(const auto directory, bytes(static_cast<std::int64_t>(where.offset), static_cast<std::int64_t>(where.size)));
  if (directory.size() != where.size) return unreadable();
  std::string_view rest = directory;
  std::uint64_t packed = 0, unpacked = 0;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < where.entries; ++i) {
    if (rest.size() < entry_bytes || !rest.starts_with(entry_mark)) return unreadable();
    auto in = number(rest, 20, 4), out = number(rest, 24, 4);
    const auto name_bytes = number(rest, 28, 2), extra_bytes = number(rest, 30, 2), comment = number(rest, 32, 2);
    if (rest.size() - entry_bytes < name_bytes + extra_bytes + comment) return unreadable();
    const auto name = rest.substr(entry_bytes, name_bytes);
    for (auto extra = rest.substr(entry_bytes + name_bytes, extra_bytes); extra.size() >= 4;) {
      const auto length = number(extra, 2, 2);
      if (length > extra.size() - 4) break;
      if (number(extra, 0, 2) == 1) {
        std::size_t at = 4;
        for (auto* wide : {&out, &in})
          if (*wide == wide32 && at + 8 <= 4 + length) {
            *wide = number(extra, at, 8);
            at += 8;
          }
      }
      extra.remove_prefix(4 + length);
    }
    QUANJI_DO(check_name(name));
    std::string folded(name);
    for (auto& c : folded) c = c == '\\' ? '/' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (!names.insert(std::move(folded)).second) return refused("有重名的条目", "it has two entries of one name");
    // Made on Unix: the kind of file stands in the upper half. Nothing said, files and folders are all that is taken.
    if (const auto kind = number(rest, 38, 4) >> 16 & 0170000; rest[5] == 3 && kind != 0 && kind != 0100000 && kind != 0040000)
      return refused("含有链接或设备文件", "it holds links or devices");
    if (in > whole - std::min(packed, whole)) return refused("条目互相重叠", "its entries lie over one another");
    packed += in;
    if (out > most_unpacked - std::min(unpacked, most_unpacked)) return refused("解开后过大", "it would be too large when unpacked");
    unpacked += out;
    rest.remove_prefix(entry_bytes + name_bytes + extra_bytes + comment);
  }
  if (unpacked > small_enough && unpacked / most_times > whole)
    return refused("解开后远大于压缩包", "it would be far larger when unpacked than it is");
  return {};
}

}  // namespace quanji::services
