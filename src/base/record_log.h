// The record format of run journals and robot spools: append-only segments that survive any crash of their writer.
//
// A record: length u32 (bytes of JSON), CRC-32C u32 (over length, type and JSON), type u8, JSON. Little-endian.
// A segment is records one after the other, at most 8 MiB, without a header. What a crash left unfinished at the end of the last
// segment is torn and is cut; damage anywhere before it is corruption: reading stops there and says so.
// Reads foreign bytes: fuzz/record_log.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace quanji::base {

inline constexpr std::size_t record_head_size = 9;
inline constexpr std::size_t max_record_json = 1U << 20;
inline constexpr std::size_t segment_size = 8U << 20;

struct RecordView {
  std::uint8_t type = 0;
  std::string_view json;   // into the bytes that were read
  std::size_t offset = 0;  // of the record in its segment
};
struct Record {
  std::uint8_t type = 0;
  std::string json;
  std::uint64_t segment = 0;
  std::size_t offset = 0;
};

enum class LogEnd : std::uint8_t {
  clean,    // the last record ends where the bytes end
  torn,     // something unfinished stands after `good`; it may be cut (damage to the last record alone cannot be told from it)
  corrupt,  // a damaged record at `good` with whole records after it, or a length no writer makes
};
struct RecordScan {
  std::vector<RecordView> records;
  std::size_t good = 0;  // bytes of whole records from the start
  LogEnd end = LogEnd::clean;
};
// Reads a whole segment. Never fails, never reads beyond `bytes`.
RecordScan read_records(std::span<const std::uint8_t> bytes);
// The bytes of one record; JSON of 1 byte to max_record_json.
Result<Bytes> write_record(std::uint8_t type, std::string_view json);

enum class Ownership : std::uint8_t { borrowed, owned };  // owned: closed by the writer

// One segment. One thread. A record is one write(2), so it survives the writer; sync() makes it survive a power cut.
class RecordWriter {
 public:
  // On a descriptor inherited or opened by somebody else: append-only, holding `size` good bytes; it may grow to `limit`.
  RecordWriter(int fd, Ownership ownership, std::size_t size, std::size_t limit = segment_size);
  // Opens or creates (0600) a segment, cuts a torn tail, refuses a corrupt one (Code::store_unavailable).
  static Result<RecordWriter> open(const std::string& path);
  RecordWriter(RecordWriter&& other) noexcept;
  RecordWriter& operator=(RecordWriter&& other) noexcept;
  ~RecordWriter();

  // Code::too_large: the record, or the segment would grow beyond its limit. Code::store_unavailable: the disk refused;
  // what was half written has been cut, and if even that failed every later call fails too.
  Status append(std::uint8_t type, std::string_view json);
  // fdatasync. After a failure every later call fails: nobody knows what the disk holds.
  Status sync();
  std::size_t size() const { return size_; }
  bool fits(std::size_t json_size) const { return size_ + record_head_size + json_size <= limit_; }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  Ownership ownership_ = Ownership::borrowed;
  std::size_t size_ = 0, limit_ = segment_size;
  bool broken_ = false;
};

// Reads one segment, also while it is being written. One thread.
class RecordReader {
 public:
  RecordReader(int fd, Ownership ownership, std::size_t from = 0);
  static Result<RecordReader> open(const std::string& path, std::size_t from = 0);
  RecordReader(RecordReader&& other) noexcept;
  RecordReader& operator=(RecordReader&& other) noexcept;
  ~RecordReader();
  // The next whole record; nothing when there is none yet. Code::store_unavailable when the segment is corrupt.
  Result<std::optional<Record>> next();
  std::size_t offset() const { return offset_; }
  // Bytes after the last whole record; asked when the writer is known to be gone, not 0 means torn.
  Result<std::size_t> unfinished();

 private:
  Status fill(std::size_t size);
  int fd_ = -1;
  Ownership ownership_ = Ownership::borrowed;
  std::size_t offset_ = 0;  // in the file, of buffer_[at_]
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0;
};

// A folder of segments 00000001.seg, 00000002.seg …; rolls by itself. One thread.
class SegmentWriter {
 public:
  // Continues the last segment (cutting its torn tail) or starts the first.
  static Result<SegmentWriter> open(const std::string& folder);
  Status append(std::uint8_t type, std::string_view json);
  Status sync();
  std::uint64_t segment() const { return number_; }

 private:
  SegmentWriter(std::string folder, std::uint64_t number, RecordWriter writer);
  std::string folder_;
  std::uint64_t number_;
  RecordWriter writer_;
};
// Reads a folder in order, also behind its writer. One thread.
class SegmentReader {
 public:
  // From a place a Record named (segment 0: from the first there is).
  static Result<SegmentReader> open(const std::string& folder, std::uint64_t segment = 0, std::size_t offset = 0);
  Result<std::optional<Record>> next();
  // Deletes the segments before `segment`: what they held is acknowledged.
  Status drop_before(std::uint64_t segment);

 private:
  explicit SegmentReader(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  std::uint64_t number_ = 0;
  std::size_t from_ = 0;
  std::optional<RecordReader> reader_;
};

}  // namespace quanji::base
