#include "devices/dbf_append.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "devices/record_findings.h"

namespace quanji::devices {
namespace {

constexpr char end_mark = 0x1A;
constexpr std::size_t begun_at = 14, start_length = 15;
constexpr char no_append = 0, append_begun = 1;
constexpr std::size_t longest_header = 65'535;

class AppendFile final : public AppendTarget {
 public:
  AppendFile(std::string path, base::Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  const std::string& name() const override { return path_; }
  base::Result<std::uint64_t> size() override {
    struct stat seen {};
    if (::fstat(fd_.get(), &seen) != 0) return file_error("stat", path_);
    return static_cast<std::uint64_t>(seen.st_size);
  }
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> room) override {
    std::size_t have = 0;
    while (have < room.size()) {
      const auto got = ::pread(fd_.get(), room.data() + have, room.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read", path_);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }
  base::Status write(std::uint64_t offset, std::string_view bytes) override { return write_at(fd_.get(), path_, offset, bytes); }
  base::Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return file_error("truncate", path_);
    return {};
  }
  base::Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return file_error("sync", path_);
    return {};
  }
  // Whether the lock was got; it goes with the descriptor, whoever ends this process.
  base::Result<bool> lock() {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(fd_.get(), F_OFD_SETLK, &whole) == 0) return true;
    if (errno == EAGAIN || errno == EACCES || errno == EINTR) return false;
    return file_error("lock", path_);
  }

 private:
  std::string path_;
  base::Descriptor fd_;
};

base::Error locked_by_another(const std::string& path) {
  return base::Error(base::Code::wrong_state,
                     base::Text(fmt::format("文件 {} 被其他程序锁定，追加未进行；请稍后重试。", path),
                                fmt::format("Another program holds a lock on {}: nothing was appended; try again later.", path)));
}

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i, value >>= 8) bytes += static_cast<char>(value & 0xFF);
  return bytes;
}

class Append {
 public:
  Append(AppendTarget& target, const DbfWriteOptions& options) : target_(target), options_(options) {}

  base::Result<DbfAppended> run(const values::Table& table, base::Date day) {
    QUANJI_DO(look());
    std::string records;
    {
      QUANJI_TRY(const auto rows, DbfRecords::of(table, schema_, options_));
      for (std::size_t row = 0; row < table.rows(); ++row) QUANJI_DO(rows.append(row, records));
    }
    const auto count = schema_.records + table.rows();
    if (count > UINT32_MAX)
      return base::Error(base::Code::too_large,
                         base::Text("DBF 文件的记录数不能超过 4294967295。", "A DBF file has at most 4294967295 records."));
    const bool mended = schema_.append_begun;
    if (mended) QUANJI_DO(take_back());
    if (table.rows() == 0) {
      if (mended) QUANJI_DO(write_start(header_, no_append));
      return DbfAppended{schema_.records, mended};
    }
    auto raised = header_;
    auto dated = schema_;
    set_header_day(dated, day);
    raised[1] = static_cast<char>(dated.year);
    raised[2] = static_cast<char>(dated.month);
    raised[3] = static_cast<char>(dated.day);
    raised.replace(4, 4, little_endian(count));
    if (auto written = write(records, raised); !written.ok()) {
      // What the disk still allows: the old count first, then the file as it was. When that fails too, byte 14 stays and the next append
      // mends it.
      if (write_start(header_, append_begun).ok() && take_back().ok()) (void)write_start(header_, no_append);
      return std::move(written).error();
    }
    return DbfAppended{count, mended};
  }

 private:
  base::Status look() {
    QUANJI_TRY(const auto size, target_.size());
    std::string header(longest_header, '\0');
    QUANJI_TRY(const auto got, target_.read(0, header));
    header.resize(got);
    QUANJI_TRY(schema_, parse_dbf_header(header, options_.charset, target_.name()));
    header_ = header.substr(0, start_length);
    const auto whole = schema_.whole_size();
    // An append that was cut off may have written over the end mark.
    ended_ = size > whole || schema_.append_begun;
    if (size < whole || (size > whole + 1 && !schema_.append_begun))
      return to_error(
          {0,
           {},
           std::min(size, whole),
           {},
           base::Text(fmt::format("文件头写有 {} 条记录，应为 {} 字节（或多 1 字节），实际 {} 字节：文件不完整或记录数未更新，不追加",
                                  schema_.records, whole, size),
                      fmt::format("by its header it has {} records and {} bytes (or one more), there are {}: it is incomplete or "
                                  "its count is not up to date; nothing is appended",
                                  schema_.records, whole, size)),
           FindingKind::incomplete},
          target_.name());
    return {};
  }

  // The file ends behind its counted records, with the end mark if it had one.
  base::Status take_back() {
    QUANJI_DO(target_.truncate(schema_.whole_size()));
    if (ended_) QUANJI_DO(target_.write(schema_.whole_size(), std::string_view(&end_mark, 1)));
    return target_.sync();
  }

  base::Status write(const std::string& records, const std::string& raised) {
    if (!schema_.append_begun) QUANJI_DO(write_start(header_, append_begun));
    auto tail = records;
    if (ended_) tail += end_mark;
    QUANJI_DO(target_.write(schema_.whole_size(), tail));
    QUANJI_DO(target_.sync());
    return write_start(raised, no_append);
  }

  // Day, count and byte 14 stand in the first bytes: one write, within one sector.
  base::Status write_start(std::string start, char begun) {
    start[begun_at] = begun;
    QUANJI_DO(target_.write(0, start));
    return target_.sync();
  }

  AppendTarget& target_;
  const DbfWriteOptions& options_;
  DbfSchema schema_;
  std::string header_;  // its first bytes, as they were found
  bool ended_ = false;
};

}  // namespace

base::Result<DbfAppended> append_dbf(AppendTarget& target, const values::Table& table, base::Date day, const DbfWriteOptions& options) {
  return Append(target, options).run(table, day);
}

base::Result<DbfAppended> append_dbf(const std::string& path, const values::Table& table, base::Date day, const DbfAppendOptions& options,
                                     base::Clock& clock, const Wait& wait) {
  const auto started = clock.monotonic();
  constexpr std::chrono::microseconds between{10'000};
  base::Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (fd.get() < 0) return file_error("open", path);
  AppendFile file(path, std::move(fd));
  for (;;) {
    QUANJI_TRY(const bool got, file.lock());
    if (got) break;
    if (clock.monotonic() - started >= options.lock_wait) return locked_by_another(path);
    QUANJI_DO(wait(between));
  }
  return append_dbf(file, table, day, options.writing);
}

}  // namespace quanji::devices
